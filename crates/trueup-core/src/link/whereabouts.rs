//! What a mirror's records say of themselves: their tokens, their ids, and whose link rows name them.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{Canon, Link, LinkState};
use crate::{
    memory::{Choice, Memory},
    name::{EntityKey, RemoteId},
    record::Record,
    setup::{MirrorSide, Setup, Trigger},
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
    seen: &'a Snapshot,
    by_id: BTreeMap<&'a str, usize>,
}

impl<'a> Whereabouts<'a> {
    pub(super) fn new(seen: &'a Snapshot) -> Self {
        let by_id = seen.records.iter().enumerate().map(|(at, record)| (record.id.as_str(), at)).collect();
        Self { seen, by_id }
    }

    pub(super) fn of(&self, remote: &RemoteId) -> Option<usize> {
        let at = |id: &RemoteId| self.by_id.get(id.as_str()).copied();
        at(remote).or_else(|| at(self.seen.now(remote)))
    }
}

/// The records that people said are not an entity's, with that entity's key.
///
/// A choice about who is who is about the two of them: no other value of either takes it back.
pub(super) fn cuts(setup: &Setup, mirror: &MirrorSide, memory: &Memory) -> BTreeSet<(EntityKey, RemoteId)> {
    let Some(class) = setup.class_for(&Trigger::Stranger) else { return BTreeSet::new() };
    let own = memory.decisions.iter().filter(|(key, decision)| {
        key.class == class.id && key.system == mirror.side.system && decision.choice == Choice::Exclude
    });
    own.flat_map(|(key, decision)| {
        let entity = EntityKey::new(&key.subject);
        decision.remotes.iter().map(move |remote| (entity.clone(), remote.clone()))
    })
    .collect()
}

/// The link rows of one mirror.
pub(super) fn links_of<'a>(mirror: &'a MirrorSide, memory: &'a Memory) -> impl Iterator<Item = &'a Link> {
    memory.links.values().filter(|link| link.system == mirror.side.system)
}

/// Which living entities have a link row to which position of the scope; and those that are gone, where their row
/// names the record by the very id it has now: one record is linked to one entity (I-28).
pub(super) fn claimants(
    mirror: &MirrorSide,
    canon: &Canon<'_>,
    seen: &Snapshot,
    memory: &Memory,
    cuts: &BTreeSet<(EntityKey, RemoteId)>,
) -> BTreeMap<usize, Vec<EntityKey>> {
    let whereabouts = Whereabouts::new(seen);
    let mut claimants: BTreeMap<usize, Vec<EntityKey>> = BTreeMap::new();
    let lives =
        |link: &Link| canon.position(link.entity.as_str()).is_some() || canon.is_in_doubt(&link.entity);
    let mut names: BTreeMap<&RemoteId, usize> = BTreeMap::new();
    // What was put away of a living entity is back where people merged it into a record that stands.
    let rows = links_of(mirror, memory).filter(|link| link.state != LinkState::Tombstone || lives(link));
    for at in rows.filter_map(|link| whereabouts.of(&link.remote)) {
        if let Some(record) = seen.records.get(at) {
            *names.entry(&record.id).or_default() += 1;
        }
    }
    let stands = |link: &Link| {
        link.state != LinkState::Tombstone && names.get(&link.remote).is_some_and(|rows| *rows > 1)
    };
    for link in links_of(mirror, memory).filter(|link| lives(link) || stands(link)) {
        let own = |at: &usize| {
            let record = seen.records.get(*at);
            record.is_some_and(|record| !cuts.contains(&(link.entity.clone(), record.id.clone())))
        };
        if let Some(at) = whereabouts.of(&link.remote).filter(own) {
            claimants.entry(at).or_default().push(link.entity.clone());
        }
    }
    claimants
}
