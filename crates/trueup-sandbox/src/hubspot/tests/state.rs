//! Raw state: load, dump, edits by hand, determinism.

use serde_json::json;

use super::*;

#[test]
fn what_is_dumped_can_be_loaded_and_is_the_same() {
    let mut bench = Bench::filled(Settings { search_lag_ms: 7, ..Settings::default() });
    bench.patch(101, json!({"city": "Rome", "tags": "A"}));
    bench.patch(101, json!({"city": ""}));
    bench.ask(&request("DELETE", &format!("{ROOT}/103"), None));
    bench.post("/merge", json!({"primaryObjectId": "101", "objectIdToMerge": "102"}));
    let dump = bench.portal.dump();
    let text = serde_json::to_string(&dump).unwrap();
    let again = Portal::from_snapshot(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(serde_json::to_string(&again.dump()).unwrap(), text);
    assert_eq!(again.dump(), dump);
}

#[test]
fn a_loaded_portal_goes_on_with_fresh_ids_and_aliases() {
    let mut bench = Bench::filled(Settings::default());
    bench.post("/merge", json!({"primaryObjectId": "101", "objectIdToMerge": "102"}));
    let portal = Portal::from_snapshot(bench.portal.dump()).unwrap();
    let mut again = Bench { portal, now_ms: NOW };
    assert_eq!(again.get(&format!("{ROOT}/102")).body["id"], again.get(&format!("{ROOT}/101")).body["id"]);
    let created = again.post("", json!({"properties": {}})).body["id"].as_str().unwrap().to_owned();
    assert!(again.portal.dump_record("contacts", created.parse().unwrap()).is_some());
    assert!(created.parse::<u64>().unwrap() > 1_001);
}

#[test]
fn the_same_requests_give_the_same_bytes() {
    let run = || {
        let mut bench = Bench::filled(Settings { search_lag_ms: 10, ..Settings::default() });
        let mut bodies = Vec::new();
        for n in 0..20 {
            bench.now_ms += 3;
            bodies.push(bench.patch(101 + n % 3, json!({"city": n.to_string()})).body);
            bodies.push(bench.post("/search", json!({"sorts": ["lastmodifieddate"]})).body);
            bodies.push(bench.patch(999, json!({})).body);
        }
        (bodies, serde_json::to_string(&bench.portal.dump()).unwrap())
    };
    assert_eq!(run(), run());
}

#[test]
fn an_untouched_record_stays_byte_identical() {
    let mut bench = Bench::filled(Settings::default());
    let raw = |bench: &Bench| serde_json::to_string(&bench.portal.dump_record("contacts", 102)).unwrap();
    let before = raw(&bench);
    bench.patch(101, json!({"city": "Rome"}));
    bench.post("/batch/read", json!({"inputs": [{"id": "102"}], "propertiesWithHistory": ["email"]}));
    assert_eq!(raw(&bench), before);
    bench.patch(102, json!({"city": "Rome"}));
    assert_ne!(raw(&bench), before);
}

#[test]
fn bad_states_are_refused_with_their_place() {
    let mut portal = Portal::default();
    let unknown = portal.add_records("contacts", vec![RecordSeed::new(1).value("nope", "x")]).unwrap_err();
    assert_eq!(unknown.to_string(), "record 1: no definition of property `nope`; add it to `properties`");
    let twice =
        vec![RecordSeed::new(1).value("email", "a@b.co"), RecordSeed::new(2).value("email", "a@b.co")];
    let taken = portal.add_records("contacts", twice).unwrap_err();
    assert_eq!(taken.to_string(), "records 1 and 2 both hold `a@b.co`; it must be unique");
    assert_eq!(
        portal.add_records("contacts", vec![RecordSeed::new(1)]),
        Err(LoadError::DuplicateId { id: 1 })
    );
    assert!(portal.add_records("deals", Vec::new()).is_err());
    assert!(portal.add_owner(Owner { id: "x".into(), ..Owner::default() }).is_err());
}

#[test]
fn people_edit_reassign_archive_merge_and_change_definitions() {
    let mut bench = Bench::filled(Settings::default());
    let mut by_hand = |text: &str| {
        let edit: PeopleEdit = serde_json::from_str(text).unwrap();
        bench.portal.people(NOW, edit)
    };
    by_hand(r#"{"userId":7,"act":"set","id":101,"properties":{"city":"Grand Lake"}}"#).unwrap();
    by_hand(r#"{"act":"reassign","id":101,"owner":null}"#).unwrap();
    by_hand(r#"{"act":"archive","id":103}"#).unwrap();
    by_hand(r#"{"act":"archive_property","name":"tags"}"#).unwrap();
    by_hand(r#"{"act":"put_property","definition":{"name":"extra","type":"string"}}"#).unwrap();
    let conflict = by_hand(r#"{"act":"set","id":102,"properties":{"email":"ada@example.com"}}"#).unwrap_err();
    assert_eq!(conflict.to_string(), "Contact already exists. Existing ID: 101");
    let survivor = by_hand(r#"{"act":"merge","primary":101,"other":102}"#).unwrap().unwrap();
    let created = by_hand(r#"{"act":"create","properties":{"firstname":"New"}}"#).unwrap().unwrap();
    assert_eq!(bench.value(survivor, "city"), "Grand Lake");
    assert_eq!(bench.value(created, "firstname"), "New");
    assert_eq!(bench.patch(survivor, json!({"tags": "A"})).status, 400);
    assert_eq!(bench.patch(survivor, json!({"extra": "x"})).status, 200);
    assert_eq!(bench.portal.requests().filter(|entry| !entry.changed.is_empty()).count(), 1);
}
