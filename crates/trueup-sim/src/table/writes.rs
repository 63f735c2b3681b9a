//! How a table takes writes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    name::RemoteId,
    plan::{Act, Edit},
    value::Cell,
};
use trueup_ports::{Fault, Permit, Refusal, Settled};

use super::{
    FaultName, TableSystem,
    reads::cell,
    rows::{Asked, Landed, Order},
};
use crate::audit::{self, Traced};

const EVIDENCE: &str = "sim";

/// The same fault for every permit.
pub(super) fn all(permits: Vec<Permit>, fault: &Fault) -> Vec<Settled> {
    permits.into_iter().map(|permit| permit.failed(fault.clone(), EVIDENCE)).collect()
}

pub(super) fn no_answer() -> Fault {
    Fault::Unknown("no answer".into())
}

/// How a batch left.
pub(super) enum Leaving {
    /// It is turned away as a whole; nothing of it will be done.
    Refused(Fault),
    /// Nobody will hear of it again; it may take effect later.
    Astray,
    /// Each of it is on its way, under this ticket, or is refused alone.
    UnderWay(Vec<Option<u64>>),
}

impl TableSystem {
    /// Sends a batch on its way. What becomes of it is settled here: its sender may die at any moment.
    pub(super) fn leave(&self, permits: &[Permit]) -> Leaving {
        if let Some(fault) = self.refusal(FaultName::WriteBusy, FaultName::WriteBusyUntil) {
            return self.refuses(permits, fault);
        }
        if permits.len() > 1 && self.goes_wrong(FaultName::RefusedBatch) {
            return self.refuses(permits, Fault::BatchRefused("one of them is bad".into()));
        }
        if self.goes_wrong(FaultName::LostBefore) {
            return Leaving::Astray;
        }
        let late = self.goes_wrong(FaultName::Late);
        let most = u64::try_from(self.parts.card.max_in_flight.as_millis()).unwrap_or(u64::MAX);
        // Late is later than whoever sent it still listens.
        let delay = if late { 1_000 + self.parts.chance.below(most.saturating_sub(1_000)) } else { 0 };
        let delay = SignedDuration::from_millis(delay.cast_signed());
        let due = self.now().checked_add(delay).unwrap_or_default();
        let tickets = permits.iter().map(|permit| self.send(permit, due)).collect();
        if late { Leaving::Astray } else { Leaving::UnderWay(tickets) }
    }

    fn refuses(&self, permits: &[Permit], fault: Fault) -> Leaving {
        for permit in permits {
            self.log(permit, Some(fault.to_string()));
        }
        Leaving::Refused(fault)
    }

    /// A write arrives: it is taken, or refused for a reason.
    fn log(&self, permit: &Permit, refused: Option<String>) {
        let (now, asked) = (self.now(), audit::Asked::of(permit.act(), permit.edits()));
        self.table().log.arrives(self.traced(permit), asked, refused, now);
    }

    fn traced(&self, permit: &Permit) -> Traced {
        Traced { request: permit.id().to_string(), by: self.parts.asker.clone() }
    }

    fn send(&self, permit: &Permit, due: Timestamp) -> Option<u64> {
        if self.goes_wrong(FaultName::RefusedRecord) {
            self.log(permit, Some("the record is refused".to_owned()));
            return None;
        }
        self.log(permit, None);
        let (act, edits) = (permit.act(), permit.edits());
        let order = Order {
            due,
            unique: self.parts.unique.clone(),
            traced: Some(self.traced(permit)),
            expect: self.expected(act, edits),
            ..Order::new(Asked::new(act, self.kept(act, edits)), self.now())
        };
        self.tell(subject(act).unwrap_or_default(), "is sent", || {
            format!("{:?}, trace {}, lands {due}", order.what, permit.id())
        });
        let mut table = self.table();
        if let Some(id) = subject(act) {
            let seen = table.looks.get(&(self.parts.asker.clone(), id.to_owned())).cloned();
            table.looked.extend(seen.map(|owner| (id.to_owned(), owner)));
        }
        Some(table.send(order))
    }

