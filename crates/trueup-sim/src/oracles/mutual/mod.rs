//! What must hold where every system is edited, and the source of truth is written as well.

pub mod authority;
pub mod convergence;
pub mod deletes;
pub mod disputes;
pub mod drift;
pub mod echo;
pub mod elements;
pub mod persons;
pub mod put_back;

use std::collections::BTreeSet;

use trueup_core::name::RemoteId;

use super::{Evidence, Seen, bare, entries};
use crate::{
    scene::peers::{NOTES, TAGS},
    table::Row,
};

/// The fields that hold one value.
pub(super) const SCALARS: [&str; 3] = ["name", "phone", "city"];

/// Every copy of one entity: the record of the source of truth, and each record that was ever linked to it.
pub(super) fn cluster<'a>(evidence: &'a Evidence<'_>, entity: &'a str) -> Vec<&'a Row> {
    placed(evidence, entity).into_iter().map(|(_, row)| row).collect()
}

/// The same, each with the position of the mirror that it stands in; the source of truth has none.
fn placed<'a>(evidence: &'a Evidence<'_>, entity: &'a str) -> Vec<(Option<usize>, &'a Row)> {
    let mut rows: Vec<(Option<usize>, &Row)> =
        history_of(&evidence.truth, entity).map(|row| (None, row)).collect();
    for link in evidence.memory.links.values().filter(|link| link.entity.as_str() == entity) {
        let mirrors = evidence.mirrors.iter().enumerate();
        let remotes: Vec<&RemoteId> = link.aliases.iter().chain([&link.remote]).collect();
        for (at, mirror) in mirrors.filter(|(_, mirror)| mirror.name == link.system.as_str()) {
            let own = remotes.iter().flat_map(|remote| history_of(mirror, remote.as_str()));
            rows.extend(own.map(|row| (Some(at), row)));
        }
    }
    rows
}

/// A row under its own id and under that of what it became.
fn history_of<'a>(seen: &Seen<'a>, id: &'a str) -> impl Iterator<Item = &'a Row> {
    let table = seen.table;
    table.gone.get(id).into_iter().chain(table.rows.get(table.now_called(id)))
}

/// The entities whose copy a record is.
pub(super) fn entities_of<'a>(evidence: &'a Evidence<'_>, system: &str, id: &'a str) -> BTreeSet<&'a str> {
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

/// Entities, and those of whose copy and theirs people made one record: whose it is hangs on both, and what it says moves
/// the one that is left once the other is gone.
fn sharing<'a>(evidence: &'a Evidence<'_>, entities: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let links = evidence.memory.links.values().filter(|link| entities.contains(link.entity.as_str()));
    let shared = links.flat_map(|link| {
        let mirror = evidence.mirrors.iter().find(|mirror| mirror.name == link.system.as_str());
        let now = mirror.map(|mirror| mirror.table.now_called(link.remote.as_str()));
        now.map(|now| entities_of(evidence, link.system.as_str(), now)).unwrap_or_default()
    });
    shared.chain(entities.iter().copied()).collect()
}

/// What a column says to people: one value, or the elements of a set or a log.
fn said(column: &str, row: &Row) -> BTreeSet<String> {
    says(column, row.values.get(column).map_or("", String::as_str))
}

/// What a text says to people in a column.
fn says(column: &str, text: &str) -> BTreeSet<String> {
    match column {
        TAGS | NOTES => entries(text).collect(),
        _ => [bare(text)].into_iter().filter(|text| !text.is_empty()).collect(),
    }
}
