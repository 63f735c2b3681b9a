//! Mishaps: what happens to a whole side at once, and what the guard's rules are there for. One a seed at most.

use trueup_core::{merge::Survivor, setup::Action};

use crate::{
    chance::Chance,
    scene::{Scene, peers::Rules},
    swarm::Options,
    table::{FaultName, Faults},
};

/// Seeds below are kept from before there were mishaps, and go on meaning what they meant.
const FROM: u64 = 1_000_000;

/// A mishap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// Listings of the scope give everybody's records.
    FilterIgnored,
    /// A mapped column of a mirror is gone.
    ColumnGone,
    /// A listing of a mirror breaks off, and says so.
    CutShort,
    /// The listing of the source of truth lacks most records, and does not say so.
    Emptied,
    /// Another configuration is rolled out, and nobody looks at its first plan.
    ConfigMoved,
    /// A column of the source of truth is cleared.
    Cleared,
    /// One value is dragged down a column of the source of truth, over a quarter of it.
    DraggedDown,
    /// The same field of many records is edited on both sides at once.
    BothEdited,
    /// A record without a name and an address is added to the source of truth.
    Nameless,
    /// A value that is longer than any column is written into the source of truth.
    TooLong,
    /// A mirror does not archive, and records of the source of truth are put away.
    NoArchive,
    /// A value that cannot be understood is written into the source of truth.
    Unreadable,
    /// People edit and reassign the very records that are being written, all day long.
    Racing,
    /// Systems keep much in another spelling, and nothing else goes wrong.
    Respelled,
}

impl Mishap {
    /// Every mishap of a book that is only read.
    const BOOK: [Self; 11] = [
        Self::FilterIgnored,
        Self::ColumnGone,
        Self::CutShort,
        Self::Emptied,
        Self::ConfigMoved,
        Self::Cleared,
        Self::DraggedDown,
        Self::Nameless,
        Self::TooLong,
        Self::Unreadable,
        Self::Racing,
    ];

    /// Every mishap where all systems are edited.
    const MUTUAL: [Self; 4] = [Self::BothEdited, Self::NoArchive, Self::Racing, Self::Respelled];

    /// The mishap of a seed, in a quarter of the seeds that may have one.
    #[must_use]
    pub fn of(seed: u64, scene: Scene) -> Option<Self> {
        let chance = Chance::new(seed ^ 0x6d69_7368_6170);
        let all: &[Self] = if scene.is_mutual() { &Self::MUTUAL } else { &Self::BOOK };
        let fits = scene != Scene::Fields && seed >= FROM && chance.permille(250);
        all.get(chance.index(all.len())).copied().filter(|_| fits)
    }

    /// What a seed is like in which it happens: what would hide it is switched off.
    pub(crate) fn prepare(self, options: &mut Options) {
        options.mishap = Some(self);
        options.every_min = options.every_min.min(60);
        match self {
            Self::Cleared | Self::Emptied => {
                (options.caps, options.records) = (true, options.records.max(12));
            }
            Self::DraggedDown => (options.caps, options.records) = (true, options.records.max(100)),
            Self::BothEdited => {
                (options.caps, options.records) = (true, options.records.max(16));
                options.rules.survivor = Survivor::Ask;
            }
            Self::NoArchive => {
                options.rules = Rules { gone: Action::Fix, ..options.rules };
                options.mirrors.iter_mut().take(1).for_each(|mirror| mirror.archives = false);
            }
            Self::Respelled => {
                let o = &mut *options;
                (o.kills, o.freezes, o.jumps, o.cuts, o.unanswered, o.meddling) = (0, 0, 0, 0, 0, 0);
                let respells = Faults::only(FaultName::Respelled, 200);
                for system in o.mirrors.iter_mut().chain([&mut o.truth]) {
                    // Where neither history nor answer tells whose value it is, it is told again.
                    (system.faults, system.shows) = (respells, system.shows || !system.history);
                }
            }
            Self::FilterIgnored
            | Self::ColumnGone
            | Self::CutShort
            | Self::ConfigMoved
            | Self::Nameless
            | Self::TooLong
            | Self::Unreadable
            | Self::Racing => options.caps = false,
        }
    }

    /// Whether it lasts, and nothing that is read meanwhile is to be believed.
    #[must_use]
    pub const fn lasts(self) -> bool {
        matches!(
            self,
            Self::FilterIgnored | Self::ColumnGone | Self::CutShort | Self::Emptied | Self::ConfigMoved
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn old_seeds_have_no_mishap_and_new_ones_have_each_at_times() {
        assert!((0..2_000).all(|seed| Options::of(seed).mishap.is_none()));
        let met: BTreeSet<String> = (FROM..FROM + 2_000)
            .filter_map(|seed| Options::of(seed).mishap)
            .map(|mishap| format!("{mishap:?}"))
            .collect();
        let all: BTreeSet<String> =
            Mishap::BOOK.iter().chain(&Mishap::MUTUAL).map(|mishap| format!("{mishap:?}")).collect();
        assert_eq!(met, all);
    }
}
