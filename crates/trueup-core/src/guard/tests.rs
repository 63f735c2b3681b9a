//! Every rule: what it holds, where its limit lies, and that it alone is what stops its attack.

mod approved;
mod own;
mod truth;
mod world;

use world::*;

use super::{Column, Halt, Objection, Rule, review};
use crate::{
    card::Verbs,
    drift::Reshaped,
    link::LinkState,
    memory::Approval,
    name::{EntityKey, RemoteId, SystemName},
    plan::{Act, Change, Edit, Plan},
    snapshot::Coverage,
    value::Cell,
};

/// One attack per rule that this rule alone stops.
fn attack(rule: Rule) -> World {
    let harmless = || World::with(moves(1));
    match rule {
        Rule::ForeignRecord => World { foreign: vec!["900".into()], ..harmless() },
        Rule::Scope => World::with(vec![update(100, vec![edit("city", "a", "b")])]),
        Rule::Immutable => one_update(edit("number", "17", "18")),
        Rule::Authority => one_update(edit("score", "1", "2")),
        Rule::Verbs => {
            let mut world = harmless();
            world.card.verbs.update = false;
            world
        }
        Rule::Required => {
            World::with(vec![create(500, vec![edit("city", "", "Granby"), edit("owner", "", "88361194")])])
        }
        Rule::Representable => one_update(edit("city", "a", &"x".repeat(65_537))),
        Rule::TooManyUpdates => World::with(moves(31)),
        Rule::TooManyCreates => World::with((500..521).map(newcomer).collect()),
        Rule::TooManyArchives => World::with((0..6).map(archive).collect()),
        Rule::Archives => World::with(vec![archive(1)]),
        Rule::Blanking => {
            World::with((0..6).map(|at| update(at, vec![edit("city", "Granby", "")])).collect())
        }
        Rule::SameValueEverywhere => World::with(
            (0..21).map(|at| update(at, vec![edit("city", &format!("Town {at}"), "Granby")])).collect(),
        ),
        Rule::EmptiedSource => World { canonical_count: 79, ..harmless() },
        Rule::IncompleteListing => World { coverage: Coverage::Some, ..World::with(vec![newcomer(500)]) },
        Rule::SchemaMoved => {
            let mut world = harmless();
            world.columns.remove("born");
            world
        }
        Rule::TenantChanged => World { tenant: "portal 1".into(), ..harmless() },
        Rule::ConfigChanged => {
            let mut world = harmless();
            world.memory.config_hash = Some("c0".into());
            world
        }
        Rule::TooManyConflicts => {
            let mut world = harmless();
            world.plan.conflicts = conflicts(11);
            world
        }
    }
}

#[test]
fn what_is_right_passes_every_rule() {
    World::new().passes("an empty plan");
    World::with(moves(30)).passes("as many updates as allowed");
    World::with((500..520).map(newcomer).collect()).passes("as many creates as allowed");
}

#[test]
fn each_attack_is_stopped_by_its_rule_and_by_no_other() {
    for rule in Rule::ALL {
        attack(rule).only(rule);
    }
}

#[test]
fn a_rule_has_one_name_and_is_found_by_it() {
    for rule in Rule::ALL {
        assert_eq!(Rule::by_name(rule.name()), Some(rule));
        assert_eq!(serde_json::to_value(rule).unwrap(), rule.name());
    }
    assert_eq!(Rule::by_name("force"), None);
}

#[test]
fn a_foreign_record_stops_everything_and_three_ids_are_named() {
    let foreign = ["900", "901", "902", "903"].map(RemoteId::new).to_vec();
    let world = World { foreign, ..World::with(vec![newcomer(500), archive(1)]) };
    assert_eq!(world.cleared(&[]), 0);
    world.says(Rule::ForeignRecord, "4 records from outside the scope: 900, 901, 902, …; check");
    let three = World { foreign: ["900", "901", "902"].map(RemoteId::new).to_vec(), ..World::new() };
    three.says(Rule::ForeignRecord, "3 records from outside the scope: 900, 901, 902; check");
    // What is told elsewhere may rest on the very listing that is not believed.
    let elsewhere = Change { system: "desk".into(), ..update(1, vec![edit("city", "a", "b")]) };
    let both = World { foreign: vec!["900".into()], ..World::with(vec![elsewhere]) };
    assert_eq!((both.cleared(&[]), both.objections(Rule::ForeignRecord).len()), (0, 2));
}

