//! Answers that the sandbox never gives, word for word.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use trueup_core::{name::RemoteId, snapshot::Coverage};
use trueup_ports::{
    Ask, Fault, Page, Reach, Source, View,
    wire::{Lost, Transport},
};

use crate::hubspot_bench::{Rig, connect, numbers, run, scope};

/// Gives answers in turn.
struct Canned(Mutex<VecDeque<(u16, &'static str)>>);

#[async_trait]
impl Transport for Canned {
    async fn call(&self, _: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        let (status, body) = self.0.lock().unwrap().pop_front().expect("no more requests than answers");
        Ok(Response::builder().status(status).body(Bytes::from(body)).unwrap())
    }
}

fn read(view: View, reach: Reach, answers: &[(u16, &'static str)]) -> Result<Page, Fault> {
    let transport = Arc::new(Canned(Mutex::new(answers.iter().copied().collect())));
    let hubspot = connect(transport, Rig::new().office, |_| ());
    run(hubspot.read(Ask { view, reach, columns: vec!["email".into()], history: false }))
}

fn search(from: Option<&str>, answer: &'static str) -> Result<Page, Fault> {
    read(scope(), Reach::All(from.map(str::to_owned)), &[(200, answer)])
}

#[test]
fn an_answer_without_its_list_is_unreadable_not_empty() {
    for answer in ["{}", r#"{"total":0}"#, r#"{"results":null,"total":0}"#, r#"{"results":[]}"#, "[]", "null"]
    {
        assert!(matches!(search(None, answer), Err(Fault::Unreadable(_))), "{answer}");
    }
    let ids = || Reach::Ids(vec![RemoteId::new("1")]);
    assert!(matches!(
        read(View::All, ids(), &[(200, r#"{"status":"COMPLETE"}"#)]),
        Err(Fault::Unreadable(_))
    ));
}

#[test]
fn a_search_that_gives_the_same_page_again_is_a_loop() {
    let page = r#"{"total":5,"results":[{"id":"7"},{"id":"8"}],"paging":{"next":{"after":"2"}}}"#;
    assert!(search(None, page).is_ok());
    assert!(matches!(search(Some("8"), page), Err(Fault::Unreadable(_))));
}

#[test]
fn a_listing_that_points_at_itself_is_a_loop() {
    let page = r#"{"results":[{"id":"7"}],"paging":{"next":{"after":"x"}}}"#;
    let again = read(View::All, Reach::All(Some("x".into())), &[(200, page)]);
    assert!(matches!(again, Err(Fault::Unreadable(_))));
    let empty =
        read(View::All, Reach::All(None), &[(200, r#"{"results":[],"paging":{"next":{"after":"x"}}}"#)]);
    assert!(matches!(empty, Err(Fault::Unreadable(_))));
}

#[test]
fn fewer_records_than_the_total_says_are_only_some_of_the_view() {
    let short = search(None, r#"{"total":3,"results":[{"id":"7"},{"id":"8"}]}"#).unwrap();
    assert_eq!((short.coverage, short.next.as_deref()), (Coverage::Some, Some("some 8")));
    // What came short once stays so to the last page.
    let last = search(Some("some 8"), r#"{"total":1,"results":[{"id":"9"}]}"#).unwrap();
    assert_eq!((last.coverage, last.next), (Coverage::Some, None));
    let none = search(Some("8"), r#"{"total":2,"results":[]}"#).unwrap();
    assert_eq!((none.coverage, none.next), (Coverage::Some, None));
}

#[test]
fn ids_may_be_numbers_and_a_search_may_hold_fields_to_come() {
    let page =
        search(None, r#"{"total":1,"later":{},"results":[{"id":7,"newer":true,"properties":{}}]}"#).unwrap();
    assert_eq!(numbers(&page.records), [7]);
}

#[test]
fn a_unique_value_that_is_neither_given_nor_named_is_unreadable_not_absent() {
    let reach = || Reach::Unique { column: "trueup_id".into(), texts: vec!["e-1".into(), "e-2".into()] };
    let silent = r#"{"status":"COMPLETE","results":[{"id":"7","properties":{"trueup_id":"e-1"}}]}"#;
    assert!(matches!(read(View::All, reach(), &[(200, silent)]), Err(Fault::Unreadable(_))));
    let named = r#"{"results":[{"id":"7","properties":{"trueup_id":"e-1"}}],
        "errors":[{"category":"OBJECT_NOT_FOUND","context":{"ids":["e-2"]}}]}"#;
    assert_eq!(numbers(&read(View::All, reach(), &[(207, named)]).unwrap().records), [7]);
}

#[test]
fn a_403_of_either_shape_names_the_scope() {
    for body in [
        r#"{"status":"error","message":"m","category":"MISSING_SCOPES","errors":[{"message":"m","context":{"requiredGranularScopes":["crm.objects.contacts.read"]}}]}"#,
        r#"{"status":"error","message":"m","category":"MISSING_SCOPES","context":{"requiredGranularScopes":["crm.objects.contacts.read"]}}"#,
    ] {
        let Err(Fault::Denied(what)) = read(scope(), Reach::All(None), &[(403, body)]) else {
            panic!("not denied")
        };
        assert!(what.contains("lacks crm.objects.contacts.read"), "{what}");
    }
}

#[test]
fn an_unordered_search_is_unreadable() {
    let page = r#"{"total":2,"results":[{"id":"8"},{"id":"7"}]}"#;
    assert!(matches!(search(None, page), Err(Fault::Unreadable(_))));
}
