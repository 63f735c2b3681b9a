//! O12 (I-32): within no window did more requests arrive than the card allows one instance; several instances
//! share one lease, so that a second one's requests are those around a takeover.

use jiff::{SignedDuration, Timestamp};

use super::{Evidence, Seen};

/// The window in which requests are counted.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Systems that were asked too often.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.written().filter_map(|mirror| too_often(evidence, mirror)).collect()
}

fn too_often(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Option<String> {
    let rate = usize::try_from(mirror.options.rate).unwrap_or(usize::MAX);
    let lives = |from: Timestamp, to: Timestamp| {
        let starts = || evidence.opened.starts.iter();
        // A process that was started anew does not know what the dead one sent, and neither does a terminal's what
        // an instance sends.
        let anew = starts().filter(|start| (from..=to).contains(&start.at)).count();
        let terminal = starts().any(|start| start.at < from && start.place >= evidence.options.instances);
        evidence.options.instances + (anew + usize::from(terminal)).max(1)
    };
    let windows = windows(&mirror.table.arrivals);
    let most = windows.filter(|(from, to, count)| *count > rate.saturating_mul(lives(*from, *to)));
    let most = most.map(|(.., count)| count).max()?;
    Some(format!("O12: {} was asked {most} times within ten seconds", mirror.name))
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
    use crate::store::Start;

    #[test]
    fn a_system_that_is_asked_too_often_is_found() {
        let mut case = Case::agreeing(1);
        (case.mirror.rate, case.options.instances) = (3, 1);
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        case.crm.arrivals = (0..6).map(at).collect();
        case.check(check, &[]);
        case.crm.arrivals.push(at(6));
        case.check(check, &["O12: crm was asked 7 times"]);
        let started = |starts: &[(i64, usize)]| -> Vec<Start> {
            starts.iter().map(|(second, place)| Start { at: at(*second), place: *place }).collect()
        };
        case.opened.starts = started(&[(1, 0), (3, 0)]);
        case.check(check, &[]);
        case.opened.starts = started(&[(1, 0), (30, 0)]);
        case.check(check, &["O12: crm was asked 7 times"]);
        // Who came to a terminal before asks as well, beside an instance's two lives, and nobody else does.
        case.opened.starts = started(&[(-60, 1), (3, 0)]);
        case.check(check, &[]);
        case.crm.arrivals.extend([7, 7, 7].map(at));
        case.check(check, &["O12: crm was asked 10 times"]);
        case.opened.starts = started(&[(-60, 0), (3, 0)]);
        case.check(check, &["O12: crm was asked 10 times"]);
        case.crm.arrivals = (0..60).map(|n| at(n * 3)).collect();
        case.check(check, &[]);
    }
}
