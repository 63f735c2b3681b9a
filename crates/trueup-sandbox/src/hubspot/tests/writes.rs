//! Traps of writing.

use serde_json::{Value, json};

use super::*;
use crate::faults::{Failure, FaultKind, When};

fn default() -> Bench {
    Bench::filled(Settings::default())
}

#[test]
fn trap_01_a_batch_update_of_a_merged_id_answers_200_and_leaves_it_out() {
    let mut bench = default();
    let survivor =
        bench.post("/merge", json!({"primaryObjectId": "101", "objectIdToMerge": "102"})).body["id"].clone();
    let inputs = [input("101", json!({"city": "Rome"})), input("103", json!({"city": "Oslo"}))];
    let got = bench.post("/batch/update", json!({"inputs": inputs}));
    assert_eq!((got.status, got.ids()), (200, vec!["103"]));
    assert!(got.body.get("errors").is_none());
    let id = survivor.as_str().unwrap().parse().unwrap();
    assert_eq!(bench.value(id, "city"), Value::Null);
    assert_eq!(bench.patch(101, json!({"city": "Rome"})).status, 200);
    assert_eq!(bench.value(id, "city"), "Rome");
}

#[test]
fn trap_02_the_old_id_of_a_merged_record_answers_with_another_id() {
    let mut bench = default();
    let merged = bench.post("/merge", json!({"primaryObjectId": "101", "objectIdToMerge": "102"}));
    let survivor = merged.body["id"].as_str().unwrap().to_owned();
    assert!(!["101", "102"].contains(&survivor.as_str()));
    for old in [101, 102] {
        let got =
            bench.get(&format!("{ROOT}/{old}?properties=hs_merged_object_ids,hs_additional_emails,email"));
        assert_eq!((got.status, got.body["id"].as_str()), (200, Some(survivor.as_str())));
        assert_eq!(got.body["properties"]["hs_merged_object_ids"], "101;102");
        assert_eq!(got.body["properties"]["email"], "ada@example.com");
        let emails = "ada@old.example;ada@home.example;grace@example.com";
        assert_eq!(got.body["properties"]["hs_additional_emails"], emails);
    }
    assert_eq!(bench.get(&format!("{ROOT}?limit=100")).ids(), ["103", survivor.as_str()]);
}

#[test]
fn a_record_merged_twice_is_reached_by_all_its_old_ids() {
    let mut bench = default();
    bench.post("/merge", json!({"primaryObjectId": "101", "objectIdToMerge": "102"}));
    let second = bench.post("/merge", json!({"primaryObjectId": "103", "objectIdToMerge": "102"}));
    let survivor = second.body["id"].as_str().unwrap().to_owned();
    for old in [101, 102, 103, 1_001] {
        assert_eq!(bench.get(&format!("{ROOT}/{old}")).body["id"], survivor.as_str(), "{old}");
    }
    assert_eq!(bench.post("/merge", json!({"primaryObjectId": "101", "objectIdToMerge": "102"})).status, 400);
}

#[test]
fn trap_03_a_create_conflict_without_trace_ids_refuses_all_and_names_nobody() {
    let mut bench = default();
    let inputs = [
        json!({"properties": {"email": "new@example.com"}}),
        json!({"properties": {"email": "ada@example.com"}}),
    ];
    let got = bench.post("/batch/create", json!({"inputs": inputs}));
    assert_eq!((got.status, got.category(), got.message()), (409, "CONFLICT", "Contact already exists"));
    assert!(got.body.get("context").is_none());
    assert_eq!(bench.get(&format!("{ROOT}?limit=100")).ids().len(), 3);
}

