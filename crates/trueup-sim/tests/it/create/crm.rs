//! The mirror, which makes a record, refuses it, or leaves its caller in the dark.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::Ordering},
};

use async_trait::async_trait;
use jiff::SignedDuration;
use trueup_core::{
    card::Card,
    plan::{Act, Requests},
};
use trueup_ports::{Ask, Fault, Inspection, Page, Permit, Refusal, Settled, Source, Target};
use trueup_sim::{
    executor::{Clock, step},
    table::{FaultName, Faults, Table, TableSystem},
};

use super::script::{Arrow, Harm, Reply, Script};

/// The CRM behind its script.
pub(crate) struct Crm {
    pub(crate) table: TableSystem,
    pub(crate) rows: Arc<Mutex<Table>>,
    pub(crate) faults: Arc<Mutex<Faults>>,
    pub(crate) clock: Clock,
    pub(crate) script: Arc<Script>,
}

impl Crm {
    fn faults_of(&self, create: bool) -> Faults {
        match (create, *self.script.reply.lock().unwrap(), self.script.harm(Arrow::Janitor)) {
            (true, Reply::LostBefore, _) | (false, _, Some(Harm::Fail)) => {
                Faults::only(FaultName::LostBefore, 1000)
            }
            (true, Reply::Busy, _) => Faults::only(FaultName::WriteBusy, 1000),
            (true, Reply::LostAfter, _) => Faults::only(FaultName::LostAfter, 1000),
            (true, Reply::Late, _) | (false, _, Some(Harm::Late)) => Faults::only(FaultName::Late, 1000),
            (false, _, Some(Harm::Refuse)) => Faults::only(FaultName::RefusedRecord, 1000),
            _ => Faults::default(),
        }
    }

    /// So late that others have gone on meanwhile.
    async fn refuses_late(&self) {
        if self.script.harm(Arrow::R) == Some(Harm::Late) {
            self.clock.advance(SignedDuration::from_secs(20));
            for _ in 0..50 {
                step().await;
            }
        }
    }

    /// An earlier request of ours made the record, and nobody heard of it.
    fn made_before(&self, permit: &Permit) {
        let Act::Create { ext_id, .. } = permit.act() else { return };
        let mut values: BTreeMap<String, String> =
            permit.edits().iter().map(|edit| (edit.column.clone(), edit.after.to_text().unwrap())).collect();
        values.insert("ext".into(), ext_id.to_string());
        let mut rows = self.rows.lock().unwrap();
        if rows.rows.values().all(|row| row.values.get("ext") != values.get("ext")) {
            rows.make(values, "trueup", self.clock.now());
        }
    }
}

#[async_trait]
impl Source for Crm {
    fn card(&self) -> &Card {
        self.table.card()
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.table.inspect().await
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        if self.script.harm(Arrow::R) == Some(Harm::Fail) {
            return Err(Fault::Busy { retry_after: None, what: "the CRM is busy".into() });
        }
        self.table.read(ask).await
    }

    fn requests(&self) -> Requests {
        self.table.requests()
    }
}

#[async_trait]
impl Target for Crm {
    async fn write(&self, permits: Vec<Permit>) -> Vec<Settled> {
        let create = permits.iter().any(|permit| matches!(permit.act(), Act::Create { .. }));
        let chaos = self.script.chaos.load(Ordering::Relaxed);
        *self.faults.lock().unwrap() = if chaos { self.faults_of(create) } else { Faults::default() };
        let reply = Some(*self.script.reply.lock().unwrap()).filter(|_| chaos && create);
        if reply == Some(Reply::Refused) {
            self.refuses_late().await;
            let reason = "it is no town".to_owned();
            let fault = Fault::Rejected(vec![Refusal { column: Some("city".into()), reason }]);
            return permits.into_iter().map(|permit| permit.failed(fault.clone(), "test")).collect();
        }
        if reply == Some(Reply::Exists) {
            for permit in &permits {
                self.made_before(permit);
            }
        }
        let settled = self.table.write(permits).await;
        if create && self.script.harm(Arrow::R) == Some(Harm::Late) {
            self.clock.advance(SignedDuration::from_secs(20));
        }
        self.script.strike(if create { Arrow::R } else { Arrow::Janitor });
        step().await;
        *self.faults.lock().unwrap() = Faults::default();
        settled
    }
}
