//! Copies of what the source of truth has no more: told at once, put away once that is proven and nobody edited one.

use crate::{
    create::{Create, Stage},
    fixture::{
        PORTAL, change, edit,
        hub::{CRM, DESK, Hub, draft, setup, told},
        key, time,
    },
    journal::Intent,
    link::{GivenUp, How, LinkState, Unseen, Written},
    memory::{FieldKey, LinkKey, Note, Parked},
    merge::Party,
    plan::{Act, Bucket, Change, Reconciled},
    record::Record,
    snapshot::Snapshot,
    value::Cell,
};

/// The source of truth says that it has no such record, for the second time.
fn proven() -> Hub {
    let mut hub = missing().after();
    hub.at = time(i64::try_from(setup().timing().quiet().as_millis()).unwrap());
    hub
}

fn missing() -> Hub {
    let mut hub = Hub::known();
    hub.crm = Snapshot { missing: vec!["R1".into()], ..Snapshot::new(CRM.into(), vec![]) };
    hub
}

fn truth(system: &str) -> LinkKey {
    LinkKey { system: system.into(), ..key("R1") }
}

fn verbs(made: &Reconciled) -> Vec<String> {
    let verb = |change: &Change| format!("{} {}", change.act.verb(), change.remote().unwrap());
    made.plan.changes.iter().map(verb).collect()
}

fn findings(made: &Reconciled) -> Vec<String> {
    let line = |one: &crate::plan::Finding| format!("{} {}", one.key.handle(), one.remotes[0]);
    made.plan.findings.iter().map(line).collect()
}

const TOLD: [&str; 2] = ["gone/desk/R1 201", "gone/portal/R1 101"];

/// All copies are kept, and it is told for each that its original is gone.
#[track_caller]
fn stays(made: &Reconciled) {
    assert_eq!((verbs(made), findings(made)), (Vec::new(), TOLD.map(str::to_owned).into()));
}

#[test]
fn copies_are_put_away_after_two_looks_a_quiet_period_apart() {
    let mut hub = missing();
    let state = |hub: &Hub| hub.memory.links.get(&truth(CRM)).map(|link| link.state);
    let since = time(0);
    stays(&hub.cycle(&setup()));
    hub = hub.after();
    assert_eq!(state(&hub), Some(LinkState::Suspect { since }));
    hub.at = time(1);
    stays(&hub.cycle(&setup()));
    assert!(hub.cycle(&setup()).notes.is_empty(), "the first look counts");
    let hub = proven();
    let made = hub.cycle(&setup());
    assert_eq!(verbs(&made), ["archive 201", "archive 101"]);
    assert!(findings(&made).is_empty());
    let hub = hub.after();
    assert_eq!(state(&hub), Some(LinkState::Tombstone));
    assert_eq!(verbs(&hub.cycle(&setup())).len(), 2, "for as long as they stand");
}

#[test]
fn where_records_can_be_read_by_id_only_their_systems_word_is_proof() {
    let mut hub = proven();
    hub.crm.missing.clear();
    let made = hub.cycle(&setup());
    assert!(made.plan.is_empty() && made.plan.findings.is_empty() && made.notes.is_empty());
    let why = made.plan.report.notes.iter().map(|note| (note.sort.as_str(), note.what.as_str()));
    assert_eq!(why.collect::<Vec<_>>(), [("troubled", "its canonical record is in doubt"); 2]);
}

#[test]
fn an_archive_names_what_must_still_stand_there() {
    let plan = proven().cycle(&setup()).plan;
    let lines = [
        "portal archive 101 email ada@example.org → nothing alone",
        "portal archive 101 city Granby → nothing alone",
        "portal archive 101 tags customer → nothing alone",
        "portal archive 101 source letter → nothing alone",
    ];
    assert_eq!(told(&plan.changes[1..]), lines);
    let edit = &plan.changes[1].edits[1];
    assert_eq!((edit.class.as_str(), edit.column.as_str()), ("gone", "city"));
    assert_eq!((&edit.wanted, &edit.canonical), (&Cell::Null, &Cell::Null));
    assert_eq!(plan.changes[1].act, Act::Archive { remote: "101".into(), version: Some(time(100)) });
    assert_eq!(plan.changes[1].entity.as_str(), "R1");
}

