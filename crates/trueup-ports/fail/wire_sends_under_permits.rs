//! A request that may change something leaves under permits.

use trueup_ports::wire::{Call, Wire};

async fn send(wire: &Wire, call: Call) {
    let _ = wire.send(call).await;
}

fn main() {}
