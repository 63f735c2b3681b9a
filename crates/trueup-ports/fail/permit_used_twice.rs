//! A permit is used up by what became of it: one write has one outcome.

use trueup_ports::{Fault, Permit, Settled};

fn twice(permit: Permit) -> [Settled; 2] {
    [permit.written("101".into(), ""), permit.failed(Fault::Missing, "")]
}

fn main() {}
