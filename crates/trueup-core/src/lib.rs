//! Decides **what** should change: values in, values out.
//!
//! The data flow is the layout. A cycle reads both sides ([`snapshot`]), finds out who is who
//! ([`link`]), agrees field by field ([`merge`]), names every difference ([`drift`]), writes the plan
//! ([`plan`]), asks the rules ([`guard`]) and remembers ([`journal`], [`memory`]).
//!
//! Deliberately absent: I/O, clocks, randomness, async, and any map whose iteration order is not
//! fixed. Nothing here can fail for outside reasons; what can be wrong is a value, and then the
//! value says so ([`value::Cell::Unreadable`]).
//!
//! Read next: [`setup::Setup`] (what the configuration means), then [`merge::merge`].

#![cfg_attr(test, allow(clippy::missing_panics_doc, reason = "tests panic on purpose"))]

pub mod card;
pub mod create;
pub mod drift;
pub mod expr;
#[cfg(test)]
mod fixture;
pub mod guard;
pub mod hint;
pub mod journal;
pub mod link;
pub mod memory;
pub mod merge;
pub mod name;
pub mod plan;
pub mod planted;
pub mod record;
pub mod render;
pub mod settle;
pub mod setup;
pub mod snapshot;
pub mod text;
pub mod undo;
pub mod value;
