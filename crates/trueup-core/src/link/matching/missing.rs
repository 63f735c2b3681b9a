//! Entities without a record: to be created, or told to a person. None is left out in silence.

use std::collections::{BTreeMap, BTreeSet};

use super::{Link, Matcher, finding, links_of};
use crate::{
    journal::Intent,
    memory::LinkKey,
    name::{EntityKey, RemoteId},
    plan::{Reason, about},
    planted::{self, Defect},
    record::Record,
    setup::Trigger,
};

impl<'a> Matcher<'a> {
    /// No link row, no token seen anywhere, nobody who might be it: only then is it missing.
    pub(super) fn missing(&mut self) {
        let linked = links_of(self.mirror, self.memory).map(|link| &link.entity);
        let silent = linked.chain(self.under_way()).find(|entity| self.canon.is_silent(entity));
        let landing = self.landing();
        for at in 0..self.canon.records().len() {
            let key = self.canon.key(at);
            let linked = self.spoken_for.contains(&at) || self.barred.contains(&at);
            if linked || self.tokens.in_scope.contains_key(key.as_str()) {
                continue;
            }
            let why = match (landing.get(&at), silent) {
                (Some(was), _) => Some(format!("the create of {was}, which became it, may still land")),
                (None, Some(was)) => Some(format!("no answer mentions {was}, which may have become it")),
                (None, None) => None,
            };
            match (self.tokens.elsewhere.get(key.as_str()).cloned(), why) {
                (Some(carriers), _) => self.carried_elsewhere(at, key, carriers),
                (None, Some(why)) => self.linked.waiting.push(waits(&key, &why)),
                (None, None) => self.linked.missing.push(at),
            }
        }
    }

    /// Entities of which a record is being made here, so that nobody knows yet whether it stands.
    fn under_way(&self) -> impl Iterator<Item = &'a EntityKey> + use<'a> {
        let mirror = self.mirror;
        let own = move |intent: &&Intent| intent.is_create() && *intent.system() == mirror.side.system;
        self.memory.intents.values().filter(own).map(Intent::entity)
    }

    /// Canonical positions of what such entities became meanwhile, with what they were.
    fn landing(&self) -> BTreeMap<usize, &'a EntityKey> {
        let now = |was: &EntityKey| self.canon.position(self.canon.became(was)?.as_str());
        self.under_way().filter_map(|was| Some((now(was)?, was))).collect()
    }

    /// A tombstone forbids a create for ever, also of what its entity became, before a person says so. One that an
    /// undo left is ruled by its hold.
    pub(super) fn tombstone(&mut self, link: &Link, canonical: Option<usize>) {
        if self.memory.is_create_held(&link.key()) || planted::is(Defect::TombstoneForgotten) {
            return;
        }
        self.spoken_for.extend(canonical);
        match (canonical, self.canon.became(&link.entity)) {
            (Some(_), _) => self.linked.not_found.push((link.entity.clone(), link.remote.clone())),
            (None, Some(now)) => self.absorbed(&link.entity, None, &now),
            (None, None) => {}
        }
    }

    /// A lead that exists with another owner is not created, and that is said: nobody would miss it else.
    /// One that only nobody's record carries is an F3 already.
    fn carried_elsewhere(&mut self, at: usize, entity: EntityKey, carriers: Vec<RemoteId>) {
        let scope = self.mirror.scope.as_ref();
        let nobodys = |record: &Record| scope.is_some_and(|scope| scope.is_nobodys(record));
        let surveyed = |id: &RemoteId| self.seen.survey.iter().any(|r| r.id == *id && nobodys(r));
        if carriers.iter().all(surveyed) {
            self.nobodys.insert(at);
            return;
        }
        let key = self.key(&Trigger::Ambiguous, &about(&entity));
        let what = "has no record in scope, but one of another owner carries its token".to_owned();
        self.linked.findings.push(finding(key, Some(entity), carriers, what));
    }

    /// Whoever is in no pair, not missing and in no finding by now would never be heard of again.
    pub(super) fn untold(&mut self) {
        let heard = self.heard();
        for at in (0..self.canon.records().len()).filter(|at| !heard.contains(at)) {
            let entity = self.canon.key(at);
            let key = self.key(&Trigger::Ambiguous, &about(&entity));
            let what = "has no record of its own: those that could be it are not, or wait for a person";
            let remotes = self.candidates_for(at);
            self.linked.findings.push(finding(key, Some(entity), remotes, what.to_owned()));
        }
    }

    /// Canonical positions with an outcome.
    fn heard(&self) -> BTreeSet<usize> {
        let linked = &self.linked;
        let mut heard: BTreeSet<usize> = self.paired.iter().chain(&linked.missing).copied().collect();
        heard.extend(&self.nobodys);
        let elsewhere = [&linked.out_of_scope, &linked.not_found, &linked.unseen].into_iter().flatten();
        let told = linked.findings.iter().filter_map(|finding| finding.entity.as_ref());
        let keys = elsewhere.map(|(entity, _)| entity).chain(told);
        heard.extend(keys.filter_map(|key| self.canon.position(key.as_str())));
        heard.extend(linked.waiting.iter().filter_map(|reason| self.canon.position(&reason.subject)));
        heard
    }

    /// The records that an entity is linked to, that carry its token, or that might be it.
    fn candidates_for(&self, at: usize) -> Vec<RemoteId> {
        let entity = self.canon.key(at);
        let key = LinkKey { system: self.mirror.side.system.clone(), entity: entity.clone() };
        let linked = self.memory.links.get(&key).map(|link| self.seen.now(&link.remote).clone());
        let carriers = self.tokens.in_scope.get(entity.as_str()).into_iter().flatten();
        let rivals = self.rivals.get(&at).into_iter().flatten();
        let mut found: BTreeSet<RemoteId> = carriers.chain(rivals).map(|&at| self.remote(at)).collect();
        found.extend(linked);
        found.into_iter().collect()
    }
}

/// A key that is not created before more is heard of another one, which it may have been.
fn waits(key: &EntityKey, why: &str) -> Reason {
    let what = format!("not created: {why}");
    Reason { sort: "waiting".to_owned(), subject: key.to_string(), what }
}
