//! Lease and intent around an update: `Engine::run` and `gate::write` with two engines at work.
//!
//! Two records have one field each. Their source says something else from the start, so both are written in
//! one batch; people edit the records meanwhile, engines are killed and pause, requests are lost or land
//! late. Merge and audit are reduced to what values can tell apart; whether a value came back as it was sent
//! belongs to the tables of `trueup-core`.
//!
//! Read next: [`Action`], then `laws`.

mod fold;
mod gate;
mod history;
mod laws;
mod model;
mod rules;
mod state;
mod steps;

pub use laws::{CALM, LOST, OBSERVED, ONE_INTENT, STALE, WITNESSED};
pub use model::{Action, Updates};
pub use rules::{Audit, Bounds, Deadline, Rules, Times};
pub use state::State;
