//! What a seed switches on: each seed has its own mix, and a failing one is made smaller by switching off.

use jiff::SignedDuration;
use trueup_core::{merge::Survivor, setup::Action};

use crate::{
    chance::Chance,
    mishap::Mishap,
    scene::{MIRRORS, Scene, peers::Rules},
    table::{FaultName, Faults},
};

/// Everything that differs from seed to seed, besides what chance does later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that is put off by itself")]
pub struct Options {
    /// The seed.
    pub seed: u64,
    /// The pipeline.
    pub scene: Scene,
    /// What is made of differences, where the source of truth is written.
    pub rules: Rules,
    /// The source of truth, where it is written; else it is a file that never fails.
    pub truth: Mirror,
    /// How many looks at what changed lie between two whole runs.
    pub deltas: u32,
    /// Whether there is no whole run: everything is looked at only where what changed cannot be told alone. Then nobody
    /// puts anybody away, since only whole runs prove that somebody is gone.
    pub deltas_only: bool,
    /// Leads in the book at the beginning.
    pub records: u64,
    /// The mirrors.
    pub mirrors: Vec<Mirror>,
    /// How many instances of the engine there are.
    pub instances: usize,
    /// Whether they are processes of one host.
    pub one_host: bool,
    /// Minutes from the start of a cycle to the start of the next.
    pub every_min: u64,
    /// Hours of chaos.
    pub hours: u64,
    /// How often people act in that time.
    pub acts: u64,
    /// How many thousandths of the steps a person acts at.
    pub meddling: u64,
    /// How many ten-thousandths of the steps an instance dies at.
    pub kills: u64,
    /// How many ten-thousandths of the steps an instance is frozen at.
    pub freezes: u64,
    /// How many ten-thousandths of the steps a host's clock jumps at.
    pub jumps: u64,
    /// How many ten-thousandths of the steps an instance is cut off from the store at.
    pub cuts: u64,
    /// How many thousandths of the commits are done without an answer.
    pub unanswered: u64,
    /// Whether clocks of hosts, systems and store are wrong, by up to a day.
    pub skewed: bool,
    /// Whether the ordinary limits of a run hold.
    pub caps: bool,
    /// Whether the store is the one the product has.
    pub sqlite: bool,
    /// Whether the mirrors are portals of the sandbox, which the real connector asks over `Wire`.
    pub wire: bool,
    /// Whether somebody applies plans and takes runs back at a terminal meanwhile.
    pub errands: bool,
    /// Whether they also let go there what an undo holds, and have tried again what was refused.
    pub decides: bool,
    /// How many thousandths of the words by which they let a halt pass are for one record less than it concerns.
    pub low_ceilings: u64,
    /// Whether who causes a situation that is new in this seed often dies of it: what is rare is killed in as well.
    pub hunts: bool,
    /// Whether those who are killed are asked where they waited. Changes nothing of what happens.
    pub asks: bool,
    /// How many thousandths of the events of a system are lost, come twice, or come late.
    pub bad_post: u64,
    /// What happens to a whole side at once.
    pub mishap: Option<Mishap>,
}

/// The seeds of the book, by what remains of them by 20, whose mirrors are portals: one seed of four, and none that
/// has the product's store or was kept from before there were portals.
const WIRED: [u64; 5] = [8, 12, 13, 17, 18];

/// What is real in a seed besides the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing: systems and store are in memory.
    Memory,
    /// The store.
    Sqlite,
    /// The connector, and what HTTP it speaks with the sandbox.
    Wire,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Memory, Self::Sqlite, Self::Wire];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Wire => "wire",
        }
    }
}

/// One mirror of a seed.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an ability that a mirror has or has not, whatever the others"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Whether it has a unique column for our external id.
    pub unique: bool,
    /// Whether it tells past values.
    pub history: bool,
    /// Whether the answer to a write shows what it made of the values.
    pub shows: bool,
    /// Whether it puts records away.
    pub archives: bool,
    /// Whether its writes can be conditional.
    pub conditional: bool,
    /// The longest time after which a lost write can still land.
    pub max_in_flight_ms: u64,
    /// By how much listings lag behind.
    pub lag_ms: u64,
    /// Records of a page.
    pub page: usize,
    /// Records of a batch.
    pub batch: usize,
    /// Requests in ten seconds.
    pub rate: u64,
    /// Its times are told in steps of so many milliseconds.
    pub resolution_ms: i64,
    /// Whether records that people make there are made in the source of truth as well, where that is written.
    pub feeds: bool,
    /// How long a cursor of it is good for; for ever, when nothing is said.
    pub cursors_kept: Option<SignedDuration>,
    /// What goes wrong.
    pub faults: Faults,
}

