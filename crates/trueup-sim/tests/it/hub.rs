//! A source of truth that is written, and two mirrors that talk back.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    hint::{Event as HintEvent, TouchKey},
    journal::Event,
    memory::{Memory, Note, Outcome},
    merge::{Flow, Survivor},
    name::{FieldId, PipelineName, SystemName},
    setup::{Action, Binding, Caps, Class, Draft, Field, Lens, MirrorSide, Setup, Side, Timing, Trigger},
    value::Kind,
};
use trueup_engine::{Account, Engine, Systems, Truth, facts::Warrant};
use trueup_ports::{JournalAsk, Store, Target};
use trueup_sim::{
    chance::Chance,
    executor::{Clock, HostClock, drive},
    people::PERSON,
    table::{FaultName, Faults, Parts, Table, TableSystem, card},
    trace::Trace,
    world::{Living, SimWorld},
};
use trueup_store::{Host, MemoryStore};

use crate::peer::{Peer, Script};

pub(crate) const COLUMNS: [&str; 5] = ["name", "city", "tags", "notes", "ext"];

fn fields(survivor: Survivor) -> Vec<Field> {
    vec![
        Field { label: true, survivor, ..Field::new("name", Kind::Name) },
        Field { survivor, ..Field::new("city", Kind::Text) },
        Field::new("tags", Kind::Tags),
        Field::new("notes", Kind::Log),
    ]
}

fn side(system: &str, flow: Flow) -> Side {
    let lens = |at: u16| match at {
        2 => Lens::List { delimiter: ';' },
        3 => Lens::Log,
        _ => Lens::Whole,
    };
    let binding = |at: u16| Binding {
        field: FieldId(at),
        column: usize::from(at),
        lens: lens(at),
        flow,
        create_only: false,
    };
    Side {
        system: system.into(),
        columns: COLUMNS.map(str::to_owned).into(),
        bindings: (0..4).map(binding).collect(),
    }
}

pub(crate) fn setup(survivor: Survivor, gone: Action) -> Arc<Setup> {
    Arc::new(draft(survivor, gone).build().unwrap())
}

pub(crate) fn draft(survivor: Survivor, gone: Action) -> Draft {
    let mirror = |system: &str| MirrorSide {
        side: side(system, Flow::Both),
        scope: None,
        token: None,
        ext_id_column: Some("ext".into()),
        feeds: true,
    };
    let class = |id: &str, trigger, action| Class { id: id.into(), trigger, action, title: String::new() };
    Draft {
        pipeline: "hub".into(),
        entity: "person".into(),
        fields: fields(survivor),
        canonical: side("truth", Flow::Out),
        canonical_writes: true,
        canonical_ext_id: Some("ext".into()),
        mirrors: vec![mirror("left"), mirror("right")],
        classes: vec![
            class("other", Trigger::Other, Action::Fix),
            class("missing", Trigger::Missing, Action::Fix),
            class("gone", Trigger::Gone, gone),
        ],
        caps: Caps { free: 1000, source_loss_percent: 100.0, archives_percent: 100.0, ..Caps::default() },
        timing: Timing::default(),
        config_hash: "hub".into(),
    }
}

const NAMES: [&str; 3] = ["truth", "left", "right"];

fn store(chance: &Chance, clock: &Clock) -> MemoryStore {
    let (random, time) = (chance.fork(), clock.clone());
    MemoryStore::new(Host::new(move || random.next()).with_clock(move || time.now()))
}

/// Three systems and what happens to them.
pub(crate) struct Hub {
    chance: Chance,
    pub(crate) clock: Clock,
    tables: BTreeMap<&'static str, Arc<Mutex<Table>>>,
    scripts: BTreeMap<&'static str, Arc<Script>>,
    pub(crate) store: MemoryStore,
    setup: Arc<Setup>,
    pub(crate) faults: Arc<Mutex<Faults>>,
    living: Living,
    life: u32,
    /// By how much the clock of the host is wrong that the next engine runs on.
    pub(crate) skew: SignedDuration,
}

impl Hub {
    pub(crate) fn new(survivor: Survivor) -> Self {
        Self::with(setup(survivor, Action::Flag))
    }

    pub(crate) fn with(setup: Arc<Setup>) -> Self {
        let (chance, clock) = (Chance::new(7), Clock::new());
        let store = store(&chance, &clock);
        Self {
            chance,
            clock,
            tables: NAMES.map(|name| (name, Arc::default())).into(),
            scripts: NAMES.map(|name| (name, Arc::default())).into(),
            store,
            setup,
            faults: Arc::default(),
            living: Living::default(),
            life: 0,
            skew: SignedDuration::ZERO,
        }
    }

