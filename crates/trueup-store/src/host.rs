//! What a store needs from its host: chance, and the time that leases are judged by.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use trueup_core::{journal::Salt, value::PrintKey};

/// Where a store takes randomness and time from.
#[derive(Clone)]
pub struct Host {
    random: Arc<dyn Fn() -> u64 + Send + Sync>,
    now: Option<Arc<dyn Fn() -> Timestamp + Send + Sync>>,
}

impl Host {
    /// Takes a source of 64 random bits and leaves time to the store.
    ///
    /// `SQLite` then asks its own clock within the transaction that needs it: one clock a file,
    /// whichever process asks. A [`MemoryStore`](crate::MemoryStore) has no clock of its own and
    /// stands at the Unix epoch.
    pub fn new(random: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { random: Arc::new(random), now: None }
    }

    /// Gives the store its time, as a simulation does.
    #[must_use]
    pub fn with_clock(self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { now: Some(Arc::new(now)), ..self }
    }

    /// The given time, if one is given.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.now.as_ref().map(|now| now())
    }

    pub(crate) fn salt(&self) -> Salt {
        self.bytes()
    }

    pub(crate) fn print_key(&self) -> PrintKey {
        PrintKey::new(self.bytes())
    }

    /// A name for a new store that no other store has.
    pub(crate) fn lineage(&self) -> String {
        format!("{:032x}", u128::from_le_bytes(self.bytes()))
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk.iter_mut().zip((self.random)().to_le_bytes()).for_each(|(to, from)| *to = from);
        }
        bytes
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("own_clock", &self.now.is_none()).finish_non_exhaustive()
    }
}
