//! Commits: all or nothing, and what they refuse.

use trueup_core::{
    hint::MOST,
    link::{Link, LinkState},
    memory::{Memory, Note},
    name::{PipelineName, RunId},
    plan::Finding,
};
use trueup_ports::StoreError;

use super::{
    Rig, leads,
    notes::{approval, beat, draft, finding, intend, intent, link, plan, touch_key},
    now, ok,
};

fn save(link: Link) -> Note {
    Note::Link(Box::new(link))
}

pub(super) fn a_pipeline_that_never_ran_has_an_empty_memory(rig: &Rig) {
    let memory = rig.memory();
    assert_eq!(memory, Memory::new(memory.lineage.clone(), memory.print_key.clone()));
    assert!(!memory.lineage.is_empty());
    assert_eq!(rig.commit(None, Vec::new()), 0);
    assert_eq!(rig.memory(), memory);
}

pub(super) fn a_refused_commit_leaves_nothing_behind(rig: &Rig) {
    let fence = rig.lease(1);
    rig.commit(Some(&fence), vec![intend(1)]);
    let before = rig.memory();
    let notes = vec![
        save(link("R7", "107")),
        Note::Journal(Box::new(draft(&"r1".into(), "R7"))),
        Note::Plan(Box::new(plan("p1"))),
        Note::Beat(Box::new(beat("r1", None))),
        Note::Approve(approval("p1", "blanking")),
        intend(1),
    ];
    assert!(matches!(rig.try_commit(Some(&fence), notes), Err(StoreError::Open(_))));
    assert_eq!(rig.memory(), before);
    assert_eq!(ok(now(rig.store.verify(&leads()))), 0);
    assert_eq!(ok(now(rig.store.plans(&leads(), 9))), Vec::<String>::new());
    assert_eq!(ok(now(rig.store.beats(&leads(), 9))), Vec::new());
    assert_eq!(ok(now(rig.store.approvals(&leads(), "p1"))), Vec::new());
}

pub(super) fn looking_never_moves_the_serial(rig: &Rig) {
    let looks = vec![
        Note::Plan(Box::new(plan("p1"))),
        Note::Beat(Box::new(beat("r1", None))),
        Note::Findings("r1".into(), Vec::new()),
        Note::Found("r1".into(), Box::new(finding(1))),
        Note::Alarm("ntfy".to_owned(), None),
        Note::Approve(approval("p1", "blanking")),
        Note::Tenant("portal".into(), "account 1".to_owned()),
    ];
    assert_eq!(rig.commit(None, looks), 0);
    assert_eq!(rig.commit(None, vec![save(link("R1", "101")), save(link("R2", "102"))]), 1);
    assert_eq!(rig.commit(None, vec![Note::Journal(Box::new(draft(&"r1".into(), "R1")))]), 2);
}

pub(super) fn a_finding_is_added_to_those_that_are_open(rig: &Rig) {
    rig.commit(None, vec![Note::Findings("r1".into(), vec![finding(1)])]);
    let again = Finding { what: "seen again".to_owned(), ..finding(1) };
    let added = [finding(2), again].map(|finding| Note::Found("r2".into(), Box::new(finding)));
    rig.commit(None, added.into());
    let told: Vec<(RunId, String)> =
        rig.memory().findings.into_values().map(|open| (open.since, open.item.what)).collect();
    let expected = [("r1", "seen again"), ("r2", "shared token")];
    assert_eq!(told, expected.map(|(since, what)| (since.into(), what.to_owned())));
}

pub(super) fn too_many_touches_become_one(rig: &Rig) {
    let at = jiff::Timestamp::UNIX_EPOCH;
    let count = u64::try_from(MOST).unwrap_or_default();
    let touch = |number| Note::Touch(touch_key(number), at);
    rig.commit(None, (1..=count).map(touch).collect());
    assert_eq!(rig.memory().touches.len(), MOST);
    rig.commit(None, vec![touch(1)]);
    assert_eq!(rig.memory().touches.len(), MOST, "one that is known is no further one");
    let mut model = rig.memory();
    let further = [touch(count + 1), touch(count + 2)];
    rig.commit(None, further.to_vec());
    model.commit(&further);
    assert!(rig.memory() == model && model.touches.len() == 2);
}

pub(super) fn pipelines_do_not_see_each_other(rig: &Rig) {
    let other = PipelineName::new("deals");
    rig.commit(None, vec![save(link("R1", "101")), Note::Plan(Box::new(plan("p1")))]);
    let memory = ok(now(rig.store.memory(&other)));
    assert_eq!(memory, Memory::new(rig.memory().lineage, rig.memory().print_key));
    assert_eq!(ok(now(rig.store.plan(&other, "p1"))), None);
    let journal = vec![Note::Journal(Box::new(draft(&RunId::new("r1"), "R1")))];
    assert_eq!(ok(now(rig.store.commit(&other, None, journal))), 1);
    assert_eq!(ok(now(rig.store.verify(&leads()))), 0);
    assert_eq!(ok(now(rig.store.verify(&other))), 1);
}

pub(super) fn two_entities_never_share_a_record(rig: &Rig) {
    rig.commit(None, vec![save(link("R1", "101")), save(link("R2", "102"))]);
    let before = rig.memory();
    let refused = rig.try_commit(None, vec![save(link("R2", "101"))]);
    assert!(matches!(&refused, Err(StoreError::Shared(what)) if what.contains("R1 and R2")), "{refused:?}");
    assert_eq!(rig.memory(), before);
    rig.commit(None, vec![save(link("R1", "102")), save(link("R2", "101"))]);
    rig.commit(
        None,
        vec![save(Link { state: LinkState::Tombstone, ..link("R1", "102") }), save(link("R3", "102"))],
    );
    assert_eq!(rig.memory().links.len(), 3);
}

pub(super) fn one_intent_is_open_per_entity_and_system(rig: &Rig) {
    let fence = rig.lease(1);
    rig.commit(Some(&fence), vec![intend(1), intend(2)]);
    let mut same_id = intent(3);
    same_id.id = intent(1).id;
    for refused in [vec![intend(1)], vec![Note::Intend(Box::new(same_id))], vec![intend(4), intend(4)]] {
        assert!(matches!(rig.try_commit(Some(&fence), refused), Err(StoreError::Open(_))));
    }
    rig.commit(Some(&fence), vec![Note::Settle(intent(1).id), intend(1)]);
    assert_eq!(rig.memory().intents.len(), 2);
}
