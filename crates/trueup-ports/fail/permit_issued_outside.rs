//! The function that issues permits is not for anybody outside the gate.

use trueup_core::journal::Intent;
use trueup_ports::Permit;

fn forge(intent: Intent) -> Permit {
    Permit::issue(intent)
}

fn main() {}
