//! The HTTP skin of the board: loopback only.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::{Board, Message};
use crate::http::{Running, ServeError};

/// A board that is being served.
#[derive(Debug)]
pub struct Server {
    running: Running,
    shared: Shared,
}

#[derive(Debug, Clone, Default)]
struct Shared(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    board: Mutex<Board>,
    /// Rings when a message came and when the server closes.
    bell: Notify,
}

impl Shared {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait_for(&self, at_least: usize) -> Vec<Message> {
        loop {
            let rung = self.0.bell.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            let messages = self.board().messages().to_vec();
            if messages.len() >= at_least {
                return messages;
            }
            rung.await;
        }
    }
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// The base address for pushes, such as `http://127.0.0.1:8078`.
    #[must_use]
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// What was pushed so far, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.shared.board().messages().to_vec()
    }

    /// Stops listening and returns when all connections are closed. Nobody may be waiting for messages then.
    pub async fn shutdown(self) {
        self.running.shutdown().await;
    }
}

/// Serves an empty board on a listener that is bound to loopback. To be called within a tokio runtime.
///
/// # Errors
/// [`ServeError::NotLoopback`] when the listener is bound to anything else.
pub fn serve(listener: TcpListener) -> Result<Server, ServeError> {
    let shared = Shared::default();
    let router = Router::new()
        .route("/_sandbox/messages", get(messages).delete(clear))
        .route("/_sandbox/refuse", post(refuse))
        .fallback(push)
        .with_state(shared.clone());
    Ok(Server { running: Running::start(listener, router)?, shared })
}

async fn push(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let request = http::Request::from_parts(parts, body);
    let answer = shared.board().handle(Timestamp::now().as_millisecond(), &request);
    shared.0.bell.notify_waiters();
    answer.map(Body::from)
}

#[derive(Deserialize)]
struct Wait {
    #[serde(default)]
    at_least: usize,
}

async fn messages(State(shared): State<Shared>, Query(Wait { at_least }): Query<Wait>) -> Json<Vec<Message>> {
    Json(shared.wait_for(at_least).await)
}

async fn clear(State(shared): State<Shared>) -> StatusCode {
    shared.board().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Refuse {
    status: Option<u16>,
}

async fn refuse(State(shared): State<Shared>, Json(Refuse { status }): Json<Refuse>) -> StatusCode {
    match status.map(StatusCode::from_u16).transpose() {
        Ok(status) => {
            shared.board().refuse(status);
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}