#[test]
fn trap_03_a_create_conflict_with_trace_ids_is_a_row_of_a_207() {
    let mut bench = default();
    let row = |trace: &str, email: &str| json!({"objectWriteTraceId": trace, "properties": {"email": email}});
    let inputs = [row("0", "new@example.com"), row("1", "ADA@example.com"), row("2", "new@example.com")];
    let got = bench.post("/batch/create", json!({"inputs": inputs}));
    assert_eq!((got.status, &got.body["numErrors"]), (207, &json!(2)));
    assert_eq!(got.body["results"][0]["objectWriteTraceId"], "0");
    let error = &got.body["errors"][0];
    assert_eq!(error["category"], "CONFLICT");
    assert_eq!(error["message"], "Contact already exists. Existing ID: 101");
    assert_eq!(error["context"], json!({"objectWriteTraceId": ["1"], "existingId": ["101"]}));
    assert_eq!(got.body["errors"][1]["context"]["objectWriteTraceId"], json!(["2"]));
}

#[test]
fn trap_04_one_bad_property_refuses_the_whole_batch() {
    let mut bench = default();
    let inputs = [input("101", json!({"city": "Rome"})), input("102", json!({"cityy": "Oslo"}))];
    let got = bench.post("/batch/update", json!({"inputs": inputs}));
    assert_eq!((got.status, got.category()), (400, "VALIDATION_ERROR"));
    assert_eq!(bench.value(101, "city"), Value::Null);
    let inputs = [traced("101", "a", json!({"city": "Rome"})), traced("102", "b", json!({"cityy": "Oslo"}))];
    let got = bench.post("/batch/update", json!({"inputs": inputs}));
    assert_eq!((got.status, got.ids()), (207, vec!["101"]));
    let error = &got.body["errors"][0];
    assert_eq!(error["errors"][0]["code"], "PROPERTY_DOESNT_EXIST");
    assert_eq!(error["context"]["objectWriteTraceId"], json!(["b"]));
}

#[test]
fn trap_05_a_207_carries_failures_under_a_status_of_success() {
    let mut bench = default();
    let inputs = [traced("101", "a", json!({"city": "Rome"})), traced("999", "b", json!({"city": "Oslo"}))];
    let got = bench.post("/batch/update", json!({"inputs": inputs}));
    assert_eq!((got.status, got.ids()), (207, vec!["101"]));
    assert_eq!(got.body["status"], "COMPLETE");
    let error = &got.body["errors"][0];
    assert_eq!(error["category"], "OBJECT_NOT_FOUND");
    assert_eq!(error["context"], json!({"ids": ["999"], "objectWriteTraceId": ["b"]}));
    assert_eq!(bench.value(101, "city"), "Rome");
}

#[test]
fn trap_06_the_error_list_is_shorter_than_the_message_and_names_no_input() {
    let mut bench = default();
    let inputs = [
        input("101", json!({"nope": "1"})),
        input("102", json!({"nope": "2", "email": "not an address"})),
        input("103", json!({"hs_object_id": "5"})),
    ];
    let got = bench.post("/batch/update", json!({"inputs": inputs}));
    let embedded = got.message().strip_prefix("Property values were not valid: ").unwrap();
    let embedded: Vec<Value> = serde_json::from_str(embedded).unwrap();
    let codes: Vec<&str> = embedded.iter().map(|problem| problem["error"].as_str().unwrap()).collect();
    assert_eq!(codes, ["PROPERTY_DOESNT_EXIST", "INVALID_EMAIL", "PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"]);
    let errors = got.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "three differ, and the last of them is left out");
    assert!(errors.iter().all(|error| error["context"].get("ids").is_none() && error.get("in").is_none()));
}

#[test]
fn trap_07_an_id_twice_in_a_batch_refuses_all() {
    let mut bench = default();
    let inputs = [input("101", json!({"city": "Rome"})), input("101", json!({"city": "Oslo"}))];
    let got = bench.post("/batch/update", json!({"inputs": inputs}));
    assert_eq!(got.status, 400);
    assert_eq!(got.message(), "Duplicate IDs found in batch input: [101]. IDs must be unique");
    assert_eq!(got.body["context"]["ids"], json!(["101"]));
    assert_eq!(bench.value(101, "city"), Value::Null);
}

