//! Reads around a write: by id before it, by id with history or by external id after it.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    name::{EntityKey, FieldId, IntentId, RemoteId},
    plan::Act,
    planted::{self, Defect},
    record::Record,
    setup::{Binding, Lens, MirrorSide, Scope, Setup},
    snapshot::Coverage,
};

use super::batch::Answered;
use crate::{Ask, Fault, Reach, Sought, Target, View};

/// Records read by id.
#[derive(Default)]
pub(super) struct ById {
    /// Under the id asked by.
    found: BTreeMap<RemoteId, Record>,
    /// Those of which the system says that they do not exist.
    missing: BTreeSet<RemoteId>,
}

impl ById {
    /// What is known of one id. One that the answer does not mention was not looked at: only the
    /// system's own word is proof.
    pub(super) fn of(&self, id: &RemoteId) -> Seen<'_> {
        match self.found.get(id) {
            Some(record) => Seen::Read(record),
            None if self.missing.contains(id) => Seen::Nothing,
            None => Seen::Unread,
        }
    }
}

/// Reads records by id, in as few requests as the card allows.
pub(super) async fn by_id(
    target: &dyn Target,
    mirror: &MirrorSide,
    ids: &[RemoteId],
    history: bool,
) -> Result<ById, Fault> {
    let card = target.card();
    let history = history && card.history;
    let size = if history { card.batch.read_history } else { card.batch.read };
    let mut read = ById::default();
    for chunk in ids.chunks(size.max(1)) {
        let page = target.read(ask(mirror, Reach::Ids(chunk.to_vec()), history)).await?;
        read.missing.extend(page.missing);
        for record in page.records {
            let asked = record.asked.clone().unwrap_or_else(|| record.id.clone());
            read.found.insert(asked, record);
        }
    }
    Ok(read)
}

/// Finds records by their external id, with their history where there is one; found under that id's text.
pub(super) async fn by_ext_id(
    target: &dyn Target,
    mirror: &MirrorSide,
    column: &str,
    texts: &[String],
) -> Result<BTreeMap<String, Record>, Fault> {
    let mut found = BTreeMap::new();
    let at = mirror.side.column_named(column);
    for chunk in texts.chunks(target.card().batch.read.max(1)) {
        let reach = Reach::Unique { column: column.to_owned(), texts: chunk.to_vec() };
        for record in target.read(ask(mirror, reach, false)).await?.records {
            if let Some(text) = at.and_then(|at| record.cell(at).to_text()) {
                found.insert(text, record);
            }
        }
    }
    let ids: Vec<RemoteId> = found.values().map(|record| record.id.clone()).collect();
    if target.card().history && !ids.is_empty() {
        let read = by_id(target, mirror, &ids, true).await?;
        for record in found.values_mut() {
            if matches!(read.of(&record.id), Seen::Unread) {
                let what = format!("the answer leaves out {}, whose history is asked for", record.id);
                return Err(Fault::Unreadable(what));
            }
            // One that became another meanwhile, or is out of sight again, stays as it was found.
            if let Some(now) = read.found.get(&record.id).filter(|now| now.asked.is_none()) {
                record.clone_from(now);
            }
        }
    }
    Ok(found)
}

/// Whether records of ours carry a token by which they can be looked for.
pub(super) fn has_tokens(mirror: &MirrorSide) -> bool {
    tokens(mirror).is_some()
}

/// Where tokens stand, and what they begin with.
fn tokens(mirror: &MirrorSide) -> Option<(FieldId, &Binding, &str)> {
    let field = mirror.token?;
    let binding = mirror.side.binding(field)?;
    let Lens::Tokens { prefix } = &binding.lens else { return None };
    Some((field, binding, prefix))
}

/// Every record that carries an entity's token, whoever it belongs to; `None` when nobody can tell.
pub(super) async fn by_token(
    target: &dyn Target,
    setup: &Setup,
    mirror: &MirrorSide,
    entity: &EntityKey,
) -> Option<Vec<Record>> {
    let (field, binding, prefix) = tokens(mirror)?;
    let carrying = View::Carrying {
        outside: None,
        token: mirror.side.column(binding).to_owned(),
        sought: Sought { prefix: prefix.to_owned(), key: Some(entity.to_string()) },
    };
    let view = if planted::is(Defect::RetryBySearch) { scope(mirror) } else { carrying };
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let reach = Reach::All(cursor.take());
        let ask = Ask { view: view.clone(), reach, columns: mirror.side.columns.clone(), history: false };
        let page = target.read(ask).await.ok().filter(|page| page.coverage == Coverage::Whole)?;
        // The view lists by the column alone; the record decides.
        let own = |record: &Record| {
            let tokens = mirror.side.lenient(binding, setup.field(field), record).items();
            tokens.iter().any(|token| token == entity.as_str())
        };
        found.extend(page.records.into_iter().filter(own));
        cursor = page.next;
        if cursor.is_none() {
            return Some(found);
        }
    }
}

