//! What an undo says of a record that people made of several since.

use trueup_core::{link::LinkState, merge::Survivor, plan::Plan};
use trueup_ports::JournalAsk;
use trueup_sim::people::PERSON;

use crate::{
    hub::known,
    office::{Office, run_to_end},
    undone::plan_undo,
};

const SHARED: &str = "its record and another entity's became one";

fn notes(plan: &Plan) -> Vec<&str> {
    plan.report.notes.iter().map(|note| note.what.as_str()).collect()
}

/// People make one record of a contact that agrees and of one that a run wrote to, and that run is taken back.
#[track_caller]
fn check_merged(put_away: bool) {
    let mut office = Office::new();
    let ids = [office.pair("R1", "Granby", "Granby"), office.pair("R2", "Granby", "Elsewhere")];
    let wrote = office.run();
    assert_eq!(wrote.changes["update"], 1);
    let now = office.clock.now();
    office.crm.lock().unwrap().merge(&ids[1], &ids[0], PERSON, now);
    let both = office.crm.lock().unwrap().now_called(&ids[1]).to_owned();
    if put_away {
        office.crm.lock().unwrap().archive(&both, true, PERSON, now);
        (0..4).for_each(|_| drop(office.run()));
        assert!(office.memory().links.values().all(|link| link.state == LinkState::Tombstone));
        let now = office.clock.now();
        office.crm.lock().unwrap().archive(&both, false, PERSON, now);
    }
    let plan = plan_undo(&mut office, &wrote);
    assert_eq!((plan.changes.len(), notes(&plan)), (0, vec![SHARED]));
    assert_eq!(office.city(&both), "Granby");
    let links = office.memory().links;
    assert!(links.values().all(|link| !link.is_to(&both.as_str().into())), "{links:#?}");
}

#[test]
fn what_people_made_of_a_record_and_another_entitys_is_neither_put_back_nor_linked_by_an_undo() {
    check_merged(false);
    check_merged(true);
}

#[test]
fn what_people_made_of_two_records_of_the_source_of_truth_is_not_put_back_by_an_undo() {
    let (mut hub, [ada, ..]) = known(Survivor::Canonical);
    let king = hub.make("truth", &[("name", "Ada King"), ("city", "Rome")]);
    hub.settle();
    hub.set("left", "000002", "city", "Paris");
    let wrote = hub.run();
    assert_eq!(hub.value("truth", &king, "city"), "Paris");
    let now = hub.now();
    hub.table("truth").lock().unwrap().merge(&king, &ada, PERSON, now);
    let ask = JournalAsk { run: Some(wrote.run), ..JournalAsk::default() };
    let plan = run_to_end(hub.engine().plan_undo(ask)).unwrap().plan;
    let systems: Vec<&str> = plan.changes.iter().map(|change| change.system.as_str()).collect();
    assert_eq!((systems, notes(&plan)), (vec!["right"], vec![SHARED]));
}
