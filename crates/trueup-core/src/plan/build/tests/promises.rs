//! The id, the order, the cost, the buckets, and that a second cycle has nothing to say.

use std::time::Duration;

use proptest::prelude::*;

use crate::{
    fixture::{
        address, card, contact, cycle, cycle_at, decide, edit, key, lead, linked, memory, plain, portal,
        setup, time, twin, update, with, workbook,
    },
    link::{How, LinkState},
    memory::{Choice, FieldKey, Hold, Memory},
    plan::{Act, Bucket, Change, cost},
    record::Record,
    snapshot::Snapshot,
    value::Cell,
};

#[test]
fn the_id_is_the_hash_of_the_rest_so_an_edited_plan_is_not_whole() {
    let contacts = portal(vec![with(twin("101", "R1"), "city", "Estes Park")]);
    let plan = cycle(&setup(), &memory(), &workbook(vec![plain("R1")]), &contacts).plan;
    assert!(plan.is_whole() && plan.id.len() == 32);
    assert_eq!(plan.short_id(), &plan.id[..8]);
    let mut edited = plan.clone();
    edited.changes[0].edits[0].after = crate::value::Cell::text("Loveland");
    assert!(!edited.is_whole());
    for spoil in
        [|p: &mut crate::plan::Plan| p.made_from.serial += 1, |p: &mut crate::plan::Plan| p.changes.clear()]
    {
        let mut other = plan.clone();
        spoil(&mut other);
        assert!(!other.is_whole());
    }
    let text = serde_json::to_string(&plan).unwrap();
    assert!(serde_json::from_str::<crate::plan::Plan>(&text).unwrap().is_whole(), "a file keeps it whole");
}

#[test]
fn creates_stand_before_updates_and_both_in_the_order_of_their_keys() {
    let leads = vec![plain("R4"), plain("R3"), plain("R2"), plain("R1")];
    let contacts = ["R4", "R2"].map(|key| with(twin(&key[1..], key), "city", "Estes Park"));
    let plan = cycle(&setup(), &memory(), &workbook(leads), &portal(contacts.into())).plan;
    let told: Vec<_> = plan.changes.iter().map(|c| format!("{} {}", c.act.verb(), c.entity)).collect();
    assert_eq!(told, ["create R1", "create R3", "update R2", "update R4"]);
}

#[track_caller]
fn costs(changes: &[Change], writes: usize, guard_reads: usize, read_backs: usize) {
    let cost = cost(&card(), 5, &changes.iter().collect::<Vec<_>>());
    assert_eq!((cost.writes, cost.guard_reads, cost.read_backs), (writes, guard_reads, read_backs));
    let all = u32::try_from(writes + guard_reads + read_backs).unwrap();
    assert!((cost.seconds - f64::from(all) / 10.0).abs() < 1e-9, "100 requests in 10 s");
}

#[test]
fn the_cost_counts_a_canary_and_whole_batches() {
    let updates = |count| vec![update("R1", "101", vec![edit("city", "a", "b")]); count];
    let act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "D7".into(), origin: None };
    let creates = |count| vec![crate::fixture::change("R1", act.clone(), Vec::new()); count];
    costs(&[], 0, 0, 0);
    // The canary of 5 is read back by itself, the 58 others in pages of 50.
    costs(&updates(63), 2, 2, 3);
    costs(&updates(5), 1, 1, 1);
    costs(&updates(205), 3, 3, 5);
    costs(&creates(20), 2, 0, 2);
    costs(&[creates(2), updates(7)].concat(), 3, 2, 3);
}

#[test]
fn a_record_that_is_gone_is_told_only_after_two_looks_a_quiet_period_apart() {
    let (setup, mut memory) = (setup(), linked(&[("R1", "101")]));
    let seen = || Snapshot { missing: vec!["101".into()], ..portal(vec![]) };
    let look = |memory: &mut Memory, at_ms: i64| {
        let made = cycle_at(time(at_ms), &setup, memory, &workbook(vec![plain("R1")]), &seen());
        memory.commit(&made.notes);
        let state = memory.links.values().next().unwrap().state;
        assert!(made.plan.is_empty());
        (made.plan.findings.len(), state)
    };
    let since = time(0);
    let quiet = i64::try_from(setup.timing().quiet().as_millis()).unwrap();
    assert_eq!(look(&mut memory, 0), (0, LinkState::Suspect { since }));
    assert_eq!(look(&mut memory, quiet - 1), (0, LinkState::Suspect { since }));
    assert_eq!(look(&mut memory, quiet), (1, LinkState::Tombstone));
    // It is told for as long as the lead stands, and never made again.
    assert_eq!(look(&mut memory, 10 * quiet), (1, LinkState::Tombstone));
}

