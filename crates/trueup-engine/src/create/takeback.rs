//! What an aborted create left in the mirror: put away if nobody touched it, else a person's.

use trueup_core::{
    create::{Create, Stage, is_untouched, take_back},
    link::{How, Link, LinkState},
    memory::{Memory, Note},
    name::{RemoteId, RunId},
    record::Record,
};
use trueup_ports::{Ask, Fault, Fence, Reach, StoreError, View, gate::Fate};

use super::{
    Coordinator,
    decide::unparked,
    finish::Standing,
    remote::{Seat, objections},
};
use crate::Stop;

/// What is found of an aborted create.
enum Left {
    One(Record),
    Several,
}

impl Coordinator {
    /// Looks, after the quiet period of an aborted create, for what it left: nothing can land any more.
    pub(super) async fn take_back(
        &self,
        create: &Create,
        app: Standing,
        (run, fence): (&RunId, &Fence),
    ) -> Result<(), Stop> {
        let seat = self.seat(&create.system, &self.memory().await?).await?;
        self.recover(run, fence, &self.memory().await?).await?;
        let memory = self.memory().await?;
        if is_under_way(create, &memory) {
            return Ok(());
        }
        let Some(left) = self.left(create, &seat, &memory).await? else {
            return self.not_found(create, &memory, fence).await;
        };
        let create = &self.found(create, fence).await?;
        match left {
            Left::Several => self.flag(create, "several records carry its id", None, (run, fence)).await,
            Left::One(record) if app == Standing::Ordinary => {
                let why = "it was given up, and the app has a row of its own by now";
                self.flag(create, why, Some(record.id), (run, fence)).await
            }
            Left::One(record) => {
                let known = memory.links.get(&create.link_key()).and_then(|link| link.version);
                let eyes = (self.engine.setup.as_ref(), &memory);
                if is_untouched(eyes, seat.side, create, &record, known) {
                    return self.put_away(create, &seat, record, (run, fence)).await;
                }
                let why = "it was given up, and somebody changed the record that it had made";
                self.flag(create, why, Some(record.id), (run, fence)).await
            }
        }
    }

    /// A person was asked about it: once the record is gone, it is over.
    pub(super) async fn look_again(&self, create: &Create, fence: &Fence) -> Result<(), Stop> {
        let memory = self.memory().await?;
        let seat = self.seat(&create.system, &memory).await?;
        match self.left(create, &seat, &memory).await? {
            None => self.not_found(create, &memory, fence).await,
            Some(Left::One(_) | Left::Several) => Ok(self.found(create, fence).await.map(drop)?),
        }
    }

    /// One look that finds nothing proves nothing: the second one ends the create, a quiet period later (I-15).
    async fn not_found(&self, create: &Create, memory: &Memory, fence: &Fence) -> Result<(), Stop> {
        let stage = create.stage.not_found(fence.at, self.engine.setup.timing().quiet());
        if matches!(stage, Stage::Ended { .. }) {
            return self.end(create, memory, fence).await;
        }
        Ok(self.move_to(create, stage, fence).await.map(drop)?)
    }

    async fn found(&self, create: &Create, fence: &Fence) -> Result<Create, StoreError> {
        self.move_to(create, create.stage.found(), fence).await
    }

    /// A pass that changes nothing commits nothing, as a commit voids the plans that people look at.
    async fn move_to(&self, create: &Create, stage: Stage, fence: &Fence) -> Result<Create, StoreError> {
        if stage == create.stage { Ok(create.clone()) } else { self.advance(fence, create, stage).await }
    }

    /// The id that the record of a committed create has now; the one it was made with when nobody can tell.
    pub(super) async fn now_called(&self, create: &Create, remote: &RemoteId) -> RemoteId {
        let found = async {
            let memory = self.memory().await.ok()?;
            let seat = self.seat(&create.system, &memory).await.ok()?;
            let found = by_ext_id(create, &seat).await.ok()?;
            match found.as_slice() {
                [one] => Some(one.id.clone()),
                _ => None,
            }
        };
        found.await.unwrap_or_else(|| remote.clone())
    }

    /// Puts the record away through plan, guard and gate. The gate looks once more, and sends nothing if anything
    /// of it moved since.
    async fn put_away(
        &self,
        create: &Create,
        seat: &Seat<'_>,
        record: Record,
        (run, fence): (&RunId, &Fence),
    ) -> Result<(), Stop> {
        let words = format!("create {}: its record is untouched and is taken back", create.key);
        let looked_at = Note::Link(Box::new(self.looked_at(create, &record).await?));
        match self.engine.commit(fence, vec![looked_at, self.journaled(run, create, words)]).await {
            Err(StoreError::Shared(_)) => {
                let why = "the record that carries its id is another entity's by now";
                return self.flag(create, why, Some(record.id), (run, fence)).await;
            }
            noted => noted?,
        }
        let memory = self.memory().await?;
        let change = take_back(&self.engine.setup, seat.side, create, &record);
        let remote = record.id.clone();
        let verdict = self.review(seat, change, vec![record], &memory);
        if verdict.cleared.is_empty() {
            return self.flag(create, &objections(&verdict), Some(remote), (run, fence)).await;
        }
        let outcomes = self.pass(run, fence, &memory, verdict).await?;
        match outcomes.into_iter().next().map(|outcome| outcome.fate) {
            Some(Fate::Landed) => self.end(create, &self.memory().await?, fence).await,
            Some(Fate::Refused(why)) => self.flag(create, &why, Some(remote), (run, fence)).await,
            // It may still land, or somebody was faster: the next pass looks anew.
            _ => Ok(()),
        }
    }

