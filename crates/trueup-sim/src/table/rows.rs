//! The rows of a simulated system, with every version they ever had. All times here are true times; what
//! the system's own clock makes of them is shown by [`TableSystem`](super::TableSystem).

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry},
};

use jiff::{SignedDuration, Timestamp};
use trueup_audit::line::{Moved, Verb};
use trueup_core::{
    plan::Act,
    planted::{self, Defect},
};
use trueup_ports::{Fault, Refusal};

use super::{
    arrivals::{Arrival, Wait},
    faults::Tally,
};
use crate::audit::{Hand, SystemLog, Traced};

/// A write that took effect, as its answer tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// The row's id.
    pub id: String,
    /// What the row held the moment it took effect.
    pub values: BTreeMap<String, String>,
}

/// The rows of a simulated system, and what its own log says.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// By id.
    pub rows: BTreeMap<String, Row>,
    /// Writes that are still under way; they land whether or not their sender lives.
    under_way: Vec<Order>,
    /// What became of writes whose sender may still ask, by ticket.
    answers: BTreeMap<u64, Result<Landed, Fault>>,
    /// Ids that were merged away, and the id of what they became.
    pub merged: BTreeMap<String, String>,
    /// Rows that were merged away, as they were then.
    pub gone: BTreeMap<String, Row>,
    /// Every id the engine ever wrote something to, with what the row held right before.
    pub touched: Vec<(String, BTreeMap<String, String>)>,
    /// The owner that each asker saw last of each row that it read by id.
    pub(super) looks: BTreeMap<(String, String), Option<String>>,
    /// Every id of which an update was sent, with the owner that its sender had seen last.
    pub looked: Vec<(String, Option<String>)>,
    /// Ids of rows that changed since somebody asked: what webhooks are made from.
    pub changed: Vec<String>,
    /// Requests that arrived; searches, which have a budget of their own, are not among them.
    pub arrivals: Vec<Arrival>,
    /// Searches that arrived.
    pub searches: Vec<Arrival>,
    /// When it was looked at what it says of records, for an answer that was understood and left out nothing that was asked
    /// for; of searches nothing is kept.
    pub answered: Vec<Timestamp>,
    /// The same for each record that an answer showed with its history.
    pub told: BTreeMap<String, Vec<Timestamp>>,
    /// Who was turned away, and until when.
    pub waits: Vec<Wait>,
    /// Until when the credential opens nothing.
    pub denied_until: Option<Timestamp>,
    /// What is wrong with the system as a whole, and until when.
    pub trouble: Option<(Trouble, Timestamp)>,
    /// Which faults happened.
    pub tally: Tally,
    /// Its own log, as an auditor is given it.
    pub log: SystemLog,
    /// How long a cursor is good for; for ever, when nothing is said.
    pub cursors_kept: Option<SignedDuration>,
    /// How many cursors were too old.
    pub cursors_expired: u64,
    /// How many answers named fewer records than were asked about.
    pub cut_answers: u64,
    next: u64,
    tickets: u64,
}

/// What can be wrong with a system as a whole for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A view shows everybody's records.
    FilterIgnored,
    /// Its second column is not there.
    ColumnGone,
    /// Listings break off, and say so.
    CutShort,
    /// Listings lack most records, and do not say so.
    Emptied,
    /// The key opens another account.
    KeySwapped,
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
    /// When it was last changed.
    pub changed: Timestamp,
    /// When it was put away, if it is.
    pub archived: Option<Timestamp>,
    /// Until when it is not found although it is there; once in its life.
    pub hidden: Option<Timestamp>,
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
    /// When the engine's request left, if it was the engine's.
    pub sent: Option<Timestamp>,
}

/// A write, as it travels.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is asked for.
    pub what: Asked,
    /// When it left.
    pub sent: Timestamp,
    /// When it lands.
    pub due: Timestamp,
    /// The column in which no value may stand twice.
    pub unique: Option<String>,
    /// What identifies it, if it says so.
    pub traced: Option<Traced>,
    /// What must stand there still, where the system can make sure of it.
    pub expect: Vec<(String, Option<String>)>,
    /// Where the answer is kept for the sender.
    pub(super) ticket: u64,
}

/// What a write asks for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Makes a row.
    Create(BTreeMap<String, Option<String>>),
    /// Changes a row.
    Update(String, BTreeMap<String, Option<String>>),
    /// Puts a row away.
    Archive(String),
}

