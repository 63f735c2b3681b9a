//! O12 (I-32): within no window did more requests arrive than the card allows one instance; several instances
//! share one lease, so that a second one's requests are those around a takeover.

use jiff::{SignedDuration, Timestamp};

use super::{Evidence, Seen};

/// The window in which requests are counted.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Systems that were asked too often.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let options = &evidence.options;
    // A person at a terminal asks from a process of their own.
    let processes = options.instances + usize::from(options.errands);
    evidence.written().filter_map(|mirror| too_often(mirror, processes)).collect()
}

fn too_often(mirror: &Seen<'_>, processes: usize) -> Option<String> {
    let most = most(&mirror.table.arrivals);
    // An instance that was started anew does not know what the dead one sent.
    let allowed = usize::try_from(mirror.options.rate).unwrap_or(usize::MAX).saturating_mul(1 + processes);
    (most > allowed).then(|| format!("O12: {} was asked {most} times within ten seconds", mirror.name))
}

/// The most requests within any window.
fn most(arrivals: &[Timestamp]) -> usize {
    let mut most = 0;
    let mut first = 0;
    for (at, arrival) in arrivals.iter().enumerate() {
        while arrivals.get(first).is_some_and(|old| arrival.duration_since(*old) >= WINDOW) {
            first += 1;
        }
        most = most.max(at + 1 - first);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, *};

    #[test]
    fn a_system_that_is_asked_too_often_is_found() {
        let mut case = Case::agreeing(1);
        (case.mirror.rate, case.options.instances) = (3, 1);
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        case.crm.arrivals = (0..6).map(at).collect();
        case.check(check, &[]);
        case.crm.arrivals.push(at(6));
        case.check(check, &["O12: crm was asked 7 times"]);
        case.options.errands = true;
        case.check(check, &[]);
        case.options.errands = false;
        case.crm.arrivals = (0..60).map(|n| at(n * 3)).collect();
        case.check(check, &[]);
    }
}
