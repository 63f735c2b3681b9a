//! The portal's own log in the auditor's words: what each row of a write asked for, and what became of it.
//!
//! Everything is told in the portal's words, as the journal tells it: properties by their names, values as they stand
//! there. What the portal moves by itself when it is written (an old address into the list of others) is told as its
//! own doing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use trueup_audit::line::{Fields, Moved, Verb};
use trueup_sandbox::{hubspot::RecordSeed, log::LogEntry};

use super::{Words, shown::Writer};
use crate::{
    audit::{Asked, Hand, SystemLog, Traced},
    people::PERSON,
};

/// How the portal signs what it does by itself.
const ITSELF: &str = "portal";

/// The id of a request that carries none and that no journal knows.
const NOBODY: &str = "nobody's";

/// One row of a write that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) traced: Traced,
    pub(super) asked: Asked,
}

/// The rows of a write. `unnamed` are the ids of those that carry none, by record.
pub(super) fn rows(entry: &LogEntry, by: &str, unnamed: &BTreeMap<String, String>) -> Vec<Sent> {
    let body: Value = serde_json::from_str(&entry.body).unwrap_or_default();
    let verb = match entry.path.rsplit_once("/batch/") {
        Some((_, "create")) => Verb::Create,
        Some((_, "archive")) => Verb::Archive,
        _ => Verb::Update,
    };
    let row = |input: &Value, record: Option<&str>| {
        let id = text(input, "objectWriteTraceId").or_else(|| Some(unnamed.get(record?)?.as_str()));
        let traced = Traced { request: id.unwrap_or(NOBODY).to_owned(), by: by.to_owned() };
        Sent { traced, asked: Asked { verb, record: record.map(str::to_owned), fields: properties(input) } }
    };
    match body.get("inputs").and_then(Value::as_array) {
        Some(inputs) => inputs.iter().map(|input| row(input, text(input, "id"))).collect(),
        None => vec![row(&body, entry.named.first().map(String::as_str))],
    }
}

fn text<'v>(input: &'v Value, name: &str) -> Option<&'v str> {
    input.get(name).and_then(Value::as_str)
}

fn properties(input: &Value) -> BTreeMap<String, Option<String>> {
    let sent = input.get("properties").and_then(Value::as_object).into_iter().flatten();
    let told = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    sent.map(|(name, value)| (name.clone(), Some(told(value)))).collect()
}

/// Why nothing will come of a request that arrived; none when something did, or may still.
pub(super) fn refused(entry: &LogEntry) -> Option<String> {
    let status = entry.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
    let why = entry.fault.as_ref().map_or_else(|| status.clone(), |fault| format!("{status}, {fault}"));
    let is_refused = entry.committed_at_ms.is_none() || entry.status.is_some_and(|status| status >= 400);
    (is_refused && entry.changed.is_empty()).then_some(why)
}

/// What the portal held when it was told last.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<String, Held>);

/// What a record holds, and whether it is put away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) fields: Fields,
    pub(crate) away: bool,
}

impl Held {
    /// A record, as far as anybody has words for it.
    pub(super) fn of(words: &Words, seed: &RecordSeed) -> Self {
        let value = |property: &str| seed.properties.get(property)?.clone();
        let fields = words.pairs().filter_map(|(_, property)| Some((property.to_owned(), value(property)?)));
        Self { fields: fields.collect(), away: seed.archived_at.is_some() }
    }

    /// What became of a record since, and which columns hold something else.
    fn since(before: Option<Self>, now: &Self) -> (Verb, BTreeMap<String, Moved>) {
        let verb = match &before {
            None => Verb::Create,
            Some(before) if before.away == now.away => Verb::Update,
            Some(_) if now.away => Verb::Archive,
            Some(_) => Verb::Restore,
        };
        let before = before.unwrap_or_default().fields;
        let moved = |column: &String| {
            let (before, after) = (before.get(column).cloned(), now.fields.get(column).cloned());
            (before != after).then(|| (column.clone(), Moved { before, after }))
        };
        (verb, before.keys().chain(now.fields.keys()).filter_map(moved).collect())
    }
}

