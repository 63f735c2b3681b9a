//! Finds for each record of a mirror the entity it belongs to, or says why it has none.

mod changed_keys;

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    Canon, How, Link, LinkState,
    index::addresses,
    whereabouts::{Tokens, Whereabouts, claimants, links_of},
};
use crate::{
    memory::{Choice, FieldKey, Memory},
    name::{ClassId, EntityKey, FieldName, RemoteId},
    plan::{Finding, FindingKey, FindingKind, Reason},
    record::Record,
    setup::{MirrorSide, Setup, Trigger},
    snapshot::Snapshot,
};

/// One entity and its record in a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The position of the canonical record.
    pub canonical: usize,
    /// The position of the mirror's record in the scope.
    pub mirror: usize,
    /// How they were found to belong together.
    pub how: How,
    /// The finding that suspends every change of this pair.
    pub suspended: Option<ClassId>,
}

/// Who is who in one mirror. Every record of the scope is in a pair or excluded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linked {
    /// Entities with their records.
    pub pairs: Vec<Pair>,
    /// Canonical records that have no record in the mirror, proven by link table and tokens.
    pub missing: Vec<usize>,
    /// Linked entities whose canonical record is gone, with the position of their record.
    pub gone: Vec<(EntityKey, Option<usize>)>,
    /// Linked entities whose record left the scope.
    pub out_of_scope: Vec<(EntityKey, RemoteId)>,
    /// Linked entities whose record a direct read did not find.
    pub not_found: Vec<(EntityKey, RemoteId)>,
    /// Records of the scope that belong to no pair, and why.
    pub excluded: Vec<(usize, Reason)>,
    /// Canonical records that are not created as long as another's key cannot be read, and why.
    pub waiting: Vec<Reason>,
    /// What is for a person.
    pub findings: Vec<Finding>,
}

/// Links one mirror. Pure: the same inputs in any order give the same answer.
#[must_use]
pub fn link(
    setup: &Setup,
    mirror: &MirrorSide,
    canon: &Canon<'_>,
    seen: &Snapshot,
    memory: &Memory,
) -> Linked {
    let tokens = Tokens::read(setup, mirror, seen);
    let mut matcher = Matcher {
        setup,
        mirror,
        canon,
        seen,
        memory,
        tokens,
        claimants: claimants(mirror, canon, seen, memory),
        taken: BTreeSet::new(),
        paired: BTreeSet::new(),
        spoken_for: BTreeSet::new(),
        orphans: Vec::new(),
        unseen: Vec::new(),
        linked: Linked::default(),
    };
    matcher.shared_tokens();
    matcher.known_links();
    matcher.by_token();
    matcher.by_address();
    matcher.unclaimed();
    matcher.strangers();
    matcher.changed_keys();
    matcher.missing();
    matcher.linked
}

struct Matcher<'a> {
    setup: &'a Setup,
    mirror: &'a MirrorSide,
    canon: &'a Canon<'a>,
    seen: &'a Snapshot,
    memory: &'a Memory,
    tokens: Tokens,
    /// Which living entities have a link row to which mirror position.
    claimants: BTreeMap<usize, Vec<EntityKey>>,
    /// Mirror positions that are in a pair or excluded.
    taken: BTreeSet<usize>,
    /// Canonical positions that are in a pair.
    paired: BTreeSet<usize>,
    /// Canonical positions that must not be created: linked, or somebody may be them.
    spoken_for: BTreeSet<usize>,
    /// Records whose token is no key of the canonical side.
    orphans: Vec<(EntityKey, usize)>,
    /// Linked entities that may be a canonical record whose key cannot be read, with their records.
    unseen: Vec<(EntityKey, Option<usize>)>,
    linked: Linked,
}

impl<'a> Matcher<'a> {
    /// F2: two or more records in scope with one token, counted per token.
    fn shared_tokens(&mut self) {
        let shared: Vec<(CompactString, Vec<usize>)> = self
            .tokens
            .in_scope
            .iter()
            .filter(|(_, at)| at.len() > 1)
            .map(|(t, at)| (t.clone(), at.clone()))
            .collect();
        for (token, records) in shared {
            let position = self.canon.position(&token);
            self.spoken_for.extend(position);
            let key = self.key(&Trigger::SharedToken, &token);
            let chosen =
                self.chosen(&key).filter(|at| records.contains(at) && self.may_be_chosen(*at, &token));
            match (chosen, position) {
                (Some(chosen), Some(canonical)) => self.settle_choice(&token, &records, canonical, chosen),
                _ => self.suspend_shared(key, &token, &records, position),
            }
        }
    }

