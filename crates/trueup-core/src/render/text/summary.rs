//! A plan on one screen, whatever it holds.

use super::{foot, head};
use crate::{
    plan::Cost,
    render::{
        Options,
        fit::{Columns, Piece, Right, wrap},
        view::{View, bucket, count, shown},
    },
};

/// A small terminal's height (CLI.md 11).
const HEIGHT: usize = 24;
/// What the end may take of it, so that there is always room for some classes.
const FOOT: usize = 14;

pub(super) fn lines(view: &View<'_>, options: &Options) -> Vec<String> {
    let mut lines = head::lines(view, options.width);
    lines.push(String::new());
    let foot = foot(view, options);
    let room = HEIGHT.saturating_sub(lines.len() + foot.len() + 1);
    let classes = classes(view, options.width, room);
    if !classes.is_empty() {
        lines.extend(classes);
        lines.push(String::new());
    }
    lines.extend(foot);
    lines
}

fn foot(view: &View<'_>, options: &Options) -> Vec<String> {
    let mut lines = buckets(view, options.width);
    lines.extend(foot::totals(view, options.width));
    lines.extend(cost(view, options.width));
    lines.extend(foot::guard(view, options));
    // The last lines matter most.
    let hidden = lines.len().saturating_sub(FOOT);
    lines.drain(..hidden);
    lines
}

fn buckets(view: &View<'_>, width: Option<usize>) -> Vec<String> {
    let known = view.plan.report.buckets.iter().filter(|(_, records)| **records > 0);
    let parts: Vec<String> = known.map(|(name, records)| format!("{records} {}", bucket(*name))).collect();
    wrap(parts.iter().map(String::as_str), " · ", width)
}

/// All systems together; the whole plan names each.
fn cost(view: &View<'_>, width: Option<usize>) -> Vec<String> {
    let sum = view.plan.report.cost.values().fold(Cost::default(), |sum, cost| Cost {
        gather: sum.gather + cost.gather,
        guard_reads: sum.guard_reads + cost.guard_reads,
        writes: sum.writes + cost.writes,
        read_backs: sum.read_backs + cost.read_backs,
        // Systems are written one after the other.
        seconds: sum.seconds + cost.seconds,
        // Limits of several systems do not add up; one system's is named.
        limit: if view.plan.report.cost.len() == 1 { cost.limit } else { None },
    });
    let text = format!("cost: {}", foot::cost_of(sum));
    if sum.writes == 0 { Vec::new() } else { wrap(text.split(" · "), " · ", width) }
}

/// The classes with the most records; what does not fit is counted.
fn classes(view: &View<'_>, width: Option<usize>, room: usize) -> Vec<String> {
    let mut counts: Vec<_> = view.classes().into_iter().collect();
    counts.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
    let shown_rows = if counts.len() > room { room.saturating_sub(1) } else { counts.len() };
    let columns = Columns::new(width, std::iter::empty());
    let row = |(class, records): &(&crate::name::ClassId, usize)| {
        let title = view.title(class.as_str());
        let (id, number) = (Piece::Keep(shown(class.as_str())), Piece::Keep(count(*records, "record")));
        let pad = |to| Piece::Pad { to, min: 2 };
        columns.line(&[id, pad(10), Piece::Cut(title), pad(46), number], &Right::default())
    };
    let mut lines: Vec<String> = counts.iter().take(shown_rows).map(row).collect();
    let rest = counts.len() - shown_rows;
    if rest > 0 {
        lines.push(format!("… and {rest} more classes"));
    }
    lines
}
