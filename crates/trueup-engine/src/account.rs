//! What a run did, as `--json`, the heartbeat and the alerts tell it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trueup_core::{
    guard::Halt,
    journal::Event,
    memory::{LinkKey, Outcome},
    name::{ClassId, EntityKey, FieldName, RunId, SystemName},
    plan::{Act, Bucket, BySystem, Change, Finding, FindingKind, Held, Plan, Requests, together},
    undo::is_undo,
};
use trueup_ports::{
    Open,
    gate::{Fate, Outcome as ChangeOutcome},
};

/// What a run did. Counts what landed, not what was planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The name of this shape.
    pub schema: String,
    /// The run.
    pub run: RunId,
    /// What it was, such as `run`, `apply` or `undo`.
    pub command: String,
    /// The plan, if it came that far.
    pub plan: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// Records that landed, by verb.
    pub changes: BTreeMap<String, usize>,
    /// Records that landed, by class; a record counts once in each of its classes.
    pub classes: BTreeMap<ClassId, usize>,
    /// Open findings, by class.
    pub findings: BTreeMap<ClassId, usize>,
    /// Open conflicts.
    pub conflicts: usize,
    /// Fields whose write was refused and that wait.
    pub parked: usize,
    /// Changes held back by a finding or a rule.
    pub held: usize,
    /// Changes somebody else's edit or a lost scope made void; nothing was sent for them.
    pub superseded: usize,
    /// Which they are.
    #[serde(default)]
    pub overtaken: Vec<Overtaken>,
    /// What an undo could not take back, and why.
    #[serde(default)]
    pub left_alone: Vec<String>,
    /// Writes that may still land.
    pub open: usize,
    /// Changes that were not done and are planned anew.
    pub not_done: usize,
    /// Every record of every scope in exactly one bucket.
    pub buckets: BTreeMap<Bucket, usize>,
    /// The same, mirror by mirror.
    #[serde(default)]
    pub buckets_by_system: BySystem,
    /// Requests sent.
    pub requests: Requests,
    /// Requests the plan said.
    pub planned_requests: Requests,
    /// What the guard halted.
    pub halts: Vec<Halt>,
    /// Why it ended early, in words.
    pub error: Option<String>,
    /// The copies that were counted as pending since the source of truth is told what they say.
    #[serde(skip)]
    telling: BTreeSet<LinkKey>,
}

/// A change, or some fields of it, that somebody else's edit or a lost scope made void.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overtaken {
    /// The system.
    pub system: SystemName,
    /// The entity.
    pub entity: EntityKey,
    /// The fields nothing was sent for.
    pub fields: Vec<FieldName>,
}

impl Overtaken {
    fn of(outcome: &ChangeOutcome) -> Option<Self> {
        let whole = matches!(outcome.fate, Fate::Superseded | Fate::ScopeLost);
        let lost = || outcome.fields.iter().filter(|field| field.event == Event::Superseded);
        let fields = if whole {
            outcome.change.edits.iter().map(|edit| edit.field.clone()).collect()
        } else {
            lost().map(|field| field.field.clone()).collect()
        };
        (whole || (outcome.fate == Fate::Landed && outcome.lost_a_field())).then(|| Self {
            system: outcome.change.system.clone(),
            entity: outcome.change.entity.clone(),
            fields,
        })
    }
}

/// What a plan that takes something back does not take back, and why. Without values.
#[must_use]
pub fn left_alone(plan: &Plan) -> Vec<String> {
    if !is_undo(plan) {
        return Vec::new();
    }
    let notes = plan.report.notes.iter().map(|note| format!("{}: {}", note.subject, note.what));
    let conflicts = plan
        .conflicts
        .iter()
        .map(|one| format!("{} of {} on {}: it was changed since", one.field, one.entity, one.system));
    notes.chain(conflicts).collect()
}