/// Seeds below this one are named in tests and documents, and go on meaning what they meant before there were
/// errands, hunting and cursors that expire; all are drawn apart from the rest.
const NEWER: u64 = 2_000;

/// From this seed on somebody also decides something at a terminal; all seeds that a commit's hash names are such.
const DECIDING: u64 = 100_000_000;

/// A switch that makes a seed smaller.
pub type Switch = (&'static str, fn(&mut Options));

impl Options {
    /// What a seed switches on.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let (book, calm) = Self::book(seed);
        let mut options = match Scene::of(seed) {
            Scene::Book if WIRED.contains(&(seed % 20)) => return book.wired(),
            Scene::Book => book,
            scene => book.mutual(scene, calm),
        };
        options.telling();
        if let Some(mishap) = Mishap::of(seed, options.scene) {
            mishap.prepare(&mut options);
        }
        if options.may_do_without_whole_runs() {
            options.do_without_whole_runs();
        }
        options
    }

    /// What a seed switches on where its mirrors are portals, whatever its scene is otherwise.
    #[must_use]
    pub fn wired_book(seed: u64) -> Self {
        Self::book(seed).0.wired()
    }

    /// What a seed of the book switches on, and whether nothing but people disturbs it.
    fn book(seed: u64) -> (Self, bool) {
        let chance = Chance::new(seed ^ 0x7472_7565_7570);
        let some = |share: u64, most: u64| if chance.permille(share) { 1 + chance.below(most) } else { 0 };
        let mirrors = pick(&chance, [1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4]);
        let calm = chance.permille(60);
        let book = Self {
            seed,
            scene: Scene::Book,
            rules: Rules { survivor: Survivor::Canonical, gone: Action::Flag },
            truth: Mirror::file(),
            deltas: 0,
            deltas_only: false,
            records: records(&chance),
            mirrors: (0..mirrors).map(|_| Mirror::of(&chance, calm)).collect(),
            instances: usize_of(pick(&chance, [1, 1, 1, 1, 1, 1, 2, 2, 2, 3])),
            one_host: chance.permille(300),
            every_min: pick(
                &chance,
                [
                    15, 30, 60, 60, 60, 120, 120, 120, 120, 120, 120, 240, 240, 240, 240, 240, 240, 240, 240,
                    240,
                ],
            ),
            hours: 24,
            acts: pick(&chance, [5, 15, 30, 60, 120]),
            meddling: if calm { 0 } else { pick(&chance, [0, 2, 5, 10]) },
            kills: if calm { 0 } else { some(700, 60) },
            freezes: if calm { 0 } else { some(400, 12) },
            jumps: if calm { 0 } else { some(300, 6) },
            cuts: if calm { 0 } else { some(400, 12) },
            unanswered: if calm { 0 } else { some(300, 10) },
            skewed: chance.permille(300),
            caps: chance.permille(250),
            sqlite: seed % 4 == 3,
            wire: false,
            errands: seed >= NEWER && Chance::new(seed ^ 0x6572_7261_6e64).permille(250),
            decides: seed >= DECIDING,
            low_ceilings: low_ceilings(seed),
            hunts: !calm && seed >= NEWER && Chance::new(seed ^ 0x6875_6e74).permille(150),
            asks: false,
            bad_post: some(800, 300),
            mishap: None,
        };
        (book, calm)
    }

    /// The same with portals for mirrors: what the vendor can and cannot do is not drawn, nor is what it never does.
    fn wired(mut self) -> Self {
        for mirror in &mut self.mirrors {
            (mirror.history, mirror.conditional, mirror.resolution_ms) = (true, false, 1);
            for never in [FaultName::Seam, FaultName::Hidden, FaultName::Respelled, FaultName::Dropped] {
                mirror.faults = mirror.faults.with(never, 0);
            }
        }
        self.wire = true;
        self
    }

    /// What is real in this seed besides the engine.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match (self.wire, self.sqlite) {
            (true, _) => Kind::Wire,
            (false, true) => Kind::Sqlite,
            (false, false) => Kind::Memory,
        }
    }

    /// The same with a source of truth that is written. What is drawn for it is drawn apart, so that it shifts nothing.
    fn mutual(mut self, scene: Scene, calm: bool) -> Self {
        let chance = Chance::new(self.seed ^ 0x6d75_7475_616c);
        let mirrors = match scene {
            Scene::Hub => pick(&chance, [2, 2, 2, 3, 3, 4]),
            Scene::Fields => pick(&chance, [1, 1, 1, 2]),
            Scene::Pair | Scene::Book => 1,
        };
        let peer = || Mirror { unique: true, ..Mirror::of(&chance, calm) };
        self.mirrors = (0..mirrors).map(|_| Mirror { feeds: chance.permille(500), ..peer() }).collect();
        self.truth = peer();
        let survivors =
            [Survivor::Canonical, Survivor::Latest { skew_ms: 5_000 }, Survivor::Ask, Survivor::Mirror(0)];
        let survivor = survivors.get(chance.index(survivors.len())).copied().unwrap_or(Survivor::Canonical);
        self.rules = Rules {
            survivor: if scene == Scene::Hub { survivor } else { Survivor::Canonical },
            gone: if chance.permille(500) { Action::Fix } else { Action::Flag },
        };
        if scene == Scene::Fields {
            // A record that is born in a mirror lacks what does not flow in.
            self.mirrors.iter_mut().for_each(|mirror| mirror.feeds = false);
        }
        self.forgetful();
        self.deltas = u32::try_from(pick(&chance, [0, 0, 1, 2, 3, 5])).unwrap_or_default();
        self.scene = scene;
        self
    }

    /// Some systems forget their cursors.
    fn forgetful(&mut self) {
        if self.seed < NEWER {
            return;
        }
        let chance = Chance::new(self.seed ^ 0x0063_7572_736f_7273);
        for system in self.mirrors.iter_mut().chain([&mut self.truth]) {
            let kept = SignedDuration::from_mins(10 + chance.below(240).cast_signed());
            system.cursors_kept = chance.permille(100).then_some(kept);
        }
    }

    /// The answers of some systems show what they made of a write.
    fn telling(&mut self) {
        let chance = Chance::new(self.seed ^ 0x0073_686f_7773);
        for system in self.mirrors.iter_mut().chain([&mut self.truth]) {
            system.shows = self.seed >= NEWER && chance.permille(300);
        }
    }

    /// In some seeds nothing heals what a cursor passed by. No plan is applied in them, and nothing is tried again at a
    /// terminal: of that only whole runs see what came of it.
    fn may_do_without_whole_runs(&self) -> bool {
        let told_by_cursors = self.scene.is_mutual() && self.mishap.is_none() && !self.errands;
        let drawn = || Chance::new(self.seed ^ 0x0064_656c_7461_7321).permille(100);
        told_by_cursors && self.seed >= DECIDING && drawn()
    }

    /// What only whole runs find does not happen then: no system says what is not so, nor refuses until a look at what
    /// changed gives up.
    fn do_without_whole_runs(&mut self) {
        self.deltas_only = true;
        for system in self.mirrors.iter_mut().chain([&mut self.truth]) {
            system.faults = Faults::default();
        }
    }

    fn remember(&mut self) {
        for system in self.mirrors.iter_mut().chain([&mut self.truth]) {
            system.cursors_kept = None;
        }
    }

    /// By how much a clock is wrong in this seed.
    #[must_use]
    pub fn skew(&self, chance: &Chance) -> SignedDuration {
        let minutes = chance.below(2 * 24 * 60).cast_signed() - 24 * 60;
        SignedDuration::from_mins(if self.skewed { minutes } else { 0 })
    }

    /// Whether nothing goes wrong but what people do.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        let trouble = self.kills + self.freezes + self.jumps + self.cuts + self.unanswered + self.meddling;
        !self.errands
            && trouble == 0
            && self.mishap.is_none()
            && self.mirrors.iter().chain([&self.truth]).all(|mirror| mirror.faults.is_none())
    }

    /// Switches that make a seed smaller, in the order in which they are tried.
    pub const SWITCHES: [Switch; 25] = [
        ("no mishap", |o| o.mishap = None),
        ("one mirror", |o| o.mirrors.truncate(1)),
        ("no hunting", |o| o.hunts = false),
        ("no errands", |o| o.errands = false),
        ("nobody decides", |o| o.decides = false),
        ("no low ceilings", |o| o.low_ceilings = 0),
        ("no deltas", |o| o.deltas = 0),
        ("whole runs", |o| o.deltas_only = false),
        ("a truth that never fails", |o| o.truth.faults = Faults::default()),
        ("one instance", |o| o.instances = 1),
        ("two instances", |o| o.instances = o.instances.min(2)),
        ("no kills", |o| o.kills = 0),
        ("no freezes", |o| o.freezes = 0),
        ("no jumps", |o| o.jumps = 0),
        ("no cuts", |o| o.cuts = 0),
        ("no lost commits", |o| o.unanswered = 0),
        ("no skew", |o| o.skewed = false),
        ("no caps", |o| o.caps = false),
        ("no meddling", |o| o.meddling = 0),
        ("good post", |o| o.bad_post = 0),
        ("cursors that last", Self::remember),
        ("half the records", |o| o.records = (o.records / 2).max(1)),
        ("half the acts", |o| o.acts /= 2),
        ("half the day", |o| o.hours = (o.hours / 2).max(1)),
        ("store in memory", |o| o.sqlite = false),
    ];
}

