//! What a run did, as `--json`, the heartbeat and the alerts tell it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use trueup_core::{
    guard::Halt,
    journal::Event,
    memory::Outcome,
    name::{ClassId, EntityKey, FieldName, RunId, SystemName},
    plan::{Act, Bucket, Finding, FindingKind, Held, Plan, Requests},
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
    /// Requests sent.
    pub requests: Requests,
    /// Requests the plan said.
    pub planned_requests: Requests,
    /// What the guard halted.
    pub halts: Vec<Halt>,
    /// Why it ended early, in words.
    pub error: Option<String>,
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
            requests: Requests::default(),
            planned_requests: Requests::default(),
            halts: Vec::new(),
            error: None,
        }
    }

    /// Takes in what was planned.
    pub fn planned(&mut self, plan: &Plan, held: &[Held], halts: &[Halt]) {
        self.plan = Some(plan.id.clone());
        self.findings = plan.finding_counts();
        self.held = plan.held.len() + held.len();
        self.buckets.clone_from(&plan.report.buckets);
        self.halts = halts.to_vec();
        self.left_alone = left_alone(plan);
        for cost in plan.report.cost.values() {
            self.planned_requests.read += cost.requests().read;
            self.planned_requests.write += cost.requests().write;
        }
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
                Fate::Landed | Fate::ScopeRaced => self.landed(outcome),
                Fate::Superseded | Fate::ScopeLost => self.superseded += 1,
                // Counted at the end, with those that an earlier run left open.
                Fate::Open => {}
                Fate::NotDone(_) => self.not_done += 1,
                Fate::Refused(_) => self.move_bucket(&outcome.change.act, Bucket::Failed),
            }
            self.superseded += usize::from(outcome.fate == Fate::Landed && outcome.lost_a_field());
        }
    }

    fn landed(&mut self, outcome: &ChangeOutcome) {
        *self.changes.entry(outcome.change.act.verb().to_owned()).or_default() += 1;
        for class in outcome.landed_classes() {
            *self.classes.entry(class).or_default() += 1;
        }
        let to = if outcome.was_refused_a_field() { Bucket::Failed } else { Bucket::InSync };
        self.move_bucket(&outcome.change.act, to);
    }

    // An update was pending, a create in no bucket; what was refused to be made or is archived is no
    // record of the scope.
    fn move_bucket(&mut self, act: &Act, to: Bucket) {
        if !matches!(act, Act::Create { .. })
            && let Some(pending) = self.buckets.get_mut(&Bucket::Pending)
        {
            *pending = pending.saturating_sub(1);
        }
        let gone =
            matches!((act, to), (Act::Create { .. }, Bucket::Failed) | (Act::Archive { .. }, Bucket::InSync));
        *self.buckets.entry(to).or_default() += usize::from(!gone);
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
