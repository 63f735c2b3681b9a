//! A15: an update sends no value that its column held already, all the while that its sender looked.

use crate::{
    case::{Case, Life, Window, something},
    line::{Request, Verb},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let updates = case.requests.iter().filter(|request| request.verb == Verb::Update);
    updates.flat_map(|request| needless(case, request)).collect()
}

fn needless(case: &Case<'_>, request: &Request) -> Vec<String> {
    let look = case.stories.get(&*request.request).and_then(|story| story.look(request));
    let life = request.record.as_ref().and_then(|record| case.life(&request.system, record));
    let Some((life, look)) = life.zip(look) else { return Vec::new() };
    let held = request.fields.iter().filter(|(column, value)| held(life, column, value.as_deref(), look));
    let Request { seq, system, record, .. } = request;
    let record = record.as_deref().unwrap_or_default();
    held.map(|(column, _)| {
        format!("{column} of {system}/{record} held already what the Update at {seq} sends")
    })
    .collect()
}

/// Whether a column held a value and no other in a window.
fn held(life: &Life<'_>, column: &str, value: Option<&str>, window: Window) -> bool {
    let value = something(value);
    let mut moved = life.stands(column).iter().filter(|stand| window.has(stand.seq));
    life.held(column, window.from) == value && moved.all(|stand| stand.value == value)
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;

    #[test]
    fn a_value_that_the_column_did_not_hold_is_fine() {
        Evidence::of_one_update().check("A15", &[]);
        Evidence::of_one_create().check("A15", &[]);
        Evidence::of_one_archive().check("A15", &[]);
    }

    #[test]
    fn a_value_that_the_column_held_already_is_caught_beside_one_that_it_did_not() {
        let mut evidence = Evidence::new();
        evidence.makes("crm", "1", &[("city", "Granby"), ("phone", "1")]);
        evidence.updates("i1", "crm", "1", &[("city", "Granby", "Granby"), ("phone", "1", "2")]);
        evidence.check("A15", &["city of crm/1 held already what the Update at 4 sends"]);
    }

    #[test]
    fn nothing_sent_where_nothing_stood_is_caught() {
        let mut evidence = Evidence::new();
        evidence.makes("crm", "1", &[("city", "Granby")]);
        evidence.updates("i1", "crm", "1", &[("phone", "", "")]);
        evidence.check("A15", &["phone of crm/1 held already"]);
    }

    #[test]
    fn a_value_that_somebody_brought_while_the_sender_looked_is_fine() {
        let mut evidence = Evidence::new();
        evidence.makes("crm", "1", &[("city", "Granby")]);
        evidence.intends("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
        evidence.sets("crm", "1", "city", "Loveland");
        evidence.says_sent("i1");
        evidence.asks("i1");
        evidence.check("A15", &[]);
    }
}
