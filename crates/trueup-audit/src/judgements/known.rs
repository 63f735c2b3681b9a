//! A9: a record that we change stands in the link table as the entity's that the intent names, or as what one became;
//! in the source of truth the entity is the record itself.

use std::collections::BTreeSet;

use crate::{
    case::{Case, place},
    line::{Change, Verb},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let links: BTreeSet<(&str, &str, &str)> =
        case.links.iter().map(|link| (&*link.system, &*link.record, &*link.entity)).collect();
    let ours = case.ours().filter(|change| matches!(change.verb, Verb::Update | Verb::Archive));
    let unknown = ours.filter(|change| is_settled(case, change) && !is_linked(case, &links, change));
    unknown
        .map(|change| format!("{} was never linked to the entity it was written for", place(change)))
        .collect()
}

// A link that was only planned is remembered when the write is settled.
fn is_settled(case: &Case<'_>, change: &Change) -> bool {
    case.asked(change).is_some_and(|(_, story)| story.settled.is_some())
}

fn is_linked(case: &Case<'_>, links: &BTreeSet<(&str, &str, &str)>, change: &Change) -> bool {
    let Some((intent, _)) = case.asked(change) else { return false };
    let is_truth = case.terms.is_some_and(|terms| terms.truth == change.system);
    let lineage = case.lineage(&change.system, &change.record);
    let mut names = lineage.iter().map(|life| &*life.made.record);
    is_truth && intent.entity == change.record
        || names.any(|record| links.contains(&(&*change.system, record, &*intent.entity)))
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::Line;

    #[test]
    fn a_write_to_a_linked_record_is_fine() {
        Evidence::of_one_update().check("A9", &[]);
    }

    #[test]
    fn a_write_to_a_record_that_was_never_linked_is_caught() {
        let mut evidence = Evidence::of_one_update();
        evidence.lines.retain(|line| !matches!(line, Line::Link(_)));
        evidence.check("A9", &["crm/1 at 6 was never linked"]);
        let mut evidence = Evidence::of_one_update();
        for line in &mut evidence.lines {
            if let Line::Link(link) = line {
                link.entity = "R2".into();
            }
        }
        evidence.check("A9", &["crm/1 at 6 was never linked"]);
    }
}