/// The column of a version that is about the whole row: it was put away, or brought back.
pub const WHOLE: &str = "";

/// How the engine signs its writes.
pub const ENGINE: &str = "trueup";

impl Asked {
    /// What an act asks for.
    #[must_use]
    pub fn new(act: &Act, values: BTreeMap<String, Option<String>>) -> Self {
        match act {
            Act::Create { .. } => Self::Create(values),
            Act::Update { remote, .. } => Self::Update(remote.to_string(), values),
            Act::Archive { remote, .. } => Self::Archive(remote.to_string()),
        }
    }
}

impl Order {
    /// A write that lands as soon as it leaves, on whatever stands there.
    #[must_use]
    pub const fn new(what: Asked, sent: Timestamp) -> Self {
        Self { what, sent, due: sent, unique: None, traced: None, expect: Vec::new(), ticket: 0 }
    }
}

impl Table {
    /// Whether this is wrong with the system now.
    #[must_use]
    pub fn has(&self, trouble: Trouble, now: Timestamp) -> bool {
        self.trouble.is_some_and(|(own, until)| own == trouble && now < until)
    }

    /// Makes a row for somebody; gives its id.
    pub fn make(&mut self, values: BTreeMap<String, String>, by: &str, now: Timestamp) -> String {
        self.made(values, Hand::Named(by), (now, None))
    }

    fn made(
        &mut self,
        values: BTreeMap<String, String>,
        hand: Hand<'_>,
        (now, sent): (Timestamp, Option<Timestamp>),
    ) -> String {
        let (id, by) = (self.next_id(), signed(hand));
        self.log.changes(&id, hand, (Verb::Create, &[]), came(&values), now);
        let version = |(column, value): (&String, &String)| Version {
            column: column.clone(),
            value: Some(value.clone()),
            at: now,
            by: by.into(),
            sent,
        };
        let history = values.iter().map(version).collect();
        let row = Row { values, history, made: now, changed: now, archived: None, hidden: None };
        self.rows.insert(id.clone(), row);
        self.changed.push(id.clone());
        id
    }

    fn next_id(&mut self) -> String {
        self.next += 1;
        format!("{:06}", self.next)
    }

    /// Changes one column of a row for somebody.
    pub fn set(&mut self, id: &str, column: &str, value: Option<&str>, by: &str, now: Timestamp) {
        let moved = self.moves(id, [(column, value)]);
        self.log.changes(id, Hand::Named(by), (Verb::Update, &[]), moved, now);
        self.put(id, column, value, (by, None), now);
    }

