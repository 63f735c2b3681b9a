//! No history of four steps ends in something that cannot be right.

use trueup_spec::history::{CONFIGS, explore};

#[test]
fn no_history_of_four_steps_loses_invents_or_unsettles_anything() {
    for (name, config) in CONFIGS {
        let explored = explore(*config).unwrap();
        let wrong = explored
            .wrong
            .iter()
            .map(|(wrong, count, path)| format!("{wrong} {count} times, such as: {path}"));
        let wrong: Vec<String> = wrong.collect();
        println!(
            "{name}: {} histories, {} cycles, {} writes, {} conflicts",
            explored.histories, explored.cycles, explored.writes, explored.conflicts
        );
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
        assert!(explored.histories > 10_000 && explored.writes > 10_000, "{name}: too little happened");
    }
}
