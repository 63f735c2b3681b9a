//! One look at all systems, and the plan that follows from it.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    card::Card,
    link::{FieldBase, Link, LinkState},
    memory::{LinkKey, Memory, Note},
    merge::Flow,
    name::{EntityKey, RemoteId, SystemName},
    plan::{Act, Change, MirrorView, Origin, Reconciled, TruthView, draft},
    planted::{self, Defect},
    setup::{MirrorSide, Setup},
};
use trueup_ports::{Fence, Source, StoreError, Target};

use crate::{
    Engine, Stop,
    count::Counts,
    cycle::Sight,
    gather::{self, Gathered},
    lease::Watch,
};

impl Engine {
    pub(crate) async fn look(&self, memory: &Memory) -> Result<Sight, Stop> {
        self.look_since(memory, &self.requests()).await
    }

    /// Reads everything and plans, for nothing that will be written.
    pub(crate) async fn look_since(&self, memory: &Memory, before: &Counts) -> Result<Sight, Stop> {
        self.look_under(memory, before, None).await
    }

    /// Reads everything and plans. Rows that would become a change, and rows the listing leaves in
    /// doubt, are read directly first: a listing may lag behind.
    pub(crate) async fn look_under(
        &self,
        memory: &Memory,
        before: &Counts,
        fence: Option<&Fence>,
    ) -> Result<Sight, Stop> {
        let watch = self.watch(fence);
        let source = self.systems.canonical.source();
        let mut canonical = gather::canonical(watch, &self.setup, source, memory).await?;
        let mut mirrors = BTreeMap::new();
        for side in self.setup.mirrors() {
            let Some(target) = self.target(&side.side.system) else { continue };
            let gathered = gather::mirror(watch, side, target, memory).await?;
            mirrors.insert(side.side.system.clone(), gathered);
        }
        let mut asked = BTreeSet::new();
        loop {
            let reconciled = self.draft(memory, &canonical, &mirrors, before).await?;
            let news = News::of(&reconciled, &mut asked);
            let back: Vec<&Link> = mirrors.values().flat_map(|seen| seen.brought_back(memory)).collect();
            let drafted = (&reconciled, &news, &back[..]);
            let truth = self.confirm_truth(watch, memory, &mut canonical, drafted).await?;
            let all = truth.max(self.confirm(watch, memory, &mut mirrors, (&reconciled, &news)).await?);
            match all {
                Confirmed::Unread | Confirmed::Alike => {
                    let reconciled = self.gathered(reconciled, before);
                    let told = memory.touches.iter().map(|(key, touch)| (key.clone(), touch.told));
                    let (touches, focus) = (told.collect(), None);
                    return Ok(Sight { canonical, mirrors, reconciled, touches, focus });
                }
                Confirmed::Otherwise => {}
                Confirmed::Became => asked.clear(),
            }
        }
    }

    /// The plan of a draft, with all that was read to see what it rests on.
    pub(crate) fn gathered(&self, reconciled: Reconciled, before: &Counts) -> Reconciled {
        let requests = self.requests().since(before);
        let plan = reconciled.plan.gathered(|system| requests.of(system).read);
        Reconciled { plan, ..reconciled }
    }

    /// Reads directly what a plan would rest on.
    async fn confirm(
        &self,
        watch: Watch<'_>,
        memory: &Memory,
        mirrors: &mut BTreeMap<SystemName, Gathered>,
        (reconciled, news): (&Reconciled, &News),
    ) -> Result<Confirmed, Stop> {
        let mut all = Confirmed::Unread;
        for (system, gathered) in mirrors {
            let (Some(side), Some(target)) = (self.setup.mirror(system), self.target(system)) else {
                continue;
            };
            let changes = wanted(reconciled).filter(|change| change.system == *system);
            let mut ids = gathered.doubtful(memory);
            // What is made anew after an undo had put it away may be back, and the listing does not know it yet.
            let former = |change: &Change| {
                let key = LinkKey { system: system.clone(), entity: change.entity.clone() };
                memory.links.get(&key).map(|link| link.remote.clone())
            };
            ids.extend(changes.filter_map(|change| change.remote().cloned().or_else(|| former(change))));
            ids.extend(self.tellers(memory, reconciled).filter(|link| link.system == *system).map(to));
            let own = settling(&self.setup, memory, reconciled).filter(|link| link.system == *system);
            ids.extend(own.map(to));
            ids.extend(touched(memory, system));
            ids.retain(|id| !gathered.direct.contains(id));
            let origins =
                news.creates(reconciled).filter_map(origin).filter(|origin| origin.system == *system);
            ids.extend(origins.filter(|_| target.card().merges).map(|origin| origin.remote.clone()));
            let forebears = news.forebears_in(target.card(), memory, reconciled);
            let asked = (&ids, &forebears);
            all = all.max(self.confirm_one(watch, side, target, (gathered, memory), asked).await?);
        }
        Ok(all)
    }

