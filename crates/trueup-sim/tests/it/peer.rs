//! A system of the hub, with a hand in what its answers leave out and in what happens meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use trueup_core::{
    card::Card,
    name::RemoteId,
    plan::{Act, Requests},
};
use trueup_ports::{Ask, Fault, Inspection, Page, Permit, Reach, Refusal, Settled, Source, Target};
use trueup_sim::table::TableSystem;

use crate::office::Deed;

/// What is made to go wrong with one system.
#[derive(Default)]
pub(crate) struct Script {
    /// Happens right before this page of a listing is read, counted from one.
    pub(crate) before_page: Mutex<Option<(usize, Deed)>>,
    /// Happens right before this read by id is answered, counted from one.
    pub(crate) before_answer: Mutex<Option<(usize, Deed)>>,
    /// Records that no read by id mentions, whatever became of them.
    pub(crate) silent: Mutex<BTreeSet<String>>,
    /// How many of the next reads by id leave them out; all, when nothing is said.
    pub(crate) times: Mutex<Option<usize>>,
    /// Nothing is written.
    pub(crate) refuses: Mutex<bool>,
    /// Each record that is written is refused, with a word why.
    pub(crate) rejects: Mutex<bool>,
    /// The column that is to blame for it; none says that the whole record is.
    pub(crate) blames: Mutex<Option<String>>,
    /// Each write gets no answer and never takes effect.
    pub(crate) swallows: Mutex<bool>,
    /// Happens right after something was written, before anybody looks.
    pub(crate) after_write: Mutex<Option<Deed>>,
    /// What creates carried whose answers were lost before they landed; they are kept while this holds something.
    pub(crate) astray: Mutex<Option<Vec<BTreeMap<String, String>>>>,
}

impl Script {
    fn leaves_out(&self) -> bool {
        match self.times.lock().unwrap().as_mut() {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

/// Counts down to a deed, and does it when it is due.
fn count_down(due: &Mutex<Option<(usize, Deed)>>) {
    let mut due = due.lock().unwrap();
    if let Some((left, _)) = due.as_mut() {
        *left -= 1;
    }
    let deed = due.take_if(|(left, _)| *left == 0);
    drop(due);
    if let Some((_, deed)) = deed {
        deed();
    }
}

/// A system behind its script.
pub(crate) struct Peer {
    pub(crate) table: TableSystem,
    pub(crate) script: Arc<Script>,
}

#[async_trait]
impl Source for Peer {
    fn card(&self) -> &Card {
        self.table.card()
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.table.inspect().await
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        match ask.reach {
            Reach::All(_) => count_down(&self.script.before_page),
            Reach::Ids(_) => count_down(&self.script.before_answer),
            Reach::Since { .. } | Reach::Unique { .. } => {}
        }
        let mut page = self.table.read(ask.clone()).await?;
        let Reach::Ids(ids) = &ask.reach else { return Ok(page) };
        let silent = self.script.silent.lock().unwrap();
        let is_silent = |id: &RemoteId| silent.contains(id.as_str());
        if ids.iter().any(is_silent) && self.script.leaves_out() {
            page.records.retain(|record| !is_silent(record.asked.as_ref().unwrap_or(&record.id)));
            page.missing.retain(|id| !is_silent(id));
        }
        Ok(page)
    }

    fn requests(&self) -> Requests {
        self.table.requests()
    }
}

#[async_trait]
impl Target for Peer {
    async fn write(&self, permits: Vec<Permit>) -> Vec<Settled> {
        if *self.script.refuses.lock().unwrap() {
            let denied = |permit: Permit| permit.failed(Fault::Denied("not now".into()), "test");
            return permits.into_iter().map(denied).collect();
        }
        if *self.script.rejects.lock().unwrap() {
            let column = self.script.blames.lock().unwrap().clone();
            let refusal = || vec![Refusal { column: column.clone(), reason: "no such value".into() }];
            let rejected = |permit: Permit| permit.failed(Fault::Rejected(refusal()), "test");
            return permits.into_iter().map(rejected).collect();
        }
        let lost = |permit: Permit| permit.failed(Fault::Unknown("no answer".into()), "test");
        if *self.script.swallows.lock().unwrap() {
            return permits.into_iter().map(lost).collect();
        }
        if let Some(astray) = self.script.astray.lock().unwrap().as_mut() {
            astray.extend(permits.iter().map(carried));
            return permits.into_iter().map(lost).collect();
        }
        let settled = self.table.write(permits).await;
        let due = self.script.after_write.lock().unwrap().take();
        if let Some(deed) = due {
            deed();
        }
        settled
    }
}

/// What a create carries, by column.
fn carried(permit: &Permit) -> BTreeMap<String, String> {
    let Act::Create { ext_id, .. } = permit.act() else { return BTreeMap::new() };
    let edits = permit.edits().iter().filter_map(|edit| Some((edit.column.clone(), edit.after.to_text()?)));
    edits.chain([("ext".to_owned(), ext_id.to_string())]).collect()
}
