//! What a pipeline remembers between cycles, and the notes that change it.
//!
//! A store keeps [`Memory`] durably; [`Memory::apply`] is the meaning of every [`Note`], so each store
//! can be checked against it.

mod note;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    create::Create,
    hint::{Event, MOST, Touch, TouchKey},
    journal::{Draft, Intent},
    link::{Link, LinkState},
    merge::Claim,
    name::{ClassId, CreateKey, EntityKey, FieldName, IntentId, RemoteId, RunId, SystemName},
    plan::{Finding, FindingKey, Plan},
    planted::{self, Defect},
    value::{Cell, Print, PrintKey},
};

/// Everything a cycle starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// Which store this is; a plan made from another one is void.
    pub lineage: String,
    /// How often what plans are made from has changed.
    pub serial: u64,
    /// The key of this store's fingerprints.
    pub print_key: PrintKey,
    /// The configuration the last applied run had.
    pub config_hash: Option<String>,
    /// How many canonical records the last good run saw.
    pub canonical_count: Option<usize>,
    /// What the columns of the canonical side were named when a run was last let through.
    pub layout: Option<String>,
    /// The account each system was first seen with (I-29).
    pub tenants: BTreeMap<SystemName, String>,
    /// Up to where each system's changes were looked at, in its own words.
    pub cursors: BTreeMap<SystemName, String>,
    /// Records that may have changed and that nobody has looked at since.
    pub touches: BTreeMap<TouchKey, Touch>,
    /// The ids of events that were taken in, and when.
    pub events: BTreeMap<String, Timestamp>,
    /// Who is who.
    pub links: BTreeMap<LinkKey, Link>,
    /// Intents without an outcome.
    pub intents: BTreeMap<IntentId, Intent>,
    /// Findings and held changes that are open.
    pub findings: BTreeMap<FindingKey, Opened<Finding>>,
    /// Conflicts; never deleted, only closed.
    pub conflicts: BTreeMap<FieldKey, Conflict>,
    /// Writes a system refused, until a value changes or a person says so.
    pub parked: BTreeMap<FieldKey, Parked>,
    /// Fields that an undo restored, until the source changes or a person releases them.
    pub holds: BTreeMap<FieldKey, Hold>,
    /// What people decided about findings.
    pub decisions: BTreeMap<FindingKey, Decision>,
    /// What each channel was told last, so that alerts fire once a change of state; nothing once it was
    /// told that all is well.
    pub alarms: BTreeMap<String, Alarm>,
    /// Transactional creates, until they are forgotten.
    pub creates: BTreeMap<CreateKey, Create>,
}

/// One entity in one system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkKey {
    /// The system.
    pub system: SystemName,
    /// The entity.
    pub entity: EntityKey,
}

/// One field of one entity in one system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FieldKey {
    /// The entity's copy.
    pub link: LinkKey,
    /// The field; empty when the whole record is meant, as for a create.
    pub field: FieldName,
}

/// Something open, and since which run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened<T> {
    /// What it is.
    pub item: T,
    /// The run that first saw it.
    pub since: RunId,
}

/// Claims no rule decides between. Rows are closed, never deleted (I-18).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Who claims what.
    pub claims: Vec<Claim>,
    /// Why it was opened, such as `both moved` or `undo`.
    pub why: String,
    /// The run that opened it.
    pub opened: RunId,
    /// How it ended, once it did.
    pub closed: Option<String>,
}

/// A refused write. It is tried again when either side's value changes or a person says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The class of the refused change.
    pub class: ClassId,
    /// What the system said.
    pub reason: String,
    /// The canonical value that was refused; `None` waits for a person, whatever the value.
    pub canonical: Option<Print>,
    /// The mirror's value at the time; `None` as above.
    pub mirror: Option<Print>,
    /// That value itself, kept for sets: an undo of the run accounts for them element by element.
    pub kept: Option<Cell>,
    /// The run in which it was refused.
    pub since: RunId,
}

