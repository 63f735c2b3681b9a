//! The only HTTP client a connector gets.
//!
//! [`Wire::query`] sends what the connector lists as reads and nothing else; [`Wire::send`] sends the rest
//! and needs a [`Permit`]. In between stand the account's pace ([`pace`]), the retry policy ([`retry`]),
//! the size cap and the count of requests.
//!
//! Deliberately absent: sockets, TLS, redirects (a [`Transport`] brings the first two and refuses the
//! third), and any log of headers, queries or bodies.

mod answer;
mod base;
mod call;
pub mod pace;
mod reads;
pub mod retry;
#[cfg(test)]
mod tests;
mod transport;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use jiff::Timestamp;
use trueup_core::plan::Requests;

pub use answer::{Answer, Dialect};
pub use base::{Auth, BadWiring, BaseUrl};
pub use call::Call;
pub use pace::{Pace, Paces};
pub use reads::ReadRow;
pub use retry::{Class, Policy};
pub use transport::{ANSWER_BYTES_MAX, Lost, Transport};

use crate::{Fault, LogEvent, Permit, World};
use retry::{Attempt, is_undecided};

/// What a wire is made of.
pub struct Wiring {
    /// How bytes travel.
    pub transport: Arc<dyn Transport>,
    /// Time, chance and the log.
    pub world: Arc<dyn World>,
    /// The account's budgets.
    pub pace: Arc<Pace>,
    /// Where the system lives.
    pub base: BaseUrl,
    /// What opens it.
    pub auth: Auth,
    /// The requests that change nothing.
    pub reads: Vec<ReadRow>,
    /// When to repeat.
    pub policy: Policy,
    /// How the system words what concerns every request.
    pub dialect: Dialect,
}

/// The only HTTP client a connector gets. See the [module](self).
pub struct Wire {
    parts: Wiring,
    read: AtomicUsize,
    written: AtomicUsize,
}

impl Wire {
    /// Puts a wire together.
    #[must_use]
    pub const fn new(parts: Wiring) -> Self {
        Self { parts, read: AtomicUsize::new(0), written: AtomicUsize::new(0) }
    }

    /// Sends a request that changes nothing.
    ///
    /// # Errors
    /// [`Fault::Denied`] when it is not among the reads of the connector, and nothing is sent;
    /// otherwise what the outcome means for a read. An answer of 400 or 404 is no error here.
    pub async fn query(&self, call: Call) -> Result<Answer, Fault> {
        match self.parts.reads.iter().find(|row| row.covers(&call.method, &call.path)) {
            Some(row) => self.attempts(Class::Read, row.bucket, &call, &self.parts.policy).await,
            None => {
                Err(Fault::Denied(format!("{} was not sent: it is not in the list of reads", call.name())))
            }
        }
    }

    /// Sends a request that may change something, under the permits it carries out.
    ///
    /// # Errors
    /// [`Fault::Denied`] without a permit, and nothing is sent; otherwise what the outcome means for a
    /// write. An answer of 400, 404 or 409 is no error here.
    pub async fn send(&self, permits: &[Permit], call: Call) -> Result<Answer, Fault> {
        if permits.is_empty() {
            return Err(Fault::Denied(format!("{} was not sent: it has no permit", call.name())));
        }
        let policy = match permits.iter().filter_map(Permit::void_from).min() {
            None => self.parts.policy.clone(),
            Some(until) => match Duration::try_from(until.duration_since(self.parts.world.now())) {
                Ok(left) => self.parts.policy.within(left),
                Err(_) => return Err(stale(&call, Duration::ZERO)),
            },
        };
        self.attempts(Class::Write, "", &call, &policy).await
    }

    /// How many requests left so far; every attempt counts.
    #[must_use]
    pub fn requests(&self) -> Requests {
        Requests { read: self.read.load(Ordering::Relaxed), write: self.written.load(Ordering::Relaxed) }
    }

    async fn attempts(
        &self,
        class: Class,
        bucket: &str,
        call: &Call,
        policy: &Policy,
    ) -> Result<Answer, Fault> {
        let begun = self.parts.world.now();
        let patience = policy.patience(class);
        let mut made = 0;
        loop {
            let left = patience.saturating_sub(self.age(class, begun));
            let admitted = self.parts.pace.admit(bucket, &*self.parts.world, left).await;
            if !admitted || self.age(class, begun) > patience {
                return Err(stale(call, patience));
            }
            made += 1;
            let outcome = self.once(class, call).await?;
            let wait = self.wait(class, &outcome, (made, begun), policy);
            self.close(bucket, &outcome, wait);
            match wait {
                None => return self.concluded(class, call, outcome),
                Some(wait) => self.pause(call, &outcome, wait).await,
            }
        }
    }

