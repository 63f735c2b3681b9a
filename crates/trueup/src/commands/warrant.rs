//! How a plan or a run is asked for, as far as the guard cares.

use trueup_engine::{Account, Engine, Planned, Stop};
use trueup_ports::StoreError;

/// Plans for a person who reads the plan: the first one of a configuration is no halt.
///
/// # Errors
/// [`Stop`] when a system cannot be read or memory fails.
pub(super) async fn plan(engine: &Engine) -> Result<Planned, Stop> {
    ask(|warrant| engine.plan(warrant), |warrant| warrant.reviewed = true).await
}

/// Runs one cycle; `first` says that this is the first of its configuration.
///
/// # Errors
/// [`StoreError`] when nothing could be recorded.
pub(super) async fn run(engine: &Engine, first: bool) -> Result<Account, StoreError> {
    ask(|warrant| engine.run(warrant), |warrant| warrant.first = first).await
}

fn ask<W: Default, T>(call: impl FnOnce(W) -> T, set: impl FnOnce(&mut W)) -> T {
    let mut warrant = W::default();
    set(&mut warrant);
    call(warrant)
}
