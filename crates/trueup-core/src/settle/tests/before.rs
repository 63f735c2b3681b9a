//! Between plan and write.

use crate::{
    fixture::{change, contact, edit, setup, time, update, with},
    journal::Event,
    plan::{Act, Change},
    record::Record,
    settle::{Checked, precheck},
    value::Cell,
};

fn record() -> Record {
    with(contact("101", "ID:R1", "r1@example.org", ""), "city", "Grand Lake Rd")
}

fn planned() -> Change {
    update(
        "R1",
        "101",
        vec![edit("city", "Grand Lake Rd", "Grand Lake"), edit("phone", "+19705550100", "+19705550199")],
    )
}

fn looked(change: Change, fresh: Option<&Record>) -> Checked {
    precheck(&setup().mirrors()[0], change, fresh)
}

#[track_caller]
fn check(fresh: Option<&Record>, sent: &[&str], dropped: &[(&str, Event)]) {
    let checked = looked(planned(), fresh);
    let left = checked.change.map(|change| change.edits).unwrap_or_default();
    assert_eq!(left.iter().map(|edit| edit.column.as_str()).collect::<Vec<_>>(), sent);
    let drops: Vec<_> = checked.dropped.iter().map(|d| (d.edit.column.as_str(), d.event)).collect();
    assert_eq!(drops, dropped);
}

#[test]
fn what_is_still_as_planned_is_sent_under_the_watermark_of_the_look() {
    check(Some(&record()), &["city", "phone"], &[]);
    assert_eq!(looked(planned(), Some(&record())).watermark, Some(time(100)));
}

#[test]
fn a_field_that_somebody_changed_is_superseded_and_the_others_go_on() {
    let moved = with(record(), "city", "Estes Park");
    check(Some(&moved), &["phone"], &[("city", Event::Superseded)]);
    let seen = &looked(planned(), Some(&moved)).dropped[0].now;
    assert!(*seen == Cell::text("Estes Park"));
    let all = with(moved, "phone", "call me");
    check(Some(&all), &[], &[("city", Event::Superseded), ("phone", Event::Superseded)]);
}

#[test]
fn the_precondition_is_what_was_seen_to_the_letter() {
    // The same phone in another spelling is an edit that somebody made meanwhile.
    check(Some(&with(record(), "phone", "(970) 555-0100")), &["city"], &[("phone", Event::Superseded)]);
}

#[test]
fn a_field_that_was_not_delivered_is_not_written() {
    let mut half = record();
    half.cells.truncate(4);
    half.cells.extend([Cell::Absent, Cell::text(crate::fixture::OWNER)]);
    check(Some(&half), &["phone"], &[("city", Event::Superseded)]);
}

#[test]
fn a_record_outside_the_scope_is_not_touched_whatever_else_it_holds() {
    let lost = [("city", Event::ScopeLost), ("phone", Event::ScopeLost)];
    check(Some(&with(record(), "owner", "4")), &[], &lost);
    check(Some(&with(record(), "owner", "")), &[], &lost);
    let mut absent = record();
    absent.cells.truncate(5);
    check(Some(&absent), &[], &lost);
}

#[test]
fn a_record_that_is_not_found_once_is_left_to_the_next_plan() {
    check(None, &[], &[("city", Event::Superseded), ("phone", Event::Superseded)]);
}

#[test]
fn a_record_that_was_merged_away_is_left_to_the_next_plan() {
    let now = Record { asked: Some("101".into()), id: "909".into(), ..record() };
    check(Some(&now), &[], &[("city", Event::Superseded), ("phone", Event::Superseded)]);
    check(Some(&with(now, "owner", "4")), &[], &[("city", Event::ScopeLost), ("phone", Event::ScopeLost)]);
}

#[test]
fn a_create_has_nothing_to_compare_with() {
    let act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "D7".into(), origin: None };
    let create = change("R1", act, vec![edit("city", "", "Granby")]);
    assert_eq!(looked(create.clone(), None).change, Some(create));
}

#[test]
fn a_record_is_put_away_only_while_nobody_touched_it() {
    let act = Act::Archive { remote: "101".into(), version: record().version };
    let archive = || change("R1", act.clone(), vec![edit("city", "Grand Lake Rd", "")]);
    assert!(looked(archive(), Some(&record())).change.is_some());
    // Somebody changed one of our fields, or one that we do not even look at.
    assert!(looked(archive(), Some(&with(record(), "city", "Estes Park"))).change.is_none());
    let newer = Record { version: Some(time(101)), ..record() };
    assert!(looked(archive(), Some(&newer)).change.is_none());
    assert!(looked(archive(), Some(&with(record(), "owner", "4"))).change.is_none());
}
