//! Tables in documents that are data.

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line in the document, from 1.
    pub line: usize,
    /// Its cells, trimmed.
    pub cells: Vec<String>,
}

impl Row {
    /// The words in backticks of one cell.
    #[must_use]
    pub fn names(&self, cell: usize) -> Vec<String> {
        let text = self.cells.get(cell).map_or("", String::as_str);
        text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }
}

/// The rows of the first table after a line that contains `marker`, its heading left out.
#[must_use]
pub fn table(text: &str, marker: &str) -> Vec<Row> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let after = lines.skip_while(|(_, line)| !line.contains(marker)).skip(1);
    let rows =
        after.skip_while(|(_, line)| !line.starts_with('|')).take_while(|(_, line)| line.starts_with('|'));
    rows.skip(2).map(|(line, text)| Row { line, cells: cells(text) }).collect()
}

/// The rows of every table of a document, headings left out.
#[must_use]
pub fn tables(text: &str) -> Vec<Row> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_rule = |line: &&str| line.starts_with("|-") || line.starts_with("| -");
    let body = |at: usize| {
        let above = lines.get(..at).unwrap_or_default();
        let table = above.iter().rev().take_while(|line| line.starts_with('|'));
        table.clone().any(is_rule)
    };
    let rows = lines.iter().enumerate().filter(|(at, line)| line.starts_with('|') && body(*at));
    rows.map(|(at, line)| Row { line: at + 1, cells: cells(line) }).collect()
}

fn cells(row: &str) -> Vec<String> {
    let inside = row.trim_start_matches('|').trim_end_matches('|');
    inside.split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A\n\n| x | y |\n|---|---|\n| `no` | 1 |\n\n<!-- here -->\n| x | y |\n|---|---|\n| `a`, `b` | 2 |\n";

    #[test]
    fn a_table_is_found_by_what_stands_before_it() {
        let rows = table(TEXT, "here");
        assert_eq!(rows, [Row { line: 10, cells: vec!["`a`, `b`".into(), "2".into()] }]);
        assert_eq!(rows.iter().flat_map(|row| row.names(0)).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(table(TEXT, "nowhere"), []);
    }

    #[test]
    fn every_table_gives_its_rows_and_no_headings() {
        let lines: Vec<usize> = tables(TEXT).iter().map(|row| row.line).collect();
        assert_eq!(lines, [5, 10]);
    }
}
