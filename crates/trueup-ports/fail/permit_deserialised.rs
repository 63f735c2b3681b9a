//! A permit cannot be read from a file, a message or a queue.

use trueup_ports::Permit;

fn read(text: &str) -> Permit {
    serde_json::from_str(text).unwrap()
}

fn main() {}
