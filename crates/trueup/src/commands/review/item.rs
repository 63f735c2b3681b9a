//! What waits for a person, whatever its sort: a handle, what it is, both sides, and what can be decided.

use serde_json::{Value, json};
use trueup_core::{
    memory::{Conflict, FieldKey, Hold, Memory, Parked},
    merge::Party,
    name::{EntityKey, RemoteId, SystemName},
    plan::{Finding, FindingKey, FindingKind, Offers},
    setup::Setup,
    value::{Cell, Print},
};

use crate::{
    commands::history::{cell_json, cell_text},
    output::{
        Terminal, shown,
        table::{Column, Table},
    },
};

/// One thing that waits for a person.
pub(super) struct Item {
    pub(super) handle: String,
    pub(super) since: String,
    pub(super) what: String,
    pub(super) sort: Sort,
    place: String,
    remotes: Vec<RemoteId>,
    sides: Vec<(String, String, Cell)>,
}

/// What sort of thing it is, with what memory calls it.
#[derive(Clone)]
pub(super) enum Sort {
    Finding(FindingKey, Option<EntityKey>, Question),
    Held(FindingKey, Option<EntityKey>),
    Conflict(FieldKey, Conflict),
    Parked(FieldKey),
    Hold(FieldKey),
}

/// What a finding asks: what it says, and which choices do something about it.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) offers: Offers,
    pub(super) about: Option<Print>,
    pub(super) remotes: Vec<RemoteId>,
}

impl Sort {
    const fn word(&self) -> &'static str {
        match self {
            Self::Finding(..) => "finding",
            Self::Held(..) => "held",
            Self::Conflict(..) => "conflict",
            Self::Parked(_) => "parked",
            Self::Hold(_) => "hold",
        }
    }

    /// The flags that decide such an item.
    pub(super) fn flags(&self) -> String {
        match self {
            Self::Finding(_, _, question) => flags(question.offers),
            Self::Held(..) => "nothing: it goes when what holds it goes".to_owned(),
            Self::Conflict(..) => "--close".to_owned(),
            Self::Parked(_) => "--retry".to_owned(),
            Self::Hold(_) => "--release".to_owned(),
        }
    }
}

fn flags(offers: Offers) -> String {
    let all = [(offers.choose, "--choose ID"), (offers.accept, "--accept"), (offers.exclude, "--exclude")];
    let flags: Vec<&str> = all.into_iter().filter(|(offered, _)| *offered).map(|(_, flag)| flag).collect();
    match flags.as_slice() {
        [] => "nothing: it goes when what it is about goes".to_owned(),
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        all => all.concat(),
    }
}

/// Everything that waits, findings first.
pub(super) fn all(setup: &Setup, memory: &Memory) -> Vec<Item> {
    let findings = memory.findings.values().map(|opened| {
        let question = Question {
            offers: Offers::of(setup, &opened.item),
            about: memory.about(&opened.item),
            remotes: opened.item.remotes.clone(),
        };
        finding(&opened.item, opened.since.as_str(), question)
    });
    let conflicts = memory.open_conflicts().map(|(key, conflict)| of_conflict(setup, key, conflict));
    let parked = memory.parked.iter().map(|(key, parked)| of_parked(key, parked));
    let holds = memory.holds.iter().map(|(key, hold)| of_hold(key, hold));
    findings.chain(conflicts).chain(parked).chain(holds).collect()
}

