//! Traps of reading, identity and limits.

use serde_json::{Value, json};

use super::*;
use crate::faults::{Failure, FaultKind, When};

fn default() -> Bench {
    Bench::filled(Settings::default())
}

#[test]
fn a_list_ends_without_a_paging_key_and_is_ordered_by_id() {
    let mut bench = default();
    let first = bench.get(&format!("{ROOT}?limit=2"));
    assert_eq!(first.ids(), ["101", "102"]);
    let after = first.body["paging"]["next"]["after"].as_str().unwrap().to_owned();
    let last = bench.get(&format!("{ROOT}?limit=2&after={after}"));
    assert_eq!(last.ids(), ["103"]);
    assert!(last.body.get("paging").is_none() && last.body.get("total").is_none());
    assert_eq!(bench.get(&format!("{ROOT}?limit=101")).status, 400);
    assert_eq!(bench.get(&format!("{ROOT}?limit=51&propertiesWithHistory=city")).status, 400);
    let defaults: Vec<&String> = last.body["results"][0]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        defaults,
        ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]
    );
}

#[test]
fn trap_05_a_batch_read_of_missing_ids_is_a_207_with_one_error_for_all() {
    let mut bench = default();
    let got = bench.post("/batch/read", json!({"inputs": [{"id": "101"}, {"id": "7"}, {"id": "8"}]}));
    assert_eq!((got.status, got.ids()), (207, vec!["101"]));
    let expected =
        "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.";
    assert_eq!(got.body["errors"][0]["message"], expected);
    assert_eq!(got.body["errors"][0]["context"]["ids"], json!(["7", "8"]));
}

#[test]
fn trap_22_a_batch_read_by_email_finds_additional_ones_and_does_not_echo_them() {
    let mut bench = default();
    let body = json!({"inputs": [{"id": "ADA@old.example"}], "idProperty": "email", "properties": ["email"]});
    let got = bench.post("/batch/read", body);
    assert_eq!((got.status, got.ids()), (200, vec!["101"]));
    assert!(!got.body.to_string().contains("old.example"));
}

#[test]
fn a_merged_id_in_a_batch_read_is_missing_or_another_record() {
    for (merged_in_batch_read, status) in
        [(MergedInBatchRead::NotFound, 207), (MergedInBatchRead::Resolved, 200)]
    {
        let mut bench = Bench::filled(Settings { merged_in_batch_read, ..Settings::default() });
        bench.post("/merge", json!({"primaryObjectId": "101", "objectIdToMerge": "102"}));
        assert_eq!(bench.post("/batch/read", json!({"inputs": [{"id": "102"}]})).status, status);
    }
}

#[test]
fn trap_13_a_daily_429_lasts_until_midnight_of_the_account() {
    let limits = RateLimits { daily: 2, ..RateLimits::default() };
    let mut bench = Bench::filled(Settings { rate_limits: Some(limits), ..Settings::default() });
    for _ in 0..2 {
        assert_eq!(bench.get(ROOT).status, 200);
    }
    bench.now_ms += 3_600_000;
    let got = bench.get(ROOT);
    assert_eq!((got.status, got.body["policyName"].as_str()), (429, Some("DAILY")));
    assert_eq!(got.message(), "You have reached your daily limit.");
    bench.now_ms += 23 * 3_600_000;
    assert_eq!(bench.get(ROOT).status, 200);
}

#[test]
fn a_burst_over_the_limit_is_refused_without_a_category() {
    for retry_after_on_429 in [false, true] {
        let limits = RateLimits { burst: 2, ..RateLimits::default() };
        let settings = Settings { rate_limits: Some(limits), retry_after_on_429, ..Settings::default() };
        let mut bench = Bench::filled(settings);
        let first = bench.get(ROOT);
        assert_eq!(first.headers["x-hubspot-ratelimit-remaining"], "1");
        bench.get(ROOT);
        let got = bench.get(ROOT);
        assert_eq!((got.status, got.body["policyName"].as_str()), (429, Some("TEN_SECONDLY_ROLLING")));
        assert_eq!((got.category(), got.body["errorType"].as_str()), ("", Some("RATE_LIMIT")));
        assert_eq!(got.headers.contains_key("retry-after"), retry_after_on_429);
        bench.now_ms += 10_000;
        assert_eq!(bench.get(ROOT).status, 200);
    }
}

