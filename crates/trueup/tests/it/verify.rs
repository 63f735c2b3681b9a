//! `verify` against differences that were planted around the program: in the portal, in the workbook, and straight
//! in the state file.

use std::{collections::BTreeSet, path::Path};

use rusqlite::Connection;
use serde_json::{Value, json};
use trueup_core::value::{Cell, Kind, Print, PrintKey};
use trueup_sandbox::{
    faults::{Failure, FaultKind, Occurrence, When},
    hubspot::{Act, RecordSeed},
};

use crate::{
    shapes,
    support::{Lead, OWNER, Ran, contact, lead, save},
    sweep::stage::{OTHER, Scenery, Stage, text},
};

/// Forty leads with their contacts, 101 to 140, and one contact of nobody's lead.
fn leads() -> Vec<Lead> {
    (1..=40).map(lead).collect()
}

fn contacts() -> Vec<Value> {
    let mut contacts: Vec<Value> = leads().iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    contacts.push(stranger(900, "walk.in@example.com", Some(OWNER), ""));
    contacts
}

fn stranger(id: u64, email: &str, owner: Option<&str>, token: &str) -> Value {
    json!({ "id": id.to_string(), "properties": {
        "email": email, "hubspot_owner_id": owner, "trackingsource": token,
    } })
}

fn set(contacts: &mut [Value], id: usize, property: &str, value: &str) {
    contacts[id - 101]["properties"][property] = json!(value);
}

/// After a first run that had something to do, something to tell and something refused.
fn stage() -> Stage {
    let mut contacts = contacts();
    set(&mut contacts, 131, "phone", "+19705559931");
    set(&mut contacts, 132, "phone", "+19705559932");
    // F1 with another change held back by it, and a difference that no class takes.
    set(&mut contacts, 133, "email", "somebody.else@example.com");
    set(&mut contacts, 133, "hs_additional_emails", "");
    set(&mut contacts, 133, "phone", "+19705559933");
    set(&mut contacts, 134, "lastname", "Byron");
    // F2, F3, and a token of nobody's.
    contacts.push(stranger(901, "twin@example.com", Some(OWNER), "ID:R00035"));
    contacts.push(stranger(902, "free@example.com", None, "ID:R00036"));
    contacts.push(stranger(903, "lost@example.com", Some(OWNER), "ID:R99999"));
    // Parked: another contact holds the address.
    contacts.push(stranger(904, "ada37@example.org", Some(OTHER), ""));
    set(&mut contacts, 137, "email", "ada37b@example.org");
    set(&mut contacts, 137, "hs_additional_emails", "");
    let stage = Stage::new(&leads(), &Scenery { contacts, unique: true, lag_ms: 0 });
    stage.run(&["run", "--first"]).expect(4);
    stage
}

fn verify(stage: &Stage) -> Ran {
    let ran = stage.run(&["verify", "--json"]);
    shapes::check(&ran, "trueup.verify/v1");
    ran
}

/// What is listed, as `class entity record field`, with `-` for what it is not about.
fn listed(ran: &Ran) -> BTreeSet<String> {
    let json = ran.json();
    let differences = json["pipelines"][0]["differences"].as_array().unwrap();
    let part = |one: &Value, name: &str| one[name].as_str().unwrap_or("-").to_owned();
    let line = |one| ["class", "entity", "record", "field"].map(|name| part(one, name)).join(" ");
    let lines: BTreeSet<String> = differences.iter().map(line).collect();
    assert_eq!(lines.len(), differences.len(), "something is listed twice: {json:#}");
    lines
}

#[track_caller]
fn check(stage: &Stage, code: i32, want: &[&str]) {
    let ran = verify(stage).expect(code);
    let want: BTreeSet<String> = want.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(listed(&ran), want);
    assert_eq!(ran.json()["proven"], want.is_empty());
}