/// The records of the scope, where a defect looks for what may be anybody's by now.
fn scope(mirror: &MirrorSide) -> View {
    let column = |scope: &Scope| mirror.side.columns.get(scope.column).cloned();
    let equals = |scope: &Scope| Some(View::Equals { column: column(scope)?, text: scope.equals.clone() });
    mirror.scope.as_ref().and_then(equals).unwrap_or(View::All)
}

fn ask(mirror: &MirrorSide, reach: Reach, history: bool) -> Ask {
    Ask { view: View::All, reach, columns: mirror.side.columns.clone(), history }
}

/// What was found after a write.
pub(super) struct Found {
    records: BTreeMap<IntentId, Record>,
    unread: Vec<IntentId>,
}

/// What is known of one record after a write.
#[derive(Clone, Copy)]
pub(super) enum Seen<'a> {
    /// It was read.
    Read(&'a Record),
    /// The read said that it is not there.
    Nothing,
    /// The read failed, or did not mention it: nothing is known.
    Unread,
}

impl Found {
    pub(super) fn of(&self, intent: &IntentId) -> Seen<'_> {
        match self.records.get(intent) {
            Some(record) => Seen::Read(record),
            None if self.unread.contains(intent) => Seen::Unread,
            None => Seen::Nothing,
        }
    }
}

impl<'a> Seen<'a> {
    pub(super) const fn record(self) -> Option<&'a Record> {
        match self {
            Self::Read(record) => Some(record),
            Self::Nothing | Self::Unread => None,
        }
    }
}

/// Reads every record of a batch back: by id where there is one, by external id where there is none.
pub(super) async fn read_back(target: &dyn Target, mirror: &MirrorSide, answered: &[Answered]) -> Found {
    let mut found = Found { records: BTreeMap::new(), unread: Vec::new() };
    let (with_id, without): (Vec<&Answered>, Vec<&Answered>) =
        answered.iter().partition(|one| id_of(one).is_some());
    let ids: Vec<RemoteId> = with_id.iter().filter_map(|one| id_of(one)).collect();
    match by_id(target, mirror, &ids, true).await {
        Ok(read) => {
            for one in with_id {
                match id_of(one).map_or(Seen::Unread, |id| read.of(&id)) {
                    Seen::Read(record) => drop(found.records.insert(one.intent.id.clone(), record.clone())),
                    Seen::Nothing => {}
                    Seen::Unread => found.unread.push(one.intent.id.clone()),
                }
            }
        }
        Err(_) => found.unread.extend(with_id.iter().map(|one| one.intent.id.clone())),
    }
    creates(target, mirror, &without, &mut found).await;
    found
}

async fn creates(target: &dyn Target, mirror: &MirrorSide, without: &[&Answered], found: &mut Found) {
    let Some(column) = mirror.ext_id_column.as_deref() else {
        return found.unread.extend(without.iter().map(|one| one.intent.id.clone()));
    };
    let texts: Vec<String> = without.iter().filter_map(|one| ext_id(&one.intent.change.act)).collect();
    match by_ext_id(target, mirror, column, &texts).await {
        Ok(records) => {
            let own = |one: &&Answered| {
                Some((one.intent.id.clone(), records.get(&ext_id(&one.intent.change.act)?)?.clone()))
            };
            found.records.extend(without.iter().filter_map(own));
        }
        Err(_) => found.unread.extend(without.iter().map(|one| one.intent.id.clone())),
    }
}

fn id_of(one: &Answered) -> Option<RemoteId> {
    one.intent.change.remote().or(one.answer.as_ref().ok()).cloned()
}

/// The external id a create carries.
pub(super) fn ext_id(act: &Act) -> Option<String> {
    match act {
        Act::Create { ext_id, .. } => Some(ext_id.to_string()),
        Act::Archive { .. } | Act::Update { .. } => None,
    }
}
