use trueup_core::{plan::FieldConflict, undo::undo, value::Cell};

use super::{
    super::support::{Case, edit},
    *,
};
use crate::{people::PERSON, scene::Scene};

#[test]
fn a_broken_chain_is_found() {
    assert!(chain(&Ok(3)).is_empty());
    let broken = chain(&Err(StoreError::Broken("entry 3 was changed".into())));
    assert!(
        broken[0].starts_with("O10: the journal does not hold") && broken[0].contains("entry 3"),
        "{broken:?}"
    );
}

fn drill(case: &Case) -> Drill {
    case.evidence(|evidence| Drill::of(evidence, &"r1".into()))
}

/// A plan of an undo with a conflict about a field, by its system, entity and name.
fn contending(system: &str, entity: &str, field: &str) -> Plan {
    let conflict = FieldConflict {
        system: system.into(),
        entity: entity.into(),
        field: field.into(),
        claims: Vec::new(),
    };
    let mut plan = Case::agreeing(1).evidence(|evidence| {
        let fresh = BTreeMap::new();
        undo(evidence.setup, evidence.memory, evidence.journal, &fresh)
    });
    plan.conflicts.push(conflict);
    plan
}

#[test]
fn what_was_written_to_the_source_of_truth_is_asked_for_where_it_is_written() {
    for (scene, expected) in [(Scene::Pair, &["O10: city of book/000001"][..]), (Scene::Book, &[][..])] {
        let mut case = Case::agreeing(1);
        case.options.scene = scene;
        case.truth_link("000001");
        case.book_lands("r1", "000001", "city", "City 1", "Granby");
        let drill = drill(&case);
        case.check(|evidence| check(evidence, &drill), expected);
        case.book_lands("r2", "000001", "city", "Granby", "City 1");
        case.check(|evidence| check(evidence, &drill), &[]);
    }
}

#[test]
fn a_field_that_somebody_changed_since_has_to_be_told_by_its_system_and_name() {
    let mut case = Case::agreeing(1);
    case.journal_landed("r1", 0, "city", "Fraser", "Granby");
    let drill = drill(&case);
    let says = |plan: Plan| drill.untold(&plan).len();
    assert_eq!(says(contending("crm", "R00001", "city")), 0);
    assert_eq!(says(contending("crm", "R00001", "phone")), 1);
    assert_eq!(says(contending("desk", "R00001", "city")), 1);
    // What holds the former value is as it was, whoever brought it back.
    case.crm_set(0, "city", "Fraser");
    assert!(super::tests::drill(&case).untold(&contending("crm", "R00002", "city")).is_empty());
}

#[test]
fn a_field_that_holds_what_the_run_left_is_asked_for_whatever_the_plan_says_of_it() {
    let mut case = Case::agreeing(1);
    case.journal_landed("r1", 0, "city", "Fraser", "Granby");
    case.engine_sets(0, "city", "Granby");
    let open = drill(&case);
    case.check(|evidence| check(evidence, &open), &["O10: city of crm/000001"]);
    // A write that is under way may still land, so that nothing is taken back.
    case.intend(0, "i1");
    assert_eq!(drill(&case).restored.len(), 0);
}

#[test]
fn what_may_never_change_stays_with_all_that_the_same_change_would_take_back() {
    let mut case = Case::agreeing(1);
    case.engine_sets(0, "city", "Granby");
    case.engine_sets(0, "phone", "+12025550101");
    case.journal_landed("r1", 0, "city", "City 1", "Granby");
    case.journal_landed("r1", 0, "phone", "", "+12025550101");
    assert_eq!((drill(&case).restored.len(), drill(&case).kept.len()), (2, 0));
    case.fix_phones();
    assert_eq!((drill(&case).restored.len(), drill(&case).kept.len()), (0, 2));
    let mut plan = contending("crm", "R00001", "city");
    case.intend(0, "i1");
    plan.changes.extend(case.memory.intents.values().map(|intent| intent.change.clone()));
    plan.changes[0].edits.push(Edit { before: Cell::text("+12025550101"), ..edit("phone", "") });
    case.check(|evidence| again(evidence, &plan), &[]);
}

#[test]
fn a_record_that_is_another_entitys_as_well_is_not_asked_for() {
    let mut case = Case::agreeing(1);
    case.engine_sets(0, "city", "Granby");
    case.journal_landed("r1", 0, "city", "City 1", "Granby");
    assert_eq!(drill(&case).restored.len(), 1);
    case.link("R00009", "000001");
    assert_eq!(drill(&case).restored.len(), 0);
}

#[test]
fn a_field_that_was_written_twice_goes_back_to_what_it_was_before_the_first() {
    let mut case = Case::agreeing(1);
    case.journal_landed("r1", 0, "city", "Fraser", "Granby");
    case.journal_landed("r1", 0, "city", "Granby", "City 1");
    let drill = drill(&case);
    case.check(|evidence| check(evidence, &drill), &["O10: city of crm/000001"]);
    case.engine_sets(0, "city", "Fraser");
    case.check(|evidence| check(evidence, &drill), &[]);
}

