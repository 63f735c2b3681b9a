//! A person's decision: remembered, journaled, and asked of every item before any is decided.

use jiff::Timestamp;
use serde_json::json;
use trueup_core::{
    journal::{Draft, Event},
    memory::{Choice, Conflict, Decision, Note},
    name::{RemoteId, RunId},
    undo,
    value::Cell,
};
use trueup_ports::{StoreError, World};

use super::item::{Item, Sort, word};
use crate::{
    commands::context::Line,
    host::person,
    output::{Answer, Failure, Report, count, shown},
};

/// What a person chose.
pub(super) enum Choose {
    /// Of several records, this one.
    Record(String),
    /// It is fine as it is.
    Accept,
    /// The record is not the entity's.
    Exclude,
    /// Try again.
    Retry,
    /// End the hold.
    Release,
    /// Close the conflict.
    Close,
}

/// Decides every item, or none when one cannot be decided so.
pub(super) async fn run(
    items: &[&(&Line, Item)],
    choice: &Choose,
    world: &dyn World,
) -> Result<Answer, Failure> {
    let now = world.now();
    let run = RunId::new(format!("{}-{:04x}", now.strftime("%Y%m%dT%H%M%S%.3f"), world.random() & 0xffff));
    let mut decided: Vec<(&Line, Vec<Note>)> = Vec::new();
    for own in items.chunk_by(|(one, _), (next, _)| std::ptr::eq(*one, *next)) {
        let Some((line, _)) = own.first() else { continue };
        let mut notes = Vec::new();
        for (_, item) in own {
            notes.extend(self::notes(line, item, choice, now)?);
            notes.push(Note::Journal(Box::new(draft(item, choice, &run, now))));
        }
        decided.push((*line, notes));
    }
    for (line, notes) in decided {
        keep(line, choice, notes).await?;
    }
    let handles: Vec<&str> = items.iter().map(|(_, item)| item.handle.as_str()).collect();
    let what = choice.word();
    let mut told: Vec<String> = handles.iter().map(|handle| format!("{}: {what}", shown(handle))).collect();
    told.push(format!("{} decided; `trueup plan` shows what follows", count(handles.len(), "item")));
    Ok(Report::done(
        told.join("\n"),
        json!({ "schema": "trueup.decided/v1", "run": run, "choice": what, "decided": handles }),
    ))
}

/// A release takes back what is accounted for in links, and a run at work goes on from those it knows: it is refused until
/// that is over. Any other word stands whoever is at work.
async fn keep(line: &Line, choice: &Choose, notes: Vec<Note>) -> Result<(), StoreError> {
    match choice {
        Choose::Release => line.engine.commit_between_runs(notes).await,
        _ => line.engine.store.commit(line.engine.setup.pipeline(), None, notes).await.map(drop),
    }
}

fn notes(line: &Line, item: &Item, choice: &Choose, now: Timestamp) -> Result<Vec<Note>, Failure> {
    match (&item.sort, choice) {
        (Sort::Finding(key, _, question), choice) => {
            let made = made(item, choice)?.filter(|made| question.offers.allow(made));
            let made = made.ok_or_else(|| cannot(item, choice))?;
            let (about, remotes) = (question.about, question.remotes.clone());
            let decision = Decision { choice: made, by: person(), at: now, about, remotes };
            Ok(vec![Note::Decide(key.clone(), decision)])
        }
        (Sort::Parked(key), Choose::Retry) => Ok(vec![Note::Unpark(key.clone())]),
        (Sort::Hold(key), Choose::Release) => Ok(undo::release(&line.engine.setup, key)),
        (Sort::Conflict(key, conflict), Choose::Close) => {
            let closed = Some(format!("closed by {}", person()));
            Ok(vec![Note::Conflict(key.clone(), Conflict { closed, ..conflict.clone() })])
        }
        (_, choice) => Err(cannot(item, choice)),
    }
}

/// The choice as memory keeps it; `None` for what is no choice about a finding.
fn made(item: &Item, choice: &Choose) -> Result<Option<Choice>, Failure> {
    Ok(match choice {
        Choose::Record(id) => Some(Choice::Choose(RemoteId::new(item.one_of(id)?))),
        Choose::Accept => Some(Choice::Accept),
        Choose::Exclude => Some(Choice::Exclude),
        Choose::Retry | Choose::Release | Choose::Close => None,
    })
}

fn cannot(item: &Item, choice: &Choose) -> Failure {
    Failure::usage("cannot_decide", format!("{} does not decide this", choice.flag()))
        .at(item.handle.clone())
        .help(format!("use {}", item.sort.flags()))
}

fn draft(item: &Item, choice: &Choose, run: &RunId, at: Timestamp) -> Draft {
    let (system, entity) = item.subject();
    let (field, class, remote) = match (&item.sort, choice) {
        (Sort::Finding(key, ..), Choose::Record(id)) => {
            (None, Some(key.class.clone()), Some(RemoteId::new(id)))
        }
        (Sort::Finding(key, ..) | Sort::Held(key, _), _) => (None, Some(key.class.clone()), None),
        (Sort::Conflict(key, _) | Sort::Parked(key) | Sort::Hold(key), _) => {
            (Some(key.field.clone()), None, None)
        }
    };
    Draft {
        run: run.clone(),
        at,
        intent: None,
        system,
        entity,
        remote,
        field,
        column: None,
        class,
        event: Event::Decided,
        before: Cell::Absent,
        after: Cell::Absent,
        canonical: Cell::Absent,
        evidence: format!("{} by {}: {}", item.handle, person(), choice.word()),
    }
}

impl Choose {
    const fn flag(&self) -> &'static str {
        match self {
            Self::Record(_) => "--choose",
            Self::Accept => "--accept",
            Self::Exclude => "--exclude",
            Self::Retry => "--retry",
            Self::Release => "--release",
            Self::Close => "--close",
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Record(id) => format!("record {id} chosen"),
            Self::Accept => "accepted".to_owned(),
            Self::Exclude => "excluded".to_owned(),
            Self::Retry => "to be tried again".to_owned(),
            Self::Release => "released".to_owned(),
            Self::Close => "closed".to_owned(),
        }
    }
}

impl Item {
    fn one_of<'a>(&self, id: &'a str) -> Result<&'a str, Failure> {
        if self.has_remote(id) {
            return Ok(id);
        }
        Err(Failure::usage("unknown_record", format!("record '{id}' is none of those concerned"))
            .at(self.handle.clone())
            .help(format!("trueup review show {}", word(&self.handle))))
    }
}
