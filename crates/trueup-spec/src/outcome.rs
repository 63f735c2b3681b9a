//! What a cycle came to, in the words of the specs.

use trueup_core::{
    guard::Verdict,
    link::{FieldBase, Link, LinkState},
    memory::{Memory, Note},
    plan::{Act, Bucket, Change, Edit, Reconciled},
    value::Cell,
};

use crate::world::{CANONICAL, key};

/// What a cycle came to for the one entity there is.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// What both sides say of the field in question, normalised.
    pub now: (Cell, Cell),
    /// What was remembered before.
    pub memory: &'a Memory,
    /// What was planned.
    pub reconciled: &'a Reconciled,
    /// What the guard said of it.
    pub held: Vec<String>,
    /// What it let through.
    pub cleared: Vec<Change>,
}

impl<'a> Outcome<'a> {
    /// Takes a plan and its verdict apart.
    #[must_use]
    pub fn new(now: (Cell, Cell), memory: &'a Memory, reconciled: &'a Reconciled, verdict: Verdict) -> Self {
        let held = verdict.held.iter().map(|held| format!("hold {}", held.rule));
        let halts = verdict.halts.iter().map(|halt| format!("halt {}", halt.rule));
        let held = held.chain(halts).collect();
        Self { now, memory, reconciled, held, cleared: verdict.cleared.into_changes() }
    }

    /// Everything that follows, joined by ` + `; what is left of nothing is `account`, `rest` or `nothing`.
    #[must_use]
    pub fn name(&self) -> String {
        let plan = &self.reconciled.plan;
        if self.cleared.is_empty() && self.held.iter().any(|held| held == "halt foreign_record") {
            return "halt foreign_record".to_owned();
        }
        let mut parts: Vec<String> = self.cleared.iter().flat_map(|change| self.change(change)).collect();
        parts.extend(self.held.iter().cloned());
        parts.extend(plan.held.iter().map(|held| format!("hold {}", held.rule)));
        parts.extend(plan.conflicts.iter().map(|_| "conflict".to_owned()));
        parts.extend(plan.findings.iter().map(|_| "finding".to_owned()));
        parts.extend(self.unaccounted());
        parts.extend(self.state());
        if parts.iter().all(|part| part.starts_with("now ")) {
            parts.insert(0, self.nothing().to_owned());
        }
        parts.dedup();
        parts.join(" + ")
    }

    fn change(&self, change: &Change) -> Vec<String> {
        let side = if change.system.as_str() == CANONICAL { "canonical" } else { "mirror" };
        match &change.act {
            Act::Create { .. } => vec![format!("create {side}")],
            Act::Archive { .. } => vec![format!("archive {side}")],
            Act::Update { .. } => change.edits.iter().map(|edit| self.edit(side, edit)).collect(),
        }
    }

    fn edit(&self, side: &str, edit: &Edit) -> String {
        let (canonical, mirror) = &self.now;
        let whose = if edit.wanted.same(canonical) {
            "canonical"
        } else if edit.wanted.same(mirror) {
            "mirror"
        } else {
            "nobody"
        };
        let field = edit.field.as_str();
        if field == "value" { format!("write {side} {whose}") } else { format!("write {side} {field}") }
    }

    // A base that moves to what the sides do not say is a lie for later merges.
    fn unaccounted(&self) -> Option<String> {
        let prints = |base: &FieldBase| (Some(base.canonical.print), Some(base.mirror.print));
        let now = (self.memory.print(&self.now.0), self.memory.print(&self.now.1));
        (self.after() != self.before() && self.after().map(prints) != Some(now))
            .then(|| "false base".to_owned())
    }

    // Which life the link goes on with, if it is another one.
    fn state(&self) -> Option<String> {
        let (was, is) = (self.memory.links.get(&key()), self.link()?);
        let moved =
            was.is_none_or(|was| std::mem::discriminant(&was.state) != std::mem::discriminant(&is.state));
        moved.then(|| format!("now {}", state(is.state)))
    }

    fn nothing(&self) -> &'static str {
        let buckets = &self.reconciled.plan.report.buckets;
        if self.after() != self.before() {
            "account"
        } else if buckets.get(&Bucket::InSync).is_some_and(|count| *count > 0) {
            "rest"
        } else {
            "nothing"
        }
    }

    fn before(&self) -> Option<&FieldBase> {
        of_value(self.memory.links.get(&key())?)
    }

    fn after(&self) -> Option<&FieldBase> {
        of_value(self.link()?)
    }

    // The link as it is remembered after the cycle.
    fn link(&self) -> Option<&Link> {
        let noted = self.reconciled.notes.iter().rev().find_map(|note| match note {
            Note::Link(link) if link.key() == key() => Some(&**link),
            _ => None,
        });
        noted.or_else(|| self.memory.links.get(&key()))
    }
}

/// What the specs call a link's state.
const fn state(state: LinkState) -> &'static str {
    match state {
        LinkState::Active => "active",
        LinkState::OutOfScope => "out of scope",
        LinkState::Suspect { .. } => "suspect",
        LinkState::Tombstone => "tombstone",
    }
}

fn of_value(link: &Link) -> Option<&FieldBase> {
    link.bases.iter().find(|base| base.field.as_str() == "value")
}
