//! What was told to the source of truth and from there to a mirror goes back the same way.

use super::*;
use crate::{
    fixture::hub::{self, CRM, DESK, person},
    journal::Intent,
    memory::{Note, Parked},
    plan::Turn,
    undo::{is_undo, release, restores},
};

fn of(system: &str) -> LinkKey {
    LinkKey { system: system.into(), ..key("R1") }
}

/// A run that moved the city of R1 from Granby to Vail, in the record of a system.
fn moved(system: &str, remote: &str) -> Draft {
    let draft = landed("r1", "Granby", "Vail");
    Draft { system: system.into(), remote: Some(remote.into()), ..draft }
}

/// What is planned once all say this city.
fn back(drafts: &[Draft], city: &str) -> Plan {
    back_after(memory(), drafts, city)
}

fn back_after(mut memory: Memory, drafts: &[Draft], city: &str) -> Plan {
    let mut fresh = BTreeMap::new();
    for (system, remote) in [(CRM, "R1"), (PORTAL, "101"), (DESK, "201")] {
        memory.links.insert(of(system), Link { system: system.into(), ..link_to("R1", remote) });
        fresh.insert(of(system), hub::but(person(remote, "ada@example.org"), "city", Cell::text(city)));
    }
    undo(&hub::setup(), &memory, &entries(drafts), &fresh)
}

#[test]
fn the_source_of_truth_goes_back_first_and_its_mirrors_are_held_at_what_it_says_then() {
    let plan = back(&[moved(DESK, "201"), moved(CRM, "R1")], "Vail");
    let lines = ["crm update R1 city Vail → Granby alone", "desk update 201 city Vail → Granby second"];
    assert_eq!(hub::told(&plan.changes), lines);
    let desk = &plan.changes[1].edits[0];
    assert_eq!((&desk.canonical, &desk.turn), (&Cell::text("Granby"), &Turn::Second));
    assert_eq!(
        (plan.changes[1].act.clone(), is_undo(&plan)),
        (Act::Update { remote: "201".into(), how: How::Token }, true,)
    );
    // A mirror that goes back alone waits for nobody.
    let alone = back(&[moved(DESK, "201")], "Vail");
    assert_eq!(hub::told(&alone.changes), ["desk update 201 city Vail → Granby alone"]);
    assert_eq!(alone.changes[0].edits[0].canonical, Cell::text("Vail"));
}

#[test]
fn what_the_source_of_truth_refused_to_take_back_stands_in_its_mirrors_as_well() {
    let tags = |draft: Draft| Draft {
        field: Some("tags".into()),
        column: Some("tags".into()),
        before: Cell::text("lead"),
        after: Cell::text("customer"),
        ..draft
    };
    let drafts = [moved(DESK, "201"), tags(moved(DESK, "201")), moved(CRM, "R1"), tags(moved(CRM, "R1"))];
    let mut memory = memory();
    let parked = Parked {
        class: UNDO.into(),
        reason: "no right".into(),
        canonical: None,
        mirror: memory.print(&Cell::text("Vail")),
        kept: None,
        since: "r1".into(),
    };
    memory.commit(&[Note::Park(FieldKey { link: of(CRM), field: "city".into() }, parked)]);
    let plan = back_after(memory, &drafts, "Vail");
    let lines = ["crm update R1 tags customer → lead alone", "desk update 201 tags customer → lead second"];
    assert_eq!(hub::told(&plan.changes), lines);
    let told: Vec<&str> = plan.report.notes.iter().map(|note| note.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "its system refused to take city back; undo that by itself",
            "the source of truth refused to take city back; undo that there first",
        ]
    );
}

#[test]
fn another_field_or_entity_that_went_back_is_no_turn_of_this_one() {
    let phone = Draft { field: Some("tags".into()), column: Some("tags".into()), ..moved(CRM, "R1") };
    let plan = back(&[moved(DESK, "201"), Draft { after: Cell::text("customer"), ..phone }], "Vail");
    let turns: Vec<_> = plan.changes.iter().map(|change| change.edits[0].turn.clone()).collect();
    assert_eq!(turns, [Turn::Alone, Turn::Alone]);
}

