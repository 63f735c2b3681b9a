//! A build with planted defects: the rule that was left out lets its attack through.

use std::collections::BTreeMap;

use trueup_core::{
    guard::{Facts, MirrorFacts, Rule, review},
    link::How,
    plan::Act,
    planted::{Defect, plant},
    snapshot::Coverage,
};

use crate::support::{TENANT, card, change, edit, memory, plan, setup};

#[test]
fn a_planted_defect_leaves_its_rule_out_of_every_review_of_the_process() {
    let (setup, memory, card) = (setup(), memory(), card());
    let update = Act::Update { remote: "900".into(), how: How::Token };
    let plan =
        plan(vec![change("R00001", "Ada Lovelace", update, vec![edit("commission", "D8", "15", "20")])]);
    let mirror = MirrorFacts {
        card: &card,
        coverage: Coverage::Whole,
        foreign: Vec::new(),
        in_scope: Vec::new(),
        tenant: TENANT.into(),
        columns: BTreeMap::new(),
        diversity: BTreeMap::new(),
    };
    let facts = Facts {
        setup: &setup,
        memory: &memory,
        first: true,
        reviewed: false,
        canonical_count: 1,
        canonical_coverage: Coverage::Whole,
        reshaped: Vec::new(),
        mirrors: BTreeMap::from([("hubspot".into(), mirror)]),
    };
    let held_by_scope = || review(&plan, &facts, &[]).held.iter().any(|held| held.rule == "scope");
    assert!(held_by_scope());
    plant(Some(Defect::Rule(Rule::Scope)));
    assert!(!held_by_scope());
    plant(Some(Defect::Rule(Rule::Verbs)));
    assert!(held_by_scope(), "one defect takes the place of the one before");
    plant(None);
    assert!(held_by_scope());
}
