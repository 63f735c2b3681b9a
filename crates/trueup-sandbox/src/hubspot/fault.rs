//! How faults act on a portal: what the caller gets, what is committed, and what is still to come.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde_json::{Value, json};

use super::Portal;
use super::alter::altered;
use super::call::BatchFault;
use super::pipeline::json_response;
use crate::faults::{Failure, FaultKind, HoldPoint, Policy, Release};

/// What the caller of [`Portal::handle`] gets.
#[derive(Debug)]
#[must_use = "a reply may say that the answer was lost"]
pub enum Reply {
    /// An answer, as it goes over the wire.
    Answer(Response<Bytes>),
    /// The connection ended without an answer.
    Lost,
    /// The call waits; [`Portal::release`] ends it. The number is its sequence in the log.
    Held(u64),
}

/// Requests that are not settled yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending {
    /// Due time and sequence → a request to commit then.
    late: BTreeMap<(i64, u64), Request<Bytes>>,
    held: BTreeMap<u64, Held>,
}

/// A held call.
#[derive(Debug, Clone)]
enum Held {
    BeforeCommit(Request<Bytes>),
    AfterCommit(Response<Bytes>),
}

impl Portal {
    /// Answers one request at sandbox time `now_ms` (milliseconds since 1970 in UTC; it must not go backwards).
    ///
    /// Late requests that are due are committed first.
    pub fn handle(&mut self, now_ms: i64, request: &Request<Bytes>) -> Reply {
        self.tick(now_ms);
        let sequence = self.log.open(super::pipeline::log_entry(request, now_ms));
        let struck = self.faults.strike(request.method().as_str(), request.uri().path());
        match struck {
            None => {
                let answer = self.process(sequence, now_ms, request, BatchFault::None);
                self.answered(sequence, Reply::Answer(answer))
            }
            Some(kind) => {
                if let Some(entry) = self.log.entry_mut(sequence) {
                    entry.fault = Some(kind.name().name().to_owned());
                }
                let reply = self.strike(sequence, now_ms, request, kind);
                self.answered(sequence, reply)
            }
        }
    }