#[test]
fn a_person_who_is_there_again_is_under_no_suspicion() {
    let back = Hub { crm: Hub::new().crm, ..proven().after() };
    let made = back.cycle(&setup());
    assert!(made.plan.is_empty() && made.plan.findings.is_empty());
    let state = made.notes.iter().find_map(|note| note.link().filter(|link| link.system.as_str() == CRM));
    assert_eq!(state.map(|link| (link.state, link.remote.as_str())), Some((LinkState::Active, "R1")));
    assert!(back.after().cycle(&setup()).notes.is_empty());
}

#[test]
fn an_edit_of_one_copy_keeps_them_all() {
    for (system, party) in [(PORTAL, Party::Mirror(0)), (DESK, Party::Mirror(1))] {
        let made = proven().says(system, "city", "Vail").cycle(&setup());
        stays(&made);
        let conflict = &made.plan.conflicts[0];
        assert_eq!(
            (made.plan.conflicts.len(), conflict.system.as_str(), conflict.field.as_str()),
            (1, system, "city")
        );
        let claims: Vec<_> =
            conflict.claims.iter().map(|one| (one.party, one.cell.to_text(), one.at)).collect();
        assert_eq!(claims, [(Party::Canonical, None, None), (party, Some("Vail".into()), Some(time(100)))]);
    }
}

#[test]
fn a_value_that_was_never_accounted_for_may_be_an_edit_and_nothing_is_none() {
    let mut hub = proven();
    hub.memory.links.values_mut().for_each(|link| link.forget_base(&"city".into()));
    stays(&hub.cycle(&setup()));
    let blank = hub.says(PORTAL, "city", "").says(DESK, "city", "");
    assert_eq!(verbs(&blank.cycle(&setup())).len(), 2);
    // What is only set when a record is made belongs to people from then on.
    let mut draft = draft();
    draft.mirrors[0].side.bindings[1].create_only = true;
    let made = proven().says(PORTAL, "city", "Vail").cycle(&draft.build().unwrap());
    assert_eq!(verbs(&made).len(), 2);
}

#[test]
fn what_we_wrote_to_a_copy_and_never_saw_there_is_no_edit_of_it() {
    let unseen = |says: &str| {
        let mut hub = proven();
        for link in hub.memory.links.values_mut().filter(|link| link.system.as_str() != CRM) {
            let base = link.bases.iter().find(|base| base.field.as_str() == "city").unwrap().clone();
            link.forget_base(&"city".into());
            link.doubt(Unseen { written: Written::Mirror, base });
        }
        hub.says(PORTAL, "city", says).cycle(&setup())
    };
    assert_eq!(verbs(&unseen("Granby")).len(), 2);
    assert_eq!(verbs(&unseen("GRANBY.")).len(), 2, "as its system spells it");
    stays(&unseen("Vail"));
}

#[test]
fn a_copy_that_is_back_is_left_alone_until_the_write_that_was_given_up_to_it_is_judged() {
    let given_up = |mut hub: Hub| {
        let act = Act::Update { remote: "101".into(), how: How::Email };
        let change = Change { edits: vec![edit("city", "Vail", "Granby")], ..change("R1", act, vec![]) };
        let intent =
            Intent { id: "i".into(), run: "r".into(), epoch: 1, change, watermark: None, sent: None };
        let link = hub.memory.links.get_mut(&truth(PORTAL)).unwrap();
        (link.state, link.given_up) = (LinkState::Tombstone, Some(Box::new(GivenUp { intent, back: false })));
        assert!(link.woken().is_none(), "it is gone");
        hub
    };
    // Whether the original is gone or not.
    for hub in [proven(), Hub::known().says(CRM, "city", "Aspen")] {
        let hub = given_up(hub);
        let made = hub.cycle(&setup());
        assert!(made.plan.changes.iter().all(|change| change.system.as_str() != PORTAL));
        assert!(made.again.iter().any(|key| key.remote == Some("R1".into())));
        assert!(hub.after().memory.links[&truth(PORTAL)].woken().is_some());
    }
}