    /// What writing columns of a row changes.
    fn moves<'v>(
        &self,
        id: &str,
        values: impl IntoIterator<Item = (&'v str, Option<&'v str>)>,
    ) -> BTreeMap<String, Moved> {
        let row = self.rows.get(id);
        let moved = |(column, after): (&str, Option<&str>)| {
            let before = row.and_then(|row| row.values.get(column)).cloned();
            (column.to_owned(), Moved { before, after: after.map(str::to_owned) })
        };
        values.into_iter().map(moved).collect()
    }

    fn put(
        &mut self,
        id: &str,
        column: &str,
        value: Option<&str>,
        (by, sent): (&str, Option<Timestamp>),
        now: Timestamp,
    ) {
        let Some(row) = self.rows.get_mut(id) else { return };
        let at = row.touch(now);
        row.history.push(Version {
            column: column.into(),
            value: value.map(str::to_owned),
            at,
            by: by.into(),
            sent,
        });
        match value {
            Some(value) => row.values.insert(column.into(), value.into()),
            None => row.values.remove(column),
        };
        self.changed.push(id.to_owned());
    }

    /// Puts a row away for somebody, or brings it back.
    pub fn archive(&mut self, id: &str, away: bool, by: &str, now: Timestamp) {
        self.put_away(id, away, Hand::Named(by), now);
    }

    fn put_away(&mut self, id: &str, away: bool, hand: Hand<'_>, now: Timestamp) {
        let Some(row) = self.rows.get_mut(id) else { return };
        let (verb, by) = (if away { Verb::Archive } else { Verb::Restore }, signed(hand));
        self.log.changes(id, hand, (verb, &[]), BTreeMap::new(), now);
        let at = row.touch(now);
        row.archived = away.then_some(at);
        let value = away.then(|| "put away".to_owned());
        row.history.push(Version { column: WHOLE.into(), value, at, by: by.into(), sent: None });
        self.changed.push(id.to_owned());
    }

    /// Makes one row of two, under a new id, as somebody who finds a person twice does: the first one's values
    /// count, and what it lacks is taken from the other.
    pub fn merge(&mut self, first: &str, other: &str, by: &str, now: Timestamp) {
        if first == other || !self.rows.contains_key(first) || !self.rows.contains_key(other) {
            return;
        }
        let (Some(mut one), Some(two)) = (self.rows.remove(first), self.rows.remove(other)) else { return };
        self.gone.extend([(first.to_owned(), one.clone()), (other.to_owned(), two.clone())]);
        one.made = now;
        let at = one.touch(now);
        for (column, value) in two.values {
            if let Entry::Vacant(vacant) = one.values.entry(column) {
                let (column, value) = (vacant.key().clone(), vacant.insert(value).clone());
                one.history.push(Version { column, value: Some(value), at, by: by.into(), sent: None });
            }
        }
        let id = self.next_id();
        self.log.changes(&id, Hand::Named(by), (Verb::Merge, &[first, other]), came(&one.values), now);
        self.changed.push(id.clone());
        self.merged.extend([(first.to_owned(), id.clone()), (other.to_owned(), id.clone())]);
        self.rows.insert(id, one);
        self.changed.extend([first.to_owned(), other.to_owned()]);
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

    /// Sends a write on its way; gives the ticket by which its answer is asked for.
    pub fn send(&mut self, order: Order) -> u64 {
        self.tickets += 1;
        self.under_way.push(Order { ticket: self.tickets, ..order });
        self.tickets
    }

    /// The answer to a write that has landed; `None` while it is under way, or when it was given already.
    pub fn answer(&mut self, ticket: u64) -> Option<Result<Landed, Fault>> {
        self.answers.remove(&ticket)
    }

    /// How many writes are under way that land later than now.
    #[must_use]
    pub fn is_late_for(&self, now: Timestamp) -> usize {
        self.under_way.iter().filter(|order| order.due > now).count()
    }

    /// Columns that a write is under way for which the engine wrote once more since it left, by row.
    #[must_use]
    pub fn written_again(&self, columns: &[&str]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for order in &self.under_way {
            let Asked::Update(id, values) = &order.what else { continue };
            let Some(row) = self.rows.get(id) else { continue };
            let last = |column: &str| row.history.iter().rev().find(|version| version.column == column);
            let again = |column: &&String| {
                columns.contains(&column.as_str())
                    && last(column).is_some_and(|own| own.sent.is_some_and(|sent| sent > order.sent))
            };
            found.extend(values.keys().filter(again).map(|column| (id.clone(), column.clone())));
        }
        found
    }

    /// Lets writes that are due take effect.
    pub fn land(&mut self, now: Timestamp) {
        if self.under_way.iter().all(|order| order.due > now) {
            return;
        }
        let (mut due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.under_way).into_iter().partition(|order| order.due <= now);
        self.under_way = rest;
        due.sort_by_key(|order| order.due);
        for order in due {
            let answer = self.obey(&order);
            if let (Err(fault), Some(traced)) = (&answer, &order.traced) {
                self.log.fails(traced, fault.to_string(), order.due);
            }
            let held = |id: &String| self.rows.get(id).map(|row| row.values.clone()).unwrap_or_default();
            let answer = answer.map(|id| Landed { values: held(&id), id });
            self.answers.insert(order.ticket, answer);
        }
    }

    // Missing: the row is not there. Unknown: it was merged away, and no answer mentions it. Busy: what a
    // conditional write that changed no row amounts to; nothing was done, look again.
    fn obey(&mut self, order: &Order) -> Result<String, Fault> {
        match &order.what {
            Asked::Create(values) => self.create(values, order),
            Asked::Update(id, values) => {
                // Of what its system took nothing of there is no trace.
                self.reach(id, order, !values.is_empty())?;
                let sent = values.iter().map(|(column, value)| (column.as_str(), value.as_deref()));
                let moved = self.moves(id, sent);
                let hand = Hand::Ours(order.traced.as_ref());
                self.log.changes(id, hand, (Verb::Update, &[]), moved, order.due);
                for (column, value) in values {
                    self.put(id, column, value.as_deref(), (ENGINE, Some(order.sent)), order.due);
                }
                Ok(id.clone())
            }
            Asked::Archive(id) => {
                self.reach(id, order, true)?;
                self.put_away(id, true, Hand::Ours(order.traced.as_ref()), order.due);
                Ok(id.clone())
            }
        }
    }

    fn reach(&mut self, id: &str, order: &Order, changes: bool) -> Result<(), Fault> {
        if self.merged.contains_key(id) {
            return Err(Fault::Unknown("the answer does not mention the record".into()));
        }
        let row = self.rows.get(id).filter(|row| row.archived.is_none()).ok_or(Fault::Missing)?;
        if order.expect.iter().any(|(column, value)| row.values.get(column) != value.as_ref()) {
            let what = "another value stands there by now".to_owned();
            return Err(Fault::Busy { retry_after: None, what });
        }
        let before = row.values.clone();
        self.touched.extend(changes.then(|| (id.to_owned(), before)));
        Ok(())
    }

    fn create(&mut self, values: &BTreeMap<String, Option<String>>, order: &Order) -> Result<String, Fault> {
        let taken = order.unique.as_ref().and_then(|column| Some((column, values.get(column)?.as_ref()?)));
        if let Some((column, value)) = taken
            && self.rows.values().any(|row| row.archived.is_none() && row.values.get(column) == Some(value))
        {
            if planted::is(Defect::UpsertAsCreate) {
                return Ok(self.upsert(column, value, values, order));
            }
            let reason = "a record with this value exists".to_owned();
            return Err(Fault::Rejected(vec![Refusal { column: Some(column.clone()), reason }]));
        }
        let values =
            values.iter().filter_map(|(column, value)| Some((column.clone(), value.clone()?))).collect();
        Ok(self.made(values, Hand::Ours(order.traced.as_ref()), (order.due, Some(order.sent))))
    }

    /// What a defect asks for in place of a create: the values replace those of the record that has the unique one.
    fn upsert(
        &mut self,
        column: &str,
        unique: &str,
        values: &BTreeMap<String, Option<String>>,
        order: &Order,
    ) -> String {
        let own = |row: &Row| row.archived.is_none() && row.values.get(column).is_some_and(|v| v == unique);
        let id = self.rows.iter().find(|(_, row)| own(row)).map(|(id, _)| id.clone()).unwrap_or_default();
        let moved = self.moves(&id, values.iter().map(|(column, value)| (column.as_str(), value.as_deref())));
        self.log.changes(&id, Hand::Ours(order.traced.as_ref()), (Verb::Update, &[]), moved, order.due);
        for (column, value) in values {
            self.put(&id, column, value.as_deref(), (ENGINE, Some(order.sent)), order.due);
        }
        id
    }
}

