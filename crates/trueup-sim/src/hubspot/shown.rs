//! What the portal holds, as a row with every version it ever had: kept up after each change, since the portal itself
//! forgets who put a record away and what a merge took.

use jiff::Timestamp;
use trueup_sandbox::hubspot::{RecordSeed, SeedVersion};

use super::{
    Server,
    logged::{Held, Sent},
};
use crate::{
    people::PERSON,
    scene::OWNER,
    table::{Row, Table, Version, rows::ENGINE},
};

/// How the portal signs what an app wrote.
const APP: &str = "INTEGRATION";

/// Who caused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer<'r> {
    /// A request of the engine, and when it left.
    Engine {
        /// When it left.
        sent: Timestamp,
        /// The row that asked for it, if one did.
        row: Option<&'r Sent>,
    },
    /// Somebody at the portal itself.
    Person,
}

impl Writer<'_> {
    const fn name(self) -> &'static str {
        match self {
            Self::Engine { .. } => ENGINE,
            Self::Person => PERSON,
        }
    }

    const fn sent(self) -> Option<Timestamp> {
        match self {
            Self::Engine { sent, .. } => Some(sent),
            Self::Person => None,
        }
    }
}

/// Shows a record as it is now, since this instant, and tells of it in the system's log.
pub(super) fn show(
    server: &mut Server,
    table: &mut Table,
    seed: &RecordSeed,
    writer: Writer<'_>,
    at: Timestamp,
) {
    let id = seed.id.to_string();
    let mut row = table.rows.remove(&id).unwrap_or_else(|| blank(server.true_at(seed.created_at)));
    bring_up(server, &mut row, seed, writer);
    let now = Held::of(&server.words, seed);
    server.known.changes(&mut table.log, (&id, now), writer, at);
    table.rows.insert(id.clone(), row);
    table.changed.push(id);
}

const fn blank(made: Timestamp) -> Row {
    Row {
        values: std::collections::BTreeMap::new(),
        history: Vec::new(),
        made,
        changed: Timestamp::MIN,
        archived: None,
        hidden: None,
    }
}

/// Adds what happened since the row was last shown.
pub(super) fn bring_up(server: &Server, row: &mut Row, seed: &RecordSeed, writer: Writer<'_>) {
    let mut new = Vec::new();
    row.values.clear();
    for (column, property) in server.words.pairs() {
        if let Some(Some(value)) = seed.properties.get(property) {
            row.values.insert(column.to_owned(), server.words.heard(column, value));
        }
        let versions = seed.history.get(property).into_iter().flatten();
        let versions = versions.map(|version| told(server, column, version, writer));
        new.extend(versions.filter(|version| version.at > row.changed));
    }
    if server.words.is_boundless() {
        row.values.insert("owner".to_owned(), OWNER.to_owned());
    }
    let updated = server.true_at(seed.updated_at.unwrap_or(seed.created_at));
    let archived = seed.archived_at.map(|at_ms| server.true_at(at_ms));
    if archived != row.archived {
        new.push(Version {
            column: String::new(),
            value: archived.map(|_| "put away".to_owned()),
            at: updated,
            by: writer.name().to_owned(),
            sent: writer.sent(),
        });
    }
    new.sort_by_key(|version| version.at);
    row.history.append(&mut new);
    (row.changed, row.archived) = (updated, archived);
}

fn told(server: &Server, column: &str, version: &SeedVersion, writer: Writer<'_>) -> Version {
    let ours = version.author.source_type == APP;
    Version {
        column: column.to_owned(),
        value: version.value.as_ref().map(|value| server.words.heard(column, value)),
        at: server.true_at(version.timestamp),
        by: if ours { ENGINE } else { PERSON }.to_owned(),
        sent: if ours { writer.sent() } else { None },
    }
}
