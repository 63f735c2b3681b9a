//! The 48 columns of the workbook.

use super::{
    lead::{Lead, spread},
    people::{mix, nth},
    tables::{STREETS, TOWNS},
};

/// What one cell of the workbook holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    Blank,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// A day: year, month, day.
    Day(u16, u8, u8),
    /// A formula, with the result a spreadsheet program would have stored.
    Formula(String, f64),
}

/// A column: its header and what a lead has there; the number is the row in the sheet, counted from 1.
pub(super) type Column = (&'static str, fn(&Lead, u32) -> Cell);

/// The columns, in the order of the sheet.
pub(super) const COLUMNS: [Column; 48] = [
    ("LEAD_ID", |lead, _| text(lead.key())),
    ("FIRST_NAME", |lead, _| text(lead.person.first)),
    ("LAST_NAME", |lead, _| text(lead.person.last)),
    ("EMAIL_ALL", |lead, _| text(email_ledger(lead))),
    ("PHONE_ALL", |lead, _| text(phone_ledger(lead))),
    ("STREET", |lead, _| text(lead.street())),
    (
        "UNIT",
        |lead, _| if lead.number % 6 == 0 { text(format!("Unit {}", lead.number % 40)) } else { Cell::Blank },
    ),
    ("CITY", |lead, _| text(lead.town.0)),
    ("STATE", |_, _| text("CO")),
    ("ZIP", |lead, _| text(lead.town.1)),
    ("COUNTY", |_, _| text("Marian County")),
    ("PARCEL_ID", |lead, _| {
        text(format!("1449-{:03}-{:02}-{:03}", lead.number % 400, lead.number % 90, lead.number % 700))
    }),
    ("PROPERTY_TYPE", |lead, _| text(nth(&["Cabin", "Condo", "House", "Townhome"], mix(lead.number, 21)))),
    ("BEDROOMS", |lead, _| count(1 + rooms(lead))),
    ("BATHROOMS", |lead, _| Cell::Number(1.0 + f64::from(rooms(lead)) / 2.0)),
    ("SLEEPS", |lead, row| Cell::Formula(format!("=N{row}*2+2"), f64::from(2 * (1 + rooms(lead)) + 2))),
    ("SQUARE_FEET", |lead, _| count(600 + 25 * spread(&lead.person, 22, 120))),
    ("YEAR_BUILT", |lead, _| count(1951 + spread(&lead.person, 23, 70))),
    ("LOT_ACRES", |lead, _| Cell::Number(f64::from(5 + spread(&lead.person, 24, 400)) / 100.0)),
    ("HOT_TUB", |lead, _| Cell::Bool(lead.number % 3 == 0)),
    ("PETS_ALLOWED", |lead, _| Cell::Bool(lead.number % 4 == 1)),
    ("LICENSE_NO", |lead, _| text(format!("STR-{:04}", 1_000 + lead.number))),
    ("LICENSE_UNTIL", |lead, _| Cell::Day(2026 + year(lead, 2), month(lead, 25), 28)),
    ("PLATFORM", |lead, _| text(nth(&["Both", "Direct", "Marketplace"], mix(lead.number, 26)))),
    ("LISTING_URL", |lead, _| text(format!("https://stays.example/{}", 40_000 + lead.number))),
    ("RATING", |lead, _| Cell::Number(f64::from(380 + spread(&lead.person, 27, 120)) / 100.0)),
    ("REVIEWS", |lead, _| count(spread(&lead.person, 28, 340))),
    ("NIGHTS", |lead, _| count(lead.nights)),
    ("NIGHTLY_RATE", |lead, _| count(lead.rate)),
    ("OCCUPANCY", |lead, row| Cell::Formula(format!("=ROUND(AB{row}/365,2)"), hundredths(lead.nights))),
    ("REVENUE", |lead, row| Cell::Formula(format!("=AB{row}*AC{row}"), f64::from(lead.revenue()))),
    ("CLEANING_FEE", |lead, _| count(60 + 5 * spread(&lead.person, 29, 40))),
    ("MANAGER", |lead, _| text(nth(&["self", "Lodgepole Stays", "Ptarmigan Rentals"], mix(lead.number, 30)))),
    ("OWNER_TYPE", |lead, _| text(nth(&["person", "person", "trust", "company"], mix(lead.number, 31)))),
    ("MAILING_STREET", |lead, _| {
        text(format!("{} {}", 10 + lead.number % 900, nth(&STREETS, mix(lead.number, 32))))
    }),
    ("MAILING_CITY", |lead, _| text(nth(&TOWNS, mix(lead.number, 33)).0)),
    ("MAILING_STATE", |_, _| text("CO")),
    ("MAILING_ZIP", |lead, _| text(nth(&TOWNS, mix(lead.number, 33)).1)),
    ("AGENT", |lead, _| if lead.agent_share > 0 { text(agent(lead)) } else { Cell::Blank }),
    ("AGENT_SHARE", |lead, _| Cell::Number(f64::from(lead.agent_share) / 100.0)),
    ("REFERRED_BY", |lead, _| if lead.number % 9 == 2 { text("neighbour") } else { Cell::Blank }),
    ("COMMISSION_RATE", |lead, _| Cell::Number(f64::from(15 + 5 * spread(&lead.person, 34, 3)) / 100.0)),
    ("COMMISSION_BY_HAND", |lead, _| lead.tier_by_hand.map_or(Cell::Blank, text)),
    ("LAST_CONTACTED", |lead, _| Cell::Day(2026, month(lead, 35) % 4 + 1, day(lead, 36))),
    ("NEXT_STEP", |lead, _| text(nth(&["call", "wait", "postcard", "visit"], mix(lead.number, 37)))),
    (
        "POSTCARD_SENT",
        |lead, _| if lead.number % 2 == 0 { Cell::Day(2026, 2, day(lead, 38)) } else { Cell::Blank },
    ),
    ("SOURCE", |lead, _| text(nth(&["county list", "scout", "referral"], mix(lead.number, 39)))),
    ("ADDED_ON", |lead, _| Cell::Day(2024 + year(lead, 2), month(lead, 40), day(lead, 41))),
];

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn count(count: u32) -> Cell {
    Cell::Number(f64::from(count))
}

fn rooms(lead: &Lead) -> u32 {
    spread(&lead.person, 20, 5)
}

fn hundredths(nights: u32) -> f64 {
    (f64::from(nights) / 365.0 * 100.0).round() / 100.0
}

fn agent(lead: &Lead) -> &'static str {
    nth(&["Fern Alder", "Jonas Birk", "Priya Moss"], mix(lead.number, 42))
}

