//! There is no permit out of nothing.

use trueup_ports::Permit;

fn nothing() -> Permit {
    Default::default()
}

fn main() {}
