//! Random small worlds: the order of records tells nothing, and nobody is two or none.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::Case;
use crate::{
    fixture::{PORTAL, contact, lead, link_to, memory, time, with},
    memory::{Choice, Decision, Memory},
    name::EntityKey,
    plan::FindingKey,
    record::Record,
};

const KEYS: [&str; 4] = ["R1", "R2", "R3", "R4"];
const ADDRESSES: [&str; 5] = ["", "a@x.org", "b@x.org", "c@x.org", "d@x.org"];
const NOTES: [&str; 7] = ["", "ID:R1", "ID:R2", "ID:R3", "ID:R9", "ID:R1 ID:R2", "ID:R4"];

#[derive(Clone, Debug)]
struct Small {
    leads: Vec<Record>,
    contacts: Vec<Record>,
    survey: Vec<Record>,
    links: Vec<(usize, usize)>,
    merged: Vec<(usize, usize)>,
    cut: Option<(usize, usize)>,
}

fn leads() -> impl Strategy<Value = Vec<Record>> {
    let ledger = (0..ADDRESSES.len(), 0..ADDRESSES.len());
    prop::collection::vec((prop::bool::ANY, ledger), KEYS.len()).prop_map(|rows| {
        let lead = |(key, (there, (a, b))): (&&str, (bool, (usize, usize)))| {
            there.then(|| lead(key, &format!("{};{}", ADDRESSES[a], ADDRESSES[b])))
        };
        KEYS.iter().zip(rows).filter_map(lead).collect()
    })
}

fn contacts(first: usize) -> impl Strategy<Value = Vec<Record>> {
    let row = (0..NOTES.len(), 0..ADDRESSES.len(), 0..ADDRESSES.len());
    prop::collection::vec(row, 0..6).prop_map(move |rows| {
        let make = |(at, (note, email, more)): (usize, (usize, usize, usize))| {
            contact(&(first + at).to_string(), NOTES[note], ADDRESSES[email], ADDRESSES[more])
        };
        rows.into_iter().enumerate().map(make).collect()
    })
}

fn small() -> impl Strategy<Value = Small> {
    let links = prop::collection::vec((0..KEYS.len(), 100..107_usize), 0..4);
    let unowned = contacts(200).prop_map(|all| all.into_iter().map(|c| with(c, "owner", "")).collect());
    let merged = prop::collection::vec((100..110_usize, 0..6_usize), 0..4);
    let cut = prop::option::of((0..KEYS.len(), 100..107_usize));
    (leads(), contacts(100), unowned, links, merged, cut).prop_map(
        |(leads, contacts, survey, links, merged, cut)| Small { leads, contacts, survey, links, merged, cut },
    )
}

impl Small {
    fn case(&self) -> Case {
        let mut case = Case::new(self.memory(), self.leads.clone(), self.contacts.clone());
        let there = |id: &str| self.contacts.iter().any(|contact| contact.id.as_str() == id);
        for (old, at) in &self.merged {
            let (old, now) = (old.to_string(), self.contacts.get(*at).map(|contact| &contact.id));
            if let Some(now) = now.filter(|_| !there(&old)) {
                case.portal.aliases.insert(old.as_str().into(), now.clone());
            }
        }
        case.portal.survey.clone_from(&self.survey);
        case
    }

    // As every store makes sure: an entity has one record and a record one entity.
    fn memory(&self) -> Memory {
        let (mut memory, mut used) = (memory(), BTreeSet::new());
        for (key, id) in &self.links {
            let link = link_to(KEYS[*key], &id.to_string());
            if used.insert(*id) && !memory.links.contains_key(&link.key()) {
                memory.links.insert(link.key(), link);
            }
        }
        if let Some((key, id)) = self.cut {
            let key = FindingKey { class: "F1".into(), system: PORTAL.into(), subject: KEYS[key].into() };
            let remotes = vec![id.to_string().as_str().into()];
            let cut =
                Decision { choice: Choice::Exclude, by: "Ada".into(), at: time(0), about: None, remotes };
            memory.decisions.insert(key, cut);
        }
        memory
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_records_tells_nothing(small in small(), turn in 0..6_usize, back in any::<bool>()) {
        let told = small.case().told();
        let mut moved = small.case();
        for records in [&mut moved.workbook.records, &mut moved.portal.records, &mut moved.portal.survey] {
            let by = turn % records.len().max(1);
            records.rotate_left(by);
            if back {
                records.reverse();
            }
        }
        prop_assert_eq!(moved.told(), told);
    }

    #[test]
    fn every_record_of_the_scope_is_in_one_pair_or_excluded(small in small()) {
        let linked = small.case().link();
        let mut seen: Vec<usize> =
            linked.pairs.iter().map(|pair| pair.mirror).chain(linked.excluded.iter().map(|(at, _)| *at)).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..small.contacts.len()).collect::<Vec<_>>());
    }

    #[test]
    fn every_entity_has_at_most_one_record_and_is_not_missing_as_well(small in small()) {
        let linked = small.case().link();
        let mut entities: Vec<usize> = linked.pairs.iter().map(|pair| pair.canonical).collect();
        entities.extend(&linked.missing);
        let distinct: BTreeSet<usize> = entities.iter().copied().collect();
        prop_assert_eq!(distinct.len(), entities.len());
    }

    #[test]
    fn every_lead_has_an_outcome_and_only_one_where_it_stands(small in small()) {
        let case = small.case();
        let linked = case.link();
        let at = |key: &EntityKey| case.workbook.records.iter().position(|lead| lead.id.as_str() == key.as_str());
        let mut placed: Vec<usize> = linked.pairs.iter().map(|pair| pair.canonical).collect();
        placed.extend(&linked.missing);
        let elsewhere = [&linked.out_of_scope, &linked.not_found, &linked.unseen].into_iter().flatten();
        placed.extend(elsewhere.filter_map(|(key, _)| at(key)));
        let distinct: BTreeSet<usize> = placed.iter().copied().collect();
        prop_assert_eq!(distinct.len(), placed.len());
        let mut told = distinct;
        told.extend(linked.findings.iter().filter_map(|finding| at(finding.entity.as_ref()?)));
        let note = |record: &Record| record.cell(0).to_text().unwrap_or_default();
        // One whose token only nobody's contact carries is told by that contact's F3.
        for (lead, record) in case.workbook.records.iter().enumerate() {
            let token = format!("ID:{}", record.id);
            let unclaimed = small.survey.iter().any(|r| note(r).split(' ').any(|word| word == token));
            prop_assert!(told.contains(&lead) || unclaimed, "{}", record.id);
        }
    }

    #[test]
    fn nothing_is_missing_that_has_a_link_row_or_whose_token_was_seen(small in small()) {
        let case = small.case();
        let linked = case.link();
        for at in linked.missing {
            let key = case.workbook.records[at].id.as_str();
            prop_assert!(case.memory.links.values().all(|link| link.entity.as_str() != key));
            let note = |r: &Record| r.cell(0).to_text().unwrap_or_default();
            let all = case.portal.records.iter().chain(&case.portal.survey);
            let token = format!("ID:{key}");
            let seen = all.map(note).any(|note| note.split(' ').any(|word| word == token));
            prop_assert!(!seen, "{}", token);
        }
    }
}