impl Mirror {
    fn of(chance: &Chance, calm: bool) -> Self {
        let mut faults = Faults::default();
        for name in FaultName::ALL {
            // Each fault is off in many seeds: two that always come together hide each other.
            if !calm && chance.permille(400) {
                faults = faults.with(name, 1 + chance.below(name.most()));
            }
        }
        Self {
            unique: chance.permille(700),
            history: chance.permille(800),
            shows: false,
            archives: true,
            conditional: chance.permille(200),
            max_in_flight_ms: 2_000 + chance.below(60_000),
            lag_ms: if chance.permille(700) { chance.below(60_000) } else { 0 },
            page: usize_of(pick(chance, [3, 7, 20, 100])),
            batch: usize_of(pick(chance, [1, 10, 10, 100])),
            rate: pick(chance, [10, 40, 100]),
            resolution_ms: pick(chance, [1, 1, 1, 1000]).cast_signed(),
            feeds: false,
            cursors_kept: None,
            faults,
        }
    }

    /// A file on this host: all at once, at any time.
    fn file() -> Self {
        Self {
            unique: false,
            history: true,
            shows: false,
            archives: true,
            conditional: false,
            max_in_flight_ms: 0,
            lag_ms: 0,
            page: 100,
            batch: 10,
            rate: 100,
            resolution_ms: 1,
            feeds: false,
            cursors_kept: None,
            faults: Faults::default(),
        }
    }

