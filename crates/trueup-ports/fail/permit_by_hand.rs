//! A permit is made by the gate alone: an intent that was only written down is no permission.

use trueup_core::journal::Intent;
use trueup_ports::Permit;

fn forge(intent: Intent) -> Permit {
    Permit { intent }
}

fn main() {}
