//! What every rendering needs of a plan: its parts in their order, and words for values and classes.

use std::collections::{BTreeMap, BTreeSet};

use super::Ruling;
use crate::{
    merge::{Claim, Party},
    name::{ClassId, EntityKey, SystemName},
    plan::{Bucket, Change, FieldConflict, Held, Plan},
    setup::Setup,
    text::clean::escape_for_display,
    value::{Cell, Value},
};

/// A plan with what is needed to speak about it.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) plan: &'a Plan,
    pub(super) ruling: Option<&'a Ruling<'a>>,
    pub(super) setup: &'a Setup,
    pub(super) redacted: bool,
}

impl<'a> View<'a> {
    /// The changes that no rule holds, in the plan's order.
    pub(super) fn planned(&self) -> impl Iterator<Item = &'a Change> {
        let held: BTreeSet<_> = self.ruled_out().iter().map(|held| identity(&held.change)).collect();
        self.plan.changes.iter().filter(move |change| !held.contains(&identity(change)))
    }

    /// How many of them have a verb.
    pub(super) fn count_of(&self, verb: &str) -> usize {
        self.planned().filter(|change| change.act.verb() == verb).count()
    }

    /// What findings and rules hold back.
    pub(super) fn held(&self) -> impl Iterator<Item = &'a Held> {
        self.plan.held.iter().chain(self.ruled_out())
    }

    fn ruled_out(&self) -> &'a [Held] {
        self.ruling.map_or(&[], |ruling| ruling.held)
    }

    /// Whether there is nothing that anybody has to do or to know.
    pub(super) fn is_quiet(&self) -> bool {
        let plan = self.plan;
        let idle = plan.changes.is_empty() && plan.held.is_empty() && plan.findings.is_empty();
        let halted = self.ruling.is_some_and(|ruling| !ruling.halts.is_empty());
        idle && plan.conflicts.is_empty() && plan.report.parked == 0 && !halted
    }

    /// How many records the scopes hold.
    pub(super) fn in_scope(&self) -> usize {
        let buckets = self.plan.report.buckets.iter();
        buckets.filter(|(bucket, _)| **bucket != Bucket::OutOfScope).map(|(_, count)| count).sum()
    }

    /// The title of a class, or nothing for a class the configuration no longer has.
    pub(super) fn title(&self, class: &str) -> String {
        let class = self.setup.class(&ClassId::new(class));
        class.map_or_else(String::new, |class| shown(&class.title))
    }

    /// How many records each class concerns, findings included.
    pub(super) fn classes(&self) -> BTreeMap<&'a ClassId, usize> {
        let mut counts = BTreeMap::new();
        let changes = self.planned().flat_map(Change::classes);
        for class in changes.chain(self.plan.findings.iter().map(|finding| &finding.key.class)) {
            *counts.entry(class).or_default() += 1;
        }
        counts
    }

    /// How people call the record; a redacted rendering does not say.
    pub(super) fn label(&self, change: &Change) -> String {
        if self.redacted { String::new() } else { shown(&change.label) }
    }

    /// A cell in words.
    pub(super) fn value(&self, cell: &Cell) -> String {
        match cell {
            Cell::Null | Cell::Empty => "(nothing)".to_owned(),
            Cell::Absent => "(not delivered)".to_owned(),
            Cell::Unreadable(trouble) => format!("(unreadable: {})", shown(&trouble.why)),
            Cell::Value(_) if self.redacted => "(a value)".to_owned(),
            Cell::Value(Value::List(items)) => {
                let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Cell::Value(value) => quoted(&value.to_string()),
        }
    }

    /// Who claims: another mirror may as well.
    pub(super) fn claimant(&self, conflict: &'a FieldConflict, claim: &Claim) -> &'a str {
        match claim.party {
            Party::Journal => "journal",
            party => self.setup.system_of(party).unwrap_or(&conflict.system).as_str(),
        }
    }
}

/// A plan writes each record once, so this tells two changes apart.
fn identity(change: &Change) -> (&SystemName, &EntityKey, u8) {
    (&change.system, &change.entity, change.act.rank())
}

/// A text from outside, safe to show.
pub(super) fn shown(text: &str) -> String {
    escape_for_display(text).into_owned()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text).replace('"', "\\\""))
}

/// `1 finding`, `2 findings`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A bucket in words.
pub(super) const fn bucket(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::InSync => "in sync",
        Bucket::Pending => "pending",
        Bucket::Conflict => "in conflict",
        Bucket::Failed => "failed",
        Bucket::Excluded => "left alone",
        Bucket::OutOfScope => "out of scope",
    }
}
