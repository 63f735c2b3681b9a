//! What sort of value a field holds: which normaliser makes two spellings comparable.

use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{Cell, Value};
use crate::text::{self, BadText, phone::Region};

/// The version of all normalisers together; raising it re-baselines every field (DESIGN.md 8).
pub const NORMALISERS: u32 = 1;

/// The sort of value a field holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any text, compared after trimming.
    Text,
    /// A person's or a place's name: white space folded, case kept.
    Name,
    /// One e-mail address, compared case-folded.
    Email,
    /// One phone number, compared as E.164; the region reads national forms.
    Phone(Region),
    /// A set of e-mail addresses.
    Emails,
    /// A set of phone numbers.
    Phones(Region),
    /// A set of texts.
    Tags,
    /// A log: entries that each begin with their time, to which both sides may add.
    Log,
    /// An exact decimal number.
    Decimal,
    /// True or false.
    Bool,
    /// A calendar day.
    Date,
}

impl Kind {
    /// Whether values of this kind are sets, merged element by element.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        matches!(self, Self::Emails | Self::Phones(_) | Self::Tags | Self::Log)
    }

    /// Whether values of this kind say who somebody is.
    #[must_use]
    pub const fn is_email(&self) -> bool {
        matches!(self, Self::Email | Self::Emails)
    }

    /// Brings a cell into the form in which it is compared and written.
    ///
    /// # Errors
    /// When the cell holds something this kind cannot hold.
    pub fn normal(&self, cell: &Cell) -> Result<Cell, BadText> {
        let Some(value) = cell.value() else { return Ok(cell.clone()) };
        if self.is_set() {
            let items: Result<Vec<_>, _> = cell.items().iter().map(|item| self.item(item)).collect();
            return Ok(Cell::list(unique(items?)));
        }
        self.scalar(value)
    }

    /// As [`Kind::normal`], but what this kind cannot hold stays as the text it is: a mirror that
    /// says "call me" where a phone belongs holds a different value, not an unknown one.
    #[must_use]
    pub fn lenient(&self, cell: &Cell) -> Cell {
        match cell.value() {
            Some(_) if self.is_set() => Cell::list(unique(
                cell.items().iter().map(|i| self.item(i).unwrap_or_else(|_| text::clean::clean(i))).collect(),
            )),
            Some(value) => {
                self.normal(cell).unwrap_or_else(|_| Cell::text(text::clean::clean(&value.as_text())))
            }
            None => cell.clone(),
        }
    }

    fn scalar(&self, value: &Value) -> Result<Cell, BadText> {
        let text = text::clean::clean(&value.as_text());
        if text.is_empty() {
            return Ok(Cell::Empty);
        }
        Ok(match self {
            Self::Decimal => Cell::Value(Value::Number(text::decimal::normalise(&text)?)),
            Self::Bool => Cell::Value(Value::Bool(
                bool::from_str(&text.to_lowercase())
                    .map_err(|_| BadText::new("true or false", "it is neither"))?,
            )),
            Self::Date => Cell::Value(Value::Date(text::date::normalise(&text)?)),
            Self::Text
            | Self::Name
            | Self::Email
            | Self::Phone(_)
            | Self::Emails
            | Self::Phones(_)
            | Self::Tags
            | Self::Log => Cell::text(self.item(&text)?),
        })
    }

    fn item(&self, item: &str) -> Result<CompactString, BadText> {
        match self {
            Self::Email | Self::Emails => text::email::normalise(item),
            Self::Phone(region) | Self::Phones(region) => text::phone::normalise(item, *region),
            Self::Name => Ok(text::name::normalise(item)),
            Self::Log => Ok(text::log::normalise(item)),
            Self::Text | Self::Tags | Self::Decimal | Self::Bool | Self::Date => Ok(text::clean::clean(item)),
        }
    }
}