#[test]
fn more_than_a_hundred_inputs_are_refused_and_nothing_is_applied() {
    let mut bench = default();
    let inputs: Vec<Value> = (0..101).map(|n| json!({"properties": {"firstname": n.to_string()}})).collect();
    assert_eq!(bench.post("/batch/create", json!({"inputs": inputs})).status, 400);
    assert_eq!(bench.get(&format!("{ROOT}?limit=100")).ids().len(), 3);
    let inputs: Vec<Value> = (0..51).map(|n| json!({"id": n.to_string()})).collect();
    let history = json!({"inputs": inputs, "propertiesWithHistory": ["city"]});
    assert_eq!(bench.post("/batch/read", history).status, 400);
}

#[test]
fn trap_08_upsert_results_come_in_another_order_with_lower_case_emails() {
    let mut bench = default();
    let row = |email: &str| json!({"id": email, "idProperty": "email", "properties": {"email": email, "city": "Rome"}});
    let got =
        bench.post("/batch/upsert", json!({"inputs": [row("Ada@Example.com"), row("New@Example.com")]}));
    assert_eq!(got.status, 200);
    let rows: Vec<(&str, bool)> = got.body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["properties"]["email"].as_str().unwrap(), row["new"].as_bool().unwrap()))
        .collect();
    assert_eq!(rows, [("new@example.com", true), ("ada@example.com", false)]);
    let bad = json!({"id": "Acme", "idProperty": "company", "properties": {}});
    let got = bench.post("/batch/upsert", json!({"inputs": [bad]}));
    assert_eq!(got.message(), "Unable to perform update/upsert by non-unique 0-1 property company");
}

#[test]
fn trap_18_everything_is_text_and_an_empty_text_clears() {
    let mut bench = default();
    assert_eq!(bench.patch(101, json!({"score": 42, "city": "Rome", "born": "1582934400000"})).status, 200);
    let got = bench.get(&format!("{ROOT}/101?properties=score,city,born,phone,nothing"));
    let properties = &got.body["properties"];
    assert_eq!((&properties["score"], &properties["born"]), (&json!("42"), &json!("2020-02-29")));
    assert_eq!(properties["phone"], Value::Null);
    assert!(properties.as_object().unwrap().contains_key("phone"));
    assert!(!properties.as_object().unwrap().contains_key("nothing"));
    bench.patch(101, json!({"city": ""}));
    assert_eq!(bench.value(101, "city"), Value::Null);
    assert_eq!(bench.patch(101, json!({"city": null})).status, 400);
}

#[test]
fn values_that_do_not_fit_their_property_are_refused_by_code() {
    let cases = [
        ("score", "4 2", "INVALID_INTEGER"),
        ("born", "29.02.2020", "INVALID_DATE"),
        ("born", "1582934400001", "INVALID_DATE"),
        ("email", "ada@", "INVALID_EMAIL"),
        ("hs_additional_emails", "ada@x.co;nope", "INVALID_EMAIL"),
        ("tags", "A;D", "INVALID_OPTION"),
        ("lifecyclestage", "Lead", "INVALID_OPTION"),
        ("createdate", "2020-01-01", "READ_ONLY_VALUE"),
        ("hs_merged_object_ids", "1", "READ_ONLY_VALUE"),
        ("nope", "1", "PROPERTY_DOESNT_EXIST"),
    ];
    for (property, value, code) in cases {
        let got = default().patch(101, json!({property: value}));
        assert_eq!(
            (got.status, got.body["errors"][0]["code"].as_str()),
            (400, Some(code)),
            "{property}={value}"
        );
    }
}

