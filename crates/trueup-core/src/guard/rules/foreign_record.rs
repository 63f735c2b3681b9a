//! The accident: a search filter is ignored (a renamed property, an API that drops what it does not
//! know), the listing of "our" records holds everybody's, and the run tidies up the whole portal.
//! A single record from outside proves that the filter failed, so nothing read with it is believed.

use super::stop_all;
use crate::{
    guard::{Facts, Objection},
    name::RemoteId,
};

pub(super) fn ask(facts: &Facts<'_>) -> Vec<Objection> {
    let failed = facts.mirrors.iter().filter(|(_, mirror)| !mirror.foreign.is_empty());
    failed
        .map(|(system, mirror)| {
            let ids: Vec<&str> = mirror.foreign.iter().take(3).map(RemoteId::as_str).collect();
            let more = if mirror.foreign.len() > ids.len() { ", …" } else { "" };
            let what = format!(
                "the scoped listing gave {} from outside the scope: {}{more}; check the filter and the token's rights",
                records(mirror.foreign.len()),
                ids.join(", "),
            );
            stop_all(system, mirror.foreign.len(), what)
        })
        .collect()
}

fn records(count: usize) -> String {
    format!("{count} record{}", if count == 1 { "" } else { "s" })
}
