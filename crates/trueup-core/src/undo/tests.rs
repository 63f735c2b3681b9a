//! I-20: exactly what is still ours is taken back.

mod both;

use std::collections::BTreeMap;

use super::{REDO, UNDO, concerned, is_undo, release, undo};
use crate::{
    fixture::{PORTAL, contact, key, link_to, memory, plain, portal, setup, time, with, workbook},
    fixture::{cycle, twin},
    journal::{Draft, Entry, Event},
    link::{BaseCell, FieldBase, How, Link},
    memory::{FieldKey, Hold, LinkKey, Memory, Parked},
    plan::{Act, Plan, whole},
    record::Record,
    value::Cell,
};

const BEFORE: &str = "Grand Lake Rd";
const AFTER: &str = "Grand Lake";

/// One entry of the journal about the contact 101 of R1.
fn draft(run: &str, event: Event, column: &str, before: &str, after: &str) -> Draft {
    Draft {
        run: run.into(),
        at: time(0),
        intent: Some(format!("i-{run}").as_str().into()),
        system: PORTAL.into(),
        entity: "R1".into(),
        remote: Some("101".into()),
        field: (!column.is_empty()).then(|| if column == "note" { "token" } else { column }.into()),
        column: (!column.is_empty()).then(|| column.to_owned()),
        class: Some("D3".into()),
        event,
        before: Cell::text(before),
        after: Cell::text(after),
        canonical: Cell::text(after),
        evidence: String::new(),
    }
}

fn landed(run: &str, before: &str, after: &str) -> Draft {
    draft(run, Event::Landed, "city", before, after)
}

fn undone(run: &str, before: &str, after: &str) -> Draft {
    Draft { class: Some(UNDO.into()), ..landed(run, before, after) }
}

fn entries(drafts: &[Draft]) -> Vec<Entry> {
    let seal = |draft: &Draft| Entry::seal(draft.clone(), 1, Entry::START, [0; 16]).unwrap().entry;
    drafts.iter().map(seal).collect()
}

fn city(text: &str) -> Record {
    with(contact("101", "ID:R1", "r1@example.org", ""), "city", text)
}

fn linked_by(how: How) -> Memory {
    let mut memory = memory();
    memory.links.insert(key("R1"), Link { how, ..link_to("R1", "101") });
    memory
}

fn take_back(how: How, drafts: &[Draft], now: Option<Record>) -> Plan {
    let fresh = BTreeMap::from_iter(now.map(|record| (key("R1"), record)));
    undo(&setup(), &linked_by(how), &entries(drafts), &fresh)
}

/// What the plan does, one line each: `city A → B undo`, `archive 101`, `conflict city`, `note sort`.
#[track_caller]
fn check(how: How, drafts: &[Draft], now: Option<Record>, expected: &[&str]) {
    let plan = take_back(how, drafts, now);
    let text = |cell: &Cell| cell.to_text().unwrap_or_else(|| "nothing".into());
    let mut told = Vec::new();
    for change in &plan.changes {
        match &change.act {
            Act::Archive { remote, .. } => told.push(format!("archive {remote}")),
            _ => told.extend(change.edits.iter().map(|edit| {
                format!("{} {} → {} {}", edit.column, text(&edit.before), text(&edit.after), edit.class)
            })),
        }
    }
    told.extend(plan.conflicts.iter().map(|conflict| format!("conflict {}", conflict.field)));
    told.extend(plan.report.notes.iter().map(|note| format!("note {}", note.sort)));
    assert_eq!(told, expected);
    assert!(plan.is_whole() && is_undo(&plan));
}

#[test]
fn an_undo_reads_each_record_that_something_was_done_to_once() {
    let other = Draft { entity: "R2".into(), ..landed("r1", BEFORE, AFTER) };
    let done = [landed("r1", BEFORE, AFTER), other, landed("r2", AFTER, "Granby")];
    assert_eq!(concerned(&entries(&done)), [key("R1"), key("R2")]);
}

