//! The account's budgets.

use futures::future::join_all;
use proptest::prelude::*;

use super::*;

/// When each of `count` requests is let through.
fn admitted(pace: &Pace, world: &Still, bucket: &str, count: usize) -> Vec<i64> {
    (0..count)
        .map(|_| {
            run(pace.admit(bucket, world, Duration::MAX));
            world.now_ms()
        })
        .collect()
}

/// The most requests in any window.
fn busiest(times: &[i64], window_ms: i64) -> usize {
    times
        .iter()
        .map(|start| times.iter().filter(|at| (*start..start + window_ms).contains(at)).count())
        .max()
        .unwrap_or(0)
}

#[test]
fn no_window_ever_holds_more_than_the_budget() {
    let (pace, world) = (Pace::new(&[rate("burst", 100, 10)]), Still::default());
    let times = admitted(&pace, &world, "burst", 350);
    assert_eq!(busiest(&times, 10_000), 100);
    assert_eq!(world.now_ms(), 30_000);
}

#[test]
fn budgets_do_not_draw_on_each_other_and_an_unnamed_one_is_the_first() {
    let (pace, world) = (Pace::new(&[rate("burst", 2, 10), rate("search", 1, 1)]), Still::default());
    assert_eq!(admitted(&pace, &world, "burst", 2), [0, 0]);
    assert_eq!(admitted(&pace, &world, "search", 2), [0, 1_000]);
    assert_eq!(admitted(&pace, &world, "", 1), [10_000]);
}

#[test]
fn a_budget_the_system_closed_stays_closed_for_everybody() {
    let (pace, world) = (Pace::new(&[rate("burst", 100, 10)]), Still::default());
    pace.close("burst", Duration::from_secs(3), &world);
    pace.close("burst", Duration::from_secs(1), &world);
    assert_eq!(admitted(&pace, &world, "burst", 2), [3_000, 3_000]);
}

#[test]
fn two_users_of_one_account_share_its_budget_and_two_accounts_do_not() {
    let (paces, world) = (Paces::default(), Still::default());
    let rates = [rate("burst", 1, 10)];
    let (one, other) = (paces.of("portal-1", &rates), paces.of("portal-2", &rates));
    assert!(Arc::ptr_eq(&one, &paces.of("portal-1", &rates)));
    run(one.admit("burst", &world, Duration::MAX));
    assert_eq!(admitted(&other, &world, "burst", 1), [0]);
    assert_eq!(admitted(&paces.of("portal-1", &rates), &world, "burst", 1), [10_000]);
}

#[test]
fn many_at_once_are_let_through_in_turn() {
    let (pace, world) = (Pace::new(&[rate("burst", 3, 10)]), Still::default());
    run(join_all((0..7).map(|_| pace.admit("burst", &world, Duration::MAX))));
    assert_eq!(world.now_ms(), 20_000);
}

#[test]
fn one_that_is_dropped_while_it_waits_holds_nobody_up() {
    let (pace, world) = (Pace::new(&[rate("burst", 1, 10)]), Still::default());
    run(pace.admit("burst", &world, Duration::MAX));
    *world.stuck.lock().unwrap() = true;
    {
        let mut waiting = pin!(pace.admit("burst", &world, Duration::MAX));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    *world.stuck.lock().unwrap() = false;
    assert_eq!(admitted(&pace, &world, "burst", 1), [10_000]);
}

#[test]
fn a_clock_that_jumps_back_a_day_delays_by_one_window_at_most() {
    let (pace, world) = (Pace::new(&[rate("burst", 1, 10)]), Still::default());
    *world.now_ms.lock().unwrap() = 86_400_000;
    run(pace.admit("burst", &world, Duration::MAX));
    pace.close("burst", Duration::from_secs(5), &world);
    *world.now_ms.lock().unwrap() = 0;
    assert_eq!(admitted(&pace, &world, "burst", 2), [0, 10_000]);
}

proptest! {
    #[test]
    fn any_mix_of_pauses_stays_within_the_budget(
        requests in 1_u32..8, pauses in prop::collection::vec(0_i64..4_000, 1..60), closings in prop::collection::vec(0_usize..60, 0..4),
    ) {
        let (pace, world) = (Pace::new(&[rate("burst", requests, 10)]), Still::default());
        let mut times = Vec::new();
        for (index, pause) in pauses.iter().enumerate() {
            *world.now_ms.lock().unwrap() += pause;
            if closings.contains(&index) {
                pace.close("burst", Duration::from_secs(2), &world);
            }
            run(pace.admit("burst", &world, Duration::MAX));
            times.push(world.now_ms());
        }
        prop_assert!(busiest(&times, 10_000) <= requests as usize, "{times:?}");
    }
}
