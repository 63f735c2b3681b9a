//! A state store that was rolled back: an old copy of its file was put back, and what was done since is not
//! remembered. Nothing is written before a person has looked and said so.

use trueup_core::{
    journal::{Draft, Event},
    memory::Note,
    name::{EntityKey, RunId},
    value::Cell,
};

use super::context::Line;
use crate::{host::person, output::Failure, wiring::Wired};

/// What the journal calls the state store.
const SUBJECT: &str = "state store";

/// Refuses to write from a state that is older than what was done.
///
/// # Errors
/// When the state was rolled back.
pub(super) fn refuse(wired: &Wired) -> Result<(), Failure> {
    let Some((serial, lost)) = wired.store.regressed() else { return Ok(()) };
    let text = format!(
        "the state was rolled back from {lost} to {serial}: an old copy was put back, and what was done since is not remembered"
    );
    Err(Failure::halted("rolled_back", text)
        .at("state store")
        .help("read `trueup plan`, then: trueup run --accept-rollback \"why it is right\""))
}

/// Takes the rolled-back state for the true one; the journal of every pipeline keeps who said so, and why.
///
/// # Errors
/// When nothing was rolled back, no reason is given, or the store cannot be written.
pub(super) async fn accept(wired: &Wired, lines: &[Line], reason: &str) -> Result<(), Failure> {
    let Some((serial, lost)) = wired.store.regressed() else {
        return Err(Failure::usage("not_rolled_back", "the state was not rolled back").help("trueup run"));
    };
    if reason.trim().is_empty() {
        return Err(Failure::usage("no_reason", "accepting a rollback needs a reason")
            .help("trueup run --accept-rollback \"why it is right\""));
    }
    let (at, by) = (wired.world.now(), person());
    let run = format!("{}-{:04x}", at.strftime("%Y%m%dT%H%M%S%.3f"), wired.world.random() & 0xffff);
    for line in lines {
        let draft = Draft {
            run: RunId::new(&run),
            at,
            intent: None,
            system: line.engine.setup.canonical().system.clone(),
            entity: EntityKey::new(SUBJECT),
            remote: None,
            field: None,
            column: None,
            class: None,
            event: Event::Decided,
            before: Cell::Absent,
            after: Cell::Absent,
            canonical: Cell::Absent,
            evidence: format!("rollback from {lost} to {serial} accepted by {by}: {reason}"),
        };
        let notes = vec![Note::Journal(Box::new(draft))];
        line.engine.store.commit(line.engine.setup.pipeline(), None, notes).await?;
    }
    Ok(wired.store.accept_rollback()?)
}
