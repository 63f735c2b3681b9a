//! What is repeated, when, and how often.

use proptest::prelude::*;

use super::{
    super::retry::{Attempt, may_repeat},
    *,
};

#[test]
fn a_read_is_repeated_until_it_is_answered_and_every_attempt_counts() {
    let rig = Rig::new([answer(502, ""), unanswered(), answer(200, "{}")]);
    rig.read().unwrap();
    assert_eq!(rig.wire.requests(), Requests { read: 3, write: 0 });
}

#[test]
fn a_write_whose_outcome_is_open_is_sent_once() {
    for open in [unanswered(), answer(502, ""), answer(524, ""), answer(423, ""), answer(477, "")] {
        let rig = Rig::new([open, answer(200, "{}")]);
        rig.write().unwrap_err();
        assert_eq!(rig.wire.requests(), Requests { read: 0, write: 1 });
    }
}

#[test]
fn a_write_that_certainly_did_not_happen_is_repeated() {
    let rig = Rig::new([later(429, 2), not_sent(), answer(200, "{}")]);
    rig.write().unwrap();
    // What never left is not counted as sent.
    assert_eq!(rig.wire.requests(), Requests { read: 0, write: 2 });
}

#[test]
fn retry_after_is_waited_out() {
    let rig = Rig::new([later(429, 7), answer(200, "{}")]);
    rig.write().unwrap();
    let times: Vec<i64> = rig.seen().into_iter().map(|(at, _)| at).collect();
    assert!(matches!(times.as_slice(), [0, second] if *second >= 7_000), "{times:?}");
}

#[test]
fn who_was_told_when_to_come_back_keeps_every_request_back_until_then() {
    for (busy, back_ms) in
        [(later(503, 7), 7_000), (later(423, 2), 2_000), (answer(503, ""), 0), (later(404, 7), 0)]
    {
        let rig = Rig::new([busy, answer(200, "{}")]);
        drop(rig.write());
        rig.read().unwrap();
        assert_eq!(rig.seen().last().map(|(at, _)| *at), Some(back_ms));
    }
}

#[test]
fn a_retry_after_beyond_patience_is_handed_on_and_not_waited_for() {
    let rig = Rig::new([later(477, 86_400)]);
    let error = rig.read().unwrap_err();
    assert!(
        matches!(error, Fault::Busy { retry_after: Some(time), .. } if time.as_secs() == 86_400),
        "{error:?}"
    );
    assert_eq!(rig.wire.requests().read, 1);
    assert_eq!(rig.world.now_ms(), 0);
}

#[test]
fn a_retry_after_that_is_a_date_is_not_compared_with_our_clock() {
    let dated = Response::builder().status(429).header("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT");
    let rig = Rig::new([Ok(dated.body(Bytes::new()).unwrap()), answer(200, "{}")]);
    rig.read().unwrap();
    assert!(rig.world.now_ms() < 10_000);
}

#[test]
fn a_limit_that_waiting_does_not_help_is_denied_at_once() {
    let rig = Rig::new([answer(429, "DAILY")]);
    assert!(matches!(rig.read(), Err(Fault::Denied(_))));
    assert!(matches!(rig.write(), Err(Fault::Denied(_))));
    assert_eq!(rig.wire.requests(), Requests { read: 1, write: 1 });
}

#[test]
fn a_write_that_waited_longer_than_its_guard_read_may_age_is_not_sent() {
    let rig = Rig::new([answer(200, "{}")]);
    run(rig.wire.parts.pace.admit("burst", &*rig.world, Duration::MAX));
    rig.wire.parts.pace.close("burst", Duration::from_secs(11), &*rig.world);
    assert!(matches!(rig.write(), Err(Fault::Busy { .. })));
    assert!(rig.seen().is_empty());
}

