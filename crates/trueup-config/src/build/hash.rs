//! A hash over everything in the configuration that changes what a plan would hold.
//!
//! It is taken over a normal form, so comments and formatting do not count. What only says where
//! something runs, how fast, when, or who is told is left out on purpose: the state directory, tokens,
//! addresses, rates, durations, schedule, alerts, and titles.

use serde::Serialize;
use trueup_core::{
    merge::{Flow, Survivor},
    setup::{Action, Binding, Caps, Draft, Lens, Side, Trigger},
    value::Kind,
};

use super::systems::Systems;
use crate::config::SystemConfig;

/// Raised when the normal form changes, so that hashes of two forms never meet.
const FORM: &str = "trueup configuration, form 1";

#[derive(Serialize)]
struct Form<'a> {
    edition: &'static str,
    pipeline: &'a str,
    entity: &'a str,
    fields: Vec<FieldForm<'a>>,
    canonical: SideForm<'a>,
    mirrors: Vec<MirrorForm<'a>>,
    classes: Vec<ClassForm<'a>>,
    caps: &'a Caps,
}

#[derive(Serialize)]
struct FieldForm<'a> {
    name: &'a str,
    kind: &'a Kind,
    survivor: Survivor,
    flags: [bool; 3],
}

#[derive(Serialize)]
struct SideForm<'a> {
    system: &'a str,
    kind: &'static str,
    place: Vec<String>,
    columns: &'a [String],
    bindings: Vec<BindingForm<'a>>,
}

#[derive(Serialize)]
struct BindingForm<'a> {
    field: u16,
    column: usize,
    lens: [&'a str; 2],
    delimiter: Option<char>,
    flow: Flow,
    create_only: bool,
}

#[derive(Serialize)]
struct MirrorForm<'a> {
    side: SideForm<'a>,
    scope: Option<(usize, &'a str)>,
    token: Option<u16>,
    ext_id: Option<&'a str>,
}

#[derive(Serialize)]
struct ClassForm<'a> {
    id: &'a str,
    trigger: &'static str,
    field: Option<u16>,
    when: Option<&'a str>,
    action: Action,
}

/// Hashes a draft together with the systems it names.
///
/// # Errors
/// When the normal form cannot be written down; it is plain data, so this is a defect of this program.
pub(super) fn of(draft: &Draft, systems: &Systems) -> Result<String, serde_json::Error> {
    let form = Form {
        edition: FORM,
        pipeline: draft.pipeline.as_str(),
        entity: &draft.entity,
        fields: draft.fields.iter().map(field).collect(),
        canonical: side(&draft.canonical, systems),
        mirrors: draft.mirrors.iter().map(|mirror| mirror_form(mirror, systems)).collect(),
        classes: draft.classes.iter().map(class).collect(),
        caps: &draft.caps,
    };
    Ok(blake3::hash(&serde_json::to_vec(&form)?).to_hex().to_string())
}

fn field(field: &trueup_core::setup::Field) -> FieldForm<'_> {
    FieldForm {
        name: field.name.as_str(),
        kind: &field.kind,
        survivor: field.survivor,
        flags: [field.immutable, field.identity, field.label],
    }
}

fn side<'a>(side: &'a Side, systems: &Systems) -> SideForm<'a> {
    let system = systems.get(side.system.as_str());
    SideForm {
        system: side.system.as_str(),
        kind: system.map_or("", SystemConfig::kind),
        place: system.map(place).unwrap_or_default(),
        columns: &side.columns,
        bindings: side.bindings.iter().map(binding).collect(),
    }
}

// What decides which records are read. The workbook's directory does not: the same folder in another
// place is the same configuration.
fn place(system: &SystemConfig) -> Vec<String> {
    match system {
        SystemConfig::Xlsx(xlsx) => {
            let file = xlsx.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            vec![file, xlsx.sheet.clone(), xlsx.key.clone(), xlsx.header_row.to_string()]
        }
        SystemConfig::Hubspot(hubspot) => vec![hubspot.object.as_str().to_owned()],
    }
}

fn binding(binding: &Binding) -> BindingForm<'_> {
    let (lens, delimiter) = match &binding.lens {
        Lens::Whole => (["whole", ""], None),
        Lens::List { delimiter } => (["list", ""], Some(*delimiter)),
        Lens::Log => (["log", ""], None),
        Lens::First => (["first", ""], None),
        Lens::Rest => (["rest", ""], None),
        Lens::Tokens { prefix } => (["tokens", prefix.as_str()], None),
        Lens::Expr(expr) => (["expr", expr.source()], None),
        Lens::Constant(text) => (["constant", text.as_str()], None),
    };
    BindingForm {
        field: binding.field.0,
        column: binding.column,
        lens,
        delimiter,
        flow: binding.flow,
        create_only: binding.create_only,
    }
}

fn mirror_form<'a>(mirror: &'a trueup_core::setup::MirrorSide, systems: &Systems) -> MirrorForm<'a> {
    MirrorForm {
        side: side(&mirror.side, systems),
        scope: mirror.scope.as_ref().map(|scope| (scope.column, scope.equals.as_str())),
        token: mirror.token.map(|field| field.0),
        ext_id: mirror.ext_id_column.as_deref(),
    }
}

fn class(class: &trueup_core::setup::Class) -> ClassForm<'_> {
    let (trigger, field, when) = match &class.trigger {
        Trigger::Differs { field, when } => {
            ("differs", Some(field.0), when.as_ref().map(trueup_core::expr::Expr::source))
        }
        Trigger::Other => ("other", None, None),
        Trigger::Missing => ("missing", None, None),
        Trigger::Gone => ("gone", None, None),
        Trigger::Stranger => ("stranger", None, None),
        Trigger::SharedToken => ("shared_token", None, None),
        Trigger::Unclaimed => ("unclaimed", None, None),
        Trigger::Ambiguous => ("ambiguous", None, None),
        Trigger::KeyChanged => ("key_changed", None, None),
        Trigger::Unreadable => ("unreadable", None, None),
        Trigger::Deleted => ("deleted", None, None),
    };
    ClassForm { id: class.id.as_str(), trigger, field, when, action: class.action }
}
