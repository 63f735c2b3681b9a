//! How a field is read out of a system's column, and put back.

use compact_str::CompactString;
use thiserror::Error;

use crate::{
    expr::Expr,
    text::{clean::escape_for_display, list, log, token},
    value::Cell,
};

/// How a field is read out of a column, and put back.
#[derive(Clone, Debug)]
pub enum Lens {
    /// The column is the field.
    Whole,
    /// The column is a list of texts with this delimiter.
    List {
        /// What stands between two elements when written.
        delimiter: char,
    },
    /// The column is a log, whose entries begin with their times.
    Log,
    /// The field is the first entry of a delimited ledger.
    First,
    /// The field is every entry of a delimited ledger but the first.
    Rest,
    /// The field is the set of tokens with this prefix, amid other text that is kept.
    Tokens {
        /// What stands before each token, such as `ID:`.
        prefix: String,
    },
    /// The field is computed from other columns of the same row.
    Expr(Expr),
    /// The field always holds this text; a record is created with it and it is never read.
    Constant(String),
}

/// Why a value cannot be put into a column.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PutError {
    /// The lens only reads.
    #[error("the field is derived and cannot be written back")]
    OneWay,
    /// An element holds a delimiter.
    #[error("an element holds the delimiter '{}' and would come back as two", .0.escape_default())]
    Delimiter(char),
    /// A key holds a character at which its token would end.
    #[error("'{}' is no key of a token: use letters, digits, _ and - only", escape_for_display(.0))]
    Key(CompactString),
    /// The column would hold what it holds already.
    #[error("writing it would change nothing in the column")]
    Unchanged,
}

impl Lens {
    /// Whether values can be put through.
    #[must_use]
    pub const fn writes(&self) -> bool {
        matches!(self, Self::Whole | Self::List { .. } | Self::Log | Self::Tokens { .. } | Self::Constant(_))
    }

    /// Reads the field out of a raw cell. Expressions are read by the side, which knows the row.
    #[must_use]
    pub fn get(&self, raw: &Cell) -> Cell {
        if !raw.is_known() {
            return raw.clone();
        }
        match self {
            Self::Whole | Self::Expr(_) => raw.clone(),
            Self::Constant(text) => Cell::text(text),
            Self::List { .. } => through(raw, |text| Cell::list(list::split(text))),
            Self::Log => through(raw, |text| Cell::list(log::split(text))),
            Self::First => through(raw, |text| list::split(text).first().map_or(Cell::Empty, Cell::text)),
            Self::Rest => through(raw, |text| Cell::list(list::split(text).into_iter().skip(1))),
            Self::Tokens { prefix } => through(raw, |text| Cell::list(token::find(text, prefix))),
        }
    }

    /// Puts a wanted value into a raw cell, keeping what else the cell holds. What is put differs from
    /// what was there, so no write is ever planned that would change nothing.
    ///
    /// # Errors
    /// When the lens only reads, the value would not come back the same, or nothing would change.
    pub fn put(&self, raw: &Cell, wanted: &Cell) -> Result<Cell, PutError> {
        let after = self.after(raw, wanted)?;
        if after.same(raw) { Err(PutError::Unchanged) } else { Ok(after) }
    }

    fn after(&self, raw: &Cell, wanted: &Cell) -> Result<Cell, PutError> {
        match self {
            Self::Whole => Ok(wanted.clone()),
            Self::Constant(text) => Ok(Cell::text(text)),
            Self::List { delimiter } => join(&wanted.items(), *delimiter),
            Self::Log => Ok(Cell::text(log::join(&wanted.items()))),
            Self::Tokens { prefix } => add_tokens(raw, prefix, &wanted.items()),
            Self::First | Self::Rest | Self::Expr(_) => Err(PutError::OneWay),
        }
    }
}

fn through(raw: &Cell, read: impl FnOnce(&str) -> Cell) -> Cell {
    raw.to_text().map_or_else(|| raw.clone(), |text| read(&text))
}

fn join(items: &[CompactString], delimiter: char) -> Result<Cell, PutError> {
    // Whatever the delimiter it is written with, a list is read back by all of them.
    if let Some(inner) = items.iter().find_map(|item| item.chars().find(|c| list::parts_at(*c))) {
        return Err(PutError::Delimiter(inner));
    }
    let mut sep = [0; 4];
    Ok(Cell::text(items.join(delimiter.encode_utf8(&mut sep))))
}