#[test]
fn an_undo_that_would_write_a_second_time_is_found_unless_its_record_left_the_scope() {
    let mut case = Case::agreeing(1);
    case.intend(0, "i1");
    let mut plan = contending("crm", "R00001", "city");
    case.check(|evidence| again(evidence, &plan), &[]);
    plan.changes.extend(case.memory.intents.values().map(|intent| intent.change.clone()));
    plan.changes[0].edits.push(edit("city", "Granby"));
    let found = ["O10: taking the run back once more would update crm/R00001: city"];
    case.check(|evidence| again(evidence, &plan), &found);
    case.crm_set(0, "owner", "theirs");
    case.check(|evidence| again(evidence, &plan), &[]);
}

#[test]
fn a_create_that_was_never_seen_as_it_was_made_is_not_asked_for() {
    let mut case = Case::agreeing(1);
    let id = case.engine_makes("R00009");
    case.link("R00009", &id);
    case.journal_created("r1", "R00009", &id);
    assert_eq!(drill(&case).archived.len(), 0);
    case.journal_made("r1", "R00009", &id);
    assert_eq!(drill(&case).archived.len(), 1);
}

#[test]
fn a_field_that_was_not_put_back_and_a_record_that_is_still_there_are_found() {
    let mut case = Case::agreeing(2);
    case.engine_sets(0, "city", "Granby");
    case.journal_landed("r1", 0, "city", "City 1", "Granby");
    let id = case.engine_makes("R00009");
    case.link("R00009", &id);
    case.journal_created("r1", "R00009", &id);
    case.journal_made("r1", "R00009", &id);
    let drill = drill(&case);
    assert_eq!((drill.restored.len(), drill.archived.len()), (1, 1));
    case.check(|evidence| check(evidence, &drill), &["O10: city of crm/000001", "O10: crm/000003 was made"]);
    case.engine_sets(0, "city", "City 1");
    case.crm.archive(&id, true, ENGINE, case.now);
    case.check(|evidence| check(evidence, &drill), &[]);
}

#[test]
fn a_list_of_addresses_may_change_by_what_a_portal_moves_and_by_nothing_else() {
    let holds = |text: &str, main: &str| Standing { text: Some(text.into()), main: Some(main.into()) };
    let then = holds("p2@x.org;p65@x.org", "p1@x.org");
    assert!(then.stands(&holds("p2@x.org;p1@x.org", "p65@x.org")), "the two changed places");
    assert!(then.stands(&holds("p2@x.org", "p65@x.org")), "the portal forgot the old main one");
    assert!(!then.stands(&holds("p1@x.org", "p65@x.org")), "p2 was taken away");
    assert!(!then.stands(&holds("p2@x.org;p1@x.org;p9@x.org", "p65@x.org")), "p9 came");
    assert!(!then.stands(&holds("p65@x.org", "p1@x.org")), "no main one changed");
}

#[test]
fn a_field_need_not_stay_that_the_source_of_truth_says_otherwise_by_now() {
    let mut case = Case::agreeing(1);
    case.options.scene = Scene::Hub;
    let lead = case.book.rows["000001"].clone();
    case.book.rows.insert("R00001".into(), lead);
    case.later(3_600);
    case.planned("r1", "p1", "update", 1);
    case.engine_sets(0, "city", "Granby");
    case.journal_landed("r1", 0, "city", "City 1", "Granby");
    let stays = |case: &Case| {
        let restored = |evidence: &Evidence<'_>| {
            let mut drill = Drill::of(evidence, &"r1".into());
            drill.outlived(evidence);
            drill.restored.len()
        };
        case.evidence(restored)
    };
    assert_eq!(stays(&case), 1);
    case.book.rows.get_mut("R00001").unwrap().values.insert("city".into(), "Granby.".into());
    assert_eq!(stays(&case), 0);
}

#[test]
fn a_field_need_not_stay_where_people_made_one_record_of_the_copy_and_another_since() {
    let mut case = Case::agreeing(3);
    case.options.scene = Scene::Hub;
    case.later(3_600);
    case.planned("r1", "p1", "update", 1);
    case.engine_sets(0, "city", "Granby");
    case.journal_landed("r1", 0, "city", "City 1", "Granby");
    let mut drill = drill(&case);
    let mut stays = |case: &Case| {
        case.evidence(|evidence| drill.outlived(evidence));
        drill.restored.len()
    };
    case.crm_merges(1, 2);
    assert_eq!(stays(&case), 1, "neither is the copy");
    case.crm.merge("000004", "000001", PERSON, case.now);
    assert_eq!(stays(&case), 0);
}

#[test]
fn a_newer_edit_that_the_undo_overwrote_is_found() {
    let mut case = Case::agreeing(1);
    case.engine_sets(0, "city", "Granby");
    case.journal_landed("r1", 0, "city", "City 1", "Granby");
    case.crm_set(0, "city", "Loveland");
    let drill = drill(&case);
    case.check(|evidence| check(evidence, &drill), &[]);
    case.engine_sets(0, "city", "City 1");
    case.check(|evidence| check(evidence, &drill), &["O10: city of crm/000001 was changed after"]);
}
