//! One test a rule, over the tree it lies in.

use xtask::{metadata::Metadata, suite, tidy, tree::Tree};

#[track_caller]
fn check(name: &str) {
    let check = tidy::CHECKS.iter().find(|check| check.name == name).unwrap();
    let found = (check.run)(&Tree::read(&suite::root()).unwrap()).unwrap();
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{name}, but\n{}", lines.join("\n"));
}

#[test]
fn the_readmes_first_command_needs_no_package_name() {
    assert_eq!(Metadata::of(&suite::root()).unwrap().meant(), ["trueup"]);
}

/// One test a rule, so that a failure names it.
macro_rules! rules {
    ($($test:ident: $name:literal,)+) => {
        $(#[test]
        fn $test() {
            check($name);
        })+

        #[test]
        fn every_rule_is_a_test() {
            let tested = [$($name),+];
            let rules: Vec<&str> = tidy::CHECKS.iter().map(|check| check.name).collect();
            assert_eq!(rules, tested);
        }
    };
}

rules! {
    crates_depend_on_what_the_architecture_says: "crates depend on what ARCHITECTURE.md says",
    the_core_uses_pure_crates_only: "the core uses pure crates only",
    outside_crates_stay_with_their_keepers: "outside crates stay with their keepers",
    core_and_engine_reach_nothing_outside: "core and engine reach nothing outside",
    no_build_has_planted_defects_by_itself: "no build has planted defects by itself",
    files_and_functions_are_small: "files and functions are small",
    permits_and_clearances_are_made_in_one_place: "permits and clearances are made in one place",
    verifying_shares_nothing_with_what_it_verifies: "verifying shares nothing with what it verifies",
    connectors_look_alike: "connectors look alike",
    every_module_is_compiled: "every module is compiled",
    misuse_files_scenarios_and_examples_are_run: "misuse files, scenarios and examples are run",
    tests_are_sentences: "tests are sentences",
    what_the_seeds_document_names_exists: "what docs/seeds.md names exists",
    every_trap_of_the_hubspot_api_is_met: "every trap of docs/traps.md is met",
    every_invariant_that_is_named_is_explained_and_shown: "every invariant that is named is explained and shown",
    what_documents_name_exists: "what documents name exists",
    generated_documents_are_fresh: "generated documents are fresh",
    the_proof_is_of_this_history: "the proof is of this history",
    kept_seeds_are_of_this_history: "kept seeds are of this history",
    mutants_that_may_live_are_in_the_tree: "mutants that may live are in the tree",
    text_is_clean: "text is clean",
}
