//! What goes wrong with one request: the faults of a seed, in the words of the sandbox.

use trueup_sandbox::faults::{Alteration, Failure, FaultKind, Policy};

use crate::{
    chance::Chance,
    table::{FaultName, Faults},
};

/// What becomes of a request that does not go as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    /// It never leaves.
    Unsent,
    /// The key opens nothing for this many milliseconds from its arrival on.
    Denied(i64),
    /// Its answer takes this many milliseconds longer.
    Slow(u64),
    /// What the sandbox does to it.
    Struck(FaultKind),
}

/// Draws what goes wrong with a request that changes nothing.
pub(super) fn of_read(faults: &Faults, chance: &Chance) -> Option<Mishap> {
    let strikes = |name| strikes(faults, chance, name);
    if strikes(FaultName::Denied) {
        return Some(Mishap::Denied(chance.below(3_600_000).cast_signed()));
    }
    if strikes(FaultName::ReadBusy) {
        return Some(busy(None));
    }
    if strikes(FaultName::ReadBusyUntil) {
        return Some(busy_until(chance));
    }
    if strikes(FaultName::Slow) {
        return Some(Mishap::Slow(5_000 + chance.below(55_000)));
    }
    if strikes(FaultName::LostBefore) {
        return Some(lost_before(chance));
    }
    strikes(FaultName::Garbled).then(|| Mishap::Struck(garbled(chance)))
}

/// Draws what goes wrong with a request that may change something; late is no later than `most_ms`.
pub(super) fn of_write(faults: &Faults, chance: &Chance, most_ms: u64) -> Option<Mishap> {
    let strikes = |name| strikes(faults, chance, name);
    if strikes(FaultName::Denied) {
        return Some(Mishap::Denied(chance.below(3_600_000).cast_signed()));
    }
    if strikes(FaultName::WriteBusy) {
        return Some(busy(None));
    }
    if strikes(FaultName::WriteBusyUntil) {
        return Some(busy_until(chance));
    }
    if strikes(FaultName::RefusedBatch) {
        return Some(Mishap::Struck(FaultKind::RefuseBatch));
    }
    if strikes(FaultName::LostBefore) {
        return Some(lost_before(chance));
    }
    if strikes(FaultName::Late) {
        let delay_ms = chance.below(most_ms.saturating_sub(1_000)).cast_signed();
        return Some(Mishap::Struck(FaultKind::Late { delay_ms }));
    }
    if strikes(FaultName::RefusedRecord) {
        return Some(Mishap::Struck(FaultKind::PartialFailure { ids: Vec::new() }));
    }
    if strikes(FaultName::LostAfter) {
        return Some(Mishap::Struck(lost_after(chance)));
    }
    strikes(FaultName::Partial).then(|| Mishap::Struck(disordered(chance)))
}

fn strikes(faults: &Faults, chance: &Chance, name: FaultName) -> bool {
    let share = faults.share(name);
    share > 0 && chance.permille(share)
}

const fn busy(retry_after_s: Option<u32>) -> Mishap {
    let policy = Policy::TenSecondlyRolling;
    Mishap::Struck(FaultKind::FailBefore(Failure::RateLimited { policy, retry_after_s }))
}

fn busy_until(chance: &Chance) -> Mishap {
    let seconds = 1 + chance.below(20);
    if chance.permille(500) {
        return busy(u32::try_from(seconds).ok());
    }
    let (delay_s, retry_after_s) = (seconds.cast_signed(), u32::try_from(seconds).ok());
    let by_date = seconds.is_multiple_of(2);
    Mishap::Struck(FaultKind::FailBefore(if by_date {
        Failure::RetryAt { status: 503, delay_s }
    } else {
        Failure::Status { status: 503, retry_after_s }
    }))
}

fn lost_before(chance: &Chance) -> Mishap {
    let before = |failure| Mishap::Struck(FaultKind::FailBefore(failure));
    match chance.below(5) {
        0 => Mishap::Unsent,
        1 => before(Failure::Dropped),
        2 => before(Failure::Status { status: 502, retry_after_s: None }),
        3 => before(Failure::Html { status: 200 }),
        _ => before(Failure::Empty { status: 200 }),
    }
}

fn lost_after(chance: &Chance) -> FaultKind {
    match chance.below(6) {
        0 => FaultKind::FailAfter(Failure::Dropped),
        1 => FaultKind::FailAfter(Failure::Status { status: 524, retry_after_s: None }),
        2 => FaultKind::FailAfter(Failure::Html { status: 504 }),
        3 => FaultKind::FailAfter(Failure::Empty { status: 200 }),
        4 => FaultKind::FailAfter(Failure::RetryAt { status: 503, delay_s: 5 }),
        _ => FaultKind::TruncatedBody,
    }
}

fn garbled(chance: &Chance) -> FaultKind {
    match chance.below(6) {
        0 => FaultKind::TruncatedBody,
        1 => FaultKind::Altered(Alteration::HtmlType),
        2 => FaultKind::Altered(Alteration::Gzip),
        3 => FaultKind::Altered(Alteration::Cursor { after: "0".to_owned() }),
        4 => FaultKind::FailAfter(Failure::Html { status: 200 }),
        _ => disordered(chance),
    }
}

fn disordered(chance: &Chance) -> FaultKind {
    FaultKind::Altered(if chance.permille(500) { Alteration::Reordered } else { Alteration::Repeated })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_wrong_where_nothing_is_switched_on_and_what_is_does() {
        let chance = Chance::new(1);
        let none = Faults::default();
        assert!((0..100).all(|_| of_read(&none, &chance).or(of_write(&none, &chance, 9_000)).is_none()));
        let late = Faults::only(FaultName::Late, 1000);
        assert!(of_read(&late, &chance).is_none());
        for _ in 0..100 {
            let Some(Mishap::Struck(FaultKind::Late { delay_ms })) = of_write(&late, &chance, 9_000) else {
                panic!("it must come late");
            };
            assert!(delay_ms < 8_000, "a request lands no later than its system promises");
        }
    }
}
