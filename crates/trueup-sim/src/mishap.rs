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
    /// The key of a mirror is swapped for another account's.
    KeySwapped,
    /// A field that may never change is edited all day long, on both sides.
    Renumbered,
    /// Writes are often late; who sent them dies of it, is back at once, and people edit what they are about to hit.
    Straggling,
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

    /// Those of a book that came later. They are drawn apart: who has one of the others keeps it.
    const BOOK_LATER: [Self; 3] = [Self::KeySwapped, Self::Renumbered, Self::Straggling];

    /// Those that came later where all systems are edited.
    const MUTUAL_LATER: [Self; 1] = [Self::Straggling];

    /// The mishap of a seed, in a third of the seeds that may have one.
    #[must_use]
    pub fn of(seed: u64, scene: Scene) -> Option<Self> {
        if scene == Scene::Fields || seed < FROM {
            return None;
        }
        let [first, later]: [&[Self]; 2] = if scene.is_mutual() {
            [&Self::MUTUAL, &Self::MUTUAL_LATER]
        } else {
            [&Self::BOOK, &Self::BOOK_LATER]
        };
        let drawn = |all: &[Self], salt: u64, share: u64| {
            let chance = Chance::new(seed ^ salt);
            let fits = chance.permille(share);
            all.get(chance.index(all.len())).copied().filter(|_| fits)
        };
        drawn(first, 0x6d69_7368_6170, 250).or_else(|| drawn(later, 0x006c_6174_6572, 100))
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
            Self::Straggling => {
                let systems = options.mirrors.iter_mut().chain([&mut options.truth]);
                for system in systems {
                    system.faults = system.faults.with(FaultName::Late, 200);
                    system.max_in_flight_ms = system.max_in_flight_ms.max(60_000);
                }
                options.caps = false;
            }
            Self::FilterIgnored
            | Self::ColumnGone
            | Self::CutShort
            | Self::ConfigMoved
            | Self::KeySwapped
            | Self::Renumbered
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
            Self::FilterIgnored
                | Self::ColumnGone
                | Self::CutShort
                | Self::Emptied
                | Self::ConfigMoved
                | Self::KeySwapped
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
        let later = Mishap::BOOK_LATER.iter().chain(&Mishap::MUTUAL_LATER);
        let all = Mishap::BOOK.iter().chain(&Mishap::MUTUAL).chain(later);
        let all: BTreeSet<String> = all.map(|mishap| format!("{mishap:?}")).collect();
        assert_eq!(met, all);
    }
}
