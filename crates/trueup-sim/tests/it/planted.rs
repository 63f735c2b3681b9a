//! A build with planted defects: the quickest of them are noticed, and a seed that notices one holds without it.

use trueup_core::{guard::Rule, planted::Defect};
use trueup_sim::{
    defects::{Search, search, shows},
    run::{Told, run},
    swarm::Options,
};

/// Those that show within few seeds, over gate, core, guard and engine.
const QUICK: [Defect; 8] = [
    Defect::NoPreimage,
    Defect::TombstoneForgotten,
    Defect::ApprovalWithoutCeiling,
    Defect::AliasNotFollowed,
    Defect::UndoTramples,
    Defect::AckBeforeStore,
    Defect::ConflictOverwritten,
    Defect::Rule(Rule::TooManyCreates),
];

fn play(seeds: &[u64]) -> Vec<(u64, Told)> {
    seeds.iter().map(|seed| (*seed, run(*seed))).collect()
}

// Defects are planted in the whole process, so that they are looked for one after the other.
#[test]
fn planted_defects_that_show_soon_are_noticed_within_two_hundred_seeds() {
    for defect in QUICK {
        let may = |seed| shows(defect, &Options::of(seed));
        let found = search(Search { seeds: 200, starts: 1 }, defect, may, play);
        assert!(found.is_good(), "{}", found.line());
    }
}