#[test]
fn a_record_is_created_inside_the_scope_and_never_taken_out_of_it() {
    let named = || edit("email", "", "ada@example.org");
    let holds = [
        (create(500, vec![named()]), "owner=88361194"),
        (create(500, vec![named(), edit("owner", "", "1")]), "owner=88361194"),
        (create(500, vec![named(), edit("owner", "", "88361194"), edit("owner", "", "1")]), "owner=88361194"),
        (update(1, vec![edit("owner", "88361194", "1")]), "out of the scope"),
        (archive(100), "100 was not seen inside the scope"),
    ];
    for (change, words) in holds {
        World::with(vec![change]).says(Rule::Scope, words);
    }
    assert!(World::with(vec![newcomer(500), archive(99)]).objections(Rule::Scope).is_empty());
}

#[test]
fn an_immutable_field_is_filled_once_and_then_never_written() {
    assert!(one_update(edit("number", "", "18")).objections(Rule::Immutable).is_empty());
    assert_eq!(one_update(edit("number", "17", "18")).objections(Rule::Immutable).len(), 1);
    let unknown = Edit { before: Cell::Absent, ..edit("number", "", "18") };
    assert_eq!(one_update(unknown).objections(Rule::Immutable).len(), 1);
}

#[test]
fn a_field_is_only_written_the_way_its_mapping_allows() {
    let moved = Edit { column: "name".into(), ..edit("city", "a", "b") };
    let holds = [
        (edit("shoe size", "1", "2"), "shoe size is not mapped to portal"),
        (moved, "city is not mapped to the column name of portal"),
        (edit("score", "1", "2"), "score belongs to portal"),
        (edit("owner", "", "88361194"), "only set when a record is created"),
    ];
    for (edit, words) in holds {
        one_update(edit).says(Rule::Authority, words);
    }
    let mut stranger = update(1, vec![edit("city", "a", "b")]);
    stranger.system = "warehouse".into();
    World::with(vec![stranger]).says(Rule::Authority, "warehouse is no system that this pipeline writes");
    assert!(World::with(vec![newcomer(500)]).objections(Rule::Authority).is_empty());
}

#[test]
fn each_verb_is_asked_for_by_itself() {
    let all = || vec![archive(1), newcomer(500), update(2, vec![edit("city", "a", "b")])];
    let verbs = [
        Verbs { archive: false, create: true, update: true },
        Verbs { archive: true, create: false, update: true },
        Verbs { archive: true, create: true, update: false },
    ];
    for (at, verbs) in verbs.into_iter().enumerate() {
        let mut world = World::with(all());
        world.card.verbs = verbs;
        let [Objection::Hold { change, .. }] = &world.objections(Rule::Verbs)[..] else {
            panic!("not one hold")
        };
        assert_eq!(*change, at);
    }
}

#[test]
fn a_new_record_needs_somebody_to_be_and_an_id_to_be_known_by() {
    let owner = || edit("owner", "", "88361194");
    for named in [edit("email", "", "ada@example.org"), edit("name", "", "Ada Lovelace")] {
        assert!(World::with(vec![create(500, vec![named, owner()])]).objections(Rule::Required).is_empty());
    }
    let blank = World::with(vec![create(500, vec![edit("email", "", ""), owner()])]);
    blank.says(Rule::Required, "no address and no name");
    let mut twin = newcomer(500);
    twin.act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "D7".into(), origin: None };
    let mut world = World::with(vec![twin]);
    world.says(Rule::Required, "no external id");
    world.card.unique_ext_id = false;
    world.says(Rule::Required, "nothing of ours would tell its record after a lost answer");
    world.setup = crate::fixture::setup();
    assert!(world.objections(Rule::Required).is_empty(), "its token tells");
}

#[track_caller]
fn fits(kind: &str, options: &[&str], after: &Cell, fits: bool) {
    let sent = Edit { after: after.clone(), wanted: after.clone(), ..edit("city", "a", "") };
    let mut world = one_update(sent);
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    world.columns.insert("city".into(), Column { options, ..column(kind) });
    assert_eq!(
        world.objections(Rule::Representable).is_empty(),
        fits,
        "{kind} {options:?} {:?}",
        after.to_text(),
        options = world.columns["city"].options
    );
}