#[test]
fn trap_19_several_options_come_back_in_their_own_order_and_a_leading_semicolon_appends() {
    let mut bench = default();
    bench.patch(101, json!({"tags": "C;A"}));
    assert_eq!(bench.value(101, "tags"), "A;C");
    bench.patch(101, json!({"tags": ";B"}));
    assert_eq!(bench.value(101, "tags"), "A;B;C");
    bench.patch(101, json!({"tags": "B"}));
    assert_eq!(bench.value(101, "tags"), "B");
}

#[test]
fn trap_20_a_lifecycle_stage_goes_back_only_through_clearing() {
    let mut bench = default();
    bench.patch(101, json!({"lifecyclestage": "customer"}));
    assert_eq!(bench.patch(101, json!({"lifecyclestage": "lead"})).status, 200);
    assert_eq!(bench.value(101, "lifecyclestage"), "customer");
    bench.patch(101, json!({"lifecyclestage": ""}));
    bench.patch(101, json!({"lifecyclestage": "lead"}));
    assert_eq!(bench.value(101, "lifecyclestage"), "lead");
    let mut strict =
        Bench::filled(Settings { lifecycle_backward: LifecycleBackward::Refused, ..Settings::default() });
    strict.patch(101, json!({"lifecyclestage": "customer"}));
    assert_eq!(strict.patch(101, json!({"lifecyclestage": "lead"})).status, 400);
}

#[test]
fn trap_21_an_owner_is_named_by_its_id_and_archived_ones_stay_on_records() {
    let mut bench = default();
    assert_eq!(bench.patch(102, json!({"hubspot_owner_id": "501"})).status, 400);
    assert_eq!(bench.patch(102, json!({"hubspot_owner_id": "99"})).status, 400);
    assert_eq!(bench.patch(102, json!({"hubspot_owner_id": "88"})).status, 200);
    let carried = RecordSeed::new(104).value("hubspot_owner_id", "99");
    bench.portal.add_records("contacts", vec![carried]).unwrap();
    assert_eq!(bench.value(104, "hubspot_owner_id"), "99");
    let active = bench.get("/crm/owners/2026-03");
    assert_eq!((active.ids(), &active.body["results"][0]["userId"]), (vec!["88"], &json!(501)));
    let archived = bench.get("/crm/v3/owners?archived=True");
    assert_eq!((archived.ids(), &archived.body["results"][0]["userId"]), (vec!["99"], &Value::Null));
    assert_eq!(bench.get("/crm/v3/owners/501?idProperty=userId").body["id"], "88");
    assert_eq!(bench.get("/crm/v3/owners/99").status, 404);
}

#[test]
fn trap_22_an_additional_email_identifies_its_contact() {
    let mut bench = default();
    let got = bench.post("", json!({"properties": {"email": "Ada@Old.example"}}));
    assert_eq!((got.status, got.message()), (409, "Contact already exists. Existing ID: 101"));
    assert_eq!(bench.patch(102, json!({"email": "ada@home.example"})).status, 409);
    assert_eq!(bench.patch(102, json!({"hs_additional_emails": "ada@example.com"})).status, 409);
    let row = json!({"id": "ada@old.example", "idProperty": "email", "properties": {"city": "Rome"}});
    let got = bench.post("/batch/upsert", json!({"inputs": [row]}));
    assert_eq!((got.ids(), &got.body["results"][0]["new"]), (vec!["101"], &json!(false)));
}

#[track_caller]
fn check_emails(settings: (AdditionalEmails, OldPrimary), patch: Value, expected: (&str, &str)) {
    let (additional_emails, old_primary) = settings;
    let mut bench = Bench::filled(Settings { additional_emails, old_primary, ..Settings::default() });
    assert_eq!(bench.patch(101, patch).status, 200);
    let primary = bench.value(101, "email");
    let additional = bench.value(101, "hs_additional_emails");
    assert_eq!((primary.as_str(), additional.as_str().unwrap_or("")), (Some(expected.0), expected.1));
}

