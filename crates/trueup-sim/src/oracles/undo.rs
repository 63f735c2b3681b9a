//! O10 (I-20, I-30): the journal's chain holds; what was taken back is as it was, unless somebody changed it since.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    journal::{Draft, Event},
    memory::{FieldKey, LinkKey},
    name::{EntityKey, FieldName, RunId},
    plan::Plan,
};
use trueup_ports::StoreError;

use super::{Evidence, Seen, entries, mutual};
use crate::{
    scene::{
        How,
        peers::{NOTES, TAGS},
    },
    table::{Row, Version, rows::ENGINE},
};

/// Whether the chain of the journal holds, as the store says. To be asked in the end: nothing mends a chain
/// that broke before.
#[must_use]
pub fn chain(verified: &Result<u64, StoreError>) -> Vec<String> {
    verified.as_ref().err().into_iter().map(|why| format!("O10: the journal does not hold: {why}")).collect()
}

/// What an undo of one run must bring about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drill {
    /// Fields that must hold this again, by system, record and column.
    restored: BTreeMap<(String, String, String), (FieldKey, Option<String>)>,
    /// Fields that must hold what they hold: somebody changed them since the run.
    kept: BTreeMap<(String, String, String), Standing>,
    /// Records that must be put away.
    archived: BTreeMap<(String, String), EntityKey>,
    /// Fields of which the source of truth says another thing by now than it did to the run, whoever brought it there.
    moved: BTreeSet<FieldKey>,
    /// When the run that is taken back had read its leads, at the earliest.
    since: Timestamp,
}

/// How long before it kept its plan a run may have read what it plans by.
const RUN: SignedDuration = SignedDuration::from_mins(10);

impl Drill {
    /// What taking a run back must bring about, as things are now.
    #[must_use]
    pub fn of(evidence: &Evidence<'_>, run: &RunId) -> Self {
        let planned = evidence.opened.plans.get(run).map(|plan| plan.at).unwrap_or_default();
        let mut drill = Self { since: planned.saturating_sub(RUN).unwrap_or_default(), ..Self::default() };
        let own = || evidence.journal.iter().map(|entry| &entry.draft).filter(|draft| draft.run == *run);
        let created: Vec<&Draft> = own().filter(|draft| draft.event == Event::Created).collect();
        for draft in &created {
            if let Some((mirror, row, id)) = untouched(evidence, draft)
                && !row.history.iter().any(|version| version.by != ENGINE)
                && made_at_once(row)
                && mirror.options.archives
            {
                drill.archived.insert((mirror.name.to_owned(), id), draft.entity.clone());
            }
        }
        for draft in own().filter(|draft| draft.event == Event::Landed) {
            let (Some(column), Some((mirror, row, id))) = (&draft.column, untouched(evidence, draft)) else {
                continue;
            };
            let column = evidence.column(mirror.name, column).to_owned();
            let made = created.iter().any(|one| one.entity == draft.entity && one.system == draft.system);
            let stands = row.values.get(&column).cloned() == draft.after.to_text();
            let place = (mirror.name.to_owned(), id, column.clone());
            if !made && stands {
                let link = LinkKey { system: draft.system.clone(), entity: draft.entity.clone() };
                let field = draft.field.clone().unwrap_or_else(|| FieldName::new(""));
                let key = FieldKey { link, field };
                if says_otherwise(evidence, draft, &column) {
                    drill.moved.insert(key.clone());
                }
                drill.restored.insert(place, (key, draft.before.to_text()));
            } else if !made {
                drill.kept.insert(place, Standing::of(evidence, mirror.name, row, &column));
            }
        }
        drill.kept.retain(|place, _| !drill.restored.contains_key(place));
        // Once the value that it contends with is taken back, what another mirror said in a conflict stands.
        let open = evidence.memory.conflicts.iter().filter(|(_, row)| row.closed.is_none());
        let disputed: Vec<_> = open.map(|(key, _)| (&key.link.entity, &key.field)).collect();
        drill.restored.retain(|_, (key, _)| !disputed.contains(&(&key.link.entity, &key.field)));
        drill
    }

    /// What the plan of the undo says that it leaves alone is not asked for.
    pub fn skipped(&mut self, plan: &Plan) {
        let left = |entity: &EntityKey| {
            plan.conflicts.iter().any(|conflict| conflict.entity == *entity)
                || plan.report.notes.iter().any(|note| note.subject == entity.as_str())
        };
        self.restored.retain(|_, (field, _)| !left(&field.link.entity));
        self.archived.retain(|_, entity| !left(entity));
    }
}

