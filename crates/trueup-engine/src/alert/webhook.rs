//! Pushes to any address that takes a JSON body.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, header};
use serde_json::json;
use trueup_ports::wire::Transport;

use super::{Alert, Level, Pager};

/// An address that takes a JSON body.
pub struct Webhook {
    /// The address.
    pub url: String,
    /// How bytes travel.
    pub transport: Arc<dyn Transport>,
}

#[async_trait]
impl Pager for Webhook {
    fn channel(&self) -> &'static str {
        "webhook"
    }

    async fn push(&self, alert: &Alert) -> Result<(), String> {
        let level = match alert.level {
            Level::Recovered => "recovered",
            Level::Partial => "partial",
            Level::Error => "error",
        };
        let body = json!({
            "schema": "trueup.alert/v1",
            "pipeline": alert.pipeline,
            "run": alert.run,
            "level": level,
            "title": alert.title,
            "text": alert.body,
        });
        let request = Request::post(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()))
            .map_err(|_| "the webhook address is no URL".to_owned())?;
        super::deliver(self.transport.as_ref(), request, "webhook").await
    }
}
