//! A small ntfy server and webhook receiver: it records what is pushed, so that a test can count alerts.
//!
//! `POST /{topic}` takes a push as ntfy does: text with the headers `Title`, `Priority` and `Tags`, or JSON at `/` with
//! a `topic`. `POST /hook/…` takes any webhook. `GET /_sandbox/messages` lists what came; with `?at_least=n` it waits
//! until there are n. `POST /_sandbox/refuse` `{"status":503}` makes it refuse everything from then on, `null` ends it.
//!
//! It keeps no subscribers, attachments, actions or access rules.

mod board;
mod skin;

pub use board::{Board, Message};
pub use skin::{Server, serve};
