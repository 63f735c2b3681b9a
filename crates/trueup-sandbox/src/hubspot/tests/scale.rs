//! A hundred thousand contacts.

use serde_json::json;

use super::*;

const COUNT: u64 = 100_000;

#[test]
fn a_hundred_thousand_contacts_of_fifty_values_are_counted_and_paged_by_id_to_the_end() {
    let mut bench = Bench::new(Settings::default());
    let names: Vec<String> = (0..48).map(|n| format!("field_{n}")).collect();
    for name in &names {
        bench.portal.define_property("contacts", PropertyDefinition::text(name)).unwrap();
    }
    for chunk in 0..100 {
        let seeds = (0..COUNT / 100).map(|n| {
            let id = 1_000_000 + chunk * (COUNT / 100) + n;
            let owner = if n % 10 == 0 { "99" } else { "88" };
            let seed = RecordSeed::new(id)
                .value("email", &format!("p{id}@example.com"))
                .value("hubspot_owner_id", owner);
            names.iter().fold(seed, |seed, name| seed.value(name, "a value of some length"))
        });
        bench.portal.add_records("contacts", seeds.collect()).unwrap();
    }
    let owned = json!([{"propertyName": "hubspot_owner_id", "operator": "EQ", "value": "88"}]);
    let all = bench.post("/search", json!({"filters": owned, "sorts": ["hs_object_id"]}));
    assert_eq!(all.body["total"], json!(COUNT / 10 * 9));
    // The last tenth: the way through all of them takes a minute without optimisation.
    let (mut last, mut seen) = (1_090_000_u64, 0_u64);
    loop {
        let filters = json!([
            {"propertyName": "hubspot_owner_id", "operator": "EQ", "value": "88"},
            {"propertyName": "hs_object_id", "operator": "GT", "value": last.to_string()},
        ]);
        let body =
            json!({"filters": filters, "sorts": ["hs_object_id"], "limit": 200, "properties": ["email"]});
        let got = bench.post("/search", body);
        let ids = got.ids();
        let Some(newest) = ids.last() else { break };
        last = newest.parse().unwrap();
        seen += ids.len() as u64;
    }
    assert_eq!(seen, COUNT / 100 * 9);
}
