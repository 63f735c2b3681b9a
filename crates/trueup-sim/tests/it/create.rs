//! A create in both systems or in neither: every step, every answer, every death.

mod crm;
mod deaths;
mod desk;
mod given_up;
mod office;
mod script;
mod shaky;

use std::{sync::atomic::Ordering, time::Duration};

use jiff::SignedDuration;
use trueup_core::create::{Answer, Stage};
use trueup_engine::create::Unanswered;
use trueup_sim::people::PERSON;

use office::{Office, asked, request};
use script::{Arrow, Harm, Reply, Second};

const ARROWS: [Arrow; 5] = [Arrow::T1, Arrow::R, Arrow::D, Arrow::T2, Arrow::Janitor];
const HARMS: [Harm; 3] = [Harm::Kill, Harm::Fail, Harm::Late];
const REPLIES: [Reply; 6] =
    [Reply::Created, Reply::Exists, Reply::Refused, Reply::LostBefore, Reply::LostAfter, Reply::Late];
const SECONDS: [Second; 3] = [Second::Ok, Second::Fail, Second::Unknown];

fn chaos(reply: Reply, second: Second, harm: Option<(Arrow, Harm)>) -> Office {
    let office = Office::new();
    *office.script.reply.lock().unwrap() = reply;
    *office.script.second.lock().unwrap() = second;
    *office.script.harm.lock().unwrap() = harm;
    office.script.chaos.store(true, Ordering::Relaxed);
    office
}

/// I-34, after the calm: both records or neither, and whoever was told anything was told that.
#[track_caller]
fn check(office: &mut Office, told: Option<&Result<Answer, Unanswered>>, case: &str) -> Option<Answer> {
    let row = office.row("order 7");
    let decided = row.as_ref().and_then(|row| row.answer.clone());
    let (records, (active, pending)) = (office.records(), office.app_rows());
    let state = format!("{case}: told {told:?}, {row:?}, crm {records:?}, app {active:?} {pending}");
    if let Some(Ok(answer)) = told {
        assert_eq!(Some(answer), decided.as_ref(), "another answer than the decision; {state}");
    }
    assert_eq!(pending, 0, "a pending row is left; {state}");
    assert!(records.len() <= 1, "a duplicate; {state}");
    match (&row, &decided) {
        (None, _) => assert!(records.is_empty() && active.is_empty(), "an orphan without a row; {state}"),
        (Some(row), Some(Answer::Created { remote })) => {
            assert!(matches!(row.stage, Stage::Done { .. }), "{state}");
            assert_eq!(active, std::slice::from_ref(remote), "{state}");
            assert_eq!(records, [remote.as_str()], "{state}");
            assert_eq!(office.linked("C1").as_ref(), Some(remote), "{state}");
        }
        (Some(row), Some(Answer::Failed(_))) => {
            assert!(active.is_empty(), "{state}");
            match &row.stage {
                Stage::Ended { .. } => assert!(records.is_empty(), "an orphan; {state}"),
                other => assert!(matches!(other, Stage::Flagged { .. }) && records.len() == 1, "{state}"),
            }
        }
        (Some(_), None) => panic!("nothing was decided; {state}"),
    }
    office.verify();
    if let (Some(decided), Some(again)) = (&decided, office.create(&request())) {
        assert_eq!(again.as_ref(), Ok(decided), "asked again; {state}");
    }
    decided
}

/// A cycle in the calm finds nothing to do: it neither makes a record again nor takes one away.
#[track_caller]
fn rests(office: &mut Office, case: &str) {
    let before = (office.records(), office.app_rows());
    for _ in 0..2 {
        office.clock.advance(SignedDuration::from_mins(15));
        let account = office.run().unwrap();
        assert!(!account.changed_anything() && account.is_finished(), "{case}: {account:#?}");
    }
    assert_eq!((office.records(), office.app_rows()), before, "{case}");
}

