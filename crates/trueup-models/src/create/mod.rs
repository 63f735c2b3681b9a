//! Creates: at most one record per entity, with a unique external id and without one.
//!
//! Two entities lack their records. With a unique external id the system refuses a twin, so an unanswered
//! create is looked up by it and may be sent again at once. Without one, nothing is sent again before the
//! quiet period is over and a listing, which lags, was asked for the token.
//!
//! Read next: [`Action`], then `laws`. The lease is that of [`crate::update`].

mod laws;
mod model;
mod rules;
mod state;
mod steps;

pub use laws::{CALM, LOST, NO_PHANTOM, ONE_RECORD, ONLY_UNIQUE, WITNESSED};
pub use model::{Action, Creates};
pub use rules::{Bounds, Identity, Request, Rules, Times};
pub use state::State;
