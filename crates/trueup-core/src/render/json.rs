//! A plan as JSON for programs: published, versioned, complete.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Ruling, view::View};
use crate::{
    guard::{Halt, handle},
    memory::Approval,
    merge::Claim,
    plan::{Act, Change, Cost, Edit, FieldConflict, Finding, Held, Plan, Report, Values},
    setup::Setup,
    value::{Cell, Value},
};

/// The name of the published schema.
pub const SCHEMA: &str = "trueup.plan/v1";

/// Shows a plan as one JSON document.
///
/// Times are RFC 3339 in UTC, an empty list is `[]`, what is missing is `null`. `guard` is `null` when the
/// guard was not asked. A cell says what it `is`, since null, empty, absent and unreadable are four answers.
#[must_use]
pub fn json(plan: &Plan, ruling: Option<&Ruling<'_>>, setup: &Setup, redacted: bool) -> Json {
    let view = View { plan, ruling, setup, redacted };
    json!({
        "schema": SCHEMA,
        "redacted": redacted,
        "id": plan.id,
        "pipeline": plan.pipeline,
        "made_from": plan.made_from,
        "changes": plan.changes.iter().map(|c| change(&view, c)).collect::<Json>(),
        "held": plan.held.iter().map(|h| held(&view, h)).collect::<Json>(),
        "findings": plan.findings.iter().map(|f| finding(&view, f)).collect::<Json>(),
        "conflicts": plan.conflicts.iter().map(|c| conflict(&view, c)).collect::<Json>(),
        "report": report(&plan.report),
        "totals": totals(&view),
        "guard": ruling.map(|ruling| guard(&view, ruling)),
    })
}

fn change(view: &View<'_>, change: &Change) -> Json {
    let (ext_id, class) = match &change.act {
        Act::Create { ext_id, class, .. } => (Some(ext_id), Some(class)),
        Act::Archive { .. } | Act::Update { .. } => (None, None),
    };
    json!({
        "act": change.act.verb(),
        "system": change.system,
        "entity": change.entity,
        "remote": change.remote(),
        "ext_id": ext_id,
        "class": class,
        "label": (!view.redacted).then_some(&change.label),
        "edits": change.edits.iter().map(|e| edit(view, e)).collect::<Json>(),
    })
}

fn edit(view: &View<'_>, edit: &Edit) -> Json {
    json!({
        "field": edit.field,
        "column": edit.column,
        "class": edit.class,
        "title": view.setup.class(&edit.class).map(|class| &class.title),
        "before": cell(view, &edit.before),
        "after": cell(view, &edit.after),
    })
}

fn held(view: &View<'_>, held: &Held) -> Json {
    json!({ "rule": held.rule, "why": held.why, "change": change(view, &held.change) })
}

fn finding(view: &View<'_>, finding: &Finding) -> Json {
    let values = |v: &Values| json!({ "field": v.field, "canonical": cell(view, &v.canonical), "mirror": cell(view, &v.mirror) });
    json!({
        "handle": finding.key.handle(),
        "class": finding.key.class,
        "title": view.setup.class(&finding.key.class).map(|class| &class.title),
        "kind": finding.kind,
        "system": finding.key.system,
        "subject": finding.key.subject,
        "entity": finding.entity,
        "remotes": finding.remotes,
        "what": finding.what,
        "place": finding.place,
        "values": finding.values.iter().map(values).collect::<Json>(),
    })
}

fn conflict(view: &View<'_>, conflict: &FieldConflict) -> Json {
    let claim = |claim: &Claim| {
        json!({
            "system": view.claimant(conflict, claim),
            "cell": cell(view, &claim.cell),
            "at": claim.at,
            "version": claim.version,
        })
    };
    json!({
        "system": conflict.system,
        "entity": conflict.entity,
        "field": conflict.field,
        "claims": conflict.claims.iter().map(claim).collect::<Json>(),
    })
}

fn cell(view: &View<'_>, cell: &Cell) -> Json {
    let (is, value, why) = match cell {
        Cell::Absent => ("absent", None, None),
        Cell::Unreadable(trouble) => ("unreadable", None, Some(&trouble.why)),
        Cell::Null => ("null", None, None),
        Cell::Empty => ("empty", None, None),
        Cell::Value(value) => ("value", (!view.redacted).then(|| plain(value)), None),
    };
    json!({ "is": is, "value": value, "why": why })
}

/// A number is a text, since JSON numbers lose digits.
fn plain(value: &Value) -> Json {
    match value {
        Value::Bool(flag) => json!(flag),
        Value::List(items) => json!(items),
        Value::Text(_) | Value::Number(_) | Value::Date(_) | Value::Time(_) => json!(value.to_string()),
    }
}

fn report(report: &Report) -> Json {
    let cost = report.cost.iter().map(|(system, cost)| (system.to_string(), cost_of(*cost)));
    json!({
        "canonical_records": report.canonical_records,
        "route": report.route,
        "scopes": report.scopes,
        "buckets": report.buckets,
        "buckets_by_system": report.buckets_by_system,
        "notes": report.notes,
        "parked": report.parked,
        "cost": cost.collect::<serde_json::Map<String, Json>>(),
    })
}

fn cost_of(cost: Cost) -> Json {
    json!({
        "gather": cost.gather,
        "guard_reads": cost.guard_reads,
        "writes": cost.writes,
        "read_backs": cost.read_backs,
        "seconds": cost.seconds,
        "limit": cost.limit.map(|(requests, window_seconds)| json!({"requests": requests, "window_seconds": window_seconds})),
    })
}

fn totals(view: &View<'_>) -> Json {
    let verbs: BTreeMap<&str, usize> =
        ["archive", "create", "update"].map(|verb| (verb, view.count_of(verb))).into();
    let classes = view.classes().into_iter().map(|(class, count)| (class.to_string(), json!(count)));
    json!({
        "verbs": verbs,
        "classes": classes.collect::<serde_json::Map<String, Json>>(),
        "held": view.held().count(),
        "findings": view.plan.findings.len(),
        "conflicts": view.plan.conflicts.len(),
    })
}

fn guard(view: &View<'_>, ruling: &Ruling<'_>) -> Json {
    json!({
        "held": ruling.held.iter().map(|h| held(view, h)).collect::<Json>(),
        "halts": ruling.halts.iter().map(|h| halt(h, ruling.halts)).collect::<Json>(),
        "base": ruling.base,
    })
}

fn halt(halt: &Halt, all: &[Halt]) -> Json {
    let approved = |a: &Approval| json!({ "max": a.max, "reason": a.reason, "by": a.by, "at": a.at });
    json!({
        "rule": halt.rule.name(),
        "handle": handle(halt, all),
        "system": halt.system,
        "verb": halt.verb,
        "about": halt.about,
        "count": halt.count,
        "what": halt.what,
        "can_be_approved": halt.rule.can_be_approved(),
        "approved": halt.approved.as_ref().map(approved),
    })
}