    /// Links to the copies by which a plan would change the source of truth: what they are listed with may be from before
    /// what was taken from them last.
    fn tellers<'a>(
        &'a self,
        memory: &'a Memory,
        reconciled: &'a Reconciled,
    ) -> impl Iterator<Item = &'a Link> {
        let truth = &self.setup.canonical().system;
        let told = wanted(reconciled).filter(move |change| change.system == *truth);
        let told: BTreeSet<&EntityKey> = told.map(|change| &change.entity).collect();
        memory
            .links
            .values()
            .filter(move |link| told.contains(&link.entity) && link.state != LinkState::Tombstone)
    }

    /// Reads records of a mirror directly, and after them those that may have become what is news among them.
    async fn confirm_one(
        &self,
        watch: Watch<'_>,
        side: &MirrorSide,
        target: &dyn Target,
        (gathered, memory): (&mut Gathered, &Memory),
        (ids, forebears): (&BTreeSet<RemoteId>, &BTreeSet<RemoteId>),
    ) -> Result<Confirmed, Stop> {
        let (mut otherwise, mut known) = (false, None);
        for asked in [ids, forebears] {
            let before = gathered.merged(memory);
            otherwise |= gathered.read_directly(watch, side, target, asked).await?;
            known.get_or_insert_with(|| gathered.snapshot.aliases.clone());
            otherwise |= self.read_merged(watch, side, target, (gathered, before), memory).await?;
        }
        let became = known.map_or(Confirmed::Unread, |known| Confirmed::became(&known, gathered));
        Ok(Confirmed::of(ids.len() + forebears.len(), otherwise).max(became))
    }

    /// Where people made one record of several, whose it is can only be told beside all that are linked: the listing
    /// may be from before the merge, and would tell one entity's values for another's.
    async fn read_merged(
        &self,
        watch: Watch<'_>,
        side: &MirrorSide,
        target: &dyn Target,
        (gathered, mut before): (&mut Gathered, BTreeSet<RemoteId>),
        memory: &Memory,
    ) -> Result<bool, Stop> {
        let mut otherwise = false;
        loop {
            let merged = gathered.merged(memory);
            if merged == before {
                return Ok(otherwise);
            }
            // Also what was put away: people may have brought it back before they merged it.
            let links = memory.links.values().filter(|link| link.system == side.side.system);
            let ids = links.map(|link| link.remote.clone()).collect();
            otherwise |= gathered.read_directly(watch, side, target, &ids).await?;
            before = merged;
        }
    }

    /// Reads directly the records of the source of truth a plan would rest on, where it has ids to read by: those
    /// it would change a mirror after, and those that mirrors are linked to and its listing lacks.
    async fn confirm_truth(
        &self,
        watch: Watch<'_>,
        memory: &Memory,
        canonical: &mut Gathered,
        (reconciled, news, back): (&Reconciled, &News, &[&Link]),
    ) -> Result<Confirmed, Stop> {
        let truth = self.setup.written_canonical().zip(self.systems.canonical.target());
        let Some((side, target)) = truth else { return Ok(Confirmed::Unread) };
        let by_key = |entity: &EntityKey| RemoteId::new(entity.as_str());
        let known = |change: &&Change| origin(change).is_none();
        let mut ids = canonical.lacking(memory, back);
        // A defect believes the listing of what it puts away.
        let asked = |change: &&Change| {
            !planted::is(Defect::AbsenceIsDelete) || !matches!(change.act, Act::Archive { .. })
        };
        ids.extend(wanted(reconciled).filter(known).filter(asked).map(|change| by_key(&change.entity)));
        ids.extend(settling(&self.setup, memory, reconciled).map(|link| by_key(&link.entity)));
        ids.extend(touched(memory, &side.side.system));
        ids.retain(|id| !canonical.direct.contains(id));
        let creates = news.creates(reconciled).filter(known).filter(|_| target.card().merges);
        ids.extend(creates.map(|change| by_key(&change.entity)));
        let forebears = news.forebears(target.card(), memory, reconciled);
        let mut otherwise = canonical.read_directly(watch, side, target, &ids).await?;
        let known = canonical.snapshot.aliases.clone();
        otherwise |= canonical.read_directly(watch, side, target, &forebears).await?;
        Ok(Confirmed::of(ids.len() + forebears.len(), otherwise).max(Confirmed::became(&known, canonical)))
    }

    pub(crate) async fn draft(
        &self,
        memory: &Memory,
        canonical: &Gathered,
        mirrors: &BTreeMap<SystemName, Gathered>,
        before: &Counts,
    ) -> Result<Reconciled, StoreError> {
        let gathered = self.requests().since(before);
        let at = self.store.now().await?;
        let views: Vec<MirrorView<'_>> = mirrors
            .iter()
            .filter_map(|(system, seen)| {
                Some(MirrorView {
                    side: self.setup.mirror(system)?,
                    seen: &seen.snapshot,
                    card: self.target(system)?.card(),
                    tenant: &seen.inspection.tenant,
                    gathered: gathered.of(system).read,
                    at,
                })
            })
            .collect();
        let own = &self.setup.canonical().system;
        let card = self.setup.written_canonical().and(self.systems.canonical.target()).map(Source::card);
        let truth = TruthView {
            seen: &canonical.snapshot,
            card: card.map(|card| (card, gathered.of(own).read)),
            tenant: &canonical.inspection.tenant,
        };
        Ok(draft(&self.setup, memory, truth, &views))
    }
}

