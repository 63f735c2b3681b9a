//! The lease row and the fence, as `trueup-store/src/lease.rs` and `Fence::renew` of
//! `trueup-ports/src/store.rs` have them. The clock is the store's, in ticks that are left.

use crate::pair::Which;

/// Whose name the row bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Holder {
    /// Nobody's: it was given back, or never taken.
    Nobody,
    /// A process that lives, also when it is paused.
    Engine(Which),
    /// A process that was killed. Whoever comes next may know that (`Store::bury`), and a crashed engine
    /// comes back as another process.
    Dead,
}

/// The lease row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lease {
    pub(crate) epoch: u8,
    pub(crate) holder: Holder,
    pub(crate) left: u8,
}

/// What taking the lease gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) epoch: u8,
    /// Whether a living holder's lease ran out, so that its last call may still be on its way.
    pub(crate) ran_out: bool,
}

impl Lease {
    pub(crate) const fn new() -> Self {
        Self { epoch: 0, holder: Holder::Nobody, left: 0 }
    }

    /// `Lease::take` after `Engine::lease` buried a dead holder; `None` is `StoreError::Held`.
    pub(crate) fn take(&mut self, by: Which, ttl: u8) -> Option<Taken> {
        let taken = match self.holder {
            Holder::Nobody | Holder::Dead => Taken { epoch: self.epoch + 1, ran_out: false },
            Holder::Engine(same) if same == by => Taken { epoch: self.epoch, ran_out: false },
            Holder::Engine(_) if self.left > 0 => return None,
            Holder::Engine(_) => Taken { epoch: self.epoch + 1, ran_out: true },
        };
        *self = Self { epoch: taken.epoch, holder: Holder::Engine(by), left: ttl };
        Some(taken)
    }

    /// `Fence::renew`: a lease of another epoch is given back, since what its holder knows is old.
    pub(crate) fn renew(&mut self, by: Which, epoch: u8, ttl: u8) -> bool {
        let Some(now) = self.take(by, ttl) else { return false };
        if now.epoch != epoch {
            self.release(by, now.epoch);
        }
        now.epoch == epoch
    }

    /// `Lease::stands`: what a fenced commit checks inside its transaction.
    pub(crate) fn stands(self, by: Which, epoch: u8) -> bool {
        self.is_of(by, epoch) && self.left > 0
    }

    pub(crate) fn is_of(self, by: Which, epoch: u8) -> bool {
        self.holder == Holder::Engine(by) && self.epoch == epoch
    }

    /// `Store::release`.
    pub(crate) fn release(&mut self, by: Which, epoch: u8) {
        if self.is_of(by, epoch) {
            (self.holder, self.left) = (Holder::Nobody, 0);
        }
    }

    /// Its holder is killed: the row stays as it is, and nobody will ever renew it.
    pub(crate) fn crash(&mut self, who: Which) {
        if self.holder == Holder::Engine(who) {
            (self.holder, self.left) = (Holder::Dead, 0);
        }
    }

    pub(crate) const fn tick(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    /// The same with the engines' names exchanged.
    pub(crate) const fn swap(&mut self) {
        if let Holder::Engine(who) = self.holder {
            self.holder = Holder::Engine(who.other());
        }
    }

    /// Epochs are compared only with each other, so ranks will do; without them there were no end of states.
    pub(crate) fn rank_epochs(&mut self, fences: [Option<&mut u8>; 2]) {
        let [a, b] = fences;
        let mut all = [Some(self.epoch), a.as_deref().copied(), b.as_deref().copied()];
        all.sort_unstable();
        let rank = |epoch: u8| {
            let mut lower: u8 = 0;
            let mut last = None;
            for one in all.into_iter().flatten().filter(|one| *one < epoch) {
                lower += u8::from(last != Some(one));
                last = Some(one);
            }
            lower
        };
        self.epoch = rank(self.epoch);
        for fence in [a, b].into_iter().flatten() {
            *fence = rank(*fence);
        }
    }
}
