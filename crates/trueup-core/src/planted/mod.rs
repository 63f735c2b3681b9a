//! Mistakes planted on purpose, so that tests and simulations can show that they notice.
//!
//! Product code branches with [`is`] at the very place where the rule lives. Without the feature `planted-defects`
//! that is the constant `false` and nothing of the branch is built; tidy sees that no build has it by itself.

mod defect;

pub use defect::Defect;

use crate::guard::Rule;

/// Whether the mistake is planted that only this rule holds, be the rule asked or not.
#[must_use]
pub fn stands_behind(rule: Rule) -> bool {
    is(Defect::Behind(rule)) || is(Defect::Bare(rule))
}

/// Whether a rule is left out.
#[must_use]
pub fn leaves_out(rule: Rule) -> bool {
    is(Defect::Rule(rule)) || is(Defect::Bare(rule))
}

#[cfg(feature = "planted-defects")]
pub use on::{is, plant};

/// Whether this very defect is planted: never, in this build.
#[cfg(not(feature = "planted-defects"))]
#[must_use]
pub const fn is(_: Defect) -> bool {
    false
}

#[cfg(feature = "planted-defects")]
mod on {
    use std::sync::{PoisonError, RwLock};

    use super::Defect;

    static PLANTED: RwLock<Option<Defect>> = RwLock::new(None);

    /// Plants one defect in this process in place of the one before, or takes it out again.
    pub fn plant(defect: Option<Defect>) {
        *PLANTED.write().unwrap_or_else(PoisonError::into_inner) = defect;
    }

    /// Whether this very defect is planted.
    #[must_use]
    pub fn is(defect: Defect) -> bool {
        *PLANTED.read().unwrap_or_else(PoisonError::into_inner) == Some(defect)
    }
}
