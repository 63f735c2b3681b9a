//! What passed on the way to the store, kept beside it: what memory must not have forgotten.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    journal::Intent,
    link::{Link, LinkState},
    memory::{FieldKey, LinkKey, Note},
    merge::Claim,
    name::{EntityKey, IntentId, RemoteId, RunId, SystemName},
    plan::{Act, Change, Plan},
    undo::{UNDO, restores},
    value::Print,
};
use trueup_ports::Fence;

use crate::marks::Witness;

use crate::audit::{Published, Sequence};

/// What passed on the way to the store, of all instances together.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    opened: Arc<Mutex<Opened>>,
    published: Arc<Mutex<Published>>,
}

/// What was opened, and what was closed of it.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// How many commits were done.
    pub commits: u64,
    /// Intents, and whether they were settled.
    pub intents: BTreeMap<IntentId, bool>,
    /// Archives that were about to be sent, in their order.
    pub archives: Vec<ArchiveSeen>,
    /// Fields that were about to be put back, as a person asked for.
    pub restores: Vec<RestoreSeen>,
    /// What a person let go of that an undo held, and when.
    pub let_go: Vec<(Timestamp, FieldKey)>,
    /// What a person had tried again that a system had refused, or that may be another's.
    pub retried: Vec<(Timestamp, FieldKey)>,
    /// What both sides of a field were accounted for at, one after another.
    pub accounted: BTreeMap<FieldKey, Vec<Accounted>>,
    /// Fields that ever had a conflict.
    pub conflicts: BTreeSet<FieldKey>,
    /// Plans that runs were about to carry out.
    pub plans: BTreeMap<RunId, PlanSeen>,
    /// When a plan was shown first that no run was about to carry out, by its id.
    pub shown: BTreeMap<String, Timestamp>,
    /// Every start of an instance, and of who runs errands.
    pub starts: Vec<Start>,
    /// When a host's clock jumped.
    pub jumps: Vec<Timestamp>,
    /// Plans that a person read before they had them applied.
    pub read: BTreeSet<String>,
    /// Halts that somebody let pass.
    pub approved: BTreeSet<Passed>,
    /// Events that are durable.
    pub events: BTreeSet<String>,
    /// Events of which whoever told them heard that they are durable.
    pub acknowledged: BTreeSet<String>,
    /// From when to when nothing that is read can be believed.
    pub trouble: Option<(Timestamp, Timestamp)>,
    /// Cursors that went back: the system, from when, to when.
    pub backward: Vec<(SystemName, Timestamp, Timestamp)>,
    /// Intents to change a record that passed since somebody asked: about to be looked at, or about to be sent.
    writing: Vec<Intent>,
    /// How many records the source of truth had when a run was let through that counted them, if one was.
    counted: Option<usize>,
    /// Which situations occurred.
    pub witness: Witness,
    cursors: BTreeMap<SystemName, Timestamp>,
    links: BTreeMap<LinkKey, Linked>,
}

/// What a link said over time.
#[derive(Clone, Debug, Default)]
struct Linked {
    /// Whether its record is there, as far as is known.
    lives: bool,
    /// Every record it ever named, and when first.
    named: Vec<(RemoteId, Timestamp)>,
}

/// What both sides of a field were accounted for at from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accounted {
    /// When.
    pub at: Timestamp,
    /// What the source of truth said.
    pub canonical: Print,
    /// What the mirror said.
    pub mirror: Print,
}

/// A halt that somebody let pass, up to a ceiling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    /// The plan.
    pub plan: String,
    /// The system.
    pub system: SystemName,
    /// The name of the rule that halted it.
    pub halt: String,
    /// What of the system it is about, such as a field.
    pub about: Option<String>,
    /// The most that is let pass.
    pub max: usize,
}

/// A process was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// When.
    pub at: Timestamp,
    /// Its place: an instance's, or behind all of them that of who runs errands.
    pub place: usize,
}

/// An archive that was about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveSeen {
    /// When.
    pub at: Timestamp,
    /// The system.
    pub system: SystemName,
    /// The record.
    pub remote: RemoteId,
    /// Whether it takes back the create of the record, as a person asked for.
    pub undoes: bool,
}

/// A field that was about to be put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreSeen {
    /// When.
    pub at: Timestamp,
    /// The system.
    pub system: SystemName,
    /// The entity.
    pub entity: EntityKey,
    /// The record it was then, if it was one.
    pub remote: Option<RemoteId>,
    /// The column.
    pub column: String,
    /// What it was to hold again.
    pub value: Option<String>,
}