    fn settle_choice(&mut self, token: &str, records: &[usize], canonical: usize, chosen: usize) {
        self.pair(canonical, chosen, How::Decided);
        for &other in records.iter().filter(|&&at| at != chosen) {
            self.exclude(other, "not_chosen", format!("a person chose another record for {token}"));
        }
    }

    fn suspend_shared(&mut self, key: FindingKey, token: &str, records: &[usize], position: Option<usize>) {
        let mut remotes: Vec<RemoteId> = records.iter().map(|&at| self.remote(at)).collect();
        remotes.sort();
        let what = format!("{} records in scope carry the token {token}", records.len());
        let class = key.class.clone();
        for &at in records {
            self.exclude(at, class.as_str(), format!("shares the token {token}"));
        }
        let entity = position.map(|at| self.canon.key(at));
        self.find(key, entity, remotes, what);
    }

    // One id links to one entity (I-28): a record that is another entity's is not up for choice.
    fn may_be_chosen(&self, at: usize, token: &str) -> bool {
        self.claimants.get(&at).is_none_or(|keys| keys.iter().all(|key| key.as_str() == token))
    }

    /// Link rows decide first: they alone say what exists.
    fn known_links(&mut self) {
        let whereabouts = Whereabouts::new(self.seen);
        for link in links_of(self.mirror, self.memory) {
            let at = whereabouts.of(&link.remote);
            let canonical = self.canon.position(link.entity.as_str());
            match (canonical, at) {
                (canonical, None) if link.state == LinkState::Tombstone => self.tombstone(link, canonical),
                (Some(canonical), Some(at)) => self.known_pair(canonical, at, link.how),
                (None, at) => self.gone(&link.entity, at),
                (Some(canonical), None) => {
                    self.spoken_for.insert(canonical);
                    self.not_in_scope(&link.entity, &link.remote);
                }
            }
        }
    }

    fn known_pair(&mut self, canonical: usize, at: usize, how: How) {
        self.spoken_for.insert(canonical);
        if self.claimants.get(&at).is_some_and(|keys| keys.len() > 1) {
            return self.became_one(at);
        }
        if self.paired.contains(&canonical) {
            let key = self.canon.key(canonical);
            return self.exclude(at, "not_chosen", format!("a person chose another record for {key}"));
        }
        self.pair(canonical, at, how);
    }

    // After a merge of two of our records: whose it is now, nobody can tell but a person.
    fn became_one(&mut self, at: usize) {
        if self.taken.contains(&at) {
            return;
        }
        let keys = self.claimants.get(&at).map_or(&[][..], Vec::as_slice);
        let names: Vec<CompactString> = keys.iter().map(|key| key.as_str().into()).collect();
        self.ambiguous(at, &names, "is what the records of several entities became");
    }

    // A tombstone forbids a create for ever, but one that an undo left is ruled by its hold.
    fn tombstone(&mut self, link: &Link, canonical: Option<usize>) {
        let hold = FieldKey { link: link.key(), field: FieldName::new("") };
        if self.memory.holds.contains_key(&hold) {
            return;
        }
        self.spoken_for.extend(canonical);
        if canonical.is_some() {
            self.linked.not_found.push((link.entity.clone(), link.remote.clone()));
        }
    }

    fn gone(&mut self, entity: &EntityKey, at: Option<usize>) {
        let troubled = self.canon.is_in_doubt(entity);
        let several = |at: &usize| self.claimants.get(at).is_some_and(|keys| keys.len() > 1);
        if let Some(at) = at.filter(|at| troubled && several(at)) {
            return self.became_one(at);
        }
        if !troubled {
            let own = at.filter(|at| !self.claimants.contains_key(at));
            self.linked.gone.push((entity.clone(), own));
        } else if self.canon.has_keyless() {
            self.unseen.push((entity.clone(), at));
        }
        // A record that another entity is linked to as well, after a merge, stays that entity's.
        if let Some(at) = at.filter(|at| troubled || !self.claimants.contains_key(at)) {
            let why =
                if troubled { "its canonical record is in doubt" } else { "its canonical record is gone" };
            self.exclude(at, if troubled { "troubled" } else { "gone" }, why.to_owned());
        }
    }

