//! The end of a plan: the total by class, what it costs, and the guard's word, the most important last.

use super::super::{Options, Ruling};
use crate::{
    guard::{Halt, Rule, handle},
    name::SystemName,
    plan::Cost,
    render::{
        fit::{wrap, wrap_words},
        style::Tone,
        view::{View, count, shown},
    },
};

pub(super) fn lines(view: &View<'_>, options: &Options) -> Vec<String> {
    let mut lines = by_class(view, options.width);
    lines.extend(totals(view, options.width));
    lines.extend(costs(view, options.width));
    lines.extend(guard(view, options));
    lines
}

fn by_class(view: &View<'_>, width: Option<usize>) -> Vec<String> {
    let classes = view.classes();
    if classes.len() < 2 {
        return Vec::new();
    }
    let parts: Vec<String> =
        classes.iter().map(|(class, count)| format!("{} {count}", shown(class.as_str()))).collect();
    let line = format!("by class: {}", parts.join(" · "));
    wrap(line.split(" · "), " · ", width)
}

pub(super) fn totals(view: &View<'_>, width: Option<usize>) -> Vec<String> {
    let (changed, plan) = (count(view.count_of("update"), "record"), view.plan);
    let mut parts = vec![
        format!(
            "{changed} to change, {} to create, {} to archive",
            view.count_of("create"),
            view.count_of("archive")
        ),
        count(plan.conflicts.len(), "conflict"),
        count(plan.findings.len(), "finding"),
    ];
    let rare = [(view.held().count(), "held"), (plan.report.parked, "parked")];
    parts.extend(rare.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    parts.extend(Some(plan.report.notes.len()).filter(|n| *n > 0).map(|n| count(n, "remark")));
    wrap(parts.iter().map(String::as_str), " · ", width)
}

fn costs(view: &View<'_>, width: Option<usize>) -> Vec<String> {
    let costs = view.plan.report.cost.iter().filter(|(_, cost)| cost.writes > 0);
    let named = view.plan.report.cost.len() > 1;
    costs
        .flat_map(|(system, cost)| {
            let name = if named { format!("cost of {system}: ") } else { "cost: ".to_owned() };
            wrap(format!("{name}{}", cost_of(*cost)).split(" · "), " · ", width)
        })
        .collect()
}

/// What applying costs, in requests and in time.
pub(super) fn cost_of(cost: Cost) -> String {
    let requests = [
        count(cost.writes, "write"),
        count(cost.guard_reads, "guard read"),
        count(cost.read_backs, "read-back"),
    ];
    let limit =
        cost.limit.map_or_else(String::new, |(most, window)| format!(" at {most} requests / {window} s"));
    format!("{} · about {}{limit}", requests.join(", "), duration(cost.seconds))
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// Nothing when the guard was not asked.
pub(super) fn guard(view: &View<'_>, options: &Options) -> Vec<String> {
    let Some(ruling) = view.ruling else { return Vec::new() };
    let mut lines: Vec<String> =
        ruling.base.keys().flat_map(|system| checks(view, ruling, system, options.width)).collect();
    for halt in ruling.halts.iter().filter(|halt| halt.approved.is_some()) {
        lines.extend(wrap_words(&approved(halt), options.width));
    }
    let halts = || ruling.halts.iter().filter(|halt| halt.approved.is_none());
    for halt in halts() {
        let text = format!("! halted: {} on {}: {}", halt.rule, halt.system, shown(&halt.what));
        let mut wrapped = wrap_words(&text, options.width).into_iter();
        let first = wrapped.next().map(|line| line.replacen('!', &options.style.paint(Tone::Held, "!"), 1));
        lines.extend(first.into_iter().chain(wrapped));
    }
    let approvable = halts().filter(|halt| halt.rule.can_be_approved());
    lines.extend(approvable.map(|halt| help(view, halt, ruling.halts)));
    lines
}

fn approved(halt: &Halt) -> String {
    let Some(approval) = &halt.approved else { return String::new() };
    let (by, reason) = (shown(&approval.by), shown(&approval.reason));
    format!("approved: {} on {}, up to {}, by {by}: {reason}", halt.rule, halt.system, approval.max)
}

fn help(view: &View<'_>, halt: &Halt, all: &[Halt]) -> String {
    let (id, name) = (view.plan.short_id(), handle(halt, all));
    format!("help: trueup approve {id} --halt {name} --max {} --reason \"…\"", halt.count)
}

fn checks(view: &View<'_>, ruling: &Ruling<'_>, system: &SystemName, width: Option<usize>) -> Vec<String> {
    let caps = view.setup.caps();
    let name = if ruling.base.len() > 1 { format!("guard of {system}: ") } else { "guard: ".to_owned() };
    let mut parts = vec![format!("{name}{}", scope(ruling, system))];
    parts.push(share(view, ruling, system, ("update", Rule::TooManyUpdates, caps.updates_percent)));
    parts.push(share(view, ruling, system, ("create", Rule::TooManyCreates, caps.creates_percent)));
    parts.push(share(view, ruling, system, ("archive", Rule::TooManyArchives, caps.archives_percent)));
    parts.retain(|part| !part.is_empty());
    wrap(parts.iter().map(String::as_str), " · ", width)
}

fn scope(ruling: &Ruling<'_>, system: &SystemName) -> String {
    let foreign = ruling.halts.iter().any(|h| h.system == *system && h.rule == Rule::ForeignRecord);
    let of_scope =
        |held: &&crate::plan::Held| held.change.system == *system && held.rule == Rule::Scope.name();
    match ruling.held.iter().filter(of_scope).count() {
        _ if foreign => "scope halted".to_owned(),
        0 => "scope ok".to_owned(),
        held => format!("scope {held} held"),
    }
}

fn share(
    view: &View<'_>,
    ruling: &Ruling<'_>,
    system: &SystemName,
    (verb, rule, percent): (&str, Rule, f64),
) -> String {
    let of_verb = |change: &&crate::plan::Change| change.system == *system && change.act.verb() == verb;
    let number = view.plan.changes.iter().filter(of_verb).count();
    let base = ruling.base.get(system).copied().unwrap_or_default();
    let of_rule = |halt: &&Halt| halt.rule == rule || (verb == "archive" && halt.rule == Rule::Archives);
    let halt = ruling.halts.iter().find(|halt| halt.system == *system && of_rule(halt));
    let word = match halt {
        None => "ok",
        Some(halt) if halt.approved.is_some() => "approved",
        Some(_) => "halted",
    };
    match number {
        0 => String::new(),
        _ if verb != "update" && halt.is_none_or(|halt| halt.rule == Rule::Archives) => {
            format!("{verb}s {number} {word}")
        }
        _ => format!("{verb}s {number} of {base} ({}, limit {percent} %) {word}", part(number, base)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of records is far below 2^52")]
fn part(number: usize, base: usize) -> String {
    if base == 0 { "all".to_owned() } else { format!("{:.1} %", number as f64 * 100.0 / base as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_the_unit_in_which_it_is_short() {
        for (seconds, want) in [
            (0.0, "0.0 s"),
            (9.9, "9.9 s"),
            (10.0, "10 s"),
            (119.0, "119 s"),
            (120.0, "2 min"),
            (7_199.0, "120 min"),
            (7_200.0, "2.0 h"),
            (9_000.0, "2.5 h"),
        ] {
            assert_eq!(duration(seconds), want);
        }
    }

    #[test]
    fn a_part_of_nothing_is_all_of_it() {
        assert_eq!([part(1, 8), part(8, 8), part(1, 0)], ["12.5 %", "100.0 %", "all"]);
    }
}