impl Drill {
    /// What a system would not take back is on record: a portal may keep what a list held, whatever is written.
    pub fn refused(&mut self, evidence: &Evidence<'_>) {
        self.restored.retain(|_, (field, _)| !evidence.memory.parked.contains_key(field));
    }

    /// What need not stay as it was: its lead says something else than it did to the run.
    pub fn outlived(&mut self, evidence: &Evidence<'_>) {
        let since = self.since;
        let moved = |entity: &EntityKey| {
            if evidence.options.scene.is_mutual() {
                let copies = mutual::cluster(evidence, entity.as_str());
                let foreign = |version: &&Version| version.by != ENGINE;
                return copies
                    .iter()
                    .flat_map(|row| row.history.iter().filter(foreign))
                    .any(|v| v.at > since);
            }
            let own = evidence.leads().filter(|(key, _)| *key == entity.as_str());
            own.flat_map(|(_, lead)| &lead.history).any(|version| version.at > since)
        };
        self.kept.clear();
        let rests = |field: &FieldKey| !self.moved.contains(field) && !moved(&field.link.entity);
        self.restored.retain(|_, (field, _)| rests(field));
        self.archived.retain(|_, entity| !moved(entity));
    }
}

/// The record of a draft, if it is in scope, linked, and what it was.
fn untouched<'a>(evidence: &'a Evidence<'_>, draft: &Draft) -> Option<(&'a Seen<'a>, &'a Row, String)> {
    let mirror = evidence.mirrors.iter().find(|mirror| mirror.name == draft.system.as_str())?;
    let link = evidence.link(mirror.name, draft.entity.as_str())?;
    let id = draft.remote.as_ref().filter(|remote| **remote == link.remote)?;
    let row = mirror.table.rows.get(id.as_str())?;
    (row.archived.is_none() && evidence.is_inside(row)).then(|| (mirror, row, id.to_string()))
}

/// Whether the source of truth, where it is written, holds another single value than the run knew of.
fn says_otherwise(evidence: &Evidence<'_>, draft: &Draft, column: &str) -> bool {
    let listed = [TAGS, NOTES].contains(&column);
    let lead = evidence.truth.table.rows.get(draft.entity.as_str());
    let lead = lead.filter(|_| evidence.options.scene.is_mutual() && !listed);
    lead.is_some_and(|lead| lead.values.get(column).cloned() != draft.canonical.to_text())
}

fn made_at_once(row: &Row) -> bool {
    row.history.iter().all(|version| version.at == row.made) && row.changed == row.made
}

/// What a column holds, as far as an undo must leave it alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Standing {
    text: Option<String>,
    /// The main address beside a portal's list of further ones: when another one becomes the main one, the portal moves
    /// both by itself.
    main: Option<String>,
}

impl Standing {
    fn of(evidence: &Evidence<'_>, system: &str, row: &Row, column: &str) -> Self {
        let terms = evidence.mirror_terms(system).filter(|terms| terms.words.is_some());
        let agreed = |how| terms.and_then(|terms| terms.agreements.iter().find(|one| one.how == how));
        let lists = agreed(How::Rest).is_some_and(|rest| rest.mirror == column);
        let main = agreed(How::First).filter(|_| lists).map(|first| &first.mirror);
        let value = |column: &str| row.values.get(column).cloned();
        Self { text: value(column), main: main.and_then(|main| value(main)) }
    }

    /// Whether nobody changed it since, but for what the portal moved.
    fn stands(&self, now: &Self) -> bool {
        let keeps = |one: &Self, other: &Self| one.listed().is_subset(&other.addresses());
        self.text == now.text || self.main != now.main && keeps(self, now) && keeps(now, self)
    }

    fn listed(&self) -> BTreeSet<String> {
        self.text.iter().flat_map(|text| entries(text)).collect()
    }

    fn addresses(&self) -> BTreeSet<String> {
        self.listed().into_iter().chain(self.main.iter().flat_map(|text| entries(text))).collect()
    }
}

