//! A portal in this process, so that a test holds its faults and its clock, and the program beside it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::LazyLock,
    time::Duration,
};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime, time::timeout};
use trueup_core::{
    journal::Entry,
    link::{Link, LinkState},
    memory::{Memory, Note},
    name::PipelineName,
};
use trueup_ports::{JournalAsk, Store};
use trueup_sandbox::{
    clock::{Clock, ClockChange},
    faults::{Fault, FaultKind, HoldPoint, Occurrence, Release, When},
    http::{Sandbox, Server, Shared, serve},
    hubspot::{Act, PeopleEdit, Portal, RecordSeed},
    log::{Class, LogEntry},
};
use trueup_store::{Host, Options, SqliteStore};

use crate::support::{Lead, OWNER, Ran, TOKEN, program, run_in, save};

/// Serves every portal of this test binary.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
/// The other owner of the portal; nothing of theirs may ever be touched.
pub(crate) const OTHER: &str = "77000111";
/// A client that has not come this far after so long never will; no assertion rests on it.
const STUCK: Duration = Duration::from_mins(1);

/// What the protocols' durations are, as the configuration words them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    /// The defaults: what was sent may land for minutes.
    Long,
    /// Milliseconds: by the next run everything has landed that ever will.
    Short,
}

/// What a portal is made of.
pub(crate) struct Scenery {
    pub(crate) contacts: Vec<Value>,
    /// Whether contacts have a unique property for our own id.
    pub(crate) unique: bool,
    pub(crate) lag_ms: i64,
}

/// A stage as it stood at one moment, to begin others with.
pub(crate) struct Kept {
    folder: TempDir,
    url: String,
    sandbox: Sandbox,
}

/// A folder with a workbook and a configuration, and a portal.
pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) portal: Shared,
    pub(crate) url: String,
    server: Option<Server>,
}

impl Stage {
    pub(crate) fn new(leads: &[Lead], scenery: &Scenery) -> Self {
        let portal = Portal::from_snapshot(serde_json::from_value(snapshot(scenery)).unwrap()).unwrap();
        let stage = Self::serving(Sandbox { portal, clock: Clock::default() });
        stage.portal.with(|portal, now_ms| {
            let mut settings = portal.settings().clone();
            settings.search_lag_ms = scenery.lag_ms;
            portal.set_settings(settings, now_ms);
        });
        save(&stage.path("leads.xlsx"), leads);
        stage.configure(scenery.unique, Timing::Short);
        stage
    }

