//! `why`: what was decided about one field of one record, and on what grounds.
//!
//! Told from memory alone: the journal, the last plan, and what is open. Nothing is asked of any system.

use serde_json::{Value, json};
use trueup_core::{
    journal::Entry,
    link::{Link, LinkState},
    memory::{FieldKey, LinkKey, Memory},
    name::{EntityKey, FieldName},
    plan::{Change, Edit, Finding, Held, PRIMARY_REPLACED, Plan, Reason},
    setup::Setup,
    undo::is_undo,
    value::Cell,
};
use trueup_engine::Engine;
use trueup_ports::JournalAsk;

use super::{
    context::Context,
    history::{cell_json, cell_text, entry_json, word},
    show::{nearest, unknown},
};
use crate::{
    args::Why,
    output::{Answer, Failure, Report, shown},
};

/// How many plans are looked through for one that compared everything; one that takes something back did not.
const PLANS: usize = 10;
/// Notes of a plan by which an entity was left alone, whatever its fields say.
const LEFT_ALONE: [&str; 5] = ["out_of_scope", "not_looked_at", "suspect", "open_intent", "waiting"];
/// Notes of a plan about an entity that was compared, or about a record that is nobody's.
const COMPARED: [&str; 5] = ["extra_kept", "accepted", "held_after_undo", PRIMARY_REPLACED, "no_entity"];

pub(super) async fn run(context: &Context<'_>, args: &Why) -> Result<Answer, Failure> {
    let wired = context.wired_to_memory()?;
    let line = context.line(&wired)?;
    let field = field(&line.engine.setup, &args.field)?;
    let trace = Trace::of(&line.engine, &EntityKey::new(&args.key), &field).await?;
    Ok(Report::done(trace.text(&line.engine), trace.json()))
}

/// The field that is meant.
///
/// # Errors
/// When there is none of this name, with the nearest.
pub(super) fn field(setup: &Setup, name: &str) -> Result<FieldName, Failure> {
    if setup.field_named(name).is_some() {
        return Ok(FieldName::new(name));
    }
    let names: Vec<&str> = setup.fields().iter().map(|field| field.name.as_str()).collect();
    let failure = Failure::usage("unknown_field", format!("there is no field '{name}'"));
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => failure.help(format!("did you mean '{near}'?")),
        None => failure.help(format!("use one of: {}", names.join(", "))),
    })
}

/// Everything that is known about one field.
struct Trace {
    key: EntityKey,
    field: FieldName,
    memory: Memory,
    /// The newest plan.
    plan: Option<Plan>,
    /// The newest plan that looked at every record.
    whole: Option<Plan>,
    entries: Vec<Entry>,
}

impl Trace {
    async fn of(engine: &Engine, key: &EntityKey, field: &FieldName) -> Result<Self, Failure> {
        let (store, pipeline) = (&engine.store, engine.setup.pipeline());
        let memory = store.memory(pipeline).await?;
        let (mut plan, mut whole) = (None, None);
        for id in store.plans(pipeline, PLANS).await? {
            let found = store.plan(pipeline, &id).await?;
            whole = found.clone().filter(|found| !is_undo(found));
            plan = plan.or(found);
            if whole.is_some() {
                break;
            }
        }
        let ask =
            JournalAsk { entity: Some(key.clone()), field: Some(field.clone()), ..JournalAsk::default() };
        let entries = store.journal(pipeline, ask).await?;
        let trace = Self { key: key.clone(), field: field.clone(), memory, plan, whole, entries };
        if trace.is_unknown() { Err(unknown(&trace.memory, key)) } else { Ok(trace) }
    }

    fn is_unknown(&self) -> bool {
        self.entries.is_empty()
            && self.links().next().is_none()
            && self.changes().next().is_none()
            && self.findings().next().is_none()
    }

    fn links(&self) -> impl Iterator<Item = &Link> {
        self.memory.links.values().filter(|link| link.entity == self.key)
    }

