//! Only the guard clears changes: a list of changes is not a cleared one.

use trueup_core::{guard::Cleared, plan::Change};

fn forge(changes: Vec<Change>) -> Cleared {
    Cleared { plan: String::new(), changes }
}

fn main() {}
