//! The five things a read can say about one field of one record.

use std::{borrow::Cow, fmt};

use compact_str::CompactString;
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What one read said about one field.
///
/// Null, empty, absent and unreadable are four different answers (I-25). Only the first two mean
/// *there is no value*; the last two mean *we do not know*, and suspend the field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// The answer did not mention the field.
    Absent,
    /// The field is there but cannot be understood; says why and where.
    Unreadable(Box<Trouble>),
    /// The system says that there is no value.
    Null,
    /// The system holds an empty text.
    Empty,
    /// The system holds this value.
    Value(Value),
}

/// Why a cell is unreadable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The reason, lower case, without the value itself.
    pub why: String,
    /// Where it stands, such as `Lead Details!C17`; empty when the record id says enough.
    pub place: String,
}

/// A value that is there. `List` keeps its order; order matters only where the field says so.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// Any text but the empty one.
    Text(CompactString),
    /// An exact decimal number.
    Number(Decimal),
    /// True or false.
    Bool(bool),
    /// A calendar day.
    Date(Date),
    /// An instant.
    Time(Timestamp),
    /// Several texts.
    List(Vec<CompactString>),
}

impl Cell {
    /// A text cell; the empty text becomes [`Cell::Empty`].
    #[must_use]
    pub fn text(text: impl AsRef<str>) -> Self {
        match text.as_ref() {
            "" => Self::Empty,
            text => Self::Value(Value::Text(CompactString::new(text))),
        }
    }

    /// A list cell; the empty list becomes [`Cell::Empty`].
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let items: Vec<_> = items.into_iter().map(|i| CompactString::new(i.as_ref())).collect();
        if items.is_empty() { Self::Empty } else { Self::Value(Value::List(items)) }
    }

    /// A cell that cannot be understood.
    #[must_use]
    pub fn unreadable(why: impl Into<String>, place: impl Into<String>) -> Self {
        Self::Unreadable(Box::new(Trouble { why: why.into(), place: place.into() }))
    }

    /// Whether the read tells what the field holds, be it nothing.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        matches!(self, Self::Null | Self::Empty | Self::Value(_))
    }

    /// Whether the field is known to hold nothing.
    #[must_use]
    pub const fn is_blank(&self) -> bool {
        matches!(self, Self::Null | Self::Empty)
    }

    /// Whether both are known and hold the same; null and empty hold the same nothing.
    ///
    /// HubSpot reads a cleared property as null and takes `""` to clear it (facts: value semantics).
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(a), Self::Value(b)) => a == b,
            _ => self.is_blank() && other.is_blank(),
        }
    }

    /// The value, if there is one.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Unreadable(_) | Self::Null | Self::Empty => None,
        }
    }

    /// The value as one text, lists joined by `;`; nothing and unknown give `None`.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        self.value().map(|value| value.as_text().into_owned())
    }

    /// The elements of a list, a single value as one element, nothing as none.
    #[must_use]
    pub fn items(&self) -> Vec<CompactString> {
        match self.value() {
            None => Vec::new(),
            Some(Value::List(items)) => items.clone(),
            Some(value) => vec![CompactString::from(value.as_text())],
        }
    }

    /// The reason why the cell is unreadable.
    #[must_use]
    pub const fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Unreadable(trouble) => Some(trouble),
            Self::Absent | Self::Null | Self::Empty | Self::Value(_) => None,
        }
    }
}

impl Value {
    /// The value as one text, lists joined by `;`. A text is most often asked for, and is not copied.
    #[must_use]
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            _ => Cow::Owned(self.to_string()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{}", number.normalize()),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Time(time) => write!(f, "{time}"),
            Self::List(items) => f.write_str(&items.join(";")),
        }
    }
}

