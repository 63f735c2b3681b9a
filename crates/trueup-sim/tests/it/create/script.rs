//! What is made to go wrong, and where.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

/// Where something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrow {
    T1,
    R,
    D,
    T2,
    Janitor,
}

/// How it goes wrong there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// The process dies right after the effect, before it hears of it.
    Kill,
    /// There is no effect, and nobody says so clearly.
    Fail,
    /// The effect comes late, or its answer does.
    Late,
    /// There is no effect, and whoever asked is told so.
    Refuse,
}

/// What the mirror makes of the create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Created,
    Exists,
    Refused,
    LostBefore,
    LostAfter,
    Late,
    Busy,
}

/// What the app's database makes of T2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    Ok,
    Fail,
    Unknown,
}

/// What is made to go wrong, as long as it is chaos.
pub(crate) struct Script {
    pub(crate) chaos: AtomicBool,
    pub(crate) harm: Mutex<Option<(Arrow, Harm)>>,
    pub(crate) reply: Mutex<Reply>,
    pub(crate) second: Mutex<Second>,
    /// Polls until the process dies wherever it is; zero is never.
    pub(crate) fuse: AtomicU32,
    pub(crate) dead: AtomicBool,
}

impl Script {
    pub(crate) fn harm(&self, arrow: Arrow) -> Option<Harm> {
        let own = self.harm.lock().unwrap().filter(|(at, _)| *at == arrow);
        own.map(|(_, harm)| harm).filter(|_| self.chaos.load(Ordering::Relaxed))
    }

    pub(crate) fn strike(&self, arrow: Arrow) {
        if self.harm(arrow) == Some(Harm::Kill) {
            self.dead.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn lives(&self) -> bool {
        let burns = self.fuse.load(Ordering::Relaxed);
        if burns == 1 {
            self.dead.store(true, Ordering::Relaxed);
        }
        self.fuse.store(burns.saturating_sub(1), Ordering::Relaxed);
        !self.dead.load(Ordering::Relaxed)
    }
}