#[test]
fn trap_16_archived_records_are_only_in_the_archived_list() {
    let mut bench = default();
    bench.ask(&request("DELETE", &format!("{ROOT}/102"), None));
    assert_eq!(bench.post("/search", json!({"filterGroups": []})).ids(), ["101", "103"]);
    assert_eq!(bench.get(ROOT).ids(), ["101", "103"]);
    let archived = bench.get(&format!("{ROOT}?archived=true"));
    assert_eq!(archived.ids(), ["102"]);
    assert!(archived.body["results"][0]["archivedAt"].is_string());
    assert_eq!(bench.get(&format!("{ROOT}/102")).status, 404);
    assert_eq!(bench.get(&format!("{ROOT}/102?archived=true")).body["archived"], json!(true));
    assert_eq!(bench.patch(102, json!({"city": "Rome"})).status, 404);
    bench.portal.people(NOW, PeopleEdit::of(Act::Restore { id: 102 })).unwrap();
    assert_eq!(bench.get(&format!("{ROOT}/102")).status, 200);
}

#[test]
fn trap_17_contacts_move_lastmodifieddate_and_not_the_other_one() {
    let mut bench = default();
    let got = bench.patch(101, json!({"city": "Rome"}));
    assert_eq!(got.body["properties"]["lastmodifieddate"], got.body["updatedAt"]);
    assert_eq!(bench.value(101, "hs_lastmodifieddate"), Value::Null);
}

#[test]
fn trap_25_every_spelling_of_parameters_is_understood() {
    let mut bench = default();
    let spellings = [
        "properties=city&properties=phone&archived=False",
        "properties=city%2Cphone",
        "properties=city,phone",
    ];
    for spelling in spellings {
        let got = bench.get(&format!("{ROOT}/101?{spelling}"));
        let keys: Vec<&String> = got.body["properties"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["city", "createdate", "hs_object_id", "lastmodifieddate", "phone"], "{spelling}");
    }
}

#[test]
fn trap_28_a_token_that_means_nothing_is_reported_as_expired_long_ago() {
    let mut bench = default();
    let mut bad = request("GET", ROOT, None);
    bad.headers_mut().insert("authorization", "Bearer nonsense".parse().unwrap());
    let got = bench.ask(&bad);
    assert_eq!((got.status, got.category()), (401, "EXPIRED_AUTHENTICATION"));
    assert_eq!(got.message(), "The OAuth token used to make this call expired 20513 day(s) ago.");
    bad.headers_mut().remove("authorization");
    let got = bench.ask(&bad);
    assert_eq!((got.status, got.category()), (401, "INVALID_AUTHENTICATION"));
}

#[test]
fn a_token_without_the_scope_is_told_which_one() {
    let mut bench = default();
    let mut token = Token::with_all_scopes(DEFAULT_TOKEN);
    token.scopes.retain(|scope| scope != "crm.objects.contacts.write");
    bench.portal.set_tokens(vec![token]);
    assert_eq!(bench.get(ROOT).status, 200);
    let got = bench.patch(101, json!({"city": "Rome"}));
    assert_eq!((got.status, got.category()), (403, "MISSING_SCOPES"));
    assert_eq!(got.body["context"]["requiredGranularScopes"], json!(["crm.objects.contacts.write"]));
}

#[test]
fn trap_31_both_path_families_serve_the_same_state() {
    let mut bench = default();
    let roots = ["/crm/v3/objects/contacts", "/crm/objects/2025-09/contacts", "/crm/objects/2026-03/0-1"];
    let answers: Vec<Value> = roots.iter().map(|root| bench.get(&format!("{root}/101")).body).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer["id"] == "101"));
    for path in ["/account-info/v3/details", "/account-info/2026-03/details"] {
        assert_eq!(bench.get(path).body["portalId"], json!(44_237_313));
    }
}

