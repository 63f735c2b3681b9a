//! A HubSpot portal in process, on a clock that moves only when something waits.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use secrecy::SecretString;
use trueup_connectors::hubspot::{Hubspot, Settings};
use trueup_core::{name::RemoteId, plan::Requests, record::Record, value::Cell};
use trueup_ports::{
    Ask, Fault, Holder, LogEvent, Page, Reach, Source, Target, View, World,
    conformance::{Bench, Break, Expected},
    wire::{BaseUrl, Lost, Paces, Transport},
};
use trueup_sandbox::{
    faults::{self, Failure, FaultKind, Occurrence, When},
    hubspot::{Act, DEFAULT_TOKEN, Owner, PeopleEdit, Portal, PropertyDefinition, RecordSeed, Reply},
    log::Class,
};

/// The owner whose contacts are in scope.
pub(crate) const OWNER: &str = "88361194";
/// Another owner.
pub(crate) const STRANGER: &str = "41629779";
/// The user behind the owner in scope.
pub(crate) const USER: u64 = 9_586_504;
/// The unique property for external ids.
pub(crate) const EXT_ID: &str = "trueup_id";

/// Runs a future that waits for nothing but the clock below.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// A portal, its clock, and the host of the connector: they share the time.
pub(crate) struct Office {
    portal: Mutex<Portal>,
    now_ms: Mutex<i64>,
    said: Mutex<Vec<String>>,
}

impl Office {
    fn new() -> Self {
        let mut portal = Portal::default();
        let owner = |id: &str, user_id| Owner { id: id.into(), user_id: Some(user_id), ..Owner::default() };
        portal.add_owner(owner(OWNER, USER)).unwrap();
        portal.add_owner(owner(STRANGER, 7)).unwrap();
        portal.add_owner(Owner { archived: true, ..owner("5", 6) }).unwrap();
        let unique = PropertyDefinition { has_unique_value: true, ..PropertyDefinition::text(EXT_ID) };
        portal.define_property("contacts", unique).unwrap();
        Self { portal: Mutex::new(portal), now_ms: Mutex::new(1_790_000_000_000), said: Mutex::default() }
    }

    pub(crate) fn portal(&self) -> MutexGuard<'_, Portal> {
        self.portal.lock().unwrap()
    }

    /// The time, one millisecond on: no two events share one.
    pub(crate) fn tick(&self) -> i64 {
        let mut now = self.now_ms.lock().unwrap();
        *now += 1;
        *now
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }
}

#[async_trait]
impl World for Office {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(*self.now_ms.lock().unwrap()).unwrap()
    }

    async fn sleep(&self, time: Duration) {
        *self.now_ms.lock().unwrap() += i64::try_from(time.as_millis()).unwrap().max(1);
    }

    fn random(&self) -> u64 {
        0
    }

    fn holder(&self) -> Holder {
        Holder { host: "test".into(), pid: 1, born: String::new() }
    }

    fn is_alive(&self, _: &Holder) -> Option<bool> {
        None
    }

    fn log(&self, event: LogEvent) {
        self.said.lock().unwrap().push(format!("{event:?}"));
    }
}

#[async_trait]
impl Transport for Office {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        let now = self.tick();
        match self.portal().handle(now, &request) {
            Reply::Answer(answer) => Ok(answer),
            Reply::Lost | Reply::Held(_) => Err(Lost::Unanswered("the connection was reset".into())),
        }
    }
}

