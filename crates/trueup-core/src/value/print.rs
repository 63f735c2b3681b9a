//! Fingerprints of cells: what the base remembers of a value that nobody needs to read again.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Cell, Value};

/// 128 bits of keyed BLAKE3 over one normalised cell.
///
/// Values come from outsiders and a fingerprint decides "no drift", so it must resist crafted
/// collisions: hence keyed and cryptographic (DESIGN.md 8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Print([u8; 16]);

/// The secret of one state store that makes its fingerprints unpredictable; part of every backup.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrintKey([u8; 32]);

impl PrintKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store that keeps them.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for PrintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrintKey")
    }
}

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Print {
    /// A print that a store kept.
    #[must_use]
    pub const fn kept(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store that keeps them.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Fingerprints a cell; every kind of nothing has the same print, the unknown has none.
    #[must_use]
    pub fn of(key: &PrintKey, cell: &Cell) -> Option<Self> {
        if !cell.is_known() {
            return None;
        }
        let mut bytes = Vec::with_capacity(64);
        match cell.value() {
            None => {}
            Some(Value::List(items)) => items.iter().for_each(|item| feed(&mut bytes, b'l', item)),
            Some(value) => feed(&mut bytes, tag(value), &value.as_text()),
        }
        Some(Self::of_bytes(key, &bytes))
    }

    /// Fingerprints one element of a set.
    #[must_use]
    pub fn of_item(key: &PrintKey, item: &str) -> Self {
        let mut bytes = Vec::with_capacity(64);
        feed(&mut bytes, b'e', item);
        Self::of_bytes(key, &bytes)
    }

    // In one piece: to set up a hasher takes longer than to hash what a cell holds.
    fn of_bytes(key: &PrintKey, bytes: &[u8]) -> Self {
        let hash = blake3::keyed_hash(&key.0, bytes);
        let mut print = [0; 16];
        print.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
        Self(print)
    }
}

const fn tag(value: &Value) -> u8 {
    match value {
        Value::Text(_) => b't',
        Value::Number(_) => b'n',
        Value::Bool(_) => b'b',
        Value::Date(_) => b'd',
        Value::Time(_) => b'i',
        Value::List(_) => b'l',
    }
}

// The length goes in first, so that no two different sequences feed the same bytes.
fn feed(bytes: &mut Vec<u8>, tag: u8, text: &str) {
    bytes.push(tag);
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PrintKey = PrintKey::new([7; 32]);

    #[test]
    fn different_cells_have_different_prints_and_nothing_has_one() {
        let cells = [
            Cell::Null,
            Cell::text("1"),
            Cell::text("12"),
            Cell::list(["1", "2"]),
            Cell::list(["12"]),
            Cell::list(["2", "1"]),
            Cell::Value(Value::Bool(true)),
            Cell::text("true"),
        ];
        for (i, a) in cells.iter().enumerate() {
            for (j, b) in cells.iter().enumerate() {
                assert_eq!(Print::of(&KEY, a) == Print::of(&KEY, b), i == j, "{i} {j}");
            }
        }
        assert_eq!(Print::of(&KEY, &Cell::Null), Print::of(&KEY, &Cell::Empty));
        assert_eq!(Print::of(&KEY, &Cell::Absent), None);
    }

    #[test]
    fn a_print_that_a_store_kept_is_the_print_of_the_same_value() {
        let print = Print::of(&KEY, &Cell::text("a")).unwrap();
        assert_eq!(Print::kept(*print.bytes()), print);
        assert_eq!(PrintKey::new(*KEY.bytes()), KEY);
        let kept = |print: Print| format!("{print:?}");
        assert_eq!(kept(print), "fc19a31e6d4a3cbb46d9e538e78b46bf");
        assert_eq!(kept(Print::of_item(&KEY, "a")), "af3889f5f6e136cfe43f639e9b397dc8");
    }

    #[test]
    fn every_kind_of_value_and_every_element_has_a_print_of_its_own() {
        let (date, time) = ("2026-11-21".parse().unwrap(), "2026-11-21T10:00:00Z".parse().unwrap());
        let one_of_each = [Value::Number(1.into()), Value::Bool(true), Value::Date(date), Value::Time(time)];
        for value in one_of_each {
            let (text, value) = (Cell::text(value.as_text()), Cell::Value(value));
            assert_ne!(Print::of(&KEY, &value), Print::of(&KEY, &text), "{value:?}");
        }
        let item = Print::of_item(&KEY, "a");
        assert_ne!(item, Print::of_item(&KEY, "b"));
        assert!([Cell::text("a"), Cell::list(["a"])].iter().all(|cell| Print::of(&KEY, cell) != Some(item)));
    }

    #[test]
    fn another_key_gives_another_print() {
        let other = PrintKey::new([8; 32]);
        assert_ne!(Print::of(&KEY, &Cell::text("a")), Print::of(&other, &Cell::text("a")));
    }
}
