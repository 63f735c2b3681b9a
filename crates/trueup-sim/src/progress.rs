//! How far it is, for who watches a terminal.

use std::{
    io::{IsTerminal, Write},
    sync::atomic::{AtomicU64, Ordering},
};

/// After so many seeds the line is drawn again.
const EVERY: u64 = 10;

/// How many seeds were played of something; a line on standard error if that is a terminal, and nothing otherwise.
pub(crate) struct Progress {
    what: String,
    played: AtomicU64,
    shown: bool,
}

impl Progress {
    /// Nothing was played yet of what is named.
    pub(crate) fn new(what: String) -> Self {
        Self { what, played: AtomicU64::new(0), shown: std::io::stderr().is_terminal() }
    }

    /// One seed more was played.
    pub(crate) fn step(&self) {
        let played = self.played.fetch_add(1, Ordering::Relaxed) + 1;
        if self.shown && played.is_multiple_of(EVERY) {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[2K{}: {played} played", self.what);
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[2K");
        }
    }
}