    fn not_in_scope(&mut self, entity: &EntityKey, remote: &RemoteId) {
        let stray = |record: &Record| record.id == *remote || record.asked.as_ref() == Some(remote);
        if self.seen.strays.iter().any(stray) {
            self.linked.out_of_scope.push((entity.clone(), remote.clone()));
        } else if self.seen.missing.contains(remote) {
            // Only the system's own word is proof; a record it did not mention was not looked at.
            self.linked.not_found.push((entity.clone(), remote.clone()));
        }
    }

    fn by_token(&mut self) {
        for at in 0..self.seen.records.len() {
            if self.taken.contains(&at) {
                continue;
            }
            let tokens = self.tokens.of_record.get(at).cloned().unwrap_or_default();
            match tokens.as_slice() {
                [] => {}
                [token] => self.claim_by_token(at, token),
                several => {
                    let positions = several.iter().filter_map(|token| self.canon.position(token));
                    self.spoken_for.extend(positions);
                    self.ambiguous(at, several, "carries several tokens");
                }
            }
        }
    }

    fn claim_by_token(&mut self, at: usize, token: &str) {
        match self.canon.position(token) {
            None => {
                self.orphans.push((EntityKey::new(token), at));
                self.exclude(at, "unknown_token", format!("no canonical record has the key {token}"));
            }
            Some(canonical) if self.spoken_for.contains(&canonical) => {
                self.ambiguous(
                    at,
                    &[token.into()],
                    "carries the token of an entity that is linked to another record",
                );
            }
            Some(canonical) => self.pair(canonical, at, How::Token),
        }
    }

    /// Records without a token, by address; an address in two ledgers or two records is ambiguous.
    fn by_address(&mut self) {
        let mut wanted: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..self.seen.records.len() {
            if self.taken.contains(&at) {
                continue;
            }
            match self.candidates(at).as_slice() {
                [] => self.exclude(
                    at,
                    "no_entity",
                    "no token, and no canonical record has its addresses".into(),
                ),
                [canonical] => wanted.entry(*canonical).or_default().push(at),
                several => {
                    let keys: Vec<CompactString> =
                        several.iter().map(|&c| self.canon.key(c).as_str().into()).collect();
                    self.spoken_for.extend(several.iter().copied());
                    self.ambiguous(at, &keys, "has addresses of several canonical records");
                }
            }
        }
        for (canonical, records) in wanted {
            self.claim_by_address(canonical, &records);
        }
    }

    fn candidates(&self, at: usize) -> Vec<usize> {
        self.seen.records.get(at).map(|record| self.candidates_of(record)).unwrap_or_default()
    }

    fn candidates_of(&self, record: &Record) -> Vec<usize> {
        self.canon.with_any(&addresses(self.setup, &self.mirror.side, record))
    }

    fn claim_by_address(&mut self, canonical: usize, records: &[usize]) {
        let key: CompactString = self.canon.key(canonical).as_str().into();
        match records {
            [only] if !self.spoken_for.contains(&canonical) => self.pair(canonical, *only, How::Email),
            several => {
                self.spoken_for.insert(canonical);
                for &at in several {
                    self.ambiguous(
                        at,
                        std::slice::from_ref(&key),
                        "has an address of an entity that has another record",
                    );
                }
            }
        }
    }

    /// F3: nobody's, with our token. Surveyed, never claimed.
    fn unclaimed(&mut self) {
        let (Some(scope), seen) = (&self.mirror.scope, self.seen) else { return };
        for record in seen.survey.iter().filter(|record| scope.is_nobodys(record)) {
            let key = self.key(&Trigger::Unclaimed, record.id.as_str());
            let what = "carries our token and has no owner".to_owned();
            self.find(key, None, vec![record.id.clone()], what);
        }
    }

    /// F1: a linked record none of whose addresses is in its entity's ledger.
    fn strangers(&mut self) {
        let Some(class) = self.setup.class_for(&Trigger::Stranger).map(|class| class.id.clone()) else {
            return;
        };
        for mut pair in std::mem::take(&mut self.linked.pairs) {
            match self.stranger(&pair) {
                None | Some((_, Some(Choice::Accept))) => {}
                Some((_, Some(Choice::Exclude))) => {
                    let remote = self.remote(pair.mirror);
                    let what = "a person said that it is not the entity's".to_owned();
                    let reason = Reason { sort: "not_chosen".into(), subject: remote.to_string(), what };
                    self.linked.excluded.push((pair.mirror, reason));
                    continue;
                }
                Some((key, None | Some(Choice::Choose(_)))) => {
                    pair.suspended = Some(class.clone());
                    let what = "none of its e-mail addresses stands in the ledger".to_owned();
                    let entity = self.canon.key(pair.canonical);
                    self.find(key, Some(entity), vec![self.remote(pair.mirror)], what);
                }
            }
            self.linked.pairs.push(pair);
        }
    }

