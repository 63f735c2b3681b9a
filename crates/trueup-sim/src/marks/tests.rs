use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    guard::{Halt, Rule},
    hint::{Event as Told, TouchKey},
    journal::Intent,
    link::{How, Link, LinkState},
    memory::{Approval, Note},
    name::IntentId,
    plan::{Act, Change},
};
use trueup_engine::Account;
use trueup_ports::{Fence, Holder, Lane, StoreError};

use super::{Mark, Witness, landings};
use crate::table::{
    Table,
    rows::{Asked, Order},
};

fn fence(epoch: u64, taken_over: bool) -> Fence {
    let holder = Holder { host: format!("host-{epoch}"), pid: 1, born: String::new() };
    Fence { lane: Lane::Cycle, holder, epoch, taken_over, at: jiff::Timestamp::UNIX_EPOCH }
}

fn intent(act: Act) -> Intent {
    let change =
        Change { system: "crm".into(), entity: "R1".into(), label: String::new(), act, edits: Vec::new() };
    Intent { id: IntentId::new("i1"), run: "r1".into(), epoch: 1, change, watermark: None, sent: None }
}

fn update() -> Intent {
    intent(Act::Update { remote: "1".into(), how: How::Token })
}

fn bare_create() -> Intent {
    let ext_id = trueup_core::name::ExtId::derive("crm account", "lead", &"R1".into());
    intent(Act::Create { ext_id, ext_id_column: None, class: "D7".into(), origin: None })
}

fn intend(intent: &Intent) -> Note {
    Note::Intend(Box::new(intent.clone()))
}

fn sent(intent: &Intent) -> Note {
    Note::Sent(Box::new(intent.clone()))
}

fn settle(intent: &Intent) -> Note {
    Note::Settle(intent.id.clone())
}

fn link(state: LinkState, remote: &str) -> Note {
    let mut link = Link::new(&"crm".into(), &"R1".into(), &"1".into(), How::Key);
    link.follow(&remote.into());
    link.state = state;
    Note::Link(Box::new(link))
}

/// Commits, each under the fence of an epoch, hit exactly these marks.
#[track_caller]
fn check(commits: &[(u64, Note)], want: &[Mark]) {
    let mut witness = Witness::default();
    for (epoch, note) in commits {
        witness.committed(Some(&fence(*epoch, false)), std::slice::from_ref(note));
    }
    assert_eq!(*witness.marks(), want.iter().copied().collect::<BTreeSet<Mark>>());
}

#[test]
fn every_mark_has_a_name_of_its_own_and_a_meaning() {
    let names: BTreeSet<&str> = Mark::ALL.iter().map(|mark| mark.name()).collect();
    assert_eq!(names.len(), Mark::ALL.len());
    assert!(Mark::ALL.iter().all(|mark| mark.meaning().ends_with('.')));
    assert_eq!(Mark::Tombstoned.meaning(), "A linked record was seen to be gone for good.");
}

#[test]
fn an_intent_that_is_sent_twice_by_its_own_run_was_halved_and_by_another_restamped() {
    let update = update();
    check(&[(1, intend(&update)), (1, sent(&update)), (1, settle(&update))], &[]);
    check(&[(1, intend(&update)), (1, settle(&update))], &[Mark::NeverSent]);
    check(&[(1, intend(&update)), (1, sent(&update)), (1, sent(&update))], &[Mark::BatchHalved]);
    check(&[(1, intend(&update)), (1, sent(&update)), (2, sent(&update))], &[Mark::ClockPutBack]);
}

#[test]
fn only_who_is_between_sending_and_settling_is_killed_in_the_middle_of_a_write() {
    let update = update();
    let check = |killed: u32, before: &dyn Fn(&mut Witness), want: bool| {
        let mut witness = Witness::default();
        witness.committed(Some(&fence(1, false)), &[intend(&update), sent(&update)]);
        before(&mut witness);
        witness.killed(Timestamp::UNIX_EPOCH, killed);
        assert_eq!(witness.marks().contains(&Mark::KilledMidWrite), want);
    };
    check(1, &|_| {}, true);
    check(2, &|_| {}, false);
    check(1, &|witness| witness.ended(2, &Err(StoreError::Fenced)), true);
    check(1, &|witness| witness.ended(1, &Err(StoreError::Fenced)), false);
    check(1, &|witness| witness.committed(Some(&fence(1, false)), &[settle(&update)]), false);
}

