//! Running a search over what the index shows.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::{Value, json};

use super::super::Portal;
use super::super::answer::{Answer, Outcome};
use super::super::errors::ApiError;
use super::super::object_type::{OBJECT_ID, ObjectType};
use super::super::properties::PropertyIx;
use super::super::record::Record;
use super::super::render::{Fields, Shown};
use super::super::settings::SearchCapBody;
use super::super::store::ObjectStore;
use super::filter::{Filter, sort_key};
use super::request::{Search, Sort};

/// A search never yields more than this; `total` still tells the true number.
const RESULTS_MAX: usize = 10_000;
/// The properties that a free-text query looks at.
const QUERIED: [&str; 5] = ["firstname", "lastname", "email", "phone", "company"];

/// A page of what was found.
#[derive(Serialize)]
struct Page<'a> {
    total: usize,
    results: Vec<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Value>,
}

impl Portal {
    /// `POST /crm/objects/{v}/{type}/search`.
    pub(crate) fn search(&self, kind: &'static ObjectType, body: &[u8]) -> Outcome {
        let search = Search::parse(body)?;
        if search.offset.saturating_add(search.limit) > RESULTS_MAX {
            return Err(self.beyond_cap(search.offset));
        }
        let store = self.store(kind)?;
        let compile = |group: &Vec<_>| -> Result<Vec<Filter>, ApiError> {
            group.iter().map(|filter| Filter::compile(filter, store, &self.settings)).collect()
        };
        let groups: Vec<Vec<Filter>> = search.groups.iter().map(compile).collect::<Result<_, _>>()?;
        let by = store.definitions.live(&search.sort.property).ok_or_else(|| unknown_sort(&search.sort))?;
        let query = search.query.as_deref().map(str::to_lowercase);
        let fits = |record: &&Record| {
            let grouped = groups.is_empty() || groups.iter().any(|group| all_fit(group, store, record));
            grouped && query.as_deref().is_none_or(|query| mentions(store, record, query))
        };
        let mut found: Vec<&Record> = visible(store, first_id(&groups, store)).filter(fits).collect();
        order(&mut found, store, by, &search.sort);
        Ok(Answer::written(self.page(store, &found, &search).into()))
    }

    fn page(&self, store: &ObjectStore, found: &[&Record], search: &Search) -> Vec<u8> {
        let fields = Fields { properties: search.properties.clone(), history: Vec::new() };
        let rows = found.iter().skip(search.offset).take(search.limit);
        let results: Vec<Shown<'_>> = rows.map(|record| self.shown(store, record, &fields)).collect();
        let next = search.offset + results.len();
        let paging = (next < found.len()).then(|| json!({"next": {"after": next.to_string()}}));
        serde_json::to_vec(&Page { total: found.len(), results, paging }).unwrap_or_default()
    }

    fn beyond_cap(&self, offset: usize) -> ApiError {
        let message = format!("a search yields at most {RESULTS_MAX} results; after={offset} is beyond");
        match self.settings.search_cap_body {
            SearchCapBody::ValidationError => ApiError::invalid(message),
            SearchCapBody::Bare => ApiError::bare(400, message),
        }
    }
}

fn unknown_sort(sort: &Sort) -> ApiError {
    ApiError::invalid(format!("Property \"{}\" does not exist; it cannot sort", sort.property))
}

fn all_fit(group: &[Filter], store: &ObjectStore, record: &Record) -> bool {
    group.iter().all(|filter| filter.fits(store, record))
}

/// What the index shows from this id on: records as they were, if they changed lately; never an archived one.
fn visible(store: &ObjectStore, first: u64) -> impl Iterator<Item = &Record> {
    let present = store.from(first).filter(|record| record.archived_ms.is_none());
    let shown = present.filter_map(|record| store.index.view(record));
    let gone = store.index.stale_records();
    let gone = gone.filter(move |record| record.id >= first && store.record(record.id).is_none());
    shown.chain(gone).filter(|record| record.archived_ms.is_none())
}

/// Where a scan may start: paging by `hs_object_id GT` need not look at what it has passed.
fn first_id(groups: &[Vec<Filter>], store: &ObjectStore) -> u64 {
    let bound =
        |group: &Vec<Filter>| group.iter().filter_map(|filter| filter.first_id(store)).max().unwrap_or(0);
    groups.iter().map(bound).min().unwrap_or(0)
}

fn order(found: &mut [&Record], store: &ObjectStore, by: PropertyIx, sort: &Sort) {
    if sort.property == OBJECT_ID {
        found.sort_by_key(|record| record.id);
        if sort.descending {
            found.reverse();
        }
        return;
    }
    if by == store.definitions.created {
        // The default order; it needs no keys of its own.
        found.sort_by_key(|record| (record.created_ms, record.id));
        if sort.descending {
            found.reverse();
        }
        return;
    }
    found.sort_by_cached_key(|record| Key(sort_key(store, record, by), record.id));
    if sort.descending {
        found.reverse();
    }
}

/// A sort key; the id decides between equal values. Numbers are finite, so the order is total.
struct Key(Option<super::filter::Scaled>, u64);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

fn mentions(store: &ObjectStore, record: &Record, query: &str) -> bool {
    let places = QUERIED.iter().filter_map(|name| store.definitions.live(name));
    places.filter_map(|place| record.value(place)).any(|value| value.to_lowercase().contains(query))
}
