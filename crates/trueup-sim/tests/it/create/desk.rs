//! The app's database, which commits, fails, or keeps its answer to itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::Ordering},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use trueup_core::name::{ExtId, RemoteId};
use trueup_ports::{Desk, Fault, Pending, Refusal, Row, Tx};
use trueup_sim::{
    executor::{Clock, step},
    table::Table,
};

use super::{
    office::APP,
    script::{Arrow, Harm, Script, Second},
};

/// The app's rows that are not ordinary yet, and transactions that commit late.
#[derive(Default)]
pub(crate) struct Hidden {
    pub(crate) pending: BTreeMap<ExtId, Pending>,
    pub(crate) active: BTreeMap<ExtId, RemoteId>,
    late: Vec<(Timestamp, Deed)>,
}

#[derive(Clone)]
enum Deed {
    Insert(Pending),
    Activate(ExtId, RemoteId),
    Discard(ExtId),
}

/// The app's database.
pub(crate) struct AppDesk {
    pub(crate) hidden: Arc<Mutex<Hidden>>,
    pub(crate) table: Arc<Mutex<Table>>,
    pub(crate) clock: Clock,
    pub(crate) script: Arc<Script>,
}

impl AppDesk {
    fn land(&self) {
        let due: Vec<Deed> = {
            let (now, mut hidden) = (self.clock.now(), self.hidden.lock().unwrap());
            let (due, rest) = std::mem::take(&mut hidden.late).into_iter().partition(|(at, _)| *at <= now);
            hidden.late = rest;
            Vec::into_iter(due).map(|(_, deed)| deed).collect()
        };
        for deed in due {
            self.commit(deed);
        }
    }

    fn commit(&self, deed: Deed) -> Tx {
        let mut hidden = self.hidden.lock().unwrap();
        let refused = |reason: &str| {
            Tx::NotApplied(vec![Refusal { column: Some("key".into()), reason: reason.into() }])
        };
        match deed {
            Deed::Insert(row) => {
                if hidden.pending.contains_key(&row.ext_id) || hidden.active.contains_key(&row.ext_id) {
                    return refused("a row with this id exists");
                }
                hidden.pending.insert(row.ext_id.clone(), row);
            }
            Deed::Activate(ext_id, remote) => match hidden.pending.remove(&ext_id) {
                Some(row) => {
                    let texts = row.record.cells.iter().map(|cell| cell.to_text().unwrap());
                    let values = APP.iter().map(|name| (*name).to_owned()).zip(texts).collect();
                    self.table.lock().unwrap().make(values, "app", self.clock.now());
                    hidden.active.insert(ext_id, remote);
                }
                None if hidden.active.get(&ext_id) == Some(&remote) => {}
                None => return refused("there is no such row"),
            },
            Deed::Discard(ext_id) => {
                if hidden.active.contains_key(&ext_id) {
                    return refused("it is an ordinary row");
                }
                hidden.pending.remove(&ext_id);
            }
        }
        Tx::Applied
    }

    async fn act(&self, arrow: Arrow, deed: Deed) -> Tx {
        step().await;
        self.land();
        let chaos = self.script.chaos.load(Ordering::Relaxed);
        let second = (arrow == Arrow::T2 && chaos).then(|| *self.script.second.lock().unwrap());
        let late = || {
            let due = self.clock.now().checked_add(SignedDuration::from_secs(30)).unwrap();
            self.hidden.lock().unwrap().late.push((due, deed.clone()));
            Tx::Unknown("the commit was not answered".into())
        };
        let tx = match (self.script.harm(arrow), second) {
            (Some(Harm::Fail), _) => Tx::Unknown("the connection was lost before the commit".into()),
            (Some(Harm::Late), _) => late(),
            (_, Some(Second::Fail)) => Tx::NotApplied(Vec::new()),
            (_, Some(Second::Unknown)) => {
                self.commit(deed);
                Tx::Unknown("the commit was not answered".into())
            }
            _ => self.commit(deed),
        };
        self.script.strike(arrow);
        step().await;
        tx
    }
}

#[async_trait]
impl Desk for AppDesk {
    async fn insert(&self, pending: &Pending) -> Tx {
        self.act(Arrow::T1, Deed::Insert(pending.clone())).await
    }

    async fn activate(&self, ext_id: &ExtId, remote: &RemoteId) -> Tx {
        self.act(Arrow::T2, Deed::Activate(ext_id.clone(), remote.clone())).await
    }

    async fn discard(&self, ext_id: &ExtId) -> Tx {
        self.act(Arrow::T2, Deed::Discard(ext_id.clone())).await
    }

    async fn find(&self, ext_id: &ExtId) -> Result<Option<Row>, Fault> {
        step().await;
        self.land();
        let hidden = self.hidden.lock().unwrap();
        let active = hidden.active.get(ext_id).map(|remote| Row::Active { remote: remote.clone() });
        Ok(active.or_else(|| hidden.pending.contains_key(ext_id).then_some(Row::Pending)))
    }
}