/// A plan as a run kept it right before its first write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanSeen {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// How many changes of each verb for each system.
    pub changes: BTreeMap<(SystemName, &'static str), usize>,
    /// How many records of a field would go empty, by system.
    pub emptied: BTreeMap<(SystemName, String), usize>,
    /// How many records of a field would say the same, by system, at most.
    pub alike: BTreeMap<(SystemName, String), usize>,
    /// How many records are in conflict, by system.
    pub disputed: BTreeMap<SystemName, usize>,
    /// What shares of a system are measured against.
    pub base: BTreeMap<SystemName, usize>,
}

impl Ledger {
    /// An empty one, whose commits take their places in an order of things.
    #[must_use]
    pub fn new(sequence: Sequence) -> Self {
        Self { published: Arc::new(Mutex::new(Published::new(sequence))), ..Self::default() }
    }

    /// The journal as it is published.
    pub fn published(&self) -> MutexGuard<'_, Published> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is by now.
    pub fn opened(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters an event that its teller will not bring again.
    pub fn acknowledged(&self, event: String) {
        self.opened().acknowledged.insert(event);
    }

    /// Enters that from one instant to another nothing that is read can be believed.
    pub fn in_trouble(&self, from: Timestamp, to: Timestamp) {
        self.opened().trouble = Some((from, to));
    }

    /// Enters that a process was started.
    pub fn started(&self, start: Start) {
        self.opened().starts.push(start);
    }

    /// Enters that a host's clock jumped.
    pub fn jumped(&self, at: Timestamp) {
        self.opened().jumps.push(at);
    }

    /// Enters that a person read a plan, and has just that applied.
    pub fn read(&self, plan: &Plan) {
        self.opened().read.insert(plan.id.clone());
    }

    /// Whether a run was let through that counted the records of the source of truth.
    #[must_use]
    pub fn has_counted(&self) -> bool {
        self.opened().counted.is_some()
    }

    /// Intents that passed since this was asked last.
    #[must_use]
    pub fn writing(&self) -> Vec<Intent> {
        std::mem::take(&mut self.opened().writing)
    }

    /// Tells the witness something.
    pub fn witness(&self, tell: impl FnOnce(&mut Witness)) {
        tell(&mut self.opened().witness);
    }

    /// How many situations occurred so far.
    #[must_use]
    pub fn situations(&self) -> usize {
        self.opened().witness.marks().len()
    }

    /// Enters a commit that was done, under a fence or without one.
    pub fn enter(&self, at: Timestamp, fence: Option<&Fence>, notes: &[Note]) {
        let mut opened = self.opened();
        opened.commits += 1;
        opened.witness.committed(fence, notes);
        let run = notes.iter().find_map(|note| match note {
            Note::Findings(run, _) => Some(run.clone()),
            _ => None,
        });
        self.published().enter(at, run.as_ref(), notes);
        for note in notes {
            opened.enter(at, run.as_ref(), note);
        }
    }
}

impl Opened {
    /// When that was read at the latest by which something was written that left at an instant: when its run began, at
    /// most so long before, or when the plan that it carried out was shown.
    #[must_use]
    pub fn read_by(&self, sent: Timestamp, run: SignedDuration) -> Timestamp {
        let kept = self.plans.values().filter(|plan| plan.at <= sent && plan.at >= sent - run);
        let shown = kept.filter_map(|plan| self.shown.get(&plan.id)).min();
        sent.min(shown.copied().unwrap_or(sent)) - run
    }

    /// Whether a record that was put away by an instant was so for the sake of an undo. The next archive of a record is
    /// intended only after the one before cannot land any more.
    #[must_use]
    pub fn undoes(&self, system: &str, remote: &str, by: Timestamp) -> bool {
        let own = |one: &&ArchiveSeen| one.system.as_str() == system && one.remote.as_str() == remote;
        self.archives.iter().filter(own).rfind(|one| one.at <= by).is_some_and(|one| one.undoes)
    }

