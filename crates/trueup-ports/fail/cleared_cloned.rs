//! What was cleared cannot be kept for a second run.

use trueup_core::guard::Cleared;

fn keep(cleared: &Cleared) -> Cleared {
    Cleared::clone(cleared)
}

fn main() {}