    /// A limit that was reached, or a system that wants to be left alone, concerns everybody who shares the
    /// budget, also when this request is given up: the others must not run into it one by one.
    fn close(&self, bucket: &str, outcome: &Result<Answer, Lost>, wait: Option<Duration>) {
        let Ok(answer) = outcome else { return };
        let asked = answer.retry_after();
        let time = match answer.status() {
            429 if answer.is_final(self.parts.dialect) => None,
            429 => Some(wait.or(asked).unwrap_or_default()),
            status if is_undecided(status) => asked,
            _ => None,
        };
        if let Some(time) = time {
            self.parts.pace.close(bucket, time, &*self.parts.world);
        }
    }

    /// One attempt. The outer error is one that no attempt can mend.
    async fn once(&self, class: Class, call: &Call) -> Result<Result<Answer, Lost>, Fault> {
        let request = self.request(call)?;
        let counter = match class {
            Class::Read => &self.read,
            Class::Write => &self.written,
        };
        // Counted before it leaves: a request whose future is dropped may have left all the same.
        counter.fetch_add(1, Ordering::Relaxed);
        let outcome = self.parts.transport.call(request).await;
        if matches!(outcome, Err(Lost::NotSent(_))) {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(outcome.map(|response| Answer::new(call.name(), class, response)))
    }

    fn request(&self, call: &Call) -> Result<http::Request<Bytes>, Fault> {
        let unsent = |why: &str| Fault::Denied(format!("{} was not sent: {why}", call.name()));
        let (name, value) =
            self.parts.auth.header().ok_or_else(|| unsent("no header can carry the credential"))?;
        let mark = if call.query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{mark}{}", self.parts.base.as_str(), call.path, call.query);
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(url)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("trueup/", env!("CARGO_PKG_VERSION")))
            .header(name, value);
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(call.body.clone().unwrap_or_default()).map_err(|_| unsent("its address is no valid url"))
    }

    fn wait(
        &self,
        class: Class,
        outcome: &Result<Answer, Lost>,
        (made, begun): (u32, Timestamp),
        policy: &Policy,
    ) -> Option<Duration> {
        let attempt = match outcome {
            Ok(answer) if answer.is_final(self.parts.dialect) => return None,
            Ok(answer) => answer.attempt(),
            Err(Lost::NotSent(_)) => Attempt::NotSent,
            Err(Lost::Unanswered(_)) => Attempt::Unanswered,
        };
        policy.next(class, attempt, made, self.age(class, begun), self.parts.world.random())
    }

    /// Waits; what a closed budget is waited for is waited for at its door.
    async fn pause(&self, call: &Call, outcome: &Result<Answer, Lost>, wait: Duration) {
        let why = match outcome {
            Ok(answer) => format!("answered {}", answer.status()),
            Err(lost) => lost.to_string(),
        };
        let world = &self.parts.world;
        world.log(LogEvent::Say(format!("{} {why}, again in {:.1} s", call.name(), wait.as_secs_f64())));
        if outcome.as_ref().map_or(true, |answer| answer.status() != 429) {
            world.sleep(wait).await;
        }
    }

    fn concluded(&self, class: Class, call: &Call, outcome: Result<Answer, Lost>) -> Result<Answer, Fault> {
        match outcome {
            Ok(answer) if answer.body().len() > ANSWER_BYTES_MAX => {
                Err(answer.garbled(&format!("its body is larger than {ANSWER_BYTES_MAX} bytes")))
            }
            Ok(answer) => answer.judged(self.parts.dialect),
            Err(lost) => Err(silence(class, call, &lost)),
        }
    }

    /// How old a request is. When the clock was put back nobody can tell: a read is young, which costs
    /// another attempt, and a write is too old, which costs nothing.
    fn age(&self, class: Class, begun: Timestamp) -> Duration {
        let age = Duration::try_from(self.parts.world.now().duration_since(begun));
        age.unwrap_or(match class {
            Class::Read => Duration::ZERO,
            Class::Write => Duration::MAX,
        })
    }
}

/// What no answer means.
fn silence(class: Class, call: &Call, lost: &Lost) -> Fault {
    let what = format!("{}: {lost}", call.name());
    match (class, lost) {
        (_, Lost::NotSent(_)) | (Class::Read, Lost::Unanswered(_)) => Fault::Busy { retry_after: None, what },
        (Class::Write, Lost::Unanswered(_)) => Fault::Unknown(what),
    }
}

/// What a request means whose turn did not come in time: it was not sent.
fn stale(call: &Call, patience: Duration) -> Fault {
    let what = format!(
        "{} was not sent: its turn in the account's budget of requests did not come within {} s",
        call.name(),
        patience.as_secs()
    );
    Fault::Busy { retry_after: None, what }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("base", &self.parts.base)
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}