    fn enter(&mut self, at: Timestamp, run: Option<&RunId>, note: &Note) {
        match note {
            Note::Intend(intent) => {
                self.archives.extend(archive(at, intent));
                self.restores.extend(restored(at, intent));
                self.intents.insert(intent.id.clone(), false);
                self.writing.push((**intent).clone());
            }
            Note::Sent(intent) => self.writing.push((**intent).clone()),
            Note::Settle(id) => drop(self.intents.insert(id.clone(), true)),
            Note::Conflict(key, _) => drop(self.conflicts.insert(key.clone())),
            Note::Approve(approval) => drop(self.approved.insert(Passed {
                plan: approval.plan.clone(),
                system: approval.system.clone(),
                halt: approval.halt.clone(),
                about: approval.about.clone(),
                max: approval.max,
            })),
            Note::Link(link) | Note::Observed(link) => self.link(at, link),
            // Only a person's word takes back what is accounted for.
            Note::ForgetBase(key) => self.let_go.push((at, key.clone())),
            // A run has a fence.
            Note::Unpark(key) if run.is_none() => self.retried.push((at, key.clone())),
            Note::Cursor(system, position) => self.moved(system, position),
            Note::Event(event) => drop(self.events.insert(event.id.clone())),
            Note::Applied { canonical_count, .. } => self.counted = Some(*canonical_count),
            Note::Plan(plan) => {
                if let Some(run) = run {
                    let seen = self.seen(at, plan);
                    self.plans.insert(run.clone(), seen);
                } else {
                    self.shown.entry(plan.id.clone()).or_insert(at);
                }
            }
            _ => {}
        }
    }

    /// A link is kept as it is now.
    pub fn link(&mut self, at: Timestamp, link: &Link) {
        let kept = self.links.entry(link.key()).or_default();
        kept.lives = link.state != LinkState::Tombstone;
        for remote in link.aliases.iter().chain([&link.remote]) {
            if kept.named.iter().all(|(named, _)| named != remote) {
                kept.named.push((remote.clone(), at));
            }
        }
        for base in &link.bases {
            let key = FieldKey { link: link.key(), field: base.field.clone() };
            let now = Accounted { at, canonical: base.canonical.print, mirror: base.mirror.print };
            let all = self.accounted.entry(key).or_default();
            let stands = |then: &Accounted| (then.canonical, then.mirror) == (now.canonical, now.mirror);
            if !all.last().is_some_and(stands) {
                all.push(now);
            }
        }
    }

    /// Whether a link named a record of a system by an instant.
    #[must_use]
    pub fn was_linked(&self, system: &str, remote: &str, by: Timestamp) -> bool {
        let own = self.links.iter().filter(|(key, _)| key.system.as_str() == system);
        let mut named = own.flat_map(|(_, linked)| &linked.named);
        named.any(|(named, at)| named.as_str() == remote && *at <= by)
    }

    /// A cursor of a simulated system is an instant; as a text it may be longer and still be earlier.
    fn moved(&mut self, system: &SystemName, position: &str) {
        let Ok(to) = position.parse::<Timestamp>() else { return };
        if let Some(from) = self.cursors.insert(system.clone(), to).filter(|from| *from > to) {
            self.backward.push((system.clone(), from, to));
        }
    }

