//! A2: whatever changed with our credentials was asked for by a request that had been taken, for this record and these
//! columns; and a request takes effect once at most.

use crate::{
    case::{Case, Story, place},
    line::{Change, Request},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let unasked = case.ours().filter(|change| !is_asked(case, change));
    let unasked =
        unasked.map(|change| format!("{} was changed by us and no request asked for it", place(change)));
    let unborn = case.unborn.iter().map(|change| format!("{} was never made", place(change)));
    let twice = case.stories.iter().filter(|(_, story)| effects(story) > taken(story));
    let twice =
        twice.map(|(intent, _)| format!("requests {intent} took effect more often than they were taken"));
    unasked.chain(unborn).chain(twice).collect()
}

fn is_asked(case: &Case<'_>, change: &Change) -> bool {
    let story = change.request.as_deref().and_then(|request| case.stories.get(request));
    story.is_some_and(|story| story.requests.iter().any(|request| asks(request, change)))
}

fn asks(request: &Request, change: &Change) -> bool {
    request.refused.is_none()
        && request.seq < change.seq
        && request.system == change.system
        && request.verb == change.verb
        && request.record.as_ref().is_none_or(|record| *record == change.record)
        && change.fields.keys().all(|column| request.fields.contains_key(column))
}

fn taken(story: &Story<'_>) -> usize {
    story.requests.iter().filter(|request| request.refused.is_none()).count()
}

fn effects(story: &Story<'_>) -> usize {
    story.changes.len() + story.failures.len()
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::Line;

    #[test]
    fn a_change_that_was_asked_for_is_fine() {
        Evidence::of_one_update().check("A2", &[]);
        Evidence::of_one_create().check("A2", &[]);
    }

    #[test]
    fn a_change_that_nobody_asked_for_or_that_was_turned_away_is_caught() {
        let mut evidence = Evidence::of_one_update();
        evidence.lines.retain(|line| !matches!(line, Line::Request(_)));
        evidence.check("A2", &["crm/1 at 6 was changed by us", "requests i1 took effect more often"]);
        let mut evidence = Evidence::of_one_update();
        for line in &mut evidence.lines {
            if let Line::Request(request) = line {
                request.refused = Some("busy".into());
            }
        }
        evidence.check("A2", &["crm/1 at 6 was changed by us", "requests i1 took effect more often"]);
    }

    #[test]
    fn a_request_that_took_effect_twice_and_a_record_from_nowhere_are_caught() {
        let mut evidence = Evidence::of_one_update();
        evidence.lands("i1");
        evidence.sets("crm", "9", "city", "Granby");
        evidence.check("A2", &["crm/9 at 10 was never made", "requests i1 took effect more often"]);
    }
}
