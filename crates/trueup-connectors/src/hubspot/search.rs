//! Records that fulfil a condition, by search, complete up to the index's lag.
//!
//! Search pages by offset, ends at 10,000 and moves under the reader (traps 10 and 11). So every page
//! asks anew for the records *behind the last id seen*, in the order of ids, from the first page on:
//! - a record that leaves the view shifts nothing: no other one is skipped;
//! - a record that enters it is listed once or not at all, never twice: ids only grow;
//! - offsets are never used, so there is no cap to cross.
//!
//! Whoever is in the view during all of the paging is listed exactly once.

use trueup_core::{record::Record, snapshot::Coverage, value::Cell};
use trueup_ports::{
    Fault, Outside, Page, Sought,
    wire::{Answer, Call},
};

use super::{
    Hubspot,
    record::record,
    wire::{Filter, Found, Group, Object, Paging, Search, Sort},
};

/// Records per page (facts 5).
const LIMIT: usize = 200;
/// HubSpot refuses a longer body with 400 (trap 14).
const BODY_CHARS_MAX: usize = 3_000;
/// The column that holds the record's id.
const ID: &str = "hs_object_id";

/// What the records fulfil.
#[derive(Debug)]
pub(super) enum Condition {
    /// The column holds this text. Whether it really does is for the reader to assert: dropping what
    /// does not fit would hide a foreign record from the guard.
    Equals { column: String, text: String },
    /// A column holds a token, on records outside, if that is asked.
    Carrying { outside: Option<Outside>, token: String, sought: Sought },
}

/// Where to go on: behind an id, and whether every page so far was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    last: u64,
    whole: bool,
}

/// Reads one page.
pub(super) async fn page(
    hub: &Hubspot,
    condition: &Condition,
    cursor: Option<&str>,
    columns: &[String],
) -> Result<Page, Fault> {
    let from = cursor.map(Cursor::read).transpose()?;
    let names = condition.columns(columns);
    let body = search(condition, from, &names);
    let call = Call::post(hub.paths.objects(&["search"]), &body)?;
    if call.body_chars() > BODY_CHARS_MAX {
        let what = format!("{} columns do not fit into one search; map fewer of them", names.len());
        return Err(Fault::Denied(what));
    }
    let answer = hub.wire.query(call).await?;
    if !answer.is_success() {
        return Err(refused(&answer));
    }
    let found: Found = answer.json()?;
    conclude(hub, condition, from, columns, found).map_err(|why| answer.garbled(&why))
}

fn refused(answer: &Answer) -> Fault {
    let words = super::error::words(answer.body()).unwrap_or_else(|| "without a reason".into());
    answer.garbled(&format!("the search was refused: {words}"))
}

