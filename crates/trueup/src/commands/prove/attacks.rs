//! One attack for each rule.

use trueup_core::{
    card::Card,
    guard::{Rule, Verdict, rehearse, review},
    name::{FieldName, SystemName},
    setup::{MirrorSide, Setup},
    snapshot::Coverage,
    value::Cell,
};
use trueup_engine::Engine;

use super::{Proof, copy, stage::Stage};
use crate::output::Failure;

/// Longer than any text a rule may let through.
const TOO_LONG: usize = 70_000;

/// Attacks every rule on one mirror, after one ordinary change was seen to be cleared.
///
/// # Errors
/// When the mirror has no field that can be attacked.
pub(super) fn all(engine: &Engine, side: &MirrorSide) -> Result<Vec<Proof>, Failure> {
    let system = &side.side.system;
    let card = engine.systems.mirrors.get(system).map(|target| target.card());
    let card =
        card.ok_or_else(|| Failure::failed("no_card", "the system is not wired").at(system.as_str()))?;
    let mut proofs = vec![calm(&engine.setup, side, card)?];
    for rule in Rule::ALL {
        proofs.push(one(&engine.setup, system, card, rule)?);
    }
    Ok(proofs)
}

fn stage<'a>(setup: &'a Setup, side: &'a MirrorSide, card: &Card) -> Result<Stage<'a>, Failure> {
    Stage::new(setup, side, card).ok_or_else(|| {
        Failure::failed("nothing_to_attack", "no field of the mirror is written as a whole")
            .at(side.side.system.as_str())
    })
}

/// Attacks prove nothing where nothing is ever cleared.
fn calm(setup: &Setup, side: &MirrorSide, card: &Card) -> Result<Proof, Failure> {
    let mut stage = stage(setup, side, card)?;
    stage.changes = vec![stage.update(0)];
    let cleared = !review(&stage.plan(), &stage.facts(), &[]).cleared.is_empty();
    Ok(Proof {
        name: "calm".into(),
        attack: "one ordinary update must be cleared",
        held: cleared,
        through: None,
    })
}

fn one(setup: &Setup, system: &SystemName, card: &Card, rule: Rule) -> Result<Proof, Failure> {
    let setup = alone(setup, rule)?;
    let side = setup
        .mirror(system)
        .ok_or_else(|| Failure::failed("no_mirror", "no such mirror").at(system.as_str()))?;
    let mut stage = stage(&setup, side, card)?;
    let attack = disturb(&mut stage, rule);
    let (plan, facts) = (stage.plan(), stage.facts());
    let verdict = review(&plan, &facts, &[]);
    Ok(Proof {
        name: rule.name().to_owned(),
        attack,
        held: is_held(&verdict, rule),
        through: Some(!rehearse(&plan, &facts, rule).changes.is_empty()),
    })
}

/// Nothing gets through, and it is this very rule that says so.
fn is_held(verdict: &Verdict, rule: Rule) -> bool {
    let halted = verdict.halts.iter().any(|halt| halt.rule == rule && halt.approved.is_none());
    let held = verdict.held.iter().any(|held| held.rule == rule.name());
    verdict.cleared.is_empty() && (halted || held)
}

/// The configuration as it is, but where neighbouring limits would stop the same attack, they are open.
fn alone(setup: &Setup, rule: Rule) -> Result<Setup, Failure> {
    copy::changed(setup, |draft| match rule {
        Rule::Blanking | Rule::SameValueEverywhere => draft.caps.updates_percent = 100.0,
        Rule::Archives => (draft.caps.archives, draft.caps.archives_percent) = (usize::MAX, 100.0),
        // No field may be immutable in this configuration; the rule must hold for the day when one is.
        Rule::Immutable => draft.fields.iter_mut().for_each(|field| field.immutable = true),
        _ => {}
    })
}

