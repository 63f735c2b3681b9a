//! O3 (I-15): we put nobody away whose record in the source of truth stood there, unmerged, when we looked.

use jiff::{SignedDuration, Timestamp};

use super::entities_of;
use crate::{
    oracles::{Evidence, Seen, echo::RUN},
    table::{Version, rows::ENGINE},
};

/// Every copy that was put away for nothing.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.mirrors.iter().flat_map(|mirror| of_mirror(evidence, mirror)).collect()
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Vec<String> {
    let cycle = SignedDuration::from_mins(evidence.options.every_min.cast_signed());
    let mut broken = Vec::new();
    for (id, row) in mirror.table.rows.iter().chain(&mirror.table.gone) {
        // What people made of two records has the history of one of them, which was put away under its own id.
        let own = |version: &Version| version.by == ENGINE && version.at >= row.made;
        let away = |version: &&Version| is_away(version) && own(version) && version.at < evidence.calm;
        // Where it takes back the run that had made the record, a person asked for it. The hold that it left tells that
        // no more once the record is back, or is made anew.
        let undoes = |version: &&Version| evidence.opened.undoes(mirror.name, id, version.at);
        for version in row.history.iter().filter(away).filter(|version| !undoes(version)) {
            let entities = entities_of(evidence, mirror.name, id);
            let sent = version.sent.unwrap_or(version.at);
            let looked = evidence.opened.read_by(sent, RUN) - cycle;
            let alive = entities.into_iter().filter(|entity| !was_gone(evidence, entity, (looked, sent)));
            broken.extend(
                alive.map(|entity| format!("O3: {}/{id} was put away and {entity} was there", mirror.name)),
            );
        }
    }
    broken
}

/// Whether an entity was away at any time between two instants.
fn was_gone(evidence: &Evidence<'_>, entity: &str, (from, to): (Timestamp, Timestamp)) -> bool {
    let Some(row) = evidence.truth.table.rows.get(entity) else { return true };
    let whole: Vec<&Version> = row.history.iter().filter(|version| version.column.is_empty()).collect();
    whole.iter().enumerate().any(|(at, version)| {
        let ends = whole.get(at + 1).map_or(Timestamp::MAX, |next| next.at);
        is_away(version) && version.at <= to && ends >= from
    })
}

/// Whether a version says that the whole row was put away.
fn is_away(version: &Version) -> bool {
    version.column.is_empty() && version.value.is_some()
}

#[cfg(test)]
mod tests {
    use super::super::super::support::Case;
    use crate::people::PERSON;

    #[test]
    fn a_copy_is_put_away_for_nothing_unless_that_very_archive_takes_its_create_back() {
        let mut case = Case::agreeing(1);
        case.link("000001", "000001");
        case.engine_intends_archive("000001", true);
        case.engine_archives("000001");
        case.check(super::check, &[]);
        case.later(1);
        case.crm.archive("000001", false, PERSON, case.now);
        case.engine_intends_archive("000001", false);
        case.engine_archives("000001");
        case.check(super::check, &["O3: crm/000001 was put away and 000001 was there"]);
    }
}
