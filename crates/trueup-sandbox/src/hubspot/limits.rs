//! Rate limits (facts section 6): ten seconds per app, one second for searches, a day for the account.

use std::collections::{BTreeMap, VecDeque};

use super::settings::RateLimits;
use crate::faults::Policy;

const BURST_WINDOW_MS: i64 = 10_000;
const SECOND_MS: i64 = 1_000;

/// What was admitted lately.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    bursts: BTreeMap<String, VecDeque<i64>>,
    searches: VecDeque<i64>,
    day: i64,
    today: u64,
}

/// One arriving request, as the limits see it.
pub(crate) struct Arrival<'a> {
    pub(crate) app_id: &'a str,
    pub(crate) is_search: bool,
    pub(crate) at_ms: i64,
    /// Number of the account's day.
    pub(crate) day: i64,
}

impl Limits {
    /// Counts a request, or names the limit that it hits. A refused one counts for the day as well.
    pub(crate) fn admit(&mut self, limits: &RateLimits, arrival: &Arrival<'_>) -> Result<(), Policy> {
        if self.day != arrival.day {
            self.day = arrival.day;
            self.today = 0;
        }
        self.today += 1;
        if self.today > limits.daily {
            return Err(Policy::Daily);
        }
        if arrival.is_search {
            let full = !room(&mut self.searches, arrival.at_ms, SECOND_MS, limits.search_per_second);
            return if full { Err(Policy::Secondly) } else { Ok(()) };
        }
        let burst = self.bursts.entry(arrival.app_id.to_owned()).or_default();
        let full = !room(burst, arrival.at_ms, BURST_WINDOW_MS, limits.burst);
        if full { Err(Policy::TenSecondlyRolling) } else { Ok(()) }
    }

    /// The headers of an answer that is no search (trap 12).
    pub(crate) fn headers(&self, limits: &RateLimits, app_id: &str) -> Vec<(&'static str, String)> {
        let used = self.bursts.get(app_id).map_or(0, VecDeque::len);
        vec![
            ("x-hubspot-ratelimit-daily", limits.daily.to_string()),
            ("x-hubspot-ratelimit-daily-remaining", limits.daily.saturating_sub(self.today).to_string()),
            ("x-hubspot-ratelimit-interval-milliseconds", BURST_WINDOW_MS.to_string()),
            ("x-hubspot-ratelimit-max", limits.burst.to_string()),
            ("x-hubspot-ratelimit-remaining", limits.burst.saturating_sub(used).to_string()),
        ]
    }
}

/// Takes a place in a sliding window if there is one.
fn room(window: &mut VecDeque<i64>, now_ms: i64, length_ms: i64, max: usize) -> bool {
    while window.front().is_some_and(|at_ms| *at_ms <= now_ms - length_ms) {
        window.pop_front();
    }
    let free = window.len() < max;
    if free {
        window.push_back(now_ms);
    }
    free
}
