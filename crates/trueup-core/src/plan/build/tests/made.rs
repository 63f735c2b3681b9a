//! Records that are made: in a mirror after the source of truth, and in the source of truth after a mirror.

use crate::{
    fixture::{
        self, PORTAL,
        hub::{ACCOUNT, CRM, DESK, Hub, but, draft, person, setup, told},
        key,
    },
    journal::Intent,
    memory::{FieldKey, Hold, LinkKey, Memory, Note, Parked},
    merge::{Flow, Survivor},
    name::{EntityKey, ExtId},
    plan::{Act, Bucket, Change, Lacking, Origin, Reconciled, creation, whole},
    record::Record,
    setup::{Action, Lens, Setup, Trigger},
    value::Cell,
};

fn grace(id: &str) -> Record {
    person(id, "grace@example.org")
}

/// One more person, whom only this system knows.
fn only(system: &str, record: Record) -> Hub {
    let mut hub = Hub::known();
    hub.of(system).records.push(record);
    hub
}

fn sorts(made: &Reconciled) -> Vec<(&str, &str)> {
    made.plan.report.notes.iter().map(|note| (note.sort.as_str(), note.subject.as_str())).collect()
}

fn again(made: &Reconciled) -> Vec<String> {
    made.again.iter().map(|key| format!("{} {}", key.system, key.remote.as_ref().unwrap())).collect()
}

#[test]
fn whom_only_the_source_of_truth_knows_is_made_in_every_mirror() {
    let plan = only(CRM, but(grace("R2"), "city", Cell::Null)).cycle(&setup()).plan;
    let fields = ["email nothing → grace@example.org", "tags nothing → customer", "source nothing → letter"];
    let lines = [DESK, PORTAL].map(|system| fields.map(|field| format!("{system} create R2 {field} alone")));
    assert_eq!(told(&plan.changes), lines.concat());
    let ext_id = ExtId::derive("4711", "person", &EntityKey::new("R2"));
    let act = Act::Create { ext_id, ext_id_column: None, class: "missing".into(), origin: None };
    assert_eq!((&plan.changes[0].act, plan.changes[0].label.as_str()), (&act, "grace@example.org"));
    assert_eq!(plan.changes[0].edits[0].class.as_str(), "missing");
}

#[test]
fn an_app_makes_a_record_as_a_cycle_would() {
    let (setup, memory) = (setup(), fixture::memory());
    let side = &setup.mirrors()[0];
    let planned = only(CRM, grace("R2")).cycle(&setup).plan.changes.remove(1);
    assert_eq!(creation(&setup, &memory, (side, "4711"), &grace("R2")), Ok(planned));
    let lacks = |cell: Cell| {
        let ours = Record { place: "row 2".into(), ..but(grace("R2"), "city", cell) };
        let Lacking { field, why, place } = creation(&setup, &memory, (side, "4711"), &ours).unwrap_err();
        (field.to_string(), why, place)
    };
    let city =
        |why: &str, place: &str| ("city".to_owned(), format!("cannot be read: {why}"), place.to_owned());
    assert_eq!(lacks(Cell::unreadable("#N/A", "C2")), city("#N/A", "C2"));
    assert_eq!(lacks(Cell::unreadable("#N/A", "")), city("#N/A", "row 2"));
    assert_eq!(lacks(Cell::Absent), city("it was not delivered", "row 2"));
}

#[test]
fn what_belongs_to_a_mirror_is_the_mirrors_to_fill_in() {
    let mut draft = draft();
    draft.mirrors[0].side.bindings[1].flow = Flow::In;
    let setup = draft.build().unwrap();
    let hub = only(CRM, but(grace("R2"), "city", Cell::Absent));
    let plan = hub.cycle(&setup).plan;
    let made: Vec<(&str, usize)> =
        plan.changes.iter().map(|change| (change.system.as_str(), change.edits.len())).collect();
    assert_eq!(made, [(PORTAL, 3)]);
    assert_eq!(plan.findings[0].what, "city cannot be read: it was not delivered");
    assert_eq!(plan.findings[0].key.handle(), "missing/desk/R2");
}

#[test]
fn a_mirror_that_gets_no_records_of_its_own_has_each_told() {
    let mut draft = draft();
    for class in draft.classes.iter_mut().filter(|class| matches!(class.trigger, Trigger::Missing)) {
        class.action = Action::Flag;
    }
    let place = Record { place: "row 2".into(), ..grace("R2") };
    let plan = only(CRM, place).cycle(&draft.build().unwrap()).plan;
    let told: Vec<_> =
        plan.findings.iter().map(|one| (one.key.handle(), one.what.as_str(), one.place.as_str())).collect();
    let what = "it has no record in the mirror";
    let handles = ["missing/desk/R2", "missing/portal/R2"].map(|handle| (handle.to_owned(), what, "row 2"));
    assert_eq!((told, plan.is_empty()), (handles.into(), true));
}