#[test]
fn who_lets_less_pass_than_a_plan_would_do_leaves_it_halted() {
    let halt = Halt {
        rule: Rule::Archives,
        system: "crm".into(),
        verb: Some("archive".to_owned()),
        about: None,
        count: 2,
        what: String::new(),
        approved: None,
    };
    let word = |plan: &str, max| Approval {
        plan: plan.to_owned(),
        halt: "archives".to_owned(),
        system: "crm".into(),
        about: None,
        max,
        reason: String::new(),
        by: String::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    let mut account = Account::begin("r1".into(), "run", Timestamp::UNIX_EPOCH);
    (account.plan, account.halts) = (Some("p1".to_owned()), vec![halt]);
    for (word, want) in [(word("p1", 1), true), (word("p2", 1), false), (word("p1", 2), false)] {
        let mut witness = Witness::default();
        witness.committed(None, &[Note::Approve(word)]);
        witness.ended(1, &Ok(account.clone()));
        assert_eq!(witness.marks().contains(&Mark::CeilingTooLow), want);
    }
}

#[test]
fn what_a_run_left_open_is_settled_later_and_a_create_without_a_unique_id_waits() {
    let (update, create) = (update(), bare_create());
    check(&[(1, intend(&update)), (1, sent(&update)), (2, settle(&update))], &[Mark::SettledLater]);
    let waited = [Mark::SettledLater, Mark::QuietWaited];
    check(&[(1, intend(&create)), (1, sent(&create)), (2, settle(&create))], &waited);
    check(&[(1, intend(&create)), (1, sent(&create)), (1, settle(&create))], &[]);
}

#[test]
fn a_link_tells_of_its_life() {
    let suspect = LinkState::Suspect { since: Timestamp::UNIX_EPOCH };
    let (active, gone) = (LinkState::Active, LinkState::Tombstone);
    check(&[(1, link(active, "1"))], &[]);
    check(&[(1, link(active, "1")), (1, link(active, "2"))], &[Mark::AliasFollowed]);
    check(&[(1, link(suspect, "1")), (1, link(active, "1"))], &[Mark::Suspected, Mark::Exonerated]);
    let back = [Mark::Suspected, Mark::Tombstoned, Mark::Resurrected];
    check(&[(1, link(suspect, "1")), (2, link(gone, "1")), (3, link(active, "1"))], &back);
    let moved = [Mark::LeftScope, Mark::CameBack];
    check(&[(1, link(LinkState::OutOfScope, "1")), (2, link(active, "1"))], &moved);
}

#[test]
fn events_tell_of_strangers_repetitions_and_news_meanwhile() {
    let touch = TouchKey { system: "crm".into(), remote: Some("1".into()) };
    let event = |id: &str| {
        let told = Told { id: id.into(), touch: touch.clone(), at: Timestamp::UNIX_EPOCH };
        (1, Note::Event(told))
    };
    let known = (1, link(LinkState::Active, "1"));
    check(&[event("a")], &[Mark::TouchedUnknown]);
    check(&[known.clone(), event("a"), event("a")], &[Mark::EventRepeated]);
    check(&[known.clone(), event("a"), event("b")], &[Mark::ToldAgain]);
    let looked = |told| (1, Note::Looked(touch.clone(), told));
    check(&[known.clone(), event("a"), looked(1), event("b")], &[]);
    check(&[known, event("a"), event("b"), looked(1)], &[Mark::ToldAgain, Mark::ToldMeanwhile]);
}

#[test]
fn a_write_that_lands_behind_a_kill_and_a_takeover_is_told_by_the_systems_log() {
    let (mut table, mut witness) = (Table::default(), Witness::default());
    let began = Timestamp::UNIX_EPOCH;
    let after = |seconds| began + SignedDuration::from_secs(seconds);
    let what = Asked::Create(BTreeMap::from([("city".to_owned(), Some("Granby".to_owned()))]));
    let mut order = Order::new(what, began);
    order.due = after(90);
    table.send(order);
    table.land(after(90));
    let late = BTreeSet::from([Mark::LandedLate, Mark::CreateLandedLate]);
    assert_eq!(landings(&table, &witness), late);
    witness.killed(after(10), 1);
    witness.leased(after(20), &fence(2, true));
    witness.leased(after(100), &fence(3, false));
    let all = late.into_iter().chain([Mark::LandedAfterKill, Mark::LandedAfterTakeover]).collect();
    assert_eq!(landings(&table, &witness), all);
    assert_eq!(*witness.marks(), BTreeSet::from([Mark::TakenOver]));
}
