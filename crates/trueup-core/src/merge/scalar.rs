//! The merge of a field that holds one value.

use super::{Claim, Flow, Merged, Mirror, Moved, Party, Seen, Step, Survivor, Writes};
use crate::value::Cell;

/// Agrees one field.
///
/// `canonical` and every mirror say what they hold now; a mirror whose cell is unknown takes no part. What a mirror
/// made of the value that still stands in the source of truth takes that value's place: somebody knew it and changed
/// it, whatever other mirrors were not told yet. A mirror that changed another value, or is met for the first time,
/// contends with what stands then.
#[must_use]
pub fn merge(canonical: &Seen, mirrors: &[Mirror], survivor: Survivor) -> Merged {
    if !canonical.now.is_known() {
        return Merged::Suspended;
    }
    let contend = claims(mirrors, |m| m.moved != Moved::No && m.canonical_moved != Moved::No);
    let claims: Vec<Claim> = match heir(canonical, mirrors, survivor) {
        Ok((stands, alike)) => {
            if survivor == Survivor::Canonical || contend.iter().all(|claim| claim.cell.same(&stands.cell)) {
                return Merged::Agreed(stands.cell);
            }
            std::iter::once(stands).chain(alike).chain(contend).collect()
        }
        Err(heirs) if survivor == Survivor::Canonical => heirs,
        Err(heirs) => heirs.into_iter().chain(contend).collect(),
    };
    match decide(&claims, survivor) {
        Some(claim) => Merged::Agreed(claim.cell.clone()),
        None => Merged::Conflicted(claims),
    }
}

/// What stands for the source of truth: its own value, or what those made of it who knew it, and who else says the
/// same. Where they differ and no rule decides, their claims.
fn heir(canonical: &Seen, mirrors: &[Mirror], survivor: Survivor) -> Result<(Claim, Vec<Claim>), Vec<Claim>> {
    let heirs = claims(mirrors, |m| m.moved == Moved::Yes && m.canonical_moved == Moved::No);
    let own = || claim(Party::Canonical, canonical);
    match heirs.split_first() {
        None => Ok((own(), Vec::new())),
        Some((first, rest)) if rest.iter().all(|claim| claim.cell.same(&first.cell)) => {
            Ok((first.clone(), rest.to_vec()))
        }
        Some(_) => decide(&heirs, survivor).cloned().map(|claim| (claim, Vec::new())).ok_or(heirs),
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

/// The claims of certain mirrors. One that only receives claims nothing.
fn claims(mirrors: &[Mirror], which: impl Fn(&Mirror) -> bool) -> Vec<Claim> {
    let known = mirrors.iter().enumerate().filter(|(_, m)| m.seen.now.is_known() && m.flow != Flow::Out);
    known.filter(|(_, m)| which(m)).map(|(at, m)| claim(Party::Mirror(at), &m.seen)).collect()
}

fn claim(party: Party, seen: &Seen) -> Claim {
    Claim { party, cell: seen.now.clone(), at: seen.at, version: seen.version }
}

fn decide(claims: &[Claim], survivor: Survivor) -> Option<&Claim> {
    match survivor {
        Survivor::Mirror(at) => claims.iter().find(|claim| claim.party == Party::Mirror(at)),
        Survivor::Latest { .. } => latest(claims, survivor),
        Survivor::VersionThenLatest { .. } => highest(claims).or_else(|| latest(claims, survivor)),
        Survivor::Canonical | Survivor::Union | Survivor::Ask => None,
    }
}

/// The one claim that is later than every claim of another value by more than the tolerance.
fn latest(claims: &[Claim], survivor: Survivor) -> Option<&Claim> {
    let skew = survivor.skew()?;
    let beats = |a: &Claim, b: &Claim| match (a.at, b.at) {
        _ if a.cell.same(&b.cell) => true,
        (Some(a), Some(b)) => a.duration_since(b) > skew,
        _ => false,
    };
    claims.iter().find(|a| claims.iter().all(|b| beats(a, b)))
}

fn highest(claims: &[Claim]) -> Option<&Claim> {
    let beats = |a: &Claim, b: &Claim| a.cell.same(&b.cell) || (b.version.is_some() && a.version > b.version);
    claims.iter().find(|a| claims.iter().all(|b| beats(a, b)))
}
