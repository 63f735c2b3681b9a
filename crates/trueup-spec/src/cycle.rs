//! One mapped field of a linked record inside the scope, through planner and guard.

use anyhow::Result;
use jiff::Timestamp;
use trueup_core::{
    card::Card,
    link::LinkState,
    merge::{Flow, Survivor},
    name::FieldId,
    setup::{Action, Setup},
    snapshot::Snapshot,
    value::Cell,
};

use crate::{
    merge::{Ahead, FLOWS, SURVIVORS, TIMES},
    outcome::Outcome,
    pattern::{self, Base, Pattern, Say},
    table::{Row, Section, Tell},
    world::{self, CANONICAL, MIRROR, Rules, World},
};

/// Values only flow out.
pub const ONE_WAY: Section = Section {
    name: "one_way",
    about: "What a cycle does about one field of a linked record when values only flow out",
    spec: include_str!("../spec/one_way.spec"),
    rows: one_way,
};

/// Values flow in, or both ways.
pub const TWO_WAY: Section = Section {
    name: "two_way",
    about: "What a cycle does about one field of a linked record when values flow in or both ways",
    spec: include_str!("../spec/two_way.spec"),
    rows: two_way,
};

/// What the configuration says of a difference, by the name the specs use.
pub const ACTIONS: [(&str, Option<Action>); 3] =
    [("fix", Some(Action::Fix)), ("flag", Some(Action::Flag)), ("none", None)];

/// One configuration of the field, by the names the specs use.
struct Config {
    flow: (&'static str, Flow),
    survivor: (&'static str, Survivor),
    immutable: bool,
    action: (&'static str, Option<Action>),
}

struct Case<'a> {
    config: &'a Config,
    setup: &'a Setup,
    card: &'a Card,
    pattern: Pattern,
    times: Ahead,
}

fn one_way(row: &mut Tell<'_>) -> Result<()> {
    let [out, ..] = FLOWS;
    play(out, |case| row_of(case, &case.one_way(), row))
}

fn two_way(row: &mut Tell<'_>) -> Result<()> {
    let [_, way_in, both] = FLOWS;
    play(way_in, |case| row_of(case, &case.two_way(), row))?;
    play(both, |case| row_of(case, &case.two_way(), row))
}

fn play(flow: (&'static str, Flow), mut tell: impl FnMut(&Case<'_>) -> Result<()>) -> Result<()> {
    let (patterns, card) = (pattern::all(), world::card(MIRROR));
    for (config, setup) in configs(flow) {
        for pattern in &patterns {
            for times in times(config.survivor.1) {
                let case =
                    Case { config: &config, setup: &setup, card: &card, pattern: *pattern, times: *times };
                tell(&case)?;
            }
        }
    }
    Ok(())
}

fn row_of(case: &Case<'_>, facts: &[&str], row: &mut Tell<'_>) -> Result<()> {
    row(Row { case: &case.name(), facts, outcome: &case.outcome()? });
    Ok(())
}

// Those that the section `setup` says exist.
fn configs(flow: (&'static str, Flow)) -> Vec<(Config, Setup)> {
    let mut configs = Vec::new();
    for survivor in SURVIVORS {
        for (immutable, action) in [false, true].into_iter().flat_map(|im| ACTIONS.map(|act| (im, act))) {
            let config = Config { flow, survivor, immutable, action };
            configs.extend(config.setup().ok().map(|setup| (config, setup)));
        }
    }
    configs
}

fn times(survivor: Survivor) -> &'static [Ahead] {
    match survivor {
        Survivor::Latest { .. } | Survivor::VersionThenLatest { .. } => &TIMES,
        _ => TIMES.last_chunk::<1>().map_or(&[], |last| last),
    }
}

impl Config {
    fn setup(&self) -> Result<Setup> {
        let rules = Rules {
            flow: self.flow.1,
            survivor: self.survivor.1,
            immutable: self.immutable,
            action: self.action.1,
        };
        rules.setup()
    }

    const fn immutable(&self) -> &'static str {
        if self.immutable { "yes" } else { "no" }
    }
}

impl Case<'_> {
    fn one_way(&self) -> [&'static str; 7] {
        let (pattern, config) = (&self.pattern, self.config);
        [
            canonical(pattern),
            pattern.mirror_moved(),
            pattern.now(),
            blank(pattern),
            config.immutable(),
            authority(pattern, config.flow.1),
            config.action.0,
        ]
    }

    fn two_way(&self) -> [&'static str; 11] {
        let [canonical, mirror, now, blank, immutable, authority, action] = self.one_way();
        let fits = if self.pattern.mirror == Say::Invalid { "no" } else { "yes" };
        let (flow, survivor, times) = (self.config.flow.0, self.config.survivor.0, self.times.0);
        [canonical, mirror, now, blank, fits, flow, survivor, times, immutable, authority, action]
    }

    fn name(&self) -> String {
        let (config, times) = (self.config, (self.times.1, self.times.2));
        let config = [config.flow.0, config.survivor.0, config.immutable(), config.action.0].join(" ");
        format!("{} {config} {times:?}", self.pattern.name())
    }

    fn outcome(&self) -> Result<String> {
        let (canonical, mirror) = (self.pattern.canonical.raw(), self.pattern.mirror.raw());
        let mut memory = world::memory();
        let mut link = world::link(LinkState::Active);
        if let Base::Kept(ours, theirs) | Base::Stale(ours, theirs) = self.pattern.base {
            let stale = matches!(self.pattern.base, Base::Stale(..));
            link.bases.extend(world::base(self.setup, &memory, &ours.raw(), &theirs.raw(), stale));
        }
        memory.links.insert(world::key(), link);
        let normal = |cell: &Cell| self.setup.field(FieldId(1)).kind.lenient(cell);
        let now = (normal(&canonical), normal(&mirror));
        let world = World {
            setup: self.setup,
            memory,
            canonical: Snapshot::new(CANONICAL.into(), vec![world::ours(canonical, self.times.1)]),
            mirror: Snapshot::new(MIRROR.into(), vec![world::in_scope(mirror, self.times.2)]),
            at: Timestamp::UNIX_EPOCH,
            foreign: Vec::new(),
        };
        let (reconciled, verdict) = world.cycle(self.card)?;
        Ok(Outcome::new(now, &world.memory, &reconciled, verdict).name())
    }
}

// The source of truth is read strictly: what its field cannot hold is no value of it.
fn canonical(pattern: &Pattern) -> &'static str {
    if pattern.canonical == Say::Invalid { "invalid" } else { pattern.canonical_moved() }
}

fn blank(pattern: &Pattern) -> &'static str {
    match (pattern.canonical.is_blank(), pattern.mirror.is_blank()) {
        (false, false) => "none",
        (true, false) => "canonical",
        (false, true) => "mirror",
        (true, true) => "both",
    }
}

fn authority(pattern: &Pattern, flow: Flow) -> &'static str {
    let canonical = standing(pattern.canonical, pattern.base.canonical());
    let mirror = standing(pattern.mirror, pattern.base.mirror());
    match flow {
        Flow::Out => canonical,
        Flow::In => mirror,
        Flow::Both => [canonical, mirror]
            .into_iter()
            .find(|s| *s == "changed")
            .unwrap_or(if canonical == "first" { mirror } else { canonical }),
    }
}

fn standing(now: Say, base: Option<Say>) -> &'static str {
    match base.filter(|base| !base.is_blank()) {
        None => "first",
        Some(base) if base.same(now) => "same",
        Some(_) => "changed",
    }
}
