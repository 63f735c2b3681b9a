//! O12 (I-32): within no window did more requests arrive than the card allows to each process that may have sent one of
//! them. A pace is a process's own: it lets no more than the card's number go in any window, and dies with it. So one
//! process is granted its card and not one request more; whoever takes over within a window does not know what the one
//! before sent.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Evidence, Seen};
use crate::store::Start;

/// The window in which requests are counted.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Systems that were asked too often.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.written().filter_map(|mirror| too_often(evidence, mirror)).collect()
}

fn too_often(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Option<String> {
    let rate = usize::try_from(mirror.options.rate).unwrap_or(usize::MAX);
    // A real connector keeps its pace by its host's clock: once that jumps, what was sent before counts no more.
    let jumped = usize::from(evidence.options.wire && evidence.options.jumps > 0);
    let lives = |from: Timestamp, to: Timestamp| processes(&evidence.opened.starts, from, to).max(1) + jumped;
    let windows = windows(&mirror.table.arrivals);
    let most = windows.filter(|(from, to, count)| *count > rate.saturating_mul(lives(*from, *to)));
    let most = most.map(|(.., count)| count).max()?;
    Some(format!("O12: {} was asked {most} times within ten seconds", mirror.name))
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
fn windows(arrivals: &[Timestamp]) -> impl Iterator<Item = (Timestamp, Timestamp, usize)> {
    let mut first = 0;
    arrivals.iter().enumerate().map(move |(at, arrival)| {
        while arrivals.get(first).is_some_and(|old| arrival.duration_since(*old) >= WINDOW) {
            first += 1;
        }
        (arrival.checked_sub(WINDOW).unwrap_or(*arrival), *arrival, at + 1 - first)
    })
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, *};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn started(starts: &[(i64, usize)]) -> Vec<Start> {
        starts.iter().map(|(second, place)| Start { at: at(*second), place: *place }).collect()
    }

    /// So many requests within seven seconds, where a card grants three in ten.
    #[track_caller]
    fn check(starts: &[(i64, usize)], requests: usize, found: bool) {
        let mut case = Case::agreeing(1);
        case.mirror.rate = 3;
        case.opened.starts = started(starts);
        case.crm.arrivals = (0..7).cycle().take(requests).map(at).collect();
        case.crm.arrivals.sort();
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
        (case.mirror.rate, case.options.jumps) = (3, 4);
        case.opened.starts = started(&[(-60, 0)]);
        case.crm.arrivals = (0..6).map(at).collect();
        case.check(super::check, &["O12: crm was asked 6 times"]);
        case.options.wire = true;
        case.check(super::check, &[]);
        case.crm.arrivals.push(at(6));
        case.check(super::check, &["O12: crm was asked 7 times"]);
    }

    #[test]
    fn requests_that_are_far_apart_are_fine_however_many_they_are() {
        let mut case = Case::agreeing(1);
        case.mirror.rate = 3;
        case.opened.starts = started(&[(-60, 0)]);
        case.crm.arrivals = (0..60).map(|n| at(n * 4)).collect();
        case.check(super::check, &[]);
    }
}