impl Account {
    /// An account of a run that has only begun.
    #[must_use]
    pub fn begin(run: RunId, command: &str, now: Timestamp) -> Self {
        Self {
            schema: "trueup.run/v1".into(),
            run,
            command: command.into(),
            plan: None,
            started: now,
            ended: now,
            outcome: Outcome::Running,
            changes: ["update", "create", "archive"].map(|verb| (verb.to_owned(), 0)).into(),
            classes: BTreeMap::new(),
            findings: BTreeMap::new(),
            conflicts: 0,
            parked: 0,
            held: 0,
            superseded: 0,
            overtaken: Vec::new(),
            left_alone: Vec::new(),
            open: 0,
            not_done: 0,
            buckets: BTreeMap::new(),
            buckets_by_system: BySystem::new(),
            requests: Requests::default(),
            planned_requests: Requests::default(),
            halts: Vec::new(),
            error: None,
            telling: BTreeSet::new(),
        }
    }

    /// Takes in what was planned.
    pub fn planned(&mut self, plan: &Plan, held: &[Held], halts: &[Halt]) {
        self.plan = Some(plan.id.clone());
        self.open_now(plan, held);
        self.buckets.clone_from(&plan.report.buckets);
        self.buckets_by_system.clone_from(&plan.report.buckets_by_system);
        self.telling.clone_from(&plan.report.telling);
        self.halts = halts.to_vec();
        self.left_alone = left_alone(plan);
        for cost in plan.report.cost.values() {
            self.planned_requests.read += cost.requests().read;
            self.planned_requests.write += cost.requests().write;
        }
    }

    /// Takes in what is for people and what is held back, as a plan tells it.
    pub fn open_now(&mut self, plan: &Plan, held: &[Held]) {
        self.findings = plan.finding_counts();
        self.held = plan.held.len() + held.len();
    }

    /// Takes in what stays open although this run looked at other records.
    pub fn also_open(&mut self, findings: &[Finding]) {
        for finding in findings.iter().filter(|finding| finding.kind == FindingKind::Finding) {
            *self.findings.entry(finding.key.class.clone()).or_default() += 1;
        }
    }

    /// Takes in what became of the changes.
    pub fn applied(&mut self, outcomes: &[ChangeOutcome]) {
        for outcome in outcomes {
            self.overtaken.extend(Overtaken::of(outcome));
            match &outcome.fate {
                Fate::Landed | Fate::ScopeRaced => {
                    self.landed(outcome);
                    let to = if outcome.was_refused_a_field() { Bucket::Failed } else { Bucket::InSync };
                    self.move_buckets(&outcome.change, to);
                }
                Fate::Superseded | Fate::ScopeLost => self.superseded += 1,
                // Counted at the end, with those that an earlier run left open.
                Fate::Open => {}
                Fate::NotDone(_) => self.not_done += 1,
                Fate::Refused(_) => self.move_buckets(&outcome.change, Bucket::Failed),
            }
            self.superseded += usize::from(outcome.fate == Fate::Landed && outcome.lost_a_field());
        }
    }

    fn landed(&mut self, outcome: &ChangeOutcome) {
        *self.changes.entry(outcome.change.act.verb().to_owned()).or_default() += 1;
        for class in outcome.landed_classes() {
            *self.classes.entry(class).or_default() += 1;
        }
    }

    /// Moves the records that a change was about. The source of truth has no buckets: what it was told was pending in the
    /// mirrors that say it, where nothing else is the matter with the copy.
    fn move_buckets(&mut self, change: &Change, to: Bucket) {
        if let Some(own) = self.buckets_by_system.get_mut(&change.system) {
            move_bucket(own, &change.act, to);
        } else {
            for system in tellers(change) {
                let link = LinkKey { system: system.clone(), entity: change.entity.clone() };
                // Whom it is to be made after was never linked before.
                let waits = matches!(change.act, Act::Create { .. }) || self.telling.contains(&link);
                if let Some(own) = self.buckets_by_system.get_mut(system).filter(|_| waits) {
                    settle(own, Some(to));
                }
            }
        }
        if !self.buckets_by_system.is_empty() {
            self.buckets = together(&self.buckets_by_system);
        }
    }

