//! Makes a failing seed smaller: switches are put off one by one, for as long as it still fails.

use super::{Told, play};
use crate::swarm::Options;

/// A failing seed, as small as it came.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// What is still switched on.
    pub options: Options,
    /// What was switched off, in order.
    pub off: Vec<String>,
    /// What it comes to.
    pub told: Told,
}

/// Makes a failing seed smaller; `None` when it does not fail.
#[must_use]
pub fn shrink(options: &Options) -> Option<Shrunk> {
    shrink_by(options, play)
}

fn shrink_by(options: &Options, play: impl Fn(&Options) -> Told) -> Option<Shrunk> {
    let told = play(options);
    // The same oracle must fail: another one may be another mistake.
    let first = oracle(told.broken.first()?).to_owned();
    let fails = |told: &Told| told.broken.iter().any(|broken| oracle(broken) == first);
    let mut shrunk = Shrunk { options: options.clone(), off: Vec::new(), told };
    loop {
        let smaller = candidates(&shrunk.options).into_iter().find_map(|(name, smaller)| {
            let told = play(&smaller);
            fails(&told).then_some((name, smaller, told))
        });
        let Some((name, options, told)) = smaller else { return Some(shrunk) };
        shrunk.off.push(name);
        shrunk.options = options;
        shrunk.told = told;
    }
}

/// The oracle that said what is broken: `O1` of `O1: city of crm/1 is …`.
fn oracle(broken: &str) -> &str {
    broken.split(':').next().unwrap_or(broken)
}

/// Everything that is smaller by one switch.
fn candidates(options: &Options) -> Vec<(String, Options)> {
    let mut found = Vec::new();
    for (name, switch) in Options::SWITCHES {
        let mut smaller = options.clone();
        switch(&mut smaller);
        found.push((name.to_owned(), smaller));
    }
    for (at, mirror) in options.mirrors.iter().enumerate() {
        for (name, smaller) in mirror.smaller() {
            let mut mirrors = options.mirrors.clone();
            mirrors.splice(at..=at, [smaller]);
            found.push((format!("no {}", name.name()), Options { mirrors, ..options.clone() }));
        }
    }
    found.retain(|(_, smaller)| smaller != options);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_make_a_seed_fail_is_switched_off_and_what_does_stays() {
        let mut options = Options::of(1);
        (options.kills, options.cuts, options.records) = (9, 9, 100);
        let play = |options: &Options| {
            let broken =
                if options.kills > 0 { vec!["O2: lost".to_owned()] } else { vec!["O1: other".to_owned()] };
            Told { broken, ..Told::default() }
        };
        let shrunk = shrink_by(&options, play).unwrap();
        assert_eq!((shrunk.options.kills, shrunk.options.cuts, shrunk.options.records), (9, 0, 1));
        assert!(shrunk.off.iter().any(|name| name == "no cuts"));
        assert!(shrink_by(&options, |_| Told::default()).is_none());
    }

    #[test]
    fn a_seed_is_not_made_smaller_into_one_that_another_oracle_of_a_longer_number_fails() {
        let options = Options { kills: 9, ..Options::of(1) };
        for (own, other) in [("O1: lost", "O16: A4: lost"), ("O16: A4: lost", "O1: lost")] {
            let play = |options: &Options| {
                let broken = if options.kills > 0 { own } else { other };
                Told { broken: vec![broken.to_owned()], ..Told::default() }
            };
            let shrunk = shrink_by(&options, play).unwrap();
            assert_eq!((shrunk.options.kills, &*shrunk.told.broken), (9, &[own.to_owned()][..]));
        }
    }
}
