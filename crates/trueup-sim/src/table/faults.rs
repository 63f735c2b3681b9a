//! What can go wrong with a simulated system, by name, how often, and how often it did.

/// Something that can go wrong with a system; its full name is `fault.<system>.<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultName {
    /// A read is turned away because too many came before it.
    ReadBusy,
    /// The same, and the system says when to come back.
    ReadBusyUntil,
    /// A write is turned away because too many came before it.
    WriteBusy,
    /// The same, and the system says when to come back.
    WriteBusyUntil,
    /// The answer to a read cannot be understood.
    Garbled,
    /// A write is lost before it takes effect.
    LostBefore,
    /// A write takes effect and its answer is lost.
    LostAfter,
    /// A write's answer is lost and it takes effect later, whoever lives then.
    Late,
    /// One record of a write is refused.
    RefusedRecord,
    /// A batch is refused as a whole, without a word which record is to blame.
    RefusedBatch,
    /// An answer names some records only, in any order, and in a read some twice.
    Partial,
    /// A page takes longer than a lease lasts.
    Slow,
    /// A listing skips a record at the seam of two pages.
    Seam,
    /// A record that exists is not found for a while.
    Hidden,
    /// The credential opens nothing for a while.
    Denied,
    /// A value is kept in another spelling.
    Respelled,
    /// A value is not kept although the answer says so.
    Dropped,
}

impl FaultName {
    /// Every fault.
    pub const ALL: [Self; 17] = [
        Self::ReadBusy,
        Self::ReadBusyUntil,
        Self::WriteBusy,
        Self::WriteBusyUntil,
        Self::Garbled,
        Self::LostBefore,
        Self::LostAfter,
        Self::Late,
        Self::RefusedRecord,
        Self::RefusedBatch,
        Self::Partial,
        Self::Slow,
        Self::Seam,
        Self::Hidden,
        Self::Denied,
        Self::Respelled,
        Self::Dropped,
    ];

    /// Its own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadBusy => "read_busy",
            Self::ReadBusyUntil => "read_busy_until",
            Self::WriteBusy => "write_busy",
            Self::WriteBusyUntil => "write_busy_until",
            Self::Garbled => "garbled",
            Self::LostBefore => "lost_before",
            Self::LostAfter => "lost_after",
            Self::Late => "late",
            Self::RefusedRecord => "refused_record",
            Self::RefusedBatch => "refused_batch",
            Self::Partial => "partial",
            Self::Slow => "slow",
            Self::Seam => "seam",
            Self::Hidden => "hidden",
            Self::Denied => "denied",
            Self::Respelled => "respelled",
            Self::Dropped => "dropped",
        }
    }

    /// Its name at a system.
    #[must_use]
    pub fn of(self, system: &str) -> String {
        format!("fault.{system}.{}", self.name())
    }

    /// How many thousandths of the occasions it takes at most in a seed.
    #[must_use]
    pub const fn most(self) -> u64 {
        match self {
            Self::LostBefore | Self::LostAfter | Self::Respelled => 60,
            Self::Late => 80,
            Self::WriteBusy | Self::RefusedBatch | Self::Partial => 40,
            Self::Denied | Self::Hidden | Self::Seam => 4,
            Self::ReadBusy
            | Self::ReadBusyUntil
            | Self::WriteBusyUntil
            | Self::Garbled
            | Self::RefusedRecord
            | Self::Slow
            | Self::Dropped => 20,
        }
    }
}

/// How often what goes wrong, in thousandths of the occasions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults([u64; FaultName::ALL.len()]);

impl Faults {
    /// One fault this often, and no other.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a name is a position in the list of all names")]
    pub const fn only(name: FaultName, permille: u64) -> Self {
        let mut shares = [0; FaultName::ALL.len()];
        shares[name as usize] = permille;
        Self(shares)
    }

    /// The same with one fault this often.
    #[must_use]
    pub fn with(mut self, name: FaultName, permille: u64) -> Self {
        if let Some(share) = self.0.get_mut(name as usize) {
            *share = permille;
        }
        self
    }

    /// How often a fault happens, in thousandths.
    #[must_use]
    pub fn share(&self, name: FaultName) -> u64 {
        self.0.get(name as usize).copied().unwrap_or_default()
    }

    /// Whether nothing goes wrong at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How often each fault happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([u64; FaultName::ALL.len()]);

impl Tally {
    /// Counts one.
    pub fn count(&mut self, name: FaultName) {
        if let Some(count) = self.0.get_mut(name as usize) {
            *count += 1;
        }
    }

    /// How often a fault happened.
    #[must_use]
    pub fn of(&self, name: FaultName) -> u64 {
        self.0.get(name as usize).copied().unwrap_or_default()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, count)| *sum += count);
    }

    /// Every fault with its count.
    pub fn counts(&self) -> impl Iterator<Item = (FaultName, u64)> {
        FaultName::ALL.into_iter().zip(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_fault_has_a_place_and_a_name_of_its_own() {
        let names: BTreeSet<&str> = FaultName::ALL.iter().map(|name| name.name()).collect();
        assert_eq!(names.len(), FaultName::ALL.len());
        for (at, name) in FaultName::ALL.into_iter().enumerate() {
            assert_eq!(name as usize, at);
            assert_eq!(Faults::only(name, 7).share(name), 7);
        }
        assert_eq!(FaultName::Late.of("crm"), "fault.crm.late");
    }
}
