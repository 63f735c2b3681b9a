//! A server in the background: where it listens and how it is stopped.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::line::{Cut, Lines};

/// Why a sandbox cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener can be reached from outside this machine.
    #[error("the sandbox refuses to listen on {0}; bind it to 127.0.0.1")]
    NotLoopback(SocketAddr),
    /// The listener has no address.
    #[error("the listener has no address")]
    Listener(#[from] std::io::Error),
}

/// A server that runs until it is told to stop.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Starts to serve on a listener that is bound to loopback.
    pub(crate) fn start(listener: TcpListener, router: Router) -> Result<Self, ServeError> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router.into_make_service_with_connect_info::<Cut>();
        let server = axum::serve(Lines(listener), service).with_graceful_shutdown(async move {
            // A dropped handle is not a wish to stop: the server then lives as long as the process.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        let task = tokio::spawn(server.into_future());
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base address for clients, such as `http://127.0.0.1:8077`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening and returns when all connections are closed.
    pub async fn shutdown(self) {
        // Both fail only when the server has ended by itself, which is what is wanted.
        let _sent = self.stop.send(());
        let _ended = self.task.await;
    }
}