fn add_tokens(raw: &Cell, prefix: &str, wanted: &[CompactString]) -> Result<Cell, PutError> {
    if let Some(key) = wanted.iter().find(|key| !token::is_key(key)) {
        return Err(PutError::Key(key.clone()));
    }
    let mut text = raw.to_text().unwrap_or_default();
    let present = token::find(&text, prefix);
    for key in wanted.iter().filter(|key| !present.contains(key)) {
        text = token::add(&text, prefix, key);
    }
    Ok(Cell::text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lens: &Lens, raw: &Cell, want: &Cell) {
        let got = lens.get(raw);
        assert!(got == *want, "{:?} is not {:?}", got.to_text(), want.to_text());
    }

    #[test]
    fn a_ledger_gives_its_first_entry_and_the_rest_in_order() {
        let ledger = Cell::text("b@x.org; a@x.org ;c@x.org");
        check(&Lens::First, &ledger, &Cell::text("b@x.org"));
        check(&Lens::Rest, &ledger, &Cell::list(["a@x.org", "c@x.org"]));
        check(&Lens::Rest, &Cell::text("b@x.org"), &Cell::Empty);
    }

    #[test]
    fn a_token_is_added_and_the_rest_of_the_text_is_kept() {
        let lens = Lens::Tokens { prefix: "ID:".into() };
        let raw = Cell::text("BV import 2024");
        let put = lens.put(&raw, &Cell::list(["R00412"])).unwrap();
        assert!(put.to_text().unwrap().starts_with("BV import 2024"));
        check(&lens, &put, &Cell::list(["R00412"]));
        assert_eq!(lens.put(&put, &Cell::list(["R00412"])), Err(PutError::Unchanged));
    }

    /// What is read out of a text, and what stands there once this is put.
    #[track_caller]
    fn check_both_ways(lens: &Lens, raw: &str, read: &Cell, wanted: &Cell, after: &str) {
        check(lens, &Cell::text(raw), read);
        assert!(lens.writes());
        let put = lens.put(&Cell::text(raw), wanted).unwrap();
        assert_eq!(put.to_text().as_deref(), Some(after));
        check(lens, &put, wanted);
        assert_eq!(lens.put(&put, wanted), Err(PutError::Unchanged));
    }

    #[test]
    fn what_was_put_is_read_back() {
        let (ab, c) = (Cell::list(["a", "b"]), Cell::list(["c"]));
        check_both_ways(&Lens::Whole, "a", &Cell::text("a"), &Cell::text("b"), "b");
        check_both_ways(&Lens::List { delimiter: '|' }, "c", &c, &ab, "a|b");
        let (old, new) = (["2026-03-01 ada: called"], ["2026-03-01 ada: called", "2026-03-02 grace: mailed"]);
        check_both_ways(&Lens::Log, old[0], &Cell::list(old), &Cell::list(new), &new.join("\n"));
        let constant = Lens::Constant("88".into());
        check_both_ways(&constant, "", &Cell::text("88"), &Cell::text("88"), "88");
        let tokens = Lens::Tokens { prefix: "ID:".into() };
        check_both_ways(&tokens, "ID:a; BV", &Cell::list(["a"]), &ab, "ID:a; BV; ID:b");
    }

    #[test]
    fn a_lens_that_only_reads_puts_nothing() {
        let expr = Expr::compile("row.CITY").unwrap();
        for lens in [Lens::First, Lens::Rest, Lens::Expr(expr)] {
            assert!(!lens.writes());
            assert_eq!(lens.put(&Cell::Null, &Cell::text("a")), Err(PutError::OneWay));
        }
    }

    #[test]
    fn unknown_cells_stay_unknown_through_every_lens() {
        for lens in [Lens::Whole, Lens::First, Lens::Rest, Lens::List { delimiter: ';' }] {
            check(&lens, &Cell::Absent, &Cell::Absent);
            check(&lens, &Cell::Null, &Cell::Null);
        }
    }

    #[test]
    fn what_would_come_back_as_two_elements_is_refused() {
        let lens = Lens::List { delimiter: ';' };
        assert_eq!(lens.put(&Cell::Null, &Cell::list(["a;b"])), Err(PutError::Delimiter(';')));
        assert_eq!(lens.put(&Cell::Null, &Cell::list(["a,b"])), Err(PutError::Delimiter(',')));
    }

    #[test]
    fn a_key_that_could_not_be_found_again_is_refused() {
        let lens = Lens::Tokens { prefix: "ID:".into() };
        let refused = lens.put(&Cell::Null, &Cell::list(["R 1"])).unwrap_err();
        assert_eq!(refused.to_string(), "'R 1' is no key of a token: use letters, digits, _ and - only");
    }
}
