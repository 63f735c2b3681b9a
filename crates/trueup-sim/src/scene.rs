//! The pipelines that seeds run. `book_to_crm`: a book with ledgers, and mirrors of which only one owner's
//! records are ours. Those in which the source of truth is written as well stand in [`peers`].

pub mod peers;
pub mod portal;
pub mod terms;

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

/// Which pipeline a seed runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// A book that is only read, and mirrors that are told (the kind of seed A).
    Book,
    /// A table that is written, and two to four mirrors of equal right (the kind of seed B).
    Hub,
    /// A table that is written and wins, and one mirror (the kind of seed C).
    Pair,
    /// Each field has its own authority (the kind of seed D).
    Fields,
}

impl Scene {
    /// Every scene.
    pub const ALL: [Self; 4] = [Self::Book, Self::Hub, Self::Pair, Self::Fields];

    /// The scene of a seed. Seeds that are kept from before there were others go on meaning the book.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        match seed % 5 {
            0 => Self::Hub,
            1 => Self::Pair,
            4 => Self::Fields,
            _ => Self::Book,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Book => "book_to_crm",
            Self::Hub => "hub",
            Self::Pair => "pair",
            Self::Fields => "fields",
        }
    }

    /// Whether the source of truth is written as well.
    #[must_use]
    pub const fn is_mutual(self) -> bool {
        !matches!(self, Self::Book)
    }

    /// The name of its source of truth.
    #[must_use]
    pub const fn truth(self) -> &'static str {
        if self.is_mutual() { peers::TRUTH } else { CANONICAL }
    }
}

/// Whose records the engine may touch.
pub const OWNER: &str = "ours";

/// The name of the pipeline.
pub const PIPELINE: &str = "sim";

/// The source of truth.
pub const CANONICAL: &str = "book";

/// The columns of the book; the first is the key.
pub const BOOK: [&str; 4] = ["KEY", "EMAIL_ALL", "PHONE", "CITY"];

/// The columns of the CRM.
pub const CRM: [&str; 7] = ["note", "email", "more", "phone", "city", "owner", "ext"];

/// The mirrors a scene may have, by name.
pub const MIRRORS: [&str; 4] = ["crm", "desk", "shop", "list"];

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

/// How a field of the book and a column of a mirror agree, told without the engine's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Both say the same, however it is spelled.
    Same,
    /// The first of a list.
    First,
    /// All but the first of a list stand there, or are the main one; others may stand there too.
    Rest,
    /// The key stands there as a token.
    Token,
}

/// One field, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The field's name.
    pub field: String,
    /// The column of the book.
    pub canonical: String,
    /// The column of the mirror.
    pub mirror: String,
    /// How they agree.
    pub how: How,
}

/// Limits that never halt.
#[must_use]
pub fn no_caps() -> Caps {
    Caps {
        updates_percent: 100.0,
        creates_percent: 100.0,
        source_loss_percent: 100.0,
        archives_percent: 100.0,
        conflicts_percent: 100.0,
        blanking_percent: 100.0,
        same_value: usize::MAX,
        free: 1000,
        ..Caps::default()
    }
}

/// Builds the setup of one mirror and no limits.
///
/// # Errors
/// Never for the variants of this crate; the problems are given to be shown.
pub fn setup(variant: Variant) -> Result<Arc<Setup>, Vec<Problem>> {
    book_to_crm(&[variant], no_caps())
}

/// Builds the setup of a book and as many mirrors as there are variants; the protocols wait for the slowest.
///
/// # Errors
/// Never for the variants of this crate; the problems are given to be shown.
pub fn book_to_crm(variants: &[Variant], caps: Caps) -> Result<Arc<Setup>, Vec<Problem>> {
    book_as(variants, caps, "sim")
}

/// The same as another configuration, by the hash it has.
///
/// # Errors
/// As [`book_to_crm`].
pub fn book_as(variants: &[Variant], caps: Caps, config: &str) -> Result<Arc<Setup>, Vec<Problem>> {
    book_and(mirrors(variants), variants, (caps, fields()), config)
}

/// The same where a phone may never change.
///
/// # Errors
/// As [`book_to_crm`].
pub fn fixed_phones(variants: &[Variant], caps: Caps, config: &str) -> Result<Arc<Setup>, Vec<Problem>> {
    let fix = |field: Field| Field { immutable: field.name.as_str() == "phone", ..field };
    book_and(mirrors(variants), variants, (caps, fields().into_iter().map(fix).collect()), config)
}

fn mirrors(variants: &[Variant]) -> Vec<MirrorSide> {
    MIRRORS.into_iter().zip(variants).map(|(name, variant)| crm(name, *variant)).collect()
}

fn book_and(
    mirrors: Vec<MirrorSide>,
    variants: &[Variant],
    (caps, fields): (Caps, Vec<Field>),
    config: &str,
) -> Result<Arc<Setup>, Vec<Problem>> {
    let draft = Draft {
        pipeline: PipelineName::new(PIPELINE),
        entity: "lead".into(),
        fields,
        canonical: book(),
        canonical_writes: false,
        canonical_ext_id: None,
        mirrors,
        classes: classes(),
        caps,
        timing: timing(variants),
        config_hash: config.into(),
    };
    draft.build().map(Arc::new)
}

/// The protocols wait for the slowest system.
fn timing(variants: &[Variant]) -> Timing {
    let longest = |of: fn(&Variant) -> u64| variants.iter().map(of).max().unwrap_or_default();
    Timing {
        max_in_flight_ms: longest(|variant| variant.max_in_flight_ms),
        max_index_lag_ms: longest(|variant| variant.lag_ms),
        // No less than a look before a write may be old: so much later than it is marked as sent it may leave.
        margin_ms: 12_000,
        ..Timing::default()
    }
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
        system: SystemName::new(CANONICAL),
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

fn crm(name: &str, variant: Variant) -> MirrorSide {
    let constant = Binding { create_only: true, ..binding(5, 5, Lens::Constant(OWNER.into())) };
    MirrorSide {
        side: Side {
            system: SystemName::new(name),
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
