//! Emulators of the outside systems: a pure state machine each, with an HTTP skin and fault switches.
//!
//! # What it is
//! - [`hubspot::Portal`] is one HubSpot portal as a value: `portal.handle(now_ms, &request) -> Reply`. It holds
//!   contacts, property definitions, owners, a search index that lags, rate limits and a request log, and it
//!   reproduces the service's traps. Every answer follows from its state and the time it is given.
//! - [`faults`] is the one vocabulary of faults, as data; the in-process user and the HTTP skin share it.
//! - [`clock::Clock`] is the sandbox's own time: it follows the wall clock, or is set, advanced, frozen.
//! - [`http::serve`] puts a portal on a loopback port, with controls under `/_sandbox/`.
//! - [`ntfy`] records pushes and webhook calls, so that a test can count alerts.
//!
//! # In-process use (simulation)
//! ```
//! use bytes::Bytes;
//! use trueup_sandbox::hubspot::{Portal, RecordSeed, Reply};
//!
//! let mut portal = Portal::default();
//! portal.add_records("contacts", vec![RecordSeed::new(101).value("email", "ada@example.com")]).unwrap();
//! let request = http::Request::get("https://api.hubapi.com/crm/objects/2026-03/contacts/101")
//!     .header("authorization", "Bearer sandbox-token")
//!     .body(Bytes::new())
//!     .unwrap();
//! let Reply::Answer(answer) = portal.handle(1_790_000_000_000, &request) else { panic!("a fault is on") };
//! assert_eq!(answer.status(), 200);
//! ```
//! Requests that a fault delays are committed by [`hubspot::Portal::tick`]. `handle` ticks by itself first.
//!
//! # What it deliberately lacks
//! It knows nothing of trueup: a misreading of an API in a connector cannot hide by being made twice. There is no
//! wall clock, randomness, thread or socket in a state machine; ids come from counters. No TLS, no outside
//! interface: the skin refuses to bind anything but loopback. Companies, associations, exports and webhooks are not
//! emulated yet; an object type is data ([`hubspot::ObjectType`]), so that they can be added.
//!
//! # Where to read next
//! `hubspot/mod.rs` for the request pipeline, `hubspot/settings.rs` for the behaviours that nobody has verified,
//! `faults.rs` for the faults, `http/control.rs` for the `/_sandbox/` endpoints.

pub mod clock;
pub mod faults;
pub mod http;
pub mod hubspot;
pub mod log;
pub mod ntfy;
mod time;
