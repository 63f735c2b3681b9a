//! What records say of themselves: our tokens, and our external ids.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    name::{EntityKey, ExtId, RemoteId},
    record::Record,
    setup::{MirrorSide, Setup},
};

use crate::{mirror::Theirs, ours::Ours};

/// What records say of themselves.
#[derive(Default)]
pub(crate) struct Marks {
    tokens: BTreeMap<RemoteId, Vec<EntityKey>>,
    ext_ids: BTreeMap<RemoteId, String>,
    /// Whose an external id is: it is derived from the key, so that it can be told without any memory.
    owners: BTreeMap<String, EntityKey>,
}

impl Marks {
    pub(crate) fn read(
        setup: &Setup,
        side: &MirrorSide,
        ours: &Ours,
        theirs: &Theirs,
        linked: &BTreeSet<EntityKey>,
    ) -> Self {
        let mut marks = Self::default();
        for record in theirs.in_scope.values().chain(theirs.outside.values()) {
            marks.tokens.insert(record.id.clone(), tokens(setup, side, record));
            let ext_id = theirs.ext_id.and_then(|column| record.cell(column).to_text());
            marks.ext_ids.extend(ext_id.map(|text| (record.id.clone(), text)));
        }
        for key in ours.records.keys().chain(linked) {
            let ext_id = ExtId::derive(&theirs.tenant, setup.entity(), key);
            marks.owners.insert(ext_id.as_str().to_owned(), key.clone());
        }
        marks
    }

    /// The tokens of a record.
    pub(crate) fn tokens(&self, remote: &RemoteId) -> &[EntityKey] {
        self.tokens.get(remote).map_or(&[], Vec::as_slice)
    }

    /// Whether a record says nothing of itself.
    pub(crate) fn is_silent(&self, remote: &RemoteId) -> bool {
        self.tokens(remote).is_empty() && !self.ext_ids.contains_key(remote)
    }

    /// The entities a record says it belongs to.
    pub(crate) fn entities(&self, remote: &RemoteId) -> Vec<EntityKey> {
        let by_id = self.ext_ids.get(remote).and_then(|text| self.owners.get(text));
        let mut all: Vec<EntityKey> = self.tokens(remote).iter().chain(by_id).cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    /// Records that say of themselves what others say as well: the mark in words, its entity, and the records.
    pub(crate) fn shared<'a>(&'a self, among: &'a BTreeMap<RemoteId, Record>) -> Vec<Shared<'a>> {
        let mut found: BTreeMap<(&str, Option<&EntityKey>), BTreeSet<&RemoteId>> = BTreeMap::new();
        for remote in among.keys() {
            for token in self.tokens(remote) {
                found.entry(("token", Some(token))).or_default().insert(remote);
            }
            let own = self.ext_ids.get(remote).and_then(|text| self.owners.get(text));
            if own.is_some() {
                found.entry(("external id", own)).or_default().insert(remote);
            }
        }
        let several = found.into_iter().filter(|(_, records)| records.len() > 1);
        several
            .filter_map(|((mark, entity), records)| {
                Some(Shared { mark, entity: entity?, records: records.into_iter().collect() })
            })
            .collect()
    }

    /// The records that carry an entity's token.
    pub(crate) fn carriers<'a>(&'a self, entity: &'a EntityKey) -> impl Iterator<Item = &'a RemoteId> {
        self.tokens.iter().filter(|(_, tokens)| tokens.contains(entity)).map(|(remote, _)| remote)
    }
}

/// One mark on several records.
pub(crate) struct Shared<'a> {
    /// What it is, in words.
    pub(crate) mark: &'static str,
    pub(crate) entity: &'a EntityKey,
    pub(crate) records: Vec<&'a RemoteId>,
}

fn tokens(setup: &Setup, side: &MirrorSide, record: &Record) -> Vec<EntityKey> {
    let binding = side.token.and_then(|token| side.side.binding(token));
    let cell = binding.map(|binding| side.side.lenient(binding, setup.field(binding.field), record));
    cell.map(|cell| cell.items().iter().map(EntityKey::new).collect()).unwrap_or_default()
}