    /// The next engines find another configuration.
    pub(crate) fn reconfigure(&mut self, draft: Draft) {
        self.setup = Arc::new(draft.build().unwrap());
    }

    /// The clock of the host that the next engine runs on.
    fn host(&self) -> HostClock {
        HostClock::new(self.clock.clone(), self.skew)
    }

    fn system(&self, name: &str) -> Arc<dyn Target> {
        let table = TableSystem::new(Parts {
            card: card(&SystemName::new(name), true, Duration::from_secs(1), Duration::ZERO),
            columns: COLUMNS.map(str::to_owned).to_vec(),
            unique: Some("ext".into()),
            firm: ["ext".to_owned()].into(),
            shows: false,
            page: 7,
            resolution_ms: 1,
            table: self.tables[name].clone(),
            clock: HostClock::new(self.clock.clone(), SignedDuration::ZERO),
            host: self.host(),
            chance: self.chance.fork(),
            faults: Arc::clone(&self.faults),
            asker: "engine".to_owned(),
            process: 1,
            trace: Trace::default(),
        });
        Arc::new(Peer { table, script: self.script(name) })
    }

    /// What goes wrong with a system.
    pub(crate) fn script(&self, name: &str) -> Arc<Script> {
        Arc::clone(&self.scripts[name])
    }

    pub(crate) fn table(&self, name: &str) -> Arc<Mutex<Table>> {
        Arc::clone(&self.tables[name])
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The state is lost.
    pub(crate) fn forget(&mut self) {
        self.store = store(&self.chance, &self.clock);
    }

    /// How many records each system has.
    pub(crate) fn count(&self) -> [usize; 3] {
        self.all("name").map(|names| names.len())
    }

    pub(crate) fn engine(&mut self) -> Engine {
        self.living.died(self.life);
        self.life += 1;
        let mirrors = ["left", "right"].map(|name| (SystemName::new(name), self.system(name)));
        Engine {
            world: Arc::new(SimWorld::new(self.host(), self.chance.fork(), "sim", self.life, &self.living)),
            store: Arc::new(self.store.clone()),
            setup: self.setup.clone(),
            systems: Systems { canonical: Truth::Written(self.system("truth")), mirrors: mirrors.into() },
        }
    }

    pub(crate) fn run(&mut self) -> Account {
        self.run_after(15)
    }

    /// A whole look after this many minutes.
    pub(crate) fn run_after(&mut self, minutes: i64) -> Account {
        self.clock.advance(SignedDuration::from_mins(minutes));
        let engine = self.engine();
        drive(engine.run(Warrant { first: true, reviewed: false }), || true).unwrap().unwrap()
    }

    /// A person takes a run back.
    pub(crate) fn undo(&mut self, account: &Account) -> Account {
        let engine = self.engine();
        let ask = JournalAsk { run: Some(account.run.clone()), ..JournalAsk::default() };
        let planned = drive(engine.plan_undo(ask), || true).unwrap().unwrap();
        drive(engine.apply(&planned.plan), || true).unwrap().unwrap()
    }

    /// A look at what changed, a minute later.
    pub(crate) fn delta(&mut self) -> Account {
        self.clock.advance(SignedDuration::from_mins(1));
        let engine = self.engine();
        drive(engine.delta(Warrant { first: true, reviewed: false }), || true).unwrap().unwrap()
    }

    /// An event that came by the clock of its host.
    pub(crate) fn tell(&mut self, id: &str, system: &str, remote: Option<&str>) {
        let touch = TouchKey { system: system.into(), remote: remote.map(Into::into) };
        let event = HintEvent { id: id.into(), touch, at: self.host().now() };
        let engine = self.engine();
        drive(engine.receive(vec![event]), || true).unwrap().unwrap();
    }

    /// Runs until nothing is written any more; at most three times, as the third must rest.
    #[track_caller]
    pub(crate) fn settle(&mut self) -> Account {
        self.run();
        self.run();
        let last = self.run();
        assert_eq!(last.requests.write, 0, "the third run in a row still wrote: {last:#?}");
        last
    }

    pub(crate) fn make(&self, system: &str, values: &[(&str, &str)]) -> String {
        let values = values.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned()));
        self.tables[system].lock().unwrap().make(values.collect(), PERSON, self.clock.now())
    }

    pub(crate) fn set(&self, system: &str, id: &str, column: &str, value: &str) {
        self.clock.advance(SignedDuration::from_secs(1));
        let value = Some(value).filter(|value| !value.is_empty());
        self.tables[system].lock().unwrap().set(id, column, value, PERSON, self.clock.now());
    }

    pub(crate) fn value(&self, system: &str, id: &str, column: &str) -> String {
        let table = self.tables[system].lock().unwrap();
        table.rows[id].values.get(column).cloned().unwrap_or_default()
    }

    pub(crate) fn all(&self, column: &str) -> [Vec<String>; 3] {
        NAMES.map(|name| {
            let table = self.tables[name].lock().unwrap();
            let rows = table.rows.values().filter(|row| row.archived.is_none());
            rows.map(|row| row.values.get(column).cloned().unwrap_or_default()).collect()
        })
    }

    pub(crate) fn archive(&self, system: &str, id: &str) {
        let now = self.clock.now();
        self.tables[system].lock().unwrap().rows.get_mut(id).unwrap().archived = Some(now);
    }

    /// Somebody brings a record back that was put away.
    pub(crate) fn restore(&self, system: &str, id: &str) {
        self.tables[system].lock().unwrap().rows.get_mut(id).unwrap().archived = None;
    }

    pub(crate) fn memory(&self) -> Memory {
        let pipeline = PipelineName::new("hub");
        drive(self.store.memory(&pipeline), || true).unwrap().unwrap()
    }

    /// What memory is told by hand.
    pub(crate) fn keep(&self, notes: Vec<Note>) {
        let pipeline = PipelineName::new("hub");
        drive(self.store.commit(&pipeline, None, notes), || true).unwrap().unwrap();
    }

    pub(crate) fn journaled(&self, event: Event, text: &str) -> bool {
        let pipeline = PipelineName::new("hub");
        let entries = self.store.journal(&pipeline, JournalAsk::default());
        let entries = drive(entries, || true).unwrap().unwrap();
        let holds = |cell: &trueup_core::value::Cell| cell.to_text().is_some_and(|it| it == text);
        entries.iter().any(|entry| entry.draft.event == event && holds(&entry.draft.before))
    }
}

