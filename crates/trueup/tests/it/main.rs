//! The real binary, against the real sandbox over real HTTP on loopback.
#![allow(missing_docs, reason = "a test binary has no readers of documentation")]

#[cfg(test)]
mod completion;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod cut_short;
#[cfg(test)]
mod cycle;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod interrupt;
#[cfg(test)]
mod last_line;
#[cfg(test)]
mod output;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod pty;
#[cfg(test)]
mod rehearse;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod screen;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod sweep_alerts;
#[cfg(test)]
mod sweep_answers;
#[cfg(test)]
mod sweep_cycles;
#[cfg(test)]
mod sweep_outages;
#[cfg(test)]
mod sweep_races;
#[cfg(test)]
mod sweep_refusals;
#[cfg(test)]
mod sweep_store;
#[cfg(test)]
mod sweep_undo;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod verify;
