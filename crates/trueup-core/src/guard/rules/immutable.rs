//! The accident: a customer number is corrected in a sheet, the sync carries the "correction" into every
//! system, and invoices, tokens and links that were made with the old number point nowhere (I-07).
//! Filling a field that holds nothing is no change of it; what is unknown may hold something.

use super::hold;
use crate::{
    guard::{Facts, Objection},
    plan::{Edit, Plan},
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let fixed = |edit: &&Edit| {
        let field = facts.setup.field_named(edit.field.as_str());
        field.is_some_and(|id| facts.setup.field(id).immutable) && !edit.before.is_blank()
    };
    hold(plan, |change| {
        let edit = change.sent().iter().find(fixed)?;
        Some(format!("{} may never change once it has a value", edit.field))
    })
}
