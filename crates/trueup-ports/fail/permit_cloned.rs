//! A permit cannot be kept for a second write.

use trueup_ports::Permit;

fn keep(permit: &Permit) -> Permit {
    Permit::clone(permit)
}

fn main() {}
