//! There is no clearance out of nothing.

use trueup_core::guard::Cleared;

fn nothing() -> Cleared {
    Default::default()
}

fn main() {}
