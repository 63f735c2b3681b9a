//! The workbook of a scenario: a table that is altered and saved as a spreadsheet program would.

use std::{fs, path::PathBuf};

use rust_xlsxwriter::{Formula, Workbook, Worksheet};

use super::{damage, script::table};

/// The column of the key, as template A has it.
const KEY: &str = "LEAD_ID";
/// Columns whose cells are numbers.
const NUMBERS: [&str; 1] = ["NIGHTS"];

/// The workbook.
#[derive(Debug)]
pub(super) struct Book {
    path: PathBuf,
    sheet: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Book {
    /// An empty workbook that will lie there.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, sheet: "Lead Details".to_owned(), columns: Vec::new(), rows: Vec::new() }
    }

    /// `> workbook …`: alters the table and saves it, or damages the file that was saved.
    ///
    /// | words | do |
    /// |---|---|
    /// | (none), with a table | rows are replaced by their key, or come last |
    /// | `add`, with a table | rows come last, whatever their key |
    /// | `rekey OLD NEW`, `remove KEY…` | a row gets another key, or goes |
    /// | `sort COLUMN`, `reverse columns`, `drop COLUMN` | rows and columns move, a column goes |
    /// | `rename OLD NEW`, `insert COLUMN` | a column gets another name, or comes last without values |
    /// | `sheet NAME` | the sheet gets another name |
    /// | `save` | the file is written anew, sound |
    /// | `delete`, `cut`, `bomb`, `claim N`, `corner` | the file goes, or is damaged ([`damage`]) |
    ///
    /// # Errors
    /// Words that mean nothing.
    pub(super) fn act(&mut self, words: &[&str], input: &[String]) -> Result<(), String> {
        match words {
            [] => self.put(input, true),
            ["add"] => self.put(input, false),
            ["rekey", old, new] => self.rekey(old, new),
            ["remove", keys @ ..] => self.remove(keys),
            ["sort", column] => self.sort(column),
            ["reverse", "columns"] => self.reverse_columns(),
            ["drop", column] => self.drop_column(column),
            ["rename", old, new] => {
                let column = self.column(old);
                (*new).clone_into(&mut self.columns[column]);
            }
            ["insert", column] => {
                self.columns.push((*column).to_owned());
                self.rows.iter_mut().for_each(|row| row.push(String::new()));
            }
            ["sheet", name] => (*name).clone_into(&mut self.sheet),
            ["save"] => {}
            damage => return self.damage(damage),
        }
        self.save();
        Ok(())
    }

    fn put(&mut self, input: &[String], by_key: bool) {
        let mut rows = table(input).into_iter();
        let columns = rows.next().unwrap_or_default();
        if self.columns.is_empty() {
            self.columns.clone_from(&columns);
        }
        for row in rows {
            let at = self.row_of(&row[0]).filter(|_| by_key).unwrap_or_else(|| {
                self.rows.push(vec![String::new(); self.columns.len()]);
                self.rows.len() - 1
            });
            for (column, cell) in columns.iter().zip(row) {
                let place = self.column(column);
                self.rows[at][place] = cell;
            }
        }
    }

    #[track_caller]
    fn column(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"))
    }

    fn row_of(&self, key: &str) -> Option<usize> {
        let column = self.column(KEY);
        self.rows.iter().position(|row| row[column] == key)
    }

    fn rekey(&mut self, old: &str, new: &str) {
        let (row, column) = (self.row_of(old).unwrap(), self.column(KEY));
        new.clone_into(&mut self.rows[row][column]);
    }

    fn remove(&mut self, keys: &[&str]) {
        for key in keys {
            let row = self.row_of(key).unwrap();
            self.rows.remove(row);
        }
    }

    fn sort(&mut self, column: &str) {
        let column = self.column(column);
        self.rows.sort_by(|a, b| a[column].cmp(&b[column]));
    }

    fn reverse_columns(&mut self) {
        self.columns.reverse();
        self.rows.iter_mut().for_each(|row| row.reverse());
    }

    fn drop_column(&mut self, column: &str) {
        let column = self.column(column);
        self.columns.remove(column);
        self.rows.iter_mut().for_each(|row| drop(row.remove(column)));
    }

    fn damage(&self, words: &[&str]) -> Result<(), String> {
        if words == ["delete"] {
            fs::remove_file(&self.path).unwrap();
            return Ok(());
        }
        let whole = fs::read(&self.path).unwrap();
        let damaged = match words {
            ["cut"] => whole[..whole.len() / 2].to_vec(),
            ["bomb"] => damage::bomb(&whole),
            ["claim", count] => damage::claim(&whole, count),
            ["corner"] => damage::corner(&whole),
            other => return Err(format!("a workbook knows no '{}'", other.join(" "))),
        };
        fs::write(&self.path, damaged).unwrap();
        Ok(())
    }

    fn save(&self) {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name(&self.sheet).unwrap();
        for (row, cells) in (0..).zip(std::iter::once(&self.columns).chain(&self.rows)) {
            for (column, text) in (0..).zip(cells) {
                let is_number = row > 0 && NUMBERS.contains(&self.columns[usize::from(column)].as_str());
                put(sheet, (row, column), text, is_number);
            }
        }
        book.save(&self.path).unwrap();
    }
}

fn put(sheet: &mut Worksheet, (row, column): (u32, u16), text: &str, is_number: bool) {
    match text {
        "" => return,
        error if error.starts_with('#') => {
            sheet.write_formula(row, column, Formula::new("=1+A1").set_result(error))
        }
        number if is_number => sheet.write_number(row, column, number.parse::<f64>().unwrap()),
        text => sheet.write_string(row, column, text),
    }
    .unwrap();
}
