//! Real HTTP. Follows no redirect, repeats nothing, and says whether a request may have arrived.

use std::{error::Error, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{Request, Response};
use trueup_config::Endpoint;
use trueup_ports::wire::{ANSWER_BYTES_MAX, Lost, Transport};

use super::resolve::Admitted;
use crate::output::Failure;

/// A connection that was idle for longer may be closed at the other end without our knowing, and a write
/// that is lost on it has an unknown outcome.
const IDLE: Duration = Duration::from_secs(15);
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// Real HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client for this endpoint, whose requests take no longer than `timeout`. Only addresses that the
    /// endpoint admits are called; one on this machine goes past any proxy.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub(crate) fn to(endpoint: &Endpoint, timeout: Duration) -> Result<Self, Failure> {
        let builder = builder(timeout).dns_resolver(Admitted::of(endpoint.clone()));
        Self::built(if endpoint.is_loopback() { builder.no_proxy() } else { builder })
    }

    /// A client for a server that this program started itself, past any proxy.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub(crate) fn local(timeout: Duration) -> Result<Self, Failure> {
        Self::built(builder(timeout).no_proxy())
    }

    fn built(builder: reqwest::ClientBuilder) -> Result<Self, Failure> {
        let failed = |error: reqwest::Error| {
            Failure::failed("tls", format!("no secure connection can be set up: {}", cause(error)))
        };
        Ok(Self { client: builder.build().map_err(failed)? })
    }
}

fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout.min(CONNECT))
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
}

#[async_trait]
impl Transport for Http {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        let request = reqwest::Request::try_from(request).map_err(|error| Lost::NotSent(cause(error)))?;
        let answer = self.client.execute(request).await.map_err(lost)?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let body = body(answer).await?;
        response.body(body).map_err(|_| Lost::Unanswered("the answer is no HTTP".to_owned()))
    }
}

async fn body(answer: reqwest::Response) -> Result<Bytes, Lost> {
    let mut stream = answer.bytes_stream();
    let mut body = BytesMut::new();
    while let Some(part) = stream.next().await {
        body.extend_from_slice(&part.map_err(|error| Lost::Unanswered(cause(error)))?);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(Lost::Unanswered(format!("the answer is larger than {ANSWER_BYTES_MAX} bytes")));
        }
    }
    Ok(body.freeze())
}

fn lost(error: reqwest::Error) -> Lost {
    let never_left = error.is_connect() || error.is_builder();
    if never_left { Lost::NotSent(cause(error)) } else { Lost::Unanswered(cause(error)) }
}

/// The innermost cause. The address is left out: it may hold a secret or a person's value.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let timed_out = error.is_timeout();
    let mut inner: &dyn Error = &error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    if timed_out { "it took too long".to_owned() } else { inner.to_string() }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    async fn call(url: &str) -> Result<Response<Bytes>, Lost> {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let http = Http::local(Duration::from_secs(5)).unwrap();
        http.call(Request::get(url).body(Bytes::new()).unwrap()).await
    }

    async fn answering(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x?email=ada@example.org", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = [0; 1024];
            let _ = stream.read(&mut read).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        url
    }

    #[tokio::test]
    async fn a_refused_connection_was_not_sent_and_a_cut_one_is_unknown() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", free.local_addr().unwrap());
        drop(free);
        assert!(matches!(call(&url).await, Err(Lost::NotSent(_))));
        for cut in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
            let lost = call(&answering(cut).await).await.unwrap_err();
            assert!(matches!(lost, Lost::Unanswered(_)), "{lost}");
            assert!(!lost.to_string().contains("ada@"), "{lost}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let url =
            answering("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")
                .await;
        assert_eq!(call(&url).await.unwrap().status(), 302);
    }
}
