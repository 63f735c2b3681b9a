//! The lease: one engine at a time, and a fence that falls with it.

use std::time::Duration;

use trueup_core::memory::Note;
use trueup_ports::{Fence, Lane, StoreError};

use super::{
    Rig, TTL, holder, leads,
    notes::{beat, intend},
    now, ok,
};

pub(super) fn an_intent_needs_a_fence_that_stands(rig: &Rig) {
    assert_eq!(rig.try_commit(None, vec![intend(1)]), Err(StoreError::Fenced));
    let fence = rig.lease(1);
    let others = Fence { holder: holder(2), ..fence.clone() };
    let older = Fence { epoch: 0, ..fence.clone() };
    for wrong in [others, older] {
        assert_eq!(rig.try_commit(Some(&wrong), vec![intend(1)]), Err(StoreError::Fenced));
    }
    rig.clock.advance(TTL.saturating_sub(Duration::from_nanos(1)));
    rig.commit(Some(&fence), vec![intend(1)]);
    rig.clock.advance(Duration::from_nanos(1));
    assert_eq!(rig.try_commit(Some(&fence), vec![intend(2)]), Err(StoreError::Fenced));
    let beat = Note::Beat(Box::new(beat("r1", None)));
    assert_eq!(rig.try_commit(Some(&fence), vec![beat.clone()]), Err(StoreError::Fenced));
    rig.commit(None, vec![beat]);
}

/// A lease as it is taken now.
fn fence(rig: &Rig, by: u32, epoch: u64, taken_over: bool) -> Fence {
    Fence { lane: Lane::Cycle, holder: holder(by), epoch, taken_over, at: rig.clock.now() }
}

pub(super) fn a_live_lease_is_held_a_late_one_is_taken_over(rig: &Rig) {
    let until = rig.clock.now() + TTL;
    let first = rig.lease(1);
    assert_eq!(first, fence(rig, 1, 1, false));
    assert_eq!(rig.try_lease(2), Err(StoreError::Held { by: holder(1), until }));
    rig.clock.advance(TTL / 2);
    assert_eq!(rig.lease(1), fence(rig, 1, 1, false), "by the store's clock, it is renewed later");
    rig.clock.advance(TTL / 2);
    assert_eq!(ok(now(rig.store.holder(&leads()))), Some(holder(1)));
    assert!(matches!(rig.try_lease(2), Err(StoreError::Held { .. })));
    rig.clock.advance(TTL / 2);
    let second = fence(rig, 2, 2, true);
    assert_eq!(rig.lease(2), second);
    assert_eq!(rig.lease(2), second, "a renewal keeps what the epoch began with");
    assert_eq!(rig.try_commit(Some(&first), vec![intend(1)]), Err(StoreError::Fenced));
    rig.clock.advance(TTL);
    assert_eq!(rig.lease(2), fence(rig, 2, 2, true), "nobody came in between");
    rig.commit(Some(&second), vec![intend(1)]);
}

pub(super) fn the_time_of_a_store_is_that_of_its_leases(rig: &Rig) {
    for _ in 0..2 {
        assert_eq!(ok(now(rig.store.now())), rig.clock.now());
        assert_eq!(ok(now(rig.store.now())), rig.lease(1).at);
        rig.clock.advance(TTL / 2);
    }
}

pub(super) fn a_lease_given_back_is_taken_at_once(rig: &Rig) {
    let first = rig.lease(1);
    ok(now(rig.store.release(&leads(), &first)));
    assert_eq!(ok(now(rig.store.holder(&leads()))), None);
    assert_eq!(rig.try_commit(Some(&first), vec![intend(1)]), Err(StoreError::Fenced));
    assert_eq!(rig.lease(2), fence(rig, 2, 2, false));
}

/// What the dead one sent may still land, so its lease counts as taken over.
pub(super) fn a_dead_holder_is_buried(rig: &Rig) {
    let first = rig.lease(1);
    ok(now(rig.store.bury(&leads(), &holder(1))));
    assert_eq!(rig.try_commit(Some(&first), vec![intend(1)]), Err(StoreError::Fenced));
    assert_eq!(rig.lease(2), fence(rig, 2, 2, true));
    ok(now(rig.store.bury(&leads(), &holder(2))));
    assert_eq!(rig.lease(2).epoch, 3, "one who comes back from the grave holds nothing");
}

pub(super) fn nobody_elses_lease_can_be_ended(rig: &Rig) {
    ok(now(rig.store.bury(&leads(), &holder(1))));
    let fence = rig.lease(1);
    ok(now(rig.store.release(&leads(), &Fence { epoch: 7, ..fence.clone() })));
    ok(now(rig.store.release(&leads(), &Fence { holder: holder(2), ..fence.clone() })));
    ok(now(rig.store.bury(&leads(), &holder(2))));
    rig.commit(Some(&fence), vec![intend(1)]);
}
