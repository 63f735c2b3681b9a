//! Visits every state of a model.

use std::{collections::BTreeMap, hash::Hash, num::NonZero, thread};

use stateright::{Checker as _, HasDiscoveries, Model};

/// What a visit of a model came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// How many different states there are, or were seen before the visit ended early.
    pub states: usize,
    /// The actions that lead to a broken law, or to what should sometimes be so, under its name.
    pub paths: BTreeMap<&'static str, Vec<String>>,
}

/// Visits all states, however many, and keeps the shortest path to each discovery.
#[must_use]
pub fn every_state<M>(model: M) -> Visit
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + std::fmt::Debug + Hash + Send + Sync + PartialEq + 'static,
    M::Action: Clone + std::fmt::Debug + Send + Sync + PartialEq + 'static,
{
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    visit(model, HasDiscoveries::All, threads)
}

/// Visits states until one law is broken, or all of them if it never is.
#[must_use]
pub fn until_broken<M>(model: M, law: &'static str) -> Visit
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + std::fmt::Debug + Hash + Send + Sync + PartialEq + 'static,
    M::Action: Clone + std::fmt::Debug + Send + Sync + PartialEq + 'static,
{
    // One thread, so that the path is a shortest one and the same each time.
    visit(model, HasDiscoveries::AnyOf([law].into()), 1)
}

fn visit<M>(model: M, end: HasDiscoveries, threads: usize) -> Visit
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + std::fmt::Debug + Hash + Send + Sync + PartialEq + 'static,
    M::Action: Clone + std::fmt::Debug + Send + Sync + PartialEq + 'static,
{
    let checker = model.checker().threads(threads).finish_when(end).spawn_bfs().join();
    let told = |actions: Vec<M::Action>| actions.iter().map(|action| format!("{action:?}")).collect();
    let found = checker.discoveries().into_iter();
    let paths = found.map(|(name, path)| (name, told(path.into_actions()))).collect();
    Visit { states: checker.unique_state_count(), paths }
}