    /// Whether anything landed.
    #[must_use]
    pub fn changed_anything(&self) -> bool {
        self.changes.values().any(|count| *count > 0)
    }

    /// Whether everything that was cleared was also brought to its end: nothing was left undone, and
    /// nothing may still land.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.outcome.is_good() && self.not_done + self.open == 0
    }

    /// Whether this was a whole cycle: every system was read, and what followed from it was brought to its
    /// end. Only such a run tells how well the systems agree, and only it is a sign of life.
    #[must_use]
    pub fn is_whole_cycle(&self) -> bool {
        self.command == "run" && self.is_finished()
    }

    /// Counts what waits for a person, as memory has it after the run, and says how the run ended.
    pub fn close(&mut self, open: Open, now: Timestamp) {
        self.ended = now;
        (self.conflicts, self.parked, self.open) = (open.conflicts, open.parked, open.intents);
        if self.outcome != Outcome::Running {
            return;
        }
        let waiting = self.findings.values().sum::<usize>() + self.conflicts + self.parked + self.held;
        let unfinished = self.superseded + self.open + self.not_done + self.left_alone.len();
        self.outcome = match () {
            () if self.halts.iter().any(|halt| halt.approved.is_none()) => Outcome::Halted,
            () if waiting + unfinished > 0 => Outcome::NeedsPerson,
            () => Outcome::Done,
        };
    }
}

/// The mirrors that say what a change tells the source of truth.
fn tellers(change: &Change) -> BTreeSet<&SystemName> {
    let agreeing = change.edits.iter().flat_map(|edit| edit.turn.agreeing());
    agreeing.map(|one| &one.system).collect()
}

// An update was pending, a create in no bucket; what was refused to be made or is archived is no record of the scope.
fn move_bucket(own: &mut BTreeMap<Bucket, usize>, act: &Act, to: Bucket) {
    match (act, to) {
        (Act::Create { .. }, Bucket::Failed) => {}
        (Act::Create { .. }, _) => *own.entry(to).or_default() += 1,
        (Act::Archive { .. }, Bucket::InSync) => settle(own, None),
        (Act::Archive { .. } | Act::Update { .. }, _) => settle(own, Some(to)),
    }
}

