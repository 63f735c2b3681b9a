//! Changes that no guard has seen do not pass the gate.

use trueup_core::plan::Change;
use trueup_ports::gate::{self, Doors};

async fn unguarded(doors: &Doors<'_>, changes: Vec<Change>) {
    let _ = gate::write(doors, changes).await;
}

fn main() {}
