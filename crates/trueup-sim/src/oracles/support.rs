//! A small world made by hand, in which a test breaks one thing.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    journal::{Draft, Entry, Event, Intent},
    link::{How, Link, LinkState},
    memory::{Conflict, FieldKey, LinkKey, Memory, Opened as Open},
    merge::{Claim, Party},
    name::{ClassId, IntentId},
    plan::{Act, Change, Edit, Finding, FindingKey, FindingKind, Turn},
    setup::{Caps, Setup},
    value::{Cell, PrintKey},
};

use super::{Evidence, Seen};
use crate::{
    audit::{self, Published, Sequence, SystemLog, Traced},
    executor::Clock,
    people::PERSON,
    scene::{self, OWNER, Variant, terms::Terms},
    store::{ArchiveSeen, Opened, Passed, PlanSeen},
    swarm::{Mirror, Options},
    table::{
        Faults, Table,
        rows::{Asked, Order},
    },
};

/// A book, one mirror, and what is remembered of both.
pub(super) struct Case {
    pub(super) options: Options,
    pub(super) mirror: Mirror,
    pub(super) book: Table,
    pub(super) crm: Table,
    pub(super) memory: Memory,
    pub(super) opened: Opened,
    published: Published,
    pub(super) now: Timestamp,
    journal: Vec<Entry>,
    setup: Arc<Setup>,
    terms: Terms,
}

fn key(at: usize) -> String {
    format!("R{:05}", at + 1)
}

fn crm_id(at: usize) -> String {
    format!("{:06}", at + 1)
}

/// An edit of a column that was empty.
pub(super) fn edit(column: &str, text: &str) -> Edit {
    Edit {
        field: column.into(),
        column: column.to_owned(),
        class: ClassId::new("missing"),
        before: Cell::Null,
        after: Cell::text(text),
        wanted: Cell::text(text),
        canonical: Cell::text(text),
        turn: Turn::Alone,
    }
}

fn logged(name: &str) -> Table {
    let mut table = Table::default();
    table.log = SystemLog::new(name, Sequence::default());
    table
}

impl Case {
    /// This many leads with records that agree, all linked.
    pub(super) fn agreeing(count: usize) -> Self {
        Self::new(count, scene::no_caps())
    }

    /// The same with the ordinary limits.
    pub(super) fn with_caps(count: usize) -> Self {
        Self::new(count, Caps::default())
    }

    fn new(count: usize, caps: Caps) -> Self {
        let mut options = Options::of(2);
        let mut mirror = options.mirrors.remove(0);
        (mirror.history, mirror.faults) = (true, Faults::default());
        let variant = Variant { unique: true, max_in_flight_ms: 1_000, lag_ms: 0 };
        let mut case = Self {
            options,
            mirror,
            book: logged("book"),
            crm: logged("crm"),
            memory: Memory::new("sim".into(), PrintKey::new([0; 32])),
            opened: Opened::default(),
            published: Published::default(),
            now: Clock::new().now(),
            journal: Vec::new(),
            setup: scene::book_to_crm(&[variant], caps).unwrap(),
            terms: Terms::of_the_book(false),
        };
        (0..count).for_each(|at| case.pair(at));
        case
    }

    fn pair(&mut self, at: usize) {
        let (key, email) = (key(at), format!("p{at}@example.org"));
        let (phone, city) = (format!("+1202555{:04}", 100 + at), format!("City {}", at + 1));
        self.book.make(
            values(&[("KEY", &key), ("EMAIL_ALL", &email), ("PHONE", &phone), ("CITY", &city)]),
            PERSON,
            self.now,
        );
        let note = format!("ID:{key}");
        let id = self.crm.make(
            values(&[
                ("note", &note),
                ("email", &email),
                ("phone", &phone),
                ("city", &city),
                ("owner", OWNER),
            ]),
            PERSON,
            self.now,
        );
        self.link(&key, &id);
    }

    pub(super) fn link(&mut self, entity: &str, remote: &str) {
        let link = Link::new(&"crm".into(), &entity.into(), &remote.into(), How::Token);
        self.opened.link(self.now, &link);
        self.memory.links.insert(link.key(), link);
    }

    pub(super) fn unlink(&mut self, at: usize) {
        let key = link_key(&key(at));
        self.memory.links.remove(&key);
    }

    /// What an entity is called in the configuration.
    pub(super) fn entity(&self) -> &str {
        self.setup.entity()
    }

    /// The source of truth has a link row for one of its records.
    pub(super) fn truth_link(&mut self, entity: &str) {
        let link = Link::new(&"book".into(), &entity.into(), &entity.into(), How::Key);
        self.memory.links.insert(link.key(), link);
    }