fn disturb(stage: &mut Stage<'_>, rule: Rule) -> &'static str {
    stage.changes = vec![stage.update(0)];
    match rule {
        Rule::ForeignRecord
        | Rule::Scope
        | Rule::EmptiedSource
        | Rule::IncompleteListing
        | Rule::SchemaMoved
        | Rule::TenantChanged
        | Rule::ConfigChanged
        | Rule::TooManyConflicts => misread(stage, rule),
        _ => miswrite(stage, rule),
    }
}

/// What was read is not what it should be.
fn misread(stage: &mut Stage<'_>, rule: Rule) -> &'static str {
    match rule {
        Rule::ForeignRecord => {
            stage.foreign = 1;
            "a stranger's record in the scoped listing"
        }
        Rule::Scope => {
            stage.seen = 0;
            "an update of a record that was not seen in the scope"
        }
        Rule::EmptiedSource => {
            stage.canonical_count = 0;
            "a source without any record"
        }
        Rule::IncompleteListing => {
            stage.coverage = Coverage::Some;
            stage.changes = vec![stage.create(stage.size)];
            "a create after half a listing"
        }
        Rule::SchemaMoved => {
            let own = stage.side.side.column(stage.target).to_owned();
            let other = stage.side.side.columns.iter().find(|column| **column != own).cloned();
            stage.columns.remove(&other.unwrap_or(own));
            "a mapped column that is gone"
        }
        Rule::TenantChanged => {
            "another account".clone_into(&mut stage.tenant);
            "a key of another account"
        }
        Rule::ConfigChanged => {
            stage.memory.config_hash = Some("another".into());
            "a configuration that nobody has read a plan of"
        }
        _ => {
            stage.conflicts = stage.size;
            "a conflict in every record"
        }
    }
}

/// What would be written is not what may be.
fn miswrite(stage: &mut Stage<'_>, rule: Rule) -> &'static str {
    let all = 0..stage.size;
    match rule {
        Rule::Authority => {
            stage
                .changes
                .iter_mut()
                .flat_map(|change| &mut change.edits)
                .for_each(|edit| edit.field = FieldName::new("proof_unmapped"));
            "a write of a field that is not mapped"
        }
        Rule::Verbs => {
            stage.card.verbs.update = false;
            "an update of a system that does not update"
        }
        Rule::Required => {
            stage.card.unique_ext_id = true;
            stage.changes = vec![without_ext_id(stage.create(stage.size))];
            "a create without the id that keeps it unique"
        }
        Rule::Representable => {
            let edit = stage.edit(Cell::text("old"), Cell::text("x".repeat(TOO_LONG)));
            stage.changes.iter_mut().for_each(|change| change.edits = vec![edit.clone()]);
            "a text that no column holds"
        }
        Rule::TooManyUpdates => {
            stage.changes = all.map(|number| stage.update(number)).collect();
            "an update of every record"
        }
        Rule::TooManyCreates => {
            stage.changes = all.map(|number| stage.create(stage.size + number)).collect();
            "as many creates as there are records"
        }
        Rule::TooManyArchives => {
            stage.changes = all.map(|number| stage.archive(number)).collect();
            "an archive of every record"
        }
        Rule::Archives => {
            stage.changes = vec![stage.archive(0)];
            "an archive of one record"
        }
        Rule::Blanking => {
            stage.changes = all.map(|number| rewritten(stage, number, Cell::Empty)).collect();
            "a field emptied in every record"
        }
        Rule::SameValueEverywhere => {
            stage.changes = all.map(|number| rewritten(stage, number, Cell::text("the same"))).collect();
            "one value written into every record"
        }
        _ => "a change of a field that may never change",
    }
}

fn rewritten(stage: &Stage<'_>, number: usize, after: Cell) -> trueup_core::plan::Change {
    let edit = stage.edit(Cell::text(format!("old {number}")), after);
    trueup_core::plan::Change { edits: vec![edit], ..stage.update(number) }
}

fn without_ext_id(mut change: trueup_core::plan::Change) -> trueup_core::plan::Change {
    if let trueup_core::plan::Act::Create { ext_id_column, .. } = &mut change.act {
        *ext_id_column = None;
    }
    change
}
