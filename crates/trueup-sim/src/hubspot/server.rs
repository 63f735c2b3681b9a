//! The portal at the other end: requests arrive in the order of their arrival, late ones land when they are due, and
//! none of it needs a sender that lives.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use trueup_ports::wire::Lost;
use trueup_sandbox::{
    faults::{Fault, FaultKind, When},
    hubspot::{Portal, RecordSeed, Reply},
    log::{Class, LogEntry},
};

use super::{
    Words,
    behaviour::{self, OBJECT},
    logged::{self, Held, Known, Sent, Waiting},
    shown::{self, Writer},
};
use crate::{executor::HostClock, table::Table};

/// A portal, with what is on its way to it. What it holds is shown in a table that everything is given with.
#[derive(Debug)]
pub struct Server {
    pub(super) portal: Portal,
    pub(super) words: Words,
    clock: HostClock,
    /// By arrival.
    under_way: BTreeMap<(Timestamp, u64), Travelling>,
    /// Writes that land later, by when they do and their number in the portal's log.
    late: BTreeMap<(i64, u64), Landing>,
    pub(super) known: Known,
    answers: BTreeMap<u64, Result<Response<Bytes>, Lost>>,
    tickets: u64,
    denied_until: Option<Timestamp>,
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Travelling {
    pub(super) request: Request<Bytes>,
    /// What the portal does to it.
    pub(super) fault: Option<FaultKind>,
    /// From its arrival on, and for so many milliseconds, the key opens nothing.
    pub(super) denied_ms: Option<i64>,
    pub(super) sent: Timestamp,
    /// Who sent it.
    pub(super) by: String,
    /// The ids of its rows that carry none, by record.
    pub(super) unnamed: BTreeMap<String, String>,
}

/// A write that takes effect.
#[derive(Debug)]
struct Landing {
    /// When it left.
    sent: Timestamp,
    rows: Vec<Sent>,
}

impl Server {
    /// Puts a portal behind a line; its clock may be wrong.
    #[must_use]
    pub fn new(portal: Portal, words: Words, clock: HostClock) -> Self {
        Self {
            portal,
            words,
            clock,
            under_way: BTreeMap::new(),
            late: BTreeMap::new(),
            known: Known::default(),
            answers: BTreeMap::new(),
            tickets: 0,
            denied_until: None,
        }
    }

    /// What the portal's own clock shows, in milliseconds.
    pub(super) fn shown_ms(&self, at: Timestamp) -> i64 {
        self.clock.shows(at).as_millisecond()
    }

    /// The true instant at which the portal's clock shows this.
    pub(super) fn true_at(&self, shown_ms: i64) -> Timestamp {
        let ahead = self.clock.shows(Timestamp::UNIX_EPOCH).as_millisecond();
        Timestamp::from_millisecond(shown_ms - ahead).unwrap_or_default()
    }

    /// Sends a request on its way; gives the ticket by which its answer is asked for.
    pub(super) fn send(&mut self, arrival: Timestamp, travelling: Travelling) -> u64 {
        self.tickets += 1;
        self.under_way.insert((arrival, self.tickets), travelling);
        self.tickets
    }

    /// The answer to a request that has arrived, once.
    pub(super) fn answer(&mut self, ticket: u64) -> Result<Response<Bytes>, Lost> {
        self.answers.remove(&ticket).unwrap_or_else(no_answer)
    }

    /// Every request so far, as the portal itself notes it.
    #[must_use = "it only looks"]
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.portal.requests()
    }

    /// Lets everything that is due by now arrive and land, one after the other.
    pub fn land(&mut self, table: &mut Table, now: Timestamp) {
        let now_ms = self.shown_ms(now);
        loop {
            let arrives = self.under_way.first_key_value().map(|(key, _)| *key).filter(|(at, _)| *at <= now);
            let lands = self.late.first_key_value().map(|(key, _)| *key).filter(|(due, _)| *due <= now_ms);
            match (arrives, lands) {
                (_, Some(due)) if arrives.is_none_or(|(at, _)| due.0 <= self.shown_ms(at)) => {
                    self.lands(table, due);
                }
                (Some(key), _) => self.arrives(table, key),
                (None, _) => break,
            }
        }
    }