#[test]
fn a_value_the_column_cannot_hold_is_not_sent() {
    let cases = [
        ("string", "x", true),
        ("bool", "true", true),
        ("bool", "yes", false),
        ("number", "1200.50", true),
        ("number", "-3e2", true),
        ("number", "n/a", false),
        ("number", "1,200", false),
        ("int8", "12", true),
        ("int8", "12.5", false),
        ("date", "2026-02-28", true),
        ("date", "2026-02-30", false),
        ("date", "2026-02-28T10:00:00Z", false),
        ("datetime", "2026-02-28T10:00:00Z", true),
        ("datetime", "tomorrow", false),
        ("rollup", "anything", true),
    ];
    for (kind, text, want) in cases {
        fits(kind, &[], &Cell::text(text), want);
        fits(kind, &[], &Cell::Empty, true);
    }
    fits("string", &[], &Cell::text("é".repeat(65_536)), true);
    fits("string", &[], &Cell::text("é".repeat(65_537)), false);
    fits("string", &[], &Cell::Absent, false);
}

#[test]
fn an_option_is_taken_by_its_exact_spelling_and_a_set_one_by_one() {
    let options = ["Lead", "Customer"];
    fits("enumeration", &options, &Cell::text("Lead"), true);
    fits("enumeration", &options, &Cell::text("lead"), false);
    fits("enumeration", &options, &Cell::text("Lead;Customer"), false);
    fits("enumeration", &options, &Cell::list(["Lead", "Customer"]), true);
    fits("enumeration", &options, &Cell::list(["Lead", "Friend"]), false);
    fits("enumeration", &options, &Cell::Null, true);
}

#[test]
fn a_column_that_is_unknown_or_closed_is_not_written() {
    let mut world = one_update(edit("city", "a", "b"));
    world.columns.insert("city".into(), Column { writable: false, ..column("string") });
    world.says(Rule::Representable, "city of portal: the column cannot be written");
    world.columns.remove("city");
    world.says(Rule::Representable, "there is no such column");
}

#[test]
fn no_reason_tells_a_value() {
    for rule in [Rule::Representable, Rule::SameValueEverywhere, Rule::Immutable, Rule::Blanking] {
        for objection in attack(rule).objections(rule) {
            let text = format!("{objection:?}");
            assert!(!text.contains("Granby") && !text.contains("xxx") && !text.contains("18"), "{text}");
        }
    }
}

/// Asks a rule with a count at its limit, and one above.
#[track_caller]
fn limit(rule: Rule, at: usize, world: impl Fn(usize) -> World) {
    assert!(world(at).objections(rule).is_empty(), "{rule} halts at its limit of {at}");
    let above = world(at + 1).objections(rule);
    let counts: Vec<usize> = above
        .iter()
        .filter_map(|o| match o {
            Objection::Stop { count, .. } => Some(*count),
            Objection::Hold { .. } => None,
        })
        .collect();
    assert_eq!(counts, [at + 1], "{rule} does not halt above its limit");
}

#[test]
fn a_limit_is_the_last_number_that_passes() {
    let blank = |count| World::with((0..count).map(|at| update(at, vec![edit("city", "a", " ")])).collect());
    let same = |count| World::with((0..count).map(|at| update(at, vec![edit("city", "a", "b")])).collect());
    limit(Rule::TooManyUpdates, 30, |count| World::with(moves(count)));
    limit(Rule::TooManyCreates, 20, |count| World::with((500..500 + count).map(newcomer).collect()));
    limit(Rule::TooManyArchives, 5, |count| World::with((0..count).map(archive).collect()));
    limit(Rule::Blanking, 5, blank);
    limit(Rule::SameValueEverywhere, 20, same);
    limit(Rule::TooManyConflicts, 10, |count| World {
        plan: Plan { conflicts: conflicts(count), ..plan(Vec::new()) },
        ..World::new()
    });
    limit(Rule::EmptiedSource, 20, |lost| World { canonical_count: 100 - lost, ..World::new() });
}

