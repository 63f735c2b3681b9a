//! Transactional creates: one decision, one open create of a record, one holder at a time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use trueup_core::{
    create::{Answer, Create, EXPIRED, Failure, Stage},
    link::{Link, LinkState},
    memory::{Memory, Note},
    name::CreateKey,
    value::{Print, PrintKey},
};
use trueup_ports::{Fence, Lane, StoreError};

use super::{
    Rig, TTL, holder, leads,
    notes::{Dice, intend, intent, link},
    now, ok,
};

/// A create of entity `R{number}` in the mirror, at its beginning.
fn create(key: &str, number: u64) -> Create {
    let print = Print::of_item(&PrintKey::new([1; 32]), "a payload");
    Create {
        key: key.into(),
        system: "portal".into(),
        entity: format!("R{number}").as_str().into(),
        ext_id: format!("ext {number}").as_str().into(),
        payload: print,
        values: BTreeMap::from([("phone".into(), print)]),
        begun: Timestamp::UNIX_EPOCH,
        deadline: Timestamp::UNIX_EPOCH,
        stage: Stage::Prepared,
        answer: None,
    }
}

fn made() -> Answer {
    Answer::Created { remote: "101".into() }
}

fn failed() -> Answer {
    Answer::Failed(Failure::whole(EXPIRED, "too late"))
}

fn save(create: &Create) -> Note {
    Note::Create(Box::new(create.clone()))
}

fn lease_create(rig: &Rig, key: &str, pid: u32) -> Result<Fence, StoreError> {
    now(rig.store.lease_create(&leads(), &CreateKey::new(key), &holder(pid), TTL))
}

/// A step that some create of the model may take, for entities that no intent of the other cases concerns.
pub(super) fn step(dice: &mut Dice, model: &Memory) -> Option<Create> {
    let number = 10 + dice.below(3);
    let (at, remote) = (Timestamp::UNIX_EPOCH, None);
    let before = model.creates.get(&CreateKey::new(format!("c{number}")));
    let Some(before) = before else { return Some(create(&format!("c{number}"), number)) };
    let next = match dice.below(9) {
        0 => before.at(Stage::Sent),
        1 => before.decided(made()),
        2 => before.decided(failed()),
        3 => before.at(Stage::Done { at }),
        4 => before.at(Stage::Aborting { since: at, missing: Some(at).filter(|_| dice.coin()) }),
        5 => before.at(Stage::Ended { at }),
        6 => before.at(Stage::Withdrawing { since: at }),
        _ => before.at(Stage::Flagged { why: "it was edited".to_owned(), remote, missing: None }),
    };
    next.follows(Some(before)).then_some(next)
}

pub(super) fn the_first_decision_about_a_create_stands(rig: &Rig) {
    let begun = create("k", 1);
    rig.commit(None, vec![save(&begun), save(&begun.at(Stage::Sent))]);
    let sent = begun.at(Stage::Sent);
    rig.commit(None, vec![save(&sent.decided(failed()))]);
    let before = rig.memory();
    let late =
        [sent.decided(made()), sent.clone(), begun.clone(), sent.at(Stage::Done { at: rig.clock.now() })];
    for late in late {
        let refused = rig.try_commit(None, vec![intend_nothing(), save(&late)]);
        assert!(matches!(refused, Err(StoreError::Preceded(_))), "{refused:?}");
    }
    assert_eq!(rig.memory(), before);
    rig.commit(None, vec![save(&sent.decided(failed()))]);
}

// Anything else of a refused commit must be gone as well.
fn intend_nothing() -> Note {
    Note::Tenant("portal".into(), "account 1".to_owned())
}

pub(super) fn one_create_of_a_record_is_open_at_a_time(rig: &Rig) {
    rig.commit(None, vec![save(&create("k", 1))]);
    let refused = rig.try_commit(None, vec![save(&create("other", 1))]);
    assert!(matches!(refused, Err(StoreError::Preceded(_))), "{refused:?}");
    rig.commit(None, vec![save(&create("another", 2))]);
    let ended = create("k", 1).decided(failed()).at(Stage::Ended { at: rig.clock.now() });
    rig.commit(None, vec![save(&ended), save(&create("other", 1))]);
    assert_eq!((rig.memory().creates.len(), rig.memory().open_creates().count()), (3, 2));
    let fence = rig.lease(1);
    rig.commit(Some(&fence), vec![intend(3)]);
    let refused = rig.try_commit(None, vec![save(&create("late", 3))]);
    assert!(matches!(refused, Err(StoreError::Preceded(_))), "{refused:?}");
}