#[test]
fn a_clock_that_was_put_back_proves_nothing_and_begins_anew() {
    let suspect = |minute: i64| LinkState::Suspect { since: time(minute * 60_000) };
    for (was, minute, is) in [
        (LinkState::Active, 0, suspect(0)),
        (LinkState::OutOfScope, 0, suspect(0)),
        (suspect(0), 3, suspect(0)),
        (suspect(0), 4, LinkState::Tombstone),
        (suspect(600), 0, suspect(0)),
        (LinkState::Tombstone, -600, LinkState::Tombstone),
    ] {
        assert_eq!(was.not_found(time(minute * 60_000), Duration::from_mins(4)), is, "{was:?}");
    }
}

#[test]
fn a_record_that_is_there_again_is_under_no_suspicion() {
    let (setup, mut memory) = (setup(), linked(&[("R1", "101")]));
    for state in [LinkState::Suspect { since: time(0) }, LinkState::OutOfScope, LinkState::Tombstone] {
        memory.links.values_mut().for_each(|link| link.state = state);
        let made = cycle(&setup, &memory, &workbook(vec![plain("R1")]), &portal(vec![twin("101", "R1")]));
        memory.commit(&made.notes);
        assert_eq!(memory.links.values().next().unwrap().state, LinkState::Active);
    }
}

#[test]
fn the_hold_of_an_undone_create_ends_when_its_record_is_there_again() {
    let (setup, mut memory) = (setup(), linked(&[("R1", "101")]));
    memory.links.values_mut().for_each(|link| link.state = LinkState::Tombstone);
    let whole = FieldKey { link: key("R1"), field: "".into() };
    memory.holds.insert(whole, Hold { canonical: None, by: "r1".into() });
    let leads = workbook(vec![plain("R1")]);
    let made = cycle(&setup, &memory, &leads, &portal(vec![twin("101", "R1")]));
    memory.commit(&made.notes);
    let link = memory.links.values().next().unwrap();
    assert_eq!((link.state, memory.holds.len()), (LinkState::Active, 0));
}

#[test]
fn what_was_made_after_an_undone_create_and_put_away_by_people_is_not_made_a_third_time() {
    let (setup, mut memory) = (setup(), linked(&[("R1", "102")]));
    let whole = FieldKey { link: key("R1"), field: "".into() };
    memory.holds.insert(whole, Hold { canonical: None, by: "r1".into() });
    let seen = || Snapshot { missing: vec!["102".into()], ..portal(vec![]) };
    for minute in 0..6 {
        let at = time(minute * 600_000);
        let made = cycle_at(at, &setup, &memory, &workbook(vec![plain("R1")]), &seen());
        memory.commit(&made.notes);
        assert!(made.plan.is_empty(), "{minute}");
        // It is only suspected to be gone at first, and what is suspected ends no hold.
        let gone = memory.links.values().all(|link| link.state == LinkState::Tombstone);
        assert_eq!(memory.holds.is_empty(), gone, "{minute}");
    }
    let link = memory.links.values().next().unwrap();
    assert_eq!((link.state, memory.holds.len()), (LinkState::Tombstone, 0));
}

#[test]
fn an_accepted_finding_is_told_no_more() {
    let unowned = with(twin("900", "R1"), "owner", "");
    let seen = Snapshot { survey: vec![unowned], ..portal(vec![twin("101", "R1")]) };
    let mut memory = memory();
    let found = |memory: &Memory| cycle(&setup(), memory, &workbook(vec![plain("R1")]), &seen).plan.findings;
    let unclaimed = found(&memory).remove(0);
    decide(&mut memory, &unclaimed, Choice::Accept);
    assert!(found(&memory).is_empty());
    // No other choice does anything about it, so none silences it.
    for choice in [Choice::Exclude, Choice::Choose("900".into())] {
        decide(&mut memory, &unclaimed, choice);
        assert_eq!(found(&memory).len(), 1);
    }
}

fn lead_with(column: usize, cell: Cell) -> Record {
    let mut lead = plain("R1");
    lead.cells[column] = cell;
    lead
}

#[test]
fn what_was_accepted_of_one_value_says_nothing_of_the_next() {
    let mut memory = linked(&[("R1", "101")]);
    let found = |memory: &Memory, why: &str| {
        let seen = workbook(vec![lead_with(3, Cell::unreadable(why, "Leads!D2"))]);
        cycle(&setup(), memory, &seen, &portal(vec![twin("101", "R1")])).plan.findings
    };
    let unread = found(&memory, "#REF!").remove(0);
    decide(&mut memory, &unread, Choice::Accept);
    assert!(found(&memory, "#REF!").is_empty());
    assert_eq!(found(&memory, "#DIV/0!").len(), 1);
}

