//! Chance, from the system: fingerprint keys, salts and trace ids are made of it.

use std::hash::{BuildHasher, RandomState};

/// 64 random bits.
pub(crate) fn random() -> u64 {
    // A system without entropy has none to give to anybody; the hasher's seed is then the best there is.
    getrandom::u64().unwrap_or_else(|_| RandomState::new().hash_one(std::process::id()))
}
