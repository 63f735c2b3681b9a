//! The configuration of the three systems.

use anyhow::{Result, anyhow};
use trueup_core::{
    merge::{Flow, Survivor},
    name::{FieldId, SystemName},
    setup::{Action, Binding, Draft, Field, Lens, MirrorSide, Scope, Setup, Side, Timing},
    value::Kind,
};

use crate::world::{OWNER, binding, differs, structural, wide};

/// How many systems there are; the first is the source of truth.
pub const SYSTEMS: usize = 3;
/// How many fields people can edit.
pub const FIELDS: usize = 2;
/// What the systems are called.
pub const NAMES: [&str; SYSTEMS] = ["canonical", "first", "second"];
/// What their columns are called.
pub const COLUMNS: [&str; 4] = ["token", "one", "two", "owner"];

/// How both fields are kept in agreement.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Which way values may go.
    pub flow: Flow,
    /// Who survives.
    pub survivor: Survivor,
    /// Whether a write that landed is remembered, or the engine dies each time before it can be.
    pub settles: bool,
}

impl Config {
    /// Whether the mirrors could change places and nothing would be another.
    #[must_use]
    pub const fn is_symmetric(&self) -> bool {
        !matches!(self.survivor, Survivor::Mirror(_))
    }
}

/// What a system is called.
#[must_use]
pub fn name(system: usize) -> SystemName {
    SystemName::new(NAMES.get(system).copied().unwrap_or_default())
}

/// Which system is called so.
#[must_use]
pub fn position(system: &SystemName) -> Option<usize> {
    NAMES.iter().position(|name| *name == system.as_str())
}

/// The configuration with the mirrors in this order.
///
/// # Errors
/// When the core refuses it.
pub fn setup(config: Config, mirrors: [usize; 2]) -> Result<Setup> {
    // A mirror that survives is named by its place, which is another one in another order.
    let survivor = match config.survivor {
        Survivor::Mirror(at) => Survivor::Mirror(mirrors.iter().position(|one| *one == at + 1).unwrap_or(at)),
        other => other,
    };
    let field = |name: &str| Field { survivor, ..Field::new(name, Kind::Text) };
    let draft = Draft {
        pipeline: "leads".into(),
        entity: "lead".into(),
        fields: vec![
            Field { survivor: Survivor::Union, ..Field::new("token", Kind::Tags) },
            field("one"),
            field("two"),
            Field::new("owner", Kind::Text),
        ],
        canonical: side(0, [0, 1, 2].map(|at| binding(at, Lens::Whole, Flow::Out)).into()),
        canonical_ext_id: None,
        canonical_writes: config.flow != Flow::Out,
        mirrors: mirrors.map(|system| mirror(system, config.flow)).into(),
        classes: structural()
            .into_iter()
            .chain([(1, "one"), (2, "two")].map(|(at, id)| differs(FieldId(at), id, Action::Fix)))
            .collect(),
        caps: wide(),
        timing: Timing::default(),
        config_hash: "c1".into(),
    };
    draft.build().map_err(|problems| anyhow!("{problems:?}"))
}

fn mirror(system: usize, flow: Flow) -> MirrorSide {
    let bindings = vec![
        binding(0, Lens::Tokens { prefix: "ID:".into() }, Flow::Out),
        binding(1, Lens::Whole, flow),
        binding(2, Lens::Whole, flow),
        Binding { create_only: true, ..binding(3, Lens::Constant(OWNER.into()), Flow::Out) },
    ];
    MirrorSide {
        side: side(system, bindings),
        scope: Some(Scope { column: 3, equals: OWNER.into() }),
        token: Some(FieldId(0)),
        ext_id_column: Some("lead_id".into()),
        feeds: false,
    }
}

fn side(system: usize, bindings: Vec<Binding>) -> Side {
    Side { system: name(system), columns: COLUMNS.map(str::to_owned).into(), bindings }
}
