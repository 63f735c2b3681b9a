//! What the guard cleared cannot be added to.

use trueup_core::{guard::Cleared, plan::Change};

fn smuggle(cleared: &mut Cleared, change: Change) {
    cleared.changes.push(change);
}

fn main() {}
