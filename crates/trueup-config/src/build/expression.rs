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
        match Expr::parse(source) {
            Ok(expr) => {
                let before = self.report.len();
                expr.names().filter_map(|name| over.stranger(name).map(|fault| (name, fault))).for_each(
                    |(name, fault)| {
                        let offset = source.find(name).unwrap_or_default();
                        self.report.add(fault.at(self.inside(text, offset, name.len())));
                    },
                );
                (self.report.len() == before).then_some(expr)
            }
            Err(error) => {
                let at = self.inside(text, 0, 1);
                self.fail(at, Fault::new(Code::BadExpression, error.to_string()))
            }
        }
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
    fn stranger(self, name: &str) -> Option<Fault> {
        let unknown = Fault::new(Code::BadExpression, format!("the expression must not use '{name}'"));
        match self {
            Self::Row if name.starts_with("row.") => None,
            Self::Row => Some(unknown.help(format!("use a column of the source of truth, such as `row.{name}`"))),
            Self::Pair if PAIR.contains(&name) => None,
            Self::Pair => Some(unknown.help(suggest::hint(name, PAIR))),
        }
    }
}
