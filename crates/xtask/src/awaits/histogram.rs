//! How often seeds killed at each await.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Await, Exempt};

/// How many kills each await of a recorded run has.
pub const LEAST: u64 = 100;
/// An await with so many times the least is far from rare: no reason is needed for it. Anything less may be chance, and
/// a record of hours is not refused for a reason that chance made needless.
const FAR_ABOVE: u64 = 10;

/// Kills by await, of one run or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(pub BTreeMap<String, u64>);

impl Histogram {
    /// Adds what one run told, recorded in a chunk or not.
    pub fn add(&mut self, told: &Value) {
        let run = told.get("run").unwrap_or(told);
        let awaits = run.get("awaits").and_then(Value::as_object).into_iter().flatten();
        for (place, count) in awaits {
            *self.0.entry(place.clone()).or_default() += count.as_u64().unwrap_or_default();
        }
    }

    fn of(&self, place: &Await) -> u64 {
        self.0.get(&place.to_string()).copied().unwrap_or_default()
    }
}

/// What the comparison of list and histogram came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// How many awaits have enough kills.
    pub struck: usize,
    /// How many have not, and need not.
    pub exempt: usize,
    /// Those that have not, with their counts.
    pub short: Vec<(Await, u64)>,
    /// Exemptions that excuse nothing.
    pub idle: Vec<Exempt>,
}

/// Compares what there is with what was struck.
#[must_use]
pub fn compare(list: &[Await], exempts: &[Exempt], histogram: &Histogram) -> Compared {
    let (struck, rest): (Vec<&Await>, Vec<&Await>) =
        list.iter().partition(|place| histogram.of(place) >= LEAST);
    let covered = |place: &Await| exempts.iter().any(|exempt| exempt.covers(place));
    let (exempt, short): (Vec<&Await>, Vec<&Await>) = rest.into_iter().partition(|place| covered(place));
    let may_be_short = |place: &&Await| histogram.of(place) < LEAST * FAR_ABOVE;
    let rare: Vec<&Await> = list.iter().filter(may_be_short).collect();
    let idle = exempts.iter().filter(|rule| !rare.iter().any(|place| rule.covers(place)));
    Compared {
        struck: struck.len(),
        idle: idle.cloned().collect(),
        exempt: exempt.len(),
        short: short.into_iter().map(|place| (place.clone(), histogram.of(place))).collect(),
    }
}

impl Compared {
    /// Whether every await was struck or is exempt, and every exemption is needed.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.short.is_empty() && self.idle.is_empty()
    }

    /// What is wrong, a line each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let short = self.short.iter();
        let short = short.map(|(place, count)| format!("{count:>6} kills  {place}  {}", place.code));
        let idle = self.idle.iter();
        let idle = idle.map(|rule| format!("exempt for nothing: {} {}", rule.path, rule.words));
        short.chain(idle).collect()
    }

    /// In one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let all = self.struck + self.exempt + self.short.len();
        let (struck, exempt, short) = (self.struck, self.exempt, self.short.len());
        format!("{all} awaits: {struck} with at least {LEAST} kills, {exempt} exempt, {short} with fewer")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(line: usize) -> Await {
        Await { path: "a.rs".into(), line, column: 5, code: format!("wait_{line}().await") }
    }

    fn exempt(words: &str) -> Exempt {
        Exempt { path: "a.rs".into(), words: words.into(), reason: "it never suspends".into() }
    }

    #[test]
    fn each_await_needs_its_kills_or_a_reason_and_each_reason_an_await() {
        let mut histogram = Histogram::default();
        histogram.add(&json!({"awaits": {"a.rs:1:5": 60, "a.rs:2:5": 99}}));
        histogram.add(&json!({"commit": "abc", "run": {"awaits": {"a.rs:1:5": 40}}}));
        let list = [place(1), place(2), place(3)];
        let compared = compare(&list, &[exempt("wait_3"), exempt("wait_4")], &histogram);
        assert_eq!((compared.struck, compared.exempt), (1, 1));
        assert_eq!(compared.short, [(place(2), 99)]);
        assert_eq!(compared.idle, [exempt("wait_4")]);
        assert!(!compared.is_good() && compared.problems().len() == 2);
        assert_eq!(compared.summary(), "3 awaits: 1 with at least 100 kills, 1 exempt, 1 with fewer");
        assert!(compare(&list[..1], &[], &histogram).is_good());
    }

    #[test]
    fn an_await_that_is_rare_by_its_reason_may_be_struck_often_enough_by_chance_and_not_far_oftener() {
        let with = |kills: u64| {
            let mut histogram = Histogram::default();
            histogram.add(&json!({"awaits": {"a.rs:1:5": kills}}));
            compare(&[place(1)], &[exempt("wait_1")], &histogram)
        };
        assert!(with(325).is_good() && with(999).is_good());
        assert_eq!((with(999).struck, with(999).exempt), (1, 0));
        assert_eq!(with(1000).idle, [exempt("wait_1")]);
    }

    #[test]
    fn a_reason_for_several_awaits_is_needed_as_long_as_one_of_them_is_rare() {
        let mut histogram = Histogram::default();
        histogram.add(&json!({"awaits": {"a.rs:1:5": 78_488}}));
        assert!(compare(&[place(1), place(2)], &[exempt("wait_")], &histogram).is_good());
    }
}
