//! O12 (I-32): within no window did more requests arrive than the card allows to each process that may have sent one of
//! them. A pace is a process's own: it lets no more than the card's number go in any window, and dies with it. So one
//! process is granted its card and not one request more; whoever takes over within a window does not know what the one
//! before sent.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Evidence, Seen};
use crate::{
    store::Start,
    table::{Arrival, Table, Wait},
};

/// The window in which requests are counted.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Systems that were asked too often, or too soon.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let of_system = |mirror| too_often(evidence, mirror).into_iter().chain(too_soon(evidence, mirror));
    evidence.written().flat_map(of_system).collect()
}

fn too_often(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Option<String> {
    let rate = usize::try_from(mirror.options.rate).unwrap_or(usize::MAX);
    // A real connector keeps its pace by its host's clock: once that jumps, what was sent before counts no more.
    let jumped = |from: Timestamp, to: Timestamp| {
        let mut jumps = evidence.opened.jumps.iter();
        usize::from(evidence.options.wire && jumps.any(|at| from <= *at && *at <= to))
    };
    let lives = |from, to| processes(&evidence.opened.starts, from, to).max(1) + jumped(from, to);
    let windows = windows(&mirror.table.arrivals);
    let most = windows.filter(|(from, to, count)| *count > rate.saturating_mul(lives(*from, *to)));
    let most = most.map(|(.., count)| count).max()?;
    Some(format!("O12: {} was asked {most} times within ten seconds", mirror.name))
}

/// Whether a process came back sooner than it had been told to.
fn too_soon(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Option<String> {
    let mut soon = mirror.table.waits.iter().filter(|wait| !is_excused(evidence, wait));
    let (wait, at) = soon.find_map(|wait| Some((wait, back(mirror.table, wait)?)))?;
    let (asked, came) = (wait.until.duration_since(wait.from), at.duration_since(wait.from));
    let (asked, came) = (asked.as_secs(), came.as_secs_f64());
    Some(format!(
        "O12: {} was asked again after {came:.1} s and had said to come back in {asked} s",
        mirror.name
    ))
}

/// A real connector waits by its host's clock, which may jump while it does.
fn is_excused(evidence: &Evidence<'_>, wait: &Wait) -> bool {
    evidence.options.wire && evidence.opened.jumps.iter().any(|at| wait.from <= *at && *at < wait.until)
}

/// When the process that was told to wait asked again, if it did not wait.
fn back(table: &Table, wait: &Wait) -> Option<Timestamp> {
    let later = table.counted(wait.of).iter().skip(wait.after);
    let mut soon = later.take_while(|arrival| arrival.at < wait.until);
    soon.find(|arrival| arrival.by == wait.by).map(|arrival| arrival.at)
}

/// How many processes were there at some moment of a window: each until the next one starts in its place.
fn processes(starts: &[Start], from: Timestamp, to: Timestamp) -> usize {
    let mut next: BTreeMap<usize, Timestamp> = BTreeMap::new();
    let mut there = 0;
    for start in starts.iter().rev() {
        let until = next.insert(start.place, start.at);
        there += usize::from(start.at <= to && until.is_none_or(|until| until > from));
    }
    there
}

/// How many requests arrived within each window, from when to when; each ends with a request.
fn windows(arrivals: &[Arrival]) -> impl Iterator<Item = (Timestamp, Timestamp, usize)> {
    let mut first = 0;
    arrivals.iter().map(|arrival| arrival.at).enumerate().map(move |(at, arrival)| {
        while arrivals.get(first).is_some_and(|old| arrival.duration_since(old.at) >= WINDOW) {
            first += 1;
        }
        (arrival.checked_sub(WINDOW).unwrap_or(arrival), arrival, at + 1 - first)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::support::Case, *};
    use crate::table::Budget;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn started(starts: &[(i64, usize)]) -> Vec<Start> {
        starts.iter().map(|(second, place)| Start { at: at(*second), place: *place }).collect()
    }

    fn asked(seconds: impl IntoIterator<Item = i64>) -> Vec<Arrival> {
        seconds.into_iter().map(|second| Arrival { at: at(second), by: 1 }).collect()
    }

    /// So many requests within seven seconds, where a card grants three in ten.
    #[track_caller]
    fn check(starts: &[(i64, usize)], requests: usize, found: bool) {
        let mut case = Case::agreeing(1);
        case.mirror.rate = 3;
        case.opened.starts = started(starts);
        let mut seconds: Vec<i64> = (0..7).cycle().take(requests).collect();
        seconds.sort_unstable();
        case.crm.arrivals = asked(seconds);
        let expected = format!("O12: crm was asked {requests} times");
        let expected = [expected.as_str()];
        case.check(super::check, if found { &expected } else { &[] });
    }

    #[test]
    fn a_lone_process_has_its_card_and_not_one_request_more() {
        check(&[(-60, 0)], 3, false);
        check(&[(-60, 0)], 4, true);
        check(&[(-60, 0), (30, 0)], 4, true);
    }

    #[test]
    fn whoever_starts_within_a_window_or_stands_beside_has_a_card_of_its_own() {
        check(&[(-60, 0), (3, 0)], 6, false);
        check(&[(-60, 0), (3, 0)], 7, true);
        check(&[(-60, 0), (-50, 1)], 6, false);
        check(&[(-60, 0), (-50, 1)], 7, true);
        check(&[(-60, 0), (-50, 0), (-40, 0)], 4, true);
    }

    #[test]
    fn a_jump_of_the_hosts_clock_excuses_a_connector_that_goes_by_it_and_no_other() {
        let mut case = Case::agreeing(1);
        case.mirror.rate = 3;
        case.opened.jumps = vec![at(2)];
        case.opened.starts = started(&[(-60, 0)]);
        case.crm.arrivals = asked(0..6);
        case.check(super::check, &["O12: crm was asked 6 times"]);
        case.options.wire = true;
        case.check(super::check, &[]);
        case.crm.arrivals.extend(asked([6]));
        case.check(super::check, &["O12: crm was asked 7 times"]);
        case.crm.arrivals = asked(0..6);
        case.opened.jumps = vec![at(-60)];
        case.check(super::check, &["O12: crm was asked 6 times"]);
    }

    #[test]
    fn requests_that_are_far_apart_are_fine_however_many_they_are() {
        let mut case = Case::agreeing(1);
        case.mirror.rate = 3;
        case.opened.starts = started(&[(-60, 0)]);
        case.crm.arrivals = asked((0..60).map(|n| n * 4));
        case.check(super::check, &[]);
    }

    const SOON: &str = "O12: crm was asked again after 9.0 s and had said to come back in 10 s";

    /// The first process is turned away for ten seconds, and then a request arrives.
    fn turned_away(of: Budget, after_s: i64, by: u32) -> Case {
        let mut case = Case::agreeing(1);
        case.mirror.rate = 100;
        case.crm.arrives(Budget::Common, Arrival { at: at(0), by: 1 });
        case.crm.turns_away(of, Arrival { at: at(0), by: 1 }, Duration::from_secs(10));
        case.crm.arrives(Budget::Common, Arrival { at: at(after_s), by });
        case
    }

    #[test]
    fn whoever_heard_when_to_come_back_comes_no_sooner_and_others_do_not_know() {
        turned_away(Budget::Common, 9, 1).check(super::check, &[SOON]);
        turned_away(Budget::Common, 10, 1).check(super::check, &[]);
        turned_away(Budget::Common, 9, 2).check(super::check, &[]);
    }

    #[test]
    fn searches_wait_for_their_own_budget_and_for_no_other() {
        turned_away(Budget::Searches, 9, 1).check(super::check, &[]);
        let mut case = turned_away(Budget::Searches, 9, 1);
        case.crm.arrives(Budget::Searches, Arrival { at: at(9), by: 1 });
        case.check(super::check, &[SOON]);
    }

    #[test]
    fn only_a_connector_that_waits_by_its_hosts_clock_is_excused_by_a_jump_of_it_and_only_while_it_waits() {
        for (wire, jump, found) in [(true, 5, false), (true, 10, true), (true, -1, true), (false, 5, true)] {
            let mut case = turned_away(Budget::Common, 9, 1);
            case.options.wire = wire;
            case.opened.jumps = vec![at(jump)];
            case.check(super::check, if found { &[SOON] } else { &[] });
        }
    }
}
