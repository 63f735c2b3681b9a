//! A12: entries follow each other without a gap, each names the hash of the one before, and its own hash is that of
//! what it says. Values are not part of it but their commitments are, so that values can be erased.

use serde::Serialize;

use crate::{
    case::Case,
    line::{Entry, Event},
};

/// The hash before the first entry.
const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What an entry's hash is made of, in this order.
#[derive(Serialize)]
struct Hashed<'a>(u64, &'a str, Bare<'a>, &'a [String; 3]);

/// An entry without its values. The names and their order are part of the hash.
#[derive(Serialize)]
struct Bare<'a> {
    run: &'a str,
    at: &'a str,
    intent: Option<&'a str>,
    system: &'a str,
    entity: &'a str,
    remote: Option<&'a str>,
    field: Option<&'a str>,
    column: Option<&'a str>,
    class: Option<&'a str>,
    event: Event,
    before: &'static str,
    after: &'static str,
    canonical: &'static str,
    evidence: &'a str,
}

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut prev = START;
    for (entry, place) in case.entries.iter().zip(1_u64..) {
        if entry.place != place {
            found.push(format!("entry {} stands where entry {place} should", entry.place));
        } else if entry.prev != prev {
            found.push(format!("entry {place} does not follow the one before"));
        } else if hash(entry).is_none_or(|hash| hash != entry.hash) {
            found.push(format!("entry {place} was changed"));
        }
        prev = &entry.hash;
    }
    found
}

/// The hash an entry must have; none when it cannot be written down.
pub(super) fn hash(entry: &Entry) -> Option<String> {
    let bare = Bare {
        run: &entry.run,
        at: &entry.at,
        intent: entry.intent.as_deref(),
        system: &entry.system,
        entity: &entry.entity,
        remote: entry.record.as_deref(),
        field: entry.field.as_deref(),
        column: entry.column.as_deref(),
        class: entry.class.as_deref(),
        event: entry.event,
        before: "absent",
        after: "absent",
        canonical: "absent",
        evidence: &entry.evidence,
    };
    let text = serde_json::to_vec(&Hashed(entry.place, &entry.prev, bare, &entry.commitments)).ok()?;
    Some(blake3::hash(&text).to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::{Entry, Event, Line};

    fn three() -> Evidence {
        let mut evidence = Evidence::of_one_update();
        evidence.tells("i1", Event::Overwrote, "city", Some("Granby"), Some("Loveland"));
        evidence.tells("i1", Event::Overwrote, "city", Some("Granby"), Some("Loveland"));
        evidence
    }

    fn entries(evidence: &mut Evidence) -> impl Iterator<Item = &mut Entry> {
        evidence.lines.iter_mut().filter_map(|line| match line {
            Line::Entry(entry) => Some(entry),
            _ => None,
        })
    }

    #[test]
    fn an_untouched_chain_holds_also_when_values_were_erased() {
        let mut evidence = three();
        evidence.check("A12", &[]);
        entries(&mut evidence)
            .for_each(|entry| entry.after = crate::line::Cell::Unknown { unknown: "erased".into() });
        evidence.check("A12", &[]);
    }

    #[test]
    fn a_changed_a_dropped_and_a_swapped_entry_are_caught() {
        let mut changed = three();
        entries(&mut changed).nth(1).unwrap().entity = "R9".into();
        changed.check("A12", &["entry 2 was changed"]);
        let mut dropped = three();
        dropped.lines.retain(|line| !matches!(line, Line::Entry(entry) if entry.place == 2));
        dropped.check("A12", &["entry 3 stands where entry 2 should"]);
        let mut forged = three();
        entries(&mut forged).nth(1).unwrap().prev = super::START.into();
        forged.check("A12", &["entry 2 does not follow"]);
    }
}
