//! A8: where only some records may be written, a write is sent only after the record was in the scope at the look
//! before it; a new record is made inside; and a write that landed after the scope was lost is told, unless the
//! record came back before anybody looked, or went out of everybody's sight.

use crate::{
    case::{Case, Life, Story, Window, place},
    line::{Change, Event, Request, Scope, Verb},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for request in &case.requests {
        let Some(scope) = scope(case, &request.system) else { continue };
        let Some(story) = case.stories.get(&*request.request) else { continue };
        if !is_sent_inside(case, request, story, scope) {
            found.push(format!(
                "the {:?} at {} in {} was sent for a record outside the scope",
                request.verb, request.seq, request.system
            ));
        }
    }
    for change in case.ours() {
        let Some(scope) = scope(case, &change.system) else { continue };
        if is_raced_in_silence(case, change, scope) {
            found.push(format!("{} was written outside the scope and nobody was told", place(change)));
        }
    }
    found
}

fn scope<'a>(case: &Case<'a>, system: &str) -> Option<&'a Scope> {
    case.systems.get(system)?.scope.as_ref()
}

fn is_sent_inside(case: &Case<'_>, request: &Request, story: &Story<'_>, scope: &Scope) -> bool {
    let Some(record) = &request.record else {
        return request.fields.get(&scope.column).and_then(Option::as_ref) == Some(&scope.value);
    };
    let (Some(life), Some(look)) = (case.life(&request.system, record), story.look(request)) else {
        return false;
    };
    life.stood(&scope.column, Some(&scope.value), look)
}

fn is_raced_in_silence(case: &Case<'_>, change: &Change, scope: &Scope) -> bool {
    let (Some((_, story)), Some(life)) = (case.asked(change), case.life(&change.system, &change.record))
    else {
        return false;
    };
    // Of what its system took nothing of there is no trace.
    let left_a_trace = change.verb == Verb::Archive || !change.fields.is_empty();
    let Some(settled) = story.settled.filter(|_| change.verb != Verb::Create && left_a_trace) else {
        return false;
    };
    let inside = |at| life.held(&scope.column, at) == Some(&*scope.value);
    let is_away = change.verb == Verb::Archive && !life.is_there(settled);
    !inside(change.seq)
        && !is_away
        && !story.tells(Event::ScopeRaced)
        && !is_back_or_gone(life, scope, Window { from: change.seq, to: settled })
}

/// Whether a record came back into the scope, or went out of everybody's sight.
fn is_back_or_gone(life: &Life<'_>, scope: &Scope, window: Window) -> bool {
    life.stood(&scope.column, Some(&scope.value), window)
        || life.comings(window).any(|(coming, _)| coming.seq > window.from)
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::Event;

    fn raced() -> Evidence {
        let mut evidence = Evidence::scoped("crm", "owner", "ours");
        evidence.makes("crm", "1", &[("city", "Granby"), ("owner", "ours")]);
        evidence.intends("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
        evidence.says_sent("i1");
        evidence.asks("i1");
        evidence.sets("crm", "1", "owner", "theirs");
        evidence.lands("i1");
        evidence
    }

    #[test]
    fn a_race_that_is_told_is_fine_and_so_is_one_that_is_over_before_anybody_looks() {
        let mut told = raced();
        told.tells_of("i1", Event::ScopeRaced);
        told.settles("i1");
        told.check("A8", &[]);
        let mut back = raced();
        back.sets("crm", "1", "owner", "ours");
        back.settles("i1");
        back.check("A8", &[]);
    }

    #[test]
    fn what_raced_with_an_archive_is_out_of_sight_with_the_record() {
        let mut evidence = Evidence::scoped("crm", "owner", "ours");
        evidence.makes("crm", "1", &[("owner", "ours")]);
        evidence.asks_for_archive("i1", "crm", "1");
        evidence.sets("crm", "1", "owner", "theirs");
        evidence.lands("i1");
        evidence.settles("i1");
        evidence.check("A8", &[]);
    }

    #[test]
    fn a_race_that_nobody_was_told_of_is_caught() {
        let mut evidence = raced();
        evidence.settles("i1");
        evidence.check("A8", &["crm/1 at 6 was written outside the scope"]);
    }

    #[test]
    fn a_write_to_a_record_that_was_outside_at_the_look_is_caught() {
        let mut evidence = Evidence::scoped("crm", "owner", "ours");
        evidence.makes("crm", "1", &[("city", "Granby"), ("owner", "theirs")]);
        evidence.intends("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
        evidence.says_sent("i1");
        evidence.asks("i1");
        evidence.check("A8", &["the Update at 4 in crm was sent for a record outside"]);
        let mut evidence = Evidence::scoped("crm", "owner", "ours");
        evidence.creates("i1", "crm", "1", &[("city", "Granby")]);
        evidence.check("A8", &["the Create at 3 in crm was sent for a record outside"]);
    }
}
