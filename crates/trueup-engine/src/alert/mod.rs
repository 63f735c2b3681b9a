//! Calls for help: once per change of state, and once when it is over.

mod ntfy;
mod webhook;

pub use ntfy::Ntfy;
pub use webhook::Webhook;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use trueup_core::memory::{Alarm, Note, Outcome};
use trueup_ports::{LogEvent, StoreError, wire::Transport};

use crate::{Account, Engine};

/// A way to reach a person.
#[async_trait]
pub trait Pager: Send + Sync {
    /// Its name, under which it is remembered what was told by it.
    fn channel(&self) -> &'static str;

    /// Sends one message.
    ///
    /// # Errors
    /// In words, when it could not be handed over.
    async fn push(&self, alert: &Alert) -> Result<(), String>;
}

/// One message. It carries counts and rule names, never values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The first line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// How loud.
    pub level: Level,
    /// The run it is about.
    pub run: String,
    /// The pipeline it is about.
    pub pipeline: String,
}

/// How loud an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It is over.
    Recovered,
    /// Somebody should look.
    Partial,
    /// Nothing is kept in agreement until somebody looks.
    Error,
}

/// Sends a request and takes any 2xx for an answer. Errors name the channel, never the address: it
/// may hold a secret.
async fn deliver(transport: &dyn Transport, request: Request<Bytes>, channel: &str) -> Result<(), String> {
    let response = transport.call(request).await.map_err(|_| format!("{channel} cannot be reached"))?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("{channel} answered {}", status.as_u16())),
    }
}

/// What follows for people from how a run ended, given what they were told last.
#[must_use]
pub fn transition(told: Option<&Alarm>, outcome: Outcome) -> Option<Level> {
    let now = match outcome {
        Outcome::Running | Outcome::Done => None,
        Outcome::NeedsPerson => Some(Level::Partial),
        Outcome::Halted | Outcome::Failed => Some(Level::Error),
    };
    let before =
        told.map(|alarm| if alarm.what == word(Level::Error) { Level::Error } else { Level::Partial });
    match (before, now) {
        (Some(_), None) => Some(Level::Recovered),
        (before, Some(now)) if before != Some(now) => Some(now),
        _ => None,
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Recovered => "recovered",
        Level::Partial => "needs a person",
        Level::Error => "error",
    }
}

impl Engine {
    /// Tells people what a run came to, if that is news to them.
    ///
    /// Each channel is told by itself: one that cannot be reached is tried again by the next run, and the
    /// others are not told twice.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be remembered.
    pub async fn alert(&self, account: &Account, pagers: &[Box<dyn Pager>]) -> Result<(), StoreError> {
        let memory = self.store.memory(self.setup.pipeline()).await?;
        for pager in pagers {
            let told = memory.alarms.get(pager.channel());
            let Some(level) = transition(told, account.outcome) else { continue };
            if let Err(why) = pager.push(&self.compose(account, level)).await {
                self.world.log(LogEvent::Warn(format!("an alert could not be sent: {why}")));
                continue;
            }
            let alarm = (level != Level::Recovered)
                .then(|| Alarm { what: word(level).into(), since: account.run.clone() });
            self.note(vec![Note::Alarm(pager.channel().to_owned(), alarm)]).await?;
        }
        Ok(())
    }

    fn compose(&self, account: &Account, level: Level) -> Alert {
        let findings: usize = account.findings.values().sum();
        let counts = format!(
            "{findings} findings, {} conflicts, {} parked, {} held",
            account.conflicts, account.parked, account.held
        );
        let halts: Vec<String> =
            account.halts.iter().map(|halt| format!("halted by {}: {}", halt.rule, halt.what)).collect();
        let lines = [account.error.clone().unwrap_or_default(), halts.join("\n"), counts];
        Alert {
            title: format!("trueup {}: {}", self.setup.pipeline(), word(level)),
            body: lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"),
            level,
            run: account.run.to_string(),
            pipeline: self.setup.pipeline().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_once_per_change_of_state_and_once_when_it_is_over() {
        let alarm = |level| Alarm { what: word(level).into(), since: "r1".into() };
        let check = |told: Option<Level>, outcome, want| {
            assert_eq!(transition(told.map(alarm).as_ref(), outcome), want, "{told:?} {outcome:?}");
        };
        check(None, Outcome::Done, None);
        check(None, Outcome::NeedsPerson, Some(Level::Partial));
        check(Some(Level::Partial), Outcome::NeedsPerson, None);
        check(Some(Level::Partial), Outcome::Failed, Some(Level::Error));
        check(Some(Level::Error), Outcome::Halted, None);
        check(Some(Level::Error), Outcome::NeedsPerson, Some(Level::Partial));
        check(Some(Level::Error), Outcome::Done, Some(Level::Recovered));
    }
}
