//! Whether what a plan means to do is still asked for, now that everything was looked at once more.

use std::collections::BTreeMap;

use super::{Act, Change, Edit, Plan};
use crate::name::{EntityKey, SystemName};

/// What the plan of a fresh look leaves of changes that were planned before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What it asks for as well.
    pub still: Vec<Change>,
    /// What it does not, with the fields concerned: nothing is sent for them.
    pub overtaken: Vec<Change>,
}

/// Compares changes with the plan of a fresh look, field by field; what else that plan asks for is not added.
///
/// A record is made with all its fields or not at all. What stood there before is not compared: the read right before
/// the write does that, and says what stands there now.
#[must_use]
pub fn still_asked(planned: Vec<Change>, fresh: &Plan) -> Asked {
    let mut fresh_of: BTreeMap<(&SystemName, &EntityKey), Vec<&Change>> = BTreeMap::new();
    for change in &fresh.changes {
        fresh_of.entry((&change.system, &change.entity)).or_default().push(change);
    }
    let mut asked = Asked::default();
    for change in planned {
        let own = fresh_of.get(&(&change.system, &change.entity)).into_iter().flatten();
        let own = own.copied().find(|own| is_same(&own.act, &change.act));
        let (still, overtaken) = split(change, own);
        asked.still.extend(still);
        asked.overtaken.extend(overtaken);
    }
    asked
}

// How a link was found is no part of what is done.
fn is_same(fresh: &Act, planned: &Act) -> bool {
    match (fresh, planned) {
        (Act::Update { remote: fresh, .. }, Act::Update { remote: planned, .. }) => fresh == planned,
        (fresh, planned) => fresh == planned,
    }
}

fn split(change: Change, fresh: Option<&Change>) -> (Option<Change>, Option<Change>) {
    let Some(fresh) = fresh else { return (None, Some(change)) };
    let is_asked = |edit: &Edit| fresh.edits.iter().any(|own| wants(own) == wants(edit));
    let whole = match &change.act {
        Act::Archive { .. } => true,
        Act::Create { .. } => change.edits.iter().all(is_asked),
        Act::Update { .. } => return split_fields(&change, is_asked),
    };
    if whole { (Some(change), None) } else { (None, Some(change)) }
}

fn split_fields(change: &Change, is_asked: impl Fn(&Edit) -> bool) -> (Option<Change>, Option<Change>) {
    let (still, overtaken): (Vec<Edit>, Vec<Edit>) = change.edits.iter().cloned().partition(is_asked);
    let part = |edits: Vec<Edit>| (!edits.is_empty()).then(|| Change { edits, ..change.clone() });
    (part(still), part(overtaken))
}

/// What an edit wants, and what follows from it for the others: not how it is spelled, nor what it replaces.
fn wants(edit: &Edit) -> impl PartialEq + use<'_> {
    (&edit.field, &edit.column, &edit.wanted, &edit.canonical, &edit.turn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        link::How,
        name::RemoteId,
        plan::{MadeFrom, Report, Turn},
        value::Cell,
    };

    fn edit(field: &str, before: &str, after: &str) -> Edit {
        Edit {
            field: field.into(),
            column: field.to_owned(),
            class: "D6".into(),
            before: Cell::text(before),
            after: Cell::text(after),
            wanted: Cell::text(after),
            canonical: Cell::text(after),
            turn: Turn::Alone,
        }
    }

    fn change(entity: &str, act: Act, edits: &[Edit]) -> Change {
        let (system, label) = ("portal".into(), String::new());
        Change { system, entity: entity.into(), label, act, edits: edits.to_vec() }
    }

    fn update(remote: &str, how: How) -> Act {
        Act::Update { remote: remote.into(), how }
    }

    fn archive(remote: &str) -> Act {
        Act::Archive { remote: RemoteId::new(remote), version: None }
    }

    fn create(ext_id: &str) -> Act {
        let ext_id = crate::name::ExtId::new(ext_id);
        Act::Create { ext_id, ext_id_column: None, class: "D7".into(), origin: None }
    }

    fn plan(changes: Vec<Change>) -> Plan {
        Plan {
            id: String::new(),
            pipeline: "leads".into(),
            made_from: MadeFrom { lineage: "a".into(), serial: 0, config_hash: String::new() },
            changes,
            held: Vec::new(),
            findings: Vec::new(),
            conflicts: Vec::new(),
            report: Report::default(),
        }
    }

    /// One line each, as `update 101 phone city`.
    fn told(changes: &[Change]) -> Vec<String> {
        let line = |change: &Change| {
            let fields = change.edits.iter().map(|edit| edit.field.as_str());
            std::iter::once(change.act.verb()).chain(fields).collect::<Vec<&str>>().join(" ")
        };
        changes.iter().map(line).collect()
    }

    #[track_caller]
    fn check(planned: Change, fresh: Vec<Change>, still: &[&str], overtaken: &[&str]) {
        let asked = still_asked(vec![planned], &plan(fresh));
        assert_eq!((told(&asked.still), told(&asked.overtaken)), (owned(still), owned(overtaken)));
    }

    fn owned(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_field_goes_on_only_where_the_same_record_is_still_to_hold_the_same_value() {
        let (phone, city) = (edit("phone", "1", "2"), edit("city", "Rome", "Oslo"));
        let planned = || change("R1", update("101", How::Token), &[phone.clone(), city.clone()]);
        check(planned(), vec![planned()], &["update phone city"], &[]);
        check(planned(), Vec::new(), &[], &["update phone city"]);
        let of = |remote: &str, edits: &[Edit]| vec![change("R1", update(remote, How::Email), edits)];
        let more = [edit("name", "Ada", "Grace"), city.clone(), phone.clone()];
        check(planned(), of("101", &more), &["update phone city"], &[]);
        check(planned(), of("102", &more), &[], &["update phone city"]);
        check(planned(), of("101", std::slice::from_ref(&city)), &["update city"], &["update phone"]);
        check(
            planned(),
            of("101", &[edit("phone", "1", "3"), city.clone()]),
            &["update city"],
            &["update phone"],
        );
        // It is the read right before the write that says what stands there now.
        check(planned(), of("101", &[edit("phone", "7", "2"), city.clone()]), &["update phone city"], &[]);
        let second = Edit { turn: Turn::Second, ..phone.clone() };
        check(planned(), of("101", &[second, city.clone()]), &["update city"], &["update phone"]);
        let others = vec![change("R2", update("101", How::Token), &[phone.clone(), city.clone()])];
        check(planned(), others, &[], &["update phone city"]);
    }

    #[test]
    fn a_record_is_put_away_or_made_as_it_was_planned_or_not_at_all() {
        let (phone, city) = (edit("phone", "", "2"), edit("city", "", "Oslo"));
        let gone = || change("R1", archive("101"), std::slice::from_ref(&phone));
        check(gone(), vec![gone()], &["archive phone"], &[]);
        check(
            gone(),
            vec![change("R1", archive("102"), std::slice::from_ref(&phone))],
            &[],
            &["archive phone"],
        );
        check(
            gone(),
            vec![change("R1", update("101", How::Token), std::slice::from_ref(&phone))],
            &[],
            &["archive phone"],
        );
        let new = || change("R1", create("a"), &[phone.clone(), city.clone()]);
        check(new(), vec![new()], &["create phone city"], &[]);
        check(
            new(),
            vec![change("R1", create("b"), &[phone.clone(), city.clone()])],
            &[],
            &["create phone city"],
        );
        check(
            new(),
            vec![change("R1", create("a"), std::slice::from_ref(&phone))],
            &[],
            &["create phone city"],
        );
    }
}