/// A record that was pending is so no more.
fn settle(own: &mut BTreeMap<Bucket, usize>, to: Option<Bucket>) {
    let Some(pending) = own.get_mut(&Bucket::Pending).filter(|pending| **pending > 0) else { return };
    *pending -= 1;
    if let Some(to) = to {
        *own.entry(to).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use trueup_core::{
        name::ExtId,
        plan::{Agreeing, Edit, Turn},
        value::Cell,
    };

    use super::*;

    const BOTH: [&str; 2] = ["crm", "desk"];

    /// A run that found so many records pending in two mirrors.
    fn account(pending: usize) -> Account {
        let mut account = Account::begin("r".into(), "run", Timestamp::UNIX_EPOCH);
        let own = || BTreeMap::from([(Bucket::InSync, 5), (Bucket::Pending, pending)]);
        account.buckets_by_system = BOTH.map(|system| (system.into(), own())).into();
        account.buckets = together(&account.buckets_by_system);
        account.telling = BOTH.map(|system| LinkKey { system: system.into(), entity: "R1".into() }).into();
        account
    }

    fn update() -> Act {
        Act::Update { remote: "1".into(), how: trueup_core::link::How::Key }
    }

    fn outcome(system: &str, act: Act, fate: Fate, telling: &[&str]) -> ChangeOutcome {
        let agreeing =
            |system: &&str| Agreeing { system: (*system).into(), held: Cell::text("Vail"), partly: false };
        let edit = Edit {
            field: "city".into(),
            column: "city".into(),
            class: ClassId::new("other"),
            before: Cell::Null,
            after: Cell::text("Vail"),
            wanted: Cell::text("Vail"),
            canonical: Cell::text("Vail"),
            turn: Turn::First(telling.iter().map(agreeing).collect()),
        };
        let change = Change {
            system: system.into(),
            entity: "R1".into(),
            label: String::new(),
            act,
            edits: vec![edit],
        };
        ChangeOutcome { change, fate, fields: Vec::new() }
    }

    fn create() -> Act {
        Act::Create {
            ext_id: ExtId::new("e"),
            ext_id_column: None,
            class: ClassId::new("missing"),
            origin: None,
        }
    }

    /// How many records of both mirrors agree, wait and were refused, once changes came to an end.
    #[track_caller]
    fn check(outcomes: &[ChangeOutcome], expected: [[usize; 3]; 2]) {
        let mut account = account(1);
        account.applied(outcomes);
        let of = |buckets: &BTreeMap<Bucket, usize>| {
            [Bucket::InSync, Bucket::Pending, Bucket::Failed]
                .map(|bucket| buckets.get(&bucket).copied().unwrap_or_default())
        };
        let own = BOTH.map(|system| of(&account.buckets_by_system[&SystemName::new(system)]));
        assert_eq!(own, expected);
        let [crm, desk] = expected;
        assert_eq!(of(&account.buckets), [0, 1, 2].map(|at| crm[at] + desk[at]));
    }

    #[test]
    fn a_write_moves_the_record_of_its_own_mirror_and_no_other() {
        let refused = || Fate::Refused("no".into());
        check(&[outcome("crm", update(), Fate::Landed, &[])], [[6, 0, 0], [5, 1, 0]]);
        check(&[outcome("desk", update(), refused(), &[])], [[5, 1, 0], [5, 0, 1]]);
        check(&[outcome("crm", create(), Fate::Landed, &[])], [[6, 1, 0], [5, 1, 0]]);
        check(&[outcome("crm", create(), refused(), &[])], [[5, 1, 0], [5, 1, 0]]);
        let archive = || Act::Archive { remote: "1".into(), version: None };
        check(&[outcome("crm", archive(), Fate::Landed, &[])], [[5, 0, 0], [5, 1, 0]]);
        check(&[outcome("crm", archive(), refused(), &[])], [[5, 0, 1], [5, 1, 0]]);
    }

    #[test]
    fn what_the_source_of_truth_is_told_was_pending_in_those_who_say_it() {
        check(&[outcome("truth", update(), Fate::Landed, &["crm"])], [[6, 0, 0], [5, 1, 0]]);
        check(&[outcome("truth", update(), Fate::Landed, &BOTH)], [[6, 0, 0], [6, 0, 0]]);
        check(&[outcome("truth", create(), Fate::Landed, &["desk"])], [[5, 1, 0], [6, 0, 0]]);
    }

    #[test]
    fn a_copy_that_is_written_or_in_conflict_waits_for_more_than_the_source_of_truth() {
        let mut account = account(1);
        account.telling.retain(|link| link.system.as_str() == "desk");
        account.applied(&[outcome("truth", update(), Fate::Landed, &BOTH)]);
        assert_eq!(account.buckets_by_system[&SystemName::new("crm")][&Bucket::Pending], 1);
        assert_eq!(account.buckets_by_system[&SystemName::new("desk")][&Bucket::Pending], 0);
    }

    #[test]
    fn what_was_planned_of_nothing_that_was_counted_stays_uncounted() {
        let mut account = Account::begin("r".into(), "undo", Timestamp::UNIX_EPOCH);
        account.applied(&[outcome("crm", update(), Fate::Landed, &[])]);
        assert!(account.buckets.is_empty() && account.changes["update"] == 1);
    }
}