#[test]
fn whatever_fails_at_whichever_step_the_record_is_in_both_systems_or_in_neither() {
    let (mut made, mut failed, mut unbegun) = (0, 0, 0);
    for arrow in ARROWS {
        for harm in HARMS {
            for reply in REPLIES {
                for second in SECONDS {
                    let case = format!("{harm:?} at {arrow:?}, {reply:?}, T2 {second:?}");
                    let mut office = chaos(reply, second, Some((arrow, harm)));
                    let told = office.create(&request());
                    for seconds in [61, 250, 250] {
                        office.sweep_after(seconds);
                    }
                    office.calm();
                    match check(&mut office, told.as_ref(), &case) {
                        Some(Answer::Created { .. }) => made += 1,
                        Some(Answer::Failed(_)) => failed += 1,
                        None => unbegun += 1,
                    }
                    rests(&mut office, &case);
                }
            }
        }
    }
    assert_eq!(made + failed + unbegun, 270);
    assert!(made > 50 && failed > 50, "one side is hardly tried: {made} made, {failed} failed");
}

#[test]
fn two_nodes_and_a_janitor_make_one_record_and_tell_one_answer() {
    for reply in REPLIES {
        for second in SECONDS {
            let case = format!("two nodes, {reply:?}, T2 {second:?}");
            let mut office = chaos(reply, second, None);
            let (one, two, third) = (office.coordinator(), office.coordinator(), office.coordinator());
            let ask = request();
            let both = async { futures::join!(one.create(&ask), two.create(&ask), third.sweep()) };
            let (first, other, _) = office.play(both).unwrap();
            let answers = [&first, &other].into_iter().filter(|told| told.is_ok()).count();
            assert!(
                answers <= 2
                    && [&first, &other].iter().any(|told| !matches!(told, Err(Unanswered::UnderWay)))
            );
            office.calm();
            check(&mut office, Some(&first), &case);
            check(&mut office, Some(&other), &case);
            rests(&mut office, &case);
        }
    }
}

#[test]
fn a_node_that_asks_again_after_the_deadline_gives_it_up_for_the_first_one_too() {
    let mut office = chaos(Reply::Created, Second::Ok, Some((Arrow::R, Harm::Late)));
    let (one, two) = (office.coordinator(), office.coordinator());
    let (ask, clock) = (request(), office.clock.clone());
    let start = clock.now();
    let second = async {
        while clock.now().duration_since(start) < SignedDuration::from_secs(15) {
            trueup_sim::executor::step().await;
        }
        two.create(&ask).await
    };
    let (first, second) = office.play(async { futures::join!(one.create(&ask), second) }).unwrap();
    assert!(matches!(&first, Ok(Answer::Failed(failure)) if failure.code == "CREATE_EXPIRED"), "{first:?}");
    assert_eq!(first, second);
    office.calm();
    check(&mut office, Some(&first), "given up by another node");
}

/// I-26: who is at work and who looks on need not have clocks that agree.
#[test]
fn a_node_whose_clock_is_wrong_gives_no_create_up_that_is_under_way() {
    for skew in [-600, -5, 9, 600] {
        let mut office = chaos(Reply::Created, Second::Ok, Some((Arrow::R, Harm::Late)));
        let one = office.coordinator();
        office.skew = SignedDuration::from_secs(skew);
        let (two, sweeper) = (office.coordinator(), office.coordinator());
        let ask = request();
        let second = async {
            two.engine.world.sleep(Duration::from_secs(1)).await;
            sweeper.sweep().await.unwrap();
            two.create(&ask).await
        };
        let (first, second) = office.play(async { futures::join!(one.create(&ask), second) }).unwrap();
        assert_eq!(second, Err(Unanswered::UnderWay), "{skew} s");
        assert!(matches!(first, Ok(Answer::Created { .. })), "{skew} s: {first:?}");
        office.calm();
        check(&mut office, Some(&first), "beside a node whose clock is wrong");
    }
}

#[test]
fn a_create_does_not_wait_for_a_cycle_and_a_cycle_leaves_it_alone() {
    let mut office = chaos(Reply::LostAfter, Second::Ok, None);
    let (one, cycle) = (office.coordinator(), office.coordinator());
    let ask = request();
    let both =
        async { futures::join!(one.create(&ask), cycle.engine.run(trueup_engine::Warrant::default())) };
    let (told, account) = office.play(both).unwrap();
    assert!(matches!(told, Ok(Answer::Created { .. })), "{told:?}");
    assert!(!account.unwrap().changed_anything());
    office.calm();
    check(&mut office, Some(&told), "beside a cycle");
    rests(&mut office, "beside a cycle");
}