    /// What a conditional write is conditional on.
    fn expected(&self, act: &Act, edits: &[Edit]) -> Vec<(String, Option<String>)> {
        if !self.parts.card.compare_and_set || !matches!(act, Act::Update { .. }) {
            return Vec::new();
        }
        edits.iter().map(|edit| (edit.column.clone(), edit.before.to_text())).collect()
    }

    /// What the sender hears, if it still listens.
    pub(super) async fn answers(&self, permits: Vec<Permit>, tickets: Vec<Option<u64>>) -> Vec<Settled> {
        let settled = permits.into_iter().zip(tickets).map(|(permit, ticket)| self.answered(permit, ticket));
        let settled: Vec<Settled> = settled.collect();
        self.pass(50, 450).await;
        if self.goes_wrong(FaultName::LostAfter) {
            return settled.into_iter().map(Settled::forgotten).collect();
        }
        if self.goes_wrong(FaultName::Partial) {
            return self.some_in_any_order(settled);
        }
        settled
    }

    fn answered(&self, permit: Permit, ticket: Option<u64>) -> Settled {
        let Some(ticket) = ticket else {
            let refusal = Refusal { column: None, reason: "the simulated system refuses it".into() };
            return permit.failed(Fault::Rejected(vec![refusal]), EVIDENCE);
        };
        match self.table().answer(ticket) {
            Some(Ok(landed)) => {
                let shown = self.shows(permit.edits(), &landed);
                permit.written(RemoteId::new(landed.id), EVIDENCE).showing(shown)
            }
            Some(Err(fault)) => permit.failed(fault, EVIDENCE),
            None => permit.failed(no_answer(), EVIDENCE),
        }
    }

    /// What the answer shows of the columns that were written.
    fn shows(&self, edits: &[Edit], landed: &Landed) -> BTreeMap<String, Cell> {
        let own = |edit: &Edit| (edit.column.clone(), cell(landed.values.get(&edit.column)));
        edits.iter().filter(|_| self.parts.shows).map(own).collect()
    }

    /// The columns a permit writes, with the external id a create carries, as the system keeps them.
    fn kept(&self, act: &Act, edits: &[Edit]) -> BTreeMap<String, Option<String>> {
        let mut values = BTreeMap::new();
        for edit in edits {
            let firm = self.parts.firm.contains(&edit.column);
            if !firm && self.goes_wrong(FaultName::Dropped) {
                continue;
            }
            let text = edit.after.to_text();
            let respelled = !firm && text.is_some() && self.goes_wrong(FaultName::Respelled);
            values
                .insert(edit.column.clone(), if respelled { text.map(|text| respell(&text)) } else { text });
        }
        if let Act::Create { ext_id, ext_id_column: Some(column), .. } = act {
            values.insert(column.clone(), Some(ext_id.to_string()));
        }
        values
    }

    /// The answers to some of a batch, in another order; the others are not mentioned.
    fn some_in_any_order(&self, mut settled: Vec<Settled>) -> Vec<Settled> {
        let sent = settled.len();
        settled.reverse();
        settled.truncate(1 + self.parts.chance.index(sent));
        self.answers_for(settled.len(), sent);
        settled
    }
}

fn subject(act: &Act) -> Option<&str> {
    match act {
        Act::Archive { remote, .. } | Act::Update { remote, .. } => Some(remote.as_str()),
        Act::Create { .. } => None,
    }
}

/// The same value as another system spells it.
#[must_use]
pub fn respell(text: &str) -> String {
    let national = text.strip_prefix("+1").filter(|rest| rest.len() == 10 && rest.is_ascii());
    if let Some((area, rest)) = national.map(|national| national.split_at(3)) {
        let (exchange, line) = rest.split_at(3);
        return format!("({area}) {exchange}-{line}");
    }
    if text.contains('@') { text.replace("@example.org", "@Example.ORG") } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::respell;

    #[test]
    fn a_value_is_respelled_so_that_people_still_read_the_same() {
        assert_eq!(respell("+12025550100"), "(202) 555-0100");
        assert_eq!(respell("p1@example.org"), "p1@Example.ORG");
        assert_eq!(respell("Granby"), "Granby.");
    }
}