/// The state file, opened by a hand that knows its tables.
fn state(stage: &Stage) -> Connection {
    let db = Connection::open(stage.path(".trueup/trueup.db")).unwrap();
    db.execute_batch("DROP TRIGGER IF EXISTS journal_keeps_its_words").unwrap();
    db
}

/// Remembers another text of one field of one entity: as that of the source of truth (0) or of the mirror (1).
fn rebase(db: &Connection, entity: &str, field: &str, (side, kind, text): (usize, &Kind, &str)) {
    let key: [u8; 32] = db.query_row("SELECT print_key FROM meta", [], |row| row.get(0)).unwrap();
    let row = "FROM base JOIN link ON link.id = base.link WHERE link.entity = ?1";
    let (fields, mut prints): (String, Vec<u8>) = db
        .query_row(&format!("SELECT fields, prints {row}"), [entity], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let bases: Vec<Value> = serde_json::from_str(&fields).unwrap();
    let at = bases.iter().position(|base| base[0] == field).unwrap() * 2 + side;
    let print = Print::of(&PrintKey::new(key), &kind.lenient(&Cell::text(text))).unwrap();
    prints[at * 16..][..16].copy_from_slice(print.bytes());
    let changed = db
        .execute(
            "UPDATE base SET prints = ?2 WHERE link = (SELECT id FROM link WHERE entity = ?1)",
            (entity, prints),
        )
        .unwrap();
    assert_eq!(changed, 1);
}

#[track_caller]
fn change(db: &Connection, sql: &str, entity: &str) {
    assert_eq!(db.execute(sql, [entity]).unwrap(), 1, "{sql}");
}

#[test]
fn what_was_told_is_counted_and_not_listed() {
    let stage = stage();
    let before = stage.requests().len();
    let ran = verify(&stage).expect(0);
    assert_eq!(listed(&ran), BTreeSet::new());
    let told = &ran.json()["pipelines"][0]["listed"];
    for sort in ["finding", "held", "parked", "excluded"] {
        assert!(told[sort].as_u64().is_some_and(|count| count > 0), "{sort}: {told}");
    }
    let requests = stage.requests();
    assert!(requests.len() > before, "nothing was asked");
    let sent = ran.json()["pipelines"][0]["requests"].as_u64().unwrap();
    assert_eq!(sent, (requests.len() - before) as u64, "it counts its own requests");
    assert_eq!(ran.json()["pipelines"][0]["systems"][0]["standings"]["unlinked"], 1);
    let last = stage.run(&["verify"]).expect(0);
    assert_eq!(last.last_line(), "agreement is proven: nothing differs that was not told");
}

#[test]
fn verify_writes_to_no_system_and_not_to_the_store() {
    let stage = stage();
    let (memory, contacts, writes) = (stage.memory(), stage.contacts(), stage.writes());
    stage.edit(101, "phone", "+19705550999");
    verify(&stage).expect(4);
    assert_eq!(stage.memory(), memory);
    assert_eq!(stage.writes(), writes);
    assert_eq!(stage.contacts().len(), contacts.len());
}

#[test]
fn without_a_state_it_says_so_and_leaves_nothing_behind() {
    let stage = Stage::new(&leads(), &Scenery { contacts: contacts(), unique: true, lag_ms: 0 });
    let ran = stage.run(&["verify", "--json"]).expect(1);
    shapes::check(&ran, "trueup.error/v1");
    assert_eq!(
        (&ran.json()["code"], &ran.json()["place"], &ran.json()["hint"]),
        (&json!("no_state"), &json!(".trueup/trueup.db"), &json!("trueup plan"))
    );
    assert!(!stage.path(".trueup").exists() && stage.requests().is_empty());
}

#[test]
fn twenty_planted_differences_are_found_and_nothing_else_is_listed() {
    let stage = stage();
    check(&stage, 0, &[]);
    plant_in_the_portal(&stage);
    plant_in_the_workbook(&stage.path("leads.xlsx"));
    plant_in_the_state(&state(&stage));
    let [unknown, nobodys] = [("ID:R77777", OWNER), ("ID:R00010", "")].map(|(token, owner)| {
        let contacts = stage.contacts();
        let made = |one: &&RecordSeed| {
            text(one, "trackingsource") == token && text(one, "hubspot_owner_id") == owner
        };
        contacts.iter().find(made).unwrap().id
    });
    check(
        &stage,
        4,
        &[
            "value R00001 101 phone",
            "value R00002 102 city",
            "value R00003 103 email",
            "value R00004 104 more_emails",
            "value R00005 105 token",
            "value R00006 106 commission",
            "gone R00007 107 -",
            "moved R00008 108 -",
            "duplicate R00009 - -",
            &format!("orphan R77777 {unknown} -"),
            &format!("orphan R00010 {nobodys} -"),
            "moved R00011 111 -",
            "missing R00041 - -",
            "deserted R00012 112 -",
            "value R00013 113 last_name",
            "unreadable R00014 114 phone",
            "source R00015 - -",
            "base R00016 116 city",
            "shared_record R00017 118 -",
            "orphan R00019 119 -",
        ],
    );
}

/// Twelve, by people.
fn plant_in_the_portal(stage: &Stage) {
    stage.edit(101, "phone", "+19705550999");
    stage.edit(102, "city", "Granby");
    stage.edit(103, "email", "moved@example.com");
    stage.edit(104, "hs_additional_emails", "");
    stage.edit(105, "trackingsource", "");
    stage.edit(106, "commission_tier", "standard");
    stage.person(Act::Archive { id: 107 });
    stage.person(Act::Reassign { id: 108, owner: Some(OTHER.to_owned()) });
    for (owner, token) in [(OWNER, "ID:R00009"), (OWNER, "ID:R77777"), ("", "ID:R00010")] {
        let properties = [("hubspot_owner_id", owner), ("trackingsource", token)];
        let filled = properties.into_iter().filter(|(_, value)| !value.is_empty());
        let properties = filled.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        stage.person(Act::Create { properties });
    }
    stage.person(Act::Merge { primary: 900, other: 111 });
}

/// Five, by whoever keeps the leads.
fn plant_in_the_workbook(path: &Path) {
    let mut leads = leads();
    leads[12][2] = "Byron".to_owned();
    leads[13][4] = "call the desk".to_owned();
    leads.push(leads[14].clone());
    leads.push(lead(41));
    leads.remove(11);
    save(path, &leads);
}

/// Three, by a hand that knows the tables.
fn plant_in_the_state(db: &Connection) {
    rebase(db, "R00016", "city", (0, &Kind::Name, "Nowhere"));
    change(db, "UPDATE link SET remote = '118' WHERE entity = ?1", "R00017");
    change(db, "DELETE FROM base WHERE link = (SELECT id FROM link WHERE entity = ?1)", "R00019");
    change(db, "DELETE FROM link WHERE entity = ?1", "R00019");
}

#[test]
fn a_link_that_denies_its_record_and_a_base_that_no_write_bears_out_are_found() {
    let stage = stage();
    let db = state(&stage);
    change(&db, "UPDATE link SET state = '\"tombstone\"', gone = 1 WHERE entity = ?1", "R00001");
    stage.edit(102, "phone", "+19705550999");
    let phone = Kind::Phone("US".parse().unwrap());
    rebase(&db, "R00002", "phone", (1, &phone, "+19705550999"));
    check(&stage, 4, &["moved R00001 101 -", "base R00002 102 phone"]);
}

#[test]
fn an_account_that_does_not_add_up_is_found() {
    let stage = stage();
    let db = state(&stage);
    let (run, body): (String, String) =
        db.query_row("SELECT run, body FROM heartbeat", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut beat: Value = serde_json::from_str(&body).unwrap();
    beat["account"]["buckets"]["in_sync"] = json!(12);
    db.execute("UPDATE heartbeat SET body = ?2 WHERE run = ?1", (run, beat.to_string())).unwrap();
    check(&stage, 4, &["buckets - - -"]);
}

#[test]
fn a_broken_journal_halts_whatever_else_agrees() {
    let stage = stage();
    let db = state(&stage);
    change(&db, "UPDATE journal SET evidence = ?1 WHERE seq = 1", "nobody was here");
    check(&stage, 3, &["journal - - -"]);
    let ran = stage.run(&["verify"]).expect(3);
    assert_eq!(ran.last_line(), "not proven: memory cannot be believed; 1 difference");
}

#[test]
fn a_journal_that_lost_its_end_is_all_that_is_told() {
    let stage = stage();
    let db = state(&stage);
    db.execute("UPDATE pipeline SET journal_length = journal_length + 1", []).unwrap();
    check(&stage, 3, &["journal - - -"]);
    assert_eq!(verify(&stage).json()["pipelines"][0]["compared"], false);
    let ran = stage.run(&["verify"]).expect(3);
    assert_eq!(ran.last_line(), "not proven: the state store is damaged, so nothing was compared");
}

#[test]
fn a_system_that_fails_on_the_way_is_never_agreement() {
    let stage = stage();
    for (path, nth) in [("search", 1), ("search", 2), ("batch/read", 1)] {
        let occurrence = Occurrence::Nth(nth);
        let when = When { path: Some(path.into()), occurrence, ..When::default() };
        stage.install(when, FaultKind::FailBefore(Failure::Html { status: 200 }));
        let ran = stage.run(&["verify", "--json"]).expect(1);
        shapes::check(&ran, "trueup.error/v1");
        assert_eq!(ran.json()["code"], "system_unreadable", "{path} {nth}: {}", ran.out);
        assert_eq!(ran.json()["place"], "portal");
        stage.calm();
    }
    check(&stage, 0, &[]);
}

#[test]
fn a_truncated_workbook_is_not_an_empty_one() {
    let stage = stage();
    let path = stage.path("leads.xlsx");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let ran = stage.run(&["verify", "--json"]).expect(1);
    assert_eq!(ran.json()["place"], "workbook");
}

#[test]
fn what_a_person_accepted_stays_accepted_until_it_says_something_else() {
    let stage = stage();
    stage.run(&["review", "decide", "F1/portal/R00033", "--accept"]).expect(0);
    stage.run(&["run"]).expect(4);
    check(&stage, 0, &[]);
    // The portal keeps the address that was the main one among the further ones.
    stage.edit(133, "email", "yet.another@example.com");
    check(&stage, 4, &["value R00033 133 email", "value R00033 133 more_emails"]);
}

#[test]
fn values_are_left_out_where_that_is_asked_for() {
    let stage = stage();
    stage.edit(101, "phone", "+19705550999");
    let value = |ran: &Ran| ran.json()["pipelines"][0]["differences"][0]["mirror"]["value"].clone();
    assert_eq!(value(&verify(&stage)), "+19705550999");
    let redacted = stage.run(&["verify", "--json", "--redacted"]).expect(4);
    assert_eq!(value(&redacted), Value::Null);
    let told = stage.run(&["verify", "--redacted"]).expect(4);
    assert!(!told.out.contains("0999") && told.out.contains("(a value)"), "{}", told.out);
}

#[test]
fn a_word_about_what_is_over_says_nothing_of_what_comes_after() {
    let stage = stage();
    let all = leads();
    save(&stage.path("leads.xlsx"), &all[..39]);
    stage.run(&["run"]).expect(4);
    check(&stage, 0, &[]);
    stage.run(&["review", "decide", "gone/portal/R00040", "--accept"]).expect(0);
    stage.run(&["run"]).expect(4);
    check(&stage, 0, &[]);
    // The lead comes back, and its contact is compared like any other.
    save(&stage.path("leads.xlsx"), &all);
    stage.run(&["run"]).expect(4);
    stage.edit(140, "phone", "+19705550999");
    check(&stage, 4, &["value R00040 140 phone"]);
    stage.person(Act::Archive { id: 140 });
    check(&stage, 4, &["gone R00040 140 -"]);
}