#[test]
fn an_accepted_address_is_neither_replaced_nor_added_to() {
    let mut memory = linked(&[("R1", "101")]);
    let stranger = with(contact("101", "ID:R1", "x@example.org", ""), "city", "Estes Park");
    let seen = portal(vec![stranger]);
    let leads = || workbook(vec![lead("R1", "r1@example.org;r@example.org")]);
    let told = cycle(&setup(), &memory, &leads(), &seen).plan.findings.remove(0);
    decide(&mut memory, &told, Choice::Accept);
    let plan = cycle(&setup(), &memory, &leads(), &seen).plan;
    let fields: Vec<&str> =
        plan.changes.iter().flat_map(|one| &one.edits).map(|edit| edit.field.as_str()).collect();
    assert_eq!(fields, ["city"]);
    let stays = plan.report.notes.iter().filter(|note| note.sort == "accepted").count();
    assert_eq!((plan.findings.len(), stays), (0, 2));
}

#[test]
fn a_record_that_took_anothers_place_starts_anew_and_one_that_it_became_goes_on() {
    let mut memory = linked(&[("R1", "101")]);
    memory.links.values_mut().for_each(|link| link.how = How::Created);
    let base = cycle(&setup(), &memory, &workbook(vec![plain("R1")]), &portal(vec![twin("101", "R1")]));
    memory.commit(&base.notes);
    let after = |seen: Snapshot, memory: &Memory| {
        let made = cycle(&setup(), memory, &workbook(vec![plain("R1")]), &seen);
        let mut memory = memory.clone();
        memory.commit(&made.notes);
        memory.links.into_values().next().unwrap()
    };
    let merged =
        Snapshot { aliases: [("101".into(), "909".into())].into(), ..portal(vec![twin("909", "R1")]) };
    let link = after(merged, &memory);
    assert_eq!((link.how, link.remote.as_str(), link.aliases), (How::Created, "909", vec!["101".into()]));
    assert!(link.version.is_some() && !link.bases.is_empty());
    let twins = || portal(vec![twin("101", "R1"), with(twin("102", "R1"), "city", "")]);
    let asked = cycle(&setup(), &memory, &workbook(vec![plain("R1")]), &twins()).plan.findings.remove(0);
    decide(&mut memory, &asked, Choice::Choose("102".into()));
    let link = after(twins(), &memory);
    assert_eq!((link.how, link.remote.as_str(), link.aliases), (How::Decided, "102", Vec::new()));
    assert!(link.version.is_none() && link.bases.iter().all(|base| base.field.as_str() != "city"));
}

const ADDRESSES: [&str; 4] = ["", "r1@example.org", "r2@example.org", "x@example.org"];
const NOTES: [&str; 5] = ["", "ID:R1", "ID:R2", "ID:R9", "ID:R1 ID:R2"];
const CITIES: [&str; 2] = ["Granby", "Estes Park"];

fn contacts() -> impl Strategy<Value = Vec<Record>> {
    let row = (0..NOTES.len(), 0..ADDRESSES.len(), 0..CITIES.len(), any::<bool>());
    prop::collection::vec(row, 0..6).prop_map(|rows| {
        let make = |(at, (note, email, city, _)): (usize, (usize, usize, usize, bool))| {
            with(contact(&(100 + at).to_string(), NOTES[note], ADDRESSES[email], ""), "city", CITIES[city])
        };
        rows.into_iter().enumerate().map(make).collect()
    })
}

fn leads() -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(any::<bool>(), 3).prop_map(|there| {
        let keys = ["R1", "R2", "R3"].into_iter().zip(there);
        keys.filter(|(_, there)| *there).map(|(key, _)| lead(key, &address(key))).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn every_record_of_the_scope_is_in_exactly_one_bucket(
        leads in leads(), contacts in contacts(), links in prop::collection::btree_map(0..3_usize, 100..107_usize, 0..3)
    ) {
        let ids: std::collections::BTreeSet<usize> = links.values().copied().collect();
        prop_assume!(ids.len() == links.len());
        let names: Vec<(String, String)> =
            links.iter().map(|(key, id)| (format!("R{}", key + 1), id.to_string())).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|(key, id)| (key.as_str(), id.as_str())).collect();
        let plan = cycle(&setup(), &linked(&names), &workbook(leads), &portal(contacts.clone())).plan;
        let inside: usize =
            plan.report.buckets.iter().filter(|(bucket, _)| **bucket != Bucket::OutOfScope).map(|(_, n)| n).sum();
        prop_assert_eq!(inside, contacts.len());
    }

    #[test]
    fn a_second_cycle_over_the_same_records_remembers_nothing_new(leads in leads(), contacts in contacts()) {
        let (setup, mut memory) = (setup(), memory());
        let (workbook, portal) = (workbook(leads), portal(contacts));
        let first = cycle(&setup, &memory, &workbook, &portal);
        memory.commit(&first.notes);
        let second = cycle(&setup, &memory, &workbook, &portal);
        prop_assert_eq!(second.notes, Vec::new());
        prop_assert_eq!(second.plan.changes, first.plan.changes);
        prop_assert_eq!(second.plan.findings, first.plan.findings);
    }
}
