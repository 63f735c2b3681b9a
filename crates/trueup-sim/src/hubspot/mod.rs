//! The sandbox's portal in the simulation: the real connector asks it over `Wire`, in process and in virtual time.
//!
//! A request is on its way for a while, and arrives whether or not its sender still lives. What goes wrong with it is
//! said in the sandbox's own vocabulary of faults. After each change the portal's state is shown as a
//! [`Table`](crate::table::Table), so that oracles and people look at it as at any other system.
//!
//! Deliberately absent: sockets, a runtime, and any judgement of what is right. Read next: [`server`], then `shown`.

pub mod behaviour;
mod connect;
mod faults;
mod hands;
mod logged;
pub mod server;
mod shown;
mod transport;
mod words;

pub use connect::{Link, connect};
pub use hands::Hands;
pub use server::Server;
pub use words::Words;

/// The owner whose records are in scope.
pub const OURS: &str = "88361194";

/// Somebody else.
pub const THEIRS: &str = "41629779";
