//! Finds for each record of a mirror the entity it belongs to, or says why it has none.

mod changed_keys;
mod ext_ids;
mod left_behind;
mod missing;
mod origins;
mod strangers;

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    Canon, How, Link, LinkState,
    index::addresses,
    whereabouts::{Tokens, Whereabouts, claimants, cuts, links_of},
};
use crate::{
    memory::{Choice, Memory},
    name::{ClassId, EntityKey, RemoteId},
    plan::{Finding, FindingKey, FindingKind, Reason, decided},
    planted::{self, Defect},
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
    /// A person said that its addresses are the entity's: they are neither replaced nor added to.
    pub accepted: bool,
}

/// Who is who in one mirror. Every record of the scope is in a pair, an original or excluded, and every canonical
/// record is in a pair, missing, told in a finding, or linked to a record that is not in the scope.
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
    /// Linked entities whose record nobody looked at.
    pub unseen: Vec<(EntityKey, RemoteId)>,
    /// Records of the scope that people made, and that the source of truth is to have as well.
    pub originals: Vec<usize>,
    /// Records of the scope that belong to no pair, and why.
    pub excluded: Vec<(usize, Reason)>,
    /// Canonical records that are not created as long as another's key cannot be read, and why.
    pub waiting: Vec<Reason>,
    /// Excluded records that the next look may find to be somebody's.
    pub again: BTreeSet<RemoteId>,
    /// What is for a person.
    pub findings: Vec<Finding>,
}

/// Links one mirror. Pure: the same inputs in any order give the same answer.
#[must_use]
pub fn link(
    setup: &Setup,
    mirror: &MirrorSide,
    canon: &Canon<'_>,
    (seen, tenant): (&Snapshot, &str),
    memory: &Memory,
) -> Linked {
    let tokens = Tokens::read(setup, mirror, seen);
    let cuts = cuts(setup, mirror, memory);
    let mut matcher = Matcher {
        setup,
        mirror,
        canon,
        seen,
        tenant,
        memory,
        tokens,
        claimants: claimants(mirror, canon, seen, memory, &cuts),
        cuts,
        taken: BTreeSet::new(),
        paired: BTreeSet::new(),
        spoken_for: BTreeSet::new(),
        barred: BTreeSet::new(),
        rivals: BTreeMap::new(),
        nobodys: BTreeSet::new(),
        orphans: Vec::new(),
        doubted: Vec::new(),
        linked: Linked::default(),
    };
    matcher.shared_tokens();
    matcher.known_links();
    matcher.open_creates();
    matcher.by_token();
    matcher.by_ext_id();
    matcher.by_origin();
    matcher.by_address();
    matcher.unclaimed();
    matcher.strangers();
    matcher.changed_keys();
    matcher.missing();
    matcher.untold();
    matcher.linked
}

struct Matcher<'a> {
    setup: &'a Setup,
    mirror: &'a MirrorSide,
    canon: &'a Canon<'a>,
    seen: &'a Snapshot,
    tenant: &'a str,
    memory: &'a Memory,
    tokens: Tokens,
    /// Which living entities have a link row to which mirror position.
    claimants: BTreeMap<usize, Vec<EntityKey>>,
    /// Records that people said are not an entity's.
    cuts: BTreeSet<(EntityKey, RemoteId)>,
    /// Mirror positions that are in a pair or excluded.
    taken: BTreeSet<usize>,
    /// Canonical positions that are in a pair.
    paired: BTreeSet<usize>,
    /// Canonical positions that are neither claimed nor created: linked, or somebody may be them.
    spoken_for: BTreeSet<usize>,
    /// Canonical positions that another record may claim, but that are not created: their link was cut.
    barred: BTreeSet<usize>,
    /// Which mirror positions might be which canonical ones, and are left alone for it.
    rivals: BTreeMap<usize, BTreeSet<usize>>,
    /// Canonical positions whose token only nobody's record carries: told by its F3.
    nobodys: BTreeSet<usize>,
    /// Records whose token is no key of the canonical side.
    orphans: Vec<(EntityKey, usize)>,
    /// Linked entities that may be a canonical record whose key cannot be read, with their records.
    doubted: Vec<(EntityKey, Option<usize>)>,
    linked: Linked,
}

