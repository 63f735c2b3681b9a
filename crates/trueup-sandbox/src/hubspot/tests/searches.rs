//! Traps of searching.

use serde_json::{Value, json};

use super::*;

fn default() -> Bench {
    Bench::filled(Settings::default())
}

fn by(filters: Value) -> Value {
    json!({"filterGroups": [{"filters": filters}], "limit": 100})
}

fn one(property: &str, operator: &str, value: &str) -> Value {
    by(json!([{"propertyName": property, "operator": operator, "value": value}]))
}

#[test]
fn trap_09_a_search_shows_the_state_before_the_lag() {
    let mut bench = Bench::filled(Settings { search_lag_ms: 30_000, ..Settings::default() });
    let before = bench.get(&format!("{ROOT}/101")).body["updatedAt"].clone();
    bench.patch(101, json!({"firstname": "Augusta"}));
    bench.post("", json!({"properties": {"email": "new@example.com", "firstname": "New"}}));
    bench.now_ms += 29_999;
    let stale = bench.post("/search", one("email", "EQ", "ada@example.com"));
    assert_eq!(stale.body["results"][0]["properties"]["firstname"], "Ada");
    assert_eq!(stale.body["results"][0]["updatedAt"], before);
    assert_eq!(bench.post("/search", one("firstname", "EQ", "augusta")).body["total"], 0);
    assert_eq!(bench.post("/search", one("email", "EQ", "new@example.com")).body["total"], 0);
    assert_eq!(bench.value(101, "firstname"), "Augusta");
    bench.now_ms += 1;
    assert_eq!(bench.post("/search", one("firstname", "EQ", "augusta")).ids(), ["101"]);
    assert_eq!(bench.post("/search", one("email", "EQ", "new@example.com")).body["total"], 1);
}

#[test]
fn trap_09_each_change_becomes_visible_in_its_turn() {
    let mut bench = Bench::filled(Settings { search_lag_ms: 1_000, ..Settings::default() });
    for city in ["Rome", "Oslo"] {
        bench.patch(101, json!({"city": city}));
        bench.now_ms += 600;
    }
    assert_eq!(bench.post("/search", one("city", "EQ", "rome")).ids(), ["101"]);
    bench.now_ms += 400;
    assert_eq!(bench.post("/search", one("city", "EQ", "oslo")).ids(), ["101"]);
}

#[test]
fn a_merge_within_the_lag_still_shows_the_old_records() {
    let mut bench = Bench::filled(Settings { search_lag_ms: 1_000, ..Settings::default() });
    let survivor =
        bench.post("/merge", json!({"primaryObjectId": "101", "objectIdToMerge": "102"})).body["id"].clone();
    assert_eq!(bench.post("/search", json!({})).ids(), ["101", "102", "103"]);
    bench.now_ms += 1_000;
    let shown = bench.post("/search", json!({"sorts": ["hs_object_id"]}));
    assert_eq!(shown.ids(), ["103", survivor.as_str().unwrap()]);
}

#[test]
fn a_paused_index_stands_still_until_it_runs_again() {
    let mut bench = default();
    bench.portal.set_settings(Settings { search_index_paused: true, ..Settings::default() }, NOW);
    bench.now_ms += 1;
    bench.patch(101, json!({"city": "Rome"}));
    bench.now_ms += 3_600_000;
    assert_eq!(bench.post("/search", one("city", "EQ", "Rome")).body["total"], 0);
    bench.portal.set_settings(Settings::default(), bench.now_ms);
    assert_eq!(bench.post("/search", one("city", "EQ", "Rome")).body["total"], 1);
}

fn crowd(count: u64) -> Bench {
    let mut bench = Bench::new(Settings::default());
    let seeds = (1..=count).map(|n| RecordSeed::new(10_000 + n).value("firstname", "Same"));
    bench.portal.add_records("contacts", seeds.collect()).unwrap();
    bench
}

#[test]
fn trap_10_a_search_ends_at_ten_thousand_and_goes_on_by_id() {
    let mut bench = crowd(10_300);
    let page = |after: &str| json!({"limit": 200, "after": after, "sorts": ["hs_object_id"]});
    let last = bench.post("/search", page("9800"));
    assert_eq!((last.status, last.ids().len(), &last.body["total"]), (200, 200, &json!(10_300)));
    assert_eq!(last.body["paging"]["next"]["after"], "10000");
    let beyond = bench.post("/search", page("10000"));
    assert_eq!((beyond.status, beyond.category()), (400, "VALIDATION_ERROR"));
    let mut next = one("hs_object_id", "GT", last.ids()[199]);
    next["limit"] = json!(200);
    let rest = bench.post("/search", next);
    assert_eq!((&rest.body["total"], rest.ids()[0]), (&json!(300), "20001"));
    let settings = Settings { search_cap_body: SearchCapBody::Bare, ..Settings::default() };
    bench.portal.set_settings(settings, NOW);
    assert_eq!(bench.post("/search", page("10000")).category(), "");
}

