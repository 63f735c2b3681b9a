//! The systems of a seed: where they stand, and what is behind them.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use trueup_audit::line::Line;
use trueup_core::{name::SystemName, setup::Setup};
use trueup_sandbox::log::Class;

use super::stage::lock;
use crate::{
    chance::Chance,
    executor::HostClock,
    hubspot::{
        Server,
        behaviour::{self, Nature},
    },
    scene::terms::Terms,
    swarm::{Mirror, Options},
    table::{Faults, Table},
};

/// What the sandbox calls a portal in the names of its faults.
const PORTAL: &str = "hubspot";

/// A system, as long as the seed lasts.
pub(super) struct Place {
    pub(super) name: SystemName,
    pub(super) table: Arc<Mutex<Table>>,
    pub(super) faults: Arc<Mutex<Faults>>,
    /// What the table shows, if it shows a portal.
    pub(super) portal: Option<Arc<Mutex<Server>>>,
    pub(super) clock: HostClock,
    pub(super) options: Mirror,
}

impl Place {
    /// By which system's name its faults are counted: a portal's by the one the sandbox gives them.
    pub(super) fn family(&self) -> &str {
        if self.portal.is_some() { PORTAL } else { self.name.as_str() }
    }

    /// A system of which the table is all there is.
    pub(super) fn new(name: SystemName, options: &Mirror, clock: HostClock) -> Self {
        Self {
            name,
            table: Arc::default(),
            faults: Arc::new(Mutex::new(options.faults)),
            portal: None,
            clock,
            options: options.clone(),
        }
    }

    /// Lets what is due arrive and land. A portal is always taken before the table in which it is shown.
    pub(super) fn land(&self, now: Timestamp) {
        match &self.portal {
            Some(portal) => lock(portal).land(&mut lock(&self.table), now),
            None => lock(&self.table).land(now),
        }
    }

    /// How many write requests arrived so far, as the system itself notes them.
    pub(super) fn writes(&self) -> usize {
        match &self.portal {
            Some(portal) => lock(portal).requests().filter(|entry| entry.class == Class::Write).count(),
            None => lock(&self.table).log.lines().filter(|line| matches!(line, Line::Request(_))).count(),
        }
    }

    /// Nothing goes wrong from now on.
    pub(super) fn calm(&self) {
        *lock(&self.faults) = Faults::default();
        if let Some(portal) = &self.portal {
            lock(portal).forgive();
        }
    }
}

/// The mirrors of a pipeline, each with a clock of its own.
pub(super) fn places(
    options: &Options,
    setup: &Setup,
    terms: &Terms,
    clock: impl Fn() -> HostClock,
) -> Vec<Place> {
    let names = setup.mirrors().iter().map(|mirror| mirror.side.system.clone());
    let mut places: Vec<Place> =
        names.zip(&options.mirrors).map(|(name, mirror)| Place::new(name, mirror, clock())).collect();
    if options.wire {
        portals(options.seed, terms, &mut places);
    }
    places
}

/// Puts a portal behind each mirror. What is drawn for them is drawn apart, so that it shifts nothing.
#[expect(clippy::expect_used, reason = "a portal that cannot be built is a defect of this crate")]
fn portals(seed: u64, terms: &Terms, mirrors: &mut [Place]) {
    let chance = Chance::new(seed ^ 0x706f_7274_616c);
    let words = terms.mirrors.iter().filter_map(|mirror| mirror.words.clone());
    for ((number, place), words) in (1..).zip(mirrors).zip(words) {
        let own = &place.options;
        let (lag_ms, burst) = (own.lag_ms.cast_signed(), own.rate);
        let nature = Nature { number, unique: own.unique, lag_ms, burst };
        let mut portal = behaviour::portal(&nature, &words).expect("its properties are few");
        portal.set_settings(behaviour::settings(&nature, &chance), 0);
        place.portal = Some(Arc::new(Mutex::new(Server::new(portal, words, place.clock.clone()))));
    }
}
