//! Cell addresses as people read them: `C17`, `Lead Details!C17`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Rows a worksheet can have (ECMA-376; Excel's limit).
pub const MAX_ROWS: u32 = 1_048_576;
/// Columns a worksheet can have; the last one is `XFD`.
pub const MAX_COLUMNS: u32 = 16_384;

/// Where a cell stands in its sheet. For messages only: sorting moves it, so it is never identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// The row, from 0.
    pub row: u32,
    /// The column, from 0.
    pub column: u32,
}

impl Address {
    /// The address as it is written in a sentence, with its sheet.
    #[must_use]
    pub fn in_sheet(self, sheet: &str) -> String {
        format!("{}!{self}", super::text::shown(sheet))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", letters(self.column), u64::from(self.row) + 1)
    }
}

// Columns count in base 26 without a zero: Z is followed by AA.
fn letters(column: u32) -> String {
    let mut left = u64::from(column) + 1;
    let mut reversed = Vec::new();
    while left > 0 {
        left -= 1;
        reversed.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    reversed.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_letters() {
        for (column, name) in
            [(0, "A1"), (25, "Z1"), (26, "AA1"), (701, "ZZ1"), (702, "AAA1"), (16_383, "XFD1")]
        {
            assert_eq!(Address { row: 0, column }.to_string(), name);
        }
        assert_eq!(Address { row: 16, column: 2 }.in_sheet("Lead Details"), "Lead Details!C17");
    }
}
