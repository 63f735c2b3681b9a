//! Names every difference: which class of the configuration takes it, and what follows.

mod field;
mod follow;
mod part;
mod reshaped;
mod unseen;

pub use field::{Agreement, Compared, FieldOutcome, Tell, compare};
pub use follow::{Follower, base};
pub use part::{Copy, sides};
pub use reshaped::{Reshaped, reshaped};
pub use unseen::recalled;

use crate::{
    expr::{Env, Expr, Operand},
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

/// A condition that could not be told true or false about a difference.
#[derive(Clone, Debug)]
pub struct Unclear<'a> {
    /// The class whose condition it is.
    pub class: &'a Class,
    /// Why, in words without values.
    pub why: String,
}

/// Finds the class that takes a difference: the first row whose field and condition fit, then `other`.
///
/// # Errors
/// When a condition on the way cannot be told true or false. The difference must then be left to a
/// person: whether a later row or `other` may take it, is exactly what is not known.
pub fn classify<'a>(setup: &'a Setup, diff: &Diff) -> Result<Option<&'a Class>, Unclear<'a>> {
    for class in setup.classes() {
        let Trigger::Differs { field, when } = &class.trigger else { continue };
        if *field != diff.field {
            continue;
        }
        let fits = when.as_ref().map_or(Ok(true), |when| holds(when, diff));
        if fits.map_err(|why| Unclear { class, why })? {
            return Ok(Some(class));
        }
    }
    Ok(setup.class_for(&Trigger::Other))
}

fn holds(when: &Expr, diff: &Diff) -> Result<bool, String> {
    match when.eval(&Sides(diff)) {
        Ok(Operand::Bool(holds)) => Ok(holds),
        Ok(_) => Err(format!("`{}` gives neither true nor false", when.source())),
        Err(error) => Err(error.to_string()),
    }
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

#[cfg(test)]
mod tests;
