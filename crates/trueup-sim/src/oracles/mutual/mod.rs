//! What must hold where every system is edited, and the source of truth is written as well.

pub mod authority;
pub mod convergence;
pub mod deletes;
pub mod drift;
pub mod echo;
pub mod elements;
pub mod persons;

use std::collections::BTreeSet;

use trueup_core::name::RemoteId;

use super::{Evidence, Seen, bare, entries};
use crate::{
    scene::peers::{NOTES, TAGS},
    table::Row,
};

/// Every copy of one entity: the record of the source of truth, and each record that was ever linked to it.
pub(super) fn cluster<'a>(evidence: &'a Evidence<'_>, entity: &'a str) -> Vec<&'a Row> {
    let mut rows: Vec<&Row> = history_of(&evidence.truth, entity).collect();
    for link in evidence.memory.links.values().filter(|link| link.entity.as_str() == entity) {
        let own = evidence.mirrors.iter().filter(|mirror| mirror.name == link.system.as_str());
        let remotes: Vec<&RemoteId> = link.aliases.iter().chain([&link.remote]).collect();
        rows.extend(own.flat_map(|mirror| {
            remotes.iter().flat_map(|remote| history_of(mirror, remote.as_str())).collect::<Vec<_>>()
        }));
    }
    rows
}

/// A row under its own id and under that of what it became.
fn history_of<'a>(seen: &Seen<'a>, id: &'a str) -> impl Iterator<Item = &'a Row> {
    let table = seen.table;
    table.gone.get(id).into_iter().chain(table.rows.get(table.now_called(id)))
}

/// The entities whose copy a record is.
fn entities_of<'a>(evidence: &'a Evidence<'_>, system: &str, id: &'a str) -> BTreeSet<&'a str> {
    if system == evidence.truth.name {
        return [id].into();
    }
    let Some(mirror) = evidence.mirrors.iter().find(|mirror| mirror.name == system) else {
        return BTreeSet::new();
    };
    let links = evidence.memory.links.values().filter(|link| link.system.as_str() == system);
    let is_it = |remote: &RemoteId| remote.as_str() == id || mirror.table.now_called(remote.as_str()) == id;
    let own = links.filter(|link| link.aliases.iter().chain([&link.remote]).any(is_it));
    own.map(|link| link.entity.as_str()).collect()
}

/// What a column says to people: one value, or the elements of a set or a log.
fn said(column: &str, row: &Row) -> BTreeSet<String> {
    let text = row.values.get(column).map_or("", String::as_str);
    match column {
        TAGS | NOTES => entries(text).collect(),
        _ => [bare(text)].into_iter().filter(|text| !text.is_empty()).collect(),
    }
}
