//! This machine, as the engine may know it: time, chance, processes, the network.

mod chance;
mod holder;
mod http;
mod person;
mod resolve;
mod stop;
mod tls;
mod world;

pub(crate) use chance::random;
pub(crate) use http::Http;
pub(crate) use person::person;
pub(crate) use stop::Stopping;
pub(crate) use tls::handshake;
pub(crate) use world::Host;
