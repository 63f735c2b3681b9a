//! What may be written to the source of truth.

use super::*;
use crate::{fixture::draft, merge::Flow, setup::Setup, undo::UNDO};

/// Leads of a workbook that the portal has a say in: of the phone alone, or together with it of the city.
fn setup() -> Setup {
    let mut draft = draft();
    draft.canonical_writes = true;
    draft.mirrors[0].side.bindings[3].flow = Flow::In;
    draft.mirrors[0].side.bindings[4].flow = Flow::Both;
    draft.build().unwrap()
}

/// What a rule says of one value that goes to the workbook.
fn objections(rule: Rule, edit: Edit) -> Vec<String> {
    let mut change = update(1, vec![edit]);
    change.system = "workbook".into();
    let world = World { setup: setup(), ..World::with(vec![change]) };
    let mut facts = world.facts();
    let mut workbook = facts.mirrors.remove(&SystemName::new(PORTAL)).unwrap();
    workbook.columns =
        ["KEY", "EMAIL_ALL", "PHONE", "CITY"].map(|name| (name.to_owned(), column("string"))).into();
    facts.mirrors.insert("workbook".into(), workbook);
    let why = |objection| match objection {
        Objection::Hold { why, .. } => why,
        Objection::Stop { what, .. } => panic!("{rule} halts: {what}"),
    };
    super::super::rules::ask(rule, &world.plan, &facts).into_iter().map(why).collect()
}

#[track_caller]
fn check(rule: Rule, edit: Edit, words: Option<&str>) {
    let said = objections(rule, edit);
    match words {
        None => assert!(said.is_empty(), "{said:?}"),
        Some(words) => assert!(said.len() == 1 && said[0].contains(words), "{said:?} lacks '{words}'"),
    }
}

fn told(field: &str, column: &str, after: &str) -> Edit {
    Edit { column: column.into(), ..edit(field, "", after) }
}

#[test]
fn the_source_of_truth_is_told_only_what_a_mirror_has_a_say_in() {
    check(Rule::Authority, told("phone", "PHONE", "+12025550058"), None);
    check(Rule::Authority, told("city", "CITY", "Granby"), None);
    let nobody = Some("email flows to no source of truth: no mirror has `flow: in` or `both`");
    check(Rule::Authority, told("email", "EMAIL_ALL", "ada@example.org"), nobody);
}

#[test]
fn the_source_of_truth_takes_only_what_its_fields_can_be() {
    check(Rule::Representable, told("phone", "PHONE", "+12025550058"), None);
    check(Rule::Representable, told("phone", "PHONE", "call me"), Some("PHONE of workbook: "));
    // What an undo puts back stood there before.
    let back = Edit { class: UNDO.into(), ..told("phone", "PHONE", "call me") };
    check(Rule::Representable, back, None);
    // A mirror may hold anything where a phone belongs.
    let sent = update(1, vec![edit("phone", "", "call me")]);
    let mut portal = World { setup: setup(), ..World::with(vec![sent]) };
    portal.columns.insert("phone".into(), column("string"));
    assert!(portal.objections(Rule::Representable).is_empty());
}
