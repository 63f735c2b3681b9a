//! One HubSpot portal as a pure state machine.
//!
//! A request passes, in this order: the faults, authentication, the rate limits, the scope, the operation. Where to
//! look: `paths` (which operation), `records` and `batch/` (reading and writing), `write` and `validate` (what makes a
//! write legal), `emails`, `merge`, `search/` and `index` (the index that is behind), `settings` (what nobody has
//! verified), `snapshot` (raw state), `people` (edits by hand).

mod account;
mod alter;
mod answer;
mod auth;
mod batch;
mod call;
mod emails;
mod errors;
mod fault;
mod gzip;
mod history;
mod index;
mod limits;
mod merge;
mod object_type;
mod owners;
mod paths;
mod people;
mod pipeline;
mod properties;
mod query;
mod record;
mod records;
mod render;
mod schema;
mod search;
mod settings;
mod snapshot;
mod standard_properties;
mod store;
#[cfg(test)]
mod tests;
mod validate;
mod write;

use std::collections::BTreeMap;

pub use account::Account;
pub use auth::{DEFAULT_TOKEN, Token};
pub use fault::Reply;
pub use history::Author;
pub use object_type::{CONTACTS, Emails, ObjectType};
pub use owners::Owner;
pub use people::{Act, PeopleEdit, PeopleError};
pub use properties::{PropertyDefinition, PropertyOption, PropertyType};
pub use settings::{
    AdditionalEmails, BatchArchiveUnknown, LifecycleBackward, MergedInBatchRead, OldPrimary, RateLimits,
    SearchCapBody, SearchWildcards, SearchWords, Settings, UniqueConflict,
};
pub use snapshot::{LoadError, ObjectsSnapshot, RecordSeed, SeedVersion, Snapshot};

use crate::faults::{Fault, FaultPlan};
use crate::log::{LogEntry, RequestLog};
use fault::Pending;
use limits::Limits;
use object_type::OBJECT_TYPES;
use owners::Owners;
use store::ObjectStore;

/// One portal: its state, its faults and its request log. See the crate's documentation for its use in process.
#[derive(Debug, Clone)]
pub struct Portal {
    account: Account,
    settings: Settings,
    tokens: Vec<Token>,
    owners: Owners,
    /// Per number of the object type.
    stores: BTreeMap<&'static str, ObjectStore>,
    limits: Limits,
    faults: FaultPlan,
    log: RequestLog,
    pending: Pending,
    /// Counts answers; correlation ids are made of it.
    answers: u64,
}

impl Default for Portal {
    /// An empty portal with the default token and the property definitions that every portal has.
    fn default() -> Self {
        Self {
            account: Account::default(),
            settings: Settings::default(),
            tokens: vec![Token::with_all_scopes(DEFAULT_TOKEN)],
            owners: Owners::default(),
            stores: OBJECT_TYPES.into_iter().map(|kind| (kind.id, ObjectStore::new(kind))).collect(),
            limits: Limits::default(),
            faults: FaultPlan::default(),
            log: RequestLog::default(),
            pending: Pending::default(),
            answers: 0,
        }
    }
}

impl Portal {
    /// The selected behaviours.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Selects behaviours. The search index stands still from `now_ms` on when they pause it.
    pub fn set_settings(&mut self, settings: Settings, now_ms: i64) {
        for store in self.stores.values_mut() {
            store.index.set(settings.search_lag_ms, settings.search_index_paused, now_ms);
        }
        self.settings = settings;
    }

    /// Replaces the tokens that are accepted.
    pub fn set_tokens(&mut self, tokens: Vec<Token>) {
        self.tokens = tokens;
    }

    /// Installs a fault; it counts calls from now on. The first installed fault that strikes a call wins.
    pub fn install(&mut self, fault: Fault) {
        self.faults.install(fault);
    }

    /// Removes all faults. Requests that are late or held stay so.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// The installed faults.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.faults.installed().cloned().collect()
    }

    /// The requests so far, oldest first.
    #[must_use = "it only looks"]
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.log.entries()
    }

    fn forget_touched(&mut self) {
        for store in self.stores.values_mut() {
            store.take_touched();
        }
    }
}
