//! One record, finding or conflict as lines: who, where, which class, and field by field what.

use crate::{
    merge::Party,
    name::RemoteId,
    plan::{Act, Change, Edit, FieldConflict, Finding, Held, Reason},
    render::{
        Detail,
        fit::{Piece, Right, width},
        style::Tone,
        view::{View, shown},
    },
};

/// Where the system and the record's id stand when there is room, without the sign.
const PLACE_COLUMN: usize = 31;
const INDENT: &str = "    ";

/// One line before it is laid out.
pub(super) struct Line {
    pub(super) tone: Option<Tone>,
    pub(super) pieces: Vec<Piece>,
    /// A sentence that ends the line, or stands below it when there is no room: nothing of it is lost.
    pub(super) sentence: String,
    pub(super) right: Right,
}

pub(super) fn change(view: &View<'_>, change: &Change, detail: Detail) -> Vec<Line> {
    let (tone, right) = match &change.act {
        Act::Archive { .. } => (Tone::Archive, Right::default()),
        Act::Create { class, .. } => (Tone::Create, class_of(view, class.as_str())),
        Act::Update { .. } => (Tone::Update, Right::default()),
    };
    let mut lines = vec![who(view, change, tone, right)];
    if detail == Detail::All || matches!(change.act, Act::Update { .. }) {
        lines.extend(edits(view, change));
    }
    lines
}

pub(super) fn held(view: &View<'_>, held: &Held) -> Vec<Line> {
    let mut lines = vec![who(view, &held.change, Tone::Held, class_of(view, &held.rule))];
    lines.push(Line {
        sentence: format!("held: {}", shown(&held.why)),
        ..plain(vec![Piece::Keep(INDENT.to_owned())])
    });
    lines.extend(edits(view, &held.change));
    lines
}

pub(super) fn conflict(view: &View<'_>, conflict: &FieldConflict) -> Vec<Line> {
    let who = format!("! {} {} ", shown(conflict.entity.as_str()), conflict.field);
    let right = Right { id: "conflict".to_owned(), title: "nothing touched".to_owned() };
    let undone = conflict.claims.iter().any(|claim| claim.party == Party::Journal);
    let sentence = if undone { "was changed since" } else { "moved on both sides" };
    let mut lines = vec![Line {
        tone: Some(Tone::Held),
        sentence: sentence.to_owned(),
        right,
        ..plain(vec![Piece::Keep(who)])
    }];
    let names = conflict.claims.iter().map(|claim| view.claimant(conflict, claim));
    let longest = names.map(width).max().unwrap_or_default();
    lines.extend(conflict.claims.iter().map(|claim| {
        let name = format!("{INDENT}{}", view.claimant(conflict, claim));
        let pad = Piece::Pad { to: INDENT.len() + longest + 2, min: 2 };
        plain(vec![Piece::Keep(name), pad, Piece::Cut(view.value(&claim.cell))])
    }));
    lines
}

pub(super) fn finding(view: &View<'_>, finding: &Finding) -> Vec<Line> {
    let entity =
        finding.entity.as_ref().map_or_else(String::new, |entity| format!("{} ", shown(entity.as_str())));
    let who = format!("? {entity}{}{} ", finding.key.system, ids(&finding.remotes));
    let place =
        if finding.place.is_empty() { String::new() } else { format!(" ({})", shown(&finding.place)) };
    let sentence = shown(&finding.what) + &place;
    let mut right = class_of(view, finding.key.class.as_str());
    right.title =
        format!("{}{}", right.title, if right.title.is_empty() { "for a person" } else { ", for a person" });
    let mut lines =
        vec![Line { tone: Some(Tone::Finding), sentence, right, ..plain(vec![Piece::Keep(who)]) }];
    lines.extend(finding.values.iter().map(|values| {
        let (canonical, mirror) = (view.value(&values.canonical), view.value(&values.mirror));
        let name = Piece::Keep(format!("{INDENT}{}  ", values.field));
        plain(vec![name, Piece::Cut(canonical), Piece::Keep(" ≠ ".into()), Piece::Cut(mirror)])
    }));
    lines
}

pub(super) fn reason(reason: &Reason) -> Line {
    let right = Right { id: shown(&reason.sort), title: String::new() };
    let subject = Piece::Keep(format!("  {}  ", shown(&reason.subject)));
    Line { sentence: shown(&reason.what), right, ..plain(vec![subject]) }
}

/// A remark on the change above it.
pub(super) fn remark(reason: &Reason) -> Line {
    Line { sentence: shown(&reason.what), ..plain(vec![Piece::Keep(INDENT.to_owned())]) }
}

pub(super) fn plain(pieces: Vec<Piece>) -> Line {
    Line { tone: None, pieces, sentence: String::new(), right: Right::default() }
}

fn who(view: &View<'_>, change: &Change, tone: Tone, right: Right) -> Line {
    let remote = change.remote().map_or_else(|| "(new)".to_owned(), |remote| shown(remote.as_str()));
    let pieces = vec![
        Piece::Keep(format!("{} {} ", tone.glyph(), shown(change.entity.as_str()))),
        Piece::Cut(view.label(change)),
        Piece::Pad { to: PLACE_COLUMN, min: 2 },
        Piece::Keep(format!("{} {remote}", change.system)),
    ];
    Line { tone: Some(tone), right, ..plain(pieces) }
}

/// Fields and old values stand in columns of their own within one record.
fn edits(view: &View<'_>, change: &Change) -> Vec<Line> {
    let name = change.edits.iter().map(|edit| width(edit.field.as_str())).max().unwrap_or_default();
    let values = INDENT.len() + name.max(6) + 2;
    let before = change.edits.iter().map(|edit| width(&view.value(&edit.before))).max().unwrap_or_default();
    let created = matches!(change.act, Act::Create { .. });
    change.edits.iter().map(|edit| line(view, edit, created, (values, values + before))).collect()
}

fn line(view: &View<'_>, edit: &Edit, created: bool, (values, arrow): (usize, usize)) -> Line {
    let mut pieces = vec![Piece::Keep(format!("{INDENT}{}", edit.field)), Piece::Pad { to: values, min: 2 }];
    if created {
        return plain(pieces.into_iter().chain([Piece::Cut(view.value(&edit.after))]).collect());
    }
    pieces.extend([
        Piece::Cut(view.value(&edit.before)),
        Piece::Pad { to: arrow, min: 0 },
        Piece::Keep(" → ".to_owned()),
        Piece::Cut(view.value(&edit.after)),
    ]);
    Line { right: class_of(view, edit.class.as_str()), ..plain(pieces) }
}

fn class_of(view: &View<'_>, class: &str) -> Right {
    Right { id: shown(class), title: view.title(class) }
}

fn ids(remotes: &[RemoteId]) -> String {
    let ids: Vec<String> = remotes.iter().map(|remote| shown(remote.as_str())).collect();
    match ids.as_slice() {
        [] => String::new(),
        [one] => format!(" {one}"),
        several => format!(" {}:", several.join(", ")),
    }
}