    /// The link to the record as it was judged: the gate refuses to put away what is newer.
    async fn looked_at(&self, create: &Create, record: &Record) -> Result<Link, Stop> {
        let memory = self.memory().await?;
        let new = || Link::new(&create.system, &create.entity, &record.id, How::Adopted);
        let known = memory.links.get(&create.link_key()).filter(|link| link.is_to(&record.id)).cloned();
        let mut link = known.unwrap_or_else(new);
        link.follow(&record.id);
        link.state = LinkState::Active;
        link.version = record.version;
        Ok(link)
    }

    /// Neither record is there. A link that was made meanwhile forbids for ever to make another one.
    async fn end(&self, create: &Create, memory: &Memory, fence: &Fence) -> Result<(), Stop> {
        let link = memory.links.get(&create.link_key()).filter(|link| link.state != LinkState::Tombstone);
        let dead = |link: &Link| Note::Link(Box::new(Link { state: LinkState::Tombstone, ..link.clone() }));
        let ended = Note::Create(Box::new(create.at(Stage::Ended { at: fence.at })));
        // A refusal may have come in after the create was given up.
        let notes = link.map(dead).into_iter().chain([ended, unparked(create)]).collect();
        Ok(self.engine.commit(fence, notes).await?)
    }

    async fn flag(
        &self,
        create: &Create,
        why: &str,
        remote: Option<RemoteId>,
        (run, fence): (&RunId, &Fence),
    ) -> Result<(), Stop> {
        let flagged = create.at(Stage::Flagged { why: why.to_owned(), remote, missing: None });
        let words = format!("create {}: a person is asked, {why}", create.key);
        let notes =
            vec![Note::Create(Box::new(flagged)), unparked(create), self.journaled(run, create, words)];
        Ok(self.engine.commit(fence, notes).await?)
    }

    async fn left(&self, create: &Create, seat: &Seat<'_>, memory: &Memory) -> Result<Option<Left>, Stop> {
        let linked = memory.links.get(&create.link_key()).map(|link| link.remote.clone());
        let found = left(create, seat, linked).await;
        found.map_err(|fault| Stop::Fault { system: create.system.clone(), fault })
    }
}

/// Whether nobody knows yet what became of a write to its record: of the create itself, or of an earlier pass that asked
/// for the record to be put away.
fn is_under_way(create: &Create, memory: &Memory) -> bool {
    memory.intents.values().any(|intent| intent.link_key() == create.link_key())
}

/// Looks by external id, which tells of a record whose answer was lost, and by the id of the link, which tells of
/// one whose external id somebody took away. Both are reads of the records themselves, never a search.
async fn left(create: &Create, seat: &Seat<'_>, linked: Option<RemoteId>) -> Result<Option<Left>, Fault> {
    let found = by_ext_id(create, seat).await?;
    let mut ids: Vec<RemoteId> = found.into_iter().map(|record| record.id).chain(linked).collect();
    ids.sort();
    ids.dedup();
    let mut records = if ids.is_empty() { Vec::new() } else { by_id(seat, ids).await? };
    records.sort_by(|a, b| a.id.cmp(&b.id));
    records.dedup_by(|a, b| a.id == b.id);
    Ok(if records.len() > 1 { Some(Left::Several) } else { records.pop().map(Left::One) })
}

async fn by_ext_id(create: &Create, seat: &Seat<'_>) -> Result<Vec<Record>, Fault> {
    let Some(column) = seat.side.ext_id_column.clone() else { return Ok(Vec::new()) };
    let at = seat.side.side.column_named(&column);
    let reach = Reach::Unique { column, texts: vec![create.ext_id.to_string()] };
    let mut records = seat.target.read(ask(seat, reach, false)).await?.records;
    let own =
        |record: &Record| at.and_then(|at| record.cell(at).to_text()) == Some(create.ext_id.to_string());
    records.retain(own);
    Ok(records)
}

/// The records that are there. One that the answer does not mention was not looked at.
async fn by_id(seat: &Seat<'_>, ids: Vec<RemoteId>) -> Result<Vec<Record>, Fault> {
    let page = seat.target.read(ask(seat, Reach::Ids(ids.clone()), seat.target.card().history)).await?;
    let told = |id: &RemoteId| {
        let answers = |record: &Record| record.asked.as_ref().unwrap_or(&record.id) == id;
        page.missing.contains(id) || page.records.iter().any(answers)
    };
    match ids.iter().find(|id| !told(id)) {
        Some(id) => Err(Fault::Unreadable(format!("the answer does not mention {id}"))),
        None => Ok(page.records),
    }
}

fn ask(seat: &Seat<'_>, reach: Reach, history: bool) -> Ask {
    Ask { view: View::All, reach, columns: seat.side.side.columns.clone(), history }
}
