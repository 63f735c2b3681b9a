//! R: the mirror's record, through plan, guard and gate; an unknown outcome is resolved by reading.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    create::{Create, Failure, RefusedField, Stage, sync_failed},
    guard::{Facts, Verdict, review},
    journal::Event,
    memory::{LinkKey, Memory},
    name::{RemoteId, RunId, SystemName},
    plan::{Act, Change, Plan, creation},
    record::Record,
    setup::MirrorSide,
    snapshot::{Coverage, Snapshot},
    value::Print,
};
use trueup_ports::{
    Fence, Inspection, StoreError, Target,
    gate::{self, Fate, Outcome, Written},
};

use super::{Coordinator, Request, Unanswered};
use crate::{
    Stop,
    facts::mirror_facts,
    gather::{self, Gathered},
};

/// How often a create is sent in all: once, and twice more when it was seen not to exist.
const SENDS: u32 = 3;

/// How long is waited before an unanswered create is looked for again.
const PAUSE: Duration = Duration::from_millis(250);

/// Everything that one call carries through the protocol.
pub(super) struct Errand<'a> {
    pub(super) run: RunId,
    pub(super) create: Create,
    /// Until when the caller waits, by the host's own clock.
    until: Timestamp,
    change: Change,
    seat: Seat<'a>,
}

/// A mirror that knows who we are there.
pub(super) struct Seat<'a> {
    pub(super) side: &'a MirrorSide,
    pub(super) target: &'a dyn Target,
    inspection: Inspection,
}

impl Errand<'_> {
    fn failure(&self, why: String) -> Failure {
        Failure::whole(sync_failed(&self.seat.target.card().kind), why)
    }
}

/// The record that was made, or why none was; with the create as it is by then.
pub(super) type Made = Result<(Create, RemoteId), (Create, Failure)>;

/// What one try came to.
enum Try {
    Made,
    Refused(Failure),
    /// It was seen not to exist, or certainly not done: it may be sent again.
    Absent(String),
    /// Nobody can tell yet.
    Unknown,
}