/// How somebody signs a version.
const fn signed(hand: Hand<'_>) -> &str {
    match hand {
        Hand::Named(by) => by,
        Hand::Ours(_) => ENGINE,
    }
}

/// The values that a new row begins with.
fn came(values: &BTreeMap<String, String>) -> BTreeMap<String, Moved> {
    let moved = |value: &String| Moved { before: None, after: Some(value.clone()) };
    values.iter().map(|(column, value)| (column.clone(), moved(value))).collect()
}

impl Row {
    // No instant is ever shown twice for one row.
    fn touch(&mut self, now: Timestamp) -> Timestamp {
        self.changed = now.max(self.changed + SignedDuration::from_millis(1));
        self.changed
    }

    /// The row as it was at an instant; `None` when it was not made yet.
    #[must_use]
    pub fn as_of(&self, at: Timestamp) -> Option<Cow<'_, Self>> {
        if self.changed <= at {
            return Some(Cow::Borrowed(self));
        }
        if self.made > at {
            return None;
        }
        let history: Vec<Version> = self.history.iter().filter(|version| version.at <= at).cloned().collect();
        let mut values = BTreeMap::new();
        for version in history.iter().filter(|version| version.column != WHOLE) {
            match &version.value {
                Some(value) => values.insert(version.column.clone(), value.clone()),
                None => values.remove(&version.column),
            };
        }
        let changed = history.last().map_or(self.made, |version| version.at);
        let whole = history.iter().rev().find(|version| version.column == WHOLE);
        let archived = whole.filter(|version| version.value.is_some()).map(|version| version.at);
        Some(Cow::Owned(Self { values, history, made: self.made, changed, archived, hidden: self.hidden }))
    }

    /// Whether a read finds it.
    #[must_use]
    pub fn is_there(&self, now: Timestamp) -> bool {
        self.archived.is_none() && self.hidden.is_none_or(|until| until <= now)
    }
}