#[test]
fn a_field_that_is_still_as_the_run_left_it_is_restored() {
    check(
        How::Token,
        &[landed("r1", BEFORE, AFTER)],
        Some(city(AFTER)),
        &["city Grand Lake → Grand Lake Rd undo"],
    );
}

#[test]
fn a_mirror_is_held_at_what_the_source_was_accounted_for_with_what_it_holds() {
    let setup = setup();
    let tag = setup.mapping(&setup.mirrors()[0]).tag(4);
    let held = |mirror: &str, canonical: Option<Cell>| {
        let mut memory = linked_by(How::Token);
        let print = |text: &str| memory.print(&Cell::text(text)).unwrap();
        let said = BaseCell { print: print("Fraser"), cell: canonical };
        let mirror = BaseCell { print: print(mirror), cell: None };
        let base = FieldBase { field: "city".into(), mapping: tag, canonical: said, mirror };
        memory.links.values_mut().for_each(|link| link.set_base(base.clone()));
        let now = BTreeMap::from([(key("R1"), city(AFTER))]);
        let plan = undo(&setup, &memory, &entries(&[landed("r1", BEFORE, AFTER)]), &now);
        plan.changes[0].edits[0].canonical.clone()
    };
    let fraser = Cell::text("Fraser");
    assert_eq!(held(AFTER, Some(fraser.clone())), fraser);
    // What was accounted for with another value, or is not known, says nothing: it is held at what the run knew.
    assert_eq!(held("Granby", Some(fraser)), Cell::text(AFTER));
    assert_eq!(held(AFTER, None), Cell::text(AFTER));
}

#[test]
fn a_value_that_was_not_there_is_cleared_again() {
    let plan = take_back(How::Token, &[landed("r1", "", AFTER)], Some(city(AFTER)));
    assert!(plan.changes[0].edits[0].after.is_blank());
}

#[test]
fn a_field_that_a_person_changed_since_is_listed_and_not_touched() {
    check(How::Token, &[landed("r1", BEFORE, AFTER)], Some(city("Estes Park")), &["conflict city"]);
}

#[test]
fn every_field_is_decided_by_itself() {
    let phone = draft("r1", Event::Landed, "phone", "call me", "+19705550100");
    check(
        How::Token,
        &[landed("r1", BEFORE, AFTER), phone],
        Some(city("Estes Park")),
        &["phone +19705550100 → call me undo", "conflict city"],
    );
}

#[test]
fn what_the_system_refused_to_take_back_keeps_nothing_else_from_going_back_and_is_tried_again_by_itself() {
    let phone = || draft("r1", Event::Landed, "phone", "call me", "+19705550100");
    let left = |class: &str, held: &str, drafts: &[Draft]| {
        let mut memory = linked_by(How::Token);
        let mirror = memory.print(&Cell::text(held));
        let (class, reason, since) = (class.into(), "it is another's".to_owned(), "r2".into());
        let parked = Parked { class, reason, canonical: None, mirror, kept: None, since };
        memory.parked.insert(FieldKey { link: key("R1"), field: "city".into() }, parked);
        let now = BTreeMap::from([(key("R1"), with(city(AFTER), "phone", "+19705550100"))]);
        let plan = undo(&setup(), &memory, &entries(drafts), &now);
        let edits = plan.changes.iter().flat_map(|change| &change.edits);
        let fields: Vec<String> = edits.map(|edit| edit.field.to_string()).collect();
        (fields, plan.report.notes.iter().filter(|note| note.what.contains("city")).count())
    };
    let both = || [landed("r1", BEFORE, AFTER), phone()];
    assert_eq!(left(UNDO, AFTER, &both()), (vec!["phone".to_owned()], 1));
    assert_eq!(left(UNDO, AFTER, &both()[..1]), (vec!["city".to_owned()], 0));
    // It holds something else by now, or was refused something else.
    for (class, held) in [(UNDO, "Granby"), ("other", AFTER)] {
        assert_eq!(left(class, held, &both()), (vec!["city".to_owned(), "phone".to_owned()], 0));
    }
}

