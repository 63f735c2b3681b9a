//! The sandbox over real HTTP.

mod control;
mod ntfy;
mod official_client;
mod peer;
mod support;