impl<'a> Matcher<'a> {
    /// F2: two or more records in scope with one token, counted per token.
    fn shared_tokens(&mut self) {
        let own = |(token, at): (&CompactString, &Vec<usize>)| {
            let entity = EntityKey::new(token);
            let own: Vec<usize> = at.iter().copied().filter(|at| !self.is_cut(&entity, *at)).collect();
            (own.len() > 1).then(|| (token.clone(), own))
        };
        let several = self.tokens.in_scope.iter().filter(|(_, at)| at.len() > 1);
        let shared: Vec<(CompactString, Vec<usize>)> = several.filter_map(own).collect();
        for (token, records) in shared {
            self.shared_token(&token, &records);
        }
    }

    fn shared_token(&mut self, token: &str, records: &[usize]) {
        let position = self.canon.position(token);
        self.spoken_for.extend(position);
        let finding = self.shared(token, records, position);
        let choice = self.decided(&finding).cloned();
        let chosen = choice.as_ref().and_then(|choice| self.chosen(choice, records, token));
        if let (Some(chosen), Some(canonical)) = (chosen, position) {
            return self.settle_choice(token, records, canonical, chosen);
        }
        if choice == Some(Choice::Exclude) {
            for &at in records {
                self.exclude(at, "not_chosen", format!("a person said that it is not {token}'s"));
            }
            return;
        }
        for &at in records {
            self.exclude(at, finding.key.class.as_str(), format!("shares the token {token}"));
        }
        self.linked.findings.push(finding);
    }

    fn settle_choice(&mut self, token: &str, records: &[usize], canonical: usize, chosen: usize) {
        self.pair(canonical, chosen, How::Decided);
        for &other in records.iter().filter(|&&at| at != chosen) {
            self.exclude(other, "not_chosen", format!("a person chose another record for {token}"));
        }
    }

    fn shared(&self, token: &str, records: &[usize], position: Option<usize>) -> Finding {
        let mut remotes: Vec<RemoteId> = records.iter().map(|&at| self.remote(at)).collect();
        remotes.sort();
        let what = format!("{} records in scope carry the token {token}", records.len());
        let entity = position.map(|at| self.canon.key(at));
        finding(self.key(&Trigger::SharedToken, token), entity, remotes, what)
    }

    fn chosen(&self, choice: &Choice, records: &[usize], token: &str) -> Option<usize> {
        let Choice::Choose(remote) = choice else { return None };
        records.iter().copied().find(|&at| self.remote(at) == *remote && self.may_be_chosen(at, token))
    }

    // One id links to one entity (I-28): a record that is another entity's is not up for choice, even if that one is gone.
    fn may_be_chosen(&self, at: usize, token: &str) -> bool {
        let own = self.claimants.get(&at).is_none_or(|keys| keys.iter().all(|key| key.as_str() == token));
        own && !self.is_named(at, Some(token))
    }

    /// Link rows decide first: they alone say what exists.
    fn known_links(&mut self) {
        let whereabouts = Whereabouts::new(self.seen);
        let mut cut = Vec::new();
        let canon = self.canon;
        let looked = |link: &&Link| canon.is_looked_at(&link.entity);
        for link in links_of(self.mirror, self.memory).filter(looked) {
            let at = whereabouts.of(&link.remote);
            let canonical = self.canon.position(link.entity.as_str());
            match (canonical, at) {
                (canonical, None) if self.is_buried(link, canonical) => self.tombstone(link, canonical),
                (Some(canonical), Some(at)) if self.is_cut(&link.entity, at) => cut.push((canonical, at)),
                (Some(canonical), Some(at)) => self.known_pair(canonical, at, link.how),
                (None, at) => self.gone(&link.entity, at),
                (Some(canonical), None) => {
                    self.spoken_for.insert(canonical);
                    self.not_in_scope(&link.entity, &link.remote);
                }
            }
        }
        self.left_behind();
        // Last, since another entity's link to the same record stands.
        for (canonical, at) in cut {
            self.cut(canonical, at);
        }
    }

    /// A link that a person cut: its row goes on forbidding a create, and nothing else.
    fn cut(&mut self, canonical: usize, at: usize) {
        self.barred.insert(canonical);
        let key = self.canon.key(canonical);
        self.exclude(at, "not_chosen", format!("a person said that it is not {key}'s"));
    }

