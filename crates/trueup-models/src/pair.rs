//! Two of a kind. The models have two engines and two records, and neither of them comes first.

/// One of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Which {
    /// The one.
    A,
    /// The other.
    B,
}

impl Which {
    /// Both, in a fixed order.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Two of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair<T>([T; 2]);

impl<T> Pair<T> {
    /// Two that were made alike.
    pub(crate) const fn new(a: T, b: T) -> Self {
        Self([a, b])
    }

    /// One of them.
    #[must_use]
    pub const fn of(&self, which: Which) -> &T {
        let Self([a, b]) = self;
        match which {
            Which::A => a,
            Which::B => b,
        }
    }

    pub(crate) const fn of_mut(&mut self, which: Which) -> &mut T {
        let Self([a, b]) = self;
        match which {
            Which::A => a,
            Which::B => b,
        }
    }

    pub(crate) fn both_mut(&mut self) -> [&mut T; 2] {
        self.0.each_mut()
    }

    pub(crate) fn swap(&mut self) {
        self.0.reverse();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }
}

impl<T: Ord> Pair<T> {
    /// Puts the lesser one first, where it does not matter which is which.
    pub(crate) fn sort(&mut self) {
        self.0.sort_unstable();
    }
}
