//! States that behave alike become one, so that there are few enough to visit them all.

use super::{
    history::{Values, says},
    state::{Engine, Intent, Phase, Record, State, is_dead},
};
use crate::pair::{Pair, Which};

/// An engine whose lease another one took can commit nothing any more: its run is as good as over, unless a
/// request is about to leave. That it is so is what the model shows without folding.
pub(crate) fn end_fenced(state: &mut State) {
    let State { lease, engines, .. } = state;
    for engine in engines.iter_mut().filter(|engine| engine.epoch < lease.epoch) {
        if engine.phase != Phase::Marked {
            *engine = Engine::default();
        }
    }
}

/// Forgets what nobody will ask for any more, and names what is left in a fixed way.
pub(crate) fn normalise(state: &mut State) {
    for engine in state.engines.iter_mut() {
        tidy(engine);
    }
    for which in Which::BOTH {
        forget(state, which);
    }
    number(state);
    let State { lease, engines, .. } = state;
    if is_dead(lease.holder) {
        lease.left = 0;
    }
    let [a, b] = engines.both_mut().map(|engine| (engine.phase != Phase::Idle).then_some(&mut engine.epoch));
    lease.rank_epochs([a, b]);
}

fn tidy(engine: &mut Engine) {
    match engine.phase {
        Phase::Idle => *engine = Engine::default(),
        Phase::Waiting | Phase::Checked | Phase::Marked => return,
        Phase::Done | Phase::Leased | Phase::Recovered => engine.mind = Pair::default(),
        _ => {}
    }
    engine.timer = 0;
}

/// What was replaced and kept is safe for ever, since nothing that is kept is ever deleted. History that lies
/// before every watermark and every read is asked for by nobody.
fn forget(state: &mut State, which: Which) {
    let State { records, engines, .. } = state;
    let record = records.of_mut(which);
    record.flights.sort();
    record.replaced = record.lost();
    // Only what is there now can be replaced, or be told of by a conflict.
    let mut asked = record.replaced;
    asked.add(says(record.history.last()));
    record.kept = record.kept.and(asked);
    record.conflicts = record.conflicts.and(asked);
    let minds = || engines.iter().map(|engine| (engine.phase, engine.mind.of(which)));
    let asked =
        minds().filter_map(|(phase, mind)| Some((phase, mind.as_ref()?))).map(|(phase, mind)| match phase {
            Phase::Looked | Phase::Planned | Phase::Intended => u8::MAX,
            Phase::Checked => mind.seen - 1,
            _ => mind.watermark.min(mind.seen) - 1,
        });
    let mark = record.intent.and_then(|intent| intent.sent).map_or(u8::MAX, |sent| sent.watermark - 1);
    let oldest = asked.chain([mark]).fold(record.history.len() - 1, u8::min);
    shift(record, oldest);
    for engine in engines.iter_mut() {
        if let Some(mind) = engine.mind.of_mut(which) {
            mind.watermark = mind.watermark.saturating_sub(oldest);
            mind.seen = mind.seen.saturating_sub(oldest);
        }
    }
}

fn shift(record: &mut Record, oldest: u8) {
    record.history.forget(oldest);
    if let Some(Intent { sent: Some(sent), .. }) = &mut record.intent {
        sent.watermark -= oldest;
    }
}

/// Ids of intents are compared only with each other: they are numbered as they are met.
fn number(state: &mut State) {
    let mut met: Vec<u8> = Vec::new();
    let mut renamed = |id: &mut u8| {
        if *id == 0 {
            return;
        }
        let at = met.iter().position(|known| known == id).unwrap_or(met.len());
        if at == met.len() {
            met.push(*id);
        }
        *id = u8::try_from(at + 1).unwrap_or(u8::MAX);
    };
    for intent in state.records.iter_mut().filter_map(|record| record.intent.as_mut()) {
        renamed(&mut intent.id);
    }
    for mind in state.engines.iter_mut().flat_map(|engine| engine.mind.iter_mut()).flatten() {
        renamed(&mut mind.id);
    }
}

/// The least of the states that differ only in which engine and which record is which.
pub(crate) fn representative(state: State) -> State {
    let [mut records, mut engines] = [state.clone(), state.clone()];
    swap_records(&mut records);
    swap_engines(&mut engines);
    let mut both = records.clone();
    swap_engines(&mut both);
    let others = [records, engines, both].into_iter().map(|mut other| {
        number(&mut other);
        other
    });
    others.fold(state, State::min)
}

fn swap_records(state: &mut State) {
    state.records.swap();
    state.engines.iter_mut().for_each(|engine| engine.mind.swap());
}

fn swap_engines(state: &mut State) {
    state.engines.swap();
    state.lease.swap();
}

impl State {
    /// Values that are nowhere and that no audit will find any more.
    pub(crate) fn out_of_reach(&self, which: Which) -> Values {
        let record = self.records.of(which);
        let mut reach = Values::default();
        if let Some(Intent { before, sent: Some(sent), .. }) = record.intent {
            reach.add(before);
            record.history.since(sent.watermark).for_each(|value| reach.add(value));
        }
        let owing = self.engines.iter().filter(|engine| engine.phase == Phase::Owing);
        for mind in owing.filter_map(|engine| engine.mind.of(which).as_ref()) {
            record.history.since(mind.watermark).for_each(|value| reach.add(value));
        }
        record.lost().without(reach)
    }
}
