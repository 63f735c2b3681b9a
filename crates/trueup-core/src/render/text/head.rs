//! The first line: which plan, between whom, made from how much.

use crate::render::{
    fit::{shorten, wrap},
    view::{View, count, shown},
};

pub(super) fn lines(view: &View<'_>, width: Option<usize>) -> Vec<String> {
    let parts = [format!("plan {}", shown(view.plan.short_id())), route(view), counts(view)];
    let parts: Vec<String> = parts.into_iter().map(|part| fitted(&part, width)).collect();
    wrap(parts.iter().map(String::as_str), "   ", width)
}

pub(super) fn nothing_to_do(view: &View<'_>, width: Option<usize>) -> String {
    fitted(&format!("nothing to do   {}   {}", route(view), counts(view)), width)
}

fn fitted(text: &str, width: Option<usize>) -> String {
    // A further line is indented by two.
    width.map_or_else(|| text.to_owned(), |width| shorten(text, width.saturating_sub(2)))
}

fn route(view: &View<'_>) -> String {
    shown(&view.plan.report.route)
}

fn counts(view: &View<'_>) -> String {
    let scopes: Vec<String> = view.plan.report.scopes.values().map(|scope| shown(scope)).collect();
    let read = count(view.plan.report.canonical_records, "record");
    format!("{read} read · {} in scope {}", view.in_scope(), scopes.join(", ")).trim_end().to_owned()
}