#[test]
fn trap_32_an_error_body_may_be_html_empty_or_lack_a_category() {
    let mut bench = default();
    let got = bench.get("/crm/v3/objects/butterflies");
    assert_eq!((got.status, got.category()), (400, ""));
    assert_eq!(got.message(), "Unable to infer object type from: butterflies");
    let html = bench.get("/crm/v3/nonsense");
    assert_eq!(
        (html.status, &html.headers["content-type"]),
        (404, &http::HeaderValue::from_static("text/html"))
    );
    for failure in [Failure::Html { status: 502 }, Failure::Empty { status: 502 }] {
        bench.portal.install(Fault { when: When::default(), kind: FaultKind::FailBefore(failure) });
        let got = bench.get(ROOT);
        assert_eq!((got.status, got.body), (502, Value::Null));
        bench.portal.clear_faults();
    }
}

#[test]
fn an_overlong_url_is_refused_with_414() {
    let path = format!("{ROOT}?properties={}", "x".repeat(17_000));
    assert_eq!(default().get(&path).status, 414);
}

#[test]
fn history_tells_who_wrote_what_newest_first() {
    let mut bench = Bench::filled(Settings { history_depth: 3, ..Settings::default() });
    bench.patch(101, json!({"city": "Rome"}));
    bench.now_ms += 5_000;
    let by_hand = Act::Set { id: 101, properties: [("city".to_owned(), "Oslo".to_owned())].into() };
    bench.portal.people(bench.now_ms, PeopleEdit { user_id: 77, ..PeopleEdit::of(by_hand) }).unwrap();
    bench.patch(101, json!({"city": ""}));
    let body =
        json!({"inputs": [{"id": "101"}], "properties": [], "propertiesWithHistory": ["city", "nope"]});
    let got = bench.post("/batch/read", body);
    let history = &got.body["results"][0]["propertiesWithHistory"];
    assert!(history.get("nope").is_none());
    let versions = history["city"].as_array().unwrap();
    let values: Vec<&str> = versions.iter().map(|version| version["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["", "Oslo", "Rome"]);
    assert_eq!(versions[1]["updatedByUserId"], json!(77));
    assert_eq!(
        (&versions[1]["sourceType"], &versions[1]["sourceId"]),
        (&json!("CRM_UI"), &json!("userId:77"))
    );
    assert_eq!(
        (&versions[2]["sourceType"], &versions[2]["sourceId"]),
        (&json!("INTEGRATION"), &json!("19083857"))
    );
    assert!(versions[0]["timestamp"].as_str() > versions[1]["timestamp"].as_str());
    bench.patch(101, json!({"city": "Bergen"}));
    let got = bench.get(&format!("{ROOT}/101?propertiesWithHistory=city"));
    assert_eq!(got.body["propertiesWithHistory"]["city"].as_array().unwrap().len(), 3);
}

#[test]
fn property_definitions_are_listed_created_and_archived() {
    let mut bench = default();
    let path = "/crm/properties/2026-03/contacts";
    let all = bench.get(path);
    let owner =
        all.body["results"].as_array().unwrap().iter().find(|p| p["name"] == "hubspot_owner_id").unwrap();
    assert_eq!((&owner["externalOptions"], &owner["options"]), (&json!(true), &json!([])));
    let new = json!({"name": "trueup_id", "label": "Id", "type": "string", "fieldType": "text",
        "groupName": "contactinformation", "hasUniqueValue": true});
    assert_eq!(bench.send("POST", path, new.clone()).status, 201);
    assert_eq!(bench.send("POST", path, new).status, 409);
    bench.patch(101, json!({"trueup_id": "t-1"}));
    assert_eq!(bench.get(&format!("{ROOT}/t-1?idProperty=trueup_id")).status, 200);
    assert_eq!(bench.ask(&request("DELETE", &format!("{path}/trueup_id"), None)).status, 204);
    let read = bench.get(&format!("{ROOT}/101?properties=trueup_id"));
    assert!(read.body["properties"].get("trueup_id").is_none());
    assert_eq!(bench.ask(&request("DELETE", &format!("{path}/email"), None)).status, 400);
    assert_eq!(bench.get(&format!("{path}/email")).body["modificationMetadata"]["archivable"], json!(false));
}
