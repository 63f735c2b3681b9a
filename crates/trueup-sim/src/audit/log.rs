//! The log of a simulated system: what arrived with our credentials, and what changed, whoever changed it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use trueup_audit::line::{Change, Failure, Line, Missing, Moved, Request, Verb};
use trueup_core::plan::{Act, Edit};

use super::Sequence;

/// The log of a simulated system.
#[derive(Clone, Debug, Default)]
pub struct SystemLog {
    system: String,
    sequence: Sequence,
    lines: Vec<Line>,
}

/// What identifies a request, and who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// The id it carries.
    pub request: String,
    /// Which instance sent it.
    pub by: String,
}

/// What a write asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) verb: Verb,
    /// None for a create.
    pub(crate) record: Option<String>,
    /// What stands on the wire.
    pub(crate) fields: BTreeMap<String, Option<String>>,
}

impl Asked {
    pub(crate) fn of(act: &Act, edits: &[Edit]) -> Self {
        let (verb, record) = match act {
            Act::Create { .. } => (Verb::Create, None),
            Act::Update { remote, .. } => (Verb::Update, Some(remote.to_string())),
            Act::Archive { remote, .. } => (Verb::Archive, Some(remote.to_string())),
        };
        Self { verb, record, fields: sent(act, edits) }
    }
}

/// Who changes something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hand<'a> {
    /// Somebody with a name.
    Named(&'a str),
    /// A request of ours, if it said who it is.
    Ours(Option<&'a Traced>),
}

impl SystemLog {
    /// An empty log of a system.
    #[must_use]
    pub fn new(system: &str, sequence: Sequence) -> Self {
        Self { system: system.to_owned(), sequence, lines: Vec::new() }
    }

    /// Everything that was written down, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// A write arrives.
    pub(crate) fn arrives(&mut self, traced: Traced, asked: Asked, refused: Option<String>, now: Timestamp) {
        let Asked { verb, record, fields } = asked;
        let request = Request {
            seq: self.sequence.next(),
            at_ms: now.as_millisecond(),
            system: self.system.clone(),
            by: traced.by,
            request: traced.request,
            verb,
            record,
            fields,
            refused,
        };
        self.lines.push(Line::Request(request));
    }

    /// A record changes.
    pub(crate) fn changes(
        &mut self,
        record: &str,
        hand: Hand<'_>,
        (verb, of): (Verb, &[&str]),
        fields: BTreeMap<String, Moved>,
        now: Timestamp,
    ) {
        let (by, ours, request) = match hand {
            Hand::Named(by) => (by, false, None),
            Hand::Ours(traced) => {
                (traced.map_or("", |traced| &*traced.by), true, traced.map(|one| one.request.clone()))
            }
        };
        let change = Change {
            seq: self.sequence.next(),
            at_ms: now.as_millisecond(),
            system: self.system.clone(),
            record: record.to_owned(),
            by: by.to_owned(),
            ours,
            request,
            verb,
            of: of.iter().map(|part| (*part).to_owned()).collect(),
            fields,
        };
        self.lines.push(Line::Change(change));
    }

    /// Nothing is found under an id, be it there or not.
    pub(crate) fn misses(&mut self, record: &str, now: Timestamp) {
        let missing = Missing {
            seq: self.sequence.next(),
            at_ms: now.as_millisecond(),
            system: self.system.clone(),
            record: record.to_owned(),
        };
        self.lines.push(Line::Missing(missing));
    }

    /// A write that had been taken has no effect.
    pub(crate) fn fails(&mut self, traced: &Traced, why: String, now: Timestamp) {
        let failure = Failure {
            seq: self.sequence.next(),
            at_ms: now.as_millisecond(),
            system: self.system.clone(),
            request: traced.request.clone(),
            why,
        };
        self.lines.push(Line::Failure(failure));
    }
}

/// What stands on the wire.
fn sent(act: &Act, edits: &[Edit]) -> BTreeMap<String, Option<String>> {
    if matches!(act, Act::Archive { .. }) {
        return BTreeMap::new();
    }
    let mut fields: BTreeMap<String, Option<String>> =
        edits.iter().map(|edit| (edit.column.clone(), edit.after.to_text())).collect();
    if let Act::Create { ext_id, ext_id_column: Some(column), .. } = act {
        fields.insert(column.clone(), Some(ext_id.to_string()));
    }
    fields
}