impl Known {
    /// A record changed: by a person, or by us, and by the row that asked for it, if one did.
    pub(super) fn changes(
        &mut self,
        log: &mut SystemLog,
        (id, now): (&str, Held),
        writer: Writer<'_>,
        at: Timestamp,
    ) {
        let (verb, moved) = Held::since(self.0.remove(id), &now);
        self.0.insert(id.to_owned(), now);
        let Writer::Engine { row, .. } = writer else {
            return log.changes(id, Hand::Named(PERSON), (verb, &[]), moved, at);
        };
        let asked_for = |column: &String| row.is_none_or(|row| row.asked.fields.contains_key(column));
        let (asked, own): (BTreeMap<_, _>, BTreeMap<_, _>) =
            moved.into_iter().partition(|(column, _)| asked_for(column));
        log.changes(id, Hand::Ours(row.map(|row| &row.traced)), (verb, &[]), asked, at);
        if !own.is_empty() {
            log.changes(id, Hand::Named(ITSELF), (Verb::Update, &[]), own, at);
        }
    }

    /// A person made one record of two.
    pub(super) fn merge(
        &mut self,
        log: &mut SystemLog,
        (id, now): (&str, Held),
        of: [&str; 2],
        at: Timestamp,
    ) {
        for part in of {
            self.0.remove(part);
        }
        let (_, came) = Held::since(None, &now);
        self.0.insert(id.to_owned(), now);
        log.changes(id, Hand::Named(PERSON), (Verb::Merge, &of), came, at);
    }
}

/// Rows that have not been seen to take effect.
pub(super) struct Waiting<'r>(Vec<&'r Sent>);

impl<'r> Waiting<'r> {
    pub(super) fn new(rows: &'r [Sent]) -> Self {
        Self(rows.iter().collect())
    }