/// A field that an undo restored: it is not redone while the canonical value stays what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The canonical value at the time of the undo; another one that is seen to have landed ends the hold.
    pub canonical: Option<Print>,
    /// The run that undid it.
    pub by: RunId,
}

/// What a person decided about a finding, and about which: one with other content is another question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The choice.
    pub choice: Choice,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What the finding said then ([`Memory::about`]); a decision about nothing known never stands.
    #[serde(default)]
    pub about: Option<Print>,
    /// The records it concerned then.
    #[serde(default)]
    pub remotes: Vec<RemoteId>,
}

/// The choices a person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Of several records, this one is the entity's.
    Choose(RemoteId),
    /// The finding is fine as it is: what it is about stays so, and is told no more.
    Accept,
    /// The records are not the entity's: their links are cut and they are left alone.
    Exclude,
}

/// The last state that was told to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What was wrong, in words.
    pub what: String,
    /// The run that raised it.
    pub since: RunId,
}

/// One change of memory. A commit takes several and is one transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Pins an account to a system.
    Tenant(SystemName, String),
    /// Remembers the configuration and the size of the source of an applied run.
    Applied {
        /// The configuration's hash.
        config_hash: String,
        /// How many canonical records were seen.
        canonical_count: usize,
    },
    /// Remembers what the columns of the canonical side are named.
    Layout(String),
    /// Remembers up to where a system's changes were looked at.
    Cursor(SystemName, String),
    /// Takes in an event, if it is not known already, and touches what it is about.
    Event(Event),
    /// Says that a record may have changed.
    Touch(TouchKey, Timestamp),
    /// Says that it was looked at, as it was told so many times; a later telling stands.
    Looked(TouchKey, u64),
    /// Says that it was looked at in vain.
    Vain(TouchKey, u64, Timestamp),
    /// Forgets the ids of events that came before this instant.
    ForgetEvents(Timestamp),
    /// Makes or replaces a link, with its bases.
    Link(Box<Link>),
    /// The same for a link that no plan rests on which waits for a person: such a plan stays valid.
    Observed(Box<Link>),
    /// Forgets what a field was accounted for at, in the link as it stands.
    ForgetBase(FieldKey),
    /// Opens an intent, before anything is sent.
    Intend(Box<Intent>),
    /// Replaces an open intent by what is being sent: the fields that were still as planned, with the
    /// watermark of the guard read and the time of sending.
    Sent(Box<Intent>),
    /// Closes an intent.
    Settle(IntentId),
    /// Writes the journal.
    Journal(Box<Draft>),
    /// Replaces the open findings by those of this run.
    Findings(RunId, Vec<Finding>),
    /// Adds one to the open findings.
    Found(RunId, Box<Finding>),
    /// Opens a conflict, or shows it again with fresh claims.
    Conflict(FieldKey, Conflict),
    /// Parks a refused field.
    Park(FieldKey, Parked),
    /// Lets a parked field go.
    Unpark(FieldKey),
    /// Holds a field after an undo.
    Hold(FieldKey, Hold),
    /// Ends a hold.
    Release(FieldKey),
    /// Records a person's decision.
    Decide(FindingKey, Decision),
    /// Sets or clears the alarm of a channel.
    Alarm(String, Option<Alarm>),
    /// Keeps a plan, so that it can be shown and applied by id.
    Plan(Box<Plan>),
    /// Records what a run did; replaces an earlier beat of the same run.
    Beat(Box<Beat>),
    /// Records an approval of one halt of one plan.
    Approve(Approval),
    /// Opens a transactional create, or moves it on; refused unless it follows the row that stands
    /// ([`Create::follows`]).
    Create(Box<Create>),
    /// Forgets a create that is over.
    Forget(CreateKey),
}