#[test]
fn what_is_back_already_is_not_undone_twice() {
    check(How::Token, &[landed("r1", BEFORE, AFTER)], Some(city(BEFORE)), &[]);
}

#[test]
fn undoing_the_undo_brings_the_value_again() {
    check(
        How::Token,
        &[undone("r2", AFTER, BEFORE)],
        Some(city(BEFORE)),
        &["city Grand Lake Rd → Grand Lake redo"],
    );
    assert_eq!(REDO, "redo");
}

#[test]
fn several_runs_are_taken_back_in_one_step() {
    let runs = [landed("r1", BEFORE, AFTER), landed("r2", AFTER, "Granby")];
    check(How::Token, &runs, Some(city("Granby")), &["city Granby → Grand Lake Rd undo"]);
    // Only the first of them: what a later run left is not what this one left.
    check(How::Token, &runs[..1], Some(city("Granby")), &["conflict city"]);
    // A run and its undo together are nothing.
    let pair = [landed("r1", BEFORE, AFTER), undone("r2", AFTER, BEFORE)];
    check(How::Token, &pair, Some(city(BEFORE)), &[]);
}

/// I-20: what somebody wrote between two runs is a value of theirs, and what an earlier run left was gone by then.
#[test]
fn what_somebody_wrote_between_two_runs_comes_back_and_nothing_that_is_older() {
    let runs =
        [landed("r1", BEFORE, AFTER), landed("r2", "Fraser", "Granby"), landed("r3", "Granby", "Kremmling")];
    let back = ["city Kremmling → Fraser undo", "note cannot_undo"];
    check(How::Token, &runs, Some(city("Kremmling")), &back);
    check(How::Token, &runs, Some(city("Fraser")), &back[1..]);
}

#[test]
fn what_was_never_done_cannot_be_undone() {
    let idle = [
        Event::Superseded,
        Event::ScopeLost,
        Event::Refused,
        Event::NotApplied,
        Event::Overwrote,
        Event::Decided,
    ];
    for event in idle {
        let drafts = [draft("r1", event, "city", BEFORE, AFTER)];
        check(How::Token, &drafts, Some(city(AFTER)), &[]);
        assert!(concerned(&entries(&drafts)).is_empty(), "{event:?}");
    }
}

#[test]
fn a_record_that_an_unanswered_create_made_is_told_and_what_was_written_to_it_later_goes_back() {
    for event in [Event::Adopted, Event::InDoubt] {
        let create = draft("r1", event, "", "", "");
        let later = landed("r2", BEFORE, AFTER);
        check(How::Adopted, std::slice::from_ref(&create), Some(city(AFTER)), &["note cannot_undo"]);
        let both = ["city Grand Lake → Grand Lake Rd undo", "note cannot_undo"];
        check(How::Adopted, &[create.clone(), later], Some(city(AFTER)), &both);
        // One of which no record is known left nothing that could go.
        check(How::Adopted, &[Draft { remote: None, ..create }], Some(city(AFTER)), &[]);
    }
}

#[test]
fn who_holds_what_an_undo_met_is_told_by_the_system_it_is_about() {
    let mut two = crate::fixture::draft();
    two.mirrors.extend(crate::fixture::draft().mirrors);
    two.mirrors[1].side.system = "desk".into();
    let (setup, mut memory, at) =
        (two.build().unwrap(), memory(), LinkKey { system: "desk".into(), ..key("R1") });
    memory.links.insert(at.clone(), Link { system: "desk".into(), ..link_to("R1", "101") });
    let drafts = [Draft { system: "desk".into(), ..landed("r1", BEFORE, AFTER) }];
    let plan = undo(&setup, &memory, &entries(&drafts), &BTreeMap::from([(at, city("Fraser"))]));
    let parties: Vec<_> = plan.conflicts[0].claims.iter().map(|claim| setup.system_of(claim.party)).collect();
    assert_eq!(parties, [None, Some(&"desk".into())]);
}

