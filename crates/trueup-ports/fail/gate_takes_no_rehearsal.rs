//! What goes through with a rule left out is for a proof, never for the gate.

use trueup_core::guard::Rehearsed;
use trueup_ports::gate::{self, Doors};

async fn perform(doors: &Doors<'_>, rehearsed: Rehearsed) {
    let _ = gate::write(doors, rehearsed).await;
}

fn main() {}