    /// Commits late requests that are due by `now_ms` and lets the search index catch up.
    pub fn tick(&mut self, now_ms: i64) {
        while let Some(entry) = self.pending.late.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            let ((due_ms, sequence), request) = entry.remove_entry();
            let _answer = self.process(sequence, due_ms, &request, BatchFault::None);
        }
        for store in self.stores.values_mut() {
            store.index.advance(now_ms);
        }
    }

    /// The calls that wait, by sequence, with where they wait.
    #[must_use]
    pub fn held(&self) -> Vec<(u64, HoldPoint)> {
        let point = |held: &Held| match held {
            Held::BeforeCommit(_) => HoldPoint::BeforeCommit,
            Held::AfterCommit(_) => HoldPoint::AfterCommit,
        };
        self.pending.held.iter().map(|(sequence, held)| (*sequence, point(held))).collect()
    }

    /// Ends a held call; none when no such call waits.
    pub fn release(&mut self, now_ms: i64, sequence: u64, how: Release) -> Option<Reply> {
        let held = self.pending.held.remove(&sequence)?;
        let answer = match (held, how) {
            (Held::AfterCommit(answer), _) => Some(answer),
            (Held::BeforeCommit(_), Release::Discard) => None,
            (Held::BeforeCommit(request), Release::Answer | Release::Lose) => {
                self.tick(now_ms);
                Some(self.process(sequence, now_ms, &request, BatchFault::None))
            }
        };
        let reply = match (answer, how) {
            (Some(answer), Release::Answer) => Reply::Answer(answer),
            _ => Reply::Lost,
        };
        Some(self.answered(sequence, reply))
    }

    fn strike(&mut self, sequence: u64, now_ms: i64, request: &Request<Bytes>, kind: FaultKind) -> Reply {
        match kind {
            FaultKind::FailBefore(failure) => self.fail(&failure, now_ms),
            FaultKind::FailAfter(failure) => {
                let _answer = self.process(sequence, now_ms, request, BatchFault::None);
                self.fail(&failure, now_ms)
            }
            FaultKind::Altered(how) => {
                let answer = self.process(sequence, now_ms, request, BatchFault::None);
                Reply::Answer(altered(answer, &how))
            }
            FaultKind::TruncatedBody => {
                let answer = self.process(sequence, now_ms, request, BatchFault::None);
                Reply::Answer(answer.map(|body| body.slice(..body.len() / 2)))
            }
            FaultKind::Late { delay_ms } => {
                self.pending.late.insert((now_ms + delay_ms, sequence), request.clone());
                Reply::Lost
            }
            FaultKind::Hold(point) => {
                let held = match point {
                    HoldPoint::BeforeCommit => Held::BeforeCommit(request.clone()),
                    HoldPoint::AfterCommit => {
                        Held::AfterCommit(self.process(sequence, now_ms, request, BatchFault::None))
                    }
                };
                self.pending.held.insert(sequence, held);
                Reply::Held(sequence)
            }
            FaultKind::RefuseBatch => {
                Reply::Answer(self.process(sequence, now_ms, request, BatchFault::RefuseAll))
            }
            FaultKind::PartialFailure { ids } => {
                let ids = if ids.is_empty() { first_row(request) } else { ids };
                Reply::Answer(self.process(sequence, now_ms, request, BatchFault::FailRows(ids)))
            }
        }
    }

    fn fail(&mut self, failure: &Failure, now_ms: i64) -> Reply {
        match failure {
            Failure::Dropped => Reply::Lost,
            Failure::Empty { status } => Reply::Answer(plain(*status, "text/plain", "")),
            Failure::Html { status } => Reply::Answer(plain(*status, "text/html", GATEWAY_PAGE)),
            Failure::RateLimited { policy, retry_after_s } => {
                let answer = self.too_many(*policy);
                Reply::Answer(with_retry_after(answer, *retry_after_s))
            }
            Failure::Status { status, retry_after_s } => {
                let answer = self.internal_error(*status);
                Reply::Answer(with_retry_after(answer, *retry_after_s))
            }
            Failure::RetryAt { status, delay_s } => {
                let mut answer = self.internal_error(*status);
                let date = crate::time::http_date(now_ms + delay_s * 1_000);
                if let Ok(date) = date.parse() {
                    answer.headers_mut().insert(header::RETRY_AFTER, date);
                }
                Reply::Answer(answer)
            }
        }
    }

    fn internal_error(&mut self, status: u16) -> Response<Bytes> {
        let body =
            json!({"status": "error", "message": "internal error", "correlationId": self.correlation()});
        json_response(status, &body)
    }

    /// The 429 of a policy; it has no category.
    pub(crate) fn too_many(&mut self, policy: Policy) -> Response<Bytes> {
        let message = match policy {
            Policy::TenSecondlyRolling => "You have reached your ten_secondly_rolling limit.",
            Policy::Secondly => "You have reached your secondly limit.",
            Policy::Daily => "You have reached your daily limit.",
        };
        let id = self.correlation();
        let body = json!({"status": "error", "message": message, "errorType": "RATE_LIMIT", "correlationId": id,
            "policyName": policy.name(), "requestId": id});
        json_response(429, &body)
    }

    fn answered(&mut self, sequence: u64, reply: Reply) -> Reply {
        if let (Reply::Answer(answer), Some(entry)) = (&reply, self.log.entry_mut(sequence)) {
            entry.status = Some(answer.status().as_u16());
        }
        reply
    }
}

/// What the first row of a batch is named by.
fn first_row(request: &Request<Bytes>) -> Vec<String> {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let name = |key: &str| body.pointer(&format!("/inputs/0/{key}")).and_then(Value::as_str);
    name("id").or_else(|| name("objectWriteTraceId")).map(str::to_owned).into_iter().collect()
}

/// A gateway's page: an error body need not be JSON (trap 32).
const GATEWAY_PAGE: &str =
    "<html><head><title>Error</title></head><body><h1>The server is not available</h1></body></html>";

/// Sets `Retry-After`, in seconds.
pub(crate) fn with_retry_after(mut answer: Response<Bytes>, seconds: Option<u32>) -> Response<Bytes> {
    if let Some(seconds) = seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

pub(crate) fn plain(status: u16, content_type: &'static str, body: &'static str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    answer
}