#[test]
fn trap_11_paging_by_offset_over_a_moving_sort_skips_a_row() {
    let mut bench = crowd(6);
    let page = |after: &str| json!({"limit": 3, "after": after, "sorts": ["lastmodifieddate"]});
    let first: Vec<String> = bench.post("/search", page("0")).ids().into_iter().map(str::to_owned).collect();
    bench.patch(first[0].parse().unwrap(), json!({"city": "Rome"}));
    let second = bench.post("/search", page("3"));
    let seen: std::collections::BTreeSet<&str> =
        first.iter().map(String::as_str).chain(second.ids()).collect();
    assert_eq!(seen.len(), 5, "one of six was skipped");
}

#[test]
fn trap_12_searches_have_a_limit_of_their_own_and_no_rate_headers() {
    let limits = RateLimits { burst: 1, search_per_second: 5, ..RateLimits::default() };
    let mut bench = Bench::filled(Settings { rate_limits: Some(limits), ..Settings::default() });
    for _ in 0..5 {
        let got = bench.post("/search", json!({}));
        assert_eq!(got.status, 200);
        assert!(!got.headers.keys().any(|name| name.as_str().starts_with("x-hubspot-ratelimit")));
    }
    let got = bench.post("/search", json!({}));
    assert_eq!((got.status, got.body["policyName"].as_str()), (429, Some("SECONDLY")));
    assert_eq!(bench.get(ROOT).status, 200);
    bench.now_ms += 1_000;
    assert_eq!(bench.post("/search", json!({})).status, 200);
}

#[test]
fn trap_14_searches_have_limits_of_size() {
    let filter = json!({"propertyName": "city", "operator": "EQ", "value": "x"});
    let groups = |sizes: &[usize]| {
        let group = |size: &usize| json!({"filters": vec![filter.clone(); *size]});
        json!({"filterGroups": sizes.iter().map(group).collect::<Vec<_>>()})
    };
    let cases: [(Value, u16); 7] = [
        (groups(&[6, 6, 6]), 200),
        (groups(&[1; 5]), 200),
        (groups(&[1; 6]), 400),
        (groups(&[7]), 400),
        (groups(&[6, 6, 6, 1]), 400),
        (json!({"limit": 201}), 400),
        (json!({"sorts": ["city", "phone"]}), 400),
    ];
    for (body, status) in cases {
        assert_eq!(default().post("/search", body.clone()).status, status, "{body}");
    }
    let values: Vec<String> = (0..300).map(|n| format!("1000000{n}")).collect();
    let long = by(json!([{"propertyName": "hs_object_id", "operator": "IN", "values": values}]));
    assert_eq!(default().post("/search", long).status, 400);
}

#[test]
fn trap_14_in_wants_lower_case_and_not_has_property_no_value() {
    let mut bench = default();
    let listed =
        |value: &str| by(json!([{"propertyName": "firstname", "operator": "IN", "values": [value]}]));
    assert_eq!(bench.post("/search", listed("ada")).ids(), ["101"]);
    assert_eq!(bench.post("/search", listed("Ada")).body["total"], 0);
    assert_eq!(bench.post("/search", one("firstname", "EQ", "ADA")).ids(), ["101"]);
    assert_eq!(bench.post("/search", one("email", "NOT_HAS_PROPERTY", "")).status, 400);
    let bare = by(json!([{"propertyName": "email", "operator": "NOT_HAS_PROPERTY"}]));
    assert_eq!(bench.post("/search", bare).ids(), ["103"]);
}

#[test]
fn trap_15_a_list_cursor_is_no_search_offset() {
    let mut bench = default();
    let cursor = bench.get(&format!("{ROOT}?limit=1")).body["paging"]["next"]["after"].clone();
    assert_eq!(bench.post("/search", json!({"after": cursor})).status, 400);
    let offset = bench.post("/search", json!({"limit": 1})).body["paging"]["next"]["after"].clone();
    assert_eq!(bench.get(&format!("{ROOT}?after={}", offset.as_str().unwrap())).status, 400);
}

