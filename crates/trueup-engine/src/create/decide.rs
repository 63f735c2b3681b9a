//! The decision: made once, durable before anybody is told.

use trueup_core::{
    create::{Answer, Create, EXPIRED, Failure},
    journal::{Draft, Event},
    memory::{FieldKey, Note},
    name::{ClassId, FieldName, RunId},
    value::{Cell, Print},
};
use trueup_ports::StoreError;

use super::{Coordinator, Unanswered};

/// The class under which the journal keeps decisions about creates.
pub(super) const CLASS: &str = "create";

impl Coordinator {
    /// Decides, or finds out what somebody else decided first; gives the create with its decision.
    pub(super) async fn decide(
        &self,
        run: &RunId,
        create: &Create,
        answer: Answer,
    ) -> Result<Create, StoreError> {
        let decided = create.decided(answer);
        let mut notes = vec![Note::Create(Box::new(decided.clone()))];
        notes.push(self.journaled(run, &decided, words(&decided)));
        if decided.is_aborted() {
            notes.push(unparked(create));
        }
        match self.engine.note(notes).await {
            Ok(()) => Ok(decided),
            Err(StoreError::Preceded(what)) => {
                let known = self.memory().await?.creates.remove(&create.key);
                known.filter(|known| known.answer.is_some()).ok_or(StoreError::Preceded(what))
            }
            Err(error) => Err(error),
        }
    }

    /// The same call once more: the answer that was decided, or that it is still under way.
    pub(super) async fn again(&self, known: &Create, payload: Print) -> Result<Answer, Unanswered> {
        if known.payload != payload {
            return Err(Unanswered::OtherPayload);
        }
        match self.given_up(known).await?.answer {
            Some(answer) => Ok(answer),
            None => Err(Unanswered::UnderWay),
        }
    }

    /// Gives an undecided create up once its time is over: presumed abort. Whoever works on it finds out by the
    /// very commit with which it would decide otherwise, so no lease is needed; the time is told by one clock, the store's.
    pub(super) async fn given_up(&self, known: &Create) -> Result<Create, StoreError> {
        if known.answer.is_some() {
            return Ok(known.clone());
        }
        let now = self.time().await?;
        // Where the store's clock was put back, nobody can tell how long it has been waiting.
        if now < known.deadline && now >= known.begun {
            return Ok(known.clone());
        }
        let failure = Failure::whole(EXPIRED, "nothing was decided in time, so it was given up");
        match self.decide(&self.run_id(), known, Answer::Failed(failure)).await {
            // It was moved on at this moment, so somebody is at work.
            Err(StoreError::Preceded(_)) => Ok(known.clone()),
            decided => decided,
        }
    }

    pub(super) fn journaled(&self, run: &RunId, create: &Create, evidence: String) -> Note {
        let remote = match &create.answer {
            Some(Answer::Created { remote }) => Some(remote.clone()),
            Some(Answer::Failed(_)) | None => None,
        };
        Note::Journal(Box::new(Draft {
            run: run.clone(),
            at: self.now(),
            intent: None,
            system: create.system.clone(),
            entity: create.entity.clone(),
            remote,
            field: None,
            column: None,
            class: Some(ClassId::new(CLASS)),
            event: Event::Decided,
            before: Cell::Absent,
            after: Cell::Absent,
            canonical: Cell::Absent,
            evidence,
        }))
    }
}

/// What the mirror refused is told to the caller, and waits for nobody else.
pub(super) fn unparked(create: &Create) -> Note {
    Note::Unpark(FieldKey { link: create.link_key(), field: FieldName::new("") })
}

// Names and codes only: no evidence carries a value of a record.
fn words(create: &Create) -> String {
    match &create.answer {
        Some(Answer::Created { .. }) => format!("create {}: commit", create.key),
        Some(Answer::Failed(failure)) => format!("create {}: abort, {}", create.key, failure.code),
        None => format!("create {}: undecided", create.key),
    }
}
