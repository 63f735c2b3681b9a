//! Values, and the values a record had.

/// One value. A person's are told from the source's, and every edit makes another one.
pub(crate) type Value = u8;

/// What both sides said at the beginning.
pub(crate) const START: Value = 1;
/// What the source says; each change of it counts one up.
pub(crate) const SOURCE: Value = 2;
/// What a person types who corrects both systems by hand is what the source says, with this in it: the history tells
/// who wrote it (`Past::foreign`), and nothing else does.
pub(crate) const TYPED: Value = 4;
/// The first other value a person types into a record; each edit makes another one.
pub(crate) const PERSON: Value = 8;

pub(crate) const fn is_persons(value: Value) -> bool {
    value >= PERSON
}

/// What a value says, whoever wrote it.
pub(crate) const fn says(value: Value) -> Value {
    if is_persons(value) { value } else { value & !TYPED }
}

/// A set of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Values(u16);

impl Values {
    pub(crate) const fn add(&mut self, value: Value) {
        self.0 |= 1 << value;
    }

    pub(crate) const fn has(self, value: Value) -> bool {
        self.0 & (1 << value) != 0
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What a record said, oldest first, as the system tells it (`propertiesWithHistory`). A place in it is how
/// many values there were: what a read saw, and the watermark of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct History(u64);

const BITS: u32 = 4;

impl History {
    pub(crate) const fn of(value: Value) -> Self {
        Self(value as u64)
    }

    #[expect(clippy::cast_possible_truncation, reason = "64 bits hold 16 values")]
    pub(crate) const fn len(self) -> u8 {
        (u64::BITS - self.0.leading_zeros()).div_ceil(BITS) as u8
    }

    /// More than fit would overwrite the oldest: sixteen are more than any bounds here allow.
    pub(crate) const fn push(&mut self, value: Value) {
        debug_assert!(self.len() < 16, "a history is longer than the model can hold");
        self.0 = self.0 << BITS | value as u64;
    }

    pub(crate) const fn last(self) -> Value {
        (self.0 & 0xf) as Value
    }

    /// As a read saw it when there were so many values.
    pub(crate) const fn until(self, place: u8) -> Self {
        Self(self.0 >> ((self.len() - place) as u32 * BITS))
    }

    /// Values from a place on, newest first.
    pub(crate) fn since(self, place: u8) -> impl Iterator<Item = Value> {
        (place..self.len()).rev().map(move |at| self.until(at + 1).last())
    }

    /// Forgets so many of the oldest.
    pub(crate) const fn forget(&mut self, oldest: u8) {
        let kept = (self.len() - oldest) as u32 * BITS;
        if kept < u64::BITS {
            self.0 &= (1 << kept) - 1;
        }
    }
}
