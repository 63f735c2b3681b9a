//! The accident: a mapping is edited on Friday evening, the scheduled run carries it out at once, and
//! what was meant for one field is done to all. The first plan of a configuration is only shown; a
//! person applies it by its id, or says that this run is the first. A changed configuration halts also
//! while it asks for nothing: taken over in silence, it would not halt on the day it asks for everything.

use super::{changes, stop_all};
use crate::{
    guard::{Facts, Objection},
    plan::Plan,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    let known = facts.memory.config_hash.as_deref();
    let what = match known {
        _ if facts.first || facts.reviewed => return Vec::new(),
        Some(hash) if hash == facts.setup.config_hash() => return Vec::new(),
        Some(_) => "the configuration changed since the last run: read the plan, then apply it by its id",
        None => "nothing was ever applied here: read the plan, then apply it by its id or run with --first",
    };
    let counted = facts.mirrors.keys().map(|system| (system, changes(plan, system, None).count()));
    let needed = counted.filter(|(_, count)| *count > 0 || known.is_some());
    needed.map(|(system, count)| stop_all(system, count, what.to_owned())).collect()
}
