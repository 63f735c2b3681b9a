//! Faults as a client sees them, and what they leave behind.

use serde_json::{Value, json};

use super::*;
use crate::faults::{Alteration, Failure, FaultKind, HoldPoint, Occurrence, Policy, Release, When};
use crate::log::Class;

fn with(kind: FaultKind) -> Bench {
    let mut bench = Bench::filled(Settings::default());
    bench.portal.install(Fault { when: When { occurrence: Occurrence::Nth(1), ..When::default() }, kind });
    bench
}

fn patch() -> Request<Bytes> {
    request("PATCH", &format!("{ROOT}/101"), Some(&json!({"properties": {"city": "Rome"}})))
}

#[test]
fn a_failure_before_leaves_nothing_and_one_after_leaves_the_write() {
    let status = || Failure::Status { status: 503, retry_after_s: Some(2) };
    for (kind, city) in
        [(FaultKind::FailBefore(status()), Value::Null), (FaultKind::FailAfter(status()), json!("Rome"))]
    {
        let mut bench = with(kind);
        let got = bench.ask(&patch());
        assert_eq!((got.status, &got.headers["retry-after"]), (503, &http::HeaderValue::from_static("2")));
        assert_eq!(bench.value(101, "city"), city);
        let entry = bench.portal.requests().next().unwrap().clone();
        assert_eq!((entry.committed_at_ms.is_some(), entry.status), (city == "Rome", Some(503)));
    }
}

#[test]
fn an_answer_can_be_altered_in_every_way_and_its_write_has_happened() {
    let altered = |how: Alteration, request: &Request<Bytes>| with(FaultKind::Altered(how)).ask(request);
    let list = request("GET", &format!("{ROOT}?limit=2"), None);
    assert_eq!(altered(Alteration::Reordered, &list).ids(), ["102", "101"]);
    assert_eq!(altered(Alteration::Repeated, &list).ids(), ["101", "102", "101"]);
    let cursor = altered(Alteration::Cursor { after: "7".into() }, &list);
    assert_eq!(cursor.body["paging"]["next"]["after"], "7");
    assert_eq!(altered(Alteration::HtmlType, &list).headers["content-type"], "text/html; charset=utf-8");
    let mut bench = with(FaultKind::Altered(Alteration::Gzip));
    let Reply::Answer(answer) = bench.reply(&patch()) else { panic!("it is answered") };
    assert_eq!(
        (&answer.headers()["content-encoding"], &answer.body()[..2]),
        (&"gzip".parse().unwrap(), &[0x1f, 0x8b][..])
    );
    let mut bench = with(FaultKind::Altered(Alteration::Padded { bytes: 70_000 }));
    let Reply::Answer(answer) = bench.reply(&patch()) else { panic!("it is answered") };
    assert_eq!(answer.body().len(), 70_000);
    assert_eq!(bench.value(101, "city"), "Rome");
}

#[test]
fn a_retry_after_can_be_a_date_by_the_sandbox_clock() {
    let mut bench = with(FaultKind::FailBefore(Failure::RetryAt { status: 503, delay_s: 90 }));
    bench.now_ms = 784_111_687_000;
    let got = bench.ask(&patch());
    assert_eq!(got.headers["retry-after"], "Sun, 06 Nov 1994 08:49:37 GMT");
}

#[test]
fn a_dropped_connection_has_no_status() {
    let mut bench = with(FaultKind::FailAfter(Failure::Dropped));
    assert!(matches!(bench.reply(&patch()), Reply::Lost));
    let entry = bench.portal.requests().next().unwrap().clone();
    assert_eq!(
        (entry.status, entry.changed, entry.fault.as_deref()),
        (None, vec!["101".to_owned()], Some("fault.hubspot.dropped_after"))
    );
}

#[test]
fn every_policy_of_a_429_can_be_injected() {
    for policy in [Policy::TenSecondlyRolling, Policy::Secondly, Policy::Daily] {
        let mut bench = with(FaultKind::FailBefore(Failure::RateLimited { policy, retry_after_s: None }));
        let got = bench.ask(&patch());
        assert_eq!((got.status, got.body["policyName"].as_str()), (429, Some(policy.name())));
        assert!(!got.headers.contains_key("retry-after"));
    }
}

