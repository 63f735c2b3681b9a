//! Names every difference: which class of the configuration takes it, and what follows.

mod field;

pub(crate) use field::base;
pub use field::{FieldOutcome, Mapping, compare};

use crate::{
    expr::{Env, Operand},
    name::FieldId,
    setup::{Class, Setup, Trigger, to_operand},
    value::Cell,
};

/// One field on which a pair differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The field.
    pub field: FieldId,
    /// What the source of truth says, normalised.
    pub canonical: Cell,
    /// What the mirror says, normalised.
    pub mirror: Cell,
    /// What the mirror should say, normalised.
    pub wanted: Cell,
}

/// Finds the class that takes a difference: the first row whose field and condition fit, then `other`.
#[must_use]
pub fn classify<'a>(setup: &'a Setup, diff: &Diff) -> Option<&'a Class> {
    let fits = |class: &&Class| match &class.trigger {
        Trigger::Differs { field, when } => {
            *field == diff.field && when.as_ref().is_none_or(|w| holds(w, diff))
        }
        _ => false,
    };
    setup.classes().iter().find(fits).or_else(|| setup.class_for(&Trigger::Other))
}

// A condition that cannot be evaluated does not hold: the difference then falls to `other`.
fn holds(when: &crate::expr::Expr, diff: &Diff) -> bool {
    matches!(when.eval(&Sides(diff)), Ok(Operand::Bool(true)))
}

struct Sides<'a>(&'a Diff);

impl Env for Sides<'_> {
    fn get(&self, name: &str) -> Option<Operand> {
        match name {
            "canonical" => Some(to_operand(&self.0.canonical)),
            "mirror" => Some(to_operand(&self.0.mirror)),
            _ => None,
        }
    }
}
