//! Which rows belong to an answer.

use std::collections::HashSet;

use trueup_ports::{Ask, Fault, Outside, Reach, Sought, View};

use super::{cell::RawCell, frame::RawRow};

/// Which rows belong to an answer, by their cells.
#[derive(Debug)]
pub(super) struct Filter {
    key_slot: usize,
    rules: Vec<Rule>,
}

#[derive(Debug)]
enum Rule {
    KeyIn(HashSet<String>),
    TextIn(usize, HashSet<String>),
    OtherAt(usize, String),
    TokenAt(usize, Sought),
}

impl Filter {
    /// From what is asked; appends the columns it needs beyond those asked for.
    ///
    /// # Errors
    /// A cursor, since this source answers everything on one page and gives none.
    pub(super) fn new(ask: &Ask, key: &str, columns: &mut Vec<String>) -> Result<Self, Fault> {
        let key_slot = slot(columns, key);
        let rules = match &ask.reach {
            Reach::All(None) => of_view(&ask.view, columns),
            Reach::All(Some(_)) => return Err(Fault::Unreadable("a workbook has no second page".to_owned())),
            Reach::Since { .. } => {
                return Err(Fault::Expired("a workbook cannot be asked for changes".to_owned()));
            }
            Reach::Ids(ids) => vec![Rule::KeyIn(ids.iter().map(|id| id.as_str().to_owned()).collect())],
            Reach::Unique { column, texts } => {
                vec![Rule::TextIn(slot(columns, column), texts.iter().cloned().collect())]
            }
        };
        Ok(Self { key_slot, rules })
    }

    /// Where a row holds its key.
    pub(super) const fn key_slot(&self) -> usize {
        self.key_slot
    }

    /// Whether a row belongs to the answer.
    pub(super) fn takes(&self, key: &str, row: &RawRow) -> bool {
        let text = |slot: &usize| row.cells.get(*slot).and_then(RawCell::to_text).unwrap_or_default();
        self.rules.iter().all(|rule| match rule {
            Rule::KeyIn(keys) => keys.contains(key),
            Rule::TextIn(slot, texts) => texts.contains(text(slot).as_str()),
            // What stands in a cell that is an error is not known: it is no proof of another text.
            Rule::OtherAt(slot, known) => {
                text(slot) != *known && row.cells.get(*slot).is_none_or(|cell| cell.error().is_none())
            }
            Rule::TokenAt(slot, sought) => sought.is_in(&text(slot)),
        })
    }
}

fn of_view(view: &View, columns: &mut Vec<String>) -> Vec<Rule> {
    match view {
        View::All => Vec::new(),
        View::Equals { column, text } => {
            vec![Rule::TextIn(slot(columns, column), HashSet::from([text.clone()]))]
        }
        View::Carrying { outside, token, sought } => {
            let other =
                |Outside { column, text }: &Outside| Rule::OtherAt(slot(columns, column), text.clone());
            let mut rules: Vec<Rule> = outside.iter().map(other).collect();
            rules.push(Rule::TokenAt(slot(columns, token), sought.clone()));
            rules
        }
    }
}

fn slot(columns: &mut Vec<String>, name: &str) -> usize {
    columns.iter().position(|column| column == name).unwrap_or_else(|| {
        columns.push(name.to_owned());
        columns.len() - 1
    })
}
