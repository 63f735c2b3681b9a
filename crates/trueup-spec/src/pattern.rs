//! Every pattern of equality between what both sides say and what they said.

use trueup_core::value::Cell;

/// What one side says, or said at its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// The answer did not mention the field.
    Absent,
    /// It could not be understood.
    Unreadable,
    /// Something that the field cannot hold.
    Invalid,
    /// There is no value.
    Null,
    /// An empty text.
    Empty,
    /// A value; only which of them are equal counts.
    Letter(u8),
}

/// What is remembered of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    None,
    /// Something made under another mapping.
    Stale(Say, Say),
    /// What the canonical side and the mirror said.
    Kept(Say, Say),
}

/// One pattern of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What the canonical side says.
    pub canonical: Say,
    /// What the mirror says.
    pub mirror: Say,
    /// What both said when they were last accounted for.
    pub base: Base,
}

const LETTERS: [Say; 4] = [Say::Letter(0), Say::Letter(1), Say::Letter(2), Say::Letter(3)];
const NOW: [Say; 5] = [Say::Absent, Say::Unreadable, Say::Invalid, Say::Null, Say::Empty];

/// Every pattern, up to renaming the values: a new value is always the next letter.
#[must_use]
pub fn all() -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for canonical in says(&NOW) {
        for mirror in says(&NOW) {
            patterns.extend(bases().into_iter().map(|base| Pattern { canonical, mirror, base }));
        }
    }
    patterns.retain(Pattern::is_first_of_its_sort);
    patterns
}

fn says(special: &[Say]) -> Vec<Say> {
    special.iter().chain(&LETTERS).copied().collect()
}

fn bases() -> Vec<Base> {
    let mut bases = vec![Base::None];
    for canonical in says(&[Say::Null]) {
        for mirror in says(&[Say::Null, Say::Invalid]) {
            bases.extend([Base::Kept(canonical, mirror), Base::Stale(canonical, mirror)]);
        }
    }
    bases
}

impl Pattern {
    fn is_first_of_its_sort(&self) -> bool {
        let (was, had) = match self.base {
            Base::None => (Say::Null, Say::Null),
            Base::Kept(canonical, mirror) | Base::Stale(canonical, mirror) => (canonical, mirror),
        };
        let mut next = 0;
        [self.canonical, self.mirror, was, had].into_iter().all(|say| match say {
            Say::Letter(letter) => {
                let fits = letter <= next;
                next = next.max(letter + 1);
                fits
            }
            _ => true,
        })
    }

    /// Whether both say the same now.
    #[must_use]
    pub fn now(&self) -> &'static str {
        match (self.canonical.is_known(), self.mirror.is_known()) {
            (true, true) if self.canonical.same(self.mirror) => "equal",
            (true, true) => "differ",
            _ => "unknown",
        }
    }

    /// How the canonical side stands to its base.
    #[must_use]
    pub fn canonical_moved(&self) -> &'static str {
        moved(self.canonical, self.base.canonical())
    }

    /// How the mirror stands to its base.
    #[must_use]
    pub fn mirror_moved(&self) -> &'static str {
        moved(self.mirror, self.base.mirror())
    }

    /// The pattern in one short word: canonical, mirror, and after a colon the base of each.
    #[must_use]
    pub fn name(&self) -> String {
        let now = format!("{} {}", self.canonical.name(), self.mirror.name());
        match self.base {
            Base::None => now,
            Base::Kept(canonical, mirror) => format!("{now} : {} {}", canonical.name(), mirror.name()),
            Base::Stale(canonical, mirror) => format!("{now} stale {} {}", canonical.name(), mirror.name()),
        }
    }
}

fn moved(now: Say, base: Option<Say>) -> &'static str {
    match base {
        _ if !now.is_known() => now.name(),
        None => "new",
        Some(base) if base.same(now) => "unmoved",
        Some(_) => "moved",
    }
}

impl Base {
    /// What the canonical side said, if that still counts.
    #[must_use]
    pub const fn canonical(self) -> Option<Say> {
        match self {
            Self::Kept(canonical, _) => Some(canonical),
            Self::None | Self::Stale(..) => None,
        }
    }

    /// What the mirror said, if that still counts.
    #[must_use]
    pub const fn mirror(self) -> Option<Say> {
        match self {
            Self::Kept(_, mirror) => Some(mirror),
            Self::None | Self::Stale(..) => None,
        }
    }
}

impl Say {
    /// Whether it tells what the field holds, be it nothing.
    #[must_use]
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Absent | Self::Unreadable)
    }

    /// Whether it is known to be nothing.
    #[must_use]
    pub const fn is_blank(self) -> bool {
        matches!(self, Self::Null | Self::Empty)
    }

    /// Whether two say the same: null and empty hold the same nothing.
    #[must_use]
    pub fn same(self, other: Self) -> bool {
        self == other || (self.is_blank() && other.is_blank())
    }

    /// Its name in rows and specs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unreadable => "unreadable",
            Self::Invalid => "invalid",
            Self::Null => "null",
            Self::Empty => "empty",
            Self::Letter(0) => "a",
            Self::Letter(1) => "b",
            Self::Letter(2) => "c",
            Self::Letter(_) => "d",
        }
    }

    /// As a system spells it: values are numbers, and what is no number cannot be held.
    #[must_use]
    pub fn raw(self) -> Cell {
        match self {
            Self::Absent => Cell::Absent,
            Self::Unreadable => Cell::unreadable("#REF!", "Leads!B2"),
            Self::Invalid => Cell::text("call me"),
            Self::Null => Cell::Null,
            Self::Empty => Cell::Empty,
            Self::Letter(letter) => Cell::text((letter + 1).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pattern_is_another_one_with_its_values_renamed() {
        let all = all();
        // 5 kinds of nothing and values on each side, blank or a value at the base, or what cannot be held:
        // by hand, over the ways in which up to four values can be equal, 37 without a base and 339 with.
        assert_eq!(all.iter().filter(|one| one.base == Base::None).count(), 37);
        assert_eq!(all.iter().filter(|one| matches!(one.base, Base::Kept(..))).count(), 339);
        let mut names: Vec<String> = all.iter().map(Pattern::name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }
}
