//! The sandbox over real HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic and say what they skip"
)]

mod control;
mod ntfy;
mod official_client;
mod peer;
mod support;