    fn changes(&self) -> impl Iterator<Item = (&Change, Option<&Held>)> {
        let plan = self.plan.iter();
        let all = plan.flat_map(|plan| {
            let planned = plan.changes.iter().map(|change| (change, None));
            planned.chain(plan.held.iter().map(|held| (&held.change, Some(held))))
        });
        all.filter(|(change, _)| change.entity == self.key)
    }

    fn edits(&self) -> impl Iterator<Item = (&Change, &Edit, Option<&Held>)> {
        let own = |(change, held)| {
            let change: &Change = change;
            change.edits.iter().filter(|edit| edit.field == self.field).map(move |edit| (change, edit, held))
        };
        self.changes().flat_map(own)
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        let open = self.memory.findings.values().map(|opened| &opened.item);
        open.filter(|finding| finding.entity.as_ref() == Some(&self.key))
    }

    fn key_in(&self, link: &Link) -> FieldKey {
        let link = LinkKey { system: link.system.clone(), entity: self.key.clone() };
        FieldKey { link, field: self.field.clone() }
    }

    /// What the newest look at everything says of this entity and of the records it is linked to.
    fn notes(&self) -> impl Iterator<Item = &Reason> {
        self.whole.iter().flat_map(|plan| &plan.report.notes)
    }

    /// Why nothing was compared: by the newest look, or else by what memory says of the links.
    fn left_alone(&self) -> Vec<String> {
        let of_entity =
            |note: &Reason| note.subject == self.key.as_str() && LEFT_ALONE.contains(&note.sort.as_str());
        let of_record = |note: &Reason| {
            let sort = note.sort.as_str();
            let is_linked = self.links().any(|link| note.subject == link.remote.as_str());
            is_linked && !LEFT_ALONE.contains(&sort) && !COMPARED.contains(&sort)
        };
        let notes = self.notes().filter(|note| of_entity(note) || of_record(note));
        let mut told: Vec<String> = notes.map(|note| format!("not compared: {}", note.what)).collect();
        if told.is_empty() {
            let away = self.links().filter(|link| link.state != LinkState::Active);
            told.extend(away.map(|link| {
                format!("not compared any more: {} {} is {}", link.system, link.remote, state(link))
            }));
        }
        told
    }

    /// What stands in the way now, in words.
    fn obstacles(&self) -> Vec<String> {
        let mut found = self.left_alone();
        for link in self.links() {
            let key = self.key_in(link);
            found.extend(self.memory.parked.get(&key).map(|parked| {
                format!("parked since {}: {} refused it: {}; `trueup review decide parked/{}/{}/{} --retry` tries again", parked.since, link.system, parked.reason, link.system, self.key, self.field)
            }));
            found.extend(self.memory.holds.get(&key).map(|hold| {
                format!("held by the undo {} until its source value changes; `trueup review decide hold/{}/{}/{} --release` ends it", hold.by, link.system, self.key, self.field)
            }));
            found.extend(
                self.memory
                    .conflicts
                    .get(&key)
                    .filter(|one| one.closed.is_none())
                    .map(|one| format!("in conflict since {}: {}", one.opened, one.why)),
            );
        }
        found.extend(
            self.findings().map(|finding| format!("finding {}: {}", finding.key.handle(), finding.what)),
        );
        found
    }

    fn text(&self, engine: &Engine) -> String {
        let title = |class: &str| {
            let class = trueup_core::name::ClassId::new(class);
            engine.setup.class(&class).map(|class| format!(" ({})", class.title)).unwrap_or_default()
        };
        let mut lines = vec![format!("{} {}", self.key, self.field)];
        lines.extend(self.links().map(|link| {
            format!("  {} {}: linked by {}, {}", link.system, link.remote, word(link.how), state(link))
        }));
        for entry in &self.entries {
            let draft = &entry.draft;
            let class = draft.class.as_ref().map_or("-", |class| class.as_str());
            lines.push(format!(
                "  run {} at {}: {} on {}",
                draft.run,
                draft.at,
                word(draft.event),
                draft.system
            ));
            lines.push(format!("    {}", values(&draft.canonical, &draft.before, &draft.after)));
            let request = draft.intent.as_ref().map_or("-", |intent| intent.as_str());
            lines.push(format!("    class {class}{}; request {request}; {}", title(class), draft.evidence));
        }
        for (change, edit, held) in self.edits() {
            let plan = self.plan.as_ref().map_or("", |plan| plan.short_id());
            let held = held.map(|held| format!(", held by {}: {}", held.rule, held.why)).unwrap_or_default();
            lines.push(format!("  plan {plan}: {} on {}{held}", change.act.verb(), change.system));
            lines.push(format!("    {}", values(&edit.canonical, &edit.before, &edit.after)));
            lines.push(format!("    class {}{}", edit.class, title(edit.class.as_str())));
            lines.extend(self.remarks(edit).map(|what| format!("    {what}")));
        }
        // Each is shown by itself: a line break within one would be escaped.
        let obstacles = self.obstacles();
        if obstacles.is_empty() {
            lines.push(self.verdict());
        }
        lines.extend(obstacles);
        lines.iter().map(|line| shown(line)).collect::<Vec<_>>().join("\n")
    }