/// What an undo did not bring about.
#[must_use]
pub fn check(evidence: &Evidence<'_>, drill: &Drill) -> Vec<String> {
    let table =
        |system: &str| evidence.mirrors.iter().find(|mirror| mirror.name == system).map(|one| one.table);
    let mut broken = Vec::new();
    for ((system, id, column), (_, value)) in &drill.restored {
        let now = table(system).and_then(|table| table.rows.get(id)).and_then(|row| row.values.get(column));
        let stands = now.map_or("", String::as_str) == value.as_deref().unwrap_or_default();
        if !stands {
            broken
                .push(format!("O10: {column} of {system}/{id} is {now:?} after the undo, and was {value:?}"));
        }
    }
    for ((system, id, column), value) in &drill.kept {
        let row = table(system).and_then(|table| table.rows.get(id));
        let now = row.map(|row| Standing::of(evidence, system, row, column)).unwrap_or_default();
        if !value.stands(&now) {
            let (now, value) = (now.text, &value.text);
            broken.push(format!(
                "O10: {column} of {system}/{id} was changed after the run, and the undo made {now:?} of {value:?}"
            ));
        }
    }
    for (system, id) in drill.archived.keys() {
        if table(system).and_then(|table| table.rows.get(id)).is_some_and(|row| row.archived.is_none()) {
            broken.push(format!(
                "O10: {system}/{id} was made by the run that was taken back, and is still there"
            ));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, *};
    use crate::scene::Scene;

    #[test]
    fn a_broken_chain_is_found() {
        assert!(chain(&Ok(3)).is_empty());
        let broken = chain(&Err(StoreError::Broken("entry 3 was changed".into())));
        assert!(
            broken[0].starts_with("O10: the journal does not hold") && broken[0].contains("entry 3"),
            "{broken:?}"
        );
    }

    #[test]
    fn a_field_that_was_not_put_back_and_a_record_that_is_still_there_are_found() {
        let mut case = Case::agreeing(2);
        case.engine_sets(0, "city", "Granby");
        case.journal_landed("r1", 0, "city", "City 1", "Granby");
        let id = case.engine_makes("R00009");
        case.link("R00009", &id);
        case.journal_created("r1", "R00009", &id);
        let drill = case.evidence(|evidence| Drill::of(evidence, &"r1".into()));
        assert_eq!((drill.restored.len(), drill.archived.len()), (1, 1));
        case.check(
            |evidence| check(evidence, &drill),
            &["O10: city of crm/000001", "O10: crm/000003 was made"],
        );
        case.engine_sets(0, "city", "City 1");
        case.crm.archive(&id, true, ENGINE, case.now);
        case.check(|evidence| check(evidence, &drill), &[]);
    }

    #[test]
    fn a_list_of_addresses_may_change_by_what_a_portal_moves_and_by_nothing_else() {
        let holds = |text: &str, main: &str| Standing { text: Some(text.into()), main: Some(main.into()) };
        let then = holds("p2@x.org;p65@x.org", "p1@x.org");
        assert!(then.stands(&holds("p2@x.org;p1@x.org", "p65@x.org")), "the two changed places");
        assert!(then.stands(&holds("p2@x.org", "p65@x.org")), "the portal forgot the old main one");
        assert!(!then.stands(&holds("p1@x.org", "p65@x.org")), "p2 was taken away");
        assert!(!then.stands(&holds("p2@x.org;p1@x.org;p9@x.org", "p65@x.org")), "p9 came");
        assert!(!then.stands(&holds("p65@x.org", "p1@x.org")), "no main one changed");
    }

    #[test]
    fn a_field_need_not_stay_that_the_source_of_truth_says_otherwise_by_now() {
        let mut case = Case::agreeing(1);
        case.options.scene = Scene::Hub;
        let lead = case.book.rows["000001"].clone();
        case.book.rows.insert("R00001".into(), lead);
        case.later(3_600);
        case.planned("r1", "p1", "update", 1);
        case.engine_sets(0, "city", "Granby");
        case.journal_landed("r1", 0, "city", "City 1", "Granby");
        let stays = |case: &Case| {
            let restored = |evidence: &Evidence<'_>| {
                let mut drill = Drill::of(evidence, &"r1".into());
                drill.outlived(evidence);
                drill.restored.len()
            };
            case.evidence(restored)
        };
        assert_eq!(stays(&case), 1);
        case.book.rows.get_mut("R00001").unwrap().values.insert("city".into(), "Granby.".into());
        assert_eq!(stays(&case), 0);
    }

    #[test]
    fn a_newer_edit_that_the_undo_overwrote_is_found() {
        let mut case = Case::agreeing(1);
        case.engine_sets(0, "city", "Granby");
        case.journal_landed("r1", 0, "city", "City 1", "Granby");
        case.crm_set(0, "city", "Loveland");
        let drill = case.evidence(|evidence| Drill::of(evidence, &"r1".into()));
        case.check(|evidence| check(evidence, &drill), &[]);
        case.engine_sets(0, "city", "City 1");
        case.check(|evidence| check(evidence, &drill), &["O10: city of crm/000001 was changed after"]);
    }
}