#[test]
fn a_few_updates_or_creates_never_halt_but_a_few_archives_do() {
    let small = |plan: Vec<Change>| World { memory: memory(0), canonical_count: 1, ..World::with(plan) };
    for (rule, make) in [
        (Rule::TooManyUpdates, (|count| moves(count)) as fn(usize) -> Vec<Change>),
        (Rule::TooManyCreates, |count| (500..500 + count).map(newcomer).collect()),
    ] {
        limit(rule, 10, |count| small(make(count)));
    }
    assert_eq!(small(vec![archive(1)]).objections(Rule::TooManyArchives).len(), 1);
}

#[test]
fn many_archives_halt_even_if_their_share_is_small() {
    let world = |count: usize| World {
        memory: memory(10_000),
        canonical_count: 10_000,
        ..World::with((0..count).map(archive).collect())
    };
    limit(Rule::TooManyArchives, 25, world);
}

#[test]
fn shares_are_of_the_larger_of_linked_and_canonical_records() {
    let world =
        |links, canonical_count| World { memory: memory(links), canonical_count, ..World::with(moves(31)) };
    assert!(world(0, 200).objections(Rule::TooManyUpdates).is_empty());
    assert!(world(200, 1).objections(Rule::TooManyUpdates).is_empty());
    world(100, 100).says(Rule::TooManyUpdates, "31 of 100 (31.0 %, limit 30 %) would be updated");
    let mut gone = world(200, 1);
    gone.memory.links.values_mut().for_each(|link| link.state = LinkState::Tombstone);
    assert_eq!(gone.objections(Rule::TooManyUpdates).len(), 1);
}

#[test]
fn caps_are_those_of_the_setup() {
    let world = |setup| World { setup, ..World::with(moves(31)) };
    assert!(world(caps(|caps| caps.updates_percent = 31.0)).objections(Rule::TooManyUpdates).is_empty());
    assert!(world(caps(|caps| caps.free = 31)).objections(Rule::TooManyUpdates).is_empty());
}

#[test]
fn a_field_that_has_few_values_may_get_one_everywhere() {
    let mut world = attack(Rule::SameValueEverywhere);
    world.diversity.insert("city".into(), 2);
    assert!(world.objections(Rule::SameValueEverywhere).is_empty());
    world.diversity.clear();
    assert!(world.objections(Rule::SameValueEverywhere).is_empty());
}

#[test]
fn an_empty_source_is_not_believed_while_links_or_memory_know_better() {
    let empty = |links, before| {
        let mut memory = memory(links);
        memory.canonical_count = before;
        World {
            memory,
            canonical_count: 0,
            setup: caps(|caps| caps.source_loss_percent = 100.0),
            ..World::new()
        }
    };
    assert_eq!(empty(0, Some(1)).objections(Rule::EmptiedSource).len(), 1);
    assert_eq!(empty(1, None).objections(Rule::EmptiedSource).len(), 1);
    assert_eq!(empty(1, Some(0)).objections(Rule::EmptiedSource).len(), 1);
    assert!(empty(0, None).objections(Rule::EmptiedSource).is_empty());
    let partial = World { canonical_coverage: Coverage::Some, ..empty(5, Some(5)) };
    assert!(partial.objections(Rule::EmptiedSource).is_empty());
}

#[test]
fn an_incomplete_listing_withholds_creates_and_archives_and_lets_updates_go_on() {
    let all = || vec![archive(1), newcomer(500), update(2, vec![edit("city", "a", "b")])];
    for world in [
        World { coverage: Coverage::Some, ..World::with(all()) },
        World { canonical_coverage: Coverage::Some, ..World::with(all()) },
    ] {
        let verdict = review(&world.plan, &world.facts(), &[]);
        let verbs: Vec<&str> =
            verdict.cleared.into_changes().iter().map(|change| change.act.verb()).collect();
        assert_eq!(verbs, ["update"]);
        let halted = verdict.halts.iter().filter(|halt| halt.rule == Rule::IncompleteListing);
        assert_eq!(halted.count(), 2);
    }
    let updates = World { coverage: Coverage::Some, ..World::with(moves(1)) };
    updates.passes("updates of a partial listing");
}

#[test]
fn columns_that_went_are_named() {
    let mut world = World::new();
    world.columns.remove("born");
    world.columns.remove("owner");
    world.says(Rule::SchemaMoved, "mapped columns gone: born, owner");
}

