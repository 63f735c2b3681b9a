//! Attacks played end to end: the real engine and connector over real HTTP, against a sandbox on loopback.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::net::TcpListener;
use trueup_connectors::hubspot::{Hubspot, Settings};
use trueup_core::{
    card::Card,
    guard::Rule,
    memory::Outcome,
    name::SystemName,
    plan::Requests,
    record::Record,
    setup::{MirrorSide, Setup},
    snapshot::Coverage,
};
use trueup_engine::{Account, Engine, Systems, Truth, Warrant};
use trueup_ports::{
    Ask, Fault, FieldInfo, Inspection, Page, Permit, Reach, Settled, Source, Target, View,
    wire::{BaseUrl, Paces},
};
use trueup_sandbox::{
    clock::Clock,
    http::{Sandbox, Server, serve},
    hubspot::{ObjectsSnapshot, Owner, Portal, PropertyDefinition, RecordSeed, Snapshot, Token},
    log::Class,
};
use trueup_store::MemoryStore;

use super::{Proof, copy, shape};
use crate::{
    commands::context::Context,
    host::{Http, random},
    output::Failure,
    wiring::Wired,
};

/// Somebody else's number, should the scope be an owner's.
const STRANGER: &str = "1";
const CALL: Duration = Duration::from_secs(30);

/// Plays every attack that can be played, each in a world of its own.
pub(super) async fn all(
    context: &Context<'_>,
    wired: &Wired,
    setup: &Arc<Setup>,
    side: &MirrorSide,
) -> Result<Vec<Proof>, Failure> {
    let canary = format!("canary-{:016x}", random());
    let mut proofs = Vec::new();
    let mut told = String::new();
    for attack in [Attack::Foreign, Attack::Mass, Attack::Emptied] {
        if attack == Attack::Foreign && side.scope.is_none() {
            continue;
        }
        let world = Played::new(wired, setup, side, &canary).await?;
        proofs.push(world.attacked(attack, &mut told).await?);
        context.terminal.say(attack.words());
    }
    let silent = !told.contains(&canary) && !told.is_empty();
    proofs.push(Proof {
        name: "secret".into(),
        attack: "a canary as the token, looked for in every account of a run",
        held: silent,
        through: None,
    });
    Ok(proofs)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attack {
    Foreign,
    Mass,
    Emptied,
}

impl Attack {
    const fn rule(self) -> Rule {
        match self {
            Self::Foreign => Rule::ForeignRecord,
            Self::Mass => Rule::TooManyUpdates,
            Self::Emptied => Rule::EmptiedSource,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Foreign => "played: the filter lets a stranger's record through",
            Self::Mass => "played: every record of the source changes",
            Self::Emptied => "played: the source is empty",
        }
    }
}

/// A world of its own: a store in memory, a source that can be changed, a portal on loopback.
struct Played {
    engine: Engine,
    source: Arc<Mutex<Vec<Record>>>,
    is_leaking: Arc<Mutex<bool>>,
    server: Server,
}

impl Played {
    async fn new(
        wired: &Wired,
        setup: &Arc<Setup>,
        side: &MirrorSide,
        canary: &str,
    ) -> Result<Self, Failure> {
        // Aliases of the original: only the systems of the attacked mirror are in this world.
        let system = side.side.system.clone();
        let alone = Arc::new(copy::changed(setup, |draft| {
            draft.mirrors.retain(|mirror| mirror.side.system == system);
        })?);
        let count = shape::size(setup);
        let source: Vec<Record> = (0..count).map(|number| shape::canonical(setup, number, 0)).collect();
        let server = portal(setup, side, &source, canary).await?;
        let (records, is_leaking) = (Arc::new(Mutex::new(source)), Arc::new(Mutex::new(false)));
        let target = Leaky {
            inner: hubspot(wired, setup, side, &server.url(), canary)?,
            is_leaking: Arc::clone(&is_leaking),
            size: count,
        };
        let canonical = Invented {
            card: card(&alone.canonical().system),
            columns: alone.canonical().columns.clone(),
            records: Arc::clone(&records),
        };
        let mirrors: BTreeMap<SystemName, Arc<dyn Target>> =
            BTreeMap::from([(system, Arc::new(target) as Arc<dyn Target>)]);
        let engine = Engine {
            world: Arc::clone(&wired.world),
            store: Arc::new(MemoryStore::new(trueup_store::Host::new(random))),
            setup: alone,
            systems: Systems { canonical: Truth::Read(Arc::new(canonical)), mirrors },
        };
        Ok(Self { engine, source: records, is_leaking, server })
    }

    /// A calm first run, then the attack; it is held when its rule halts and nothing is sent.
    async fn attacked(self, attack: Attack, told: &mut String) -> Result<Proof, Failure> {
        let first = self.engine.run(Warrant { first: true, reviewed: false }).await?;
        let calm = matches!(first.outcome, Outcome::Done | Outcome::NeedsPerson) && first.error.is_none();
        if !calm {
            let why = first.error.unwrap_or_else(|| "its first run did not go well".to_owned());
            return Err(Failure::failed(
                "proof_world",
                format!("the sandbox of the proof is not calm: {why}"),
            ));
        }
        self.disturb(attack);
        let before = self.writes();
        let account: Account = self.engine.run(Warrant::default()).await?;
        let halted = account.halts.iter().any(|halt| halt.rule == attack.rule() && halt.approved.is_none());
        let sent = self.writes() - before;
        *told += &serde_json::to_string(&(&first, &account)).unwrap_or_default();
        self.server.shutdown().await;
        Ok(Proof {
            name: attack.rule().name().to_owned(),
            attack: attack.words(),
            held: halted && sent == 0,
            through: None,
        })
    }

    fn disturb(&self, attack: Attack) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        match attack {
            Attack::Foreign => *self.is_leaking.lock().unwrap_or_else(PoisonError::into_inner) = true,
            Attack::Mass => {
                let size = source.len();
                *source = (0..size).map(|number| shape::canonical(&self.engine.setup, number, 1)).collect();
            }
            Attack::Emptied => source.clear(),
        }
    }

    fn writes(&self) -> usize {
        self.server
            .shared()
            .with(|portal, _| portal.requests().filter(|entry| entry.class == Class::Write).count())
    }
}

