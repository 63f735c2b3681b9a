//! `/_sandbox/`: what a test may do beside the service's own API.
//!
//! | request | does |
//! |---|---|
//! | `POST load` | replaces the portal by a [`Snapshot`]; `?mode=add` adds its owners, definitions and records |
//! | `GET dump`, `GET dump/{object}/{id}` | the raw state, or one record of it, as canonical JSON |
//! | `GET requests?after={sequence}` | the request log |
//! | `GET`, `POST`, `DELETE faults` | the fault switches; `POST` takes one or a list |
//! | `GET`, `POST clock` | the clock: `{"set":…,"advance_ms":…,"freeze":…}` |
//! | `POST people` | an edit by hand |
//! | `GET`, `POST settings` | the behaviours; `POST` takes any subset |
//! | `GET held` | waits until a call is held, then lists those that are |
//! | `POST release` | ends held calls: `{"sequence":3,"how":"answer"}`, all of them without `sequence` |

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Shared;
use crate::clock::{Clock, ClockChange};
use crate::faults::{Fault, Release};
use crate::hubspot::{LoadError, PeopleEdit, Portal, Settings, Snapshot};
use crate::log::LogEntry;

/// What a control request answers.
type Done = Result<Response, Refused>;

/// A control request that makes no sense; the text says why.
struct Refused(StatusCode, String);

impl axum::response::IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/load", post(load))
        .route("/dump", get(dump))
        .route("/dump/{object}/{id}", get(dump_record))
        .route("/requests", get(requests))
        .route("/faults", get(faults).post(install).delete(clear))
        .route("/clock", get(clock).post(change_clock))
        .route("/people", post(people))
        .route("/settings", get(settings).post(change_settings))
        .route("/held", get(held))
        .route("/release", post(release))
}

#[derive(Deserialize)]
struct LoadMode {
    mode: Option<String>,
}

async fn load(State(shared): State<Shared>, Query(LoadMode { mode }): Query<LoadMode>, body: Body) -> Done {
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(bad)?;
    let snapshot: Snapshot = serde_json::from_slice(&body).map_err(bad)?;
    drop(body);
    match mode.as_deref() {
        None | Some("replace") => {
            let loaded = Portal::from_snapshot(snapshot).map_err(bad)?;
            shared.with(|portal, now_ms| {
                *portal = loaded;
                portal.set_settings(portal.settings().clone(), now_ms);
            });
        }
        Some("add") => shared.with(|portal, _| add(portal, snapshot)).map_err(bad)?,
        Some(other) => return Err(bad(format!("mode={other} is neither `replace` nor `add`"))),
    }
    Ok(json_answer(&json!({"loaded": true})))
}

fn add(portal: &mut Portal, snapshot: Snapshot) -> Result<(), LoadError> {
    for owner in snapshot.owners {
        portal.add_owner(owner)?;
    }
    for (object, content) in snapshot.objects {
        for definition in content.properties {
            portal.define_property(&object, definition)?;
        }
        portal.add_records(&object, content.records)?;
    }
    Ok(())
}

async fn dump(State(shared): State<Shared>) -> Response {
    json_answer(&shared.with(|portal, _| portal.dump()))
}

async fn dump_record(State(shared): State<Shared>, Path((object, id)): Path<(String, u64)>) -> Done {
    let record = shared.with(|portal, _| portal.dump_record(&object, id));
    let missing = || Refused(StatusCode::NOT_FOUND, format!("no record {id} among {object}"));
    record.map(|record| json_answer(&record)).ok_or_else(missing)
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn requests(State(shared): State<Shared>, Query(After { after }): Query<After>) -> Response {
    let entries: Vec<LogEntry> =
        shared.with(|portal, _| portal.requests().filter(|entry| entry.sequence > after).cloned().collect());
    json_answer(&entries)
}

async fn faults(State(shared): State<Shared>) -> Response {
    json_answer(&shared.with(|portal, _| portal.faults()))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Fault>),
    One(Fault),
}

async fn install(State(shared): State<Shared>, body: Bytes) -> Done {
    let faults = match parse(&body)? {
        OneOrMany::Many(faults) => faults,
        OneOrMany::One(fault) => vec![fault],
    };
    let count = faults.len();
    shared.with(|portal, _| faults.into_iter().for_each(|fault| portal.install(fault)));
    Ok(json_answer(&json!({"installed": count})))
}

async fn clear(State(shared): State<Shared>) -> Response {
    shared.with(|portal, _| portal.clear_faults());
    json_answer(&json!({"installed": 0}))
}

async fn clock(State(shared): State<Shared>) -> Response {
    let (clock, now_ms) = shared.clock();
    json_answer(&json!({"now_ms": now_ms, "frozen": matches!(clock, Clock::Frozen { .. })}))
}

async fn change_clock(State(shared): State<Shared>, body: Bytes) -> Done {
    let change: ClockChange = parse(&body)?;
    shared.change_clock(change);
    Ok(clock(State(shared)).await)
}

async fn people(State(shared): State<Shared>, body: Bytes) -> Done {
    let edit: PeopleEdit = parse(&body)?;
    let id = shared.with(|portal, now_ms| portal.people(now_ms, edit));
    let id = id.map_err(|cause| Refused(StatusCode::CONFLICT, cause.to_string()))?;
    Ok(json_answer(&json!({"id": id.map(|id| id.to_string())})))
}

async fn settings(State(shared): State<Shared>) -> Response {
    json_answer(&shared.with(|portal, _| portal.settings().clone()))
}

async fn change_settings(State(shared): State<Shared>, body: Bytes) -> Done {
    let given: serde_json::Map<String, Value> = parse(&body)?;
    let merged = shared.with(|portal, now_ms| -> Result<Settings, serde_json::Error> {
        let mut all = serde_json::to_value(portal.settings())?;
        if let Value::Object(all) = &mut all {
            all.extend(given);
        }
        let settings: Settings = serde_json::from_value(all)?;
        portal.set_settings(settings.clone(), now_ms);
        Ok(settings)
    });
    Ok(json_answer(&merged.map_err(bad)?))
}

async fn held(State(shared): State<Shared>) -> Response {
    let held = shared.wait_for_held().await;
    let held: Vec<Value> =
        held.into_iter().map(|(sequence, point)| json!({"sequence": sequence, "point": point})).collect();
    json_answer(&held)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ReleaseRequest {
    sequence: Option<u64>,
    how: Release,
}

async fn release(State(shared): State<Shared>, body: Bytes) -> Done {
    let ReleaseRequest { sequence, how } =
        if body.is_empty() { ReleaseRequest::default() } else { parse(&body)? };
    Ok(json_answer(&json!({"released": shared.release(sequence, how)})))
}

fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(bad)
}

#[expect(clippy::needless_pass_by_value, reason = "it is a function for `map_err`")]
fn bad(cause: impl ToString) -> Refused {
    Refused(StatusCode::BAD_REQUEST, cause.to_string())
}

fn json_answer<T: Serialize>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
            response
        }
        Err(cause) => {
            let refused = Refused(StatusCode::INTERNAL_SERVER_ERROR, cause.to_string());
            axum::response::IntoResponse::into_response(refused)
        }
    }
}