#[test]
fn a_late_request_takes_effect_after_its_delay_even_if_nobody_asks() {
    let mut bench = with(FaultKind::Late { delay_ms: 5_000 });
    assert!(matches!(bench.reply(&patch()), Reply::Lost));
    bench.now_ms += 4_999;
    assert_eq!(bench.value(101, "city"), Value::Null);
    bench.portal.tick(NOW + 6_000);
    assert_eq!(
        bench.portal.dump_record("contacts", 101).unwrap().properties["city"].as_deref(),
        Some("Rome")
    );
    let entry = bench.portal.requests().next().unwrap().clone();
    assert_eq!((entry.status, entry.committed_at_ms), (None, Some(NOW + 5_000)));
}

#[test]
fn a_truncated_body_is_no_json_but_the_write_stands() {
    let mut bench = with(FaultKind::TruncatedBody);
    let got = bench.ask(&patch());
    assert_eq!((got.status, got.body), (200, Value::Null));
    assert_eq!(bench.value(101, "city"), "Rome");
}

#[track_caller]
fn check_hold(point: HoldPoint, how: Release, answered: bool, written: bool) {
    let mut bench = with(FaultKind::Hold(point));
    let Reply::Held(sequence) = bench.reply(&patch()) else { panic!("not held") };
    assert_eq!(bench.portal.held(), [(sequence, point)]);
    let reply = bench.portal.release(NOW, sequence, how).unwrap();
    assert_eq!(matches!(reply, Reply::Answer(_)), answered, "{point:?} {how:?}");
    assert_eq!(bench.value(101, "city") == "Rome", written, "{point:?} {how:?}");
    assert!(bench.portal.release(NOW, sequence, how).is_none());
}

#[test]
fn a_held_request_is_answered_lost_or_discarded() {
    check_hold(HoldPoint::BeforeCommit, Release::Answer, true, true);
    check_hold(HoldPoint::BeforeCommit, Release::Lose, false, true);
    check_hold(HoldPoint::BeforeCommit, Release::Discard, false, false);
    check_hold(HoldPoint::AfterCommit, Release::Answer, true, true);
    check_hold(HoldPoint::AfterCommit, Release::Discard, false, true);
}

#[test]
fn a_batch_can_be_refused_as_a_whole() {
    let mut bench = with(FaultKind::RefuseBatch);
    let got = bench.post("/batch/update", json!({"inputs": [traced("101", "a", json!({"city": "Rome"}))]}));
    assert_eq!((got.status, got.category()), (400, "VALIDATION_ERROR"));
    assert_eq!(bench.value(101, "city"), Value::Null);
}

#[test]
fn named_rows_of_a_batch_can_be_refused() {
    let mut bench = with(FaultKind::PartialFailure { ids: vec!["101".into(), "b".into()] });
    let inputs = [
        traced("101", "a", json!({"city": "Rome"})),
        traced("102", "b", json!({"city": "Rome"})),
        traced("103", "c", json!({"city": "Rome"})),
    ];
    let got = bench.post("/batch/update", json!({"inputs": inputs}));
    assert_eq!((got.status, got.ids(), &got.body["numErrors"]), (207, vec!["103"], &json!(2)));
    assert_eq!(got.body["errors"][0]["context"], json!({"ids": ["101"], "objectWriteTraceId": ["a"]}));
    assert_eq!(bench.value(102, "city"), Value::Null);
}

#[test]
fn the_log_says_what_was_asked_named_and_changed() {
    let mut bench = Bench::filled(Settings::default());
    bench.post("/search", json!({"filterGroups": []}));
    bench.post(
        "/batch/update",
        json!({"inputs": [input("101", json!({"city": "Rome"})), input("103", json!({}))]}),
    );
    bench.ask(&request("DELETE", &format!("{ROOT}/102"), None));
    let entries: Vec<LogEntry> = bench.portal.requests().cloned().collect();
    let classes: Vec<Class> = entries.iter().map(|entry| entry.class).collect();
    assert_eq!(classes, [Class::Read, Class::Write, Class::Write]);
    assert_eq!(
        (&entries[1].named, &entries[1].changed),
        (&vec!["101".to_owned(), "103".into()], &vec!["101".to_owned()])
    );
    assert_eq!((&entries[2].named, entries[2].status), (&vec!["102".to_owned()], Some(204)));
    assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2, 3]);
}
