//! From a request to an answer: authentication, limits, scope, operation.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use serde_json::Value;

use super::Portal;
use super::answer::{Answer, Body, Outcome};
use super::auth::{authenticate, require};
use super::call::{BatchFault, Call};
use super::errors::ApiError;
use super::fault::{plain, with_retry_after};
use super::history::Author;
use super::limits::Arrival;
use super::paths::{Operation, PathVersion, RouteError, route};
use super::query::Query;
use super::store::ObjectStore;
use super::write::unknown_type;
use crate::faults::Policy;
use crate::log::{Class, LogEntry};

/// Longest path and query together.
const URL_MAX: usize = 16_384;
/// What a 429 of the limits says in `Retry-After`, when it says anything.
const RETRY_AFTER_S: u32 = 1;
const NOT_FOUND_PAGE: &str = "<html><body><h1>HTTP ERROR 404</h1></body></html>";

/// Why an operation was not reached.
enum Stop {
    Error(ApiError),
    RateLimited(Policy),
    /// A page of a gateway, not JSON.
    Page(u16),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Error(error)
    }
}

impl Portal {
    /// Carries out a request and notes in the log what it did.
    pub(crate) fn process(
        &mut self,
        sequence: u64,
        now_ms: i64,
        request: &Request<Bytes>,
        fault: BatchFault,
    ) -> Response<Bytes> {
        let done = self.perform_request(now_ms, request, fault);
        let touched: BTreeSet<u64> = self.stores.values_mut().flat_map(ObjectStore::take_touched).collect();
        if let Some(entry) = self.log.entry_mut(sequence) {
            entry.committed_at_ms = Some(now_ms);
            entry.changed = touched.iter().map(u64::to_string).collect();
        }
        self.respond(request, done)
    }

    fn perform_request(
        &mut self,
        now_ms: i64,
        request: &Request<Bytes>,
        fault: BatchFault,
    ) -> Result<Answer, Stop> {
        let uri = request.uri();
        if uri.path_and_query().is_some_and(|url| url.as_str().len() > URL_MAX) {
            return Err(Stop::Page(414));
        }
        let token = authenticate(&self.tokens, request.headers(), now_ms)?.clone();
        let routed = route(request.method(), uri.path());
        let is_search = matches!(&routed, Ok((_, operation)) if operation.is_search());
        if let Some(limits) = &self.settings.rate_limits {
            let day = self.account.day(now_ms);
            let arrival = Arrival { app_id: &token.app_id, is_search, at_ms: now_ms, day };
            self.limits.admit(limits, &arrival).map_err(Stop::RateLimited)?;
        }
        let (version, operation) = routed.map_err(unrouted)?;
        require(&token, operation.scope())?;
        let call = Call::new(now_ms, &token.app_id, &version, fault);
        let query = Query::parse(uri.query().unwrap_or(""));
        Ok(self.operate(operation, &query, request.body(), &call)?)
    }

    fn operate(&mut self, operation: Operation, query: &Query, body: &[u8], call: &Call) -> Outcome {
        match operation {
            Operation::List(kind) => self.list(kind, query),
            Operation::Get(kind, id) => self.get(kind, &id, query),
            Operation::Create(kind) => self.create(kind, body, call),
            Operation::Update(kind, id) => self.update(kind, &id, query, body, call),
            Operation::Archive(kind, id) => self.archive(kind, &id, call),
            Operation::Search(kind) => self.search(kind, body),
            Operation::Merge(kind) => self.merge(kind, body, call),
            Operation::BatchRead(kind) => self.batch_read(kind, query, body, call),
            Operation::BatchCreate(kind) => self.batch_create(kind, body, call),
            Operation::BatchUpdate(kind) => self.batch_update(kind, body, call),
            Operation::BatchUpsert(kind) => self.batch_upsert(kind, body, call),
            Operation::BatchArchive(kind) => self.batch_archive(kind, body, call),
            Operation::ListProperties(kind) => self.list_properties(kind, query),
            Operation::GetProperty(kind, name) => self.get_property(kind, &name, query),
            Operation::CreateProperty(kind) => self.create_property(kind, body),
            Operation::ArchiveProperty(kind, name) => self.archive_property(kind, &name),
            Operation::ListOwners => self.owners.list(query),
            Operation::GetOwner(id) => self.owners.get(&id, query),
            Operation::AccountDetails => Ok(Answer::ok(self.account.render())),
        }
    }