async fn portal(
    setup: &Setup,
    side: &MirrorSide,
    source: &[Record],
    canary: &str,
) -> Result<Server, Failure> {
    let failed = |why: String| Failure::failed("proof_sandbox", why);
    let scope = side.scope.as_ref();
    let owner =
        |id: &str| Owner { id: id.to_owned(), email: format!("owner{id}@example.org"), ..Owner::default() };
    let owners = scope.map(|scope| vec![owner(&scope.equals), owner(STRANGER)]).unwrap_or_default();
    let standard = Portal::default().dump();
    let known: Vec<String> = standard
        .objects
        .values()
        .flat_map(|objects| &objects.properties)
        .map(|one| one.name.clone())
        .collect();
    let unique = |name: &String| side.ext_id_column.as_ref() == Some(name);
    let columns = side.side.columns.iter().chain(&side.ext_id_column).filter(|name| !known.contains(*name));
    let mut properties: Vec<PropertyDefinition> = columns
        .map(|name| PropertyDefinition { has_unique_value: unique(name), ..PropertyDefinition::text(name) })
        .collect();
    properties.dedup_by(|a, b| a.name == b.name);
    let records =
        source.iter().enumerate().map(|(number, record)| seed(setup, side, number, record)).collect();
    let objects = BTreeMap::from([(
        "contacts".to_owned(),
        ObjectsSnapshot { properties, records, ..ObjectsSnapshot::default() },
    )]);
    let snapshot = Snapshot {
        tokens: vec![Token::with_all_scopes(canary)],
        owners: owners.into_iter().filter(|owner| owner.id.parse::<u64>().is_ok()).collect(),
        objects,
        ..Snapshot::default()
    };
    let portal = Portal::from_snapshot(snapshot).map_err(|error| failed(error.to_string()))?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| failed(error.to_string()))?;
    serve(listener, Sandbox { portal, clock: Clock::default() }).map_err(|error| failed(error.to_string()))
}