    /// A write of a run lands in the source of truth, and the journal tells of it.
    pub(super) fn book_lands(&mut self, run: &str, id: &str, field: &str, before: &str, after: &str) {
        self.later(1);
        let values = BTreeMap::from([(field.to_owned(), Some(after.to_owned()))]);
        self.book.send(Order::new(Asked::Update(id.to_owned(), values), self.now));
        self.book.land(self.now);
        let draft = Draft {
            system: "book".into(),
            field: Some(field.into()),
            column: Some(field.to_owned()),
            before: Cell::text(before),
            after: Cell::text(after),
            ..self.draft(run, id, id, Event::Landed)
        };
        self.journaled(draft);
    }

    /// A process asks something of the mirror, and of each of its records.
    pub(super) fn answered(&mut self) {
        self.crm.answered.push(self.now);
        let all = self.crm.rows.keys().map(|id| (id.clone(), vec![self.now]));
        self.crm.told = all.collect();
    }

    /// What is remembered of where an entity's record stands.
    pub(super) fn link_is(&mut self, entity: &str, state: LinkState) {
        if let Some(link) = self.memory.links.get_mut(&link_key(entity)) {
            link.state = state;
        }
    }

    /// Time passes.
    pub(super) fn later(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// A phone may never change.
    pub(super) fn fix_phones(&mut self) {
        let variant = Variant { unique: true, max_in_flight_ms: 1_000, lag_ms: 0 };
        self.setup = scene::fixed_phones(&[variant], scene::no_caps(), "fixed").unwrap();
    }

    /// Nothing goes wrong in this seed.
    pub(super) fn calm(&mut self) {
        let o = &mut self.options;
        (o.kills, o.freezes, o.jumps, o.cuts, o.unanswered, o.meddling) = (0, 0, 0, 0, 0, 0);
        (o.caps, o.every_min, o.mirrors) = (false, 60, Vec::new());
        self.mirror.lag_ms = 0;
    }

    pub(super) fn crm_set(&mut self, at: usize, column: &str, value: &str) {
        self.later(1);
        self.crm.set(&crm_id(at), column, Some(value), PERSON, self.now);
    }

    /// A person makes one record of two, as the first of them stands; gives its id.
    pub(super) fn crm_merges(&mut self, first: usize, other: usize) -> String {
        self.later(1);
        self.crm.merge(&crm_id(first), &crm_id(other), PERSON, self.now);
        self.crm.now_called(&crm_id(first)).to_owned()
    }

    pub(super) fn book_set(&mut self, at: usize, column: &str, value: &str) {
        self.later(1);
        self.book.set(&crm_id(at), column, Some(value), PERSON, self.now);
    }

    pub(super) fn engine_sets(&mut self, at: usize, column: &str, value: &str) {
        self.engine_writes(&crm_id(at), column, value);
    }

    pub(super) fn engine_writes(&mut self, id: &str, column: &str, value: &str) {
        self.later(1);
        let values = BTreeMap::from([(column.to_owned(), Some(value.to_owned()))]);
        self.order(Asked::Update(id.to_owned(), values));
    }

    /// The engine makes a record of an entity, and nobody remembers.
    pub(super) fn engine_makes(&mut self, entity: &str) -> String {
        self.engine_makes_with(entity, &[])
    }

    /// The same, with more in it.
    pub(super) fn engine_makes_with(&mut self, entity: &str, more: &[(&str, &str)]) -> String {
        self.later(1);
        let note = format!("ID:{entity}");
        let values = [("note", note.as_str()), ("owner", OWNER)];
        let own = |(column, value): &(&str, &str)| ((*column).to_owned(), Some((*value).to_owned()));
        self.order(Asked::Create(values.iter().chain(more).map(own).collect()))
    }

    /// A request of the engine to make a record of an entity arrives.
    pub(super) fn engine_asks_for(&mut self, entity: &str, address: Option<&str>) {
        let named = address.map(|address| edit("email", address));
        let edits: Vec<Edit> = named.into_iter().chain([edit("note", &format!("ID:{entity}"))]).collect();
        let act = Act::Create {
            ext_id: "ext".into(),
            ext_id_column: None,
            class: ClassId::new("missing"),
            origin: None,
        };
        let traced = Traced { request: entity.to_owned(), by: "engine-0".to_owned() };
        self.crm.log.arrives(traced, audit::Asked::of(&act, &edits), None, self.now);
    }

    pub(super) fn engine_archives(&mut self, id: &str) {
        self.later(1);
        self.order(Asked::Archive(id.to_owned()));
    }

    /// The engine is about to put a record away, for the sake of an undo or not.
    pub(super) fn engine_intends_archive(&mut self, id: &str, undoes: bool) {
        self.later(1);
        let (system, remote) = ("crm".into(), id.into());
        self.opened.archives.push(ArchiveSeen { at: self.now, system, remote, undoes });
    }

    /// The engine makes a record in the source of truth after one of a mirror, and nobody remembers.
    pub(super) fn truth_makes(&mut self, origin: &str) -> String {
        self.later(1);
        let values = BTreeMap::from([("note".to_owned(), Some(origin.to_owned()))]);
        answered(&mut self.book, Asked::Create(values), self.now)
    }

    fn order(&mut self, what: Asked) -> String {
        answered(&mut self.crm, what, self.now)
    }

    /// A record of somebody else's.
    pub(super) fn stranger(&mut self) -> String {
        self.crm.make(values(&[("owner", "theirs")]), PERSON, self.now)
    }

    pub(super) fn tell(&mut self, subject: &str, entity: Option<&str>, kind: FindingKind, what: &str) {
        self.tells(("crm", "D3", subject), entity, kind, what);
    }

    /// A record that no class of the configuration takes is told.
    pub(super) fn tell_of(&mut self, system: &str, id: &str) {
        let key = self.tells((system, "orphan", id), None, FindingKind::Finding, "nobody's");
        if let Some(told) = self.memory.findings.get_mut(&key) {
            told.item.remotes.push(id.into());
        }
    }

    /// A finding about an entity, by its system, class and subject.
    pub(super) fn tells(
        &mut self,
        (system, class, subject): (&str, &str, &str),
        entity: Option<&str>,
        kind: FindingKind,
        what: &str,
    ) -> FindingKey {
        let key =
            FindingKey { class: ClassId::new(class), system: system.into(), subject: subject.to_owned() };
        let item = Finding {
            key: key.clone(),
            kind,
            entity: entity.map(Into::into),
            remotes: Vec::new(),
            what: what.to_owned(),
            values: Vec::new(),
            place: String::new(),
        };
        self.memory.findings.insert(key.clone(), Open { item, since: "r1".into() });
        key
    }

    pub(super) fn conflict(&mut self, at: usize, field: &str) {
        let now = format!("City {}", at + 1);
        self.disputed(at, field, &[(Party::Canonical, "Aspen"), (Party::Mirror(0), &now)]);
    }

    /// A conflict about a field is open, in which these sides say this.
    pub(super) fn disputed(&mut self, at: usize, field: &str, sides: &[(Party, &str)]) {
        let key = FieldKey { link: link_key(&key(at)), field: field.into() };
        self.opened.conflicts.insert(key.clone());
        let claim = |(party, text): &(Party, &str)| Claim {
            party: *party,
            cell: Cell::text(*text),
            at: None,
            version: None,
        };
        let claims = sides.iter().map(claim).collect();
        let row = Conflict { claims, why: "both moved".into(), opened: "r1".into(), closed: None };
        self.memory.conflicts.insert(key, row);
    }

    pub(super) fn intend(&mut self, at: usize, id: &str) {
        let act = Act::Update { remote: crm_id(at).as_str().into(), how: How::Token };
        let edits: Vec<Edit> = Vec::new();
        let change = Change {
            system: "crm".into(),
            entity: key(at).as_str().into(),
            label: String::new(),
            act,
            edits,
        };
        let id = IntentId::new(id);
        let intent =
            Intent { id: id.clone(), run: "r1".into(), epoch: 1, change, watermark: None, sent: None };
        self.memory.intents.insert(id, intent);
    }

    /// A plan is shown that no run carries out yet.
    pub(super) fn shown(&mut self, plan: &str) {
        self.opened.shown.insert(plan.to_owned(), self.now);
    }

    /// A run kept a plan of so many changes of a verb.
    pub(super) fn planned(&mut self, run: &str, plan: &str, verb: &'static str, count: usize) {
        let base = self.book.rows.len();
        let seen = PlanSeen {
            id: plan.to_owned(),
            at: self.now,
            changes: BTreeMap::from([(("crm".into(), verb), count)]),
            base: BTreeMap::from([("crm".into(), base)]),
            ..PlanSeen::default()
        };
        self.opened.plans.insert(run.into(), seen);
    }

    /// Somebody let a halt of a plan pass, however many records it concerns.
    pub(super) fn passed(&mut self, plan: &str, system: &str, halt: &str, about: Option<&str>) {
        let (plan, halt, about) = (plan.to_owned(), halt.to_owned(), about.map(str::to_owned));
        self.opened.approved.insert(Passed { plan, system: system.into(), halt, about, max: usize::MAX });
    }

    /// Somebody let a halt of a plan pass for so many records.
    pub(super) fn passed_up_to(&mut self, max: usize, plan: &str, halt: &str) {
        let (plan, halt) = (plan.to_owned(), halt.to_owned());
        self.opened.approved.insert(Passed { plan, system: "crm".into(), halt, about: None, max });
    }

    /// The journal tells of a field of run `r1` that landed on somebody's value.
    pub(super) fn journal_overwrote(&mut self, at: usize, field: &str, before: &str) {
        self.journal_landed("r1", at, field, before, "ours");
    }

    pub(super) fn journal_landed(&mut self, run: &str, at: usize, field: &str, before: &str, after: &str) {
        let draft = Draft {
            field: Some(field.into()),
            column: Some(field.to_owned()),
            before: Cell::text(before),
            after: Cell::text(after),
            ..self.draft(run, &key(at), &crm_id(at), Event::Landed)
        };
        self.journaled(draft);
    }

    pub(super) fn journal_created(&mut self, run: &str, entity: &str, remote: &str) {
        let draft = self.draft(run, entity, remote, Event::Created);
        self.journaled(draft);
    }

    /// The journal tells that nobody knows which record a create of an entity made.
    pub(super) fn journal_doubts(&mut self, entity: &str) {
        let draft = Draft { remote: None, ..self.draft("r1", entity, "", Event::InDoubt) };
        self.journaled(draft);
    }

    /// The journal tells what a new record was seen to hold.
    pub(super) fn journal_made(&mut self, run: &str, entity: &str, remote: &str) {
        let field = Some("token".into());
        let draft = Draft { field, ..self.draft(run, entity, remote, Event::Landed) };
        self.journaled(draft);
    }

    /// The journal names a record of a system.
    pub(super) fn journal_names(&mut self, system: &str, remote: &str) {
        let draft = Draft { system: system.into(), ..self.draft("r1", "R00009", remote, Event::Created) };
        self.journaled(draft);
    }

    pub(super) fn journal_raced(&mut self, at: usize) {
        let draft = self.draft("r1", &key(at), &crm_id(at), Event::ScopeRaced);
        self.journaled(draft);
    }

    pub(super) fn journal_archived(&mut self, run: &str, at: usize) {
        let draft = self.draft(run, &key(at), &crm_id(at), Event::Archived);
        self.journaled(draft);
    }

    fn draft(&self, run: &str, entity: &str, remote: &str, event: Event) -> Draft {
        Draft {
            run: run.into(),
            at: self.now,
            intent: None,
            system: "crm".into(),
            entity: entity.into(),
            remote: Some(remote.into()),
            field: None,
            column: None,
            class: None,
            event,
            before: Cell::Absent,
            after: Cell::Absent,
            canonical: Cell::Absent,
            evidence: String::new(),
        }
    }

    fn journaled(&mut self, draft: Draft) {
        let sealed = Entry::seal(draft, 1, Entry::START, [0; 16]).unwrap();
        self.journal.push(sealed.entry);
    }

    /// Shows the world to somebody.
    pub(super) fn evidence<T>(&self, ask: impl FnOnce(&Evidence<'_>) -> T) -> T {
        ask(&Evidence {
            options: &self.options,
            setup: &self.setup,
            terms: &self.terms,
            truth: Seen { name: "book", table: &self.book, portal: None, options: &self.options.truth },
            mirrors: vec![Seen { name: "crm", table: &self.crm, portal: None, options: &self.mirror }],
            memory: &self.memory,
            journal: &self.journal,
            opened: &self.opened,
            published: &self.published,
            calm: Timestamp::MAX,
        })
    }

    /// What an oracle says, each thing by its beginning.
    #[track_caller]
    pub(super) fn check(&self, oracle: impl Fn(&Evidence<'_>) -> Vec<String>, expected: &[&str]) {
        let said = self.evidence(oracle);
        let fits = said.len() == expected.len()
            && said.iter().zip(expected).all(|(said, expected)| said.starts_with(expected));
        assert!(fits, "{said:#?} instead of {expected:#?}");
    }
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect()
}

fn link_key(entity: &str) -> LinkKey {
    LinkKey { system: "crm".into(), entity: entity.into() }
}

/// The record that a request of the engine made or changed, once it has landed.
fn answered(table: &mut Table, what: Asked, now: Timestamp) -> String {
    let ticket = table.send(Order::new(what, now));
    table.land(now);
    table.answer(ticket).unwrap().unwrap().id
}
