//! The accident: a note is cut at the column's length, "n/a" lands in a number, an unknown option
//! becomes a new one, and the next run reads the maimed value back as if somebody had chosen it
//! (I-24: what cannot be represented is refused before the write, never truncated).

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;

use super::hold;
use crate::{
    guard::{Column, Facts, Objection},
    plan::{Change, Edit, Plan},
    setup::Setup,
    undo::restores,
    value::Value,
};

/// The longest text a HubSpot property holds; no other system of ours holds less in a text column.
const LONGEST: usize = 65_536;

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    hold(plan, |change| {
        let columns = &facts.mirrors.get(&change.system)?.columns;
        change.sent().iter().find_map(|edit| {
            let unfit = || unfit(change, edit, facts.setup);
            let why = why_not(edit, columns.get(&edit.column)).or_else(unfit)?;
            Some(format!("{} of {}: {why}", edit.column, change.system))
        })
    })
}

// A mirror may hold anything where a phone belongs; the source of truth says what the field is, and keeps to it. What
// an undo puts back stood there before.
fn unfit(change: &Change, edit: &Edit, setup: &Setup) -> Option<String> {
    if !setup.is_canonical(&change.system) || restores(&edit.class) {
        return None;
    }
    let field = setup.field(setup.field_named(edit.field.as_str())?);
    field.kind.normal(&edit.wanted).err().map(|bad| bad.to_string())
}

fn why_not(edit: &Edit, column: Option<&Column>) -> Option<String> {
    let Some(column) = column else { return Some("there is no such column".to_owned()) };
    if !column.writable {
        return Some("the column cannot be written".to_owned());
    }
    if !edit.after.is_known() {
        return Some("the value is not known".to_owned());
    }
    let text = edit.after.to_text()?;
    if text.chars().nth(LONGEST).is_some() {
        return Some(format!("the value is longer than {LONGEST} characters"));
    }
    if column.options.is_empty() {
        let fits = holds(&column.kind, &text);
        return (!fits).then(|| format!("the value is no {}", column.kind));
    }
    (!among(edit, &text, &column.options)).then(|| "the value is not among the column's options".to_owned())
}

// A set is sent as one text but chosen one by one.
fn among(edit: &Edit, text: &str, options: &[String]) -> bool {
    let option = |text: &str| options.iter().any(|option| option == text);
    let set = matches!(edit.wanted.value(), Some(Value::List(_)));
    option(text) || (set && edit.wanted.items().iter().all(|item| option(item)))
}

/// Whether a column of a type holds a text. Types are in the words of the systems (HubSpot, Airtable,
/// PostgreSQL, SQLite, BigQuery); one that is not known takes anything, and the system has the last word.
fn holds(kind: &str, text: &str) -> bool {
    match kind.to_ascii_lowercase().as_str() {
        "bool" | "boolean" | "checkbox" => matches!(text, "true" | "false"),
        "number" | "numeric" | "decimal" | "bignumeric" | "currency" | "percent" | "real" | "float4"
        | "float8" | "float64" | "double precision" => number(text).is_some(),
        "integer" | "int" | "int2" | "int4" | "int8" | "int64" | "smallint" | "bigint" => {
            number(text).is_some_and(|number| number.is_integer())
        }
        "date" => text.len() == "2026-01-31".len() && text.parse::<civil::Date>().is_ok(),
        "datetime"
        | "timestamp"
        | "timestamptz"
        | "timestamp with time zone"
        | "timestamp without time zone" => {
            text.parse::<Timestamp>().is_ok() || text.parse::<civil::DateTime>().is_ok()
        }
        _ => true,
    }
}

fn number(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}