#[test]
fn trap_22_additional_emails_are_overwritten_or_appended_and_the_old_primary_kept_or_lost() {
    use AdditionalEmails::{Appended, Overwritten};
    use OldPrimary::{KeptAsAdditional, Lost};
    let list = || json!({"hs_additional_emails": "X@new.example"});
    check_emails((Overwritten, Lost), list(), ("ada@example.com", "x@new.example"));
    check_emails(
        (Appended, Lost),
        list(),
        ("ada@example.com", "ada@old.example;ada@home.example;x@new.example"),
    );
    let primary = || json!({"email": "ada@home.example"});
    check_emails((Overwritten, Lost), primary(), ("ada@home.example", "ada@old.example"));
    check_emails(
        (Appended, KeptAsAdditional),
        primary(),
        ("ada@home.example", "ada@old.example;ada@example.com"),
    );
    let both = || json!({"email": "n@new.example", "hs_additional_emails": "x@new.example;n@new.example"});
    check_emails((Overwritten, KeptAsAdditional), both(), ("n@new.example", "x@new.example;ada@example.com"));
    check_emails((Overwritten, Lost), both(), ("n@new.example", "x@new.example"));
    check_emails((Overwritten, Lost), json!({"hs_additional_emails": ""}), ("ada@example.com", ""));
    check_emails(
        (Overwritten, Lost),
        json!({"hs_additional_emails": "ada@example.com"}),
        ("ada@example.com", ""),
    );
}

#[test]
fn an_address_that_was_given_up_can_be_taken_by_another_contact() {
    let mut bench = Bench::filled(Settings { old_primary: OldPrimary::Lost, ..Settings::default() });
    bench.patch(101, json!({"email": "ada@new.example"}));
    assert_eq!(bench.patch(102, json!({"email": "ada@example.com"})).status, 200);
}

#[test]
fn trap_23_contacts_without_an_email_are_accepted_each_time() {
    let mut bench = default();
    let first = bench.post("", json!({"properties": {"firstname": "Same"}}));
    let second = bench.post("", json!({"properties": {"firstname": "Same"}}));
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["id"], second.body["id"]);
}

#[test]
fn a_unique_value_is_refused_twice_and_names_its_record() {
    let mut bench = default();
    bench.patch(101, json!({"ext_id": "e-1"}));
    let got = bench.post("", json!({"properties": {"ext_id": "e-1"}}));
    assert_eq!((got.status, got.message()), (409, "Contact already exists. Existing ID: 101"));
    assert_eq!(bench.get(&format!("{ROOT}/e-1?idProperty=ext_id")).body["id"], "101");
    let row = json!({"id": "e-1", "idProperty": "ext_id", "properties": {"city": "Rome"}});
    assert_eq!(bench.post("/batch/update", json!({"inputs": [row]})).ids(), ["101"]);
    let mut strict =
        Bench::filled(Settings { unique_conflict: UniqueConflict::Invalid, ..Settings::default() });
    strict.patch(101, json!({"ext_id": "e-1"}));
    let got = strict.patch(102, json!({"ext_id": "e-1"}));
    assert_eq!((got.status, got.body["errors"][0]["code"].as_str()), (400, Some("CONFLICTING_UNIQUE_VALUE")));
}

#[test]
fn options_that_are_not_published_are_known_all_the_same() {
    let mut bench = default();
    let hidden = PropertyDefinition {
        external_options: true,
        private_options: vec!["north".into(), "south".into()],
        ..PropertyDefinition::choice("region", &[], false)
    };
    bench.portal.define_property("contacts", hidden).unwrap();
    let published = bench.get("/crm/properties/2026-03/contacts/region");
    assert_eq!((&published.body["options"], &published.body["externalOptions"]), (&json!([]), &json!(true)));
    assert!(!published.body.to_string().contains("north"));
    assert_eq!(bench.patch(101, json!({"region": "north"})).status, 200);
    assert_eq!(bench.patch(101, json!({"region": "west"})).body["errors"][0]["code"], "INVALID_OPTION");
}