    /// Takes the row that asked for what became of a record. A create does not name it: it is the first one of those
    /// whose values stand there most.
    pub(super) fn take(&mut self, is_record: impl Fn(&str) -> bool, now: &Held) -> Option<&'r Sent> {
        let fits = |row: &&Sent| row.asked.record.as_deref().is_none_or(&is_record);
        let stands = |row: &Sent| {
            let sent = row.asked.fields.iter().filter_map(|(column, value)| Some((column, value.as_ref()?)));
            sent.filter(|(column, value)| now.fields.get(*column) == Some(value)).count()
        };
        let fitting = self.0.iter().enumerate().filter(|(_, row)| fits(row)).rev();
        let (at, _) = fitting.max_by_key(|(_, row)| stands(row))?;
        Some(self.0.remove(at))
    }

    /// What had no effect.
    pub(super) fn left(self) -> impl Iterator<Item = &'r Sent> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use trueup_audit::line::Line;
    use trueup_sandbox::log::Class;

    use super::*;
    use crate::audit::Sequence;

    fn entry(path: &str, body: &str) -> LogEntry {
        LogEntry {
            sequence: 1,
            at_ms: 0,
            method: "POST".into(),
            path: format!("/crm/v3/objects/contacts{path}"),
            query: String::new(),
            body: body.into(),
            status: Some(207),
            class: Class::Write,
            named: vec!["9".into()],
            changed: Vec::new(),
            committed_at_ms: Some(0),
            fault: None,
        }
    }

    #[track_caller]
    fn check(path: &str, body: &str, expected: &[(&str, Verb, Option<&str>, Option<&str>)]) {
        let rows = rows(&entry(path, body), "engine-0", &BTreeMap::from([("7".to_owned(), "i7".to_owned())]));
        let city = |row: &Sent| row.asked.fields.get("city").cloned().flatten();
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.traced.request.clone(), row.asked.verb, row.asked.record.clone(), city(row)))
            .collect();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let expected: Vec<_> = expected
            .iter()
            .map(|(id, verb, record, city)| ((*id).to_owned(), *verb, owned(*record), owned(*city)))
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn each_row_of_a_batch_is_a_request_of_its_own_and_what_nobody_announced_is_nobodys() {
        let rows = r#"{"inputs":[{"objectWriteTraceId":"a","properties":{"city":"Granby"}},
            {"objectWriteTraceId":"b","properties":{"phone":""}}]}"#;
        check(
            "/batch/create",
            rows,
            &[("a", Verb::Create, None, Some("Granby")), ("b", Verb::Create, None, None)],
        );
        let row = r#"{"inputs":[{"id":"7","objectWriteTraceId":"a","properties":{"city":""}}]}"#;
        check("/batch/update", row, &[("a", Verb::Update, Some("7"), Some(""))]);
        check(
            "/batch/archive",
            r#"{"inputs":[{"id":"7"},{"id":"8"}]}"#,
            &[("i7", Verb::Archive, Some("7"), None), (NOBODY, Verb::Archive, Some("8"), None)],
        );
        check(
            "/9",
            r#"{"properties":{"city":"Aspen"}}"#,
            &[(NOBODY, Verb::Update, Some("9"), Some("Aspen"))],
        );
    }

    #[test]
    fn what_was_turned_away_or_never_done_is_refused_and_what_changed_something_is_not() {
        let good = entry("/batch/update", "{}");
        assert_eq!(refused(&good), None);
        let full = LogEntry { status: Some(429), ..good.clone() };
        assert_eq!(refused(&full).as_deref(), Some("status 429"));
        let struck = LogEntry {
            status: None,
            committed_at_ms: None,
            fault: Some("fault.hubspot.dropped".into()),
            ..good.clone()
        };
        assert_eq!(refused(&struck).as_deref(), Some("no answer, fault.hubspot.dropped"));
        assert_eq!(refused(&LogEntry { status: Some(524), changed: vec!["9".into()], ..good }), None);
    }

    fn held(fields: &[(&str, &str)], away: bool) -> Held {
        let fields = fields.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned()));
        Held { fields: fields.collect(), away }
    }

    #[test]
    fn what_the_portal_moves_by_itself_is_told_as_its_own_doing() {
        let (mut known, mut log) = (Known::default(), SystemLog::new("crm", Sequence::default()));
        let body = r#"{"inputs":[{"id":"9","objectWriteTraceId":"a","properties":{"email":"b@x.org"}}]}"#;
        let row = rows(&entry("/batch/update", body), "engine-0", &BTreeMap::new()).remove(0);
        let now = Timestamp::UNIX_EPOCH;
        let ours = |row| Writer::Engine { sent: now, row };
        known.changes(&mut log, ("9", held(&[("email", "a@x.org")], false)), Writer::Person, now);
        let after = held(&[("email", "b@x.org"), ("more", "a@x.org")], false);
        known.changes(&mut log, ("9", after.clone()), ours(Some(&row)), now);
        known.changes(&mut log, ("9", Held { away: true, ..after.clone() }), Writer::Person, now);
        known.changes(&mut log, ("9", after), ours(None), now);
        let told: Vec<_> = log
            .lines()
            .filter_map(|line| match line {
                Line::Change(one) => {
                    let columns: Vec<&str> = one.fields.keys().map(String::as_str).collect();
                    Some((one.verb, one.by.as_str(), one.ours, columns.join(" ")))
                }
                _ => None,
            })
            .collect();
        let told: Vec<_> =
            told.iter().map(|(verb, by, ours, columns)| (*verb, *by, *ours, &**columns)).collect();
        assert_eq!(
            told,
            [
                (Verb::Create, PERSON, false, "email"),
                (Verb::Update, "engine-0", true, "email"),
                (Verb::Update, ITSELF, false, "more"),
                (Verb::Archive, PERSON, false, ""),
                (Verb::Restore, "", true, ""),
            ]
        );
    }

    #[test]
    fn a_create_is_known_by_what_stands_in_the_new_record_and_the_others_by_their_id() {
        let body = r#"{"inputs":[{"objectWriteTraceId":"a","properties":{"city":"Granby","ext":"1"}},
            {"objectWriteTraceId":"b","properties":{"city":"Granby","ext":"2"}}]}"#;
        let creates = rows(&entry("/batch/create", body), "engine-0", &BTreeMap::new());
        let mut waiting = Waiting::new(&creates);
        let made = held(&[("city", "Granby"), ("ext", "2")], false);
        assert_eq!(waiting.take(|_| false, &made).unwrap().traced.request, "b");
        assert_eq!(waiting.left().map(|row| &*row.traced.request).collect::<Vec<_>>(), ["a"]);
        let body = r#"{"inputs":[{"id":"1","objectWriteTraceId":"a"},{"id":"2","objectWriteTraceId":"b"}]}"#;
        let updates = rows(&entry("/batch/update", body), "engine-0", &BTreeMap::new());
        let mut waiting = Waiting::new(&updates);
        assert_eq!(waiting.take(|id| id == "2", &made).unwrap().traced.request, "b");
        assert!(waiting.take(|id| id == "3", &made).is_none());
    }
}