pub(super) fn no_create_begins_where_a_link_is(rig: &Rig) {
    rig.commit(None, vec![save(&create("k", 1))]);
    let [made, gone] = [("R1", LinkState::Active), ("R2", LinkState::Tombstone)]
        .map(|(entity, state)| Note::Link(Box::new(Link { state, ..link(entity, entity) })));
    rig.commit(None, vec![made, gone]);
    for number in [1, 2] {
        let refused = rig.try_commit(None, vec![save(&create("late", number))]);
        assert!(matches!(refused, Err(StoreError::Preceded(_))), "{refused:?}");
    }
    // The one that made the link goes on, and the link is that of its own system alone.
    rig.commit(None, vec![save(&create("k", 1).at(Stage::Sent))]);
    let elsewhere = Create { system: "desk".into(), ..create("elsewhere", 2) };
    rig.commit(None, vec![save(&elsewhere), save(&create("free", 3))]);
}

pub(super) fn a_create_has_a_lease_of_its_own(rig: &Rig) {
    let cycle = rig.lease(1);
    let first = ok(lease_create(rig, "k", 2));
    assert_eq!((&first.lane, first.epoch), (&Lane::Create("k".into()), 1));
    let second = ok(lease_create(rig, "other", 3));
    assert!(matches!(lease_create(rig, "k", 3), Err(StoreError::Held { .. })));
    for fence in [&cycle, &first, &second] {
        rig.commit(Some(fence), Vec::new());
    }
    ok(now(rig.store.release(&leads(), &first)));
    assert_eq!(rig.try_commit(Some(&first), Vec::new()), Err(StoreError::Fenced));
    rig.commit(Some(&cycle), Vec::new());
    assert_eq!(ok(lease_create(rig, "k", 3)).epoch, 2);
    rig.clock.advance(TTL);
    let taken = ok(lease_create(rig, "other", 4));
    assert!(taken.taken_over);
    assert_eq!(rig.try_commit(Some(&second), Vec::new()), Err(StoreError::Fenced));
}

pub(super) fn only_its_own_fence_writes_for_an_open_create(rig: &Rig) {
    let (cycle, own) = (rig.lease(1), ok(lease_create(rig, "k", 2)));
    let other = ok(lease_create(rig, "other", 2));
    rig.commit(None, vec![save(&create("k", 1)), save(&create("other", 2))]);
    assert!(matches!(rig.try_commit(Some(&cycle), vec![intend(1)]), Err(StoreError::Open(_))));
    assert_eq!(rig.try_commit(Some(&other), vec![intend(1)]), Err(StoreError::Fenced));
    assert_eq!(rig.try_commit(Some(&own), vec![intend(3)]), Err(StoreError::Fenced));
    assert_eq!(rig.try_commit(None, vec![intend(1)]), Err(StoreError::Fenced));
    rig.commit(Some(&own), vec![intend(1)]);
    assert!(own.lane.owns(&rig.memory(), &intent(1)) && !cycle.lane.owns(&rig.memory(), &intent(1)));
    let over = create("k", 1).decided(failed()).at(Stage::Ended { at: rig.clock.now() });
    rig.commit(None, vec![Note::Settle(intent(1).id), save(&over)]);
    rig.commit(Some(&cycle), vec![intend(1)]);
}

pub(super) fn a_forgotten_create_leaves_nothing_behind(rig: &Rig) {
    let fence = ok(lease_create(rig, "k", 2));
    let over = create("k", 1).decided(failed()).at(Stage::Ended { at: rig.clock.now() });
    rig.commit(Some(&fence), vec![save(&create("k", 1)), save(&over)]);
    rig.commit(None, vec![Note::Forget("k".into())]);
    assert_eq!(rig.memory().creates, BTreeMap::new());
    assert_eq!(rig.try_commit(Some(&fence), Vec::new()), Err(StoreError::Fenced));
}
