//! The merge of a field that holds a set or a log: element by element, each with its own base on each side.

use compact_str::CompactString;

use super::{Claim, Flow, Merged, Mirror, Moved, Party, Seen, Survivor, merge};
use crate::value::Cell;

/// What one mirror says about a set, and what was accounted for with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMirror {
    /// The normalised cell now; one that is unknown takes no part.
    pub now: Cell,
    /// The elements it held when it was last accounted for; `None` when there is no base.
    pub base: Option<Vec<CompactString>>,
    /// The elements the canonical side held then.
    pub canonical_base: Option<Vec<CompactString>>,
    /// Which way elements may go.
    pub flow: Flow,
}

/// What holds for a set besides its survivor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Elements come and go as people say.
    Changes,
    /// Elements are only ever added: what two sides hold when they first meet is united.
    Appends,
}

/// Agrees a set between the canonical side and all mirrors. The result is sorted, as normalised sets are.
///
/// `Union` keeps every element of every side that may tell the canonical one, so nothing a person added is ever
/// taken away. What a mirror holds that only receives stays its own: see [`told`].
#[must_use]
pub fn merge_set(canonical: &Cell, mirrors: &[SetMirror], survivor: Survivor, keeping: Keeping) -> Merged {
    if !canonical.is_known() {
        return Merged::Suspended;
    }
    let mut kept = Vec::new();
    for item in all_items(canonical, mirrors) {
        match element(canonical, mirrors, &item, (survivor, keeping)) {
            Merged::Agreed(cell) if cell.is_blank() => {}
            Merged::Agreed(_) => kept.push(item),
            Merged::Conflicted(claims) => return whole(canonical, mirrors, &claims),
            Merged::Suspended => return Merged::Suspended,
        }
    }
    kept.sort();
    Merged::Agreed(Cell::list(kept))
}

/// What a mirror is told of an agreed set: under `Union` it keeps what it holds besides.
#[must_use]
pub fn told(agreed: &Cell, own: &Cell, survivor: Survivor) -> Cell {
    if survivor != Survivor::Union {
        return agreed.clone();
    }
    let mut items = agreed.items();
    for item in own.items() {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items.sort();
    Cell::list(items)
}

fn element(
    canonical: &Cell,
    mirrors: &[SetMirror],
    item: &str,
    (survivor, keeping): (Survivor, Keeping),
) -> Merged {
    let known = || mirrors.iter().filter(|mirror| mirror.now.is_known() && mirror.flow != Flow::Out);
    let holds = |cell: &Cell| contains(&cell.items(), item);
    let first = |mirror: &SetMirror| mirror.base.is_none() || mirror.canonical_base.is_none();
    let met = keeping == Keeping::Appends && known().any(|m| first(m) && (holds(&m.now) || holds(canonical)));
    if met || survivor == Survivor::Union {
        let there = holds(canonical) || known().any(|mirror| holds(&mirror.now));
        return Merged::Agreed(if there { Cell::text(item) } else { Cell::Empty });
    }
    let parts: Vec<Mirror> = mirrors.iter().map(|mirror| part(canonical, mirror, item)).collect();
    merge(&presence(canonical, item), &parts, survivor)
}

fn part(canonical: &Cell, mirror: &SetMirror, item: &str) -> Mirror {
    Mirror {
        seen: presence(&mirror.now, item),
        moved: moved(mirror.base.as_deref(), &mirror.now, item),
        canonical_moved: moved(mirror.canonical_base.as_deref(), canonical, item),
        flow: mirror.flow,
    }
}

fn presence(cell: &Cell, item: &str) -> Seen {
    let now = match cell {
        cell if !cell.is_known() => cell.clone(),
        cell if contains(&cell.items(), item) => Cell::text(item),
        _ => Cell::Empty,
    };
    Seen { now, at: None, version: None }
}

fn moved(base: Option<&[CompactString]>, now: &Cell, item: &str) -> Moved {
    match base {
        None => Moved::New,
        Some(base) if contains(base, item) == contains(&now.items(), item) => Moved::No,
        Some(_) => Moved::Yes,
    }
}

/// A conflict about one element is told as what each side holds in all.
fn whole(canonical: &Cell, mirrors: &[SetMirror], claims: &[Claim]) -> Merged {
    let cell = |party: Party| match party {
        Party::Mirror(at) => mirrors.get(at).map_or(Cell::Absent, |mirror| mirror.now.clone()),
        Party::Canonical | Party::Journal => canonical.clone(),
    };
    let whole = claims.iter().map(|claim| Claim { cell: cell(claim.party), ..claim.clone() });
    Merged::Conflicted(whole.collect())
}

fn contains(items: &[CompactString], item: &str) -> bool {
    items.iter().any(|i| i == item)
}

fn all_items(canonical: &Cell, mirrors: &[SetMirror]) -> Vec<CompactString> {
    let mut all = canonical.items();
    for item in mirrors.iter().flat_map(|mirror| mirror.now.items()) {
        if !contains(&all, &item) {
            all.push(item);
        }
    }
    all
}