/// One person known to all three.
pub(crate) fn known(survivor: Survivor) -> (Hub, [String; 3]) {
    known_to(Hub::new(survivor))
}

/// Three people more, so that the source of truth is not emptied where one goes.
pub(crate) fn beside(hub: &mut Hub) {
    for name in ["Bo", "Cy", "Di"] {
        hub.make("truth", &[("name", name), ("city", "Bern")]);
    }
    hub.settle();
}

pub(crate) fn known_to(mut hub: Hub) -> (Hub, [String; 3]) {
    let truth = hub.make("truth", &[("name", "Ada"), ("city", "London"), ("tags", "a;b")]);
    hub.settle();
    let id = |name: &str| hub.tables[name].lock().unwrap().rows.keys().next().unwrap().clone();
    let ids = [truth, id("left"), id("right")];
    assert_eq!(hub.all("city"), [["London"], ["London"], ["London"]]);
    (hub, ids)
}

#[test]
fn a_change_in_one_mirror_goes_to_the_source_of_truth_and_from_there_to_the_other_in_one_run() {
    let (mut hub, [_, left, _]) = known(Survivor::Canonical);
    hub.set("left", &left, "city", "Paris");
    let account = hub.run();
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
    assert_eq!(account.changes["update"], 2, "the mirror that said it first is told nothing: {account:#?}");
    assert_eq!(account.requests, account.planned_requests);
    assert_eq!(hub.run().requests.write, 0);
}

#[test]
fn what_landed_unseen_in_two_systems_is_remembered_of_both() {
    let (mut hub, [truth, left, _]) = known(Survivor::Canonical);
    hub.set("left", &left, "city", "Paris");
    hub.set("truth", &truth, "name", "Grace");
    *hub.faults.lock().unwrap() = Faults::only(FaultName::Late, 1000);
    assert_eq!(hub.run().open, 3);
    *hub.faults.lock().unwrap() = Faults::default();
    hub.clock.advance(SignedDuration::from_mins(1));
    for name in NAMES {
        hub.table(name).lock().unwrap().land(hub.now());
    }
    assert_eq!(hub.all("name"), [["Grace"], ["Grace"], ["Grace"]]);
    hub.set("left", &left, "name", "Eve");
    hub.settle();
    assert_eq!(hub.all("name"), [["Eve"], ["Eve"], ["Eve"]], "it knew our name, and changed it");
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
}

#[test]
fn both_sides_moved_and_the_rule_decides_with_the_loser_in_the_journal() {
    let (mut hub, [truth, left, _]) = known(Survivor::Canonical);
    hub.set("left", &left, "city", "Paris");
    hub.set("truth", &truth, "city", "Rome");
    hub.settle();
    assert_eq!(hub.all("city"), [["Rome"], ["Rome"], ["Rome"]]);
    assert!(hub.journaled(Event::Landed, "Paris"));
}

