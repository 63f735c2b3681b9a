//! What a seed plays: a pipeline, and what people and oracles know of it.

use std::sync::Arc;

use trueup_core::setup::{Caps, Setup};

use crate::{
    mishap::Mishap,
    scene::{self, Variant, peers, terms::Terms},
    swarm::{Mirror, Options},
};

/// What a seed plays.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The pipeline.
    pub setup: Arc<Setup>,
    /// What people and oracles know of it.
    pub terms: Arc<Terms>,
}

impl Cast {
    /// The pipeline of a scene of ours.
    #[must_use]
    pub fn of(options: &Options) -> Self {
        Self { setup: setup(options, "sim"), terms: Arc::new(Terms::of_the_book(options.wire)) }
    }
}

/// The pipeline of a scene of ours, under the hash of a configuration.
#[expect(clippy::expect_used, reason = "a scene that cannot be built is a defect of this crate")]
pub(super) fn setup(options: &Options, config: &str) -> Arc<Setup> {
    let variant = |mirror: &Mirror| Variant {
        unique: mirror.unique,
        max_in_flight_ms: mirror.max_in_flight_ms,
        lag_ms: mirror.lag_ms,
    };
    let caps = if options.caps { Caps::default() } else { scene::no_caps() };
    let built = if options.scene.is_mutual() {
        let peer = |mirror: &Mirror| peers::Peer { variant: variant(mirror), feeds: mirror.feeds };
        let all: Vec<peers::Peer> = options.mirrors.iter().map(peer).collect();
        peers::setup(options.scene, variant(&options.truth), &all, options.rules, caps)
    } else {
        let variants: Vec<Variant> = options.mirrors.iter().map(variant).collect();
        let build = match options.mishap {
            _ if options.wire => scene::portal::setup,
            Some(Mishap::Renumbered) => scene::fixed_phones,
            _ => scene::book_as,
        };
        build(&variants, caps, config)
    };
    built.expect("the scene is valid")
}
