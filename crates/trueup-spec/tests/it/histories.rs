//! No history of four steps ends in something that cannot be right.

use trueup_spec::history::{CONFIGS, explore};

#[track_caller]
fn check(name: &str) {
    let (_, config) = CONFIGS.iter().find(|(one, _)| *one == name).unwrap();
    let explored = explore(*config).unwrap();
    let told = |(wrong, count, path): &(_, usize, String)| format!("{wrong} {count} times, such as: {path}");
    let wrong: Vec<String> = explored.wrong.iter().map(told).collect();
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    // Where everything flows out nobody can disagree; elsewhere some must have, or nothing was tried.
    assert_eq!(explored.conflicts == 0, name.starts_with("out"), "{name}: {} conflicts", explored.conflicts);
    assert!(explored.histories > 20_000 && explored.writes > 1_000, "{name}: too little happened");
}

#[test]
fn no_history_of_four_steps_goes_wrong_where_values_flow_one_way() {
    check("out");
    check("in");
}

#[test]
fn no_history_of_four_steps_goes_wrong_where_the_source_of_truth_survives() {
    check("both, canonical");
}

#[test]
fn no_history_of_four_steps_overrules_anybody_where_people_are_asked() {
    check("both, ask");
}

#[test]
fn no_history_of_four_steps_goes_wrong_where_a_mirror_survives() {
    check("both, the first mirror");
}

#[test]
fn no_history_of_four_steps_goes_wrong_where_the_engine_dies_after_every_write() {
    check("out, never settled");
    check("both, ask, never settled");
}

#[test]
fn every_configuration_is_played() {
    let here = include_str!("histories.rs");
    let missing: Vec<&str> = CONFIGS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !here.contains(&format!("check(\"{name}\")")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
