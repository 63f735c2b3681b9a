//! The vocabulary of faults: what may go wrong with a call, as data.
//!
//! A fault says *when* it strikes ([`When`]) and *what* happens ([`FaultKind`]). The distinction that matters to a
//! client is whether the request was committed: `fail_before` never was, `fail_after` was, `late` will be.

mod names;

use serde::{Deserialize, Serialize};

pub use names::{FaultName, UnknownFault};

/// One fault switch: which call it strikes and what happens to it.
///
/// As JSON: `{"when":{"occurrence":{"nth":2},"path":"batch/update"},"kind":{"fail_after":{"status":{"status":502}}}}`,
/// or by name: `{"when":{"occurrence":{"nth":2}},"name":"fault.hubspot.dropped_after"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Fault {
    /// Which call is struck.
    pub when: When,
    /// What happens to it.
    pub kind: FaultKind,
}

/// A switch as a person writes it: with a name, or with a kind and its parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    when: When,
    name: Option<FaultName>,
    kind: Option<FaultKind>,
}

impl TryFrom<Written> for Fault {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let kind = match (written.name, written.kind) {
            (Some(name), None) => name.kind(),
            (None, Some(kind)) => kind,
            _ => return Err("a fault has either a `name` or a `kind`"),
        };
        Ok(Self { when: written.when, kind })
    }
}

/// Which call a fault strikes. Calls are counted from the moment the fault is installed, matching calls only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// The HTTP method, such as `POST`; any when missing.
    pub method: Option<String>,
    /// A part of the path, such as `batch/update`; any when missing.
    pub path: Option<String>,
    /// Which of the matching calls.
    pub occurrence: Occurrence,
}

/// Which of the matching calls a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    /// Each of them.
    #[default]
    Every,
    /// The n-th only; the first is 1.
    Nth(u64),
    /// The first n.
    First(u64),
    /// Some of them, by chance; the same seed strikes the same calls.
    Chance {
        /// How many of a thousand.
        permille: u64,
        /// Which ones.
        seed: u64,
    },
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// The request is never committed and the client sees this failure.
    FailBefore(Failure),
    /// The request is committed and the client sees this failure all the same.
    FailAfter(Failure),
    /// The request is committed and the client gets the first half of the JSON answer.
    TruncatedBody,
    /// The request is committed and its answer arrives altered, under its own status.
    Altered(Alteration),
    /// The answer is lost and the request is committed only after this delay by the sandbox clock.
    Late {
        /// Milliseconds from the arrival of the request to its effect.
        delay_ms: i64,
    },
    /// The client waits until a test releases the call; for killing a client at its n-th call.
    Hold(HoldPoint),
    /// A batch request is refused as a whole with 400; other requests pass.
    RefuseBatch,
    /// A batch request answers 207 with an error for the rows of these ids, which are left alone; a row is named by
    /// its `id` or its `objectWriteTraceId`. Other requests pass.
    PartialFailure {
        /// The rows that fail; the first one of the request without any.
        ids: Vec<String>,
    },
}

/// What is wrong with an answer whose status is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Alteration {
    /// It calls itself HTML.
    HtmlType,
    /// Blanks behind it make it this long.
    Padded {
        /// The length of the body.
        bytes: usize,
    },
    /// Its results come in the opposite order.
    Reordered,
    /// Its first result comes once more at the end.
    Repeated,
    /// It points to this place as the next page, if it points to one.
    Cursor {
        /// The cursor.
        after: String,
    },
    /// It is compressed, and says so, although nobody asked for that.
    Gzip,
}

/// How a failed call looks to the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Failure {
    /// A JSON error with this status: 423, 477, 500, 502, 503, 504, 524, …
    Status {
        /// The HTTP status.
        status: u16,
        /// Value of `Retry-After` in seconds, when the header is sent.
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// An HTML page of a gateway in front of the service, with this status.
    Html {
        /// The HTTP status; 200 is a login page of a proxy.
        status: u16,
    },
    /// This status and no body at all.
    Empty {
        /// The HTTP status.
        status: u16,
    },
    /// 429 with this policy.
    RateLimited {
        /// Which limit was reached.
        policy: Policy,
        /// Value of `Retry-After` in seconds, when the header is sent.
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// This status, with a `Retry-After` that is a date by the sandbox clock.
    RetryAt {
        /// The HTTP status.
        status: u16,
        /// How far the date is ahead; behind when negative.
        delay_s: i64,
    },
    /// The connection ends without an answer.
    Dropped,
}

/// The limit that a 429 names in `policyName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Policy {
    /// The burst limit of ten seconds.
    TenSecondlyRolling,
    /// The limit of one second, as search has it.
    Secondly,
    /// The account's day; it ends at midnight of the account, so a client must stop.
    Daily,
}

/// Where a held call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldPoint {
    /// Not committed yet.
    BeforeCommit,
    /// Committed; only the answer waits.
    AfterCommit,
}

/// How a held call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// It is committed, if it was not yet, and answered.
    #[default]
    Answer,
    /// It is committed, if it was not yet, and the answer is lost.
    Lose,
    /// It is lost as it stands: a call held before its commit is never committed.
    Discard,
}

