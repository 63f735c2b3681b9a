//! What an open create does by itself: it takes back the record it made, and needs nobody's word for that.

use std::collections::BTreeMap;

use super::*;
use crate::{
    create::{Answer, Create, EXPIRED, Failure, Stage},
    fixture::time,
};

/// A create that was given up after it had made the record of an entity.
fn given_up(world: &World, at: usize) -> Create {
    Create {
        key: format!("order {at}").as_str().into(),
        system: PORTAL.into(),
        entity: entity(at),
        ext_id: format!("x{at}").as_str().into(),
        payload: world.memory.print(&Cell::text("a payload")).unwrap(),
        values: BTreeMap::new(),
        begun: time(0),
        deadline: time(8),
        stage: Stage::Aborting { since: time(9), missing: None },
        answer: Some(Answer::Failed(Failure::whole(EXPIRED, "too late"))),
    }
}

/// Archives of so many records, all but the first of them made by a create that was given up.
fn archives(count: usize) -> World {
    let mut world = World::with((0..count).map(archive).collect());
    for at in 1..count {
        let row = given_up(&world, at);
        world.memory.creates.insert(row.key.clone(), row);
    }
    world
}

#[track_caller]
fn counts(rule: Rule, world: &World, expected: &[usize]) {
    let count = |objection: Objection| match objection {
        Objection::Stop { count, .. } => count,
        Objection::Hold { .. } => panic!("{rule} holds one change"),
    };
    assert_eq!(world.objections(rule).into_iter().map(count).collect::<Vec<_>>(), expected, "{rule}");
}

#[test]
fn what_an_open_create_takes_back_is_counted_by_no_rule_about_archives() {
    let mut mixed = archives(30);
    counts(Rule::Archives, &mixed, &[1]);
    counts(Rule::TooManyArchives, &mixed, &[]);
    mixed.coverage = Coverage::Some;
    counts(Rule::IncompleteListing, &mixed, &[1]);
    // Without its rows the same plan is what somebody got wrong.
    mixed.memory.creates.clear();
    counts(Rule::Archives, &mixed, &[]);
    counts(Rule::TooManyArchives, &mixed, &[30]);
    counts(Rule::IncompleteListing, &mixed, &[30]);
}

#[test]
fn what_an_open_create_makes_counts_among_the_creates() {
    let mut world = World::with((500..521).map(newcomer).collect());
    for at in 500..521 {
        let row = Create { stage: Stage::Prepared, answer: None, ..given_up(&world, at) };
        world.memory.creates.insert(row.key.clone(), row);
    }
    counts(Rule::TooManyCreates, &world, &[21]);
    world.coverage = Coverage::Some;
    counts(Rule::IncompleteListing, &world, &[]);
}