    fn seen(&self, at: Timestamp, plan: &Plan) -> PlanSeen {
        let mut changes: BTreeMap<(SystemName, &'static str), usize> = BTreeMap::new();
        for change in &plan.changes {
            *changes.entry((change.system.clone(), change.act.verb())).or_default() += 1;
        }
        let mut base: BTreeMap<SystemName, usize> = BTreeMap::new();
        for (key, _) in self.links.iter().filter(|(_, linked)| linked.lives) {
            *base.entry(key.system.clone()).or_default() += 1;
        }
        // A plan after a look at what moved says how many of that there were, not how many there are.
        let canonical = plan.report.canonical_records.max(self.counted.unwrap_or_default());
        for system in plan.changes.iter().map(|change| &change.system) {
            let linked = base.entry(system.clone()).or_default();
            *linked = (*linked).max(canonical);
        }
        let (emptied, alike) = edits(plan);
        let mut entities: BTreeMap<SystemName, BTreeSet<&EntityKey>> = BTreeMap::new();
        for conflict in &plan.conflicts {
            entities.entry(conflict.system.clone()).or_default().insert(&conflict.entity);
        }
        let disputed = entities.into_iter().map(|(system, entities)| (system, entities.len())).collect();
        PlanSeen { id: plan.id.clone(), at, changes, emptied, alike, disputed, base }
    }
}

fn archive(at: Timestamp, intent: &Intent) -> Option<ArchiveSeen> {
    let Act::Archive { remote, .. } = &intent.change.act else { return None };
    let undoes = intent.change.edits.iter().any(|edit| edit.class.as_str() == UNDO);
    Some(ArchiveSeen { at, system: intent.system().clone(), remote: remote.clone(), undoes })
}

fn restored(at: Timestamp, intent: &Intent) -> impl Iterator<Item = RestoreSeen> {
    let edits = intent.change.edits.iter().filter(|edit| restores(&edit.class));
    edits.map(move |edit| RestoreSeen {
        at,
        system: intent.system().clone(),
        entity: intent.entity().clone(),
        remote: intent.change.remote().cloned(),
        column: edit.column.clone(),
        value: edit.after.to_text(),
    })
}

type Counts = BTreeMap<(SystemName, String), usize>;

/// What updates would empty, and what they would write most often, by system and field.
fn edits(plan: &Plan) -> (Counts, Counts) {
    let (mut emptied, mut alike) = (Counts::new(), BTreeMap::<(SystemName, String, String), usize>::new());
    for change in plan.changes.iter().filter(|change| change.act.verb() == "update") {
        for edit in &change.edits {
            let (system, field) = (change.system.clone(), edit.field.to_string());
            match edit.after.to_text().filter(|text| !text.trim().is_empty()) {
                None if edit.before.value().is_some() => *emptied.entry((system, field)).or_default() += 1,
                None => {}
                Some(text) => *alike.entry((system, field, text)).or_default() += 1,
            }
        }
    }
    let mut most = Counts::new();
    for ((system, field, _), count) in alike {
        let own = most.entry((system, field)).or_default();
        *own = count.max(*own);
    }
    (emptied, most)
}

/// A commit in words, for the story.
pub(super) fn words(notes: &[Note]) -> String {
    let words: Vec<String> = notes.iter().filter_map(word).collect();
    words.join(", ")
}

fn word(note: &Note) -> Option<String> {
    Some(match note {
        Note::Intend(intent) => {
            format!("intends {} of {}/{}", intent.change.act.verb(), intent.system(), intent.entity())
        }
        Note::Sent(intent) => format!("marks {}/{} as sent", intent.system(), intent.entity()),
        Note::Settle(id) => format!("settles {id}"),
        Note::Journal(draft) => format!(
            "journals {:?} ({}) of {}/{} {}: {:?} -> {:?}",
            draft.event,
            draft.class.as_ref().map_or("", |class| class.as_str()),
            draft.system,
            draft.entity,
            draft.field.as_ref().map_or("", |field| field.as_str()),
            draft.before.to_text(),
            draft.after.to_text()
        ),
        Note::Link(link) | Note::Observed(link) => {
            let bases: Vec<&str> = link.bases.iter().map(|base| base.field.as_str()).collect();
            let known = bases.join(" ");
            format!("links {}/{} to {} ({:?}) [{known}]", link.system, link.entity, link.remote, link.state)
        }
        Note::ForgetBase(key) => {
            format!("forgets the base of {}/{} {}", key.link.system, key.link.entity, key.field)
        }
        Note::Park(key, _) => format!("parks {}/{} {}", key.link.system, key.link.entity, key.field),
        Note::Unpark(key) => format!("unparks {}/{} {}", key.link.system, key.link.entity, key.field),
        Note::Conflict(key, row) => {
            let state = if row.closed.is_some() { "closes" } else { "opens" };
            let said = |claim: &Claim| format!("{:?} {:?}", claim.party, claim.cell.to_text());
            let sides: Vec<String> = row.claims.iter().map(said).collect();
            let sides = sides.join(", ");
            format!("{state} the conflict of {}/{} {}: {sides}", key.link.system, key.link.entity, key.field)
        }
        Note::Findings(_, findings) => {
            let told = findings.iter().map(|finding| format!("{} ({})", finding.key.handle(), finding.what));
            format!("tells [{}]", told.collect::<Vec<String>>().join("; "))
        }
        Note::Found(_, finding) => format!("tells {} ({}) as well", finding.key.handle(), finding.what),
        Note::Plan(plan) => {
            let change = |change: &Change| {
                let fields: Vec<&str> = change.edits.iter().map(|edit| edit.field.as_str()).collect();
                format!("{} {}/{} {}", change.act.verb(), change.system, change.entity, fields.join(" "))
            };
            let changes: Vec<String> = plan.changes.iter().map(change).collect();
            format!("plans as {} [{}]", plan.short_id(), changes.join("; "))
        }
        Note::Hold(key, _) => format!("holds {}/{} {}", key.link.system, key.link.entity, key.field),
        Note::Release(key) => format!("releases {}/{} {}", key.link.system, key.link.entity, key.field),
        Note::Approve(approval) => format!("approves {} of {}", approval.halt, approval.plan),
        Note::Beat(beat) => format!("beats {:?}", beat.outcome),
        _ => return None,
    })
}
