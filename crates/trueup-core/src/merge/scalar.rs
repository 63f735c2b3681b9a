//! The merge of a field that holds one value.

use super::{Claim, Flow, Merged, Mirror, Moved, Party, Seen, Step, Survivor, Writes};
use crate::value::Cell;

/// Agrees one field.
///
/// `canonical` and every mirror say what they hold now; a mirror whose cell is unknown takes no part.
#[must_use]
pub fn merge(canonical: &Seen, mirrors: &[Mirror], survivor: Survivor) -> Merged {
    if !canonical.now.is_known() {
        return Merged::Suspended;
    }
    let claims = claims(canonical, mirrors);
    match distinct(&claims).as_slice() {
        [] => Merged::Agreed(canonical.now.clone()),
        [only] => Merged::Agreed((*only).clone()),
        _ => decide(claims, survivor),
    }
}

/// What follows for every side from what was merged.
#[must_use]
pub fn writes(canonical: &Seen, mirrors: &[Mirror], merged: &Merged) -> Writes {
    let Merged::Agreed(agreed) = merged else {
        return Writes { canonical: Step::Skip, mirrors: mirrors.iter().map(|_| Step::Skip).collect() };
    };
    let told = !canonical.now.same(agreed);
    Writes {
        canonical: if told { Step::Write(agreed.clone()) } else { Step::Rest },
        mirrors: mirrors.iter().map(|mirror| step(mirror, told, agreed)).collect(),
    }
}

fn step(mirror: &Mirror, canonical_told: bool, agreed: &Cell) -> Step {
    if !mirror.seen.now.is_known() {
        return Step::Skip;
    }
    // Respelled values rest here: nothing moved, so a difference in spelling is already accounted for.
    if !canonical_told && mirror.canonical_moved == Moved::No && mirror.moved == Moved::No {
        return Step::Rest;
    }
    if mirror.flow == Flow::In || mirror.seen.now.same(agreed) {
        return Step::Account;
    }
    Step::Write(agreed.clone())
}

/// Who wants the field to change. A mirror that only receives claims nothing; the canonical side
/// claims when it moved against any mirror.
fn claims(canonical: &Seen, mirrors: &[Mirror]) -> Vec<Claim> {
    let known = || mirrors.iter().enumerate().filter(|(_, m)| m.seen.now.is_known());
    let canonical_claims = known().any(|(_, m)| m.canonical_moved != Moved::No);
    let own = canonical_claims.then(|| claim(Party::Canonical, canonical));
    let theirs = known()
        .filter(|(_, m)| m.flow != Flow::Out && m.moved != Moved::No)
        .map(|(at, m)| claim(Party::Mirror(at), &m.seen));
    own.into_iter().chain(theirs).collect()
}

fn claim(party: Party, seen: &Seen) -> Claim {
    Claim { party, cell: seen.now.clone(), at: seen.at, version: seen.version }
}

fn distinct(claims: &[Claim]) -> Vec<&Cell> {
    let mut cells: Vec<&Cell> = Vec::new();
    for claim in claims {
        if !cells.iter().any(|cell| cell.same(&claim.cell)) {
            cells.push(&claim.cell);
        }
    }
    cells
}

fn decide(claims: Vec<Claim>, survivor: Survivor) -> Merged {
    let winner = match survivor {
        Survivor::Canonical => by_party(&claims, Party::Canonical),
        Survivor::Mirror(at) => by_party(&claims, Party::Mirror(at)),
        Survivor::Latest { .. } => latest(&claims, survivor),
        Survivor::VersionThenLatest { .. } => highest(&claims).or_else(|| latest(&claims, survivor)),
        Survivor::Union | Survivor::Ask => None,
    };
    match winner {
        Some(cell) => Merged::Agreed(cell),
        None => Merged::Conflicted(claims),
    }
}

fn by_party(claims: &[Claim], party: Party) -> Option<Cell> {
    claims.iter().find(|claim| claim.party == party).map(|claim| claim.cell.clone())
}

/// The one claim that is later than every claim of another value by more than the tolerance.
fn latest(claims: &[Claim], survivor: Survivor) -> Option<Cell> {
    let skew = survivor.skew()?;
    let beats = |a: &Claim, b: &Claim| match (a.at, b.at) {
        _ if a.cell.same(&b.cell) => true,
        (Some(a), Some(b)) => a.duration_since(b) > skew,
        _ => false,
    };
    claims.iter().find(|a| claims.iter().all(|b| beats(a, b))).map(|claim| claim.cell.clone())
}

fn highest(claims: &[Claim]) -> Option<Cell> {
    let beats = |a: &Claim, b: &Claim| a.cell.same(&b.cell) || (b.version.is_some() && a.version > b.version);
    claims.iter().find(|a| claims.iter().all(|b| beats(a, b))).map(|claim| claim.cell.clone())
}
