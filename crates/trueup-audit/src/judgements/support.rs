//! Evidence written by hand: each call is a line or two, in the order in which things happen.

use std::collections::BTreeMap;

use super::{JUDGEMENTS, chained::hash};
use crate::{
    case::Case,
    line::{
        Approval, Caps, Carried, Cell, Change, Conflict, Edit, Entry, Event, FORMAT, Intent, Line, Link,
        Missing, Moved, Open, Plan, Request, Scope, Settled, State, System, Terms, Verb,
    },
};

type Edits<'a> = &'a [(&'a str, &'a str, &'a str)];

/// Evidence of a book and a system that follows it.
pub(super) struct Evidence {
    pub(super) lines: Vec<Line>,
    seq: u64,
    intents: BTreeMap<String, Intent>,
    rows: BTreeMap<(String, String), BTreeMap<String, String>>,
    away: Vec<(String, String)>,
}

impl Evidence {
    pub(super) fn new() -> Self {
        let caps = Caps { updates_percent: 30.0, creates_percent: 20.0, free: 10 };
        let terms = Terms { format: FORMAT.into(), truth: "book".into(), caps };
        let system =
            |name: &str| Line::System(System { system: name.into(), scope: None, key: None, history: true });
        Self {
            lines: vec![Line::Terms(terms), system("book"), system("crm")],
            seq: 0,
            intents: BTreeMap::new(),
            rows: BTreeMap::new(),
            away: Vec::new(),
        }
    }

    pub(super) fn scoped(name: &str, column: &str, value: &str) -> Self {
        let mut evidence = Self::new();
        for line in &mut evidence.lines {
            if let Line::System(system) = line
                && system.system == name
            {
                system.scope = Some(Scope { column: column.into(), value: value.into() });
            }
        }
        evidence
    }

    /// A linked record is updated once, and all of it is told.
    pub(super) fn of_one_update() -> Self {
        let mut evidence = Self::new();
        evidence.makes("crm", "1", &[("city", "Granby")]);
        evidence.links("crm", "1", "R1");
        evidence.updates("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
        evidence
    }

    /// A record is made, and that is told.
    pub(super) fn of_one_create() -> Self {
        let mut evidence = Self::new();
        evidence.creates("i1", "crm", "1", &[("city", "Granby")]);
        evidence
    }

    /// A record is made and taken back.
    pub(super) fn of_one_archive() -> Self {
        let mut evidence = Self::of_one_create();
        evidence.archives("i2", "crm", "1");
        evidence
    }

    #[track_caller]
    pub(super) fn check(&self, id: &str, expected: &[&str]) {
        let judgement = JUDGEMENTS.iter().find(|judgement| judgement.id == id).unwrap();
        let found = (judgement.judge)(&Case::of(&self.lines));
        let alike = found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
        assert!(alike, "{id} found {found:#?}, expected {expected:#?}");
    }

    fn next(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    fn changes(&mut self, key: (&str, &str), ours: Option<&str>, verb: Verb, fields: &[(&str, &str)]) {
        let (system, record) = key;
        let row = self.rows.entry((system.into(), record.into())).or_default();
        let moved = fields.iter().map(|(column, after)| {
            let before = row.insert((*column).into(), (*after).into());
            ((*column).to_owned(), Moved { before, after: Some((*after).into()) })
        });
        let fields = moved.collect();
        let change = Change {
            seq: self.next(),
            at_ms: 0,
            system: system.into(),
            record: record.into(),
            by: if ours.is_some() { "engine-0" } else { "Ada" }.into(),
            ours: ours.is_some(),
            request: ours.map(str::to_owned),
            verb,
            of: Vec::new(),
            fields,
        };
        self.lines.push(Line::Change(change));
    }

    pub(super) fn makes(&mut self, system: &str, record: &str, fields: &[(&str, &str)]) {
        self.changes((system, record), None, Verb::Create, fields);
    }

    pub(super) fn sets(&mut self, system: &str, record: &str, column: &str, value: &str) {
        self.changes((system, record), None, Verb::Update, &[(column, value)]);
    }

    /// A person makes one record of two, as the first of them stands.
    pub(super) fn merges(&mut self, system: &str, record: &str, of: [&str; 2]) {
        let held = of.first().and_then(|first| self.rows.get(&(system.into(), (*first).into())));
        let held = held.cloned().unwrap_or_default();
        let fields: Vec<(&str, &str)> = held.iter().map(|(column, value)| (&**column, &**value)).collect();
        self.changes((system, record), None, Verb::Merge, &fields);
        if let Some(Line::Change(change)) = self.lines.last_mut() {
            change.of = of.map(str::to_owned).into();
        }
    }

    pub(super) fn puts_away(&mut self, system: &str, record: &str) {
        self.away.push((system.into(), record.into()));
        self.changes((system, record), None, Verb::Archive, &[]);
    }

    pub(super) fn brings_back(&mut self, system: &str, record: &str) {
        self.away.retain(|away| (&*away.0, &*away.1) != (system, record));
        self.changes((system, record), None, Verb::Restore, &[]);
    }

    pub(super) fn is_missing(&mut self, system: &str, record: &str) {
        let (seq, system, record) = (self.next(), system.into(), record.into());
        self.lines.push(Line::Missing(Missing { seq, at_ms: 0, system, record }));
    }

    pub(super) fn links(&mut self, system: &str, record: &str, entity: &str) {
        let (seq, system, record, entity) = (self.next(), system.into(), record.into(), entity.into());
        self.lines.push(Line::Link(Link { seq, system, entity, record, over: false }));
    }

    fn opens(&mut self, id: &str, system: &str, verb: Verb, record: Option<&str>, edits: Edits<'_>) {
        let cell = |text: &str| Cell::Known(Some(text.to_owned()).filter(|text| !text.is_empty()));
        let edit = |(column, before, after): &(&str, &str, &str)| Edit {
            field: (*column).into(),
            column: (*column).into(),
            before: cell(before),
            after: cell(after),
        };
        let carried = Carried { ext_id: "x-R1".into(), column: None, origin: None };
        let intent = Intent {
            seq: self.next(),
            intent: id.into(),
            run: "r1".into(),
            system: system.into(),
            entity: format!("R{}", record.unwrap_or("1")),
            verb,
            record: record.map(str::to_owned),
            carried: (verb == Verb::Create).then_some(carried),
            edits: edits.iter().map(edit).collect(),
        };
        self.intents.insert(id.into(), intent.clone());
        self.lines.push(Line::Intent(intent));
    }

    pub(super) fn intends(&mut self, id: &str, system: &str, record: &str, edits: Edits<'_>) {
        self.opens(id, system, Verb::Update, Some(record), edits);
    }

    pub(super) fn says_sent(&mut self, id: &str) {
        let sending = Intent { seq: self.next(), ..self.intents[id].clone() };
        self.lines.push(Line::Sending(sending));
    }

    pub(super) fn asks(&mut self, id: &str) {
        let intent = self.intents[id].clone();
        let sent = intent.edits.iter().filter(|_| intent.verb != Verb::Archive);
        let request = Request {
            seq: self.next(),
            at_ms: 0,
            system: intent.system,
            by: "engine-0".into(),
            request: id.into(),
            verb: intent.verb,
            record: intent.record,
            fields: sent.map(|edit| (edit.column.clone(), edit.after.text().map(str::to_owned))).collect(),
            refused: None,
        };
        self.lines.push(Line::Request(request));
    }

    pub(super) fn lands(&mut self, id: &str) {
        let record = self.intents[id].record.clone().unwrap();
        self.lands_as(id, &record);
    }

    pub(super) fn lands_as(&mut self, id: &str, record: &str) {
        let intent = self.intents[id].clone();
        self.intents.get_mut(id).unwrap().record = Some(record.into());
        let sent = intent.edits.iter().filter(|_| intent.verb != Verb::Archive);
        let fields: Vec<(&str, &str)> =
            sent.filter_map(|edit| Some((&*edit.column, edit.after.text()?))).collect();
        if intent.verb == Verb::Archive {
            self.away.push((intent.system.clone(), record.into()));
        }
        self.changes((&intent.system, record), Some(id), intent.verb, &fields);
    }

    pub(super) fn settles(&mut self, id: &str) {
        let settled = Settled { seq: self.next(), intent: id.into() };
        self.lines.push(Line::Settled(settled));
    }

    pub(super) fn is_open(&mut self, id: &str) {
        self.lines.push(Line::Open(Open { intent: id.into() }));
    }

    pub(super) fn tells(
        &mut self,
        id: &str,
        event: Event,
        column: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) {
        self.enters(id, event, (Some(column), before, after));
    }

    pub(super) fn tells_of(&mut self, id: &str, event: Event) {
        self.enters(id, event, (None, None, None));
    }

    fn enters(
        &mut self,
        id: &str,
        event: Event,
        (column, before, after): (Option<&str>, Option<&str>, Option<&str>),
    ) {
        let intent = self.intents[id].clone();
        let entries = self.lines.iter().filter_map(|line| match line {
            Line::Entry(entry) => Some((entry.place, entry.hash.clone())),
            _ => None,
        });
        let (place, prev) = entries.max().unwrap_or((0, "0".repeat(64)));
        let mut entry = Entry {
            seq: self.next(),
            place: place + 1,
            prev,
            hash: String::new(),
            commitments: ["b".into(), "a".into(), "c".into()],
            run: intent.run,
            at: "2026-09-21T00:00:00Z".into(),
            intent: Some(id.into()),
            system: intent.system,
            entity: intent.entity,
            record: intent.record,
            field: column.map(str::to_owned),
            column: column.map(str::to_owned),
            class: None,
            event,
            before: Cell::Known(before.map(str::to_owned)),
            after: Cell::Known(after.map(str::to_owned)),
            evidence: String::new(),
        };
        entry.hash = hash(&entry).unwrap();
        self.lines.push(Line::Entry(entry));
    }

    pub(super) fn claims(&mut self, system: &str, field: &str, claims: &[&str]) {
        let claims = claims.iter().map(|claim| Cell::Known(Some((*claim).into()))).collect();
        let (seq, system, field) = (self.next(), system.into(), field.into());
        self.lines.push(Line::Conflict(Conflict { seq, system, entity: "R1".into(), field, claims }));
    }

    pub(super) fn plans(&mut self, run: &str, plan: &str) {
        let seq = self.next();
        self.lines.push(Line::Plan(Plan { seq, at_ms: 0, run: run.into(), plan: plan.into() }));
    }

    pub(super) fn approves(&mut self, plan: &str, system: &str, halt: &str, max: u64) {
        let (seq, plan, system, halt) = (self.next(), plan.into(), system.into(), halt.into());
        self.lines.push(Line::Approval(Approval { seq, plan, halt, system, max }));
    }

    pub(super) fn plans_create(&mut self, id: &str, system: &str, fields: &[(&str, &str)]) {
        let edits: Vec<(&str, &str, &str)> =
            fields.iter().map(|(column, value)| (*column, "", *value)).collect();
        self.opens(id, system, Verb::Create, None, &edits);
        self.says_sent(id);
    }

    pub(super) fn creates(&mut self, id: &str, system: &str, record: &str, fields: &[(&str, &str)]) {
        self.plans_create(id, system, fields);
        self.asks(id);
        self.lands_as(id, record);
        self.tells_of(id, Event::Created);
        self.settles(id);
    }

    pub(super) fn updates(&mut self, id: &str, system: &str, record: &str, edits: Edits<'_>) {
        self.intends(id, system, record, edits);
        self.says_sent(id);
        self.asks(id);
        self.lands(id);
        for (column, before, after) in edits {
            self.tells(id, Event::Landed, column, Some(before), Some(after));
        }
        self.settles(id);
    }

    /// An archive that somebody let pass leaves.
    pub(super) fn asks_for_archive(&mut self, id: &str, system: &str, record: &str) {
        self.plans("r1", "p1");
        self.approves("p1", system, "archives", 1);
        self.sends_archive(id, system, record);
    }

    pub(super) fn sends_archive(&mut self, id: &str, system: &str, record: &str) {
        self.opens(id, system, Verb::Archive, Some(record), &[]);
        self.says_sent(id);
        self.asks(id);
    }

    pub(super) fn archives(&mut self, id: &str, system: &str, record: &str) {
        self.asks_for_archive(id, system, record);
        self.lands(id);
        self.tells_of(id, Event::Archived);
        self.settles(id);
    }

    /// Every record as it is now.
    pub(super) fn ends(&mut self) {
        for ((system, record), fields) in &self.rows {
            let key = (system.clone(), record.clone());
            let away = self.away.contains(&key);
            let (system, record) = key;
            self.lines.push(Line::State(State { system, record, away, fields: fields.clone() }));
        }
    }
}