    fn lands(&mut self, table: &mut Table, due: (i64, u64)) {
        let Some(landing) = self.late.remove(&due) else { return };
        self.portal.tick(due.0);
        self.show(table, due.1, &landing);
    }

    fn arrives(&mut self, table: &mut Table, (at, ticket): (Timestamp, u64)) {
        let Some(travelling) = self.under_way.remove(&(at, ticket)) else { return };
        let Travelling { request, fault, denied_ms, sent, by, unnamed } = travelling;
        self.admit(at, denied_ms);
        let (now_ms, late_ms) = (self.shown_ms(at), late_ms(fault.as_ref()));
        self.portal.clear_faults();
        if let Some(kind) = fault {
            self.portal.install(Fault { when: When::default(), kind });
        }
        let reply = self.portal.handle(now_ms, &request);
        let Some(entry) = self.portal.requests().next_back() else { return };
        let (sequence, is_write) = (entry.sequence, entry.class == Class::Write);
        let rows = if is_write { logged::rows(entry, &by, &unnamed) } else { Vec::new() };
        let refused = logged::refused(entry).filter(|_| late_ms.is_none());
        for row in &rows {
            table.log.arrives(row.traced.clone(), row.asked.clone(), refused.clone(), at);
        }
        let landing = Landing { sent, rows };
        match late_ms {
            Some(late_ms) => drop(self.late.insert((now_ms + late_ms, sequence), landing)),
            None if is_write && refused.is_none() => self.show(table, sequence, &landing),
            None => {}
        }
        let answer = match reply {
            Reply::Answer(answer) => Ok(answer),
            Reply::Lost | Reply::Held(_) => no_answer(),
        };
        self.answers.insert(ticket, answer);
    }

    /// A key that was revoked opens the portal again after a while.
    fn admit(&mut self, at: Timestamp, denied_ms: Option<i64>) {
        if let Some(denied_ms) = denied_ms {
            self.denied_until = at.checked_add(SignedDuration::from_millis(denied_ms)).ok();
            self.portal.set_tokens(behaviour::tokens(false));
        } else if self.denied_until.is_some_and(|until| until <= at) {
            self.forgive();
        }
    }

    /// The key opens the portal again.
    pub fn forgive(&mut self) {
        self.denied_until = None;
        self.portal.set_tokens(behaviour::tokens(true));
    }

    /// Shows what a write changed, and says of which rows nothing came.
    fn show(&mut self, table: &mut Table, sequence: u64, landing: &Landing) {
        let entry = self.portal.requests().rev().find(|entry| entry.sequence == sequence);
        let Some((changed, at_ms)) =
            entry.and_then(|entry| Some((entry.changed.clone(), entry.committed_at_ms?)))
        else {
            return;
        };
        let at = self.true_at(at_ms);
        let mut waiting = Waiting::new(&landing.rows);
        for id in &changed {
            if let Some(before) = table.rows.get(id) {
                let before = before.values.clone();
                table.touched.push((id.clone(), before));
            }
            let Some(seed) = self.record(id) else { continue };
            let row = waiting.take(|own| table.now_called(own) == id, &Held::of(&self.words, &seed));
            shown::show(self, table, &seed, Writer::Engine { sent: landing.sent, row }, at);
        }
        for row in waiting.left() {
            table.log.fails(&row.traced, "nothing came of it".to_owned(), at);
        }
    }

    /// A record as the portal itself holds it.
    pub(super) fn record(&self, id: &str) -> Option<RecordSeed> {
        self.portal.dump_record(OBJECT, id.parse().ok()?)
    }

    /// Every record as the portal itself holds it, by id.
    pub(crate) fn holds(&self) -> impl Iterator<Item = (String, Held)> + use<> {
        let records = self.portal.dump().objects.remove(OBJECT).map_or_else(Vec::new, |own| own.records);
        let words = self.words.clone();
        records.into_iter().map(move |seed| (seed.id.to_string(), Held::of(&words, &seed)))
    }
}

const fn late_ms(fault: Option<&FaultKind>) -> Option<i64> {
    match fault {
        Some(FaultKind::Late { delay_ms }) => Some(*delay_ms),
        _ => None,
    }
}

fn no_answer() -> Result<Response<Bytes>, Lost> {
    Err(Lost::Unanswered("the simulated connection ended".to_owned()))
}
