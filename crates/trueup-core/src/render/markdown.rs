//! A plan as Markdown, for a pull request or a ticket.
//!
//! Everything from outside stands in a code span: there it can be neither a link, nor a mention of
//! somebody, nor markup.

use std::fmt::Write;

use super::{
    Ruling,
    view::{View, count, shown},
};
use crate::{
    name::RemoteId,
    plan::{Act, Change, FieldConflict, Finding, Held, Plan},
    setup::Setup,
    value::Cell,
};

/// Shows a plan as Markdown; nothing is folded.
#[must_use]
pub fn markdown(plan: &Plan, ruling: Option<&Ruling<'_>>, setup: &Setup, redacted: bool) -> String {
    let view = View { plan, ruling, setup, redacted };
    let mut page = head(&view);
    for (verb, title) in [("archive", "To archive"), ("create", "To create"), ("update", "To change")] {
        let rows = view
            .planned()
            .filter(|change| change.act.verb() == verb)
            .flat_map(|change| change_rows(&view, change, None));
        section(&mut page, title, "| entity | record | field | before | after | class |", rows);
    }
    let held = view.held().flat_map(|held| change_rows(&view, &held.change, Some(held)));
    section(&mut page, "Held", "| entity | record | field | before | after | held by |", held);
    let conflicts = plan.conflicts.iter().flat_map(|conflict| conflict_rows(&view, conflict));
    section(&mut page, "Conflicts", "| entity | field | side | claims |", conflicts);
    let findings = plan.findings.iter().map(|finding| finding_row(&view, finding));
    section(&mut page, "For a person", "| finding | record | what | where |", findings);
    section(&mut page, "Halted", "| rule | system | what | approved |", halts(ruling).into_iter());
    page
}

fn head(view: &View<'_>) -> String {
    let (plan, report) = (view.plan, &view.plan.report);
    format!(
        "## Plan {}\n\n{}, {} read, {} in scope.\n\n**{} to change, {} to create, {} to archive** · {} · {}\n",
        code(plan.short_id()),
        code(&report.route),
        count(report.canonical_records, "record"),
        view.in_scope(),
        count(view.count_of("update"), "record"),
        view.count_of("create"),
        view.count_of("archive"),
        count(plan.conflicts.len(), "conflict"),
        count(plan.findings.len(), "finding"),
    )
}

/// Writes nothing at all for a section without rows.
fn section(page: &mut String, title: &str, header: &str, rows: impl Iterator<Item = String>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let rule = "|---".repeat(header.matches('|').count() - 1);
    _ = write!(page, "\n### {title}\n\n{header}\n{rule}|\n");
    for row in rows {
        _ = writeln!(page, "{row}");
    }
}

fn change_rows(view: &View<'_>, change: &Change, held: Option<&Held>) -> Vec<String> {
    let who = format!("{} {}", code(change.entity.as_str()), code(&view.label(change)));
    let remote = change.remote().map_or("(new)", |remote| remote.as_str());
    let place = code(&format!("{} {remote}", change.system));
    let by = |class: &str| {
        held.map_or_else(
            || class_cell(view, class),
            |held| format!("{} {}", code(&held.rule), code(&held.why)),
        )
    };
    if change.edits.is_empty() {
        return vec![format!("| {} | {place} | | | | {} |", who.trim_end(), by(""))];
    }
    let before = |cell: &Cell| {
        if matches!(change.act, Act::Create { .. }) { String::new() } else { code(&view.value(cell)) }
    };
    let row = |edit: &crate::plan::Edit| {
        let (field, after) = (code(edit.field.as_str()), code(&view.value(&edit.after)));
        format!(
            "| {} | {place} | {field} | {} | {after} | {} |",
            who.trim_end(),
            before(&edit.before),
            by(edit.class.as_str())
        )
    };
    change.edits.iter().map(row).collect()
}

fn conflict_rows(view: &View<'_>, conflict: &FieldConflict) -> Vec<String> {
    let (entity, field) = (code(conflict.entity.as_str()), code(conflict.field.as_str()));
    let side = |claim| code(view.claimant(conflict, claim));
    conflict
        .claims
        .iter()
        .map(|c| format!("| {entity} | {field} | {} | {} |", side(c), code(&view.value(&c.cell))))
        .collect()
}

fn finding_row(view: &View<'_>, finding: &Finding) -> String {
    let ids: Vec<&str> = finding.remotes.iter().map(RemoteId::as_str).collect();
    let place = format!("{} {}", finding.key.system, ids.join(", "));
    let values: Vec<String> = finding
        .values
        .iter()
        .map(|v| format!(" {} ≠ {}", code(&view.value(&v.canonical)), code(&view.value(&v.mirror))))
        .collect();
    let what = format!("{}{}", code(&finding.what), values.concat());
    format!(
        "| {} | {} | {what} | {} |",
        class_cell(view, finding.key.class.as_str()),
        code(place.trim_end()),
        code(&finding.place)
    )
}

fn halts(ruling: Option<&Ruling<'_>>) -> Vec<String> {
    let halts = ruling.map_or(&[][..], |ruling| ruling.halts);
    let approved = |halt: &crate::guard::Halt| {
        halt.approved
            .as_ref()
            .map_or_else(|| "no".to_owned(), |a| format!("by {}: {}", code(&a.by), code(&a.reason)))
    };
    halts
        .iter()
        .map(|h| {
            format!(
                "| {} | {} | {} | {} |",
                code(h.rule.name()),
                code(h.system.as_str()),
                code(&h.what),
                approved(h)
            )
        })
        .collect()
}

fn class_cell(view: &View<'_>, class: &str) -> String {
    format!("{} {}", code(class), code(&view.title(class))).trim().to_owned()
}

/// A code span that no text inside can end, and that keeps to its table cell.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = shown(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}
