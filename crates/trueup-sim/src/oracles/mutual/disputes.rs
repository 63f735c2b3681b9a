//! O7 (I-18) where every system is edited: nobody is asked for what the rule of a field decides.

use trueup_core::{
    memory::{Conflict, FieldKey},
    merge::{Claim, Party, Survivor},
};

use super::SCALARS;
use crate::{oracles::Evidence, table::rows::WHOLE};

/// Every question that the rule answers, whether it is still open or not.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let survivor = evidence.options.rules.survivor;
    let asked = evidence.memory.conflicts.iter().filter(|(key, conflict)| {
        SCALARS.contains(&key.field.as_str())
            && is_between_copies(evidence, key, conflict)
            && is_decided(&conflict.claims, survivor)
    });
    let say = |(key, _): (&FieldKey, _)| {
        let FieldKey { link, field } = key;
        format!(
            "O7: a person is asked about {field} of {}/{}, which {survivor:?} decides",
            link.system, link.entity
        )
    };
    asked.map(say).collect()
}

/// Whether a conflict is about what the copies say, and neither about what an undo met nor about somebody who was away or
/// out of sight.
fn is_between_copies(evidence: &Evidence<'_>, key: &FieldKey, conflict: &Conflict) -> bool {
    let ours = evidence.truth.table.rows.get(key.link.entity.as_str());
    let stood = ours
        .is_some_and(|row| row.hidden.is_none() && row.history.iter().all(|version| version.column != WHOLE));
    stood && conflict.claims.iter().all(|claim| claim.party != Party::Journal)
}

/// Whether a rule says which of the claims wins.
fn is_decided(claims: &[Claim], survivor: Survivor) -> bool {
    let alike = || claims.windows(2).all(|two| matches!(two, [one, other] if one.cell.same(&other.cell)));
    let of = |party| claims.iter().any(|claim| claim.party == party);
    match survivor {
        Survivor::Canonical => of(Party::Canonical) || alike(),
        Survivor::Mirror(at) => of(Party::Mirror(at)) || alike(),
        Survivor::Latest { skew_ms } | Survivor::VersionThenLatest { skew_ms } => {
            alike() || is_one_later(claims, skew_ms)
        }
        Survivor::Ask | Survivor::Union => alike(),
    }
}

/// Whether one claim is later than all of another value, by more than clocks may differ.
fn is_one_later(claims: &[Claim], skew_ms: i64) -> bool {
    claims.iter().any(|one| {
        let mut others = claims.iter().filter(|other| !other.cell.same(&one.cell));
        others.all(|other| match (one.at, other.at) {
            (Some(one), Some(other)) => one.as_millisecond() - other.as_millisecond() > skew_ms,
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use trueup_core::value::Cell;

    use super::*;

    /// Claims of the source of truth and of two mirrors, each with the second at which it was made.
    #[track_caller]
    fn check(survivor: Survivor, claims: &[(Party, &str, Option<i64>)], decided: bool) {
        let at = |second| Timestamp::from_second(second).unwrap();
        let claim = |(party, city, second): &(Party, &str, Option<i64>)| Claim {
            party: *party,
            cell: Cell::text(*city),
            at: second.map(at),
            version: None,
        };
        let claims: Vec<Claim> = claims.iter().map(claim).collect();
        assert_eq!(is_decided(&claims, survivor), decided, "{survivor:?} {claims:?}");
    }

    #[test]
    fn who_rules_is_not_contradicted_and_two_others_are() {
        let [truth, left, right] = [
            (Party::Canonical, "Vail", None),
            (Party::Mirror(0), "Aspen", None),
            (Party::Mirror(1), "Estes", None),
        ];
        for (survivor, decides) in
            [(Survivor::Canonical, true), (Survivor::Mirror(0), true), (Survivor::Ask, false)]
        {
            check(survivor, &[truth, left], decides);
        }
        check(Survivor::Canonical, &[left, right], false);
        check(Survivor::Mirror(0), &[left, right], true);
        check(Survivor::Mirror(0), &[truth, right], false);
        check(Survivor::Ask, &[left, left], true);
    }

    #[test]
    fn the_latest_decides_where_it_is_known_and_later_by_more_than_the_tolerance() {
        let latest = Survivor::Latest { skew_ms: 5_000 };
        let (truth, left) = (Party::Canonical, Party::Mirror(0));
        let claims = |first, then| [(truth, "Vail", first), (left, "Aspen", then)];
        check(latest, &claims(Some(0), Some(5)), false);
        check(latest, &claims(Some(0), Some(6)), true);
        check(latest, &claims(Some(6), Some(0)), true);
        check(latest, &claims(None, Some(6)), false);
    }
}