/// What is planned for a record that was planned to be made before, and of which memory says more since.
fn meanwhile(hub: &Hub, note: impl Fn(FieldKey, &Memory, &Change) -> Note) -> Reconciled {
    let (mut hub, setup) = (hub.clone(), setup());
    for planned in hub.cycle(&setup).plan.changes {
        let link = LinkKey { system: planned.system.clone(), entity: planned.entity.clone() };
        let key = FieldKey { link, field: "".into() };
        hub.memory.commit(&[note(key, &hub.memory, &planned)]);
    }
    hub.cycle(&setup)
}

fn held(key: FieldKey, memory: &Memory, planned: &Change) -> Note {
    Note::Hold(key, Hold { canonical: memory.print(&whole(&planned.edits)), by: "r2".into() })
}

fn held_before(key: FieldKey, memory: &Memory, _: &Change) -> Note {
    Note::Hold(key, Hold { canonical: memory.print(&Cell::text("other")), by: "r2".into() })
}

fn refused(key: FieldKey, memory: &Memory, planned: &Change) -> Note {
    let parked = Parked {
        class: "missing".into(),
        reason: "full".into(),
        canonical: memory.print(&whole(&planned.edits)),
        mirror: memory.print(&Cell::Null),
        kept: None,
        since: "r1".into(),
    };
    Note::Park(key, parked)
}

fn open(_: FieldKey, _: &Memory, planned: &Change) -> Note {
    let change = planned.clone();
    let id = format!("i {}", planned.system).as_str().into();
    Note::Intend(Box::new(Intent { id, run: "r".into(), epoch: 1, change, watermark: None, sent: None }))
}

#[test]
fn a_record_that_was_undone_or_refused_or_is_under_way_is_not_made_again() {
    for (hub, entity, look) in
        [(only(CRM, grace("R2")), "R2", "crm R2"), (only(PORTAL, grace("102")), "portal:102", "portal 102")]
    {
        let made = meanwhile(&hub, held);
        assert!(made.plan.is_empty() && sorts(&made).iter().all(|sort| *sort == ("held_after_undo", entity)));
        assert!(!sorts(&made).is_empty());
        assert!(!meanwhile(&hub, held_before).plan.is_empty(), "another one was undone");
        let made = meanwhile(&hub, refused);
        assert!(made.plan.is_empty() && sorts(&made).is_empty() && made.plan.report.parked > 0);
        let made = meanwhile(&hub, open);
        assert!(made.plan.is_empty() && sorts(&made).iter().all(|sort| *sort == ("open_intent", entity)));
        assert_eq!(again(&made), [look]);
    }
}

#[test]
fn whom_only_a_mirror_knows_is_made_in_the_source_of_truth() {
    let made = only(PORTAL, but(grace("102"), "city", Cell::Null)).cycle(&setup());
    let fields = ["email nothing → grace@example.org", "tags nothing → customer", "source nothing → letter"];
    let lines = fields.map(|field| format!("crm create portal:102 {field} first portal"));
    assert_eq!(told(&made.plan.changes), lines);
    let origin = Origin { system: PORTAL.into(), remote: "102".into() };
    let ext_id = ExtId::derive(ACCOUNT, "person", &origin.entity());
    let ext_id_column = Some("ext_id".to_owned());
    let act = Act::Create { ext_id, ext_id_column, class: "new".into(), origin: Some(origin) };
    assert_eq!(made.plan.changes[0].act, act);
    let edit = &made.plan.changes[0].edits[1];
    assert_eq!((edit.class.as_str(), edit.column.as_str()), ("new", "tags"));
    assert_eq!((&edit.wanted, &edit.canonical), (&Cell::list(["customer"]), &Cell::list(["customer"])));
    assert_eq!(made.plan.report.buckets[&Bucket::Pending], 1);
    assert!(again(&made).is_empty());
}

#[test]
fn a_mirror_that_may_not_tell_a_field_gives_a_new_record_none() {
    let mut draft = draft();
    draft.mirrors[0].side.bindings[1].flow = Flow::Out;
    draft.mirrors[0].side.bindings[2].flow = Flow::In;
    let plan = only(PORTAL, grace("102")).cycle(&draft.build().unwrap()).plan;
    let fields: Vec<&str> = plan.changes[0].edits.iter().map(|edit| edit.field.as_str()).collect();
    assert_eq!(fields, ["email", "tags", "source"]);
}

