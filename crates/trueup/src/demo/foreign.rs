//! Whether records of others stayed as they were, judged by raw state and by the request log alone.

use std::collections::BTreeMap;

use trueup_sandbox::{
    hubspot::{RecordSeed, Snapshot},
    log::{Class, LogEntry},
};

use super::contact::OWNER;

/// Records that must not change, each as text, from a moment of the request log on.
#[derive(Debug, Default)]
pub(super) struct Watched {
    records: BTreeMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    text: String,
    /// The last request before.
    since: u64,
}

impl Watched {
    /// Watches every contact that the owner does not have.
    pub(super) fn foreign(dump: &Snapshot) -> Self {
        let mut watched = Self::default();
        for record in contacts(dump).filter(|record| !is_ours(record)) {
            watched.keep(record, 0);
        }
        watched
    }

    /// Watches one more contact from now on; `since` is the last request before.
    pub(super) fn also(&mut self, dump: &Snapshot, id: u64, since: u64) {
        if let Some(record) = contacts(dump).find(|record| record.id == id) {
            self.keep(record, since);
        }
    }

    fn keep(&mut self, record: &RecordSeed, since: u64) {
        self.records.insert(record.id.to_string(), Kept { text: text(record), since });
    }

    /// Whether every one of them is the same to the byte, and no write named or changed one.
    pub(super) fn is_unchanged<'a>(&self, dump: &Snapshot, log: impl Iterator<Item = &'a LogEntry>) -> bool {
        let now: BTreeMap<String, String> =
            contacts(dump).map(|record| (record.id.to_string(), text(record))).collect();
        let same = self.records.iter().all(|(id, kept)| now.get(id) == Some(&kept.text));
        let mut writes = log.filter(|entry| entry.class == Class::Write);
        let touched = writes
            .any(|entry| entry.named.iter().chain(&entry.changed).any(|id| self.watches(id, entry.sequence)));
        !self.records.is_empty() && same && !touched
    }

    fn watches(&self, id: &str, sequence: u64) -> bool {
        self.records.get(id).is_some_and(|kept| sequence > kept.since)
    }
}

fn contacts(dump: &Snapshot) -> impl Iterator<Item = &RecordSeed> {
    dump.objects.get("contacts").into_iter().flat_map(|contacts| &contacts.records)
}

fn is_ours(record: &RecordSeed) -> bool {
    matches!(record.properties.get("hubspot_owner_id"), Some(Some(owner)) if owner == OWNER)
}

fn text(record: &RecordSeed) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueup_sandbox::hubspot::ObjectsSnapshot;

    fn dump(city: &str) -> Snapshot {
        let ours = RecordSeed::new(1).value("hubspot_owner_id", OWNER);
        let theirs = RecordSeed::new(2).value("city", city);
        let contacts = ObjectsSnapshot { records: vec![ours, theirs], ..ObjectsSnapshot::default() };
        Snapshot { objects: [("contacts".to_owned(), contacts)].into(), ..Snapshot::default() }
    }

    fn entry(class: Class, named: &[&str], sequence: u64) -> LogEntry {
        LogEntry {
            sequence,
            at_ms: 0,
            method: String::new(),
            path: String::new(),
            query: String::new(),
            body: String::new(),
            status: None,
            class,
            named: named.iter().map(|&id| id.to_owned()).collect(),
            changed: Vec::new(),
            committed_at_ms: None,
            fault: None,
        }
    }

    #[test]
    fn another_value_and_a_write_by_name_are_both_noticed() {
        let watched = Watched::foreign(&dump("a"));
        let read = [entry(Class::Read, &["2"], 1), entry(Class::Write, &["1"], 2)];
        assert!(watched.is_unchanged(&dump("a"), read.iter()));
        assert!(!watched.is_unchanged(&dump("b"), read.iter()));
        assert!(!watched.is_unchanged(&dump("a"), [entry(Class::Write, &["2"], 3)].iter()));
    }

    #[test]
    fn a_record_is_watched_from_its_moment_on() {
        let mut watched = Watched::foreign(&dump("a"));
        watched.also(&dump("a"), 1, 5);
        assert!(watched.is_unchanged(&dump("a"), [entry(Class::Write, &["1"], 5)].iter()));
        assert!(!watched.is_unchanged(&dump("a"), [entry(Class::Write, &["1"], 6)].iter()));
    }

    #[test]
    fn watching_nothing_proves_nothing() {
        assert!(!Watched::default().is_unchanged(&dump("a"), [].iter()));
    }
}
