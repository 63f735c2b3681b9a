//! A1: every request with our credentials carries the id of an intent that the journal held as being sent before it
//! left, and that had not ended; and it asks for what the journal says, with every column and value, and no more.

use std::collections::BTreeMap;

use crate::{
    case::{Case, Story, something},
    line::{Intent, Request, Verb},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let odd = |request: &&Request| {
        let why = why(case.stories.get(&*request.request)?, request)?;
        Some(format!("the {:?} at {} in {} {why}", request.verb, request.seq, request.system))
    };
    case.requests.iter().filter_map(odd).collect()
}

fn why(story: &Story<'_>, request: &Request) -> Option<&'static str> {
    if story.intended.is_none_or(|intent| intent.seq > request.seq) {
        return Some("was sent without an intent");
    }
    let Some(sending) = story.sending(request.seq) else {
        return Some("was sent before its intent was marked as sent");
    };
    if story.settled.is_some_and(|settled| settled < request.seq) {
        return Some("was sent after its intent had ended");
    }
    if !is_alike(sending, request) {
        return Some("is about another record than its intent");
    }
    (columns(sending) != sent(request)).then_some("sends other columns or values than its intent")
}

fn is_alike(intent: &Intent, request: &Request) -> bool {
    intent.system == request.system && intent.verb == request.verb && intent.record == request.record
}

/// What an intent sends; an archive sends nothing.
fn columns(intent: &Intent) -> BTreeMap<&str, Option<&str>> {
    if intent.verb == Verb::Archive {
        return BTreeMap::new();
    }
    let edits = intent.edits.iter().map(|edit| (&*edit.column, something(edit.after.text())));
    let carried = intent.carried.as_ref();
    let id = carried.and_then(|carried| Some((carried.column.as_deref()?, Some(&*carried.ext_id))));
    edits.chain(id).collect()
}

fn sent(request: &Request) -> BTreeMap<&str, Option<&str>> {
    request.fields.iter().map(|(column, value)| (&**column, something(value.as_deref()))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::Line;

    #[test]
    fn a_request_that_was_announced_is_fine() {
        Evidence::of_one_update().check("A1", &[]);
    }

    #[test]
    fn a_request_before_its_mark_after_its_end_or_without_an_intent_is_caught() {
        let mut early = Evidence::new();
        early.makes("crm", "1", &[("city", "Granby")]);
        early.intends("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
        early.asks("i1");
        early.check("A1", &["the Update at 3 in crm was sent before its intent was marked"]);
        early.says_sent("i1");
        early.settles("i1");
        early.asks("i1");
        early.check("A1", &["the Update at 3", "the Update at 6 in crm was sent after its intent had ended"]);
        let mut silent = Evidence::of_one_update();
        silent.lines.retain(|line| !matches!(line, Line::Intent(_)));
        silent.check("A1", &["the Update at 5 in crm was sent without an intent"]);
    }

    #[test]
    fn a_request_for_another_record_or_with_another_value_is_caught() {
        let request = |change: fn(&mut crate::line::Request)| {
            let mut evidence = Evidence::of_one_update();
            for line in &mut evidence.lines {
                if let Line::Request(request) = line {
                    change(request);
                }
            }
            evidence
        };
        request(|one| one.record = Some("2".into()))
            .check("A1", &["the Update at 5 in crm is about another"]);
        let more = request(|one| drop(one.fields.insert("phone".into(), None)));
        more.check("A1", &["the Update at 5 in crm sends other columns"]);
        let other = request(|one| drop(one.fields.insert("city".into(), Some("Aspen".into()))));
        other.check("A1", &["the Update at 5 in crm sends other columns"]);
    }
}
