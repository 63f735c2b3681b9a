//! The registry: every defect with its name, what is broken, and what of RELIABILITY.md it breaks.

use std::fmt;

use crate::guard::Rule;

/// A mistake that can be planted; one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// m1.
    SearchThenCreate,
    /// m2.
    CreateThenCommit,
    /// m3.
    RetryBySearch,
    /// m4.
    NewestWins,
    /// m5.
    NewestWinsUnlogged,
    /// No base, and nothing in its place.
    NoBase,
    /// m6.
    NoPreimage,
    /// m7.
    NoAudit,
    /// m8.
    AuditNotJournaled,
    /// m9.
    ClosedTooEarly,
    /// m10.
    UpsertAsCreate,
    /// m11.
    NoReread,
    /// m12.
    CursorFirst,
    /// m13.
    CursorFirstHealed,
    /// m14.
    NoScopeRecheck,
    /// m15.
    NoLease,
    /// m15b.
    NoLeaseSearchThenCreate,
    /// m16.
    AbsenceIsDelete,
    /// An echo is told by its time.
    EchoByTime,
    /// A base is what was sent.
    BaseFromSent,
    /// A limit lets one more through.
    CapOffByOne,
    /// A tombstone forbids nothing.
    TombstoneForgotten,
    /// An approval is for any plan.
    ApprovalUnbound,
    /// An approval is for any number of records.
    ApprovalWithoutCeiling,
    /// Merged records are looked for under their old id.
    AliasNotFollowed,
    /// An undo overwrites newer edits.
    UndoTramples,
    /// An event is acknowledged before it is durable.
    AckBeforeStore,
    /// A conflict takes the place of another.
    ConflictOverwritten,
    /// What cannot be read is empty.
    UnreadableAsNull,
    /// Nothing is waited for.
    QuietZero,
    /// A guard rule is left out of every review.
    Rule(Rule),
    /// The mistake that nothing but this rule holds once it is made.
    Behind(Rule),
    /// The same, and the rule is left out as well.
    Bare(Rule),
}

