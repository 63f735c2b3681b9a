//! A pipeline as people and oracles know it: what stands where, told without the engine's own words.

use super::{Agreement, BOOK, How, MIRRORS};
use crate::hubspot::Words;

/// A pipeline of a book and its mirrors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The column of the book that names its leads.
    pub key: String,
    /// What a new lead is given, column by column, in this order.
    pub book: Vec<(String, Invented)>,
    /// The mirrors, in the order of the configuration.
    pub mirrors: Vec<MirrorTerms>,
}

/// One mirror. Its columns are those of the table that oracles see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorTerms {
    /// Fields in which it must agree with the book.
    pub agreements: Vec<Agreement>,
    /// Columns that people edit as they like.
    pub edits: Vec<(String, Invented)>,
    /// What the system calls its columns, if it is a portal.
    pub words: Option<Words>,
}

/// A kind of value that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invented {
    /// The key of a lead.
    Key,
    /// One e-mail address.
    Address,
    /// One or two e-mail addresses.
    Addresses,
    /// A phone number.
    Phone,
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
    /// A calendar day.
    Day,
}

impl Terms {
    /// Those of the book that every seed of its scene has, with tables or with portals for mirrors.
    #[must_use]
    pub fn of_the_book(portals: bool) -> Self {
        let agreement = |field: &str, canonical: &str, mirror: &str, how| Agreement {
            field: field.to_owned(),
            canonical: canonical.to_owned(),
            mirror: mirror.to_owned(),
            how,
        };
        let named = |(column, kind): (&str, Invented)| (column.to_owned(), kind);
        let mirror = MirrorTerms {
            agreements: vec![
                agreement("token", "KEY", "note", How::Token),
                agreement("email", "EMAIL_ALL", "email", How::First),
                agreement("more", "EMAIL_ALL", "more", How::Rest),
                agreement("phone", "PHONE", "phone", How::Same),
                agreement("city", "CITY", "city", How::Same),
            ],
            edits: [("phone", Invented::Phone), ("city", Invented::Text)].map(named).into(),
            words: portals.then(Words::of_the_book),
        };
        let [key, addresses, phone, city] = BOOK;
        let book = [
            (addresses, Invented::Addresses),
            (key, Invented::Key),
            (phone, Invented::Phone),
            (city, Invented::Text),
        ];
        Self {
            key: key.to_owned(),
            book: book.map(named).into(),
            mirrors: MIRRORS.map(|_| mirror.clone()).into(),
        }
    }

    /// The columns of the book that people edit as they like.
    #[must_use]
    pub fn book_edits(&self) -> Vec<(String, Invented)> {
        let fixed = |kind| matches!(kind, Invented::Key | Invented::Address | Invented::Addresses);
        self.book.iter().filter(|(_, kind)| !fixed(*kind)).cloned().collect()
    }

    /// The column of the book that holds ledgers of addresses.
    #[must_use]
    pub fn ledger(&self) -> Option<&str> {
        self.book.iter().find(|(_, kind)| *kind == Invented::Addresses).map(|(column, _)| column.as_str())
    }
}

impl MirrorTerms {
    /// Whether it has a column of this name in which it agrees with the book.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.agreements.iter().any(|agreement| agreement.mirror == column)
    }

    /// The first column of a kind that people edit.
    #[must_use]
    pub fn first(&self, kind: Invented) -> Option<&str> {
        self.edits.iter().find(|(_, own)| *own == kind).map(|(column, _)| column.as_str())
    }
}