#[test]
fn a_write_is_not_sent_once_its_permits_are_void() {
    let check = |void_from_ms: i64, waits: u64, sent: usize| {
        let rig = Rig::new([answer(200, "{}")]);
        rig.wire.parts.pace.close("burst", Duration::from_secs(waits), &*rig.world);
        let until = Timestamp::from_millisecond(void_from_ms).unwrap();
        let call = Call::post(["things", "update"], &serde_json::json!({})).unwrap();
        let outcome = run(rig.wire.send(&[permit(), permit().until(until)], call));
        assert_eq!((rig.seen().len(), outcome.is_ok()), (sent, sent == 1), "{void_from_ms} {waits}");
    };
    check(4_000, 3, 1);
    check(4_000, 5, 0);
    check(-1, 0, 0);
}

#[test]
fn a_write_that_is_turned_away_is_repeated_only_while_its_permits_hold() {
    let rig = Rig::new([later(429, 5), answer(200, "{}")]);
    let until = Timestamp::from_millisecond(4_000).unwrap();
    let call = Call::post(["things", "update"], &serde_json::json!({})).unwrap();
    assert!(matches!(run(rig.wire.send(&[permit().until(until)], call)), Err(Fault::Busy { .. })));
    assert_eq!((rig.seen().len(), rig.world.now_ms()), (1, 0));
}

#[test]
fn a_limit_that_is_not_waited_out_keeps_the_others_away_all_the_same() {
    let rig = Rig::new([later(429, 60), answer(200, "{}")]);
    assert!(matches!(rig.write(), Err(Fault::Busy { .. })));
    assert_eq!((rig.seen().len(), rig.world.now_ms()), (1, 0));
    // Another write has not that much time either, and is not sent; a read waits for it.
    assert!(matches!(rig.write(), Err(Fault::Busy { .. })));
    assert_eq!(rig.seen().len(), 1);
    rig.read().unwrap();
    assert!(rig.world.now_ms() >= 60_000);
}

fn attempts() -> impl Strategy<Value = Attempt> {
    let answered = (100_u16..600, prop::option::of(0_u64..100_000)).prop_map(|(status, seconds)| {
        Attempt::Answered { status, retry_after: seconds.map(Duration::from_secs) }
    });
    prop_oneof![Just(Attempt::NotSent), Just(Attempt::Unanswered), answered]
}

fn classes() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::Read), Just(Class::Write)]
}

proptest! {
    #[test]
    fn a_write_is_repeated_only_when_it_certainly_did_not_happen(attempt in attempts()) {
        let proven = matches!(attempt, Attempt::NotSent | Attempt::Answered { status: 429, .. });
        prop_assert_eq!(may_repeat(Class::Write, attempt), proven);
        prop_assert!(!may_repeat(Class::Write, attempt) || may_repeat(Class::Read, attempt));
    }

    #[test]
    fn waits_honour_the_system_stay_in_patience_and_end(
        class in classes(), attempt in attempts(), made in 1_u32..20, age_ms in 0_u64..100_000, random: u64,
    ) {
        let policy = Policy::default();
        let age = Duration::from_millis(age_ms);
        if let Some(wait) = policy.next(class, attempt, made, age, random) {
            prop_assert!(made < policy.attempts_max);
            prop_assert!(may_repeat(class, attempt));
            prop_assert!(age + wait <= policy.patience(class));
            let asked = match attempt {
                Attempt::Answered { retry_after, .. } => retry_after.unwrap_or_default(),
                Attempt::NotSent | Attempt::Unanswered => Duration::ZERO,
            };
            prop_assert!(wait >= asked + policy.wait_first / 2);
            prop_assert!(wait <= asked + policy.wait_max);
        }
    }

    #[test]
    fn jitter_covers_half_of_the_backoff(made in 1_u32..5, random: u64) {
        let policy = Policy { read_patience: Duration::MAX, ..Policy::default() };
        let full = policy.wait_first * 2_u32.pow(made - 1);
        let wait = policy.next(Class::Read, Attempt::NotSent, made, Duration::ZERO, random).unwrap();
        prop_assert!(wait >= full / 2 && wait <= full);
    }
}
