//! Decides **when**: the cycle, applying, undoing, transactional creates, the heartbeat, alerts and the schedule.
//!
//! An [`Engine`] is one pipeline with its systems, its store and its [`World`](trueup_ports::World).
//! Deliberately absent: any runtime, HTTP client, file or clock; those come in through the ports, so
//! that the whole of it runs under one seed.
//!
//! Read next: [`cycle`].

pub mod account;
pub mod alert;
pub mod apply;
mod count;
pub mod create;
pub mod cycle;
pub mod delta;
pub mod facts;
pub mod gather;
pub mod lease;
mod look;
mod looked;
mod lost;
mod open;
mod overtaken;
mod patience;
mod question;
mod record;
pub mod schedule;
pub mod stop;
pub mod undo;

pub use account::Account;
pub use create::Coordinator;
pub use cycle::{Engine, Planned, Systems, Truth};
pub use facts::Warrant;
pub use stop::Stop;
