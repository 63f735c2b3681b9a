//! The line between a connector and the portal: requests take time, and a sender that is killed calls none back.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, header::RETRY_AFTER};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use trueup_core::name::SystemName;
use trueup_ports::wire::{Lost, Transport};

use super::{
    Server,
    faults::{self, Mishap},
    server::Travelling,
};
use crate::{
    chance::Chance,
    executor::Clock,
    store::Ledger,
    table::{Arrival, Budget, FaultName, Faults, Table},
    trace::Trace,
};

/// How long an answer is waited for, in milliseconds: as long as the product does.
const PATIENCE_MS: u64 = 30_000;

/// One connector's line to a portal.
pub(super) struct Line {
    pub(super) system: SystemName,
    pub(super) server: Arc<Mutex<Server>>,
    pub(super) table: Arc<Mutex<Table>>,
    pub(super) clock: Clock,
    pub(super) chance: Chance,
    pub(super) ledger: Ledger,
    pub(super) faults: Arc<Mutex<Faults>>,
    /// How much later than it left a request may land.
    pub(super) max_in_flight_ms: u64,
    pub(super) asker: String,
    pub(super) process: u32,
    pub(super) trace: Trace,
}

/// A request that left.
struct Leaving {
    ticket: u64,
    there_ms: u64,
    back_ms: u64,
    budget: Budget,
    /// Whether its answer tells something of records, if it comes.
    tells: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    /// Sends a request on its way. All that will become of it is settled here.
    fn leave(&self, request: Request<Bytes>) -> Result<Leaving, Lost> {
        let now = self.clock.now();
        let mishap = self.mishap(&request);
        self.tell(&request, mishap.as_ref(), now);
        if mishap == Some(Mishap::Unsent) {
            return Err(Lost::NotSent("the simulated network is down".to_owned()));
        }
        let budget = budget(&request);
        lock(&self.table).arrives(budget, Arrival { at: now, by: self.process });
        let (there_ms, mut back_ms) = (50 + self.chance.below(400), 50 + self.chance.below(400));
        // What strikes a request leaves nothing of its answer that could be understood.
        let tells = !is_write(&request) && matches!(mishap, None | Some(Mishap::Slow(_)));
        let unnamed = self.unnamed(&request);
        let by = self.asker.clone();
        let mut travelling = Travelling { request, fault: None, denied_ms: None, sent: now, by, unnamed };
        match mishap {
            Some(Mishap::Slow(more_ms)) => {
                self.happened(FaultName::Slow);
                back_ms += more_ms;
            }
            Some(Mishap::Denied(for_ms)) => {
                self.happened(FaultName::Denied);
                travelling.denied_ms = Some(for_ms);
            }
            Some(Mishap::Struck(kind)) => travelling.fault = Some(kind),
            Some(Mishap::Unsent) | None => {}
        }
        let arrival = now.checked_add(SignedDuration::from_millis(there_ms.cast_signed())).unwrap_or(now);
        let ticket = lock(&self.server).send(arrival, travelling);
        Ok(Leaving { ticket, there_ms, back_ms, budget, tells })
    }

    /// What an archive leaves out: the intent that the journal says to be sending it, by record.
    fn unnamed(&self, request: &Request<Bytes>) -> BTreeMap<String, String> {
        if !request.uri().path().ends_with("/batch/archive") {
            return BTreeMap::new();
        }
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let inputs = body.get("inputs").and_then(Value::as_array).into_iter().flatten();
        let ids = inputs.filter_map(|input| input.get("id").and_then(Value::as_str));
        let published = self.ledger.published();
        let named =
            |id: &str| Some((id.to_owned(), published.last_archive(self.system.as_str(), id)?.to_owned()));
        ids.filter_map(named).collect()
    }

    fn mishap(&self, request: &Request<Bytes>) -> Option<Mishap> {
        let faults = *lock(&self.faults);
        if is_write(request) {
            faults::of_write(&faults, &self.chance, self.max_in_flight_ms)
        } else {
            faults::of_read(&faults, &self.chance)
        }
    }

    fn happened(&self, name: FaultName) {
        lock(&self.table).tally.count(name);
    }

    fn tell(&self, request: &Request<Bytes>, mishap: Option<&Mishap>, now: Timestamp) {
        let kind = if is_write(request) { "writes" } else { "reads" };
        let about = Some((self.system.as_str(), ""));
        self.trace.tell(now, &self.asker, about, kind, || {
            let body = String::from_utf8_lossy(request.body());
            let mishap = mishap.map(|mishap| format!(", struck by {mishap:?}")).unwrap_or_default();
            format!("{} {} {body}{mishap}", request.method(), request.uri().path())
        });
    }

    /// Lets what is due arrive. The portal is always taken before the table in which it is shown.
    fn land(&self) {
        let mut server = lock(&self.server);
        server.land(&mut lock(&self.table), self.clock.now());
    }

    fn hear(&self, ticket: u64) -> Result<Response<Bytes>, Lost> {
        let answer = lock(&self.server).answer(ticket);
        self.trace.tell(self.clock.now(), &self.asker, Some((self.system.as_str(), "")), "hears", || {
            answer.as_ref().map_or_else(ToString::to_string, |answer| {
                format!("{} {}", answer.status(), String::from_utf8_lossy(answer.body()))
            })
        });
        answer
    }
}

#[async_trait]
impl Transport for Line {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        let Leaving { ticket, there_ms, back_ms, budget, tells } = self.leave(request)?;
        self.clock.sleep(Duration::from_millis(there_ms)).await;
        self.land();
        let looked = self.clock.now();
        let patience_ms = PATIENCE_MS.saturating_sub(there_ms);
        self.clock.sleep(Duration::from_millis(back_ms.min(patience_ms))).await;
        let answer = self.hear(ticket);
        if back_ms > patience_ms {
            return Err(Lost::Unanswered("the simulated answer takes too long".to_owned()));
        }
        if tells
            && budget == Budget::Common
            && answer.as_ref().is_ok_and(|answer| answer.status().is_success())
        {
            lock(&self.table).answered.push(looked);
        }
        if let Some(time) = answer.as_ref().ok().and_then(turned_away) {
            let heard = Arrival { at: self.clock.now(), by: self.process };
            lock(&self.table).turns_away(budget, heard, time);
        }
        answer
    }
}

/// For how long the sender is told to stay away. By a date it cannot tell: that is another machine's clock (I-26).
fn turned_away(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// Whether a request may change something.
fn is_write(request: &Request<Bytes>) -> bool {
    let verb = request.uri().path().rsplit('/').next().unwrap_or_default();
    request.method() != Method::GET && !["read", "search"].contains(&verb)
}

fn budget(request: &Request<Bytes>) -> Budget {
    if request.uri().path().ends_with("/search") { Budget::Searches } else { Budget::Common }
}
