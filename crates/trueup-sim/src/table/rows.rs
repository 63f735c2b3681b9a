//! The rows of a simulated system, with every version they ever had.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use trueup_core::plan::Act;
use trueup_ports::{Fault, Refusal};

/// The rows of a simulated system.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// By id.
    pub rows: BTreeMap<String, Row>,
    /// Writes that are still under way.
    pub late: Vec<(Timestamp, Order, Option<String>)>,
    /// Ids that were merged away, and the id of what they became.
    pub merged: BTreeMap<String, String>,
    /// Rows that were merged away, as they were then.
    pub gone: BTreeMap<String, Row>,
    /// Every id the engine ever wrote to, with the scope's column as it was right before.
    pub touched: Vec<(String, BTreeMap<String, String>)>,
    next: u64,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it holds; a column that is not there holds nothing.
    pub values: BTreeMap<String, String>,
    /// Every value every column ever got, oldest first.
    pub history: Vec<Version>,
    /// When it was made.
    pub made: Timestamp,
    /// When it was last changed, by the system's own clock.
    pub changed: Timestamp,
    /// Whether it was put away.
    pub archived: bool,
}

/// One value a column got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The column.
    pub column: String,
    /// The value; `None` cleared it.
    pub value: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

/// A write, as it travels.
#[derive(Clone, Debug)]
pub enum Order {
    /// Makes a row.
    Create(BTreeMap<String, Option<String>>),
    /// Changes a row.
    Update(String, BTreeMap<String, Option<String>>),
    /// Puts a row away.
    Archive(String),
}

/// How the engine signs its writes.
pub(super) const ENGINE: &str = "trueup";

impl Order {
    /// What an act asks for.
    #[must_use]
    pub fn new(act: &Act, values: &BTreeMap<String, Option<String>>) -> Self {
        match act {
            Act::Create { .. } => Self::Create(values.clone()),
            Act::Update { remote, .. } => Self::Update(remote.to_string(), values.clone()),
            Act::Archive { remote } => Self::Archive(remote.to_string()),
        }
    }
}

impl Table {
    /// Makes a row for somebody; gives its id.
    pub fn make(&mut self, values: BTreeMap<String, String>, by: &str, now: Timestamp) -> String {
        self.next += 1;
        let id = format!("{:06}", self.next);
        let history = values
            .iter()
            .map(|(column, value)| Version {
                column: column.clone(),
                value: Some(value.clone()),
                at: now,
                by: by.into(),
            })
            .collect();
        self.rows.insert(id.clone(), Row { values, history, made: now, changed: now, archived: false });
        id
    }

    /// Changes one column of a row for somebody.
    pub fn set(&mut self, id: &str, column: &str, value: Option<&str>, by: &str, now: Timestamp) {
        let Some(row) = self.rows.get_mut(id) else { return };
        // The system's clock never shows one instant twice for one row.
        let at = now.max(row.changed + SignedDuration::from_millis(1));
        row.changed = at;
        row.history.push(Version {
            column: column.into(),
            value: value.map(str::to_owned),
            at,
            by: by.into(),
        });
        match value {
            Some(value) => row.values.insert(column.into(), value.into()),
            None => row.values.remove(column),
        };
    }

    /// Makes one row of two, under a new id, as somebody who finds a person twice does: the first one's values
    /// count, and what it lacks is taken from the other.
    pub fn merge(&mut self, first: &str, other: &str, by: &str, now: Timestamp) {
        if first == other || !self.rows.contains_key(first) || !self.rows.contains_key(other) {
            return;
        }
        let (Some(mut one), Some(two)) = (self.rows.remove(first), self.rows.remove(other)) else { return };
        self.gone.extend([(first.to_owned(), one.clone()), (other.to_owned(), two.clone())]);
        for (column, value) in two.values {
            one.values.entry(column).or_insert(value);
        }
        one.made = now;
        one.changed = now.max(one.changed + SignedDuration::from_millis(1));
        let id = self.make(BTreeMap::new(), by, now);
        self.merged.extend([(first.to_owned(), id.clone()), (other.to_owned(), id.clone())]);
        self.rows.insert(id, one);
    }

    /// The id a row has now: its own, or that of what it became.
    #[must_use]
    pub fn now_called<'a>(&'a self, id: &'a str) -> &'a str {
        let mut id = id;
        while let Some(next) = self.merged.get(id) {
            id = next;
        }
        id
    }

    /// Carries out a write of the engine.
    ///
    /// # Errors
    /// [`Fault::Rejected`] when a unique value is taken, [`Fault::Missing`] when the row is not there,
    /// [`Fault::Unknown`] when it was merged away: an answer does not mention it.
    pub fn obey(&mut self, order: &Order, unique: Option<&str>, now: Timestamp) -> Result<String, Fault> {
        match order {
            Order::Create(values) => self.create(values, unique, now),
            Order::Update(id, values) => {
                self.touch(id)?;
                for (column, value) in values {
                    self.set(id, column, value.as_deref(), ENGINE, now);
                }
                Ok(id.clone())
            }
            Order::Archive(id) => {
                self.touch(id)?;
                if let Some(row) = self.rows.get_mut(id) {
                    row.archived = true;
                }
                Ok(id.clone())
            }
        }
    }

    fn touch(&mut self, id: &str) -> Result<(), Fault> {
        if self.merged.contains_key(id) {
            return Err(Fault::Unknown("the answer does not mention the record".into()));
        }
        let row = self.rows.get(id).filter(|row| !row.archived).ok_or(Fault::Missing)?;
        self.touched.push((id.to_owned(), row.values.clone()));
        Ok(())
    }

    fn create(
        &mut self,
        values: &BTreeMap<String, Option<String>>,
        unique: Option<&str>,
        now: Timestamp,
    ) -> Result<String, Fault> {
        let taken = unique.and_then(|column| Some((column, values.get(column)?.as_ref()?)));
        if let Some((column, value)) = taken
            && self.rows.values().any(|row| !row.archived && row.values.get(column) == Some(value))
        {
            let reason = "a record with this value exists".to_owned();
            return Err(Fault::Rejected(vec![Refusal { column: Some(column.to_owned()), reason }]));
        }
        let values =
            values.iter().filter_map(|(column, value)| Some((column.clone(), value.clone()?))).collect();
        Ok(self.make(values, ENGINE, now))
    }

    /// Lets writes that are due take effect.
    pub fn land(&mut self, now: Timestamp) {
        let (due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.late).into_iter().partition(|late| late.0 <= now);
        self.late = rest;
        for (at, order, unique) in due {
            // A write that lands on what is gone or taken is refused, and nobody hears of it.
            let _ = self.obey(&order, unique.as_deref(), at);
        }
    }

    /// The rows as a lagging index shows them.
    #[must_use]
    pub fn as_of(&self, at: Timestamp) -> BTreeMap<String, Row> {
        let old = self.rows.iter().filter(|(_, row)| row.made <= at);
        old.map(|(id, row)| (id.clone(), row.as_of(at))).collect()
    }
}

impl Row {
    fn as_of(&self, at: Timestamp) -> Self {
        if self.changed <= at {
            return self.clone();
        }
        let history: Vec<Version> = self.history.iter().filter(|version| version.at <= at).cloned().collect();
        let mut values = BTreeMap::new();
        for version in &history {
            match &version.value {
                Some(value) => values.insert(version.column.clone(), value.clone()),
                None => values.remove(&version.column),
            };
        }
        let changed = history.last().map_or(self.made, |version| version.at);
        Self { values, history, made: self.made, changed, archived: self.archived }
    }
}