/// What one run did: the heartbeat. Its account is published as `trueup.run/v1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    /// The run.
    pub run: RunId,
    /// What it was, such as `run`, `apply` or `undo`.
    pub command: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs or after it died.
    pub ended: Option<Timestamp>,
    /// The plan it applied.
    pub plan: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The run's own account, as printed by `--json`.
    pub account: serde_json::Value,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not ended.
    Running,
    /// Everything agrees.
    Done,
    /// It needs a person.
    NeedsPerson,
    /// A guard halted it.
    Halted,
    /// An outside fault ended it.
    Failed,
}

impl Outcome {
    /// The exit code of the product (PRODUCT.md).
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Running | Self::Failed => 1,
            Self::Halted => 3,
            Self::NeedsPerson => 4,
        }
    }

    /// Whether the cycle did its work.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::NeedsPerson)
    }
}

/// Lets one halt of one plan pass, up to a ceiling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The plan's id, whole.
    pub plan: String,
    /// The halt's rule, such as `too_many_updates`.
    pub halt: String,
    /// The system whose halt it is.
    pub system: SystemName,
    /// What of the system the halt is about, such as a field; `None` where its rule halts but once.
    pub about: Option<String>,
    /// The most it lets through.
    pub max: usize,
    /// Why, in the person's words.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Memory {
    /// The memory of a pipeline that has never run.
    #[must_use]
    pub const fn new(lineage: String, print_key: PrintKey) -> Self {
        Self {
            lineage,
            serial: 0,
            print_key,
            config_hash: None,
            canonical_count: None,
            layout: None,
            tenants: BTreeMap::new(),
            cursors: BTreeMap::new(),
            touches: BTreeMap::new(),
            events: BTreeMap::new(),
            links: BTreeMap::new(),
            intents: BTreeMap::new(),
            findings: BTreeMap::new(),
            conflicts: BTreeMap::new(),
            parked: BTreeMap::new(),
            holds: BTreeMap::new(),
            decisions: BTreeMap::new(),
            alarms: BTreeMap::new(),
            creates: BTreeMap::new(),
        }
    }

    /// The print of a normalised cell under this memory's key.
    #[must_use]
    pub fn print(&self, cell: &Cell) -> Option<Print> {
        Print::of(&self.print_key, cell)
    }

    /// The print of what a finding says, under this memory's key.
    #[must_use]
    pub fn about(&self, finding: &Finding) -> Option<Print> {
        self.print(&Cell::text(finding.content()))
    }

    /// Applies a commit: all notes, and one step of the serial if any of them moves it.
    pub fn commit(&mut self, notes: &[Note]) {
        if notes.iter().any(Note::moves_serial) {
            self.serial += 1;
        }
        for note in notes {
            self.apply(note);
        }
    }

    /// What a note means. Journal, plans, beats and approvals are kept elsewhere.
    pub fn apply(&mut self, note: &Note) {
        match note {
            Note::Tenant(system, tenant) => {
                self.tenants.entry(system.clone()).or_insert_with(|| tenant.clone());
            }
            Note::Applied { config_hash, canonical_count } => {
                self.config_hash = Some(config_hash.clone());
                self.canonical_count = Some(*canonical_count);
            }
            Note::Layout(layout) => self.layout = Some(layout.clone()),
            Note::Cursor(system, position) => {
                self.cursors.insert(system.clone(), position.clone());
            }
            Note::Event(event) => self.take_in(event),
            Note::Touch(key, at) => self.touch(key, *at),
            Note::Looked(key, told) => self.touches.retain(|own, touch| own != key || touch.told != *told),
            Note::Vain(key, told, at) => {
                if let Some(touch) = self.touches.get_mut(key).filter(|touch| touch.told == *told) {
                    *touch = touch.failed(*at);
                }
            }
            Note::ForgetEvents(before) => self.events.retain(|_, at| *at >= *before),
            Note::Link(link) | Note::Observed(link) => {
                self.links.insert(link.key(), (**link).clone());
            }
            Note::ForgetBase(key) => {
                if let Some(link) = self.links.get_mut(&key.link) {
                    link.forget_base(&key.field);
                }
            }
            Note::Intend(intent) => {
                self.intents.insert(intent.id.clone(), (**intent).clone());
            }
            Note::Sent(intent) => {
                if let Some(open) = self.intents.get_mut(&intent.id) {
                    *open = (**intent).clone();
                }
            }
            Note::Settle(id) => {
                self.intents.remove(id);
            }
            Note::Findings(run, findings) => self.replace_findings(run, findings),
            Note::Found(run, finding) => self.find(run, finding),
            Note::Conflict(key, conflict) => {
                if planted::is(Defect::ConflictOverwritten) {
                    self.conflicts.retain(|own, _| own.link != key.link);
                }
                self.conflicts.insert(key.clone(), conflict.clone());
            }
            Note::Park(key, parked) => drop(self.parked.insert(key.clone(), parked.clone())),
            Note::Unpark(key) => drop(self.parked.remove(key)),
            Note::Hold(key, hold) => drop(self.holds.insert(key.clone(), hold.clone())),
            Note::Release(key) => self.release(key),
            Note::Decide(key, decision) => {
                self.decisions.insert(key.clone(), decision.clone());
            }
            Note::Alarm(channel, Some(alarm)) => {
                self.alarms.insert(channel.clone(), alarm.clone());
            }
            Note::Alarm(channel, None) => {
                self.alarms.remove(channel);
            }
            Note::Create(create) => {
                self.creates.insert(create.key.clone(), (**create).clone());
            }
            Note::Forget(key) => drop(self.creates.remove(key)),
            Note::Journal(_) | Note::Plan(_) | Note::Beat(_) | Note::Approve(_) => {}
        }
    }

    fn take_in(&mut self, event: &Event) {
        if !self.events.contains_key(&event.id) {
            self.events.insert(event.id.clone(), event.at);
            self.touch(&event.touch, event.at);
        }
    }

    // Beyond so many records of one system they are not kept by name any more: all of it is looked at.
    fn touch(&mut self, key: &TouchKey, at: Timestamp) {
        let named = |own: &TouchKey| own.system == key.system && own.remote.is_some();
        let mut key = key.clone();
        if !self.touches.contains_key(&key) && self.touches.keys().filter(|own| named(own)).count() >= MOST {
            self.touches.retain(|own, _| !named(own));
            key.remote = None;
        }
        let touch = self.touches.get(&key).map_or_else(|| Touch::new(at), |touch| touch.again(at));
        self.touches.insert(key, touch);
    }

    // A hold on a whole record stands for an undone create: with it goes the tombstone it left.
    fn release(&mut self, key: &FieldKey) {
        let held = self.holds.remove(key).is_some();
        let tombstone = self.links.get(&key.link).is_some_and(|link| link.state == LinkState::Tombstone);
        if held && tombstone && key.field.as_str().is_empty() {
            self.links.remove(&key.link);
        }
    }

    fn replace_findings(&mut self, run: &RunId, findings: &[Finding]) {
        let told: BTreeSet<&FindingKey> = findings.iter().map(|finding| &finding.key).collect();
        self.findings.retain(|key, _| told.contains(key));
        for finding in findings {
            self.find(run, finding);
        }
    }

    // A finding that is still there keeps the run that first saw it.
    fn find(&mut self, run: &RunId, finding: &Finding) {
        let since = self.findings.remove(&finding.key).map_or_else(|| run.clone(), |opened| opened.since);
        self.findings.insert(finding.key.clone(), Opened { item: finding.clone(), since });
    }

    /// Whether an undo holds the create of a record: then its hold and not its tombstone says whether it is made anew.
    #[must_use]
    pub fn is_create_held(&self, link: &LinkKey) -> bool {
        self.holds.contains_key(&FieldKey { link: link.clone(), field: FieldName::new("") })
    }

    /// Conflicts that are still open.
    pub fn open_conflicts(&self) -> impl Iterator<Item = (&FieldKey, &Conflict)> {
        self.conflicts.iter().filter(|(_, conflict)| conflict.closed.is_none())
    }
}

#[cfg(test)]
mod tests;
