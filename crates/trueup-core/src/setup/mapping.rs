//! Fingerprints of the ways from columns to fields: what tells whether a base still means anything.

use super::{Binding, Draft, Lens, Side};
use crate::value::{Kind, NORMALISERS};

/// The ways from columns to fields of one mirror, fingerprinted.
///
/// A base made under another fingerprint is not believed: the field starts anew (DESIGN.md 8).
#[derive(Debug)]
pub struct Mapping {
    tags: Vec<u32>,
}

impl Mapping {
    /// Fingerprints every binding of a side, against the source of truth of the same draft.
    pub(super) fn new(draft: &Draft, side: &Side) -> Self {
        Self { tags: side.bindings.iter().map(|binding| tag(draft, side, binding)).collect() }
    }

    /// The fingerprint of the binding at a position.
    #[must_use]
    pub fn tag(&self, at: usize) -> u32 {
        self.tags.get(at).copied().unwrap_or_default()
    }
}

fn tag(draft: &Draft, side: &Side, binding: &Binding) -> u32 {
    let mut parts = Parts::default();
    parts.add("normalisers", &NORMALISERS.to_string());
    if let Some(field) = draft.fields.get(binding.field.index()) {
        parts.kind(&field.kind);
    }
    parts.binding("mirror", side, binding);
    if let Some(source) = draft.canonical.binding(binding.field) {
        parts.binding("canonical", &draft.canonical, source);
    }
    parts.tag()
}

/// Named parts under one hash. The names and spellings are ours, so that no renaming in the code and no
/// newer library makes every base void.
#[derive(Default)]
struct Parts(Vec<u8>);

impl Parts {
    fn add(&mut self, name: &str, value: &str) {
        for text in [name, value] {
            self.0.extend_from_slice(&text.len().to_le_bytes());
            self.0.extend_from_slice(text.as_bytes());
        }
    }

    fn kind(&mut self, kind: &Kind) {
        let (word, region) = match kind {
            Kind::Text => ("text", None),
            Kind::Name => ("name", None),
            Kind::Email => ("email", None),
            Kind::Phone(region) => ("phone", Some(region)),
            Kind::Emails => ("emails", None),
            Kind::Phones(region) => ("phones", Some(region)),
            Kind::Tags => ("tags", None),
            Kind::Log => ("log", None),
            Kind::Decimal => ("decimal", None),
            Kind::Bool => ("bool", None),
            Kind::Date => ("date", None),
        };
        self.add("kind", word);
        self.add("region", &region.map(ToString::to_string).unwrap_or_default());
    }

    fn binding(&mut self, whose: &str, side: &Side, binding: &Binding) {
        // An expression names its columns itself.
        let (lens, detail, column) = match &binding.lens {
            Lens::Whole => ("whole", String::new(), side.column(binding)),
            Lens::List { delimiter } => ("list", delimiter.to_string(), side.column(binding)),
            Lens::Log => ("log", String::new(), side.column(binding)),
            Lens::First => ("first", String::new(), side.column(binding)),
            Lens::Rest => ("rest", String::new(), side.column(binding)),
            Lens::Tokens { prefix } => ("tokens", prefix.clone(), side.column(binding)),
            Lens::Expr(expr) => ("expr", expr.source().to_owned(), ""),
            Lens::Constant(text) => ("constant", text.clone(), side.column(binding)),
        };
        self.add("side", whose);
        self.add("lens", lens);
        self.add("detail", &detail);
        self.add("column", column);
    }

    fn tag(&self) -> u32 {
        let [a, b, c, d, ..] = *blake3::hash(&self.0).as_bytes();
        u32::from_be_bytes([a, b, c, d])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn tags(change: impl FnOnce(&mut Draft)) -> Vec<u32> {
        let mut draft = fixture::draft();
        change(&mut draft);
        let setup = draft.build().unwrap();
        setup.mapping(&setup.mirrors()[0]).tags.clone()
    }

    /// Which bindings of the fixture start anew after a change.
    #[track_caller]
    fn check(change: impl FnOnce(&mut Draft), want: &[usize]) {
        let (before, after) = (tags(|_| {}), tags(change));
        let moved: Vec<usize> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
        assert_eq!(moved, want);
    }

    #[test]
    fn a_mapping_that_stays_keeps_its_fingerprints_whatever_the_build() {
        let kept: Vec<String> = tags(|_| {}).iter().map(|tag| format!("{tag:08x}")).collect();
        assert_eq!(kept, ["7337aeac", "7a5abbed", "60be91be", "d7ea2f9a", "4d2e0c70", "38d9aff0"]);
    }

    #[test]
    fn a_field_moved_to_another_column_of_either_side_starts_anew() {
        check(|_| {}, &[]);
        check(|draft| draft.mirrors[0].side.columns[4] = "town".into(), &[4]);
        check(|draft| draft.canonical.columns[1] = "ADDRESSES".into(), &[1, 2]);
    }

    #[test]
    fn a_field_read_otherwise_starts_anew() {
        check(|draft| draft.fields[4].kind = Kind::Name, &[4]);
        check(|draft| draft.fields[3].kind = Kind::Phone("DE".parse().unwrap()), &[3]);
        check(|draft| draft.canonical.bindings[1].lens = Lens::Whole, &[1]);
        check(|draft| draft.mirrors[0].side.bindings[2].lens = Lens::List { delimiter: ',' }, &[2]);
    }

    #[test]
    fn the_order_of_columns_and_other_settings_tell_nothing() {
        check(
            |draft| {
                draft.fields[4].label = true;
                draft.mirrors[0].side.columns.push("further".into());
                draft.config_hash = "c2".into();
            },
            &[],
        );
    }
}
