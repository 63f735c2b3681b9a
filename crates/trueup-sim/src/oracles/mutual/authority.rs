//! O4 (I-06) where every system is edited: a field that only flows in is its mirror's own, and never written there.

use trueup_core::merge::Flow;

use crate::{
    oracles::Evidence,
    scene::peers::{FIELDS, flow},
    table::{Row, rows::ENGINE},
};

/// Fields that were written against their direction.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (at, mirror) in evidence.mirrors.iter().enumerate() {
        for field in FIELDS.into_iter().filter(|field| flow(evidence.options.scene, at, field) == Flow::In) {
            let written = mirror.table.rows.iter().filter(|(_, row)| is_told(row, field));
            broken.extend(written.map(|(id, _)| {
                format!("O4: {field} of {}/{id} flows in only, and was written", mirror.name)
            }));
        }
    }
    broken
}

fn is_told(row: &Row, field: &str) -> bool {
    row.history.iter().any(|version| version.column == field && version.by == ENGINE)
}

#[cfg(test)]
mod tests {
    use crate::{oracles::support::Case, scene::Scene};

    #[test]
    fn a_write_against_the_direction_of_a_field_is_found() {
        let mut case = Case::agreeing(1);
        case.options.scene = Scene::Fields;
        case.crm_set(0, "phone", "+12025550111");
        case.engine_sets(0, "city", "Granby");
        case.check(super::check, &[]);
        case.engine_sets(0, "phone", "+12025550112");
        case.check(super::check, &["O4: phone of crm/000001 flows in only"]);
    }
}
