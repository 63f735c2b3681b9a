//! How values stand in columns: times sort as text, structures are JSON, numbers fit SQLite's own.

use jiff::Timestamp;
use rusqlite::{Row, types::FromSql};
use serde::{
    Serialize,
    de::{
        DeserializeOwned, IntoDeserializer,
        value::{Error, StrDeserializer},
    },
};

use super::error::{DbError, DbResult};

/// The columns of a row, taken one after the other in the order of the statement: a name would be looked up again in
/// every row.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) const fn of(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn get<T: FromSql>(&mut self) -> DbResult<T> {
        let at = self.step();
        Ok(self.row.get(at)?)
    }

    pub(super) fn text(&mut self) -> DbResult<&'r str> {
        let at = self.step();
        Ok(self.row.get_ref(at)?.as_str().map_err(rusqlite::Error::from)?)
    }

    pub(super) fn bytes(&mut self) -> DbResult<&'r [u8]> {
        let at = self.step();
        Ok(self.row.get_ref(at)?.as_blob().map_err(rusqlite::Error::from)?)
    }

    pub(super) fn maybe_text(&mut self) -> DbResult<Option<&'r str>> {
        let at = self.step();
        Ok(self.row.get_ref(at)?.as_str_or_null().map_err(rusqlite::Error::from)?)
    }

    const fn step(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}

/// A time as text of one width, so that it sorts as text.
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.9}")
}

pub(super) fn parse_time(table: &str, text: &str) -> DbResult<Timestamp> {
    text.parse().map_err(|error| DbError::row(table, error))
}

pub(super) fn json(value: &impl Serialize) -> DbResult<String> {
    serde_json::to_string(value)
        .map_err(|error| DbError::broken(format!("a note cannot be written: {error}")))
}

pub(super) fn parse_json<T: DeserializeOwned>(table: &str, text: &str) -> DbResult<T> {
    // The message of serde tells position and type, and may quote a value: only its place is kept.
    serde_json::from_str(text).map_err(|error| DbError::row(table, format!("column {}", error.column())))
}

/// The name of a unit-like value, as its JSON text without the quotes.
pub(super) fn word(value: &impl Serialize) -> DbResult<String> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

pub(super) fn parse_word<T: DeserializeOwned>(table: &str, word: &str) -> DbResult<T> {
    let word: StrDeserializer<'_, Error> = word.into_deserializer();
    // Its message quotes the word: only that there is no such is told.
    T::deserialize(word).map_err(|_unknown| DbError::row(table, "a word that this version does not know"))
}

/// A count as SQLite holds it. Counts stay far below 2^63; one that does not would not read back.
pub(super) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn parse_int(table: &str, int: i64) -> DbResult<u64> {
    u64::try_from(int).map_err(|error| DbError::row(table, error))
}
