//! Tables that fit: middle columns give way with `…`, ids never; wide letters keep the columns straight.

use unicode_width::UnicodeWidthStr;

use super::{Terminal, shown};

/// Blanks between two columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const NARROWEST: usize = 6;

/// Whether a column may give way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// An id or a number: always whole.
    Keep,
    /// Words and values: shortened where there is no room.
    Cut,
}

/// Rows under headings.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(headings: &[(&str, Column)]) -> Self {
        let head = headings.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { columns: headings.iter().map(|(_, column)| *column).collect(), rows: vec![head] }
    }

    /// Adds a row; whatever comes from outside is made safe to show.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        self.rows.push(cells.into_iter().map(|cell| shown(cell.as_ref())).collect());
    }

    /// The table as lines; tab-separated and without headings if that was asked for.
    pub(crate) fn render(&self, terminal: &Terminal) -> String {
        if terminal.plain() {
            let body = self.rows.iter().skip(1);
            return body.map(|row| row.join("\t") + "\n").collect();
        }
        self.fit(terminal.width())
    }

    /// The table where it has rows, and what is to be said of it; where a program reads, the rows alone.
    pub(crate) fn told(&self, terminal: &Terminal, words: &str) -> String {
        let rows = if self.rows.len() > 1 { self.render(terminal) } else { String::new() };
        if terminal.plain() { rows } else { rows + words }
    }

    fn fit(&self, width: Option<usize>) -> String {
        let widths = narrowed(self.natural(), &self.columns, width);
        self.rows.iter().map(|row| line(row, &widths) + "\n").collect()
    }

    fn natural(&self) -> Vec<usize> {
        let widest =
            |at: usize| self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max();
        (0..self.columns.len()).map(|at| widest(at).unwrap_or_default()).collect()
    }
}

/// Takes from the widest column that may give way until all fit.
fn narrowed(mut widths: Vec<usize>, columns: &[Column], limit: Option<usize>) -> Vec<usize> {
    let Some(limit) = limit else { return widths };
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > limit {
        let soft = widths
            .iter_mut()
            .zip(columns)
            .filter(|(width, column)| **column == Column::Cut && **width > NARROWEST);
        match soft.max_by_key(|(width, _)| **width) {
            Some((width, _)) => *width -= 1,
            None => break,
        }
    }
    widths
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let cell = shortened(cell, *width);
        line.push_str(&cell);
        line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + GAP));
    }
    line.trim_end().to_owned()
}

fn shortened(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        kept.push(letter);
        if kept.width() >= room {
            kept.pop();
            break;
        }
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(limit: Option<usize>, rows: &[[&str; 3]], want: &str) {
        let mut table = Table::new(&[("ID", Column::Keep), ("NAME", Column::Cut), ("N", Column::Keep)]);
        for row in rows {
            table.row(row);
        }
        assert_eq!(table.fit(limit), want);
    }

    #[test]
    fn the_middle_gives_way_and_ids_stay_whole() {
        let rows = [["R00412", "Augusta Ada King, Countess of Lovelace", "7"]];
        check(
            None,
            &rows,
            "ID      NAME                                    N\nR00412  Augusta Ada King, Countess of Lovelace  7\n",
        );
        check(Some(24), &rows, "ID      NAME           N\nR00412  Augusta Ada …  7\n");
    }

    #[test]
    fn wide_letters_and_right_to_left_names_keep_the_columns_straight() {
        let rows = [["1", "東京", "x"], ["2", "سلمى", "y"], ["3", "👩 Eva", "z"]];
        check(None, &rows, "ID  NAME    N\n1   東京    x\n2   سلمى    y\n3   👩 Eva  z\n");
    }

    #[test]
    fn letters_that_would_move_the_cursor_are_made_harmless() {
        let mut table = Table::new(&[("A", Column::Cut)]);
        table.row(["red\u{1b}[31m"]);
        assert!(!table.fit(None).contains('\u{1b}'));
    }
}
