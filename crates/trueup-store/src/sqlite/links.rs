//! Links with their bases: the bulk of memory, so bases are one compact text a link.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Row, named_params};
use trueup_core::{
    link::{BaseCell, FieldBase, Link, LinkState},
    memory::{FieldKey, LinkKey, Note},
    name::{EntityKey, FieldName, RemoteId, SystemName},
    value::{Cell, Print},
};

use super::{
    codec::{Columns, json, parse_json, parse_time, parse_word, time, word},
    commit::run,
    error::{DbError, DbResult},
    pipeline::PipelineRow,
    transaction::Transaction,
};
use crate::admit::shared_record;

/// One base as it is stored, without its prints: an array, since its keys would be half of the file.
type StoredBase<Name, Value> = (Name, u32, Value, Value);

pub(super) fn save(tx: &Transaction<'_>, row: PipelineRow, link: &Link) -> DbResult<()> {
    let id: i64 = tx
        .prepare_cached(
            "INSERT INTO link (pipeline, system, entity, remote, how, state, gone, aliases, version,
             unseen, given_up)
             VALUES (:pipeline, :system, :entity, :remote, :how, :state, :gone, :aliases, :version, :unseen,
             :given_up)
             ON CONFLICT (pipeline, system, entity) DO UPDATE SET remote = excluded.remote, how = excluded.how,
             state = excluded.state, gone = excluded.gone, aliases = excluded.aliases, version = excluded.version,
             unseen = excluded.unseen, given_up = excluded.given_up
             RETURNING id",
        )?
        .query_row(
            named_params! {
                ":pipeline": row,
                ":system": link.system.as_str(),
                ":entity": link.entity.as_str(),
                ":remote": link.remote.as_str(),
                ":how": word(&link.how)?,
                ":state": json(&link.state)?,
                ":gone": link.state == LinkState::Tombstone,
                ":aliases": json(&link.aliases)?,
                ":version": link.version.map(time),
                ":unseen": (!link.unseen.is_empty()).then(|| json(&link.unseen)).transpose()?,
                ":given_up": link.given_up.as_ref().map(json).transpose()?,
            },
            |row| row.get(0),
        )?;
    let (fields, prints) = encode(&link.bases)?;
    run(tx, "INSERT OR REPLACE INTO base (link, fields, prints) VALUES (?1, ?2, ?3)", (id, fields, prints))
}

/// Forgets what a field was accounted for at, if there is a link.
pub(super) fn forget_base(tx: &Transaction<'_>, row: PipelineRow, key: &FieldKey) -> DbResult<()> {
    let Some(mut link) = one(tx, row, &key.link)? else { return Ok(()) };
    link.forget_base(&key.field);
    save(tx, row, &link)
}

/// Removes the tombstone of a link, if it is one.
pub(super) fn forget_gone(tx: &Transaction<'_>, row: PipelineRow, key: &LinkKey) -> DbResult<()> {
    let link = (row, key.system.as_str(), key.entity.as_str());
    run(
        tx,
        "DELETE FROM base WHERE link IN
         (SELECT id FROM link WHERE pipeline = ?1 AND system = ?2 AND entity = ?3 AND gone = 1)",
        link,
    )?;
    run(tx, "DELETE FROM link WHERE pipeline = ?1 AND system = ?2 AND entity = ?3 AND gone = 1", link)
}

pub(super) fn load(tx: &Transaction<'_>, row: PipelineRow) -> DbResult<BTreeMap<LinkKey, Link>> {
    let mut query = tx.prepare_cached(&select("pipeline = ?1"))?;
    let links = query.query_and_then([row], decode)?;
    links.map(|link| link.map(|link| (link.key(), link))).collect()
}

fn one(tx: &Transaction<'_>, row: PipelineRow, key: &LinkKey) -> DbResult<Option<Link>> {
    let mut query = tx.prepare_cached(&select("pipeline = ?1 AND system = ?2 AND entity = ?3"))?;
    let mut links = query.query_and_then((row, key.system.as_str(), key.entity.as_str()), decode)?;
    links.next().transpose()
}

