//! How bytes travel: real HTTP in the binary, the sandbox in process in tests and simulation.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use thiserror::Error;

/// The longest answer that is taken in: a larger one is a fault of the system, never a page.
///
/// A transport stops reading there and says [`Lost::Unanswered`].
pub const ANSWER_BYTES_MAX: usize = 50 * 1024 * 1024;

/// Carries one request to a system and its answer back. Follows no redirect and repeats nothing.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request with an absolute URL.
    ///
    /// # Errors
    /// [`Lost`], by whether the request may have arrived. An answer of any status is no error.
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost>;
}

/// There is no answer. What matters is whether the request may have taken effect.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Lost {
    /// Nothing left this host: no name, no connection, no handshake.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It left; whether it arrived, ran, or will still run, nobody knows.
    #[error("no answer: {0}")]
    Unanswered(String),
}