/// What direct reads came to for the plan that they were made for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Confirmed {
    /// Nothing was left to read: the plan stands.
    Unread,
    /// They said what was known already: the plan stands, and cost them.
    Alike,
    /// They said something else: the plan is void.
    Otherwise,
    /// People made one record of several meanwhile, and what is news was read before that: it is news once more, since
    /// it may be what these became, and have become another itself.
    Became,
}

impl Confirmed {
    const fn of(read: usize, otherwise: bool) -> Self {
        match (read, otherwise) {
            (0, _) => Self::Unread,
            (_, false) => Self::Alike,
            (_, true) => Self::Otherwise,
        }
    }

    fn became(known: &BTreeMap<RemoteId, RemoteId>, now: &Gathered) -> Self {
        if now.snapshot.aliases == *known { Self::Unread } else { Self::Became }
    }
}

/// What a plan would make that no earlier plan of this look would: systems in which other entities may have a copy of
/// it already, since people made it of theirs.
///
/// A listing never proves that a record still stands: it may show what was merged beside what became of it. Nor does
/// anything else of the new record, whose values may all be edited. What is known under its id after the new one was
/// read under its own did not become it: the new one is read first, also where it was read before it was news.
#[derive(Default)]
struct News {
    /// What would be made, and where.
    made: BTreeSet<(SystemName, EntityKey)>,
    /// Mirrors that a record of the source of truth would be made in.
    targets: BTreeSet<SystemName>,
    /// Mirrors after a record of which one would be made in the source of truth.
    origins: BTreeSet<SystemName>,
}

impl News {
    fn of(reconciled: &Reconciled, asked: &mut BTreeSet<(SystemName, EntityKey)>) -> Self {
        let mut news = Self::default();
        for change in creates(wanted(reconciled)) {
            let key = (change.system.clone(), change.entity.clone());
            if asked.insert(key.clone()) {
                news.made.insert(key);
                match origin(change) {
                    Some(origin) => news.origins.insert(origin.system.clone()),
                    None => news.targets.insert(change.system.clone()),
                };
            }
        }
        news
    }

    /// Records of the source of truth whose copies stand, stood, may come to stand, or would be made by the same plan
    /// where it would make more.
    fn forebears(&self, truth: &Card, memory: &Memory, reconciled: &Reconciled) -> BTreeSet<RemoteId> {
        let linked = memory.links.values().map(|link| (&link.system, &link.entity));
        let making = self.others(memory, reconciled).map(|change| (&change.system, &change.entity));
        let own = linked.chain(making).filter(|(system, _)| truth.merges && self.targets.contains(*system));
        own.map(|(_, entity)| RemoteId::new(entity.as_str())).collect()
    }

