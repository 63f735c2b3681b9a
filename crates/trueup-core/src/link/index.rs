//! The canonical side, findable by key and by address.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::origins::origins;
use crate::{
    memory::Memory,
    name::{EntityKey, RemoteId},
    plan::Origin,
    planted::{self, Defect},
    record::Record,
    setup::{Binding, MirrorSide, Setup, Side},
    snapshot::{Coverage, Snapshot},
    value::Trouble,
};

/// The canonical side, findable by key and by address.
#[derive(Debug)]
pub struct Canon<'a> {
    setup: &'a Setup,
    seen: &'a Snapshot,
    records: &'a [Record],
    by_key: BTreeMap<&'a str, usize>,
    ledgers: Vec<Vec<CompactString>>,
    by_address: BTreeMap<CompactString, Vec<usize>>,
    troubled: BTreeSet<&'a str>,
    keyless: bool,
    origins: BTreeMap<usize, Origin>,
}

impl<'a> Canon<'a> {
    /// Indexes the canonical records. Their ids are their keys, and unique: the source made sure.
    #[must_use]
    pub fn new(setup: &'a Setup, seen: &'a Snapshot) -> Self {
        let records = seen.records.as_slice();
        let troubled = seen.troubles.iter().filter_map(|t| t.key.as_ref()).map(EntityKey::as_str).collect();
        let keyless = seen.troubles.iter().any(|trouble| trouble.key.is_none());
        let by_key = records.iter().enumerate().map(|(at, record)| (record.id.as_str(), at)).collect();
        let mut by_address: BTreeMap<CompactString, Vec<usize>> = BTreeMap::new();
        let ledgers: Vec<_> =
            records.iter().map(|record| addresses(setup, setup.canonical(), record)).collect();
        for (at, ledger) in ledgers.iter().enumerate() {
            for address in ledger {
                by_address.entry(address.clone()).or_default().push(at);
            }
        }
        let origins = BTreeMap::new();
        Self { setup, seen, records, by_key, ledgers, by_address, troubled, keyless, origins }
    }

    /// Finds the records that were made after one of a mirror, in an account of the source of truth.
    #[must_use]
    pub fn after(mut self, tenant: &str, mirrors: &[(&MirrorSide, &Snapshot)], memory: &Memory) -> Self {
        self.origins = origins(self.setup, &self, tenant, mirrors, memory);
        self
    }

    /// The record of a mirror that the one at a position was made after, if it was.
    #[must_use]
    pub fn origin(&self, at: usize) -> Option<&Origin> {
        self.origins.get(&at)
    }

    /// The positions of the records that were made after one of a mirror, with that one.
    pub fn origins(&self) -> impl Iterator<Item = (usize, &Origin)> {
        self.origins.iter().map(|(at, origin)| (*at, origin))
    }

    /// Whether nobody can tell what became of a key: its record cannot be taken at its word, or it may be one
    /// whose own key cannot be read. It is neither there nor gone.
    #[must_use]
    pub fn is_in_doubt(&self, key: &EntityKey) -> bool {
        let unseen = self.position(key.as_str()).is_none();
        self.troubled.contains(key.as_str()) || unseen && (self.keyless || !self.is_missing(key))
    }

    /// Whether a key that was not seen is gone as far as this look can tell: where records can be read by id, only
    /// their system's own word is proof.
    fn is_missing(&self, key: &EntityKey) -> bool {
        let said = || self.seen.missing.iter().any(|id| id.as_str() == key.as_str());
        let whole = self.seen.coverage == Coverage::Whole;
        let believed = !self.setup.canonical_writes() || planted::is(Defect::AbsenceIsDelete);
        (believed && whole) || said()
    }

    /// Whether anybody looked for a key: in a look at some records nothing is known of the others.
    #[must_use]
    pub fn is_looked_at(&self, key: &EntityKey) -> bool {
        let said = || self.seen.missing.iter().any(|id| id.as_str() == key.as_str());
        self.seen.coverage == Coverage::Whole
            || self.position(key.as_str()).is_some()
            || said()
            || self.became(key).is_some()
    }

    /// The key of the record that a record became when people merged the two.
    #[must_use]
    pub fn became(&self, key: &EntityKey) -> Option<EntityKey> {
        let was = RemoteId::new(key.as_str());
        let now = self.seen.now(&was);
        (*now != was).then(|| EntityKey::new(now.as_str()))
    }

    /// Whether a key was asked for and no answer mentioned it: whatever nobody knows may be what it became.
    #[must_use]
    pub fn is_silent(&self, key: &EntityKey) -> bool {
        self.seen.silent.iter().any(|id| id.as_str() == key.as_str())
    }

    /// Whether some record has no key that can be read: then a key that is not seen is not proven absent.
    #[must_use]
    pub const fn has_keyless(&self) -> bool {
        self.keyless
    }

    /// All records, in their order.
    #[must_use]
    pub const fn records(&self) -> &'a [Record] {
        self.records
    }

    /// The record at a position.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&'a Record> {
        self.records.get(at)
    }

    /// The position of a key.
    #[must_use]
    pub fn position(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// The key of the record at a position.
    #[must_use]
    pub fn key(&self, at: usize) -> EntityKey {
        EntityKey::new(self.records.get(at).map_or("", |record| record.id.as_str()))
    }

    /// The records whose ledger holds any of these addresses, each once, in order.
    #[must_use]
    pub fn with_any(&self, addresses: &[CompactString]) -> Vec<usize> {
        let mut found: Vec<usize> =
            addresses.iter().filter_map(|address| self.by_address.get(address)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The addresses of the record at a position, as far as they can be read.
    #[must_use]
    pub fn ledger(&self, at: usize) -> &[CompactString] {
        self.ledgers.get(at).map_or(&[], Vec::as_slice)
    }

    /// Why some address of the record at a position cannot be read, and where.
    #[must_use]
    pub fn unread(&self, at: usize) -> Option<Trouble> {
        let (record, side) = (self.get(at)?, self.setup.canonical());
        let cell = |binding: &Binding| {
            let field = self.setup.field(binding.field);
            field.identity.then(|| side.lenient(binding, field, record))
        };
        let unknown = side.bindings.iter().filter_map(cell).find(|cell| !cell.is_known())?;
        let undelivered = || Trouble { why: "it was not delivered".into(), place: record.place.clone() };
        Some(unknown.trouble().cloned().unwrap_or_else(undelivered))
    }
}

/// Every address a record can be known by, from all identity fields, each once.
#[must_use]
pub(crate) fn addresses(setup: &Setup, side: &Side, record: &Record) -> Vec<CompactString> {
    let mut found: Vec<CompactString> = Vec::new();
    for binding in &side.bindings {
        let field = setup.field(binding.field);
        if field.identity {
            found.extend(side.lenient(binding, field, record).items());
        }
    }
    found.sort();
    found.dedup();
    found
}