#[test]
fn a_record_that_is_not_there_any_more_is_told() {
    check(How::Token, &[landed("r1", BEFORE, AFTER)], None, &["note cannot_undo"]);
    check(How::Token, &[draft("r1", Event::Archived, "", "", "")], None, &["note cannot_undo"]);
}

fn made(run: &str) -> Vec<Draft> {
    let field = |column, after| draft(run, Event::Landed, column, "", after);
    vec![
        draft(run, Event::Created, "", "", ""),
        field("note", "ID:R1"),
        field("email", "r1@example.org"),
        field("phone", "+19705550100"),
        field("city", "Granby"),
        field("owner", crate::fixture::OWNER),
    ]
}

#[test]
fn a_create_that_nobody_touched_is_put_away() {
    check(How::Created, &made("r1"), Some(city("Granby")), &["archive 101"]);
    // Its fields were journaled before it had an id.
    let known = |draft: &Draft| draft.remote.clone().filter(|_| draft.event == Event::Created);
    let fresh: Vec<Draft> = made("r1").into_iter().map(|one| Draft { remote: known(&one), ..one }).collect();
    check(How::Created, &fresh, Some(city("Granby")), &["archive 101"]);
}

#[test]
fn a_create_that_somebody_touched_stays() {
    let all = ["conflict token", "conflict email", "conflict phone", "conflict city", "conflict owner"];
    let told: Vec<&str> = all.into_iter().chain(["note cannot_undo"]).collect();
    let newer = Record { version: Some(time(101)), ..city("Granby") };
    check(How::Created, &made("r1"), Some(newer), &told);
    check(How::Adopted, &made("r1"), Some(city("Granby")), &told);
    // A later run of ours moved the version past a person's edit: the values still tell.
    check(How::Created, &made("r1"), Some(city("Estes Park")), &told);
}

#[test]
fn a_create_that_was_written_to_since_stays() {
    let stays = |drafts: &[Draft], now: Record| {
        let plan = take_back(How::Created, drafts, Some(now));
        assert!(plan.is_empty() && plan.report.notes[0].sort == "cannot_undo", "{:?}", plan.changes);
    };
    // The city was blank when the contact was made: a person's edit lies before the run that filled it.
    let mut blank = made("r1");
    blank.remove(4);
    stays(&blank, city("Granby"));
    let filled: Vec<Draft> = blank.into_iter().chain([landed("r2", "", "Granby")]).collect();
    stays(&filled, city("Granby"));
}

#[test]
fn what_was_done_to_another_record_is_not_undone_on_this_one() {
    let other = |draft: Draft| Draft { remote: Some("100".into()), ..draft };
    let done = [other(landed("r1", BEFORE, AFTER))];
    check(How::Decided, &done, Some(city(AFTER)), &["note cannot_undo"]);
    // What was done to its own record since is.
    let both = [other(landed("r1", BEFORE, AFTER)), landed("r2", "Granby", AFTER)];
    let told = ["city Grand Lake → Granby undo", "note cannot_undo"];
    check(How::Decided, &both, Some(city(AFTER)), &told);
    // A create of another record is no create of this one, and neither are its fields.
    let create: Vec<Draft> = made("r1")
        .into_iter()
        .map(|draft| Draft { remote: (draft.event == Event::Created).then(|| "100".into()), ..draft })
        .collect();
    check(How::Created, &create, Some(city("Granby")), &["note cannot_undo"]);
    check(How::Created, &create[1..], Some(city("Granby")), &["note cannot_undo"]);
}

