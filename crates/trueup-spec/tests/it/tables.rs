//! Every combination comes to what the first rule that takes it says.

use std::sync::LazyLock;

use trueup_spec::{
    print,
    table::{self, Checked},
};

const PRINTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/decisions-table.md");

static PLAYED: LazyLock<Vec<Checked>> = LazyLock::new(|| table::check().unwrap());

#[test]
fn every_combination_comes_to_what_the_spec_says() {
    let checked = table::check().unwrap();
    let wrong =
        checked.iter().flat_map(|one| one.wrong.iter().map(|what| format!("{}.spec, {what}", one.name)));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_printed_table_is_what_was_played() {
    let printed = std::fs::read_to_string(PRINTED).unwrap();
    assert!(printed == print::markdown(&PLAYED), "run `cargo xtask docs`");
}