fn year(lead: &Lead, years: usize) -> u16 {
    u16::try_from(spread(&lead.person, 43, years)).unwrap_or_default()
}

fn month(lead: &Lead, salt: u64) -> u8 {
    u8::try_from(1 + spread(&lead.person, salt, 12)).unwrap_or(1)
}

fn day(lead: &Lead, salt: u64) -> u8 {
    u8::try_from(1 + spread(&lead.person, salt, 28)).unwrap_or(1)
}

/// The ledger as people type it: several delimiters, and now and then capitals.
fn email_ledger(lead: &Lead) -> String {
    let ledger = lead.emails.join(nth(&["; ", "; ", ", ", "\n", ";"], mix(lead.number, 44)));
    if lead.number.is_multiple_of(17) { ledger.to_uppercase() } else { ledger }
}

/// The numbers as people type them.
fn phone_ledger(lead: &Lead) -> String {
    let typed = lead.phones.iter().enumerate().map(|(at, phone)| typed(phone, lead.number + at as u64));
    typed.collect::<Vec<_>>().join("; ")
}

/// One number in one of the ways in which people type it.
pub(super) fn typed(phone: &str, way: u64) -> String {
    let part = |from, to| phone.get(from..to).unwrap_or_default();
    let (area, exchange, line) = (part(2, 5), part(5, 8), part(8, 12));
    match way % 5 {
        0 => format!("({area}) {exchange}-{line}"),
        1 => format!("{area}-{exchange}-{line}"),
        2 => format!("{area}.{exchange}.{line}"),
        3 => format!("+1 {area} {exchange} {line}"),
        _ => phone.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_headers_differ_and_formulas_name_the_columns_they_mean() {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 48);
        assert_eq!((names[13], names[27], names[28]), ("BEDROOMS", "NIGHTS", "NIGHTLY_RATE"), "N, AB and AC");
    }

    #[test]
    fn a_phone_is_the_same_number_in_every_spelling() {
        let region = trueup_core::text::phone::Region::US;
        for way in 0..5 {
            let spelled = typed("+19705550123", way);
            assert_eq!(
                trueup_core::text::phone::normalise(&spelled, region).as_deref(),
                Ok("+19705550123"),
                "{spelled}"
            );
        }
    }
}