#[test]
fn the_latest_wins_beyond_the_tolerance_and_inside_it_a_person_is_asked() {
    let (mut hub, [truth, left, _]) = known(Survivor::Latest { skew_ms: 5_000 });
    hub.set("truth", &truth, "city", "Rome");
    hub.clock.advance(SignedDuration::from_mins(1));
    hub.set("left", &left, "city", "Paris");
    hub.settle();
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
    hub.set("truth", &truth, "city", "Oslo");
    hub.set("left", &left, "city", "Bern");
    let account = hub.settle();
    assert_eq!((account.outcome, account.conflicts), (Outcome::NeedsPerson, 1));
    assert_eq!(hub.all("city"), [["Oslo"], ["Bern"], ["Paris"]], "a conflict touches nobody");
}

#[test]
fn our_own_writes_decide_nothing_between_people() {
    let (mut hub, [truth, left, right]) = known(Survivor::Latest { skew_ms: 5_000 });
    hub.set("truth", &truth, "city", "Oslo");
    hub.set("left", &left, "city", "Bern");
    assert_eq!(hub.settle().conflicts, 1);
    // The name is told to both, to one of them later: that makes its city no later word.
    hub.set("right", &right, "name", "Grace");
    *hub.script("left").refuses.lock().unwrap() = true;
    hub.run();
    *hub.script("left").refuses.lock().unwrap() = false;
    assert_eq!(hub.settle().conflicts, 1);
    assert_eq!(hub.all("name"), [["Grace"], ["Grace"], ["Grace"]]);
    assert_eq!(hub.all("city"), [["Oslo"], ["Bern"], ["London"]]);
}

#[test]
fn two_mirrors_that_moved_apart_are_one_conflict_for_each_of_them() {
    let (mut hub, [_, left, right]) = known(Survivor::Ask);
    hub.set("left", &left, "city", "Paris");
    hub.set("right", &right, "city", "Rome");
    assert_eq!(hub.settle().conflicts, 2);
    assert_eq!(hub.all("city"), [["London"], ["Paris"], ["Rome"]]);
    hub.set("right", &right, "city", "Paris");
    assert_eq!(hub.settle().conflicts, 0);
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
}

#[test]
fn tags_and_notes_that_were_added_on_several_sides_at_once_survive_on_all() {
    let (mut hub, [truth, left, right]) = known(Survivor::Canonical);
    hub.set("truth", &truth, "tags", "b");
    hub.set("left", &left, "tags", "a;b;x");
    hub.set("right", &right, "tags", "a;b;y");
    hub.set("truth", &truth, "notes", "2026-03-01 ada: called");
    hub.set("left", &left, "notes", "2026-03-02 grace: mailed\nno answer");
    hub.settle();
    assert_eq!(hub.all("tags"), [["b;x;y"], ["b;x;y"], ["b;x;y"]]);
    let notes = "2026-03-01 ada: called\n2026-03-02 grace: mailed\nno answer";
    assert_eq!(hub.all("notes"), [[notes], [notes], [notes]]);
}

#[test]
fn a_record_that_people_make_in_a_mirror_is_made_once_everywhere_else() {
    let mut hub = Hub::new(Survivor::Canonical);
    hub.make("left", &[("name", "Grace"), ("city", "Arlington")]);
    let last = hub.settle();
    assert_eq!(hub.all("name"), [["Grace"], ["Grace"], ["Grace"]]);
    assert_eq!(hub.all("city"), [["Arlington"], ["Arlington"], ["Arlington"]]);
    assert_eq!(last.outcome, Outcome::Done, "{last:#?}");
    assert!(hub.memory().intents.is_empty());
}

#[test]
fn an_undo_puts_the_source_of_truth_back_and_no_later_run_does_it_again() {
    let (mut hub, [truth, left, right]) = known(Survivor::Canonical);
    hub.set("left", &left, "city", "Paris");
    let account = hub.run();
    let account = hub.undo(&account);
    assert_eq!(account.changes["update"], 2, "{account:#?}");
    assert_eq!(hub.all("city"), [["London"], ["Paris"], ["London"]]);
    assert_eq!(hub.settle().requests.write, 0);
    assert_eq!(hub.all("city"), [["London"], ["Paris"], ["London"]], "what was undone stays undone");
    hub.set("left", &left, "city", "Oslo");
    hub.settle();
    assert_eq!(hub.all("city"), [["Oslo"], ["Oslo"], ["Oslo"]], "until its source says something new");
    assert_eq!([hub.value("truth", &truth, "city"), hub.value("right", &right, "city")], ["Oslo", "Oslo"]);
}
