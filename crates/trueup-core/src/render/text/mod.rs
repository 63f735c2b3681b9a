//! A plan as text, in the look of DESIGN.md 11.
//!
//! What matters most comes first in the body (archives, creates, what is held, then updates) and last on
//! the page (the total, then the guard's word).

mod body;
mod foot;
mod head;
mod record;
mod summary;

use super::{Detail, Options, Ruling, view::View};
use crate::{plan::Plan, setup::Setup};

/// Shows a plan as text; every line ends with a line break.
///
/// A plan without anything to do, to decide or to know is exactly one line; only [`Detail::All`] also
/// lists what was left alone.
#[must_use]
pub fn text(plan: &Plan, ruling: Option<&Ruling<'_>>, setup: &Setup, options: &Options) -> String {
    let view = View { plan, ruling, setup, redacted: options.redacted };
    let more = options.detail == Detail::All && !plan.report.notes.is_empty();
    let lines = match options.detail {
        _ if view.is_quiet() && !more => vec![head::nothing_to_do(&view, options.width)],
        Detail::Summary => summary::lines(&view, options),
        Detail::Folded | Detail::All => whole(&view, options),
    };
    lines.into_iter().map(|line| line + "\n").collect()
}

fn whole(view: &View<'_>, options: &Options) -> Vec<String> {
    let mut lines = head::lines(view, options.width);
    let body = body::lines(view, options);
    if !body.is_empty() {
        lines.push(String::new());
        lines.extend(body);
    }
    lines.push(String::new());
    lines.extend(foot::lines(view, options));
    lines
}
