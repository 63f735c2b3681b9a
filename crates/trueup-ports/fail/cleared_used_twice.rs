//! The gate takes what was cleared and does not give it back.

use trueup_core::guard::Cleared;
use trueup_ports::gate::{self, Doors};

async fn twice(doors: &Doors<'_>, cleared: Cleared) {
    let _ = gate::write(doors, cleared).await;
    let _ = gate::write(doors, cleared).await;
}

fn main() {}
