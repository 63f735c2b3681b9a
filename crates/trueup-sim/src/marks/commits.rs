//! What a commit tells that was done.

use trueup_core::{
    hint::TouchKey,
    journal::{Draft, Event, Intent},
    memory::{Beat, Conflict, Note},
    name::{ClassId, IntentId, RunId},
    plan::{Act, Finding, Plan},
    undo::UNDO,
};
use trueup_ports::{Fence, StoreError};

use super::{Mark, Witness, witness::Opened};

impl Witness {
    /// A commit was done, under a fence or without one.
    pub fn committed(&mut self, fence: Option<&Fence>, notes: &[Note]) {
        let run = notes.iter().find_map(|note| match note {
            Note::Findings(run, _) => Some(run),
            _ => None,
        });
        for note in notes {
            self.noted(fence, run, note);
        }
    }

    fn noted(&mut self, fence: Option<&Fence>, run: Option<&RunId>, note: &Note) {
        let epoch = fence.map(|fence| fence.epoch);
        match note {
            Note::Journal(draft) => self.journaled(epoch, draft),
            Note::Intend(intent) => self.intended(intent),
            Note::Sent(intent) => self.sent(fence, intent),
            Note::Settle(id) => self.settled(epoch, id),
            Note::Link(link) | Note::Observed(link) => self.linked(link),
            Note::Conflict(_, row) => self.mark(conflict(row)),
            Note::Park(key, _) => self.mark(parked(key.field.as_str())),
            Note::Unpark(_) => self.mark(Mark::Unparked),
            Note::Hold(..) => self.mark(Mark::HoldPlaced),
            Note::Release(_) => self.mark(Mark::HoldReleased),
            Note::Cursor(..) => self.mark(Mark::CursorMoved),
            Note::Findings(_, findings) => self.told(findings),
            Note::Plan(plan) => self.planned(run, plan),
            Note::Event(event) if !self.events.insert(event.id.clone()) => self.mark(Mark::EventRepeated),
            Note::Event(event) => self.touched(&event.touch),
            Note::Touch(key, _) => self.touched(key),
            Note::Beat(beat) => self.beat(beat),
            Note::Looked(key, told) => self.looked(key, *told),
            Note::Approve(approval) => self.words.push(approval.clone()),
            Note::Vain(..) => self.mark(Mark::LookedInVain),
            _ => {}
        }
    }

    fn journaled(&mut self, epoch: Option<u64>, draft: &Draft) {
        let undone = draft.class.as_ref().map(ClassId::as_str) == Some(UNDO);
        self.mark(match draft.event {
            Event::Created => Mark::Created,
            Event::Adopted => Mark::Adopted,
            Event::Landed if undone => Mark::FieldUndone,
            Event::Landed => Mark::Updated,
            Event::Archived => Mark::Archived,
            Event::Superseded => Mark::Superseded,
            Event::ScopeLost => Mark::ScopeLost,
            Event::ScopeRaced => Mark::ScopeRaced,
            Event::Refused => Mark::Refused,
            Event::NotApplied => Mark::NotApplied,
            Event::Overwrote => Mark::Overwrote,
            Event::InDoubt | Event::Decided => return,
        });
        let Some(open) = draft.intent.as_ref().and_then(|id| self.intents.get(id)) else { return };
        let later = epoch.is_some_and(|epoch| epoch != open.intent.epoch);
        let undoes = open.intent.change.edits.iter().any(|edit| edit.class.as_str() == UNDO);
        let (key, verb) = (open.intent.system().clone(), open.intent.change.act.verb());
        if draft.event == Event::Adopted && later {
            self.mark(Mark::CreateFound);
        }
        if draft.event == Event::Archived && undoes {
            self.mark(Mark::CreateUndone);
        }
        if matches!(draft.event, Event::Created | Event::Adopted | Event::Landed | Event::Archived) {
            self.tried.entry(draft.run.clone()).or_default().entry((key, verb)).or_default().landed += 1;
        }
    }

    fn planned(&mut self, run: Option<&RunId>, plan: &Plan) {
        let Some(run) = run else { return };
        let tried = self.tried.entry(run.clone()).or_default();
        for change in &plan.changes {
            tried.entry((change.system.clone(), change.act.verb())).or_default().planned += 1;
        }
    }

    fn intended(&mut self, intent: &Intent) {
        let key = (intent.system().clone(), intent.change.act.verb());
        self.tried.entry(intent.run.clone()).or_default().entry(key).or_default().intended += 1;
        let opened = Opened { intent: intent.clone(), sent: false, settled: None };
        self.intents.insert(intent.id.clone(), opened);
    }

    fn sent(&mut self, fence: Option<&Fence>, intent: &Intent) {
        self.sending.extend(fence.map(|fence| (intent.id.clone(), fence.holder.pid)));
        let Some(open) = self.intents.get_mut(&intent.id) else { return };
        if !std::mem::replace(&mut open.sent, true) {
            return;
        }
        let own = fence.is_some_and(|fence| fence.epoch == intent.epoch);
        let again = if own { Mark::BatchHalved } else { Mark::ClockPutBack };
        self.mark(again);
    }

    fn settled(&mut self, epoch: Option<u64>, id: &IntentId) {
        self.sending.remove(id);
        let Some(open) = self.intents.get_mut(id) else { return };
        open.settled = epoch;
        let (sent, own) = (open.sent, epoch == Some(open.intent.epoch));
        let bare = matches!(open.intent.change.act, Act::Create { ext_id_column: None, .. });
        if !sent {
            self.mark(Mark::NeverSent);
        }
        if sent && !own {
            self.mark(Mark::SettledLater);
        }
        if sent && !own && bare {
            self.mark(Mark::QuietWaited);
        }
    }

    /// A run that lost its lease leaves a last word of it.
    fn beat(&mut self, beat: &Beat) {
        let error = beat.account.get("error").and_then(serde_json::Value::as_str);
        if error == Some(&*StoreError::Fenced.to_string()) {
            self.lost_lease(&beat.run);
        }
    }

    fn told(&mut self, findings: &[Finding]) {
        for finding in findings {
            let mark = match finding.key.class.as_str() {
                "gone" => Mark::Gone,
                "deleted" => Mark::Deleted,
                "ambiguous" => Mark::Ambiguous,
                "key_changed" => Mark::KeyChanged,
                "F1" | "F3" => Mark::Stranger,
                "F2" => Mark::SharedToken,
                "scope_lost" => Mark::ScopeLostTold,
                _ => continue,
            };
            self.mark(mark);
        }
    }

    fn touched(&mut self, key: &TouchKey) {
        let told = self.touches.entry(key.clone()).or_default();
        *told += 1;
        if *told > 1 {
            self.mark(Mark::ToldAgain);
        }
        let own = self.links.iter().filter(|(link, _)| link.system == key.system);
        let known = |remote| own.into_iter().any(|(_, known)| known.is_to(remote));
        if key.remote.as_ref().is_some_and(|remote| !known(remote)) {
            self.mark(Mark::TouchedUnknown);
        }
    }

    fn looked(&mut self, key: &TouchKey, told: u64) {
        match self.touches.get(key) {
            Some(now) if *now != told => self.mark(Mark::ToldMeanwhile),
            _ => drop(self.touches.remove(key)),
        }
    }
}

const fn conflict(row: &Conflict) -> Mark {
    if row.closed.is_some() { Mark::ConflictClosed } else { Mark::ConflictOpened }
}

const fn parked(field: &str) -> Mark {
    if field.is_empty() { Mark::CreateParked } else { Mark::FieldParked }
}
