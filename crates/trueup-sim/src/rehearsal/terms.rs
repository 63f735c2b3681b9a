//! What a configuration says in the terms of people and oracles.

use std::collections::BTreeMap;

use trueup_core::{
    merge::Flow,
    setup::{Binding, Lens, MirrorSide, Setup},
    value::Kind,
};

use crate::{
    hubspot::Words,
    scene::{
        Agreement, How,
        terms::{Invented, MirrorTerms, Terms},
    },
};

/// The columns that have a meaning of their own for people and oracles.
const MEANT: [&str; 4] = ["owner", "note", "ext", "more"];

/// The terms of a configuration whose source of truth is named by this column.
pub(super) fn of(setup: &Setup, key: &str) -> Terms {
    let canonical = setup.canonical();
    let known = canonical.columns.iter().any(|column| column == key);
    let read = canonical.columns.iter().enumerate();
    let mut book: Vec<(String, Invented)> = read
        .map(|(at, column)| (column.clone(), if column == key { Invented::Key } else { held(setup, at) }))
        .collect();
    if !known {
        book.push((key.to_owned(), Invented::Key));
    }
    Terms {
        key: key.to_owned(),
        book,
        mirrors: setup.mirrors().iter().map(|side| mirror(setup, side, key)).collect(),
    }
}

/// What stands in a column of the source of truth. What only expressions read is a number: with those they compute.
fn held(setup: &Setup, column: usize) -> Invented {
    let own = setup.canonical().bindings.iter().filter(|binding| binding.column == column);
    let own: Vec<&Binding> = own.filter(|binding| !matches!(binding.lens, Lens::Expr(_))).collect();
    let Some(first) = own.first() else { return Invented::Number };
    let ledger =
        own.iter().any(|binding| matches!(binding.lens, Lens::First | Lens::Rest | Lens::List { .. }));
    match invented(&setup.field(first.field).kind) {
        Invented::Address if ledger => Invented::Addresses,
        kind => kind,
    }
}

const fn invented(kind: &Kind) -> Invented {
    match kind {
        Kind::Email | Kind::Emails => Invented::Address,
        Kind::Phone(_) | Kind::Phones(_) => Invented::Phone,
        Kind::Decimal => Invented::Number,
        Kind::Bool => Invented::Flag,
        Kind::Date => Invented::Day,
        Kind::Text | Kind::Name | Kind::Tags | Kind::Log => Invented::Text,
    }
}

fn mirror(setup: &Setup, side: &MirrorSide, key: &str) -> MirrorTerms {
    let words = words(side);
    let mut agreements = Vec::new();
    let mut edits = Vec::new();
    for binding in side.side.bindings.iter().filter(|one| !one.create_only && one.flow != Flow::In) {
        let Some(own) = setup.canonical().binding(binding.field) else { continue };
        let field = setup.field(binding.field);
        let canonical = setup.canonical().column(own);
        let Some(how) = how(own, binding, canonical == key) else { continue };
        let column = words.column(side.side.column(binding)).to_owned();
        if matches!(how, How::Same | How::First) && !field.kind.is_email() {
            edits.push((column.clone(), invented(&field.kind)));
        }
        let (field, canonical) = (field.name.to_string(), canonical.to_owned());
        agreements.push(Agreement { field, canonical, mirror: column, how });
    }
    MirrorTerms { agreements, edits, words: Some(words) }
}

/// How two sides agree in a field, where that can be told without the engine.
const fn how(canonical: &Binding, mirror: &Binding, by_key: bool) -> Option<How> {
    match (&canonical.lens, &mirror.lens) {
        (Lens::Whole, Lens::Tokens { .. }) if by_key => Some(How::Token),
        (Lens::Whole, Lens::Whole) => Some(How::Same),
        (Lens::First, Lens::Whole) => Some(How::First),
        (Lens::Rest, Lens::List { .. }) => Some(How::Rest),
        _ => None,
    }
}

fn words(side: &MirrorSide) -> Words {
    let token = side.token.and_then(|field| side.side.binding(field));
    let prefix = token.and_then(|binding| match &binding.lens {
        Lens::Tokens { prefix } => Some(prefix.clone()),
        _ => None,
    });
    let scope = side.scope.as_ref().and_then(|scope| {
        side.side.columns.get(scope.column).map(|property| (property.clone(), scope.equals.clone()))
    });
    let meaning = |property: &str| match property {
        "hs_additional_emails" => "more".to_owned(),
        own if side.ext_id_column.as_deref() == Some(own) => "ext".to_owned(),
        own if scope.as_ref().is_some_and(|(scope, _)| scope == own) => "owner".to_owned(),
        own if token.is_some_and(|token| side.side.column(token) == own) => "note".to_owned(),
        other if MEANT.contains(&other) => format!("{other} of the portal"),
        own => own.to_owned(),
    };
    let properties = side.side.columns.iter().chain(&side.ext_id_column);
    let columns: BTreeMap<String, String> =
        properties.map(|property| (meaning(property), property.clone())).collect();
    Words::new(columns, scope, prefix)
}
