//! The real binary, against the real sandbox over real HTTP on loopback.
#![allow(missing_docs, reason = "a test binary has no readers of documentation")]

mod cycle;
mod demo;
mod output;
mod proof;
#[cfg(test)]
mod scenarios;
mod shapes;
mod support;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod sweep_alerts;
#[cfg(test)]
mod sweep_outages;
#[cfg(test)]
mod sweep_races;
#[cfg(test)]
mod sweep_refusals;
#[cfg(test)]
mod sweep_undo;
mod usage;
