//! The controls under `/_sandbox/`, and faults as they look on the wire.

use serde_json::json;
use tokio::net::TcpListener;
use trueup_sandbox::http::{Sandbox, ServeError, serve};
use trueup_sandbox::hubspot::RecordSeed;

use crate::support::{api, control, served};

const CONTACT: &str = "/crm/objects/2026-03/contacts/101";

fn ada() -> Vec<RecordSeed> {
    vec![RecordSeed::new(101).value("email", "ada@example.com")]
}

#[tokio::test]
async fn anything_but_loopback_is_refused() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = serve(listener, Sandbox::default()).unwrap_err();
    assert!(matches!(refused, ServeError::NotLoopback(_)), "{refused}");
}

#[tokio::test]
async fn a_lost_answer_is_a_connection_that_ends_without_a_status() {
    let server = served(ada()).await;
    control(
        &server,
        "POST",
        "faults",
        r#"{"when":{"occurrence":{"nth":1}},"kind":{"fail_after":"dropped"}}"#,
    )
    .await;
    let patch = r#"{"properties":{"city":"Rome"}}"#;
    assert_eq!(api(&server, "PATCH", CONTACT, patch).await.status, None);
    let read = api(&server, "GET", &format!("{CONTACT}?properties=city"), "").await;
    assert_eq!(read.json()["properties"]["city"], "Rome");
    server.shutdown().await;
}

#[tokio::test]
async fn a_state_is_loaded_dumped_and_added_to() {
    let server = served(Vec::new()).await;
    let state = json!({"owners": [{"id": "7"}], "objects": {"contacts": {
        "properties": [{"name": "extra", "type": "string", "fieldType": "text"}],
        "records": [{"id": "5", "createdAt": "2026-01-02T00:00:00Z", "properties": {"extra": "x", "phone": null}}],
    }}});
    assert_eq!(control(&server, "POST", "load", &state.to_string()).await.status, Some(200));
    let more = json!({"objects": {"contacts": {"records": [{"id": 6}]}}});
    assert_eq!(control(&server, "POST", "load?mode=add", &more.to_string()).await.status, Some(200));
    assert_eq!(control(&server, "POST", "load?mode=add", &more.to_string()).await.status, Some(400));
    let dump = control(&server, "GET", "dump", "").await;
    assert_eq!(dump.json()["objects"]["contacts"]["records"].as_array().unwrap().len(), 2);
    let record = control(&server, "GET", "dump/contacts/5", "").await.json();
    assert_eq!((&record["id"], &record["properties"]["extra"]), (&json!("5"), &json!("x")));
    assert_eq!(control(&server, "GET", "dump/contacts/9", "").await.status, Some(404));
    assert_eq!(control(&server, "POST", "load", "{").await.status, Some(400));
    server.shutdown().await;
}

#[tokio::test]
async fn the_clock_is_set_advanced_and_frozen_and_lands_late_requests() {
    let server = served(ada()).await;
    let clock = control(&server, "POST", "clock", r#"{"set":"2026-03-01T00:00:00Z","freeze":true}"#).await;
    assert_eq!(clock.json(), json!({"now_ms": 1_772_323_200_000_i64, "frozen": true}));
    control(&server, "POST", "faults", r#"[{"when":{"method":"PATCH"},"kind":{"late":{"delay_ms":500}}}]"#)
        .await;
    assert_eq!(api(&server, "PATCH", CONTACT, r#"{"properties":{"city":"Rome"}}"#).await.status, None);
    let record = control(&server, "GET", "dump/contacts/101", "").await.json();
    assert_eq!(record["properties"].get("city"), None);
    control(&server, "POST", "clock", r#"{"advance_ms":500}"#).await;
    let record = control(&server, "GET", "dump/contacts/101", "").await.json();
    assert_eq!(record["properties"]["city"], "Rome");
    assert_eq!(record["updatedAt"], "2026-03-01T00:00:00.500Z");
    server.shutdown().await;
}

#[tokio::test]
async fn a_held_call_waits_for_its_release_and_a_test_waits_for_the_call() {
    let server = served(ada()).await;
    control(&server, "POST", "faults", r#"{"kind":{"hold":"before_commit"}}"#).await;
    let (address, shared) = (server.address(), server.shared());
    let client = tokio::spawn(async move {
        let token = [("authorization", "Bearer sandbox-token")];
        crate::support::send(address, "PATCH", CONTACT, &token, r#"{"properties":{"city":"Rome"}}"#).await
    });
    let held = control(&server, "GET", "held", "").await.json();
    assert_eq!(held, json!([{"sequence": 1, "point": "before_commit"}]));
    let record = shared.with(|portal, _| portal.dump_record("contacts", 101)).unwrap();
    assert_eq!(record.properties.get("city"), None);
    let released = control(&server, "POST", "release", r#"{"sequence":1}"#).await;
    assert_eq!(released.json(), json!({"released": 1}));
    assert_eq!(client.await.unwrap().status, Some(200));
    server.shutdown().await;
}

#[tokio::test]
async fn a_shutdown_ends_a_held_call_without_an_answer() {
    let server = served(ada()).await;
    control(&server, "POST", "faults", r#"{"kind":{"hold":"after_commit"}}"#).await;
    let (address, shared) = (server.address(), server.shared());
    let client = tokio::spawn(async move { crate::support::send(address, "GET", CONTACT, &[], "").await });
    assert_eq!(shared.wait_for_held().await.len(), 1);
    server.shutdown().await;
    assert_eq!(client.await.unwrap().status, None);
}

#[tokio::test]
async fn settings_people_and_the_log_are_reached_by_http() {
    let server = served(ada()).await;
    let settings =
        control(&server, "POST", "settings", r#"{"search_lag_ms":30000,"old_primary":"lost"}"#).await.json();
    assert_eq!((&settings["search_lag_ms"], &settings["history_depth"]), (&json!(30_000), &json!(20)));
    assert_eq!(control(&server, "POST", "settings", r#"{"serch_lag_ms":1}"#).await.status, Some(400));
    let edit = r#"{"act":"reassign","id":101,"owner":"88"}"#;
    assert_eq!(control(&server, "POST", "people", edit).await.json(), json!({"id": "101"}));
    let wrong = control(&server, "POST", "people", r#"{"act":"reassign","id":101,"owner":"1"}"#).await;
    assert_eq!(wrong.status, Some(409));
    api(&server, "GET", CONTACT, "").await;
    let log = control(&server, "GET", "requests", "").await.json();
    assert_eq!(
        (log.as_array().unwrap().len(), &log[0]["class"], &log[0]["named"]),
        (1, &json!("read"), &json!(["101"]))
    );
    assert_eq!(control(&server, "GET", "requests?after=1", "").await.json(), json!([]));
    server.shutdown().await;
}
