//! The real binary, against the real sandbox over real HTTP on loopback.
#![allow(missing_docs, reason = "a test binary has no readers of documentation")]

mod cycle;
mod output;
mod proof;
mod scenarios;
mod shapes;
mod support;
mod sweep;
mod usage;