/// A connector to a portal in process.
pub(crate) struct Rig {
    pub(crate) office: Arc<Office>,
    pub(crate) hubspot: Hubspot,
    expected: Expected,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// A rig with other settings of the connector.
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let office = Arc::new(Office::new());
        let hubspot = connect(Arc::<Office>::clone(&office), Arc::<Office>::clone(&office), change);
        Self { office, hubspot, expected: expected() }
    }

    /// A rig whose portal behaves differently.
    pub(crate) fn under(change: impl FnOnce(&mut trueup_sandbox::hubspot::Settings)) -> Self {
        let rig = Self::new();
        let mut settings = rig.office.portal().settings().clone();
        change(&mut settings);
        rig.office.portal().set_settings(settings, 1_790_000_000_000);
        rig
    }

    /// Adds contacts with these ids and values.
    pub(crate) fn add(&self, rows: impl IntoIterator<Item = (u64, Vec<(&'static str, String)>)>) {
        let seed = |(id, values): (u64, Vec<(&str, String)>)| {
            values.iter().fold(RecordSeed::new(id), |seed, (name, value)| seed.value(name, value))
        };
        self.office.portal().add_records("contacts", rows.into_iter().map(seed).collect()).unwrap();
    }

    /// Adds contacts of an owner, with these ids.
    pub(crate) fn add_owned(&self, owner: &str, ids: impl IntoIterator<Item = u64>) {
        self.add(ids.into_iter().map(|id| (id, vec![("hubspot_owner_id", owner.to_owned())])));
    }

    /// Somebody edits by hand.
    pub(crate) fn people(&self, act: Act) -> Option<u64> {
        let now = self.office.tick();
        self.office.portal().people(now, PeopleEdit::of(act)).unwrap()
    }

    /// The n-th call to a path that holds this part fails so.
    pub(crate) fn fault(&self, path: &str, nth: u64, kind: FaultKind) {
        let when = When { path: Some(path.into()), occurrence: Occurrence::Nth(nth), ..When::default() };
        self.office.portal().install(faults::Fault { when, kind });
    }

    /// Every call to a path that holds this part fails so.
    pub(crate) fn fault_always(&self, path: &str, kind: FaultKind) {
        let when = When { path: Some(path.into()), ..When::default() };
        self.office.portal().install(faults::Fault { when, kind });
    }

    pub(crate) fn read(&self, view: View, reach: Reach, columns: &[&str]) -> Result<Page, Fault> {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        run(self.hubspot.read(Ask { view, reach, columns, history: false }))
    }

    pub(crate) fn by_id(&self, ids: &[&str], columns: &[&str]) -> Result<Page, Fault> {
        self.read(View::All, Reach::Ids(ids.iter().map(|&id| RemoteId::new(id)).collect()), columns)
    }

    pub(crate) fn by_unique(&self, column: &str, texts: &[&str], columns: &[&str]) -> Result<Page, Fault> {
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        self.read(View::All, Reach::Unique { column: column.into(), texts }, columns)
    }

    /// All pages of a view, with something done between each two.
    pub(crate) fn pages(&self, view: &View, mut between: impl FnMut(usize)) -> Result<Vec<Page>, Fault> {
        let mut pages = vec![self.read(view.clone(), Reach::All(None), &["email"])?];
        while let Some(cursor) = pages.last().and_then(|page| page.next.clone()) {
            between(pages.len());
            pages.push(self.read(view.clone(), Reach::All(Some(cursor)), &["email"])?);
        }
        Ok(pages)
    }

    /// How many requests arrived whose path holds this part.
    pub(crate) fn arrived(&self, part: &str) -> usize {
        self.office.portal().requests().filter(|entry| entry.path.contains(part)).count()
    }
}

/// A connector over any transport.
pub(crate) fn connect(
    transport: Arc<dyn Transport>,
    world: Arc<Office>,
    change: impl FnOnce(&mut Settings),
) -> Hubspot {
    let base = BaseUrl::parse("https://api.hubapi.com").unwrap();
    let mut settings = Settings::new("portal".into(), base, SecretString::from(DEFAULT_TOKEN));
    settings.owner = Some(OWNER.into());
    settings.ext_id_column = Some(EXT_ID.into());
    change(&mut settings);
    Hubspot::new(settings, transport, world, &Paces::default()).unwrap()
}

/// The view of the owner in scope.
pub(crate) fn scope() -> View {
    View::Equals { column: "hubspot_owner_id".into(), text: OWNER.into() }
}

/// The ids of records, as numbers.
pub(crate) fn numbers(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.id.as_str().parse().unwrap()).collect()
}

/// The ids of all pages.
pub(crate) fn all_numbers(pages: &[Page]) -> Vec<u64> {
    pages.iter().flat_map(|page| numbers(&page.records)).collect()
}

/// One edit's list for a batch: column and value.
pub(crate) fn edits(values: &[(&str, Cell)]) -> Vec<trueup_core::plan::Edit> {
    values
        .iter()
        .flat_map(|(column, cell)| trueup_ports::conformance::target::set(column, cell.clone()))
        .collect()
}

fn expected() -> Expected {
    Expected {
        text: "city".into(),
        scope: ("hubspot_owner_id".into(), OWNER.into(), STRANGER.into()),
        undefined: Some("no_such_property".into()),
        unique: Some(EXT_ID.into()),
        refused: Some(("hs_lead_status".into(), "NO_SUCH_OPTION".into())),
        unknown: RemoteId::new("999999999"),
        many: 450,
    }
}

#[async_trait]
impl Bench for Rig {
    fn source(&self) -> &dyn Source {
        &self.hubspot
    }

    fn target(&self) -> Option<&dyn Target> {
        Some(&self.hubspot)
    }

    fn expected(&self) -> &Expected {
        &self.expected
    }

    async fn seed(&self, rows: Vec<Vec<(String, String)>>) -> Vec<RemoteId> {
        let mut portal = self.office.portal();
        let first =
            portal.dump().objects.get("contacts").map_or(0, |contacts| contacts.records.len() as u64) + 1_001;
        let ids: Vec<u64> = (first..).take(rows.len()).collect();
        let seed = |(id, row): (&u64, Vec<(String, String)>)| {
            row.iter().fold(RecordSeed::new(*id), |seed, (name, value)| seed.value(name, value))
        };
        portal.add_records("contacts", ids.iter().zip(rows).map(seed).collect()).unwrap();
        ids.iter().map(|id| RemoteId::new(id.to_string())).collect()
    }

    async fn edit(&self, id: &RemoteId, column: &str, text: &str) {
        let properties = BTreeMap::from([(column.to_owned(), text.to_owned())]);
        self.people(Act::Set { id: id.as_str().parse().unwrap(), properties });
    }

    async fn state(&self) -> String {
        serde_json::to_string(&self.office.portal().dump()).unwrap()
    }

    async fn served(&self) -> Requests {
        let portal = self.office.portal();
        let count = |class| portal.requests().filter(|entry| entry.class == class).count();
        Requests { read: count(Class::Read), write: count(Class::Write) }
    }

    async fn break_next(&self, how: Break) {
        let kind = match how {
            Break::Before => FaultKind::FailBefore(Failure::Status { status: 502, retry_after_s: None }),
            Break::After => FaultKind::FailAfter(Failure::Dropped),
            Break::Garbled => FaultKind::TruncatedBody,
        };
        self.fault("/", 1, kind);
    }
}
