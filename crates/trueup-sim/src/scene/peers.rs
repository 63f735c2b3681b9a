//! Scenes in which every system is edited: the source of truth is written, and its mirrors talk back.

use std::sync::Arc;

use trueup_core::{
    merge::{Flow, Survivor},
    name::{FieldId, PipelineName, SystemName},
    setup::{Action, Binding, Caps, Class, Draft, Field, Lens, MirrorSide, Problem, Setup, Side, Trigger},
    text::phone::Region,
    value::Kind,
};

use super::{MIRRORS, PIPELINE, Scene, Variant, timing};

/// The source of truth.
pub const TRUTH: &str = "truth";

/// The column of our external id, unique in every system.
pub const EXT: &str = "ext";

/// The columns of every system.
pub const COLUMNS: [&str; 6] = ["name", "phone", "city", "tags", "notes", EXT];

/// The columns that are fields, by name and column alike.
pub const FIELDS: [&str; 5] = ["name", "phone", "city", "tags", "notes"];

/// The column that holds a set.
pub const TAGS: &str = "tags";

/// The column that holds an append log.
pub const NOTES: &str = "notes";

/// What differs from seed to seed besides the systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Who survives in a field that holds one value, when sides moved apart.
    pub survivor: Survivor,
    /// What is done about copies whose canonical record is gone.
    pub gone: Action,
}

/// A mirror, and whether people make records there that the source of truth is to have as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// How it differs.
    pub variant: Variant,
    /// Whether records are born there.
    pub feeds: bool,
}

/// Builds the setup of a source of truth that is written and its mirrors.
///
/// # Errors
/// Never for the variants of this crate; the problems are given to be shown.
pub fn setup(
    scene: Scene,
    truth: Variant,
    peers: &[Peer],
    rules: Rules,
    caps: Caps,
) -> Result<Arc<Setup>, Vec<Problem>> {
    let variants: Vec<Variant> = peers.iter().map(|peer| peer.variant).chain([truth]).collect();
    let mirrors = MIRRORS.into_iter().zip(peers).enumerate();
    let draft = Draft {
        pipeline: PipelineName::new(PIPELINE),
        entity: "person".into(),
        fields: fields(rules.survivor),
        canonical: side(TRUTH, |_| Flow::Out),
        canonical_writes: true,
        canonical_ext_id: Some(EXT.into()),
        mirrors: mirrors
            .map(|(at, (name, peer))| MirrorSide {
                side: side(name, |field| flow(scene, at, field)),
                scope: None,
                token: None,
                ext_id_column: Some(EXT.into()),
                feeds: peer.feeds,
            })
            .collect(),
        classes: classes(rules.gone),
        caps,
        timing: timing(&variants),
        config_hash: "sim".into(),
    };
    draft.build().map(Arc::new)
}

/// Which way a field of the mirror at a position flows in a scene.
#[must_use]
pub fn flow(scene: Scene, mirror: usize, field: &str) -> Flow {
    match (scene, field) {
        (Scene::Fields, "name" | TAGS) => Flow::Out,
        // It has its authority in the first mirror; the others are told.
        (Scene::Fields, "phone") if mirror == 0 => Flow::In,
        (Scene::Fields, "phone") => Flow::Out,
        _ => Flow::Both,
    }
}

fn fields(survivor: Survivor) -> Vec<Field> {
    vec![
        Field { label: true, survivor, ..Field::new("name", Kind::Name) },
        Field { survivor, ..Field::new("phone", Kind::Phone(Region::US)) },
        Field { survivor, ..Field::new("city", Kind::Text) },
        Field::new(TAGS, Kind::Tags),
        Field::new(NOTES, Kind::Log),
    ]
}

fn side(system: &str, flow: impl Fn(&str) -> Flow) -> Side {
    let binding = |(at, field): (usize, &str)| Binding {
        field: FieldId(u16::try_from(at).unwrap_or(u16::MAX)),
        column: at,
        lens: match field {
            TAGS => Lens::List { delimiter: ';' },
            NOTES => Lens::Log,
            _ => Lens::Whole,
        },
        flow: flow(field),
        create_only: false,
    };
    Side {
        system: SystemName::new(system),
        columns: COLUMNS.map(str::to_owned).into(),
        bindings: FIELDS.into_iter().enumerate().map(binding).collect(),
    }
}

fn classes(gone: Action) -> Vec<Class> {
    let class = |id: &str, trigger, action| Class { id: id.into(), trigger, action, title: String::new() };
    vec![
        class("other", Trigger::Other, Action::Fix),
        class("missing", Trigger::Missing, Action::Fix),
        class("gone", Trigger::Gone, gone),
        class("deleted", Trigger::Deleted, Action::Flag),
        class("ambiguous", Trigger::Ambiguous, Action::Flag),
        class("key_changed", Trigger::KeyChanged, Action::Flag),
        class("unreadable", Trigger::Unreadable, Action::Flag),
    ]
}