#[test]
fn a_column_that_may_be_another_one_under_its_name_needs_a_plan_that_somebody_read() {
    let world = || {
        let field = Reshaped { system: PORTAL.into(), field: "city".into(), moved: 60, known: 100 };
        World { reshaped: vec![field], ..World::with(moves(1)) }
    };
    world().only(Rule::SchemaMoved);
    world().says(Rule::SchemaMoved, "city is another value in 60 of 100 records");
    World { reviewed: true, ..world() }.passes("a person read the plan");
    World { plan: plan(Vec::new()), ..world() }.passes("nothing to write");
}

#[test]
fn the_first_account_is_taken_and_another_one_is_not() {
    let mut world = World { tenant: "portal 1".into(), ..World::with(moves(1)) };
    world.says(Rule::TenantChanged, "belongs to portal 1, but portal is pinned to portal 4711");
    world.memory.tenants.clear();
    assert!(world.objections(Rule::TenantChanged).is_empty());
}

#[test]
fn a_new_configuration_needs_a_plan_that_somebody_read() {
    for hash in [None, Some("c0".to_owned())] {
        let world = || {
            let mut world = World::with(moves(1));
            world.memory.config_hash.clone_from(&hash);
            world
        };
        assert_eq!(world().cleared(&[]), 0);
        assert_eq!(World { first: true, ..world() }.cleared(&[]), 1);
        assert_eq!(World { reviewed: true, ..world() }.cleared(&[]), 1);
    }
}

#[test]
fn conflicts_are_counted_by_record() {
    let mut world = World::new();
    world.plan.conflicts = conflicts(10).into_iter().chain(conflicts(10)).collect();
    assert!(world.objections(Rule::TooManyConflicts).is_empty());
}

#[test]
fn what_cannot_be_believed_cannot_be_approved_and_a_single_change_neither() {
    for rule in Rule::ALL {
        let world = attack(rule);
        let of = |halt: &Halt| Approval {
            about: halt.about.clone(),
            ..approval(&world.plan, rule.name(), usize::MAX)
        };
        let approvals: Vec<Approval> =
            review(&world.plan, &world.facts(), &[]).halts.iter().map(of).collect();
        let passed = world.cleared(&approvals) == world.plan.changes.len();
        assert_eq!(passed, rule.can_be_approved(), "{rule}");
    }
}

#[test]
fn an_approved_halt_does_not_open_the_others() {
    let mut world = attack(Rule::TooManyUpdates);
    world.tenant = "portal 1".into();
    assert_eq!(world.cleared(&[approval(&world.plan, "too_many_updates", 31)]), 0);
}

#[test]
fn one_halt_leaves_other_verbs_alone() {
    let mut changes = moves(31);
    changes.push(newcomer(500));
    let verdict = {
        let world = World::with(changes);
        review(&world.plan, &world.facts(), &[]).cleared.into_changes()
    };
    assert_eq!(verdict.iter().map(|change| change.act.verb()).collect::<Vec<_>>(), ["create"]);
}

#[test]
fn the_order_of_changes_tells_nothing() {
    let mixed = || {
        let mut changes = moves(31);
        changes.extend([
            newcomer(500),
            archive(40),
            update(50, vec![edit("number", "1", "2")]),
            update(100, Vec::new()),
        ]);
        changes
    };
    let judged = |changes: Vec<Change>| {
        let world = World::with(changes);
        let verdict = review(&world.plan, &world.facts(), &[]);
        let mut held: Vec<String> =
            verdict.held.iter().map(|held| format!("{} {}", held.change.entity, held.rule)).collect();
        let mut cleared: Vec<EntityKey> =
            verdict.cleared.into_changes().into_iter().map(|change| change.entity).collect();
        held.sort();
        cleared.sort();
        (held, cleared, verdict.halts.into_iter().map(|halt| (halt.rule, halt.count)).collect::<Vec<_>>())
    };
    let (forward, mut turned) = (judged(mixed()), mixed());
    turned.reverse();
    assert_eq!(forward, judged(turned.clone()));
    turned.rotate_left(7);
    assert_eq!(forward, judged(turned));
    assert_eq!(forward.0, ["R00050 immutable", "R00100 scope"]);
}