/// How people read a defect: its name, what it breaks of RELIABILITY.md, and what is broken.
type Row = (Defect, &'static str, &'static str, &'static str);

/// Every defect that is no rule left out.
const ROWS: [Row; 30] = [
    (
        Defect::SearchThenCreate,
        "search-then-create",
        "m1",
        "an unanswered create is forgotten; the next listing says whether it was made",
    ),
    (
        Defect::CreateThenCommit,
        "create-then-commit",
        "m2",
        "a create is sent before anything is remembered of it",
    ),
    (
        Defect::RetryBySearch,
        "retry-by-search",
        "m3",
        "an unanswered create is sent again if a listing of the scope, which lags, does not show it",
    ),
    (Defect::NewestWins, "newest-wins", "m4", "no base: of two values the one of the newer record wins"),
    (
        Defect::NewestWinsUnlogged,
        "newest-wins-unlogged",
        "m5",
        "the same, and overwritten values are not journaled",
    ),
    (Defect::NoBase, "no-base", "I-01", "no base: whatever is compared was never accounted for"),
    (Defect::NoPreimage, "no-preimage", "m6", "overwritten values are not journaled"),
    (Defect::NoAudit, "no-audit", "m7", "after a write nobody asks whose values came between look and write"),
    (Defect::AuditNotJournaled, "audit-not-journaled", "m8", "what a dead run sent is closed without a look"),
    (
        Defect::ClosedTooEarly,
        "closed-too-early",
        "m9",
        "an update that was not seen to land is closed while it may still land",
    ),
    (
        Defect::UpsertAsCreate,
        "upsert-as-create",
        "m10",
        "an unanswered create is sent again, and overwrites the record that has its external id",
    ),
    (Defect::NoReread, "no-reread", "m11", "nothing is read again before a write, nor audited after it"),
    (
        Defect::CursorFirst,
        "cursor-first",
        "m12",
        "cursors move before what they passed is applied, and no whole run heals it",
    ),
    (Defect::CursorFirstHealed, "cursor-first-healed", "m13", "the same, and whole runs heal it"),
    (Defect::NoScopeRecheck, "no-scope-recheck", "m14", "the scope is not asked again before a write"),
    (Defect::NoLease, "no-lease", "m15", "every instance holds the lease at any time"),
    (
        Defect::NoLeaseSearchThenCreate,
        "no-lease-search-then-create",
        "m15b",
        "no lease, and search-then-create",
    ),
    (Defect::AbsenceIsDelete, "absence-is-delete", "m16", "what a listing lacks counts as deleted at once"),
    (
        Defect::EchoByTime,
        "echo-by-time",
        "I-10",
        "a change within 20 minutes of our write is taken for its echo",
    ),
    (Defect::BaseFromSent, "base-from-sent", "I-10", "a base is what was sent, not what was read back"),
    (Defect::CapOffByOne, "cap-off-by-one", "I-17", "limits count one change less than there are"),
    (Defect::TombstoneForgotten, "tombstone-forgotten", "I-16", "a tombstone does not forbid a create"),
    (
        Defect::ApprovalUnbound,
        "approval-unbound",
        "I-17",
        "an approval lets every plan pass, not the one it names",
    ),
    (
        Defect::ApprovalWithoutCeiling,
        "approval-without-ceiling",
        "I-17",
        "an approval lets pass however much the plan it names would do",
    ),
    (Defect::AliasNotFollowed, "alias-not-followed", "I-28", "a merged record is known by its old id only"),
    (Defect::UndoTramples, "undo-tramples", "I-20", "an undo puts a value back whatever stands there by now"),
    (
        Defect::AckBeforeStore,
        "ack-before-store",
        "I-13",
        "an event is acknowledged whether or not it was stored",
    ),
    (
        Defect::ConflictOverwritten,
        "conflict-overwritten",
        "I-18",
        "a new conflict of a record takes the place of its older ones",
    ),
    (Defect::UnreadableAsNull, "unreadable-as-null", "I-25", "a cell that cannot be read is empty"),
    (
        Defect::QuietZero,
        "quiet-zero",
        "6.5",
        "an unanswered create is sent again without waiting out the quiet period",
    ),
];

/// Rules behind which nobody ever comes, since what stands before them stops the same: what they break, and the mistake
/// that they alone hold.
const BEHIND: [(Rule, &str, &str); 3] = [
    (Rule::Scope, "I-05", "a record is made without what puts it into the scope"),
    (Rule::Authority, "I-06", "a field that only flows in is merged as if it flowed both ways"),
    (Rule::TenantChanged, "I-29", "nobody asks whose account it is before a look is believed"),
];

impl Defect {
    /// Every defect.
    pub fn all() -> impl Iterator<Item = Self> {
        let behind = BEHIND.into_iter().flat_map(|(rule, ..)| [Self::Behind(rule), Self::Bare(rule)]);
        ROWS.into_iter().map(|row| row.0).chain(Rule::ALL.map(Self::Rule)).chain(behind)
    }

    /// Finds a defect by its name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().find(|defect| defect.name() == name)
    }

    /// Its name, in words joined by hyphens.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Rule(rule) => format!("without-{}", hyphened(rule)),
            Self::Behind(rule) => format!("behind-{}", hyphened(rule)),
            Self::Bare(rule) => format!("bare-{}", hyphened(rule)),
            own => own.text().map_or("", |row| row.1).to_owned(),
        }
    }

    /// What it breaks of RELIABILITY.md: a row of its table of variants, an invariant or a section.
    #[must_use]
    pub fn row(self) -> &'static str {
        match self {
            Self::Behind(rule) | Self::Bare(rule) => behind(rule).map_or("I-17", |row| row.1),
            own => own.text().map_or("I-17", |row| row.2),
        }
    }

    /// What is broken, in one line.
    #[must_use]
    pub fn broken(self) -> &'static str {
        match self {
            Self::Behind(rule) | Self::Bare(rule) => behind(rule).map_or("", |row| row.2),
            own => own.text().map_or("a guard rule is left out of every review", |row| row.3),
        }
    }

    fn text(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.0 == self)
    }
}

fn hyphened(rule: Rule) -> String {
    rule.name().replace('_', "-")
}

fn behind(rule: Rule) -> Option<&'static (Rule, &'static str, &'static str)> {
    BEHIND.iter().find(|row| row.0 == rule)
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_defect_has_a_name_of_its_own_and_is_found_by_it() {
        let names: BTreeSet<String> = Defect::all().map(Defect::name).collect();
        assert_eq!(names.len(), Defect::all().count());
        for defect in Defect::all() {
            assert_eq!(Defect::by_name(&defect.name()), Some(defect));
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(!defect.name().is_empty() && defect.name().chars().all(plain), "{defect}");
        }
    }
}
