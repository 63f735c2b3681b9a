//! The real binary, against the real sandbox over real HTTP on loopback.
#![allow(missing_docs, reason = "a test binary has no readers of documentation")]

mod cycle;
mod demo;
mod output;
mod proof;
mod scenarios;
mod shapes;
mod support;
mod sweep;
mod sweep_alerts;
mod sweep_outages;
mod sweep_races;
mod sweep_refusals;
mod sweep_undo;
mod usage;
