//! What an approval lets pass, and what halts although it is small or asks for nothing.

use super::*;

#[test]
fn a_changed_configuration_halts_with_nothing_to_write_and_a_first_one_does_not() {
    let quiet = |hash: Option<&str>| {
        let mut world = World::new();
        world.memory.config_hash = hash.map(str::to_owned);
        world
    };
    quiet(Some("c0")).says(Rule::ConfigChanged, "the configuration changed");
    World { reviewed: true, ..quiet(Some("c0")) }.passes("a person named the plan");
    quiet(None).passes("nothing was ever applied, and nothing is to be");
}

#[test]
fn archives_halt_up_to_their_caps_and_one_approval_is_enough() {
    for count in [1, 5, 6] {
        let world = World::with((0..count).map(archive).collect());
        let rule = if count > 5 { Rule::TooManyArchives } else { Rule::Archives };
        assert_eq!(world.cleared(&[]), 0);
        assert_eq!(world.cleared(&[approval(&world.plan, rule.name(), count - 1)]), 0);
        assert_eq!(world.cleared(&[approval(&world.plan, rule.name(), count)]), count);
    }
}

#[test]
fn a_column_of_a_tiny_portal_is_halted_too() {
    let cells = |count: usize| World {
        memory: memory(20),
        canonical_count: 20,
        ..World::with((0..count).map(|at| update(at, vec![edit("city", "Granby", "")])).collect())
    };
    limit(Rule::Blanking, 1, cells);
    cells(10).says(Rule::Blanking, "city would go empty in 10 of 20 (50.0 %, limit 5 %)");
}

#[test]
fn an_approval_lets_one_of_two_halts_of_a_rule_pass() {
    let emptied = |field: &str, at: usize| edit(field, &format!("{field} {at}"), "");
    let world =
        World::with((0..6).map(|at| update(at, vec![emptied("city", at), emptied("born", at)])).collect());
    let one = |about: &str| Approval { about: Some(about.into()), ..approval(&world.plan, "blanking", 6) };
    assert_eq!(world.cleared(&[one("city")]), 0);
    assert_eq!(world.cleared(&[approval(&world.plan, "blanking", 6)]), 0, "none of the two is named");
    let elsewhere = Approval { system: "shop".into(), ..one("born") };
    assert_eq!(world.cleared(&[one("city"), elsewhere]), 0);
    assert_eq!(world.cleared(&[one("city"), one("born")]), 6);
}

#[test]
fn two_values_of_one_field_are_two_halts() {
    let same = |at: usize| if at < 21 { "Granby" } else { "Fraser" };
    let world = World {
        setup: caps(|caps| caps.updates_percent = 100.0),
        ..World::with(
            (0..42).map(|at| update(at, vec![edit("city", &format!("Town {at}"), same(at))])).collect(),
        )
    };
    let verdict = review(&world.plan, &world.facts(), &[]);
    let abouts: Vec<_> = verdict.halts.iter().map(|halt| halt.about.clone().unwrap()).collect();
    assert_eq!(abouts, ["city#1", "city#2"]);
    // One that is alone is named by its field.
    let alone = attack(Rule::SameValueEverywhere);
    let named = Approval { about: Some("city".into()), ..approval(&alone.plan, "same_value_everywhere", 21) };
    assert_eq!(alone.cleared(&[named]), 21);
}

#[test]
fn an_approval_is_a_ceiling_for_one_halt_of_one_plan() {
    let world = attack(Rule::TooManyUpdates);
    let other = Approval { plan: "another plan".into(), ..approval(&world.plan, "too_many_updates", 31) };
    for (approval, cleared) in [
        (approval(&world.plan, "too_many_updates", 31), 31),
        (approval(&world.plan, "too_many_updates", 1000), 31),
        (approval(&world.plan, "too_many_updates", 30), 0),
        (approval(&world.plan, "too_many_creates", 31), 0),
        (other, 0),
    ] {
        assert_eq!(world.cleared(std::slice::from_ref(&approval)), cleared, "{approval:?}");
    }
}

#[test]
fn conflicts_halt_only_where_they_are_both_many_and_a_large_share() {
    let world = |count: usize, linked: usize| World {
        plan: Plan { conflicts: conflicts(count), ..plan(Vec::new()) },
        memory: memory(linked),
        canonical_count: linked,
        ..World::new()
    };
    limit(Rule::TooManyConflicts, 10, |count| world(count, 20));
    limit(Rule::TooManyConflicts, 20, |count| world(count, 400));
}

#[test]
fn what_was_cleared_is_of_one_plan_and_goes_on_only_as_far_as_it_is_still_asked_for() {
    let world = World::with(moves(2));
    let mut cleared = review(&world.plan, &world.facts(), &[]).cleared;
    assert_eq!((cleared.plan(), cleared.len(), cleared.is_empty()), (world.plan.id.as_str(), 2, false));
    let entities = |changes: Vec<Change>| changes.into_iter().map(|one| one.entity).collect::<Vec<_>>();
    assert_eq!(entities(cleared.leave_out(&plan(moves(1)))), [entity(1)]);
    assert_eq!(entities(cleared.leave_out(&plan(Vec::new()))), [entity(0)]);
    assert!(cleared.is_empty());
}

#[test]
fn an_approved_halt_is_still_told() {
    let world = attack(Rule::TooManyUpdates);
    let verdict = review(&world.plan, &world.facts(), &[approval(&world.plan, "too_many_updates", 31)]);
    assert_eq!(verdict.halts[0].approved.as_ref().unwrap().by, "Ada");
    assert_eq!(verdict.base[&SystemName::new(PORTAL)], 100);
}
