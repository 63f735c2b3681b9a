//! At which awaits a task is suspended.
//!
//! Whoever is about to be killed is polled once more, with a flag up. Under the flag what a simulation waits for
//! ([`Sleep`](super::clock::Sleep), [`step`](super::step)) does nothing but remember the call stack, and stays
//! pending: the story goes on as if nobody had asked. Each frame of the engine and its ports is one await. Lines are
//! known only of crates built with line tables: of all of ours in the profile `proof`, of engine, ports and simulation in `ci`.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Waker},
};

/// An await, as a place in the sources: `crates/trueup-engine/src/apply.rs:120:14`.
pub type Place = String;

/// The crates whose awaits are of interest.
const CRATES: [&str; 3] = ["crates/trueup-engine/", "crates/trueup-ports/", "crates/trueup-store/"];

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
    static STACK: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// What each address stands for, looked up once.
static KNOWN: Mutex<BTreeMap<usize, Arc<[Place]>>> = Mutex::new(BTreeMap::new());

/// The awaits at which a future is suspended that was polled before, outermost or innermost in no order. It does not
/// notice.
pub(super) fn waits_at<T>(future: Pin<&mut dyn Future<Output = T>>) -> BTreeSet<Place> {
    ask(|| {
        let asked = future.poll(&mut Context::from_waker(Waker::noop()));
        debug_assert!(asked.is_pending(), "who is only asked does not go on");
    })
}

/// Polls once more, and says at which awaits that was.
fn ask(poll: impl FnOnce()) -> BTreeSet<Place> {
    STACK.take();
    ASKING.set(true);
    poll();
    ASKING.set(false);
    let stack = STACK.take();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut places = BTreeSet::new();
    for address in stack {
        places.extend(known.entry(address).or_insert_with(|| places_of(address)).iter().cloned());
    }
    places
}

/// Whether somebody only asks; if so, the stack is remembered.
pub(super) fn is_asked() -> bool {
    let asking = ASKING.get();
    if asking {
        STACK.with_borrow_mut(|stack| {
            backtrace::trace(|frame| {
                stack.push(frame.ip().addr());
                true
            });
        });
    }
    asking
}

/// The awaits at an address: several, where functions were inlined into each other.
fn places_of(address: usize) -> Arc<[Place]> {
    let mut places = Vec::new();
    // The address is the one to return to, which may be on the next line already.
    let at = std::ptr::without_provenance_mut(address.saturating_sub(1));
    backtrace::resolve(at, |symbol| {
        let (Some(file), Some(line), Some(column)) = (symbol.filename(), symbol.lineno(), symbol.colno())
        else {
            return;
        };
        places.extend(relative(&file.to_string_lossy()).map(|file| format!("{file}:{line}:{column}")));
    });
    places.into()
}

/// The path inside the project, of a file of the crates of interest.
fn relative(file: &str) -> Option<&str> {
    let at = CRATES.iter().find_map(|name| file.find(name))?;
    file.get(at..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_the_root_of_the_project_and_of_three_crates_only() {
        let file = "/somewhere/crates/trueup-engine/src/apply.rs";
        assert_eq!(relative(file), Some("crates/trueup-engine/src/apply.rs"));
        assert_eq!(relative("/somewhere/crates/trueup-sim/src/world.rs"), None);
    }

    #[test]
    fn the_stack_is_remembered_only_while_somebody_asks() {
        assert!(!is_asked());
        let mut asked = false;
        ask(|| asked = is_asked());
        assert!(asked && !is_asked());
    }
}
