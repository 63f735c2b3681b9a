//! A key that was changed by hand looks like one that is gone beside one that is new.

use super::{Matcher, finding};
use crate::{
    memory::LinkKey,
    name::{EntityKey, RemoteId},
    plan::Reason,
    record::Record,
    setup::Trigger,
};

impl<'a> Matcher<'a> {
    /// A key that is new, with the addresses of an entity that is gone: one finding for both keys. As long as
    /// some key cannot be read, nobody is known to be gone: the new key waits, and nothing is created for it.
    pub(super) fn changed_keys(&mut self) {
        let found: Vec<(EntityKey, RemoteId, usize)> = self
            .lost()
            .into_iter()
            .flat_map(|(entity, record)| {
                let heirs = self.candidates_of(record).into_iter();
                heirs.map(move |heir| (entity.clone(), record.id.clone(), heir))
            })
            .filter(|(_, _, heir)| !self.spoken_for.contains(heir))
            .collect();
        for (entity, remote, heir) in found {
            self.linked.gone.retain(|(gone, _)| *gone != entity);
            self.spoken_for.insert(heir);
            let now = self.canon.key(heir);
            if self.canon.has_keyless() {
                self.linked.waiting.push(waiting(&entity, &now));
                continue;
            }
            let key = self.key(&Trigger::KeyChanged, &format!("{entity}:{now}"));
            let what = format!("the key {entity} is gone and {now} has its addresses: was the key changed?");
            self.linked.findings.push(finding(key, Some(now), vec![remote], what));
        }
    }

    /// Entities without a canonical record, with their records: in the scope, or reassigned meanwhile.
    fn lost(&self) -> Vec<(EntityKey, &'a Record)> {
        let stray = |entity: &EntityKey| {
            let key = LinkKey { system: self.mirror.side.system.clone(), entity: entity.clone() };
            let now = self.seen.now(&self.memory.links.get(&key)?.remote);
            self.seen.strays.iter().find(|record| record.id == *now)
        };
        let record = |at: &usize| self.seen.records.get(*at);
        let linked = self.linked.gone.iter().chain(&self.doubted).filter_map(|(entity, at)| {
            Some((entity.clone(), at.as_ref().and_then(record).or_else(|| stray(entity))?))
        });
        let orphans = self.orphans.iter().filter_map(|(entity, at)| Some((entity.clone(), record(at)?)));
        linked.chain(orphans).collect()
    }
}

fn waiting(entity: &EntityKey, now: &EntityKey) -> Reason {
    let what =
        format!("not created: it has an address of {entity}, which may be a row whose key cannot be read");
    Reason { sort: "waiting".to_owned(), subject: now.to_string(), what }
}
