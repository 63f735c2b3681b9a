//! How a table answers reads.

use std::{borrow::Cow, collections::BTreeSet};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    name::RemoteId,
    record::{Past, Record},
    snapshot::Coverage,
    value::Cell,
};
use trueup_ports::{Ask, Fault, Page, Reach, View};

use super::{FaultName, Row, Table, TableSystem, Trouble, Version, rows::ENGINE};

impl TableSystem {
    pub(super) fn page(&self, ask: &Ask) -> Result<Page, Fault> {
        Ok(match &ask.reach {
            Reach::All(from) => self.listing(ask, from.as_deref().unwrap_or(""), None),
            Reach::Since { cursor, page } => {
                let since = self.instant(cursor)?;
                self.listing(ask, page.as_deref().unwrap_or(""), Some(since))
            }
            Reach::Ids(ids) => self.by_id(ask, ids),
            Reach::Unique { column, texts } => self.by_value(ask, column, texts),
        })
    }

    /// One page behind an id, as an index shows it that lags behind by up to what the card says. Whoever asks for
    /// changes is told of what was put away as well, and finds out by its id.
    fn listing(&self, ask: &Ask, from: &str, since: Option<Timestamp>) -> Page {
        let cursor = self.cursor();
        let skips = self.goes_wrong(FaultName::Seam);
        let lag = u64::try_from(self.parts.card.max_index_lag.as_millis()).unwrap_or(u64::MAX);
        let lag = SignedDuration::from_millis(self.parts.chance.below(lag.saturating_add(1)).cast_signed());
        let seen_at = self.now().checked_sub(lag).unwrap_or_default();
        let (table, now) = (self.table(), self.now());
        let [all, cut, few] =
            [Trouble::FilterIgnored, Trouble::CutShort, Trouble::Emptied].map(|one| table.has(one, now));
        let rows = table.rows.range::<str, _>((std::ops::Bound::Excluded(from), std::ops::Bound::Unbounded));
        let mut hits = rows
            .filter_map(|(id, row)| Some((id, row.as_of(seen_at)?)))
            .filter(|(_, row)| {
                since.map_or_else(
                    || shows(&ask.view, row) || all && row.archived.is_none(),
                    |since| row.changed >= since,
                )
            })
            .filter(|(id, _)| !few || id.ends_with('1'))
            .filter(|(id, _)| !cut || since.is_some() || !id.ends_with('3'));
        if skips && !from.is_empty() {
            hits.next();
        }
        let show = |(id, row): (&String, Cow<'_, Row>)| self.record(id, &row, ask);
        let records: Vec<Record> = hits.by_ref().take(self.parts.page.max(1)).map(show).collect();
        let next = hits.next().and(records.last()).map(|last| last.id.to_string());
        let coverage = match since {
            Some(_) => Coverage::Since,
            None if cut => Coverage::Some,
            None => Coverage::Whole,
        };
        Page { cursor: Some(cursor), ..page(records, next, coverage) }
    }

    /// The instant a cursor means, if it is one that the system still knows.
    fn instant(&self, cursor: &str) -> Result<Timestamp, Fault> {
        let expired = |what: &str| Fault::Expired(what.to_owned());
        let since = cursor.parse().map_err(|_| expired("there is no such cursor"))?;
        let (mut table, age) = (self.table(), self.now().duration_since(since));
        if table.cursors_kept.is_none_or(|kept| age <= kept) {
            return Ok(since);
        }
        table.cursors_expired += 1;
        Err(expired("the cursor is too old"))
    }

    /// Up to when the index shows everything for sure.
    fn cursor(&self) -> String {
        let lag = SignedDuration::try_from(self.parts.card.max_index_lag).unwrap_or(SignedDuration::MAX);
        self.now().checked_sub(lag).unwrap_or(Timestamp::MIN).to_string()
    }

    fn by_id(&self, ask: &Ask, ids: &[RemoteId]) -> Page {
        for id in ids {
            self.may_hide(id.as_str());
        }
        let now = self.now();
        let (mut records, mut missing) = (Vec::new(), Vec::new());
        {
            let mut table = self.table();
            for id in ids {
                let seen = table.rows.get(id.as_str()).map(|row| row.values.get("owner").cloned());
                table.looks.extend(seen.map(|owner| ((self.parts.asker.clone(), id.to_string()), owner)));
                let called = table.now_called(id.as_str());
                match table.rows.get(called).filter(|row| row.is_there(now)) {
                    Some(row) => {
                        let mut record = self.record(called, row, ask);
                        record.asked = (called != id.as_str()).then(|| id.clone());
                        records.push(record);
                    }
                    None => missing.push(id.clone()),
                }
            }
            for id in &missing {
                table.log.misses(id.as_str(), now);
            }
        }
        if self.goes_wrong(FaultName::Partial) {
            garble_order(&mut records, &mut missing);
            self.answers_for(named(&records, &missing), ids.len());
        }
        Page { missing, ..page(records, None, Coverage::Some) }
    }

    /// A record that is not found although it is there: for less than half the time a lost write may take,
    /// once in its life, and so never when two looks lie a quiet period apart.
    fn may_hide(&self, id: &str) {
        let never_yet = |table: &Table| table.rows.get(id).is_some_and(|row| row.hidden.is_none());
        if never_yet(&self.table()) && self.goes_wrong(FaultName::Hidden) {
            let most = u64::try_from(self.parts.card.max_in_flight.as_millis() / 2).unwrap_or_default();
            let time = SignedDuration::from_millis(self.parts.chance.below(most).cast_signed());
            let until = self.now().checked_add(time).ok();
            if let Some(row) = self.table().rows.get_mut(id) {
                row.hidden = until;
            }
        }
    }

    fn by_value(&self, ask: &Ask, column: &str, texts: &[String]) -> Page {
        let table = self.table();
        let fits = |row: &Row| {
            row.archived.is_none() && row.values.get(column).is_some_and(|value| texts.contains(value))
        };
        let hits = table.rows.iter().filter(|(_, row)| fits(row));
        page(hits.map(|(id, row)| self.record(id, row, ask)).collect(), None, Coverage::Some)
    }

    fn record(&self, id: &str, row: &Row, ask: &Ask) -> Record {
        let cells = ask.columns.iter().map(|column| cell(row.values.get(column))).collect();
        let mut record = Record::new(RemoteId::new(id), cells);
        record.version = Some(self.shown(row.changed));
        if ask.history && self.parts.card.history {
            record.history = ask.columns.iter().map(|column| self.past(row, column)).collect();
        }
        record
    }

    fn past(&self, row: &Row, column: &str) -> Vec<Past> {
        let own = row.history.iter().rev().filter(|version| version.column == column);
        let past = |version: &Version| Past {
            cell: cell(version.value.as_ref()),
            at: self.shown(version.at),
            by: version.by.clone(),
            foreign: version.by != ENGINE,
        };
        own.map(past).collect()
    }
}

// Some are not mentioned, one comes twice, and none stands where it was asked for.
/// Whether an answer leaves out none of the ids that were asked for.
pub(super) fn tells_of_all(ask: &Ask, page: &Page) -> bool {
    let Reach::Ids(ids) = &ask.reach else { return true };
    named(&page.records, &page.missing) == ids.iter().collect::<BTreeSet<_>>().len()
}

/// How many of the ids that were asked for an answer names.
fn named(records: &[Record], missing: &[RemoteId]) -> usize {
    let found = records.iter().map(|record| record.asked.as_ref().unwrap_or(&record.id));
    found.chain(missing).collect::<BTreeSet<&RemoteId>>().len()
}

fn garble_order(records: &mut Vec<Record>, missing: &mut Vec<RemoteId>) {
    records.reverse();
    if let Some(first) = records.first().cloned() {
        records.push(first);
    }
    if records.len() > 2 {
        records.remove(1);
    }
    missing.pop();
}

const fn page(records: Vec<Record>, next: Option<String>, coverage: Coverage) -> Page {
    Page { records, next, cursor: None, missing: Vec::new(), coverage, layout: None, troubles: Vec::new() }
}

pub(super) fn cell(value: Option<&String>) -> Cell {
    value.map_or(Cell::Null, Cell::text)
}

fn shows(view: &View, row: &Row) -> bool {
    let value = |column: &String| row.values.get(column).map_or("", String::as_str);
    row.archived.is_none()
        && match view {
            View::All => true,
            View::Equals { column, text } => value(column) == text,
            View::Carrying { outside, token, sought } => {
                outside.as_ref().is_none_or(|outside| value(&outside.column) != outside.text)
                    && sought.is_in(value(token))
            }
        }
}