// Personal data stays out of logs and panics (safety rule 7): `Debug` tells the shape, never the value.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Number(_) => f.write_str("Number"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Date(_) => f.write_str("Date"),
            Self::Time(_) => f.write_str("Time"),
            Self::List(items) => write!(f, "List({} items)", items.len()),
        }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Unreadable(trouble) => write!(f, "Unreadable({} {})", trouble.why, trouble.place),
            Self::Null => f.write_str("Null"),
            Self::Empty => f.write_str("Empty"),
            Self::Value(value) => write!(f, "{value:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_hold_the_same_nothing_but_the_unknown_equals_nothing_not_even_itself() {
        assert!(Cell::Null.same(&Cell::Empty));
        assert!(Cell::text("").same(&Cell::Null));
        for unknown in [Cell::Absent, Cell::unreadable("#REF!", "Leads!C2")] {
            for other in [Cell::Null, Cell::Empty, Cell::text("a"), unknown.clone()] {
                assert!(!unknown.same(&other), "{unknown:?} {other:?}");
            }
        }
    }

    /// Whether it is known and blank, and what it is as one text and as elements.
    #[track_caller]
    fn check(cell: &Cell, (known, blank): (bool, bool), text: Option<&str>, items: &[&str]) {
        assert_eq!((cell.is_known(), cell.is_blank()), (known, blank), "{cell:?}");
        assert_eq!(cell.to_text().as_deref(), text);
        assert_eq!(cell.items(), items);
        assert_eq!(cell.value().is_some(), text.is_some());
    }

    #[test]
    fn a_cell_is_unknown_or_blank_or_holds_a_value_that_can_be_read_as_text() {
        check(&Cell::Absent, (false, false), None, &[]);
        check(&Cell::unreadable("#REF!", "A1"), (false, false), None, &[]);
        check(&Cell::Null, (true, true), None, &[]);
        check(&Cell::Empty, (true, true), None, &[]);
        check(&Cell::list([""; 0]), (true, true), None, &[]);
        let value = |cell: Cell, text: &str, items: &[&str]| check(&cell, (true, false), Some(text), items);
        value(Cell::text("a"), "a", &["a"]);
        value(Cell::list(["b", "a"]), "b;a", &["b", "a"]);
        value(Cell::Value(Value::Number(Decimal::new(1_500, 3))), "1.5", &["1.5"]);
        value(Cell::Value(Value::Bool(false)), "false", &["false"]);
        value(Cell::Value(Value::Date("2026-11-21".parse().unwrap())), "2026-11-21", &["2026-11-21"]);
        let time = "2026-11-21T10:00:00Z";
        value(Cell::Value(Value::Time(time.parse().unwrap())), time, &[time]);
    }

    #[test]
    fn two_values_are_the_same_only_if_they_are_equal_and_none_is_the_same_as_nothing() {
        let (a, b) = (Cell::text("a"), Cell::text("b"));
        assert!(a.same(&a.clone()) && !a.same(&b) && !a.same(&Cell::Null) && !Cell::Empty.same(&a));
        assert!(!Cell::text("true").same(&Cell::Value(Value::Bool(true))));
    }

    #[test]
    fn only_an_unreadable_cell_says_why_and_where() {
        let trouble = Trouble { why: "#REF!".into(), place: "A1".into() };
        assert_eq!(Cell::unreadable("#REF!", "A1").trouble(), Some(&trouble));
        assert!(
            [Cell::Absent, Cell::Null, Cell::Empty, Cell::text("a")]
                .iter()
                .all(|cell| cell.trouble().is_none())
        );
    }

    #[test]
    fn a_text_is_read_without_a_copy() {
        assert!(matches!(Value::Text("a".into()).as_text(), Cow::Borrowed("a")));
    }

    #[test]
    fn debug_output_holds_no_personal_data() {
        let shown = format!("{:?} {:?}", Cell::text("ada@example.org"), Cell::list(["ada@example.org"]));
        assert!(!shown.contains("ada"), "{shown}");
    }

    #[test]
    fn the_four_states_and_a_value_survive_json() {
        for cell in
            [Cell::Absent, Cell::unreadable("#N/A", "A1"), Cell::Null, Cell::Empty, Cell::list(["a", "b"])]
        {
            let json = serde_json::to_string(&cell).unwrap();
            assert_eq!(serde_json::from_str::<Cell>(&json).unwrap(), cell);
        }
    }
}