/// The records of the creates that a commit names which have a link.
pub(super) fn of_creates(
    tx: &Transaction<'_>,
    row: PipelineRow,
    notes: &[Note],
) -> DbResult<BTreeSet<LinkKey>> {
    let mut query =
        tx.prepare_cached("SELECT 1 FROM link WHERE pipeline = ?1 AND system = ?2 AND entity = ?3")?;
    let mut found = BTreeSet::new();
    for create in notes.iter().filter_map(Note::create) {
        if query.exists((row, create.system.as_str(), create.entity.as_str()))? {
            found.insert(create.link_key());
        }
    }
    Ok(found)
}

fn select(which: &str) -> String {
    format!(
        "SELECT system, entity, remote, how, state, aliases, version, unseen, given_up, fields, prints
         FROM link LEFT JOIN base ON base.link = link.id WHERE {which}"
    )
}

fn decode(row: &Row<'_>) -> DbResult<Link> {
    let mut columns = Columns::of(row);
    Ok(Link {
        system: SystemName::new(columns.text()?),
        entity: EntityKey::new(columns.text()?),
        remote: RemoteId::new(columns.text()?),
        how: parse_word("link", columns.text()?)?,
        state: parse_json("link", columns.text()?)?,
        aliases: parse_json("link", columns.text()?)?,
        version: columns.maybe_text()?.map(|at| parse_time("link", at)).transpose()?,
        unseen: columns.maybe_text()?.map_or_else(|| Ok(Vec::new()), |told| parse_json("link", told))?,
        given_up: columns.maybe_text()?.map(|intent| parse_json("link", intent)).transpose()?,
        bases: decode_bases(columns.text()?, columns.bytes()?)?,
    })
}

fn encode(bases: &[FieldBase]) -> DbResult<(String, Vec<u8>)> {
    let rows: Vec<StoredBase<&FieldName, Option<&Cell>>> = bases
        .iter()
        .map(|FieldBase { field, mapping, canonical, mirror }| {
            (field, *mapping, canonical.cell.as_ref(), mirror.cell.as_ref())
        })
        .collect();
    let prints = bases.iter().flat_map(|base| [base.canonical.print, base.mirror.print]);
    Ok((json(&rows)?, prints.flat_map(|print| *print.bytes()).collect()))
}

fn decode_bases(fields: &str, prints: &[u8]) -> DbResult<Vec<FieldBase>> {
    let rows: Vec<StoredBase<FieldName, Option<Cell>>> = parse_json("base", fields)?;
    let (prints, cut) = prints.as_chunks::<16>();
    let (pairs, odd) = prints.as_chunks::<2>();
    if pairs.len() != rows.len() || !odd.is_empty() || !cut.is_empty() {
        return Err(DbError::row("base", "its prints are not those of its fields"));
    }
    let base =
        |((field, mapping, canonical, mirror), [ours, theirs]): (StoredBase<_, _>, &[_; 2])| FieldBase {
            field,
            mapping,
            canonical: BaseCell { print: Print::kept(*ours), cell: canonical },
            mirror: BaseCell { print: Print::kept(*theirs), cell: mirror },
        };
    Ok(rows.into_iter().zip(pairs).map(base).collect())
}

/// Refuses a commit after which two entities would share a record that exists (I-28).
///
/// Asked after all notes, and not by a unique index, since two links may change places in one commit.
pub(super) fn refuse_shared_records(tx: &Transaction<'_>, row: PipelineRow, notes: &[Note]) -> DbResult<()> {
    let mut query = tx.prepare_cached(
        "SELECT entity FROM link WHERE pipeline = ?1 AND system = ?2 AND remote = ?3 AND gone = 0",
    )?;
    for note in notes {
        let Some(link) = note.link() else { continue };
        let (system, remote) = (link.system.as_str(), link.remote.as_str());
        // Sorted here: asked to sort, SQLite walks the index that is sorted instead of the one that finds.
        let found = query.query_map((row, system, remote), |row| row.get(0))?;
        let mut entities: Vec<String> = found.collect::<Result<_, _>>()?;
        entities.sort();
        if entities.len() > 1 {
            return Err(shared_record(system, remote, &entities).into());
        }
    }
    Ok(())
}
