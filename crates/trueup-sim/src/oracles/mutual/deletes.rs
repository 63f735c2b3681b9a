//! O3 (I-15): we put nobody away whose record in the source of truth nobody ever put away or merged.

use jiff::Timestamp;
use trueup_core::{
    memory::{FieldKey, LinkKey},
    name::FieldName,
};

use super::entities_of;
use crate::{
    oracles::{Evidence, Seen},
    table::{Version, rows::ENGINE},
};

/// Every copy that was put away for nothing.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.mirrors.iter().flat_map(|mirror| of_mirror(evidence, mirror)).collect()
}

fn of_mirror(evidence: &Evidence<'_>, mirror: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, row) in mirror.table.rows.iter().chain(&mirror.table.gone) {
        // What people made of two records has the history of one of them, which was put away under its own id.
        let own = |version: &Version| version.by == ENGINE && version.at >= row.made;
        let away = |version: &&Version| is_away(version) && own(version) && version.at < evidence.calm;
        for version in row.history.iter().filter(away) {
            let entities = entities_of(evidence, mirror.name, id);
            let alive = entities.into_iter().filter(|entity| !was_gone(evidence, entity, version.at));
            let alive = alive.filter(|entity| !is_taken_back(evidence, mirror, entity));
            broken.extend(
                alive.map(|entity| format!("O3: {}/{id} was put away and {entity} never was", mirror.name)),
            );
        }
    }
    broken
}

/// Whether a person asked for it, by taking back the run that had made the record. Where no answer came, and it was
/// brought back before anybody looked, nobody knows that it was put away, and it is not held.
fn is_taken_back(evidence: &Evidence<'_>, mirror: &Seen<'_>, entity: &str) -> bool {
    let link = LinkKey { system: mirror.name.into(), entity: entity.into() };
    let taken_back = evidence.opened.taken_back.contains(&link);
    taken_back || evidence.memory.holds.contains_key(&FieldKey { link, field: FieldName::new("") })
}

fn was_gone(evidence: &Evidence<'_>, entity: &str, by: Timestamp) -> bool {
    let row = evidence.truth.table.rows.get(entity);
    row.is_none_or(|row| row.history.iter().any(|version| is_away(version) && version.at <= by))
}

/// Whether a version says that the whole row was put away.
fn is_away(version: &Version) -> bool {
    version.column.is_empty() && version.value.is_some()
}
