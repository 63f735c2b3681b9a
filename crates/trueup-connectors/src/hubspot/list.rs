//! Every record there is, in the order of ids.

use std::collections::HashSet;

use trueup_core::snapshot::Coverage;
use trueup_ports::{Fault, Page, wire::Call};

use super::{
    Hubspot,
    record::record,
    wire::{Listing, Paging},
};

/// Records per page (facts 3).
const LIMIT: &str = "100";
/// HubSpot answers 414 to a longer url (facts 3).
const COLUMNS_CHARS_MAX: usize = 15_000;

/// Reads one page of the listing. Its cursor is HubSpot's own and never an offset (trap 15).
pub(super) async fn page(hub: &Hubspot, cursor: Option<&str>, columns: &[String]) -> Result<Page, Fault> {
    let names = columns.join(",");
    if names.len() > COLUMNS_CHARS_MAX {
        let what = format!("{} columns do not fit into one listing; map fewer of them", columns.len());
        return Err(Fault::Denied(what));
    }
    let mut call = Call::get(hub.paths.objects(&[])).with("limit", LIMIT).with("properties", &names);
    if let Some(after) = cursor {
        call = call.with("after", after);
    }
    let answer = hub.wire.query(call).await?;
    if !answer.is_success() {
        return Err(answer.garbled("a listing does not answer so"));
    }
    let listing: Listing = answer.json()?;
    let next = Paging::after(listing.paging);
    // The loop detector: a listing that points at the page just read would never end.
    if next.is_some() && (next.as_deref() == cursor || listing.results.is_empty()) {
        return Err(answer.garbled("its next page is the same one again"));
    }
    // A record that stands on the page twice is there once.
    let mut seen = HashSet::new();
    let once = listing.results.into_iter().filter(|object| seen.insert(object.id.clone()));
    let read = once.map(|object| record(hub.settings.object, object, columns));
    let records = read.collect::<Result<Vec<_>, _>>().map_err(|why| answer.garbled(&why))?;
    Ok(Page {
        records,
        next,
        cursor: None,
        missing: Vec::new(),
        coverage: Coverage::Whole,
        layout: None,
        troubles: Vec::new(),
    })
}
