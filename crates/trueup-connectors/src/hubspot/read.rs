//! Which request answers which question.

use trueup_core::{name::RemoteId, record::Record, snapshot::Coverage};
use trueup_ports::{Ask, Fault, Page, Reach, View};

use super::{
    Hubspot, ids, list,
    search::{self, Condition},
    unique,
};

/// Answers one question.
pub(super) async fn read(hub: &Hubspot, ask: Ask) -> Result<Page, Fault> {
    let Ask { view, reach, columns, history } = ask;
    match reach {
        Reach::Ids(wanted) => ids::read(hub, &wanted, &columns, history).await,
        Reach::Unique { column, texts } => unique::read(hub, &column, &texts, &columns).await,
        Reach::Since { .. } => Err(Fault::Expired("contacts cannot be asked for by change".to_owned())),
        Reach::All(cursor) => match view {
            View::All => list::page(hub, cursor.as_deref(), &columns).await,
            View::Equals { column, text } => {
                search::page(hub, &Condition::Equals { column, text }, cursor.as_deref(), &columns).await
            }
            View::Carrying { outside, token, sought } => {
                let condition = Condition::Carrying { outside, token, sought };
                search::page(hub, &condition, cursor.as_deref(), &columns).await
            }
        },
    }
}

/// A page of named records: it says nothing about the rest.
pub(super) const fn named(records: Vec<Record>, missing: Vec<RemoteId>) -> Page {
    Page {
        records,
        next: None,
        cursor: None,
        missing,
        coverage: Coverage::Some,
        layout: None,
        troubles: Vec::new(),
    }
}
