//! The HTTP skin of a portal: loopback only, with controls under `/_sandbox/`.
//!
//! Everything the service would answer goes to [`Portal::handle`]; what a test needs beside it is in `control`. The
//! skin alone knows the wall clock, and it alone can wait: for a held call, or for the pace.

mod control;
pub(crate) mod line;
mod running;
mod shared;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use tokio::net::TcpListener;

pub use running::{Running, ServeError};
pub use shared::Shared;

use crate::clock::Clock;
use crate::hubspot::{Portal, Reply};
use line::Cut;

/// A portal and the clock it lives by.
#[derive(Debug, Clone, Default)]
pub struct Sandbox {
    /// The portal.
    pub portal: Portal,
    /// Its clock.
    pub clock: Clock,
}

/// A portal that is being served. Dropping it leaves the server running; call [`Server::shutdown`].
#[derive(Debug)]
pub struct Server {
    running: Running,
    shared: Shared,
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// The base address for clients, such as `http://127.0.0.1:8077`.
    #[must_use]
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// The portal and its clock, for a test in the same process.
    #[must_use]
    pub fn shared(&self) -> Shared {
        self.shared.clone()
    }

    /// Stops listening, ends held calls without an answer, lets answers in flight go out, and returns when all
    /// connections are closed.
    pub async fn shutdown(self) {
        self.shared.close();
        self.running.shutdown().await;
    }
}

/// Serves a portal on a listener that is bound to loopback. To be called within a tokio runtime.
///
/// # Errors
/// [`ServeError::NotLoopback`] when the listener is bound to anything else; the sandbox checks no certificate and has
/// known tokens, so nobody else may reach it.
pub fn serve(listener: TcpListener, sandbox: Sandbox) -> Result<Server, ServeError> {
    let shared = Shared::new(sandbox);
    let router =
        Router::new().nest("/_sandbox", control::router()).fallback(emulate).with_state(shared.clone());
    let running = Running::start(listener, router)?;
    Ok(Server { running, shared })
}

/// Hands one request to the portal.
async fn emulate(
    State(shared): State<Shared>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // A client that goes away in the middle of its request never sent it.
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return lost(&cut) };
    let request = http::Request::from_parts(parts, body);
    let (reply, pace_ms) = shared.handle(&request);
    if pace_ms > 0 {
        tokio::time::sleep(Duration::from_millis(pace_ms)).await;
    }
    let reply = match reply {
        Reply::Held(sequence) => shared.wait_for_release(sequence).await,
        Reply::Answer(_) | Reply::Lost => reply,
    };
    match reply {
        Reply::Answer(answer) => answer.map(Body::from),
        Reply::Lost | Reply::Held(_) => lost(&cut),
    }
}

/// Cuts the connection; the response is never written.
fn lost(cut: &Cut) -> Response {
    cut.cut();
    let mut response = Response::new(Body::from(Bytes::new()));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
