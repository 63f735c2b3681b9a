//! The pipeline every seed runs: a book with ledgers, and a CRM of which only one owner's records are ours.

use std::sync::Arc;

use trueup_core::{
    merge::{Flow, Survivor},
    name::{FieldId, FieldName, PipelineName, SystemName},
    setup::{
        Action, Binding, Caps, Class, Draft, Field, Lens, MirrorSide, Problem, Scope, Setup, Side, Timing,
        Trigger,
    },
    text::phone::Region,
    value::Kind,
};

/// Whose records the engine may touch.
pub const OWNER: &str = "ours";

/// The columns of the book; the first is the key.
pub const BOOK: [&str; 4] = ["KEY", "EMAIL_ALL", "PHONE", "CITY"];

/// The columns of the CRM.
pub const CRM: [&str; 7] = ["note", "email", "more", "phone", "city", "owner", "ext"];

/// How the pipeline differs from seed to seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Whether the CRM has a column for our external id that must be unique.
    pub unique: bool,
    /// The longest time after which a lost write can still land.
    pub max_in_flight_ms: u64,
    /// By how much listings lag behind.
    pub lag_ms: u64,
}

/// Builds the setup.
///
/// # Errors
/// Never for the variants of this crate; the problems are given to be shown.
pub fn setup(variant: Variant) -> Result<Arc<Setup>, Vec<Problem>> {
    let draft = Draft {
        pipeline: PipelineName::new("sim"),
        entity: "lead".into(),
        fields: fields(),
        canonical: book(),
        canonical_writes: false,
        canonical_ext_id: None,
        mirrors: vec![crm(variant)],
        classes: classes(),
        caps: Caps {
            updates_percent: 100.0,
            creates_percent: 100.0,
            source_loss_percent: 100.0,
            archives_percent: 100.0,
            conflicts_percent: 100.0,
            free: 1000,
            ..Caps::default()
        },
        timing: Timing {
            max_in_flight_ms: variant.max_in_flight_ms,
            max_index_lag_ms: variant.lag_ms,
            margin_ms: 1_000,
            ..Timing::default()
        },
        config_hash: "sim".into(),
    };
    draft.build().map(Arc::new)
}

fn fields() -> Vec<Field> {
    vec![
        Field { survivor: Survivor::Union, ..Field::new("token", Kind::Tags) },
        Field { identity: true, ..Field::new("email", Kind::Email) },
        Field { identity: true, survivor: Survivor::Union, ..Field::new("more", Kind::Emails) },
        Field::new("phone", Kind::Phone(Region::US)),
        Field::new("city", Kind::Name),
        Field { name: FieldName::new("owner"), ..Field::new("owner", Kind::Text) },
    ]
}

fn binding(field: u16, column: usize, lens: Lens) -> Binding {
    Binding { field: FieldId(field), column, lens, flow: Flow::Out, create_only: false }
}

fn book() -> Side {
    Side {
        system: SystemName::new("book"),
        columns: BOOK.map(str::to_owned).to_vec(),
        bindings: vec![
            binding(0, 0, Lens::Whole),
            binding(1, 1, Lens::First),
            binding(2, 1, Lens::Rest),
            binding(3, 2, Lens::Whole),
            binding(4, 3, Lens::Whole),
        ],
    }
}

fn crm(variant: Variant) -> MirrorSide {
    let constant = Binding { create_only: true, ..binding(5, 5, Lens::Constant(OWNER.into())) };
    MirrorSide {
        side: Side {
            system: SystemName::new("crm"),
            columns: CRM.map(str::to_owned).to_vec(),
            bindings: vec![
                binding(0, 0, Lens::Tokens { prefix: "ID:".into() }),
                binding(1, 1, Lens::Whole),
                binding(2, 2, Lens::List { delimiter: ';' }),
                binding(3, 3, Lens::Whole),
                binding(4, 4, Lens::Whole),
                constant,
            ],
        },
        scope: Some(Scope { column: 5, equals: OWNER.into() }),
        token: Some(FieldId(0)),
        ext_id_column: variant.unique.then(|| "ext".to_owned()),
        feeds: false,
    }
}

fn classes() -> Vec<Class> {
    let class = |id: &str, trigger, action| Class { id: id.into(), trigger, action, title: String::new() };
    let differs =
        |id: &str, field: u16| class(id, Trigger::Differs { field: FieldId(field), when: None }, Action::Fix);
    vec![
        differs("D2", 0),
        differs("D4", 1),
        differs("D5", 2),
        differs("D6", 3),
        differs("D3", 4),
        class("D7", Trigger::Missing, Action::Fix),
        class("F1", Trigger::Stranger, Action::Flag),
        class("F2", Trigger::SharedToken, Action::Flag),
        class("F3", Trigger::Unclaimed, Action::Flag),
        class("gone", Trigger::Gone, Action::Flag),
        class("deleted", Trigger::Deleted, Action::Flag),
        class("ambiguous", Trigger::Ambiguous, Action::Flag),
        class("key_changed", Trigger::KeyChanged, Action::Flag),
        class("unreadable", Trigger::Unreadable, Action::Flag),
        class("other", Trigger::Other, Action::Flag),
    ]
}