#[test]
fn trap_29_a_write_may_have_happened_behind_a_524() {
    let mut bench = default();
    let after = FaultKind::FailAfter(Failure::Status { status: 524, retry_after_s: None });
    bench.portal.install(Fault { when: When::default(), kind: after });
    assert_eq!(bench.post("", json!({"properties": {"email": "new@example.com"}})).status, 524);
    bench.portal.clear_faults();
    assert_eq!(bench.get(&format!("{ROOT}/new@example.com?idProperty=email")).status, 200);
}

#[test]
fn trap_30_from_2026_09_on_writes_must_have_what_the_administrator_requires() {
    let settings = Settings { required_properties: vec!["company".into()], ..Settings::default() };
    let mut bench = Bench::filled(settings);
    let body = json!({"properties": {"firstname": "New"}});
    assert_eq!(bench.send("POST", "/crm/v3/objects/contacts", body.clone()).status, 201);
    let got = bench.send("POST", "/crm/objects/2026-09/contacts", body);
    assert_eq!((got.status, got.category()), (400, "VALIDATION_ERROR"));
    let body = json!({"properties": {"company": "Acme"}});
    assert_eq!(bench.send("PATCH", "/crm/objects/2026-09/contacts/101", body).status, 200);
}

#[test]
fn the_207_can_be_gone_in_2026_09() {
    for (multi_status_in_2026_09, status) in [(true, 207), (false, 200)] {
        let mut bench = Bench::filled(Settings { multi_status_in_2026_09, ..Settings::default() });
        let body = json!({"inputs": [{"id": "101"}, {"id": "999"}]});
        let got = bench.send("POST", "/crm/objects/2026-09/contacts/batch/read", body);
        assert_eq!((got.status, &got.body["numErrors"]), (status, &json!(1)));
    }
}

#[test]
fn archiving_a_batch_ignores_or_names_unknown_ids() {
    let body = json!({"inputs": [{"id": "101"}, {"id": "999"}]});
    let mut bench = default();
    assert_eq!(bench.post("/batch/archive", body.clone()).status, 204);
    assert_eq!(bench.get(&format!("{ROOT}/101")).status, 404);
    let settings =
        Settings { batch_archive_unknown: BatchArchiveUnknown::MultiStatus, ..Settings::default() };
    let got = Bench::filled(settings).post("/batch/archive", body);
    assert_eq!((got.status, &got.body["errors"][0]["context"]["ids"]), (207, &json!(["999"])));
}

#[test]
fn an_archived_contacts_email_is_free_or_not() {
    for (archived_email_reusable, status) in [(true, 201), (false, 409)] {
        let mut bench = Bench::filled(Settings { archived_email_reusable, ..Settings::default() });
        assert_eq!(bench.ask(&request("DELETE", &format!("{ROOT}/101"), None)).status, 204);
        assert_eq!(bench.ask(&request("DELETE", &format!("{ROOT}/101"), None)).status, 204);
        assert_eq!(bench.post("", json!({"properties": {"email": "ada@example.com"}})).status, status);
    }
}

#[test]
fn every_change_moves_the_time_strictly_and_an_equal_value_moves_nothing() {
    let mut bench = default();
    let first = bench.patch(101, json!({"city": "Rome"})).body["updatedAt"].as_str().unwrap().to_owned();
    let second = bench.patch(101, json!({"city": "Oslo"})).body["updatedAt"].as_str().unwrap().to_owned();
    assert!(second > first);
    let third = bench.patch(101, json!({"city": "Oslo"}));
    assert_eq!(third.body["updatedAt"], second.as_str());
    assert_eq!(third.body["properties"]["lastmodifieddate"], second.as_str());
    bench.portal.people(NOW, PeopleEdit::of(Act::Recalculate { id: 101 })).unwrap();
    let read = bench.get(&format!("{ROOT}/101"));
    assert!(read.body["updatedAt"].as_str().unwrap() > second.as_str());
}