    /// A portal over loopback, and an empty folder.
    fn serving(sandbox: Sandbox) -> Self {
        let server = RUNTIME.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            serve(listener, sandbox).unwrap()
        });
        let (portal, url) = (server.shared(), server.url());
        Self { folder: TempDir::new().unwrap(), portal, url, server: Some(server) }
    }

    /// What stands now, while no program is at work.
    pub(crate) fn keep(&self) -> Kept {
        let folder = TempDir::new().unwrap();
        copy(self.folder.path(), folder.path());
        let (clock, _) = self.portal.clock();
        let portal = self.portal.with(|portal, _| portal.clone());
        Kept { folder, url: self.url.clone(), sandbox: Sandbox { portal, clock } }
    }

    /// Another stage that begins as one stood.
    pub(crate) fn of(kept: &Kept) -> Self {
        let stage = Self::serving(kept.sandbox.clone());
        copy(kept.folder.path(), stage.folder.path());
        let text = fs::read_to_string(stage.path("trueup.yaml")).unwrap();
        fs::write(stage.path("trueup.yaml"), text.replace(&kept.url, &stage.url)).unwrap();
        stage
    }

    /// An hour passes for what was sent and not answered, and for what was not found once: by now it has landed, or
    /// never will, and who does not find it now has proven that it is gone.
    pub(crate) fn age(&self) {
        if !self.path(".trueup/trueup.db").exists() {
            return;
        }
        let store = self.store();
        let memory = RUNTIME.block_on(store.memory(&pipeline())).unwrap();
        let hour = SignedDuration::from_hours(1);
        let sent = memory.intents.into_values().filter_map(|mut intent| {
            intent.sent = Some(intent.sent? - hour);
            Some(Note::Sent(Box::new(intent)))
        });
        let suspects = memory.links.into_values().filter_map(|link| match link.state {
            LinkState::Suspect { since } => {
                Some(Note::Link(Box::new(Link { state: LinkState::Suspect { since: since - hour }, ..link })))
            }
            _ => None,
        });
        RUNTIME.block_on(store.commit(&pipeline(), None, sent.chain(suspects).collect())).unwrap();
    }

    /// A path of its own finds that everything agrees, but for what is listed.
    #[track_caller]
    pub(crate) fn verified(&self) {
        let ran = self.run(&["verify", "--json"]).expect(0);
        assert_eq!(ran.json()["proven"], true, "{}", ran.out);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the template's configuration for this portal.
    pub(crate) fn configure(&self, unique: bool, timing: Timing) {
        self.configured(unique, timing, |text| text);
    }

    /// The same after a change of its text.
    pub(crate) fn configured(&self, unique: bool, timing: Timing, change: impl FnOnce(String) -> String) {
        let text = trueup_config::Template::by_name("a").unwrap().text;
        let text = text
            .replace("kind: hubspot\n", &format!("kind: hubspot\n    url: {}\n", self.url))
            .replace("updates_percent: 30", "updates_percent: 100\n      same_value: 1000")
            .replace("creates_percent: 20", &format!("creates_percent: 100{}", words(timing)));
        let without =
            |text: &str| text.lines().filter(|line| !line.contains("ext_id:")).collect::<Vec<_>>().join("\n");
        let text = if unique { text } else { without(&text) };
        fs::write(self.path("trueup.yaml"), change(text)).unwrap();
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run_in(self.folder.path(), args)
    }

    /// Starts the program; the test goes on.
    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        program(self.folder.path()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// One cycle; gives its exit code and what it says of itself.
    pub(crate) fn cycle(&self) -> (i32, Value) {
        let ran = self.run(&["run", "--first", "--json"]);
        let run = ran.json()["runs"][0].clone();
        (ran.code, run)
    }

    /// Strikes the n-th call from now on.
    pub(crate) fn strike(&self, nth: u64, kind: FaultKind) {
        self.install(When { occurrence: Occurrence::Nth(nth), ..When::default() }, kind);
    }

    pub(crate) fn install(&self, when: When, kind: FaultKind) {
        self.portal.with(|portal, _| portal.install(Fault { when, kind }));
    }

    pub(crate) fn calm(&self) {
        self.portal.with(|portal, _| portal.clear_faults());
    }

    /// Waits until a call is held.
    #[track_caller]
    pub(crate) fn wait_for_held(&self) -> (u64, HoldPoint) {
        let held = RUNTIME.block_on(async { timeout(STUCK, self.portal.wait_for_held()).await });
        *held.expect("no call was held").first().expect("the portal was closed")
    }

    pub(crate) fn release(&self, how: Release) {
        self.portal.release(None, how);
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.portal.change_clock(ClockChange { advance_ms: Some(seconds * 1_000), ..ClockChange::default() });
    }

    /// A person writes one value.
    pub(crate) fn edit(&self, id: u64, property: &str, value: &str) {
        let properties = BTreeMap::from([(property.to_owned(), value.to_owned())]);
        self.person(Act::Set { id, properties });
    }

    pub(crate) fn person(&self, act: Act) {
        self.portal.with(|portal, now_ms| portal.people(now_ms, PeopleEdit::of(act))).unwrap();
    }

    /// Every contact that is not in the recycle bin.
    pub(crate) fn contacts(&self) -> Vec<RecordSeed> {
        let mut dump = self.portal.with(|portal, _| portal.dump());
        let contacts = dump.objects.remove("contacts").unwrap().records;
        contacts.into_iter().filter(|contact| contact.archived_at.is_none()).collect()
    }

    /// The current value of a contact's property; empty where there is none.
    pub(crate) fn value(&self, id: u64, property: &str) -> String {
        let contacts = self.contacts();
        let contact =
            contacts.iter().find(|contact| contact.id == id).unwrap_or_else(|| panic!("no contact {id}"));
        text(contact, property).to_owned()
    }

    pub(crate) fn requests(&self) -> Vec<LogEntry> {
        self.portal.with(|portal, _| portal.requests().cloned().collect())
    }

    /// How many calls may have changed something.
    pub(crate) fn writes(&self) -> usize {
        self.requests().iter().filter(|entry| entry.class == Class::Write).count()
    }

    /// The state store, while no program has it open.
    pub(crate) fn store(&self) -> SqliteStore {
        let options = Options::new(Host::new(|| 7));
        SqliteStore::open(&self.path(".trueup/trueup.db"), options).unwrap()
    }

    pub(crate) fn memory(&self) -> Memory {
        RUNTIME.block_on(self.store().memory(&pipeline())).unwrap()
    }

    pub(crate) fn journal(&self) -> Vec<Entry> {
        RUNTIME.block_on(self.store().journal(&pipeline(), JournalAsk::default())).unwrap()
    }

    /// Walks the journal's hash chain.
    pub(crate) fn verify(&self) {
        RUNTIME.block_on(self.store().verify(&pipeline())).unwrap();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            RUNTIME.spawn(server.shutdown());
        }
    }
}

/// Copies a folder and everything in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The value of a contact's property; empty where there is none.
pub(crate) fn text<'a>(contact: &'a RecordSeed, property: &str) -> &'a str {
    contact.properties.get(property).and_then(Option::as_deref).unwrap_or_default()
}

fn pipeline() -> PipelineName {
    PipelineName::new("leads")
}

const fn words(timing: Timing) -> &'static str {
    match timing {
        Timing::Long => "",
        Timing::Short => "\n    timing: { max_in_flight: 1ms, max_index_lag: 1ms, margin: 1ms }",
    }
}

fn snapshot(scenery: &Scenery) -> Value {
    let scopes = [
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.schemas.contacts.read",
        "crm.schemas.contacts.write",
        "crm.objects.owners.read",
    ];
    let mut properties = vec![json!({ "name": "trackingsource" }), json!({ "name": "commission_tier" })];
    if scenery.unique {
        properties.push(json!({ "name": "trueup_id", "hasUniqueValue": true }));
    }
    json!({
        "tokens": [{ "token": TOKEN, "scopes": scopes, "appId": "1" }],
        "owners": [{ "id": OWNER, "email": "owner@example.org" }, { "id": OTHER, "email": "other@example.org" }],
        "objects": { "contacts": { "properties": properties, "records": scenery.contacts } },
    })
}
