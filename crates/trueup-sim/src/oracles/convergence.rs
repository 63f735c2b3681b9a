//! O1 (I-01): after two full runs in peace, every lead has its record and both agree; where they do not, the
//! very field or record is on record as not agreeing.

use trueup_core::link::LinkState;

use super::{Evidence, Seen, bare, entries, excuses, is_ours};
use crate::{
    scene::{Agreement, How},
    table::Row,
};

/// Every disagreement that nobody knows of.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for mirror in &evidence.mirrors {
        for (key, lead) in evidence.leads() {
            broken.extend(lead_of(evidence, mirror, key, lead));
        }
    }
    broken
}

fn lead_of(evidence: &Evidence<'_>, mirror: &Seen<'_>, key: &str, lead: &Row) -> Vec<String> {
    if excuses::record(evidence, mirror, key) {
        return Vec::new();
    }
    let place = format!("{}/{key}", mirror.name);
    let Some(link) = evidence.link(mirror.name, key) else {
        return vec![format!("O1: {place} has no record and nobody knows")];
    };
    match mirror.row(link.remote.as_str()) {
        Some(record) if is_ours(record) && link.state == LinkState::Active => {
            let differs =
                evidence.agreements(mirror.name).iter().filter(|agreement| !agree(agreement, lead, record));
            let untold = differs.filter(|agreement| !excuses::field(evidence, mirror, key, &agreement.field));
            untold.map(|one| format!("O1: {} of {place} differs and nobody knows", one.field)).collect()
        }
        Some(record) if is_ours(record) => {
            vec![format!("O1: the link of {place} is {:?} although both are there", link.state)]
        }
        Some(_) => vec![format!("O1: the record of {place} is not ours any more and nobody knows")],
        None => vec![format!("O1: the record of {place} is gone and nobody knows")],
    }
}

/// Whether a lead and a record agree in one field.
#[must_use]
pub fn agree(agreement: &Agreement, lead: &Row, record: &Row) -> bool {
    let ours = lead.values.get(&agreement.canonical).map_or("", String::as_str);
    let theirs = record.values.get(&agreement.mirror).map_or("", String::as_str);
    match agreement.how {
        How::Same => bare(ours) == bare(theirs),
        How::First => entries(ours).next().unwrap_or_default() == bare(theirs),
        How::Rest => {
            let main = record.values.get("email").map_or("", String::as_str);
            let held: Vec<String> = entries(theirs).chain(entries(main)).collect();
            entries(ours).skip(1).all(|entry| held.contains(&entry))
        }
        How::Token => excuses::carries(record.values.get(&agreement.mirror), ours),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use trueup_core::{link::LinkState, plan::FindingKind};

    use super::super::support::Case;
    use crate::{people::PERSON, scene::OWNER};

    #[test]
    fn a_field_that_differs_without_a_word_is_found() {
        let mut case = Case::agreeing(3);
        case.check(super::check, &[]);
        case.crm_set(1, "city", "Elsewhere");
        case.check(super::check, &["O1: city of crm/R00002 differs"]);
    }

    #[test]
    fn only_what_names_the_field_excuses_it() {
        let mut case = Case::agreeing(3);
        case.crm_set(1, "city", "Elsewhere");
        case.tell("R00002.phone", Some("R00002"), FindingKind::Finding, "phone differs");
        case.tell("R00001.city", Some("R00001"), FindingKind::Finding, "city differs, as that of R00002");
        case.check(super::check, &["O1: city of crm/R00002 differs"]);
        case.tell("R00002.city", Some("R00002"), FindingKind::Finding, "city differs");
        case.check(super::check, &[]);
    }

    #[test]
    fn a_link_or_a_finding_that_says_that_a_record_is_away_is_believed_only_where_it_is() {
        let states =
            [LinkState::Tombstone, LinkState::OutOfScope, LinkState::Suspect { since: Timestamp::MIN }];
        for state in states {
            let mut case = Case::agreeing(1);
            case.link_is("R00001", state);
            case.tells(
                ("crm", "deleted", "R00001"),
                Some("R00001"),
                FindingKind::Finding,
                "its record is gone",
            );
            let expected = format!("O1: the link of crm/R00001 is {state:?} although both are there");
            case.check(super::check, &[&expected]);
            case.crm_set(0, "owner", "theirs");
            case.check(super::check, &[]);
            case.crm_set(0, "owner", OWNER);
            case.check(super::check, &[&expected]);
            case.crm.archive("000001", true, PERSON, case.now);
            case.check(super::check, &[]);
        }
    }

    #[test]
    fn a_record_that_people_made_one_with_another_is_away_only_where_it_is_told_whose_it_may_be() {
        let mut case = Case::agreeing(2);
        case.crm_merges(0, 1);
        for key in ["R00001", "R00002"] {
            case.link_is(key, LinkState::Tombstone);
        }
        let told = ["O1: the link of crm/R00001 is Tombstone", "O1: the link of crm/R00002 is Tombstone"];
        case.check(super::check, &told);
        case.tells(("crm", "ambiguous", "000009"), None, FindingKind::Finding, "is what several became");
        case.check(super::check, &told);
        case.tells(("crm", "ambiguous", "000003"), None, FindingKind::Finding, "is what several became");
        case.check(super::check, &[]);
    }

    #[test]
    fn a_lead_without_a_record_and_a_record_that_went_away_are_found() {
        let mut case = Case::agreeing(2);
        case.unlink(0);
        case.crm_set(1, "owner", "theirs");
        case.check(
            super::check,
            &["O1: crm/R00001 has no record", "O1: the record of crm/R00002 is not ours any more"],
        );
    }
}