#[track_caller]
fn check(filters: Value, expected: &[&str]) {
    let mut bench = default();
    bench.patch(101, json!({"score": "9", "tags": "A;C", "city": "Grand Lake", "lifecyclestage": "lead"}));
    bench.patch(102, json!({"score": "10", "born": "2020-02-29", "company": "VIP; ID:R00412"}));
    let got = bench.post("/search", by(filters.clone()));
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(got.ids(), expected, "{filters}");
}

#[test]
fn operators_compare_by_the_type_of_the_property() {
    let f = |property: &str, operator: &str, value: &str| json!([{"propertyName": property, "operator": operator, "value": value}]);
    check(f("score", "GT", "9"), &["102"]);
    check(f("score", "LTE", "9"), &["101"]);
    check(f("score", "NEQ", "9"), &["102"]);
    check(f("born", "EQ", "1582934400000"), &["102"]);
    check(f("createdate", "LT", "2026-02-01"), &["101", "102", "103"]);
    check(f("hs_object_id", "GTE", "102"), &["102", "103"]);
    check(f("lifecyclestage", "EQ", "LEAD"), &[]);
    check(f("lifecyclestage", "EQ", "lead"), &["101"]);
    check(f("city", "CONTAINS_TOKEN", "LAKE"), &["101"]);
    check(f("company", "CONTAINS_TOKEN", "ID:R*"), &["102"]);
    check(f("city", "NOT_CONTAINS_TOKEN", "lake"), &["102", "103"]);
    check(f("hs_additional_emails", "CONTAINS_TOKEN", "ada@old.example"), &["101"]);
    check(
        json!([{"propertyName": "score", "operator": "BETWEEN", "value": "9", "highValue": "10"}]),
        &["101", "102"],
    );
    check(json!([{"propertyName": "score", "operator": "NOT_IN", "values": ["9"]}]), &["102"]);
    check(json!([{"propertyName": "email", "operator": "HAS_PROPERTY"}]), &["101", "102"]);
    check(f("hubspot_owner_id", "EQ", "88"), &["101"]);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let mut bench = default();
    for body in
        [one("nope", "EQ", "1"), one("city", "LIKE", "1"), one("score", "GT", "many"), one("city", "IN", "x")]
    {
        assert_eq!(bench.post("/search", body.clone()).status, 400, "{body}");
    }
}

#[test]
fn groups_are_alternatives_and_filters_without_groups_are_one() {
    let mut bench = default();
    let filter = |value: &str| json!({"propertyName": "firstname", "operator": "EQ", "value": value});
    let body = json!({"filterGroups": [{"filters": [filter("ada")]}, {"filters": [filter("grace")]}]});
    assert_eq!(bench.post("/search", body).ids(), ["101", "102"]);
    assert_eq!(bench.post("/search", json!({"filters": [filter("ada")]})).ids(), ["101"]);
    assert_eq!(bench.post("/search", json!({"query": "GRACE"})).ids(), ["102"]);
}

#[test]
fn sorts_are_texts_or_objects_and_empty_values_come_first() {
    let mut bench = default();
    let descending = json!([{"propertyName": "email", "direction": "DESCENDING"}]);
    assert_eq!(bench.post("/search", json!({"sorts": descending})).ids(), ["102", "101", "103"]);
    assert_eq!(bench.post("/search", json!({"sorts": ["email"]})).ids(), ["103", "101", "102"]);
    assert_eq!(bench.post("/search", json!({"sorts": ["-hs_object_id"]})).ids(), ["103", "102", "101"]);
    assert_eq!(bench.post("/search", json!({"sorts": [], "after": "0"})).ids(), ["101", "102", "103"]);
}

#[test]
fn unverified_points_of_search_can_be_selected() {
    for (neq_matches_empty, expected) in [(false, vec!["102"]), (true, vec!["102", "103"])] {
        let mut bench = Bench::filled(Settings { neq_matches_empty, ..Settings::default() });
        assert_eq!(bench.post("/search", one("email", "NEQ", "ada@example.com")).ids(), expected);
    }
    for (search_email_matches_additional, expected) in [(false, vec![]), (true, vec!["101"])] {
        let mut bench = Bench::filled(Settings { search_email_matches_additional, ..Settings::default() });
        assert_eq!(bench.post("/search", one("email", "EQ", "ada@old.example")).ids(), expected);
    }
}