    fn respond(&mut self, request: &Request<Bytes>, done: Result<Answer, Stop>) -> Response<Bytes> {
        let mut response = match done {
            Ok(Answer { status, body: Some(Body::Json(body)) }) => json_response(status, &body),
            Ok(Answer { status, body: Some(Body::Written(body)) }) => json_text(status, body),
            Ok(Answer { status, body: None }) => plain(status, "application/json;charset=utf-8", ""),
            Err(Stop::Page(status)) => plain(status, "text/html", NOT_FOUND_PAGE),
            Err(Stop::Error(error)) => json_response(error.status, &error.body(&self.correlation())),
            Err(Stop::RateLimited(policy)) => {
                let seconds = self.settings.retry_after_on_429.then_some(RETRY_AFTER_S);
                with_retry_after(self.too_many(policy), seconds)
            }
        };
        for (name, value) in self.rate_headers(request) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }

    /// Rate headers; a search has none (trap 12).
    fn rate_headers(&self, request: &Request<Bytes>) -> Vec<(&'static str, String)> {
        let is_search = request.uri().path().ends_with("/search");
        let token = authenticate(&self.tokens, request.headers(), 0).ok().filter(|_| !is_search);
        match (token, &self.settings.rate_limits) {
            (Some(token), Some(limits)) => self.limits.headers(limits, &token.app_id),
            _ => Vec::new(),
        }
    }

    /// A correlation id: shaped like a UUID, counted, so that a run can be repeated.
    pub(crate) fn correlation(&mut self) -> String {
        self.answers += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.answers)
    }
}

impl Call {
    fn new(now_ms: i64, app_id: &str, version: &PathVersion, fault: BatchFault) -> Self {
        Self { now_ms, author: Author::app(app_id), enforces_rules: version.enforces_rules(), fault }
    }
}

fn unrouted(error: RouteError) -> Stop {
    match error {
        RouteError::UnknownPath => Stop::Page(404),
        RouteError::MethodNotAllowed => Stop::Page(405),
        RouteError::UnknownObjectType(name) => Stop::Error(unknown_type(&name)),
    }
}

/// A JSON answer.
pub(crate) fn json_response(status: u16, body: &Value) -> Response<Bytes> {
    json_text(status, Bytes::from(body.to_string()))
}

fn json_text(status: u16, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    response
}

/// What the log knows about a request before it is answered.
pub(crate) fn log_entry(request: &Request<Bytes>, now_ms: i64) -> LogEntry {
    let operation = route(request.method(), request.uri().path()).ok().map(|found| found.1);
    let reads = request.method() == http::Method::GET;
    let unknown = if reads { Class::Read } else { Class::Write };
    LogEntry {
        sequence: 0,
        at_ms: now_ms,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or("").to_owned(),
        body: String::from_utf8_lossy(request.body()).into_owned(),
        status: None,
        class: operation.as_ref().map_or(unknown, Operation::class),
        named: named(operation.as_ref(), request.body()),
        changed: Vec::new(),
        committed_at_ms: None,
        fault: None,
    }
}

/// The ids and keys that a request names: in its path, as inputs of a batch, as the two sides of a merge.
fn named(operation: Option<&Operation>, body: &[u8]) -> Vec<String> {
    let mut names: Vec<String> =
        operation.and_then(Operation::path_id).map(str::to_owned).into_iter().collect();
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return names };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let inputs = body.get("inputs").and_then(Value::as_array).into_iter().flatten();
    names.extend(inputs.filter_map(|input| text(input.get("id"))));
    names.extend(["primaryObjectId", "objectIdToMerge"].iter().filter_map(|key| text(body.get(*key))));
    names
}
