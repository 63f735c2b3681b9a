//! A10: what an intent says that a column held stood there at the look before the request, and what an entry says is
//! what its intent said.

use crate::{
    case::{Case, Story, something},
    line::{Entry, Event, Request},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for request in &case.requests {
        let Some(story) = case.stories.get(&*request.request) else { continue };
        let wrong = misread(case, request, story);
        found.extend(wrong.map(|column| {
            format!(
                "{column} of {}/{} did not hold what intent {} says",
                request.system,
                request.record.as_deref().unwrap_or_default(),
                request.request
            )
        }));
    }
    for entry in &case.entries {
        if is_changed(case, entry) {
            found.push(format!(
                "entry {} ({:?} of {}/{}) says another value than its intent",
                entry.place, entry.event, entry.system, entry.entity
            ));
        }
    }
    found
}

fn misread<'s>(
    case: &'s Case<'_>,
    request: &'s Request,
    story: &'s Story<'_>,
) -> impl Iterator<Item = &'s str> {
    let life = request.record.as_ref().and_then(|record| case.life(&request.system, record));
    let looked = story.look(request).zip(story.sending(request.seq)).zip(life);
    let edits = looked
        .into_iter()
        .flat_map(|((look, sending), life)| sending.edits.iter().map(move |edit| (edit, life, look)));
    edits.filter_map(|(edit, life, look)| {
        let stood = edit.before.known().is_some_and(|before| life.stood(&edit.column, before, look));
        (!stood).then_some(&*edit.column)
    })
}

fn is_changed(case: &Case<'_>, entry: &Entry) -> bool {
    let story = entry.intent.as_deref().and_then(|intent| case.stories.get(intent));
    let Some(intent) = story.and_then(|story| story.intended) else { return false };
    let edit = intent.edits.iter().find(|edit| Some(&edit.column) == entry.column.as_ref());
    let Some((said, told)) = edit.and_then(|edit| edit.before.known()).zip(entry.before.known()) else {
        return false;
    };
    entry.event != Event::Overwrote && something(said) != something(told)
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::{Cell, Line};

    #[test]
    fn a_value_that_stood_there_at_the_look_is_fine() {
        Evidence::of_one_update().check("A10", &[]);
        Evidence::of_one_archive().check("A10", &[]);
    }

    #[test]
    fn a_value_that_did_not_stand_there_at_the_look_is_caught() {
        let mut evidence = Evidence::new();
        evidence.makes("crm", "1", &[("city", "Granby")]);
        evidence.sets("crm", "1", "city", "Aspen");
        evidence.intends("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
        evidence.says_sent("i1");
        evidence.asks("i1");
        evidence.check("A10", &["city of crm/1 did not hold what intent i1 says"]);
    }

    #[test]
    fn what_was_turned_away_and_is_sent_again_without_another_word_goes_by_the_first_look() {
        let mut evidence = Evidence::new();
        evidence.makes("crm", "1", &[("city", "Granby")]);
        evidence.intends("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
        evidence.says_sent("i1");
        evidence.asks("i1");
        evidence.sets("crm", "1", "city", "Aspen");
        evidence.asks("i1");
        evidence.check("A10", &[]);
        evidence.says_sent("i1");
        evidence.asks("i1");
        evidence.check("A10", &["city of crm/1 did not hold what intent i1 says"]);
    }

    #[test]
    fn an_entry_with_another_value_than_its_intent_is_caught() {
        let mut evidence = Evidence::of_one_update();
        for line in &mut evidence.lines {
            if let Line::Entry(entry) = line {
                entry.before = Cell::Known(Some("Aspen".into()));
            }
        }
        evidence.check("A10", &["entry 1 (Landed of crm/R1) says another value"]);
    }
}
