//! One element of a set between the source of truth and one mirror: [`trueup_core::merge::merge_set`].

use anyhow::Result;
use compact_str::CompactString;
use trueup_core::{
    merge::{Flow, Keeping, Merged, SetMirror, Survivor, merge_set, told},
    value::Cell,
};

use crate::{
    merge::{FLOWS, SURVIVORS},
    table::{Row, Section, Tell},
};

/// The section.
pub const SECTION: Section = Section {
    name: "set",
    about: "What one element of a set comes to between the source of truth and one mirror",
    spec: include_str!("../spec/set.spec"),
    rows,
};

/// What one side says of an element: whether it had it, if that is known, and whether it has it.
#[derive(Clone, Copy)]
struct Side {
    had: Option<bool>,
    has: bool,
}

const KEEPING: [(&str, Keeping); 2] = [("changes", Keeping::Changes), ("appends", Keeping::Appends)];
const BOTH: [bool; 2] = [false, true];

#[expect(clippy::unnecessary_wraps, reason = "every section has the same signature")]
fn rows(row: &mut Tell<'_>) -> Result<()> {
    for (canonical, mirror) in pairs() {
        for flow in FLOWS {
            for survivor in SURVIVORS {
                for keeping in KEEPING {
                    for bystander in bystanders(canonical.had.is_some()) {
                        let sets = Sets { canonical, mirror, bystander };
                        let (now, theirs) = sets.set(flow.1);
                        let own = theirs.now.clone();
                        let merged = merge_set(&now, &[theirs], survivor.1, keeping.1);
                        let facts = [
                            had(canonical),
                            has(canonical),
                            had(mirror),
                            has(mirror),
                            flow.0,
                            survivor.0,
                            keeping.0,
                        ];
                        let case = format!("{} beside {}", facts.join(" "), beside(bystander));
                        row(Row { case: &case, facts: &facts, outcome: outcome(&merged, &own, survivor.1) });
                    }
                }
            }
        }
    }
    Ok(())
}

fn pairs() -> Vec<(Side, Side)> {
    let sides = |had: Option<bool>| BOTH.map(|has| Side { had, has });
    let mut pairs = Vec::new();
    for (ours, theirs) in
        BOTH.into_iter().flat_map(|ours| BOTH.map(|theirs| (Some(ours), Some(theirs)))).chain([(None, None)])
    {
        for canonical in sides(ours) {
            pairs.extend(sides(theirs).map(|mirror| (canonical, mirror)));
        }
    }
    pairs
}

// A second element that nobody disputes: what becomes of the first must not depend on it.
fn bystanders(based: bool) -> [(Side, Side); 2] {
    BOTH.map(|has| {
        let side = Side { had: based.then_some(has), has };
        (side, side)
    })
}

fn beside((side, _): (Side, Side)) -> &'static str {
    if side.has { "an element both hold" } else { "nothing" }
}

/// Two elements: the one in question, and one beside it.
struct Sets {
    canonical: Side,
    mirror: Side,
    bystander: (Side, Side),
}

impl Sets {
    fn set(&self, flow: Flow) -> (Cell, SetMirror) {
        let (canonical, mirror) = ([self.canonical, self.bystander.0], [self.mirror, self.bystander.1]);
        let based = self.canonical.had.is_some();
        let base = |sides: [Side; 2]| based.then(|| names(sides, |side| side.had == Some(true)));
        let now = |sides: [Side; 2]| Cell::list(names(sides, |side| side.has));
        let theirs =
            SetMirror { now: now(mirror), base: base(mirror), canonical_base: base(canonical), flow };
        (now(canonical), theirs)
    }
}

fn names(sides: [Side; 2], keep: impl Fn(&Side) -> bool) -> Vec<CompactString> {
    let kept = sides.iter().zip(["a", "b"]).filter(|(side, _)| keep(side));
    kept.map(|(_, name)| CompactString::new(name)).collect()
}

fn outcome(merged: &Merged, own: &Cell, survivor: Survivor) -> &'static str {
    let holds = |cell: &Cell| cell.items().iter().any(|item| item == "a");
    match merged {
        Merged::Conflicted(_) => "conflict",
        Merged::Suspended => "suspend",
        Merged::Agreed(cell) if holds(cell) => "in",
        Merged::Agreed(cell) if holds(&told(cell, own, survivor)) => "own",
        Merged::Agreed(_) => "out",
    }
}

const fn had(side: Side) -> &'static str {
    match side.had {
        None => "new",
        Some(true) => "yes",
        Some(false) => "no",
    }
}

const fn has(side: Side) -> &'static str {
    if side.has { "yes" } else { "no" }
}