/// The installed faults and how many matching calls each has seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultPlan {
    switches: Vec<(Fault, u64)>,
}

impl FaultPlan {
    pub(crate) fn install(&mut self, fault: Fault) {
        self.switches.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.switches.clear();
    }

    pub(crate) fn installed(&self) -> impl Iterator<Item = &Fault> {
        self.switches.iter().map(|(fault, _)| fault)
    }

    /// Counts a call at every fault and returns the first one that strikes it.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        let mut struck = None;
        for (fault, seen) in &mut self.switches {
            if fault.when.matches(method, path) {
                *seen += 1;
                if struck.is_none() && fault.when.occurrence.includes(*seen) {
                    struck = Some(fault.kind.clone());
                }
            }
        }
        struck
    }
}

impl When {
    fn matches(&self, method: &str, path: &str) -> bool {
        let method_fits = self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        method_fits && self.path.as_deref().is_none_or(|part| path.contains(part))
    }
}

impl Occurrence {
    const fn includes(self, count: u64) -> bool {
        match self {
            Self::Every => true,
            Self::Nth(n) => count == n,
            Self::First(n) => count <= n,
            Self::Chance { permille, seed } => scattered(seed ^ count) % 1_000 < permille,
        }
    }
}

/// Scatters neighbouring numbers over all numbers (the finaliser of `SplitMix64`).
const fn scattered(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Policy {
    /// The value of `policyName`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TenSecondlyRolling => "TEN_SECONDLY_ROLLING",
            Self::Secondly => "SECONDLY",
            Self::Daily => "DAILY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(when: When) -> FaultPlan {
        let mut plan = FaultPlan::default();
        plan.install(Fault { when, kind: FaultKind::RefuseBatch });
        plan
    }

    #[track_caller]
    fn check(when: When, calls: &[(&str, &str)], expected: &[bool]) {
        let mut plan = plan(when);
        let struck: Vec<bool> =
            calls.iter().map(|(method, path)| plan.strike(method, path).is_some()).collect();
        assert_eq!(struck, expected);
    }

    const CALLS: [(&str, &str); 4] =
        [("GET", "/a"), ("POST", "/a/search"), ("POST", "/b/search"), ("POST", "/b")];

    #[test]
    fn the_nth_call_overall_is_struck_once() {
        let when = When { occurrence: Occurrence::Nth(2), ..When::default() };
        check(when, &CALLS, &[false, true, false, false]);
    }

    #[test]
    fn a_chance_strikes_about_as_often_as_it_says_and_the_same_calls_each_time() {
        let struck = |seed| {
            let occurrence = Occurrence::Chance { permille: 100, seed };
            let mut plan = plan(When { occurrence, ..When::default() });
            (0..1_000).map(|_| plan.strike("GET", "/a").is_some()).collect::<Vec<_>>()
        };
        let often = struck(7).iter().filter(|struck| **struck).count();
        assert!((70..=130).contains(&often), "{often}");
        assert!(struck(7) == struck(7) && struck(7) != struck(8));
    }

    #[test]
    fn calls_that_do_not_match_are_not_counted() {
        let when = When { path: Some("search".into()), occurrence: Occurrence::Nth(2), ..When::default() };
        check(when, &CALLS, &[false, false, true, false]);
        let when = When { method: Some("post".into()), occurrence: Occurrence::First(2), ..When::default() };
        check(when, &CALLS, &[false, true, true, false]);
    }

    #[test]
    fn without_conditions_every_call_is_struck() {
        check(When::default(), &CALLS, &[true; 4]);
    }

    #[test]
    fn the_json_form_is_the_documented_one() {
        let text = r#"{"when":{"occurrence":{"nth":2},"path":"batch/update"},"kind":{"fail_after":{"status":{"status":502}}}}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.kind, FaultKind::FailAfter(Failure::Status { status: 502, retry_after_s: None }));
        assert_eq!(fault.when.occurrence, Occurrence::Nth(2));
        let text = r#"{"kind":{"fail_before":{"rate_limited":{"policy":"TEN_SECONDLY_ROLLING","retry_after_s":1}}}}"#;
        assert!(serde_json::from_str::<Fault>(text).is_ok());
        assert!(serde_json::from_str::<Fault>(r#"{"kind":{"fail_befor":"dropped"}}"#).is_err());
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"truncated_body"}"#).is_ok());
        assert!(serde_json::from_str::<Fault>(r#"{"kind":{"hold":"after_commit"}}"#).is_ok());
    }

    #[test]
    fn a_fault_can_be_asked_for_by_name_with_a_chance() {
        let text =
            r#"{"when":{"occurrence":{"chance":{"permille":50,"seed":7}}},"name":"fault.hubspot.gzip"}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.kind, FaultKind::Altered(Alteration::Gzip));
        assert_eq!(fault.when.occurrence, Occurrence::Chance { permille: 50, seed: 7 });
        assert_eq!(serde_json::to_value(&fault).unwrap()["kind"]["altered"], "gzip");
        for wrong in ["{}", r#"{"name":"fault.hubspot.gzip","kind":"refuse_batch"}"#, r#"{"name":"gzip"}"#] {
            assert!(serde_json::from_str::<Fault>(wrong).is_err(), "{wrong}");
        }
    }
}
