//! The merge of a field that holds a set: element by element, each with its own base.

use compact_str::CompactString;

use super::{Flow, Merged, Mirror, Moved, Seen, Survivor, merge};
use crate::value::Cell;

/// What one side says about a set, and what its base held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSeen {
    /// The normalised cell now.
    pub now: Cell,
    /// The elements this side held when it was last accounted for; `None` when there is no base.
    pub base: Option<Vec<CompactString>>,
}

/// Agrees a set field between the canonical side and one mirror.
///
/// The result is sorted, as normalised sets are. `Union` keeps every element any side holds, so
/// nothing a person added is ever taken away.
#[must_use]
pub fn merge_set(canonical: &SetSeen, mirror: &SetSeen, flow: Flow, survivor: Survivor) -> Merged {
    if !canonical.now.is_known() || !mirror.now.is_known() {
        return Merged::Suspended;
    }
    let mut kept = Vec::new();
    for item in union(&canonical.now, &mirror.now) {
        match element(canonical, mirror, &item, flow, survivor) {
            Merged::Agreed(cell) if cell.is_blank() => {}
            Merged::Agreed(_) => kept.push(item),
            other @ (Merged::Conflicted(_) | Merged::Suspended) => return other,
        }
    }
    kept.sort();
    Merged::Agreed(Cell::list(kept))
}

fn element(canonical: &SetSeen, mirror: &SetSeen, item: &str, flow: Flow, survivor: Survivor) -> Merged {
    if survivor == Survivor::Union {
        return Merged::Agreed(Cell::text(item));
    }
    let part = Mirror {
        seen: presence(&mirror.now, item),
        moved: moved(mirror, item),
        canonical_moved: moved(canonical, item),
        flow,
    };
    merge(&presence(&canonical.now, item), &[part], survivor)
}

fn presence(cell: &Cell, item: &str) -> Seen {
    let now = if holds(&cell.items(), item) { Cell::text(item) } else { Cell::Empty };
    Seen { now, at: None, version: None }
}

fn moved(side: &SetSeen, item: &str) -> Moved {
    match &side.base {
        None => Moved::New,
        Some(base) if holds(base, item) == holds(&side.now.items(), item) => Moved::No,
        Some(_) => Moved::Yes,
    }
}

fn holds(items: &[CompactString], item: &str) -> bool {
    items.iter().any(|i| i == item)
}

fn union(canonical: &Cell, mirror: &Cell) -> Vec<CompactString> {
    let mut all = canonical.items();
    for item in mirror.items() {
        if !holds(&all, &item) {
            all.push(item);
        }
    }
    all
}