#[test]
fn what_the_source_of_truth_holds_instead_is_told_as_its_own() {
    let plan = back(&[moved(CRM, "R1")], "Fraser");
    let conflict = &plan.conflicts[0];
    let claims: Vec<_> = conflict.claims.iter().map(|claim| (claim.party, claim.cell.to_text())).collect();
    let (journal, truth) = (crate::merge::Party::Journal, crate::merge::Party::Canonical);
    assert_eq!(claims, [(journal, Some("Granby".into())), (truth, Some("Fraser".into()))]);
    assert_eq!((conflict.system.as_str(), conflict.entity.as_str()), (CRM, "R1"));
}

#[test]
fn changes_of_several_records_stand_in_a_fixed_order() {
    let mut memory = memory();
    let (mut fresh, mut drafts) = (BTreeMap::new(), Vec::new());
    for (system, entity, remote) in [(PORTAL, "R2", "102"), (PORTAL, "R1", "101"), (DESK, "R3", "203")] {
        let at = LinkKey { system: system.into(), entity: entity.into() };
        memory.links.insert(at.clone(), Link { system: system.into(), ..link_to(entity, remote) });
        fresh.insert(at, hub::but(person(remote, "ada@example.org"), "city", Cell::text("Vail")));
        drafts.push(Draft { entity: entity.into(), ..moved(system, remote) });
    }
    let plan = undo(&hub::setup(), &memory, &entries(&drafts), &fresh);
    let order: Vec<&str> = plan.changes.iter().map(|change| change.entity.as_str()).collect();
    assert_eq!(order, ["R3", "R1", "R2"]);
    assert_eq!(concerned(&entries(&drafts)), fresh.into_keys().collect::<Vec<_>>());
    assert_eq!((plan.made_from.lineage.as_str(), plan.made_from.config_hash.as_str()), ("a", "c1"));
}

#[test]
fn a_write_of_somebody_else_that_may_still_land_is_waited_for_by_nobody() {
    let setup = setup();
    let mut memory = linked_by(How::Token);
    let change = crate::fixture::update("R2", "102", Vec::new());
    let id: crate::name::IntentId = "i-9".into();
    let intent = Intent { id: id.clone(), run: "r9".into(), epoch: 1, change, watermark: None, sent: None };
    memory.intents.insert(id, intent);
    let now = BTreeMap::from([(key("R1"), city(AFTER))]);
    assert_eq!(undo(&setup, &memory, &entries(&[landed("r1", BEFORE, AFTER)]), &now).changes.len(), 1);
    memory.links.clear();
    let unknown = undo(&setup, &memory, &entries(&[landed("r1", BEFORE, AFTER)]), &now);
    let note = &unknown.report.notes[0];
    assert_eq!((note.sort.as_str(), note.subject.as_str()), ("cannot_undo", "R1"));
    assert_eq!(note.what, "its system or link is no longer known");
}

#[test]
fn a_plan_of_a_cycle_takes_nothing_back() {
    assert!(!is_undo(&hub::Hub::known().cycle(&hub::setup()).plan));
    let classes = [UNDO, REDO, "D3"].map(|class| restores(&class.into()));
    assert_eq!(classes, [true, true, false]);
}

#[test]
fn a_hold_that_a_person_ends_leaves_nothing_accounted_for_where_it_held() {
    let notes = |system: &str| {
        let held = FieldKey { link: of(system), field: "city".into() };
        let notes = release(&hub::setup(), &held);
        let (last, bases) = notes.split_last().unwrap();
        assert_eq!(*last, Note::Release(held.clone()));
        let forgotten = |note: &Note| match note {
            Note::ForgetBase(FieldKey { link, field }) => {
                assert_eq!((link.entity.as_str(), field), ("R1", &held.field));
                link.system.to_string()
            }
            other => panic!("{other:?}"),
        };
        bases.iter().map(forgotten).collect::<Vec<_>>()
    };
    assert_eq!(notes(PORTAL), [PORTAL]);
    assert_eq!(notes(DESK), [DESK]);
    // What the source of truth says is accounted for with every mirror.
    assert_eq!(notes(CRM), [PORTAL, DESK]);
}