    /// What the plan says beside the change of a field.
    fn remarks<'a>(&'a self, edit: &'a Edit) -> impl Iterator<Item = &'a str> {
        let mine = move |note: &&Reason| {
            note.sort == PRIMARY_REPLACED
                && note.subject == self.key.as_str()
                && note.what.starts_with(&format!("{} ", edit.field))
        };
        self.notes().filter(mine).map(|note| note.what.as_str())
    }

    fn verdict(&self) -> String {
        let obstacles = self.obstacles();
        match self.entries.last() {
            _ if !obstacles.is_empty() => obstacles.join("\n"),
            Some(entry) => format!("last: {} by run {}", word(entry.draft.event), entry.draft.run),
            None if self.edits().next().is_some() => "planned, not applied".to_owned(),
            None if self.links().next().is_some() => self.agreement(),
            None => "not linked to any record".to_owned(),
        }
    }

    /// Of links whose records were compared, and of a field that nothing was ever done to.
    fn agreement(&self) -> String {
        let names_it = |note: &&Reason| note.what.split(' ').any(|word| word == self.field.as_str());
        let own = |note: &&Reason| {
            note.subject == self.key.as_str() && ["extra_kept", "accepted"].contains(&note.sort.as_str())
        };
        let left: Vec<&str> =
            self.notes().filter(own).filter(names_it).map(|note| note.what.as_str()).collect();
        match () {
            () if self.whole.is_none() => {
                "not compared: no plan that looked at everything is kept".to_owned()
            }
            () if !left.is_empty() => format!("left as it is: {}", left.join("; ")),
            () => "in agreement: nothing was ever written, and the last plan changes nothing".to_owned(),
        }
    }

    fn json(&self) -> Value {
        let planned = self.edits().map(|(change, edit, held)| {
            json!({
                "plan": self.plan.as_ref().map(|plan| &plan.id),
                "act": change.act.verb(),
                "system": change.system,
                "class": edit.class,
                "canonical": cell_json(&edit.canonical),
                "before": cell_json(&edit.before),
                "after": cell_json(&edit.after),
                "held": held.map(|held| json!({ "rule": held.rule, "why": held.why })),
            })
        });
        let links = self.links().map(|link| json!({ "system": link.system, "remote": link.remote, "how": link.how, "state": state(link) }));
        json!({
            "schema": "trueup.why/v1",
            "key": self.key,
            "field": self.field,
            "links": links.collect::<Vec<_>>(),
            "journal": self.entries.iter().map(entry_json).collect::<Vec<_>>(),
            "planned": planned.collect::<Vec<_>>(),
            "obstacles": self.obstacles(),
            "verdict": self.verdict(),
        })
    }
}

/// Where a link stands in its life, for people.
pub(super) fn state(link: &Link) -> &'static str {
    match link.state {
        LinkState::Active => "active",
        LinkState::OutOfScope => "out of scope",
        LinkState::Suspect { .. } => "not found once",
        LinkState::Tombstone => "gone",
    }
}

fn values(canonical: &Cell, before: &Cell, after: &Cell) -> String {
    format!("source of truth {}, there {} → {}", cell_text(canonical), cell_text(before), cell_text(after))
}