/// Whether a handle fits a pattern, in which `*` stands for anything.
pub(super) fn fits(pattern: &str, handle: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = handle.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// A handle as a shell takes it for one word.
pub(super) fn word(handle: &str) -> String {
    let handle = shown(handle);
    let plain = |c: char| c.is_alphanumeric() || "/._:@+-".contains(c);
    if handle.chars().all(plain) { handle } else { format!("'{}'", handle.replace('\'', r"'\''")) }
}

fn finding(finding: &Finding, since: &str, question: Question) -> Item {
    let (key, entity) = (finding.key.clone(), finding.entity.clone());
    let system = finding.key.system.to_string();
    let side = |values: &trueup_core::plan::Values| {
        let field = values.field.to_string();
        [
            (field.clone(), "source of truth".to_owned(), values.canonical.clone()),
            (field, system.clone(), values.mirror.clone()),
        ]
    };
    Item {
        handle: finding.key.handle(),
        since: since.to_owned(),
        what: finding.what.clone(),
        sort: match finding.kind {
            FindingKind::Finding => Sort::Finding(key, entity, question),
            FindingKind::Held => Sort::Held(key, entity),
        },
        place: finding.place.clone(),
        remotes: finding.remotes.clone(),
        sides: finding.values.iter().flat_map(side).collect(),
    }
}

fn of_conflict(setup: &Setup, key: &FieldKey, conflict: &Conflict) -> Item {
    let who = |party: Party| match party {
        Party::Journal => "journal".to_owned(),
        party => setup.system_of(party).unwrap_or(&key.link.system).to_string(),
    };
    let side =
        |claim: &trueup_core::merge::Claim| (key.field.to_string(), who(claim.party), claim.cell.clone());
    let sides = conflict.claims.iter().map(side).collect();
    Item {
        sides,
        ..about(
            key,
            Sort::Conflict(key.clone(), conflict.clone()),
            conflict.opened.as_str(),
            conflict.why.clone(),
        )
    }
}

fn of_parked(key: &FieldKey, parked: &Parked) -> Item {
    about(
        key,
        Sort::Parked(key.clone()),
        parked.since.as_str(),
        format!("{}: refused: {}", parked.class, parked.reason),
    )
}

fn of_hold(key: &FieldKey, hold: &Hold) -> Item {
    about(
        key,
        Sort::Hold(key.clone()),
        hold.by.as_str(),
        "an undo restored it; it is not redone until the source changes".to_owned(),
    )
}

fn about(key: &FieldKey, sort: Sort, since: &str, what: String) -> Item {
    let handle = format!("{}/{}/{}/{}", sort.word(), key.link.system, key.link.entity, key.field);
    let handle = handle.trim_end_matches('/').to_owned();
    Item {
        handle,
        since: since.to_owned(),
        what,
        sort,
        place: String::new(),
        remotes: Vec::new(),
        sides: Vec::new(),
    }
}

impl Item {
    /// The system and the entity concerned, for the journal.
    pub(super) fn subject(&self) -> (SystemName, EntityKey) {
        match &self.sort {
            Sort::Finding(key, entity, _) | Sort::Held(key, entity) => {
                (key.system.clone(), entity.clone().unwrap_or_else(|| EntityKey::new(&key.subject)))
            }
            Sort::Conflict(key, _) | Sort::Parked(key) | Sort::Hold(key) => {
                (key.link.system.clone(), key.link.entity.clone())
            }
        }
    }

    /// Whether a record is among those concerned.
    pub(super) fn has_remote(&self, id: &str) -> bool {
        self.remotes.iter().any(|remote| remote.as_str() == id)
    }

    /// The item with both sides, and how it is decided.
    pub(super) fn text(&self, terminal: &Terminal) -> String {
        let mut lines = vec![shown(&self.handle), format!("  {} · since {}", shown(&self.what), self.since)];
        if !self.place.is_empty() {
            lines.push(format!("  at {}", shown(&self.place)));
        }
        if !self.remotes.is_empty() {
            let ids: Vec<&str> = self.remotes.iter().map(RemoteId::as_str).collect();
            lines.push(format!("  records: {}", shown(&ids.join(", "))));
        }
        if !self.sides.is_empty() {
            let mut table =
                Table::new(&[("FIELD", Column::Keep), ("SIDE", Column::Keep), ("HOLDS", Column::Cut)]);
            self.sides.iter().for_each(|(field, side, cell)| table.row([field, side, &cell_text(cell)]));
            lines.push(table.render(terminal).trim_end().to_owned());
        }
        lines.push(format!("decide: trueup review decide {} with {}", word(&self.handle), self.sort.flags()));
        lines.join("\n")
    }

    pub(super) fn json(&self) -> Value {
        let side = |(field, side, cell): &(String, String, Cell)| json!({ "field": field, "side": side, "cell": cell_json(cell) });
        let (system, entity) = self.subject();
        json!({
            "handle": self.handle,
            "sort": self.sort.word(),
            "since": self.since,
            "what": self.what,
            "system": system,
            "entity": entity,
            "remotes": self.remotes,
            "place": (!self.place.is_empty()).then_some(&self.place),
            "sides": self.sides.iter().map(side).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, handle: &str, want: bool) {
        assert_eq!(fits(pattern, handle), want, "{pattern} {handle}");
    }

    #[test]
    fn a_handle_can_be_pasted_into_a_shell() {
        assert_eq!(word("F1/portal/R1"), "F1/portal/R1");
        assert_eq!(word("unreadable/workbook/Lead Details!A6"), "'unreadable/workbook/Lead Details!A6'");
        assert_eq!(word("F1/portal/it's"), r"'F1/portal/it'\''s'");
    }

    #[test]
    fn a_star_stands_for_anything_and_nothing_else_does() {
        check("F1/portal/R1", "F1/portal/R1", true);
        check("F1/portal/R1", "F1/portal/R12", false);
        check("F1/*", "F1/portal/R1", true);
        check("F1/*", "F10/portal/R1", false);
        check("*/portal/*", "F2/portal/R1", true);
        check("F*/R1", "F2/portal/R1", true);
        check("F*/R1", "F2/portal/R12", false);
        check("*", "anything", true);
        check("", "anything", false);
    }
}
