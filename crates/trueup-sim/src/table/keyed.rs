//! A table read by its key column: what a source of truth is.

use std::collections::BTreeSet;

use async_trait::async_trait;
use trueup_core::{
    card::Card,
    name::RemoteId,
    plan::Requests,
    record::Record,
    value::{Cell, Value},
};
use trueup_ports::{Ask, Fault, Inspection, Page, Source};

use super::TableSystem;

/// A table read by its key column: what a source of truth is.
pub struct KeyedSystem {
    table: TableSystem,
    numbers: BTreeSet<String>,
}

impl KeyedSystem {
    /// The first column is the key.
    #[must_use]
    pub const fn new(table: TableSystem) -> Self {
        Self { table, numbers: BTreeSet::new() }
    }

    /// The same, where these columns hold numbers, as a sheet's cells can.
    #[must_use]
    pub fn with_numbers(self, numbers: BTreeSet<String>) -> Self {
        Self { numbers, ..self }
    }

    fn typed(&self, record: &mut Record, columns: &[String]) {
        for (cell, _) in
            record.cells.iter_mut().zip(columns).filter(|(_, column)| self.numbers.contains(*column))
        {
            let number = cell.to_text().and_then(|text| text.parse::<i64>().ok());
            if let Some(number) = number {
                *cell = Cell::Value(Value::Number(number.into()));
            }
        }
    }
}

#[async_trait]
impl Source for KeyedSystem {
    fn card(&self) -> &Card {
        self.table.card()
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.table.inspect().await
    }

    async fn read(&self, mut ask: Ask) -> Result<Page, Fault> {
        let columns = ask.columns.clone();
        // Whoever does not ask for the key gets it as the name of the record all the same.
        ask.columns.extend(self.table.parts.columns.first().cloned());
        let mut page = self.table.read(ask).await?;
        for record in &mut page.records {
            if let Some(key) = record.cells.pop().and_then(|cell| cell.to_text()) {
                record.id = RemoteId::new(key);
            }
            record.history.truncate(columns.len());
            self.typed(record, &columns);
        }
        Ok(page)
    }

    fn requests(&self) -> Requests {
        self.table.requests()
    }
}