fn search<'a>(condition: &'a Condition, from: Option<Cursor>, names: &[&'a str]) -> Search<'a> {
    let mut filter_groups = condition.groups();
    if let Some(cursor) = from {
        for group in &mut filter_groups {
            group.filters.push(filter(ID, "GT", Some(cursor.last.to_string())));
        }
    }
    Search {
        filter_groups,
        sorts: [Sort { property_name: ID, direction: "ASCENDING" }],
        properties: names.to_vec(),
        limit: LIMIT,
    }
}

fn conclude(
    hub: &Hubspot,
    condition: &Condition,
    from: Option<Cursor>,
    columns: &[String],
    found: Found,
) -> Result<Page, String> {
    let count = found.results.len();
    let total = usize::try_from(found.total).unwrap_or(usize::MAX);
    let last = in_order(&found.results, from)?;
    let whole = from.is_none_or(|cursor| cursor.whole) && count >= total.min(LIMIT);
    let more = count < total || Paging::after(found.paging).is_some();
    // A page without records ends the reading, whatever else it says: there is nothing to go on from.
    let next = last.filter(|_| more).map(|last| Cursor { last, whole }.to_string());
    let kind = hub.settings.object;
    let names: Vec<String> = condition.columns(columns).into_iter().map(str::to_owned).collect();
    let mut records = Vec::with_capacity(count);
    for object in found.results {
        let full = record(kind, object, &names)?;
        if condition.holds(&full, &names) {
            records.push(Record { cells: full.cells.into_iter().take(columns.len()).collect(), ..full });
        }
    }
    let coverage = if whole { Coverage::Whole } else { Coverage::Some };
    Ok(Page {
        records,
        next,
        cursor: None,
        missing: Vec::new(),
        coverage,
        layout: None,
        troubles: Vec::new(),
    })
}

/// The last id of a page whose ids grow from where the page before ended. This is the loop detector, and
/// what makes a record appear once only.
fn in_order(results: &[Object], from: Option<Cursor>) -> Result<Option<u64>, String> {
    let mut last = from.map(|cursor| cursor.last);
    for object in results {
        let id: u64 = object.id.parse().map_err(|_| format!("record id {:?} is no number", object.id))?;
        if last.is_some_and(|last| id <= last) {
            return Err(format!("record {id} is out of order: the search was asked for growing ids"));
        }
        last = Some(id);
    }
    Ok(last.filter(|_| !results.is_empty()))
}

impl Condition {
    /// One of the groups has to fit. Whether NEQ takes empty properties in is not documented (facts 5), so
    /// "another owner" and "no owner" are a group each.
    fn groups<'a>(&'a self) -> Vec<Group<'a>> {
        match self {
            Self::Equals { column, text } => {
                vec![Group { filters: vec![filter(column, "EQ", Some(text.clone()))] }]
            }
            Self::Carrying { outside: None, token, sought } => {
                carrying(token, sought).into_iter().map(|carries| Group { filters: vec![carries] }).collect()
            }
            Self::Carrying { outside: Some(Outside { column, text }), token, sought } => {
                let others = || filter(column, "NEQ", Some(text.clone()));
                let nobody = || filter(column, "NOT_HAS_PROPERTY", None);
                let of_both = |carries: Filter<'a>| {
                    [others(), nobody()].map(|whose| Group { filters: vec![whose, carries.clone()] })
                };
                // Two filters are four groups; six would be refused.
                carrying(token, sought).into_iter().take(2).flat_map(of_both).collect()
            }
        }
    }

    /// The columns wanted, and behind them those the condition is checked by.
    fn columns<'a>(&'a self, wanted: &'a [String]) -> Vec<&'a str> {
        let mut names: Vec<&str> = wanted.iter().map(String::as_str).collect();
        if let Self::Carrying { outside, token, .. } = self {
            let own = outside.iter().map(|outside| &outside.column).chain([token]).map(String::as_str);
            names.extend(own.filter(|own| !wanted.iter().any(|w| w == own)));
        }
        names
    }

    /// Whether a record fulfils it exactly: the search only narrows down.
    fn holds(&self, record: &Record, names: &[String]) -> bool {
        let text = |column: &str| {
            let cell = names.iter().position(|name| name == column).map(|at| record.cell(at));
            cell.and_then(Cell::to_text)
        };
        match self {
            Self::Equals { .. } => true,
            Self::Carrying { outside, token, sought } => {
                let carries = text(token).is_some_and(|text| sought.is_in(&text));
                let inside = |Outside { column, text: own }: &Outside| text(column).as_ref() == Some(own);
                carries && !outside.as_ref().is_some_and(inside)
            }
        }
    }
}

/// Filters, any of which lets through whatever may hold the token, however HubSpot splits values into words and
/// wherever it takes a wildcard, neither of which is published. What else they let through is dropped here.
fn carrying<'a>(token: &'a str, sought: &Sought) -> Vec<Filter<'a>> {
    let Some(word) = longest_word(sought) else { return vec![filter(token, "HAS_PROPERTY", None)] };
    // A run of letters and digits is broken by no rule; the whole token is a word where only spaces end one.
    let whole = sought.key.as_ref().map(|key| format!("{}{key}*", sought.prefix));
    let patterns = [format!("*{word}*"), format!("{word}*")].into_iter().chain(whole);
    patterns.map(|pattern| filter(token, "CONTAINS_TOKEN", Some(pattern))).collect()
}

/// The key's longest word, or the prefix's if that is longer: it narrows down most.
fn longest_word(sought: &Sought) -> Option<&str> {
    let texts = [&sought.prefix, sought.key.as_deref().unwrap_or_default()];
    let words = texts.into_iter().flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    words.filter(|word| !word.is_empty()).max_by_key(|word| word.len())
}

const fn filter<'a>(property_name: &'a str, operator: &'static str, value: Option<String>) -> Filter<'a> {
    Filter { property_name, operator, value }
}

impl Cursor {
    fn read(text: &str) -> Result<Self, Fault> {
        let (digits, whole) = text.strip_prefix("some ").map_or((text, true), |rest| (rest, false));
        let last =
            digits.parse().map_err(|_| Fault::Denied(format!("{text:?} is not a cursor of a search")))?;
        Ok(Self { last, whole })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.whole { "" } else { "some " }, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_a_listing_cursor_is_refused() {
        for cursor in [Cursor { last: 7, whole: true }, Cursor { last: 0, whole: false }] {
            assert_eq!(Cursor::read(&cursor.to_string()).unwrap(), cursor);
        }
        assert!(Cursor::read("MTAx").is_err());
    }

    #[test]
    fn ids_that_do_not_grow_are_a_loop() {
        let objects = |ids: &[u64]| {
            let one = |id: &u64| serde_json::from_value(serde_json::json!({"id": id.to_string()})).unwrap();
            ids.iter().map(one).collect::<Vec<Object>>()
        };
        let from = Some(Cursor { last: 5, whole: true });
        assert_eq!(in_order(&objects(&[6, 9]), from), Ok(Some(9)));
        assert_eq!(in_order(&[], from), Ok(None));
        for bad in [&[5][..], &[4], &[7, 6], &[7, 7]] {
            assert!(in_order(&objects(bad), from).is_err(), "{bad:?}");
        }
    }
}
