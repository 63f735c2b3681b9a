//! A column that is still there by its name, and may be another one.
//!
//! Somebody renames a column and makes a new one of the old name. Names alone cannot tell that from a column
//! that was added or moved; names that changed together with most of a field's values can.

use std::collections::BTreeMap;

use super::part;
use crate::{
    memory::Memory,
    name::{FieldName, SystemName},
    setup::{MirrorSide, Setup},
    snapshot::Snapshot,
};

/// Fewer records than this tell nothing: they are edited by hand in a minute.
const FEW: usize = 3;

/// A field that mostly reads otherwise since the names of the canonical columns changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reshaped {
    /// The mirror whose bases tell.
    pub system: SystemName,
    /// The field.
    pub field: FieldName,
    /// In how many records its value is another one.
    pub moved: usize,
    /// In how many records it was accounted for.
    pub known: usize,
}

/// Fields whose values changed in more than half of their records, and in three at least, together with the names
/// of the canonical columns. None as long as the names are those of the last run that was let through.
#[must_use]
pub fn reshaped(setup: &Setup, memory: &Memory, canonical: &Snapshot) -> Vec<Reshaped> {
    if memory.layout.is_none() || memory.layout == canonical.layout {
        return Vec::new();
    }
    let many = |field: &Reshaped| field.moved >= FEW && field.moved * 2 > field.known;
    setup.mirrors().iter().flat_map(|mirror| counts(setup, mirror, memory, canonical)).filter(many).collect()
}

fn counts(setup: &Setup, mirror: &MirrorSide, memory: &Memory, canonical: &Snapshot) -> Vec<Reshaped> {
    let mapping = setup.mapping(mirror);
    let by_key: BTreeMap<&str, _> = canonical.records.iter().map(|r| (r.id.as_str(), r)).collect();
    let links = memory.links.values().filter(|link| link.system == mirror.side.system);
    let pairs: Vec<_> = links.filter_map(|link| Some((link, *by_key.get(link.entity.as_str())?))).collect();
    let count = |(at, binding): (usize, &crate::setup::Binding)| {
        let name = setup.field_name(binding.field);
        let told = pairs.iter().filter_map(|(link, record)| {
            let base = link.base(name, mapping.tag(at))?;
            let cell = part::canonical(setup, mirror, binding, record)?;
            Some(memory.print(&cell) != Some(base.canonical.print))
        });
        let told: Vec<bool> = told.collect();
        let moved = told.iter().filter(|moved| **moved).count();
        Reshaped { system: mirror.side.system.clone(), field: name.clone(), moved, known: told.len() }
    };
    mirror.side.bindings.iter().enumerate().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture::{cycle, linked, plain, portal, setup, twin, workbook},
        value::Cell,
    };

    /// Where a lead holds its town.
    const CITY: usize = 3;

    /// Leads that were accounted for, of which so many moved to another town since.
    fn case(moved: usize, of: usize) -> (Memory, Snapshot) {
        let keys = &["R1", "R2", "R3", "R4", "R5", "R6", "R7"][..of];
        let ids = ["101", "102", "103", "104", "105", "106", "107"];
        let links: Vec<(&str, &str)> = keys.iter().copied().zip(ids).collect();
        let mut memory = linked(&links);
        let lead = |key: &str, city: &str| {
            let mut lead = plain(key);
            lead.cells[CITY] = Cell::text(city);
            lead
        };
        let before = workbook(keys.iter().map(|key| lead(key, "Granby")).collect());
        let contact = |(at, key): (usize, &&str)| twin(&(101 + at).to_string(), key);
        let seen = portal(keys.iter().enumerate().map(contact).collect());
        let notes = cycle(&setup(), &memory, &before, &seen).notes;
        memory.commit(&notes);
        memory.layout = Some("before".into());
        let town = |at: usize| if at < moved { "Fraser" } else { "Granby" };
        let mut now = workbook(keys.iter().enumerate().map(|(at, key)| lead(key, town(at))).collect());
        now.layout = Some("now".into());
        (memory, now)
    }

    #[track_caller]
    fn check(memory: &Memory, now: &Snapshot, expected: &[(&str, usize, usize)]) {
        let found = reshaped(&setup(), memory, now);
        let found: Vec<_> = found.iter().map(|one| (one.field.as_str(), one.moved, one.known)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn names_that_changed_with_most_of_a_fields_values_are_noticed() {
        let (memory, now) = case(3, 5);
        check(&memory, &now, &[("city", 3, 5)]);
    }

    #[test]
    fn names_alone_and_values_alone_are_ordinary() {
        let (memory, now) = case(2, 5);
        check(&memory, &now, &[]);
        let (memory, now) = case(5, 5);
        check(&memory, &Snapshot { layout: Some("before".into()), ..now.clone() }, &[]);
        check(&Memory { layout: None, ..memory }, &now, &[]);
    }

    #[test]
    fn a_few_values_and_less_than_half_of_them_are_ordinary_each_by_itself() {
        for (moved, of) in [(2, 3), (3, 6), (3, 7)] {
            let (memory, now) = case(moved, of);
            check(&memory, &now, &[]);
        }
    }
}