    /// Records of a mirror that the source of truth has already, may come to have, or would have by the same plan.
    fn forebears_in(&self, mirror: &Card, memory: &Memory, reconciled: &Reconciled) -> BTreeSet<RemoteId> {
        let has_news = mirror.merges && self.origins.contains(&mirror.system);
        let linked = memory.links.values().map(|link| (&link.system, &link.remote));
        let making = self.others(memory, reconciled).filter_map(origin);
        let making = making.map(|origin| (&origin.system, &origin.remote));
        let own = linked.chain(making).filter(|(system, _)| has_news && **system == mirror.system);
        own.map(|(_, remote)| remote.clone()).collect()
    }

    /// What would be made.
    fn creates<'a>(&self, reconciled: &'a Reconciled) -> impl Iterator<Item = &'a Change> {
        creates(wanted(reconciled)).filter(|change| self.holds(change))
    }

    fn holds(&self, change: &Change) -> bool {
        self.made.contains(&(change.system.clone(), change.entity.clone()))
    }

    /// Creates that are under way, and those of the plan that were news before: what they are made of was read before
    /// this news was seen.
    fn others<'a>(&self, memory: &'a Memory, reconciled: &'a Reconciled) -> impl Iterator<Item = &'a Change> {
        let open = memory.intents.values().map(|intent| &intent.change);
        creates(open.chain(wanted(reconciled))).filter(|change| !self.holds(change))
    }
}

fn creates<'a>(changes: impl Iterator<Item = &'a Change>) -> impl Iterator<Item = &'a Change> {
    changes.filter(|change| matches!(change.act, Act::Create { .. }))
}

/// The record of a mirror that a change makes one of the source of truth after.
const fn origin(change: &Change) -> Option<&Origin> {
    match &change.act {
        Act::Create { origin, .. } => origin.as_ref(),
        Act::Archive { .. } | Act::Update { .. } => None,
    }
}

/// Records of a system that somebody told of: this look ends what is remembered of that, and a listing may not know yet
/// what it was.
fn touched(memory: &Memory, system: &SystemName) -> impl Iterator<Item = RemoteId> {
    let own = memory.touches.keys().filter(move |key| key.system == *system);
    own.filter_map(|key| key.remote.clone())
}

fn to(link: &Link) -> RemoteId {
    link.remote.clone()
}

/// What a plan would do, be it held or not.
fn wanted(reconciled: &Reconciled) -> impl Iterator<Item = &Change> {
    let held = reconciled.plan.held.iter().map(|held| &held.change);
    reconciled.plan.changes.iter().chain(held)
}

/// Links of which a plan would settle something without a write: what a listing lags behind with must not pass for that.
fn settling<'a>(
    setup: &'a Setup,
    memory: &'a Memory,
    reconciled: &'a Reconciled,
) -> impl Iterator<Item = &'a Link> {
    accounted(setup, memory, reconciled).chain(let_go(memory, reconciled))
}

/// Links of which a plan would end a hold, since both sides agree on another value.
fn let_go<'a>(memory: &'a Memory, reconciled: &'a Reconciled) -> impl Iterator<Item = &'a Link> {
    reconciled.notes.iter().filter_map(|note| match note {
        Note::Release(key) => memory.links.get(&key.link),
        _ => None,
    })
}

/// Links of which a plan would move a base without a write: both sides say the same by now, as far as the listings know,
/// or they differ where values only flow in and the source of truth was changed.
fn accounted<'a>(
    setup: &'a Setup,
    memory: &'a Memory,
    reconciled: &'a Reconciled,
) -> impl Iterator<Item = &'a Link> {
    let links = reconciled.notes.iter().filter_map(|note| match note {
        Note::Link(link) => Some(&**link),
        _ => None,
    });
    let flows_in = move |link: &Link, base: &FieldBase| {
        let side = setup.mirror(&link.system).zip(setup.field_named(base.field.as_str()));
        side.and_then(|(mirror, id)| mirror.side.binding(id)).is_some_and(|b| b.flow == Flow::In)
    };
    let own = move |link: &&Link| {
        let known = memory.links.get(&link.key()).map_or(&[][..], |known| &known.bases);
        let new = link.bases.iter().filter(|base| !known.contains(base));
        let replaces =
            |base: &FieldBase| known.iter().any(|was| was.field == base.field && was.mapping == base.mapping);
        let apart = |base: &FieldBase| base.canonical.print != base.mirror.print && flows_in(link, base);
        new.into_iter().any(|base| replaces(base) || apart(base))
    };
    links.filter(own)
}
