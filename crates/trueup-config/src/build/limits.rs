//! Caps and durations.

use std::time::Duration;

use trueup_core::setup::{Caps, Timing};

use super::Builder;
use crate::{
    diagnostic::Code,
    file::{CapsFile, Percent, Period, TimingFile, word},
    report::Fault,
    yaml::At,
};

/// What keeps the protocols safe against systems that are not on this machine.
///
/// A lease must outlive a call and be renewed at a third of its life; requests land up to 120 s late
/// and listings lag up to 30 s (RELIABILITY.md 0 and 6.5); too short a quiet period makes duplicates.
const LEAST: [(Key, Duration); 5] = [
    (Key::Lease, Duration::from_secs(30)),
    (Key::CallTimeout, Duration::from_secs(5)),
    (Key::MaxInFlight, Duration::from_mins(2)),
    (Key::MaxIndexLag, Duration::from_secs(30)),
    (Key::Margin, Duration::from_secs(5)),
];

/// A guard read older than this says little about what the write will meet.
const OLDEST_GUARD: Duration = Duration::from_mins(1);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Lease,
    CallTimeout,
    MaxInFlight,
    MaxIndexLag,
    Margin,
    GuardAge,
}

impl Builder<'_> {
    pub(super) fn caps(file: Option<&At<CapsFile>>) -> Option<Caps> {
        let mut caps = Caps::default();
        let Some(file) = file else { return Some(caps) };
        let file = file.get()?;
        set_share(&mut caps.updates_percent, file.updates_percent.as_ref());
        set_share(&mut caps.creates_percent, file.creates_percent.as_ref());
        set_share(&mut caps.archives_percent, file.archives_percent.as_ref());
        set_share(&mut caps.blanking_percent, file.blanking_percent.as_ref());
        set_share(&mut caps.conflicts_percent, file.conflicts_percent.as_ref());
        set_share(&mut caps.source_loss_percent, file.source_loss_percent.as_ref());
        set_count(&mut caps.archives, file.archives.as_ref());
        set_count(&mut caps.same_value, file.same_value.as_ref());
        set_count(&mut caps.free, file.free.as_ref());
        set_count(&mut caps.canary, file.canary.as_ref());
        Some(caps)
    }

    /// Reads the durations; `local` says that nothing outside this machine is written.
    pub(super) fn timing(self, file: Option<&At<TimingFile>>, local: bool) -> Option<Timing> {
        let mut timing = Timing::default();
        let Some(file) = file else { return Some(timing) };
        let file = file.get()?;
        let given = [
            (Key::Lease, &mut timing.lease_ms, &file.lease),
            (Key::CallTimeout, &mut timing.call_timeout_ms, &file.call_timeout),
            (Key::MaxInFlight, &mut timing.max_in_flight_ms, &file.max_in_flight),
            (Key::MaxIndexLag, &mut timing.max_index_lag_ms, &file.max_index_lag),
            (Key::Margin, &mut timing.margin_ms, &file.margin),
            (Key::GuardAge, &mut timing.guard_age_ms, &file.guard_age),
        ];
        let before = self.report.len();
        for (key, target, period) in given {
            if let Some((at, time)) = period.as_ref().and_then(|p| Some((p.span, p.get()?.0))) {
                *target = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                let unsafe_time = if local { None } else { danger(key, time) };
                if let Some(fault) = unsafe_time {
                    self.report.add(fault.at(at));
                }
            }
        }
        if !local && self.report.len() == before && too_short(timing) {
            let named = [&file.lease, &file.call_timeout, &file.margin];
            if let Some(at) = named.into_iter().flatten().next() {
                let what = "a lease must outlast one call and the margin, or a call may end after it";
                let fault = Fault::new(Code::UnsafeTiming, what);
                self.report.add(fault.help("write a longer `lease` or a shorter `call_timeout`").at(at.span));
            }
        }
        (self.report.len() == before).then_some(timing)
    }

    /// Reads how often a cycle runs.
    pub(super) fn every(self, file: Option<&At<Period>>) -> Option<Duration> {
        let Some(file) = file else { return Some(Duration::from_mins(15)) };
        let every = file.get()?.0;
        if every == Duration::ZERO {
            return self
                .fail(file.span, Fault::new(Code::BadValue, "the time is zero").help("write `every: 15m`"));
        }
        Some(every)
    }
}

// What is sent right after a renewal must have ended when the lease runs out (RELIABILITY.md 6.3).
const fn too_short(timing: Timing) -> bool {
    timing.lease_ms <= timing.call_timeout_ms.saturating_add(timing.margin_ms)
}

fn danger(key: Key, time: Duration) -> Option<Fault> {
    if key == Key::GuardAge {
        let limit = word(OLDEST_GUARD);
        let late = || Fault::new(Code::UnsafeTiming, format!("a guard read may be at most {limit} old"));
        return (time > OLDEST_GUARD).then(|| late().help(format!("write `{limit}` or less")));
    }
    let (_, least) = LEAST.iter().find(|(known, least)| *known == key && time < *least)?;
    let least = word(*least);
    let short = Fault::new(Code::UnsafeTiming, format!("less than {least} is unsafe outside this machine"));
    Some(short.help(format!("write `{least}` or more; shorter times are for systems on loopback only")))
}

fn set_share(target: &mut f64, share: Option<&At<Percent>>) {
    if let Some(share) = share.and_then(At::get) {
        *target = share.0;
    }
}

fn set_count(target: &mut usize, count: Option<&At<u32>>) {
    let count = count.and_then(At::get).and_then(|count| usize::try_from(*count).ok());
    if let Some(count) = count {
        *target = count;
    }
}