#[test]
fn what_was_done_before_a_merge_was_done_to_the_same_record() {
    let mut memory = linked_by(How::Token);
    memory.links.values_mut().for_each(|link| link.follow(&"909".into()));
    let now = BTreeMap::from([(key("R1"), Record { id: "909".into(), ..city(AFTER) })]);
    let done = || entries(&[landed("r1", BEFORE, AFTER)]);
    assert_eq!(undo(&setup(), &memory, &done(), &now).changes.len(), 1);
    // Unless it was a merge with another entity's.
    let other = crate::link::Link { aliases: vec!["909".into()], ..link_to("R2", "910") };
    memory.links.insert(other.key(), other);
    let plan = undo(&setup(), &memory, &done(), &now);
    assert!(plan.is_empty() && plan.report.notes[0].sort == "cannot_undo");
}

#[test]
fn two_records_that_were_read_as_one_are_nobodys_to_take_back() {
    let done = || {
        let other = Draft { entity: "R2".into(), remote: Some("102".into()), ..landed("r1", BEFORE, AFTER) };
        entries(&[landed("r1", BEFORE, AFTER), other])
    };
    let check = |first: &str, second: &str, restored: usize, notes: usize| {
        let mut memory = memory();
        for link in [link_to("R1", "101"), link_to("R2", "102")] {
            memory.links.insert(link.key(), link);
        }
        let read = |id: &str| Record { id: id.into(), ..city(AFTER) };
        let fresh = BTreeMap::from([(key("R1"), read(first)), (key("R2"), read(second))]);
        let plan = undo(&setup(), &memory, &done(), &fresh);
        assert_eq!((plan.changes.len(), plan.report.notes.len()), (restored, notes), "{first} {second}");
    };
    check("101", "102", 2, 0);
    check("909", "909", 0, 2);
}

#[test]
fn an_id_of_another_system_is_another_record() {
    let mut two = crate::fixture::draft();
    two.mirrors.extend(crate::fixture::draft().mirrors);
    two.mirrors[1].side.system = "desk".into();
    let (setup, mut memory) = (two.build().unwrap(), linked_by(How::Token));
    let desk = LinkKey { system: "desk".into(), entity: "R2".into() };
    memory.links.insert(desk.clone(), Link { system: "desk".into(), ..link_to("R2", "101") });
    let fresh = BTreeMap::from([(key("R1"), city(AFTER)), (desk, city(AFTER))]);
    let plan = undo(&setup, &memory, &entries(&[landed("r1", BEFORE, AFTER)]), &fresh);
    assert_eq!(plan.changes.len(), 1);
}

#[test]
fn a_release_lets_go_of_what_the_field_was_accounted_for_in_the_system_it_names() {
    let mut two = crate::fixture::draft();
    two.mirrors.extend(crate::fixture::draft().mirrors);
    two.mirrors[1].side.system = "desk".into();
    let setup = two.build().unwrap();
    let check = |system: &str, left: &[&str]| {
        let mut memory = memory();
        let said = || BaseCell { print: memory.print(&Cell::text(AFTER)).unwrap(), cell: None };
        let base =
            |field: &str| FieldBase { field: field.into(), mapping: 1, canonical: said(), mirror: said() };
        let bases = vec![base("city"), base("phone")];
        let held = FieldKey { link: LinkKey { system: system.into(), ..key("R1") }, field: "city".into() };
        for (name, entity) in [(PORTAL, "R1"), ("desk", "R1"), (PORTAL, "R2")] {
            let link = Link { system: name.into(), bases: bases.clone(), ..link_to(entity, "101") };
            memory.links.insert(link.key(), link);
        }
        memory.holds.insert(held.clone(), Hold { canonical: None, by: "r2".into() });
        memory.commit(&release(&setup, &held));
        let of = |link: &Link| {
            let fields: Vec<&str> = link.bases.iter().map(|base| base.field.as_str()).collect();
            format!("{} {} {}", link.system, link.entity, fields.join(","))
        };
        assert_eq!(memory.links.values().map(of).collect::<Vec<_>>(), left, "{system}");
        assert!(memory.holds.is_empty());
    };
    check(PORTAL, &["desk R1 city,phone", "portal R1 phone", "portal R2 city,phone"]);
    check("desk", &["desk R1 phone", "portal R1 city,phone", "portal R2 city,phone"]);
    // The source of truth is accounted for in the links of all its mirrors.
    check("workbook", &["desk R1 phone", "portal R1 phone", "portal R2 city,phone"]);
}

