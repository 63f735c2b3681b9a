//! The book whose mirrors are portals: the same pipeline, in the vendor's own words.

use std::sync::Arc;

use trueup_core::setup::{Caps, Lens, MirrorSide, Problem, Scope, Setup};

use super::{MIRRORS, OWNER, Variant, book_and, crm, fields};
use crate::hubspot::{OURS, Words};

/// Builds the setup of a book and as many portals as there are variants.
///
/// # Errors
/// Never for the variants of this crate; the problems are given to be shown.
pub fn setup(variants: &[Variant], caps: Caps, config: &str) -> Result<Arc<Setup>, Vec<Problem>> {
    let words = Words::of_the_book();
    let mirrors = MIRRORS.into_iter().zip(variants);
    let mirrors = mirrors.map(|(name, variant)| worded(crm(name, *variant), &words));
    book_and(mirrors.collect(), variants, (caps, fields()), config)
}

fn worded(mut side: MirrorSide, words: &Words) -> MirrorSide {
    for column in &mut side.side.columns {
        *column = words.property(column).to_owned();
    }
    for binding in &mut side.side.bindings {
        if matches!(&binding.lens, Lens::Constant(owner) if owner == OWNER) {
            binding.lens = Lens::Constant(OURS.into());
        }
    }
    side.scope = side.scope.map(|scope| Scope { equals: OURS.into(), ..scope });
    side.ext_id_column = side.ext_id_column.map(|column| words.property(&column).to_owned());
    side
}