#[test]
fn two_mirrors_that_got_one_person_on_the_same_day_make_one_record() {
    let mut hub = only(PORTAL, grace("102"));
    hub.desk.records.push(grace("202"));
    hub.desk.records.push(person("203", "mary@example.org"));
    let made = hub.cycle(&setup());
    let entities: Vec<&str> = made.plan.changes.iter().map(|change| change.entity.as_str()).collect();
    assert_eq!(entities, ["desk:203", "portal:102"]);
    assert_eq!(sorts(&made), [("waiting", "202")]);
    assert_eq!(again(&made), ["desk 202"]);
    assert_eq!(made.plan.report.buckets[&Bucket::Pending], 3);
}

#[track_caller]
fn unfit(setup: &Setup, cell: (&str, Cell), why: &str) {
    let record = Record { place: "page 3".into(), ..but(grace("102"), cell.0, cell.1) };
    let plan = only(PORTAL, record).cycle(setup).plan;
    let finding = &plan.findings[0];
    assert_eq!((finding.what.as_str(), finding.place.as_str()), (why, "page 3"));
    assert_eq!((finding.key.handle().as_str(), finding.remotes[0].as_str()), ("new/portal/102", "102"));
    assert!(plan.changes.iter().all(|change| change.act.verb() != "create"));
}

#[test]
fn half_a_record_is_not_made() {
    let is = "is not made in the source of truth:";
    let unread = format!("{is} city cannot be read: it was not delivered");
    unfit(&setup(), ("city", Cell::Absent), &unread);
    let broken = format!("{is} city cannot be read: out of order");
    unfit(&setup(), ("city", Cell::unreadable("out of order", "page 3")), &broken);
    let mut draft = draft();
    draft.fields[2].survivor = Survivor::Union;
    draft.canonical.bindings[2].lens = Lens::Tokens { prefix: "TAG:".into() };
    let put = "'a b' is no key of a token: use letters, digits, _ and - only";
    unfit(
        &draft.build().unwrap(),
        ("tags", Cell::text("a b")),
        &format!("{is} tags cannot be written: {put}"),
    );
}

#[test]
fn a_record_that_is_linked_already_is_no_news() {
    let mut hub = only(PORTAL, grace("102"));
    hub.memory.links.insert(key("R9"), fixture::link_to("R9", "102"));
    assert!(hub.cycle(&setup()).plan.is_empty());
    let mut draft = draft();
    draft.mirrors[0].feeds = false;
    assert!(only(PORTAL, grace("102")).cycle(&draft.build().unwrap()).plan.is_empty());
}

#[test]
fn what_was_made_after_a_record_of_one_mirror_is_that_ones_and_is_made_in_the_others() {
    let origin = Origin { system: PORTAL.into(), remote: "102".into() };
    let ext_id = ExtId::derive(ACCOUNT, "person", &origin.entity()).to_string();
    let mut hub = only(CRM, but(grace("R2"), "ext_id", Cell::text(ext_id)));
    hub.portal.records.push(grace("102"));
    let made = hub.cycle(&setup());
    let verbs =
        made.plan.changes.iter().map(|one| format!("{} {} {}", one.system, one.act.verb(), one.entity));
    assert_eq!(verbs.collect::<Vec<_>>(), ["desk create R2"]);
    assert!(made.plan.findings.is_empty());
    let link = made.notes.iter().filter_map(Note::link).find(|link| link.entity.as_str() == "R2").unwrap();
    assert_eq!((link.remote.as_str(), link.how), ("102", crate::link::How::Origin));
    // Where nobody sees it any more, none is made beside it.
    hub.portal.records.pop();
    let unseen = hub.cycle(&setup());
    let told: Vec<_> = unseen.plan.findings.iter().map(|one| (one.key.handle(), one.what.as_str())).collect();
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn what_a_record_became_whose_create_may_still_land_waits_and_no_other_does() {
    let mut hub = only(PORTAL, grace("102"));
    let planned = hub.cycle(&setup()).plan.changes.remove(0);
    let id: crate::name::IntentId = "i".into();
    let intent =
        Intent { id: id.clone(), run: "r".into(), epoch: 1, change: planned, watermark: None, sent: None };
    hub.memory.intents.insert(id, intent);
    hub.portal.records[1].id = "103".into();
    hub.portal.aliases.insert("102".into(), "103".into());
    hub.portal.records.push(person("104", "mary@example.org"));
    let made = hub.cycle(&setup());
    let entities: Vec<&str> = made.plan.changes.iter().map(|change| change.entity.as_str()).collect();
    assert_eq!(entities, ["portal:104"]);
    assert_eq!((sorts(&made), again(&made)), (vec![("waiting", "103")], vec!["portal 103".to_owned()]));
    // Nor does one that nobody followed, unless no answer mentions a record that it may be.
    hub.portal.aliases.clear();
    assert_eq!(hub.cycle(&setup()).plan.changes.len(), 2);
    hub.portal.silent = vec!["102".into()];
    assert!(hub.cycle(&setup()).plan.is_empty());
}