#[test]
fn a_create_that_people_made_one_record_of_with_another_stays() {
    let mut memory = linked_by(How::Created);
    let plan = |memory: &Memory, id: &str| {
        let now = BTreeMap::from([(key("R1"), Record { id: id.into(), ..city("Granby") })]);
        undo(&setup(), memory, &entries(&made("r1")), &now)
    };
    assert_eq!(plan(&memory, "101").changes.len(), 1);
    memory.links.values_mut().for_each(|link| link.follow(&"909".into()));
    let left = plan(&memory, "909");
    assert!(left.is_empty() && left.report.notes[0].sort == "cannot_undo");
}

#[test]
fn what_may_still_land_is_not_undone_yet() {
    let mut memory = linked_by(How::Token);
    let intent = crate::journal::Intent {
        id: "i-9".into(),
        run: "r9".into(),
        epoch: 1,
        change: crate::fixture::update("R1", "101", Vec::new()),
        watermark: None,
        sent: Some(time(0)),
    };
    memory.intents.insert(intent.id.clone(), intent);
    let now = BTreeMap::from([(key("R1"), city(AFTER))]);
    let plan = undo(&setup(), &memory, &entries(&[landed("r1", BEFORE, AFTER)]), &now);
    assert!(plan.is_empty() && plan.report.notes[0].what.contains("may still land"));
}

#[test]
fn an_undone_create_is_held_by_exactly_what_the_next_create_would_hold() {
    let planned = || {
        let (setup, memory) = (setup(), memory());
        cycle(&setup, &memory, &workbook(vec![plain("R1")]), &portal(vec![])).plan.changes[0].edits.clone()
    };
    let held = |drafts: &[Draft], now| whole(&take_back(How::Created, drafts, Some(now)).changes[0].edits);
    let drafts: Vec<Draft> = made("r1")
        .into_iter()
        .map(|mut draft| {
            let own = planned().into_iter().find(|edit| Some(&edit.field) == draft.field.as_ref());
            draft.canonical = own.map_or(Cell::Absent, |edit| edit.canonical);
            draft
        })
        .collect();
    assert!(held(&drafts, city("Granby")) == whole(&planned()));
    // A field that the system did not take was asked for all the same.
    let mut refused = drafts;
    refused[4] = Draft { event: Event::Refused, after: Cell::Null, ..refused[4].clone() };
    assert!(held(&refused, city("")) == whole(&planned()));
}

#[test]
fn an_undone_field_is_not_done_again_while_the_source_says_the_same() {
    let (setup, mut memory) = (setup(), linked_by(How::Token));
    let field = FieldKey { link: key("R1"), field: "city".into() };
    let hold = Hold { canonical: memory.print(&Cell::text("Granby")), by: "r2".into() };
    memory.holds.insert(field.clone(), hold);
    let contacts = portal(vec![with(twin("101", "R1"), "city", BEFORE)]);
    let plan = cycle(&setup, &memory, &workbook(vec![plain("R1")]), &contacts).plan;
    assert!(plan.is_empty() && plan.report.notes[0].sort == "held_after_undo");
    assert!(!is_undo(&plan));
    let mut moved = plain("R1");
    moved.cells[3] = Cell::text("Estes Park");
    let next = cycle(&setup, &memory, &workbook(vec![moved]), &contacts);
    assert_eq!(next.plan.changes.len(), 1);
    // It ends once that is seen to have landed.
    assert!(!next.notes.contains(&crate::memory::Note::Release(field)));
}
