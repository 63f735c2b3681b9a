//! Verification against systems and a store in memory.
#![allow(missing_docs, reason = "a test binary has no readers of documentation")]

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod support;
#[cfg(test)]
mod told;
