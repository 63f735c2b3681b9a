//! Expressions of the file: compiled, and held to the names they may use.

use trueup_core::expr::Expr;

use super::Builder;
use crate::{
    diagnostic::Code,
    report::{Fault, Span},
    suggest,
    yaml::At,
};

/// What an expression is about, which decides the names it may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// A row of the source of truth: `row.COLUMN`.
    Row,
    /// The two values of a field: `canonical` and `mirror`.
    Pair,
}

const PAIR: [&str; 2] = ["canonical", "mirror"];

impl Builder<'_> {
    pub(super) fn expression(self, text: &At<String>, over: Over) -> Option<Expr> {
        let source = text.get()?;
        let expr = match Expr::compile(source) {
            Ok(expr) => expr,
            Err(error) => {
                let bad = Fault::new(
                    Code::BadExpression,
                    format!("the expression cannot be read: {}", error.why()),
                );
                return self.fail(self.inside(text, error.offset(), 1), bad.help(over.example()));
            }
        };
        let before = self.report.len();
        for (name, fault) in expr.names().filter_map(|name| Some((name, over.stranger(name)?))) {
            let offset = source.find(name).unwrap_or_default();
            self.report.add(fault.at(self.inside(text, offset, name.len())));
        }
        (self.report.len() == before).then_some(expr)
    }

    // The place of a part of the expression in the file. A scalar with escapes or line breaks differs
    // from its source text; then the whole scalar is the place.
    fn inside(self, text: &At<String>, offset: usize, len: usize) -> Span {
        let written = self.text.get(text.span.start..text.span.start + text.span.len).unwrap_or_default();
        match written.find(text.text()) {
            Some(quote) => Span { start: text.span.start + quote + offset, len },
            None => text.span,
        }
    }
}

impl Over {
    const fn example(self) -> &'static str {
        match self {
            Self::Row => "write CEL over the row, such as `row.NIGHTS >= 100.0 ? \"premium\" : \"standard\"`",
            Self::Pair => "write CEL over the two values, such as `street_suffix(mirror)`",
        }
    }

    fn stranger(self, name: &str) -> Option<Fault> {
        let unknown = Fault::new(Code::BadExpression, format!("the expression must not use '{name}'"));
        match self {
            Self::Row if name.starts_with("row.") => None,
            Self::Row => {
                Some(unknown.help(format!("use a column of the source of truth, such as `row.{name}`")))
            }
            Self::Pair if PAIR.contains(&name) => None,
            Self::Pair => Some(unknown.help(suggest::hint(name, PAIR))),
        }
    }
}
