//! The configuration hash changes with what a plan would hold, and with nothing else.

use crate::{changed, read, template};

fn hash(text: &str) -> String {
    read(text).unwrap().pipelines[0].setup.config_hash().to_owned()
}

#[test]
fn the_hash_of_a_file_is_always_the_same() {
    assert_eq!(hash(template()), hash(template()));
    assert_eq!(hash(template()).len(), 64);
}

#[test]
fn comments_formatting_and_where_it_runs_do_not_count() {
    for (from, to) in [
        ("# trueup:", "# another comment:"),
        ("{ from: CITY, kind: name }", "\n        from: \"CITY\"\n        kind: name"),
        ("state: .trueup", "state: elsewhere"),
        ("every: 15m", "every: 1h"),
        ("path: leads.xlsx", "path: ../data/leads.xlsx"),
        ("${HUBSPOT_TOKEN}", "file:hubspot.token"),
        ("title: phone differs", "title: telephone differs"),
        ("requests: 100, per: 10s", "requests: 19, per: 1s"),
        ("# heartbeat", "heartbeat"),
    ] {
        assert_eq!(hash(&changed(from, to)), hash(template()), "{to}");
    }
}

#[test]
fn whatever_changes_a_plan_counts() {
    let mut seen = vec![hash(template())];
    for (from, to) in [
        ("{ from: CITY, kind: name }", "{ from: TOWN, kind: name }"),
        ("{ from: CITY, kind: name }", "{ from: CITY, kind: text }"),
        ("kind: emails, identity: true, survivor: union", "kind: emails, identity: true"),
        ("{ from: CITY, kind: name }", "{ from: CITY, kind: name, immutable: true }"),
        ("EMAIL_ALL, take: first", "EMAIL_ALL"),
        ("100.0", "90.0"),
        ("path: leads.xlsx", "path: people.xlsx"),
        ("sheet: Lead Details", "sheet: Leads"),
        ("list: \";\"", "list: \",\""),
        ("prefix: \"ID:\"", "prefix: \"LID:\""),
        ("ext_id: trueup_id", "ext_id: other_id"),
        ("D6: { field: phone, do: fix", "D6: { field: phone, do: flag"),
        ("D6: { field: phone", "D9: { field: phone"),
        ("when: street_suffix(mirror)", "when: street_suffix(canonical)"),
        ("updates_percent: 30", "updates_percent: 31"),
        ("entity: lead", "entity: contact"),
    ] {
        let hash = hash(&changed(from, to));
        assert!(!seen.contains(&hash), "{to} does not change the hash");
        seen.push(hash);
    }
}
