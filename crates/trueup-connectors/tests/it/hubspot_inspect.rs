//! Who we are there, which columns exist, whether the scope can be believed.

use trueup_ports::{Fault, Source};
use trueup_sandbox::hubspot::{PropertyDefinition, Token};

use crate::hubspot_bench::{OWNER, Rig, USER, run};

#[test]
fn an_inspection_is_three_reads_with_an_owner_and_two_without() {
    for (owner, expected) in [(Some(OWNER.to_owned()), 3), (None, 2)] {
        let rig = Rig::with(|settings| settings.owner = owner);
        let inspection = run(rig.hubspot.inspect()).unwrap();
        assert_eq!(inspection.tenant, "hubspot 44237313");
        assert_eq!(inspection.problems, Vec::<String>::new());
        assert_eq!(rig.hubspot.requests().read, expected);
    }
}

#[test]
fn columns_tell_type_options_uniqueness_and_whether_they_can_be_written() {
    let rig = Rig::new();
    let columns = run(rig.hubspot.inspect()).unwrap().columns;
    let column = |name: &str| columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!(column("hs_lead_status").kind, "enumeration");
    assert!(column("hs_lead_status").options.contains(&"NEW".to_owned()));
    assert!(column("hubspot_owner_id").options.is_empty());
    assert!(column("trueup_id").unique && !column("email").unique);
    assert!(!column("hs_object_id").writable && column("city").writable);
}

#[test]
fn trap_21_a_user_id_an_archived_and_an_unknown_owner_are_problems_with_their_fix() {
    for (owner, hint) in [
        (USER.to_string(), format!("the owner id of that user is {OWNER}")),
        ("5".into(), "is archived".into()),
        ("123".into(), "does not exist".into()),
        ("ada".into(), "does not exist".into()),
    ] {
        let rig = Rig::with(|settings| settings.owner = Some(owner.clone()));
        let problems = run(rig.hubspot.inspect()).unwrap().problems;
        assert!(problems.len() == 1 && problems[0].contains(&hint), "{owner}: {problems:?}");
    }
}

#[test]
fn a_property_for_external_ids_that_is_missing_or_not_unique_is_a_problem() {
    for (name, hint) in [("nothing_like_it", "does not exist"), ("city", "does not refuse duplicates")] {
        let rig = Rig::with(|settings| settings.ext_id_column = Some(name.into()));
        let problems = run(rig.hubspot.inspect()).unwrap().problems;
        assert!(problems.len() == 1 && problems[0].contains(hint), "{name}: {problems:?}");
    }
}

#[test]
fn an_archived_definition_is_no_column() {
    let rig = Rig::new();
    let gone = PropertyDefinition { archived: true, ..PropertyDefinition::text("gone") };
    rig.office.portal().define_property("contacts", gone).unwrap();
    assert!(run(rig.hubspot.inspect()).unwrap().columns.iter().all(|column| column.name != "gone"));
}

#[test]
fn trap_28_a_token_that_expired_in_1970_is_denied_and_nothing_is_repeated() {
    let rig = Rig::new();
    rig.office.portal().set_tokens(vec![Token::with_all_scopes("another")]);
    let Err(Fault::Denied(what)) = run(rig.hubspot.inspect()) else { panic!("not denied") };
    assert!(what.contains("check the token"), "{what}");
    assert_eq!(rig.hubspot.requests().read, 1);
}

#[test]
fn a_missing_scope_is_named() {
    let rig = Rig::new();
    let mut token = Token::with_all_scopes(trueup_sandbox::hubspot::DEFAULT_TOKEN);
    token.scopes.retain(|scope| scope != "crm.objects.owners.read");
    rig.office.portal().set_tokens(vec![token]);
    let Err(Fault::Denied(what)) = run(rig.hubspot.inspect()) else { panic!("not denied") };
    assert!(what.contains("the token lacks crm.objects.owners.read"), "{what}");
}
