//! The middle of a plan: sections in a fixed order, and of many alike only the first.

use std::collections::BTreeMap;

use super::record::{self, Line};
use crate::{
    name::ClassId,
    plan::{Change, PRIMARY_REPLACED, Reason},
    render::{
        Detail, Options,
        fit::{Columns, Piece, natural, width},
        view::View,
    },
};

/// Of so many alike every one is shown.
const ALIKE: usize = 20;

pub(super) fn lines(view: &View<'_>, options: &Options) -> Vec<String> {
    let lines = sections(view, options.detail);
    let left = |line: &Line| natural(&line.pieces) + width(&line.sentence);
    let columns = Columns::new(options.width, lines.iter().map(|line| (left(line), &line.right)));
    lines.iter().flat_map(|line| painted(line, columns, options)).collect()
}

fn painted(line: &Line, columns: Columns, options: &Options) -> Vec<String> {
    let mut texts = columns.lines(&line.pieces, &line.sentence, &line.right);
    if let (Some(tone), Some(first)) = (line.tone, texts.first_mut()) {
        *first = first.replacen(tone.glyph(), &options.style.paint(tone, tone.glyph()), 1);
    }
    texts
}

fn sections(view: &View<'_>, detail: Detail) -> Vec<Line> {
    let fold = Fold { view, detail };
    let verb = |verb: &'static str| view.planned().filter(move |change| change.act.verb() == verb);
    let remarks: BTreeMap<&str, &Reason> = view.plan.report.notes.iter().filter_map(of_change).collect();
    let change = |change: &&Change| {
        let mut lines = record::change(view, change, detail);
        lines.extend(remarks.get(change.entity.as_str()).map(|remark| record::remark(remark)));
        lines
    };
    let mut lines = fold.group(verb("archive"), |c| alike(c), change);
    lines.extend(fold.group(verb("create"), |c| alike(c), change));
    lines.extend(fold.group(view.held(), |held| held.rule.clone(), |held| record::held(view, held)));
    lines.extend(fold.group(verb("update"), |c| alike(c), change));
    lines.extend(fold.group(&view.plan.conflicts, |c| c.field.to_string(), |c| record::conflict(view, c)));
    lines.extend(fold.group(&view.plan.findings, |f| f.key.class.to_string(), |f| record::finding(view, f)));
    if detail == Detail::All {
        let others = view.plan.report.notes.iter().filter(|note| of_change(note).is_none());
        lines.extend(others.map(record::reason));
    }
    lines
}

/// What is to be known of a change stands with it.
fn of_change(reason: &Reason) -> Option<(&str, &Reason)> {
    (reason.sort == PRIMARY_REPLACED).then_some((reason.subject.as_str(), reason))
}

/// Changes are alike that go to one system for the same classes.
fn alike(change: &Change) -> String {
    let classes: Vec<&str> = change.classes().into_iter().map(ClassId::as_str).collect();
    format!("{} {}", change.system, classes.join(" "))
}

struct Fold<'a> {
    view: &'a View<'a>,
    detail: Detail,
}

impl Fold<'_> {
    /// Brings what is alike together, in the order of first appearance, and folds what is too much.
    fn group<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
        show: impl Fn(&T) -> Vec<Line>,
    ) -> Vec<Line> {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut groups: Vec<Vec<T>> = Vec::new();
        for item in items {
            let at = *places.entry(key(&item)).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push(item),
                None => groups.push(vec![item]),
            }
        }
        groups.iter().flat_map(|group| self.folded(group, &show)).collect()
    }

    fn folded<T>(&self, group: &[T], show: impl Fn(&T) -> Vec<Line>) -> Vec<Line> {
        let limit = if self.detail == Detail::All { usize::MAX } else { ALIKE };
        let mut lines: Vec<Line> = group.iter().take(limit).flat_map(show).collect();
        let rest = group.len().saturating_sub(limit);
        if rest > 0 {
            let id = self.view.plan.short_id();
            let more = format!("  … and {rest} more like this: trueup show {id} --all");
            lines.push(record::plain(vec![Piece::Keep(more)]));
        }
        lines
    }
}
