//! Plans, beats and approvals: kept to be shown, found again by the beginning of an id.

use trueup_core::memory::{Beat, Note, Outcome};

use super::{
    Rig, leads,
    notes::{approval, beat, intend, plan},
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

pub(super) fn old_plans_go_unless_somebody_needs_them(rig: &Rig) {
    let fence = rig.lease(1);
    let ran = |run: &str, plan: &str| Note::Beat(Box::new(beat(run, Some(plan))));
    let open = intend(1);
    let Note::Intend(intent) = &open else { return };
    rig.commit(None, vec![keep("unfinished"), keep("approved"), keep("forgotten"), keep("applied")]);
    rig.commit(None, vec![ran(intent.run.as_str(), "unfinished"), ran("old", "applied")]);
    rig.commit(Some(&fence), vec![open.clone(), Note::Approve(approval("approved", "blanking"))]);
    for number in 1..PLANS_KEPT {
        let id = format!("new{number}");
        rig.commit(None, vec![keep(&id), ran(&format!("run{number}"), &id)]);
    }
    check(rig, "forgotten", None);
    check(rig, "applied", Some("applied"));
    let id = "last";
    rig.commit(None, vec![ran("last", id), keep(id)]);
    check(rig, "applied", None);
    assert_eq!(ids(rig, usize::MAX).len(), PLANS_KEPT + 2);
    check(rig, "unfinished", Some("unfinished"));
    check(rig, "approved", Some("approved"));
    // Once its intents are settled, a plan is like any other.
    rig.commit(None, vec![Note::Settle(intent.id.clone()), keep("later")]);
    check(rig, "unfinished", None);
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