    /// Switches all its faults off, one after the other: each as a smaller mirror.
    pub fn smaller(&self) -> impl Iterator<Item = (FaultName, Self)> {
        let on = FaultName::ALL.into_iter().filter(|name| self.faults.share(*name) > 0);
        on.map(|name| (name, Self { faults: self.faults.with(name, 0), ..self.clone() }))
    }
}

/// In two of five seeds people let too little pass every other time. Drawn apart, so that it shifts nothing.
fn low_ceilings(seed: u64) -> u64 {
    let drawn = seed >= DECIDING && Chance::new(seed ^ 0x6365_696c_696e_6773).permille(400);
    if drawn { 500 } else { 0 }
}

/// Few leads in most seeds, many in some.
fn records(chance: &Chance) -> u64 {
    match chance.below(100) {
        0..80 => 2 + chance.below(7),
        80..94 => 9 + chance.below(17),
        94..99 => 26 + chance.below(35),
        _ => 61 + chance.below(140),
    }
}

fn pick<const N: usize>(chance: &Chance, from: [u64; N]) -> u64 {
    from.get(chance.index(N)).copied().unwrap_or_default()
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The names of the mirrors of a seed.
pub fn names(options: &Options) -> impl Iterator<Item = &'static str> {
    MIRRORS.into_iter().take(options.mirrors.len())
}