    fn is_cut(&self, entity: &EntityKey, at: usize) -> bool {
        !self.cuts.is_empty() && self.cuts.contains(&(entity.clone(), self.remote(at)))
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

    /// Whether the record is still gone: one that people brought back outside the scope is no tombstone any more.
    fn is_buried(&self, link: &Link, canonical: Option<usize>) -> bool {
        let now = self.seen.now(&link.remote);
        let back = canonical.is_some() && self.seen.strays.iter().any(|record| record.id == *now);
        link.state == LinkState::Tombstone && !back
    }

    fn gone(&mut self, entity: &EntityKey, at: Option<usize>) {
        if let Some(now) = self.canon.became(entity) {
            return self.absorbed(entity, at, &now);
        }
        let troubled = self.canon.is_in_doubt(entity);
        let several = |at: &usize| self.claimants.get(at).is_some_and(|keys| keys.len() > 1);
        if let Some(at) = at.filter(|at| troubled && several(at)) {
            return self.became_one(at);
        }
        if !troubled {
            // A record that another entity is linked to as well, after a merge, stays that entity's.
            let own = at.filter(|at| !self.claimants.contains_key(at));
            return self.linked.gone.push((entity.clone(), own));
        }
        if self.canon.has_keyless() {
            self.doubted.push((entity.clone(), at));
        }
        if let Some(at) = at {
            self.exclude(at, "troubled", "its canonical record is in doubt".to_owned());
        }
    }

    fn not_in_scope(&mut self, entity: &EntityKey, remote: &RemoteId) {
        let (now, own) = (self.seen.now(remote), (entity.clone(), remote.clone()));
        if self.seen.strays.iter().any(|record| record.id == *now) {
            self.linked.out_of_scope.push(own);
        } else if self.seen.missing.contains(now) || planted::is(Defect::AbsenceIsDelete) {
            // Only the system's own word is proof; a record it did not mention was not looked at.
            self.linked.not_found.push(own);
        } else {
            self.linked.unseen.push(own);
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
                    let theirs = several.iter().filter(|token| !self.is_cut(&EntityKey::new(token), at));
                    let positions: Vec<usize> = theirs.filter_map(|t| self.canon.position(t)).collect();
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
            Some(canonical) if self.is_cut(&EntityKey::new(token), at) => self.cut(canonical, at),
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
                [] if self.is_original(at) => self.original(at),
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
        let mut found =
            self.seen.records.get(at).map(|record| self.candidates_of(record)).unwrap_or_default();
        found.retain(|&canonical| !self.is_cut(&self.canon.key(canonical), at));
        found
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
            self.linked.findings.push(finding(key, None, vec![record.id.clone()], what));
        }
    }

    fn pair(&mut self, canonical: usize, mirror: usize, how: How) {
        self.spoken_for.insert(canonical);
        if self.taken.insert(mirror) {
            self.paired.insert(canonical);
            self.linked.pairs.push(Pair { canonical, mirror, how, suspended: None, accepted: false });
        }
    }

    fn exclude(&mut self, at: usize, sort: &str, what: String) {
        if self.taken.insert(at) {
            let subject = self.remote(at).to_string();
            self.linked.excluded.push((at, Reason { sort: sort.to_owned(), subject, what }));
        }
    }

    /// Excludes a record for as long as something else is under way.
    fn put_off(&mut self, at: usize, sort: &str, what: String) {
        self.linked.again.insert(self.remote(at));
        self.exclude(at, sort, what);
    }

    fn ambiguous(&mut self, at: usize, keys: &[CompactString], why: &str) {
        let remote = self.remote(at);
        let key = self.key(&Trigger::Ambiguous, remote.as_str());
        // In an order that no row decides.
        let mut keys = keys.to_vec();
        keys.sort();
        let entity = keys.first().map(EntityKey::new);
        let finding = finding(key, entity, vec![remote], format!("{why}: {}", keys.join(", ")));
        for canonical in keys.iter().filter_map(|key| self.canon.position(key)) {
            self.rivals.entry(canonical).or_default().insert(at);
        }
        self.exclude(at, "ambiguous", why.to_owned());
        if self.decided(&finding) != Some(&Choice::Exclude) {
            self.linked.findings.push(finding);
        }
    }

    fn decided(&self, finding: &Finding) -> Option<&'a Choice> {
        decided(self.setup, self.memory, finding)
    }

    fn remote(&self, at: usize) -> RemoteId {
        self.seen.records.get(at).map_or_else(|| RemoteId::new(""), |record| record.id.clone())
    }

    fn key(&self, trigger: &Trigger, subject: &str) -> FindingKey {
        let class =
            self.setup.class_for(trigger).map_or_else(|| ClassId::new("finding"), |class| class.id.clone());
        FindingKey { class, system: self.mirror.side.system.clone(), subject: subject.to_owned() }
    }
}

fn finding(key: FindingKey, entity: Option<EntityKey>, remotes: Vec<RemoteId>, what: String) -> Finding {
    Finding {
        key,
        kind: FindingKind::Finding,
        entity,
        remotes,
        what,
        values: Vec::new(),
        place: String::new(),
    }
}
