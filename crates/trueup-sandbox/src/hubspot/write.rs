//! Writing one record in two steps: draft (checks everything, changes nothing) and commit.
//!
//! A batch without trace ids drafts all rows before it commits any; that is what makes it all or nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Portal;
use super::call::Call;
use super::emails;
use super::errors::{ApiError, Problem};
use super::history::Author;
use super::object_type::ObjectType;
use super::properties::PropertyIx;
use super::record::Record;
use super::settings::{Settings, UniqueConflict};
use super::store::{Changes, ObjectStore};
use super::validate::Rules;

/// A write that passed every check.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The record to change; none for a new one.
    pub(crate) target: Option<u64>,
    changes: Changes,
    /// The identifying values the record will hold.
    claims: Vec<(PropertyIx, Box<str>)>,
    /// The names that were written, for the answer.
    pub(crate) names: Vec<String>,
}

/// Why a write is refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// Values are not valid.
    Invalid(Vec<Problem>),
    /// Another record holds an e-mail or a unique value.
    Conflict { existing: u64, title: &'static str },
    /// The record is not there.
    NotFound,
    /// Anything else.
    Other(ApiError),
}

/// The values of one write, by property name.
pub(crate) type Values = BTreeMap<String, String>;

impl Refusal {
    /// The answer to a write of a single record.
    pub(crate) fn into_error(self, portal_id: u64) -> ApiError {
        match self {
            Self::Invalid(problems) => ApiError::properties(problems, portal_id),
            Self::Conflict { existing, title } => ApiError::conflict(title, existing),
            Self::NotFound => ApiError::not_found(),
            Self::Other(error) => error,
        }
    }
}

impl Portal {
    pub(crate) fn store(&self, kind: &ObjectType) -> Result<&ObjectStore, ApiError> {
        self.stores.get(kind.id).ok_or_else(|| unknown_type(kind.plural))
    }

    pub(crate) fn store_mut(&mut self, kind: &ObjectType) -> Result<&mut ObjectStore, ApiError> {
        self.stores.get_mut(kind.id).ok_or_else(|| unknown_type(kind.plural))
    }

    /// Checks a write; nothing changes yet.
    pub(crate) fn draft(
        &self,
        kind: &'static ObjectType,
        target: Option<u64>,
        values: &Values,
        call: &Call,
    ) -> Result<Draft, Refusal> {
        self.draft_with(kind, target, values, call.enforces_rules, &self.settings)
    }

    /// The same under other settings: a person who edits a list sees exactly what they saved.
    pub(crate) fn draft_with(
        &self,
        kind: &'static ObjectType,
        target: Option<u64>,
        values: &Values,
        enforces_rules: bool,
        settings: &Settings,
    ) -> Result<Draft, Refusal> {
        let store = self.store(kind).map_err(Refusal::Other)?;
        let current = match target {
            Some(id) => Some(live(store, id).ok_or(Refusal::NotFound)?),
            None => None,
        };
        let rules = Rules { store, owners: &self.owners, settings };
        let mut changes = rules.check(values, current).map_err(Refusal::Invalid)?;
        if enforces_rules {
            required(store, settings, &changes, current).map_err(Refusal::Invalid)?;
        }
        if let Some(properties) = store.definitions.emails {
            emails::settle(&mut changes, current, properties, settings);
        }
        let claims = claims(store, &changes);
        for (key, value) in &claims {
            self.check_claim(store, target, *key, value)?;
        }
        Ok(Draft { target, changes, claims, names: values.keys().cloned().collect() })
    }

    fn check_claim(
        &self,
        store: &ObjectStore,
        target: Option<u64>,
        key: PropertyIx,
        value: &str,
    ) -> Result<(), Refusal> {
        let holder = store.holder(key, value).filter(|holder| Some(*holder) != target);
        let reusable = self.settings.archived_email_reusable;
        match holder.filter(|holder| !(reusable && store.is_archived(*holder))) {
            Some(existing) => Err(self.taken(store, key, value, existing)),
            None => Ok(()),
        }
    }

    fn taken(&self, store: &ObjectStore, key: PropertyIx, value: &str, existing: u64) -> Refusal {
        let is_email = store.definitions.emails.is_some_and(|emails| emails.primary == key);
        if is_email || self.settings.unique_conflict == UniqueConflict::Conflict {
            return Refusal::Conflict { existing, title: store.kind.title };
        }
        let name = store.definitions.name(key);
        let message = format!("Cannot set {name} = {value}. {existing} already has that value.");
        Refusal::Invalid(vec![Problem::new("CONFLICTING_UNIQUE_VALUE", name, message)])
    }

    /// Carries out a draft and returns the record's id.
    pub(crate) fn commit(
        &mut self,
        kind: &'static ObjectType,
        draft: &Draft,
        author: &Author,
        now_ms: i64,
    ) -> Result<u64, ApiError> {
        let store = self.store_mut(kind)?;
        let author = store.authors.place(author);
        Ok(match draft.target {
            Some(id) => {
                store.change(id, &draft.changes, author, now_ms);
                id
            }
            None => store.insert(&draft.changes, author, now_ms),
        })
    }
}

/// The first value that two drafts of one batch both claim.
pub(crate) fn doubly_claimed(drafts: &[Draft]) -> bool {
    let mut seen = BTreeSet::new();
    let mut claims = drafts.iter().flat_map(|draft| draft.claims.iter());
    !claims.all(|claim| seen.insert(claim))
}

pub(crate) fn unknown_type(name: &str) -> ApiError {
    ApiError::bare(400, format!("Unable to infer object type from: {name}"))
}

/// A record that is there and not archived.
pub(crate) fn live(store: &ObjectStore, id: u64) -> Option<&Record> {
    store.record(id).filter(|record| record.archived_ms.is_none())
}

fn claims(store: &ObjectStore, changes: &Changes) -> Vec<(PropertyIx, Box<str>)> {
    let mut all = Vec::new();
    for (property, value) in changes {
        if let (Some(key), Some(value)) = (store.key_of(*property), value) {
            let several = store.definitions.emails.is_some_and(|emails| emails.additional == *property);
            let parts = value.split(|c| several && c == ';').filter(|part| !part.is_empty());
            all.extend(parts.map(|part| (key, Box::from(part))));
        }
    }
    all
}

/// The administrator's required properties must have a value after the write (trap 30).
fn required(
    store: &ObjectStore,
    settings: &Settings,
    changes: &Changes,
    current: Option<&Record>,
) -> Result<(), Vec<Problem>> {
    let missing = settings.required_properties.iter().filter(|name| {
        let Some(place) = store.definitions.find(name) else { return false };
        let kept = current.and_then(|record| record.value(place));
        changes.get(&place).map_or(kept, Option::as_deref).is_none()
    });
    let problem = |name: &String| {
        Problem::new("REQUIRED_PROPERTY_MISSING", name, format!("Property \"{name}\" is required"))
    };
    let problems: Vec<Problem> = missing.map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