    /// The finding of a pair that share no address, and what a person decided about it.
    fn stranger(&self, pair: &Pair) -> Option<(FindingKey, Option<Choice>)> {
        let record = self.seen.records.get(pair.mirror)?;
        let theirs = addresses(self.setup, &self.mirror.side, record);
        // A ledger that cannot be read is not an empty one: nobody is a stranger to it.
        let ledger = self.canon.ledger(pair.canonical)?;
        if theirs.is_empty() || theirs.iter().any(|address| ledger.contains(address)) {
            return None;
        }
        let key = self.key(&Trigger::Stranger, self.canon.key(pair.canonical).as_str());
        let choice = self.memory.decisions.get(&key).map(|decision| decision.choice.clone());
        Some((key, choice))
    }

    /// No link row, no token seen anywhere, nobody who might be it: only then is it missing.
    fn missing(&mut self) {
        for at in 0..self.canon.records().len() {
            let key = self.canon.key(at);
            if self.spoken_for.contains(&at) || self.tokens.in_scope.contains_key(key.as_str()) {
                continue;
            }
            match self.tokens.elsewhere.get(key.as_str()).cloned() {
                None => self.linked.missing.push(at),
                Some(carriers) => self.carried_elsewhere(key, carriers),
            }
        }
    }

    /// A lead that exists with another owner is not created, and that is said: nobody would miss it else.
    /// One that only nobody's record carries is an F3 already.
    fn carried_elsewhere(&mut self, entity: EntityKey, carriers: Vec<RemoteId>) {
        let scope = self.mirror.scope.as_ref();
        let nobodys = |record: &Record| scope.is_some_and(|scope| scope.is_nobodys(record));
        let surveyed = |id: &RemoteId| self.seen.survey.iter().any(|r| r.id == *id && nobodys(r));
        if carriers.iter().all(surveyed) {
            return;
        }
        let key = self.key(&Trigger::Ambiguous, entity.as_str());
        if self.memory.decisions.get(&key).is_some_and(|decision| decision.choice == Choice::Exclude) {
            return;
        }
        let what = "has no record in scope, but one of another owner carries its token".to_owned();
        self.find(key, Some(entity), carriers, what);
    }

    fn pair(&mut self, canonical: usize, mirror: usize, how: How) {
        self.spoken_for.insert(canonical);
        if self.taken.insert(mirror) {
            self.paired.insert(canonical);
            self.linked.pairs.push(Pair { canonical, mirror, how, suspended: None });
        }
    }

    fn exclude(&mut self, at: usize, sort: &str, what: String) {
        if self.taken.insert(at) {
            let subject = self.remote(at).to_string();
            self.linked.excluded.push((at, Reason { sort: sort.to_owned(), subject, what }));
        }
    }

    fn ambiguous(&mut self, at: usize, keys: &[CompactString], why: &str) {
        let remote = self.remote(at);
        let key = self.key(&Trigger::Ambiguous, remote.as_str());
        let chosen = self.memory.decisions.get(&key).map(|decision| decision.choice.clone());
        self.exclude(at, "ambiguous", why.to_owned());
        if chosen != Some(Choice::Exclude) {
            self.find(
                key,
                keys.first().map(EntityKey::new),
                vec![remote],
                format!("{why}: {}", keys.join(", ")),
            );
        }
    }

    fn chosen(&self, key: &FindingKey) -> Option<usize> {
        let Choice::Choose(remote) = &self.memory.decisions.get(key)?.choice else { return None };
        self.seen.records.iter().position(|record| record.id == *remote)
    }

    fn remote(&self, at: usize) -> RemoteId {
        self.seen.records.get(at).map_or_else(|| RemoteId::new(""), |record| record.id.clone())
    }

    fn key(&self, trigger: &Trigger, subject: &str) -> FindingKey {
        let class =
            self.setup.class_for(trigger).map_or_else(|| ClassId::new("finding"), |class| class.id.clone());
        FindingKey { class, system: self.mirror.side.system.clone(), subject: subject.to_owned() }
    }

    fn find(&mut self, key: FindingKey, entity: Option<EntityKey>, remotes: Vec<RemoteId>, what: String) {
        self.linked.findings.push(Finding {
            key,
            kind: FindingKind::Finding,
            entity,
            remotes,
            what,
            values: Vec::new(),
            place: String::new(),
        });
    }
}
