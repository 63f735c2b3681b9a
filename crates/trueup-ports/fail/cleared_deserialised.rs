//! What was cleared once cannot be stored and loaded: it holds for this run alone.

use trueup_core::guard::Cleared;

fn read(text: &str) -> Cleared {
    serde_json::from_str(text).unwrap()
}

fn main() {}
