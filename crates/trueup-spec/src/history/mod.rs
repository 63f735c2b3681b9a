//! Everything that can happen in four steps to one lead with two fields in three systems.
//!
//! A step is a person's edit, clearing or deletion in one system, a record that leaves the scope, or a
//! whole cycle with the real planner and guard, whose writes land. After every history calm cycles
//! follow, and a judge that knows nothing of the merge says whether what it sees can be right
//! ([`judge`]). Histories that differ only in the names of values, fields or mirrors count once.

pub mod config;
pub mod engine;
pub mod judge;
pub mod office;
pub mod step;

use std::collections::BTreeMap;

use anyhow::Result;
use trueup_core::merge::{Flow, Survivor};

use self::{
    config::Config,
    judge::Wrong,
    office::Office,
    step::{Step, applicable, is_first_of_its_sort},
};

/// How long a history is.
pub const STEPS: usize = 4;

/// What was found over all histories of one configuration.
#[derive(Debug, Default)]
pub struct Explored {
    /// How many histories of up to [`STEPS`] steps were played.
    pub histories: usize,
    /// How many cycles that took: situations that several histories come to are judged once.
    pub cycles: usize,
    /// How many changes were written, to any system.
    pub writes: usize,
    /// How many conflicts were opened.
    pub conflicts: usize,
    /// How many histories came out wrong, and the first of each sort, told step by step.
    pub wrong: Vec<(Wrong, usize, String)>,
}

/// The configurations that are played, by name.
pub const CONFIGS: &[(&str, Config)] = &[
    ("out", Config { flow: Flow::Out, survivor: Survivor::Canonical, settles: true }),
    ("in", Config { flow: Flow::In, survivor: Survivor::Canonical, settles: true }),
    ("both, canonical", Config { flow: Flow::Both, survivor: Survivor::Canonical, settles: true }),
    ("both, ask", Config { flow: Flow::Both, survivor: Survivor::Ask, settles: true }),
    ("both, the first mirror", Config { flow: Flow::Both, survivor: Survivor::Mirror(0), settles: true }),
    ("out, never settled", Config { flow: Flow::Out, survivor: Survivor::Canonical, settles: false }),
    ("both, ask, never settled", Config { flow: Flow::Both, survivor: Survivor::Ask, settles: false }),
];

/// Plays every history of a configuration.
///
/// # Errors
/// When the core refuses the configuration.
pub fn explore(config: Config) -> Result<Explored> {
    let mut walk = Walk::default();
    let office = Office::open(config)?;
    walk.explored.histories = walk.on(&office, &mut Vec::new());
    Ok(walk.explored)
}

/// What was found, and how many histories go on from each situation that was met before: what two orders
/// of the same steps lead to needs to be judged only once.
#[derive(Default)]
struct Walk {
    explored: Explored,
    met: BTreeMap<(usize, String), usize>,
}

impl Walk {
    /// Plays every history that begins with this path, and counts them.
    fn on(&mut self, office: &Office, path: &mut Vec<Step>) -> usize {
        let situation = (path.len(), format!("{} {}", office.print(), step::names(path)));
        if let Some(histories) = self.met.get(&situation) {
            return *histories;
        }
        note(&mut self.explored, judge::calm(office.clone()), path);
        let mut histories = 1;
        let steps = if path.len() < STEPS { applicable(office) } else { Vec::new() };
        for step in steps {
            path.push(step);
            if is_first_of_its_sort(path, office.config().is_symmetric()) {
                let mut next = office.clone();
                let found = next.take(step);
                note(&mut self.explored, found, path);
                histories += self.on(&next, path);
            }
            path.pop();
        }
        self.met.insert(situation, histories);
        histories
    }
}

fn note(explored: &mut Explored, found: judge::Found, path: &[Step]) {
    explored.cycles += found.cycles;
    explored.writes += found.writes;
    explored.conflicts += found.conflicts;
    for wrong in found.wrong {
        if let Some((_, count, _)) = explored.wrong.iter_mut().find(|(sort, ..)| *sort == wrong) {
            *count += 1;
        } else {
            let told: Vec<String> = path.iter().map(ToString::to_string).collect();
            explored.wrong.push((wrong, 1, told.join(", ")));
        }
    }
}