impl Coordinator {
    /// The mirror, once it said that it is the account it was (I-29).
    pub(super) async fn seat(&self, system: &SystemName, memory: &Memory) -> Result<Seat<'_>, Unanswered> {
        let unfit = || Unanswered::Unfit(format!("{system} is no mirror of this pipeline"));
        let side = self.engine.setup.mirror(system).ok_or_else(unfit)?;
        let target = self.engine.target(system).ok_or_else(unfit)?;
        let inspection = gather::recognise(self.engine.world.as_ref(), system, target, memory).await?;
        Ok(Seat { side, target, inspection })
    }

    /// What is to be made, and the row it begins with; nothing is written yet.
    pub(super) async fn errand(
        &self,
        request: &Request,
        memory: &Memory,
        payload: Print,
    ) -> Result<Errand<'_>, Unanswered> {
        let seat = self.seat(&request.system, memory).await?;
        let tenant = (seat.side, seat.inspection.tenant.as_str());
        let change = creation(&self.engine.setup, memory, tenant, &request.record)?;
        let Act::Create { ext_id, ext_id_column, .. } = &change.act else {
            return Err(Unanswered::Unfit("nothing is to be made".into()));
        };
        // Without one that is read back, nobody could tell what an unanswered request made.
        let read = |column: &String| seat.side.side.column_named(column).is_some();
        if !ext_id_column.as_ref().is_some_and(read) {
            let what = format!("{} has no unique column for our id: name one with `ext_id`", request.system);
            return Err(Unanswered::Unfit(what));
        }
        assert_free(memory, &change)?;
        let wait = i64::try_from(self.engine.setup.timing().create_ms).unwrap_or(i64::MAX);
        let after = |begun: Timestamp| begun.checked_add(SignedDuration::from_millis(wait)).unwrap_or(begun);
        let begun = self.time().await?;
        let create = Create {
            key: request.key.clone(),
            system: request.system.clone(),
            entity: change.entity.clone(),
            ext_id: ext_id.clone(),
            payload,
            values: values(memory, &change),
            begun,
            deadline: after(begun),
            stage: Stage::Prepared,
            answer: None,
        };
        Ok(Errand { run: self.run_id(), create, until: after(self.now()), change, seat })
    }

    /// Sends the create until it is known what came of it, or the time is over.
    pub(super) async fn send(&self, errand: &Errand<'_>, fence: &Fence) -> Result<Made, StoreError> {
        let create = match self.advance(fence, &errand.create, Stage::Sent).await {
            // Somebody gave it up meanwhile: there is nothing to send any more.
            Err(StoreError::Preceded(what)) => {
                return Ok(Err((errand.create.clone(), errand.failure(what))));
            }
            create => create?,
        };
        let mut why = "it did not answer in time".to_owned();
        for _ in 0..SENDS {
            let mut tried = self.try_once(errand, fence).await?;
            while matches!(tried, Try::Unknown) && self.now() < errand.until {
                self.engine.world.sleep(PAUSE).await;
                tried = self.look_up(errand, fence).await?;
            }
            match tried {
                Try::Made => return self.made(errand, create).await,
                Try::Refused(failure) => return Ok(Err((create, failure))),
                Try::Absent(what) => why = what,
                Try::Unknown => break,
            }
            if self.now() >= errand.until {
                break;
            }
            self.engine.world.sleep(PAUSE).await;
        }
        Ok(Err((create, errand.failure(why))))
    }

    async fn made(&self, errand: &Errand<'_>, create: Create) -> Result<Made, StoreError> {
        let memory = self.memory().await?;
        Ok(match memory.links.get(&create.link_key()) {
            Some(link) => Ok((create, link.remote.clone())),
            None => Err((create, errand.failure("its record is another entity's".into()))),
        })
    }

    async fn try_once(&self, errand: &Errand<'_>, fence: &Fence) -> Result<Try, StoreError> {
        let memory = self.memory().await?;
        let verdict = self.review(&errand.seat, errand.change.clone(), Vec::new(), &memory);
        if verdict.cleared.is_empty() {
            return Ok(Try::Refused(errand.failure(objections(&verdict))));
        }
        let outcomes = self.pass(&errand.run, fence, &memory, verdict).await?;
        Ok(Self::judge(errand, outcomes))
    }

    /// Looks for what an unanswered request made, by its external id: a read, never a search.
    async fn look_up(&self, errand: &Errand<'_>, fence: &Fence) -> Result<Try, StoreError> {
        let memory = self.memory().await?;
        let outcomes = self.recover(&errand.run, fence, &memory).await?;
        Ok(Self::judge(errand, outcomes))
    }

    fn judge(errand: &Errand<'_>, outcomes: Vec<Outcome>) -> Try {
        let Some(Outcome { fate, fields, .. }) = outcomes.into_iter().next() else {
            return Try::Absent("nothing was sent".into());
        };
        match fate {
            Fate::Landed | Fate::ScopeRaced => Try::Made,
            Fate::Open => Try::Unknown,
            Fate::NotDone(why) => Try::Absent(why),
            Fate::Superseded | Fate::ScopeLost => Try::Absent("nothing was sent".into()),
            Fate::Refused(why) => {
                let refused = fields.into_iter().filter(|field| field.event == Event::Refused);
                let fields = refused.map(|one| RefusedField { field: one.field, reason: one.reason });
                Try::Refused(Failure { fields: fields.collect(), ..errand.failure(why) })
            }
        }
    }

    /// What the guard says of one step. Nothing is listed for it: what was read stands in `seen`.
    pub(super) fn review(
        &self,
        seat: &Seat<'_>,
        change: Change,
        seen: Vec<Record>,
        memory: &Memory,
    ) -> Verdict {
        let setup = &self.engine.setup;
        let system = &seat.side.side.system;
        let mut snapshot = Snapshot::new(system.clone(), seen);
        snapshot.coverage = Coverage::Some;
        let gathered = Gathered {
            inspection: seat.inspection.clone(),
            snapshot,
            foreign: Vec::new(),
            direct: std::collections::BTreeSet::new(),
            cursor: None,
        };
        let facts = Facts {
            setup,
            memory,
            first: false,
            reviewed: false,
            canonical_count: memory.canonical_count.unwrap_or_default(),
            canonical_coverage: Coverage::Some,
            reshaped: Vec::new(),
            mirrors: BTreeMap::from([(
                system.clone(),
                mirror_facts(seat.side, seat.target.card(), &gathered, setup),
            )]),
        };
        review(&Plan::single(setup, memory, change), &facts, &[])
    }

    /// Through the gate, under the create's own lease.
    pub(super) async fn pass(
        &self,
        run: &RunId,
        fence: &Fence,
        memory: &Memory,
        verdict: Verdict,
    ) -> Result<Vec<Outcome>, StoreError> {
        let targets = self.engine.targets();
        let doors = self.engine.doors(memory, fence, run, &targets);
        ended(gate::write(&doors, verdict.cleared).await)
    }

    /// Settles what an earlier step of the create left open.
    pub(super) async fn recover(
        &self,
        run: &RunId,
        fence: &Fence,
        memory: &Memory,
    ) -> Result<Vec<Outcome>, StoreError> {
        let targets = self.engine.targets();
        let doors = self.engine.doors(memory, fence, run, &targets);
        ended(gate::recover(&doors).await)
    }
}

fn ended(written: Written) -> Result<Vec<Outcome>, StoreError> {
    match written.stopped {
        Some(error) => Err(error),
        None => Ok(written.outcomes),
    }
}

/// Why nothing was cleared, in the guard's words.
pub(super) fn objections(verdict: &Verdict) -> String {
    let held = verdict.held.iter().map(|held| format!("{}: {}", held.rule, held.why));
    let halts = verdict.halts.iter().map(|halt| format!("{}: {}", halt.rule, halt.what));
    held.chain(halts).collect::<Vec<_>>().join("; ")
}

/// A link row means: never create. So does a write that is under way.
fn assert_free(memory: &Memory, change: &Change) -> Result<(), Unanswered> {
    let key = LinkKey { system: change.system.clone(), entity: change.entity.clone() };
    let named = || format!("{} in {}", key.entity, key.system);
    if memory.links.contains_key(&key) {
        return Err(Unanswered::Taken(format!("{} is linked to a record already", named())));
    }
    let intended = memory.intents.values().any(|intent| intent.link_key() == key);
    if intended || memory.open_create(&key).is_some() {
        return Err(Unanswered::Taken(format!("{} is being written", named())));
    }
    Ok(())
}

fn values(memory: &Memory, change: &Change) -> BTreeMap<trueup_core::name::FieldName, Print> {
    let print = |edit: &trueup_core::plan::Edit| Some((edit.field.clone(), memory.print(&edit.wanted)?));
    change.edits.iter().filter_map(print).collect()
}

impl From<Unanswered> for Stop {
    fn from(error: Unanswered) -> Self {
        match error {
            Unanswered::Stop(stop) => stop,
            other => Self::Void(other.to_string()),
        }
    }
}
