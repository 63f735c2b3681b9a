//! Plans, beats and approvals: kept to be shown, found again by the beginning of an id.

use trueup_core::memory::{Beat, Note, Outcome};

use super::{
    Rig, leads,
    notes::{approval, beat, plan},
    now, ok,
};
use crate::PLANS_KEPT;

fn keep(id: &str) -> Note {
    Note::Plan(Box::new(plan(id)))
}

fn ids(rig: &Rig, limit: usize) -> Vec<String> {
    ok(now(rig.store.plans(&leads(), limit)))
}

#[track_caller]
fn check(rig: &Rig, prefix: &str, want: Option<&str>) {
    let found = ok(now(rig.store.plan(&leads(), prefix)));
    assert_eq!(found, want.map(plan), "{prefix:?}");
}

pub(super) fn a_plan_is_found_by_the_beginning_of_its_id(rig: &Rig) {
    rig.commit(None, vec![keep("aa11"), keep("aa22"), keep("b_33")]);
    check(rig, "aa11", Some("aa11"));
    check(rig, "aa2", Some("aa22"));
    check(rig, "b", Some("b_33"));
    for none in ["aa", "", "c", "aa111", "_", "%", "B"] {
        check(rig, none, None);
    }
    assert_eq!(ids(rig, 2), ["b_33", "aa22"]);
    rig.commit(None, vec![keep("aa11")]);
    assert_eq!(ids(rig, 9), ["aa11", "b_33", "aa22"]);
}

pub(super) fn old_plans_go_unless_a_beat_names_them(rig: &Rig) {
    rig.commit(None, vec![keep("named"), keep("forgotten"), Note::Beat(Box::new(beat("r1", Some("named"))))]);
    for number in 0..PLANS_KEPT {
        rig.commit(None, vec![keep(&format!("new{number}"))]);
    }
    let kept = ids(rig, usize::MAX);
    assert_eq!(kept.len(), PLANS_KEPT + 1);
    assert_eq!(kept.last().map(String::as_str), Some("named"));
    check(rig, "forgotten", None);
}

pub(super) fn a_beat_replaces_the_beat_of_its_run(rig: &Rig) {
    let ended = Beat { outcome: Outcome::Done, ended: Some(rig.clock.now()), ..beat("r1", Some("p1")) };
    rig.commit(None, vec![Note::Beat(Box::new(beat("r1", None))), Note::Beat(Box::new(beat("r2", None)))]);
    rig.commit(None, vec![Note::Beat(Box::new(ended.clone()))]);
    let beats = |limit| ok(now(rig.store.beats(&leads(), limit)));
    assert_eq!(beats(9), [beat("r2", None), ended]);
    assert_eq!(beats(1), [beat("r2", None)]);
}

pub(super) fn approvals_stay_with_their_plan(rig: &Rig) {
    let (first, second, other) =
        (approval("p1", "blanking"), approval("p1", "schema_moved"), approval("p2", "blanking"));
    rig.commit(None, [&first, &other, &second].map(|approval| Note::Approve(approval.clone())).to_vec());
    assert_eq!(ok(now(rig.store.approvals(&leads(), "p1"))), [first, second]);
    assert_eq!(ok(now(rig.store.approvals(&leads(), "p2"))), [other]);
    assert_eq!(ok(now(rig.store.approvals(&leads(), "p"))), []);
}
