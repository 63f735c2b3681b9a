//! What a mirror's records say of themselves: their tokens, their ids, and whose link rows name them.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{Canon, Link};
use crate::{
    memory::Memory,
    name::{EntityKey, RemoteId},
    record::Record,
    setup::{MirrorSide, Setup},
    snapshot::Snapshot,
};

/// Which records carry which tokens.
pub(super) struct Tokens {
    pub(super) of_record: Vec<Vec<CompactString>>,
    pub(super) in_scope: BTreeMap<CompactString, Vec<usize>>,
    /// Outside the scope: surveyed, or linked and reassigned.
    pub(super) elsewhere: BTreeMap<CompactString, Vec<RemoteId>>,
}

impl Tokens {
    pub(super) fn read(setup: &Setup, mirror: &MirrorSide, seen: &Snapshot) -> Self {
        let of = |record: &Record| -> Vec<CompactString> {
            mirror.token.map_or_else(Vec::new, |field| {
                let binding = mirror.side.binding(field);
                binding.map_or_else(Vec::new, |b| mirror.side.lenient(b, setup.field(field), record).items())
            })
        };
        let of_record: Vec<_> = seen.records.iter().map(of).collect();
        let mut in_scope: BTreeMap<CompactString, Vec<usize>> = BTreeMap::new();
        for (at, tokens) in of_record.iter().enumerate() {
            for token in tokens {
                in_scope.entry(token.clone()).or_default().push(at);
            }
        }
        let mut elsewhere: BTreeMap<CompactString, Vec<RemoteId>> = BTreeMap::new();
        for record in seen.survey.iter().chain(&seen.strays) {
            for token in of(record) {
                elsewhere.entry(token).or_default().push(record.id.clone());
            }
        }
        Self { of_record, in_scope, elsewhere }
    }
}

/// Where the records of the scope stand, by the ids they have and had.
pub(super) struct Whereabouts<'a> {
    by_id: BTreeMap<&'a str, usize>,
    by_alias: BTreeMap<&'a str, usize>,
}

impl<'a> Whereabouts<'a> {
    pub(super) fn new(seen: &'a Snapshot) -> Self {
        let records = || seen.records.iter().enumerate();
        Self {
            by_id: records().map(|(at, record)| (record.id.as_str(), at)).collect(),
            by_alias: records().filter_map(|(at, r)| Some((r.asked.as_ref()?.as_str(), at))).collect(),
        }
    }

    pub(super) fn of(&self, remote: &RemoteId) -> Option<usize> {
        self.by_id.get(remote.as_str()).or_else(|| self.by_alias.get(remote.as_str())).copied()
    }
}

/// The link rows of one mirror.
pub(super) fn links_of<'a>(mirror: &'a MirrorSide, memory: &'a Memory) -> impl Iterator<Item = &'a Link> {
    memory.links.values().filter(|link| link.system == mirror.side.system)
}

/// Which living entities have a link row to which position of the scope.
pub(super) fn claimants(
    mirror: &MirrorSide,
    canon: &Canon<'_>,
    seen: &Snapshot,
    memory: &Memory,
) -> BTreeMap<usize, Vec<EntityKey>> {
    let whereabouts = Whereabouts::new(seen);
    let mut claimants: BTreeMap<usize, Vec<EntityKey>> = BTreeMap::new();
    let lives =
        |link: &&Link| canon.position(link.entity.as_str()).is_some() || canon.is_in_doubt(&link.entity);
    for link in links_of(mirror, memory).filter(lives) {
        if let Some(at) = whereabouts.of(&link.remote) {
            claimants.entry(at).or_default().push(link.entity.clone());
        }
    }
    claimants
}
