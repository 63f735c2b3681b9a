//! One element of a set between the source of truth and one mirror: [`trueup_core::merge::merge_set`].

use anyhow::Result;
use compact_str::CompactString;
use trueup_core::{
    merge::{Merged, SetSeen, merge_set},
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

const BOTH: [bool; 2] = [false, true];

#[expect(clippy::unnecessary_wraps, reason = "every section has the same signature")]
fn rows(row: &mut Tell<'_>) -> Result<()> {
    for (canonical, mirror) in pairs() {
        for flow in FLOWS {
            for survivor in SURVIVORS {
                for bystander in bystanders(canonical.had.is_some()) {
                    let with = |side: Side, other: Side| set(&[("a", side), ("b", other)]);
                    let (ours, theirs) = (with(canonical, bystander.0), with(mirror, bystander.1));
                    let merged = merge_set(&ours, &theirs, flow.1, survivor.1);
                    let facts =
                        [had(canonical), has(canonical), had(mirror), has(mirror), flow.0, survivor.0];
                    let case = format!("{} beside {}", facts.join(" "), beside(bystander));
                    row(Row { case: &case, facts: &facts, outcome: outcome(&merged) });
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

fn set(elements: &[(&str, Side)]) -> SetSeen {
    let names = |keep: &dyn Fn(&Side) -> bool| -> Vec<CompactString> {
        let kept = elements.iter().filter(|(_, side)| keep(side));
        kept.map(|(name, _)| CompactString::new(name)).collect()
    };
    let based = elements.iter().all(|(_, side)| side.had.is_some());
    SetSeen {
        now: Cell::list(names(&|side| side.has)),
        base: based.then(|| names(&|side| side.had == Some(true))),
    }
}

fn outcome(merged: &Merged) -> &'static str {
    match merged {
        Merged::Conflicted(_) => "conflict",
        Merged::Suspended => "suspend",
        Merged::Agreed(cell) if cell.items().iter().any(|item| item == "a") => "in",
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
