//! How a difference of one field was told.

use trueup_core::{
    memory::{Choice, Conflict, Decision, FieldKey},
    merge::Party,
    plan::{Finding, FindingKey, FindingKind, Reason, Values},
    setup::Trigger,
    value::Cell,
};

use super::Known;
use crate::{Listing, pair::Reading};

impl Known<'_> {
    /// How a difference of one field was told: only if what was told is about the values that are there now.
    pub(crate) fn field(&self, key: &FieldKey, seen: &Reading<'_>) -> Option<Listing> {
        let print = |cell: &Cell| self.memory.print(cell);
        let conflict = self.memory.conflicts.get(key).filter(|row| row.closed.is_none());
        if conflict.is_some_and(|row| seen.is_set || is_about(row, seen)) {
            return Some(Listing::Conflict);
        }
        let parked = self.memory.parked.get(key);
        if parked.is_some_and(|row| {
            row.canonical.is_none_or(|then| Some(then) == print(&seen.canonical))
                && row.mirror.is_none_or(|then| Some(then) == print(&seen.whole_mirror))
        }) {
            return Some(Listing::Parked);
        }
        if self.memory.holds.get(key).is_some_and(|hold| hold.canonical == print(&seen.canonical)) {
            return Some(Listing::Hold);
        }
        if self.open(&key.link.system).any(|found| covers(found, key, seen)) {
            return Some(Listing::Finding);
        }
        if self.is_held(key, seen) {
            return Some(Listing::Held);
        }
        self.is_accepted(key, seen).then_some(Listing::Decided)
    }

    fn is_held(&self, key: &FieldKey, seen: &Reading<'_>) -> bool {
        let entity = &key.link.entity;
        let held = |found: &Finding| found.kind == FindingKind::Held && found.entity.as_ref() == Some(entity);
        if !self.open(&key.link.system).any(held) {
            return false;
        }
        let changes = self
            .last
            .iter()
            .flat_map(|plan| plan.changes.iter().chain(plan.held.iter().map(|held| &held.change)));
        let own = changes.filter(|change| change.system == key.link.system && change.entity == *entity);
        own.flat_map(|change| &change.edits).any(|edit| {
            edit.field == key.field
                && edit.canonical.same(&seen.canonical)
                && edit.before.same(seen.raw_mirror)
        })
    }

    /// Whether a person accepted this very difference. Where no kept plan shows any more what it was, their word
    /// is all there is; the engine asks again by itself when the values change.
    fn is_accepted(&self, key: &FieldKey, seen: &Reading<'_>) -> bool {
        let own = |(about, row): &(&FindingKey, &Decision)| {
            about.system == key.link.system
                && row.choice == Choice::Accept
                && (about.subject == subject(key) || self.are_addresses(about, key, seen))
        };
        let shown = |about| self.accepted.get(about).is_none_or(|shown| covers(shown, key, seen));
        self.memory.decisions.iter().filter(own).any(|(about, _)| shown(about))
    }

    /// Whether a decision is about whose addresses these are, and the last run left this field alone for it.
    fn are_addresses(&self, about: &FindingKey, key: &FieldKey, seen: &Reading<'_>) -> bool {
        let left = |reason: &Reason| {
            reason.sort == "accepted"
                && reason.subject == key.link.entity.as_str()
                && reason.what.starts_with(&format!("{} ", key.field))
        };
        seen.is_identity
            && about.subject == key.link.entity.as_str()
            && self.is(&about.class, &Trigger::Stranger)
            && self.reasons().any(left)
    }
}

/// The subject of a finding about one field.
fn subject(key: &FieldKey) -> String {
    format!("{}.{}", key.link.entity, key.field)
}

/// Whether each side still claims what it holds now.
fn is_about(conflict: &Conflict, seen: &Reading<'_>) -> bool {
    let claims = |party: fn(&Party) -> bool, cell: &Cell| {
        let mut own = conflict.claims.iter().filter(|claim| party(&claim.party)).peekable();
        own.peek().is_none() || own.any(|claim| claim.cell.same(cell))
    };
    claims(|party| *party == Party::Canonical, &seen.canonical)
        && claims(|party| matches!(party, Party::Mirror(_)), &seen.mirror)
}

impl Reading<'_> {
    /// Whether these are the values that a finding showed.
    fn are(&self, values: &Values) -> bool {
        let alike = |a: &Cell, b: &Cell| a.same(b) || (!a.is_known() && !b.is_known());
        let pair = |canonical, mirror| alike(&values.canonical, canonical) && alike(&values.mirror, mirror);
        pair(&self.canonical, &self.mirror) || pair(&self.whole_canonical, &self.whole_mirror)
    }
}

/// Whether a finding is about this field, and its values are those that are there now.
fn covers(found: &Finding, key: &FieldKey, seen: &Reading<'_>) -> bool {
    let unread = || found.values.is_empty() && found.key.subject == subject(key) && !seen.is_known();
    found.kind == FindingKind::Finding
        && found.entity.as_ref() == Some(&key.link.entity)
        && (unread() || found.values.iter().any(|values| values.field == key.field && seen.are(values)))
}