fn seed(setup: &Setup, side: &MirrorSide, number: usize, record: &Record) -> RecordSeed {
    let id = shape::remote(number).as_str().parse().unwrap_or_default();
    let cells = shape::agreeing(setup, side, record);
    cells.iter().fold(RecordSeed::new(id), |seed, (column, text)| seed.value(column, text))
}

fn hubspot(
    wired: &Wired,
    setup: &Setup,
    side: &MirrorSide,
    url: &str,
    canary: &str,
) -> Result<Hubspot, Failure> {
    let failed = |error: trueup_ports::wire::BadWiring| Failure::failed("proof_sandbox", error.to_string());
    let mut settings = Settings::new(
        side.side.system.clone(),
        BaseUrl::parse(url).map_err(failed)?,
        SecretString::from(canary.to_owned()),
    );
    settings.ext_id_column.clone_from(&side.ext_id_column);
    settings.policy.write_patience = Duration::from_millis(setup.timing().guard_age_ms);
    settings.limits.burst = 10_000;
    settings.limits.search = 10_000;
    let transport = Arc::new(Http::local(CALL)?);
    Hubspot::new(settings, transport, Arc::clone(&wired.world), &Paces::default()).map_err(failed)
}

fn card(system: &SystemName) -> Card {
    use trueup_core::card::{BatchSizes, Verbs};
    Card {
        system: system.clone(),
        kind: "proof".into(),
        batch: BatchSizes { read: usize::MAX, read_history: 0, create: 0, update: 0, archive: 0 },
        verbs: Verbs::default(),
        delta: false,
        history: false,
        compare_and_set: false,
        merges: false,
        unique_ext_id: false,
        max_in_flight: Duration::ZERO,
        max_index_lag: Duration::ZERO,
        rates: Vec::new(),
    }
}

/// A source of invented records.
struct Invented {
    card: Card,
    columns: Vec<String>,
    records: Arc<Mutex<Vec<Record>>>,
}

#[async_trait]
impl Source for Invented {
    fn card(&self) -> &Card {
        &self.card
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        let column = |name: &String| FieldInfo {
            name: name.clone(),
            kind: "cell".into(),
            writable: false,
            unique: false,
            options: Vec::new(),
        };
        Ok(Inspection {
            tenant: "proof".into(),
            columns: self.columns.iter().map(column).collect(),
            problems: Vec::new(),
        })
    }

    async fn read(&self, _ask: Ask) -> Result<Page, Fault> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Page {
            records,
            next: None,
            cursor: None,
            missing: Vec::new(),
            coverage: Coverage::Whole,
            layout: None,
            troubles: Vec::new(),
        })
    }

    fn requests(&self) -> Requests {
        Requests::default()
    }
}

/// The connector, and a filter that can be made to fail.
struct Leaky {
    inner: Hubspot,
    is_leaking: Arc<Mutex<bool>>,
    size: usize,
}

#[async_trait]
impl Source for Leaky {
    fn card(&self) -> &Card {
        self.inner.card()
    }

    async fn inspect(&self) -> Result<Inspection, Fault> {
        self.inner.inspect().await
    }

    async fn read(&self, ask: Ask) -> Result<Page, Fault> {
        let listing = matches!((&ask.view, &ask.reach), (View::Equals { .. }, Reach::All(_)));
        let width = ask.columns.len();
        let mut page = self.inner.read(ask).await?;
        if listing && *self.is_leaking.lock().unwrap_or_else(PoisonError::into_inner) {
            let cells = vec![trueup_core::value::Cell::text(STRANGER); width];
            page.records.push(Record::new(shape::remote(self.size + 1), cells));
        }
        Ok(page)
    }

    fn requests(&self) -> Requests {
        self.inner.requests()
    }
}

#[async_trait]
impl Target for Leaky {
    async fn write(&self, permits: Vec<Permit>) -> Vec<Settled> {
        self.inner.write(permits).await
    }
}