#[test]
fn what_lands_within_its_time_is_found_however_often_the_janitor_looks() {
    let mut landed = 0;
    for seed in 0..40 {
        let mut office = Office::seeded(seed);
        *office.script.reply.lock().unwrap() = Reply::Late;
        office.script.chaos.store(true, Ordering::Relaxed);
        let told = office.create(&request());
        for _ in 0..30 {
            office.sweep_after(10);
            landed += office.records().len();
        }
        office.calm();
        check(&mut office, told.as_ref(), &format!("late, seed {seed}"));
    }
    assert!(landed > 0, "nothing ever landed");
}

#[test]
fn a_refusal_names_its_field_and_a_stable_code() {
    let mut office = chaos(Reply::Refused, Second::Ok, None);
    let Some(Ok(Answer::Failed(failure))) = office.create(&request()) else { panic!("it was not refused") };
    assert_eq!(failure.code, "TABLE_SYNC_FAILED");
    let fields: Vec<(&str, &str)> =
        failure.fields.iter().map(|one| (one.field.as_str(), one.reason.as_str())).collect();
    assert_eq!(fields, [("city", "it is no town")]);
    assert!(office.memory().parked.is_empty(), "the caller knows; nobody else is asked");
}

#[test]
fn another_payload_under_the_same_key_is_refused_and_so_is_a_second_create_of_the_record() {
    let mut office = Office::new();
    assert!(matches!(office.create(&request()), Some(Ok(Answer::Created { .. }))));
    let other = office.create(&asked("order 7", "C1", "Elsewhere"));
    assert_eq!(other, Some(Err(Unanswered::OtherPayload)));
    let taken = office.create(&asked("order 8", "C1", "Granby"));
    assert!(matches!(taken, Some(Err(Unanswered::Taken(_)))), "{taken:?}");
    assert_eq!(office.records().len(), 1);
}

#[test]
fn what_somebody_touched_is_never_taken_back_but_told_until_it_is_gone() {
    let mut office = chaos(Reply::Created, Second::Ok, Some((Arrow::D, Harm::Fail)));
    assert!(matches!(office.create(&request()), Some(Err(Unanswered::Stop(_)))));
    let made = office.records().remove(0);
    office.crm.lock().unwrap().set(&made, "city", Some("Elsewhere"), PERSON, office.clock.now());
    office.calm();
    let row = office.row("order 7").unwrap();
    assert!(matches!(row.stage, Stage::Flagged { .. }), "{row:?}");
    let account = office.run().unwrap();
    assert_eq!(
        (account.findings.get(&"orphan".into()), office.records().len()),
        (Some(&1), 1),
        "{account:#?}"
    );
    let now = office.clock.now();
    office.crm.lock().unwrap().rows.get_mut(&made).unwrap().archived = Some(now);
    office.sweep_after(61);
    office.sweep_after(250);
    assert!(matches!(office.row("order 7").unwrap().stage, Stage::Ended { .. }));
}

#[test]
fn what_became_another_entitys_record_is_never_taken_back_and_stops_nobody() {
    let mut office = chaos(Reply::LostAfter, Second::Ok, Some((Arrow::R, Harm::Kill)));
    assert_eq!(office.create(&request()), None);
    let made = office.records().remove(0);
    office.link("C2", &made);
    office.calm();
    let row = office.row("order 7").unwrap();
    let Stage::Flagged { why, .. } = &row.stage else { panic!("{row:?}") };
    assert!(why.contains("another entity's"), "{why}");
    assert_eq!((office.run().unwrap().error, office.records()), (None, vec![made]));
}

#[test]
fn a_record_of_an_open_create_is_nobodys_news() {
    let mut office = chaos(Reply::LostAfter, Second::Ok, Some((Arrow::R, Harm::Kill)));
    assert_eq!(office.create(&request()), None);
    let account = office.run().unwrap();
    assert_eq!((account.findings.len(), account.changed_anything()), (0, false), "{account:#?}");
    assert_eq!(office.records().len(), 1);
}

#[test]
fn an_answer_is_kept_for_its_time_and_then_forgotten() {
    let mut office = Office::new();
    office.create(&request());
    office.sweep_after(86_000);
    assert!(office.row("order 7").is_some());
    office.sweep_after(500);
    assert!(office.row("order 7").is_none());
}
