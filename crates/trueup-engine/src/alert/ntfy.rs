//! Pushes through ntfy: one POST with three headers (docs.ntfy.sh/publish).

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, header};
use secrecy::{ExposeSecret, SecretString};
use trueup_ports::wire::Transport;

use super::{Alert, Level, Pager};

/// A topic of an ntfy server.
pub struct Ntfy {
    /// The server's base address and the topic, such as `https://ntfy.sh/my-leads`.
    pub url: String,
    /// An access token, where the topic is protected.
    pub token: Option<SecretString>,
    /// How bytes travel.
    pub transport: Arc<dyn Transport>,
}

#[async_trait]
impl Pager for Ntfy {
    fn channel(&self) -> &'static str {
        "ntfy"
    }

    async fn push(&self, alert: &Alert) -> Result<(), String> {
        let (priority, tag) = match alert.level {
            Level::Recovered => ("default", "white_check_mark"),
            Level::Partial => ("default", "warning"),
            Level::Error => ("high", "rotating_light"),
        };
        let mut request = Request::post(&self.url)
            .header("Title", &alert.title)
            .header("Priority", priority)
            .header("Tags", tag);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
        }
        let request = request
            .body(Bytes::from(alert.body.clone()))
            .map_err(|_| "the ntfy address is no URL".to_owned())?;
        super::deliver(self.transport.as_ref(), request, "ntfy").await
    }
}