fn unique(items: Vec<CompactString>) -> Vec<CompactString> {
    let mut kept: Vec<CompactString> = Vec::with_capacity(items.len());
    for item in items {
        if !item.is_empty() && !kept.contains(&item) {
            kept.push(item);
        }
    }
    // Order tells nothing in a set: a system may give its elements back in any order (trap 19).
    kept.sort();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: &Kind, raw: &Cell, want: &Cell) {
        let got = kind.normal(raw).unwrap();
        assert!(got == *want, "{kind:?}: {:?} is not {:?}", got.to_text(), want.to_text());
        assert!(kind.normal(&got).unwrap() == got, "{kind:?} is not idempotent");
    }

    #[test]
    fn each_kind_brings_spellings_together() {
        check(&Kind::Email, &Cell::text(" Ada@Example.ORG "), &Cell::text("ada@example.org"));
        check(&Kind::Phone(Region::US), &Cell::text("(970) 555-0100"), &Cell::text("+19705550100"));
        check(&Kind::Name, &Cell::text("Ada \u{a0} Lovelace"), &Cell::text("Ada Lovelace"));
        check(
            &Kind::Emails,
            &Cell::list(["B@x.org", "b@x.org ", "c@x.org"]),
            &Cell::list(["b@x.org", "c@x.org"]),
        );
        check(&Kind::Text, &Cell::text("  "), &Cell::Empty);
        check(&Kind::Text, &Cell::text(" Ada  L. "), &Cell::text("Ada  L."));
        check(
            &Kind::Decimal,
            &Cell::text("$1,234.50"),
            &Cell::Value(Value::Number("1234.5".parse().unwrap())),
        );
        check(&Kind::Bool, &Cell::text(" TRUE"), &Cell::Value(Value::Bool(true)));
        check(
            &Kind::Date,
            &Cell::text("11/21/2026"),
            &Cell::Value(Value::Date("2026-11-21".parse().unwrap())),
        );
        let phones = Cell::list(["+19705550100", "+19705550101"]);
        check(&Kind::Phones(Region::US), &Cell::list(["970-555-0101", "(970) 555-0100"]), &phones);
        check(&Kind::Tags, &Cell::list(["west", "", " vip ", "vip", " "]), &Cell::list(["vip", "west"]));
        check(&Kind::Log, &Cell::text("2026-03-01  ada: called "), &Cell::list(["2026-03-01  ada: called"]));
    }

    #[test]
    fn sets_are_merged_by_element_and_addresses_say_who_somebody_is() {
        let region = Region::US;
        for (kind, set, email) in [
            (Kind::Text, false, false),
            (Kind::Name, false, false),
            (Kind::Email, false, true),
            (Kind::Phone(region), false, false),
            (Kind::Emails, true, true),
            (Kind::Phones(region), true, false),
            (Kind::Tags, true, false),
            (Kind::Log, true, false),
            (Kind::Decimal, false, false),
            (Kind::Bool, false, false),
            (Kind::Date, false, false),
        ] {
            assert_eq!((kind.is_set(), kind.is_email()), (set, email), "{kind:?}");
        }
    }

    #[test]
    fn what_a_kind_cannot_hold_is_refused_with_its_reason() {
        for (kind, raw, why) in [
            (Kind::Bool, "yes", "not true or false: it is neither"),
            (Kind::Decimal, "1,234", "not a number: its comma may separate thousands or decimals"),
            (Kind::Emails, "ada", "not an e-mail address: it has no @"),
        ] {
            let refused = kind.normal(&Cell::text(raw)).map_err(|bad| bad.to_string());
            assert_eq!(refused, Err(why.to_owned()));
        }
    }

    #[test]
    fn unknown_cells_pass_through_unchanged() {
        for cell in [Cell::Absent, Cell::Null, Cell::Empty, Cell::unreadable("x", "A1")] {
            check(&Kind::Date, &cell, &cell.clone());
        }
    }

    #[test]
    fn a_mirror_that_holds_no_phone_holds_a_different_value_not_an_unknown_one() {
        let cell = Cell::text(" call me ");
        assert!(Kind::Phone(Region::US).normal(&cell).is_err());
        assert!(Kind::Phone(Region::US).lenient(&cell) == Cell::text("call me"));
        assert!(Kind::Phone(Region::US).lenient(&Cell::text("970-555-0100")) == Cell::text("+19705550100"));
        let some = Kind::Emails.lenient(&Cell::list(["B@x.org", " call me ", "a@x.org"]));
        assert_eq!(some.items(), ["a@x.org", "b@x.org", "call me"]);
        assert!(Kind::Emails.lenient(&Cell::Absent) == Cell::Absent);
    }
}
