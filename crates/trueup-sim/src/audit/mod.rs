//! What the independent auditor is given of a seed: the systems' logs, their final states and the journal, as lines.
//!
//! They are made here and nowhere else, and nothing of the engine's judgement goes into them: a log is written where a
//! request arrives and where a row changes ([`SystemLog`]), the journal where a commit passes ([`Published`]). Of a portal
//! of the sandbox it is the portal's own log that is written down, and its own state that is told at the end.

mod cell;
mod journal;
mod log;
mod sequence;

pub use journal::Published;
pub(crate) use log::{Asked, Hand};
pub use log::{SystemLog, Traced};
pub use sequence::Sequence;

use trueup_audit::line::{Caps, FORMAT, Fields, Line, Open, Scope, State, System, Terms};
use trueup_core::setup::Setup;

use crate::oracles::{Evidence, Seen};

/// Everything that the auditor is given, a log after the other.
#[must_use]
pub fn lines(evidence: &Evidence<'_>) -> Vec<Line> {
    let (own, logged) = (own(evidence), logged(evidence));
    own.iter().chain(logged).cloned().collect()
}

/// What the auditor says.
#[must_use]
pub fn violations(evidence: &Evidence<'_>) -> Vec<trueup_audit::Violation> {
    let own = own(evidence);
    trueup_audit::audit(own.iter().chain(logged(evidence)))
}

/// What was written down while the seed was played.
fn logged<'a>(evidence: &'a Evidence<'_>) -> impl Iterator<Item = &'a Line> {
    systems(evidence).flat_map(|seen| seen.table.log.lines()).chain(evidence.published.lines())
}

/// What is told at the end.
fn own(evidence: &Evidence<'_>) -> Vec<Line> {
    let mut lines = vec![Line::Terms(terms(evidence))];
    lines.extend(systems(evidence).map(|seen| Line::System(system(evidence, seen))));
    lines.extend(evidence.published.entries(evidence.journal));
    let open = evidence.memory.intents.keys().map(|id| Open { intent: id.to_string() });
    lines.extend(open.map(Line::Open));
    lines.extend(systems(evidence).flat_map(states));
    lines
}

fn systems<'a, 'e>(evidence: &'a Evidence<'e>) -> impl Iterator<Item = &'a Seen<'e>> {
    [&evidence.truth].into_iter().chain(&evidence.mirrors)
}

fn terms(evidence: &Evidence<'_>) -> Terms {
    let caps = evidence.setup.caps();
    Terms {
        format: FORMAT.to_owned(),
        truth: evidence.truth.name.to_owned(),
        caps: Caps {
            updates_percent: caps.updates_percent,
            creates_percent: caps.creates_percent,
            free: u64::try_from(caps.free).unwrap_or(u64::MAX),
        },
    }
}

fn system(evidence: &Evidence<'_>, seen: &Seen<'_>) -> System {
    let is_book = !evidence.options.scene.is_mutual() && seen.name == evidence.truth.name;
    System {
        system: seen.name.to_owned(),
        scope: scope(evidence.setup, seen.name),
        key: is_book.then(|| evidence.terms.key.clone()),
        history: seen.options.history,
    }
}

fn scope(setup: &Setup, system: &str) -> Option<Scope> {
    let mirror = setup.mirror(&system.into())?;
    let scope = mirror.scope.as_ref()?;
    let column = mirror.side.columns.get(scope.column)?.clone();
    Some(Scope { column, value: scope.equals.clone() })
}

fn states(seen: &Seen<'_>) -> Vec<Line> {
    let state = |record: &str, away, fields: Fields| {
        let (system, record) = (seen.name.to_owned(), record.to_owned());
        Line::State(State { system, record, away, fields })
    };
    if let Some(portal) = seen.portal {
        return portal.holds().map(|(id, held)| state(&id, held.away, held.fields)).collect();
    }
    let rows = seen.table.rows.iter();
    rows.map(|(id, row)| state(id, row.archived.is_some(), row.values.clone())).collect()
}