#[test]
fn a_copy_that_nobody_looked_at_keeps_the_others() {
    let without = |seen: fn(Snapshot, Record) -> Snapshot| {
        let mut hub = proven();
        let record = hub.portal.records.remove(0);
        Hub { portal: seen(hub.portal, record), ..hub }.cycle(&setup())
    };
    let unread = without(|seen, _| seen);
    stays(&unread);
    let subjects = unread.plan.report.notes.iter().filter(|note| note.sort == "not_looked_at");
    assert_eq!(subjects.map(|note| note.subject.as_str()).collect::<Vec<_>>(), ["R1"]);
    let read = without(|seen, record| Snapshot { strays: vec![record], ..seen });
    assert_eq!(verbs(&read), ["archive 201"]);
    let said = without(|seen, record| Snapshot { missing: vec![record.id], ..seen });
    assert_eq!(verbs(&said), ["archive 201"]);
    assert!(said.plan.report.notes.iter().all(|note| note.sort != "not_looked_at"));
}

#[test]
fn what_a_copy_became_is_put_away_in_its_place() {
    let mut hub = proven();
    hub.portal.records[0].id = "909".into();
    hub.portal.aliases.insert("101".into(), "909".into());
    let made = hub.cycle(&setup());
    assert_eq!(verbs(&made), ["archive 201", "archive 909"]);
    let link = made.notes.iter().find_map(|note| note.link().filter(|link| link.system.as_str() == PORTAL));
    let link = link.unwrap();
    assert_eq!((link.remote.as_str(), link.aliases.clone()), ("909", vec!["101".into()]));
}

#[test]
fn an_archive_that_was_refused_is_not_sent_again() {
    let mut hub = proven();
    let parked = Parked {
        class: "gone".into(),
        reason: "no right".into(),
        canonical: hub.memory.print(&Cell::Null),
        mirror: hub.memory.print(&Cell::Null),
        kept: None,
        since: "r1".into(),
    };
    hub.memory.commit(&[Note::Park(FieldKey { link: truth(PORTAL), field: "".into() }, parked)]);
    let made = hub.cycle(&setup());
    assert_eq!((verbs(&made), made.plan.report.parked), (vec!["archive 201".to_owned()], 1));
    let buckets = |system: &str| {
        made.plan.report.buckets_by_system[&system.into()]
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(bucket, count)| (*bucket, *count))
            .collect::<Vec<_>>()
    };
    assert_eq!((buckets(PORTAL), buckets(DESK)), (vec![(Bucket::Failed, 1)], vec![(Bucket::Pending, 1)]));
    assert_eq!(made.plan.report.buckets.values().sum::<usize>(), 2, "each of them once");
}

#[test]
fn what_an_open_write_of_ours_left_in_a_copy_is_no_edit_of_it_and_no_copy_is_put_away_meanwhile() {
    let mut hub = proven();
    let act = Act::Update { remote: "101".into(), how: How::Email };
    let change = Change { edits: vec![edit("city", "Granby", "Vail")], ..change("R1", act, vec![]) };
    let intent = Intent { id: "i".into(), run: "r".into(), epoch: 1, change, watermark: None, sent: None };
    hub.memory.intents.insert(intent.id.clone(), intent);
    let made = hub.says(PORTAL, "city", "Vail").cycle(&setup());
    assert_eq!((verbs(&made).len(), made.plan.conflicts.len()), (0, 0));
    assert!(made.again.iter().any(|key| key.remote == Some("R1".into())));
}

#[test]
fn what_is_being_made_at_this_moment_is_not_gone() {
    let mut hub = proven();
    let create = Create {
        key: "order 7".into(),
        system: PORTAL.into(),
        entity: "R1".into(),
        ext_id: "x".into(),
        payload: hub.memory.print(&Cell::text("all")).unwrap(),
        values: std::collections::BTreeMap::new(),
        begun: time(0),
        deadline: time(8),
        stage: Stage::Sent,
        answer: None,
    };
    hub.memory.creates.insert(create.key.clone(), create.clone());
    assert_eq!(verbs(&hub.cycle(&setup())), ["archive 201"]);
    let over = Create { entity: "R2".into(), ..create };
    hub.memory.creates.insert(over.key.clone(), over);
    assert_eq!(verbs(&hub.cycle(&setup())).len(), 2, "that of somebody else tells nothing");
}
