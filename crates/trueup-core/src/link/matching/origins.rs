//! Records that people made in a mirror: news for the source of truth, or what a record of it was made after.

use super::{How, Matcher, Whereabouts, finding, links_of};
use crate::{
    name::{EntityKey, RemoteId},
    plan::{Act, Origin, about},
    setup::Trigger,
};

impl<'a> Matcher<'a> {
    /// A record of the source of truth that was made after one of a mirror is that one's, whatever became of the
    /// answer. Where that one is somebody else's by now, it is made nowhere: it would be a twin.
    pub(super) fn by_origin(&mut self) {
        let whereabouts = Whereabouts::new(self.seen);
        for (canonical, origin) in self.canon.origins() {
            let own = origin.system == self.mirror.side.system;
            let at =
                own.then(|| whereabouts.of(&origin.remote)).flatten().filter(|at| !self.taken.contains(at));
            let key = self.canon.key(canonical);
            match (self.spoken_for.contains(&canonical), at) {
                (true, Some(at)) => {
                    let what = "is what an entity was made after that is linked to another record";
                    self.ambiguous(at, &[key.as_str().into()], what);
                }
                (true, None) => {}
                (false, Some(at)) if self.is_cut(&key, at) => self.cut(canonical, at),
                (false, Some(at)) => self.pair(canonical, at, How::Origin),
                (false, None) => self.without_origin(canonical, &key, origin, own),
            }
        }
    }

    /// What was made after a record that is another entity's, or that should stand here and is not seen.
    fn without_origin(&mut self, canonical: usize, key: &EntityKey, origin: &Origin, own: bool) {
        let mut links = self.memory.links.values().filter(|link| link.system == origin.system);
        let other = links.find(|link| {
            let same = link.entity == *key || self.canon.became(&link.entity).as_ref() == Some(key);
            link.is_to(&origin.remote) && !same
        });
        let what = match other {
            Some(link) => {
                format!("was made after {}, which is the record of {}", origin.entity(), link.entity)
            }
            None if own && !self.is_linked(key) => {
                format!("was made after {}, which is not seen", origin.entity())
            }
            None => return,
        };
        self.barred.insert(canonical);
        let what = format!("{what}: it is not made here");
        let subject = self.key(&Trigger::Ambiguous, &about(key));
        self.linked.findings.push(finding(subject, Some(key.clone()), vec![], what));
    }

    fn is_linked(&self, key: &EntityKey) -> bool {
        links_of(self.mirror, self.memory).any(|link| link.entity == *key)
    }

    /// Whether a record is news for the source of truth: nobody's before, nor said to be nobody's.
    pub(super) fn is_original(&self, at: usize) -> bool {
        let remote = self.remote(at);
        let linked = || links_of(self.mirror, self.memory).any(|link| link.is_to(&remote));
        let cut = || self.cuts.iter().any(|(_, cut)| *cut == remote);
        self.mirror.feeds && !cut() && !linked()
    }

    /// News, unless a record of ours was not heard of, which may have become it, or it is what one became that is
    /// being followed: then another may land in the source of truth beside it.
    pub(super) fn original(&mut self, at: usize) {
        let linked = links_of(self.mirror, self.memory).map(|link| &link.remote);
        let silent = linked.chain(self.followed()).find(|remote| self.seen.silent.contains(remote));
        let remote = self.remote(at);
        let was = self.followed().find(|was| **was != remote && *self.seen.now(was) == remote);
        let why = match (was, silent) {
            (Some(was), _) => format!("the create after {was}, which became it, may still land"),
            (None, Some(silent)) => format!("no answer mentions {silent}, which may have become it"),
            (None, None) => {
                if self.taken.insert(at) {
                    self.linked.originals.push(at);
                }
                return;
            }
        };
        self.put_off(at, "waiting", why);
    }

    /// Records of this mirror after which one is being made in the source of truth.
    fn followed(&self) -> impl Iterator<Item = &'a RemoteId> {
        let origins = self.memory.intents.values().filter_map(|intent| match &intent.change.act {
            Act::Create { origin, .. } => origin.as_ref(),
            Act::Archive { .. } | Act::Update { .. } => None,
        });
        origins.filter(|origin| origin.system == self.mirror.side.system).map(|origin| &origin.remote)
    }
}
