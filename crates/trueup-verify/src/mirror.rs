//! One mirror, as this crate read it.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    memory::Memory,
    name::RemoteId,
    record::Record,
    setup::{Lens, MirrorSide},
};
use trueup_ports::{Inspection, Outside, Sought, View};

use crate::{
    Unproven,
    read::{Named, Reader},
};

/// One mirror: every record that could be ours, each read by id, so that no listing that lags is believed.
pub(crate) struct Theirs {
    /// The account behind the credential.
    pub(crate) tenant: String,
    /// Where the column with our external id stands in a record.
    pub(crate) ext_id: Option<usize>,
    /// The records inside the scope.
    pub(crate) in_scope: BTreeMap<RemoteId, Record>,
    /// Records outside the scope: linked ones, and others that carry our token.
    pub(crate) outside: BTreeMap<RemoteId, Record>,
    became: BTreeMap<RemoteId, RemoteId>,
}

impl Theirs {
    /// Lists the scope and the records outside of it that carry our token, and reads them and every linked record
    /// by id.
    pub(crate) async fn read(
        reader: &Reader<'_>,
        side: &MirrorSide,
        memory: &Memory,
    ) -> Result<Self, Unproven> {
        let inspection = reader.inspect().await?;
        recognise(reader, memory, &inspection)?;
        let (columns, ext_id) = columns(side);
        let mut ids: BTreeSet<RemoteId> = BTreeSet::new();
        for view in views(side) {
            ids.extend(reader.whole(&view, &narrow(side, &view)).await?.records.into_keys());
        }
        let links = memory.links.values().filter(|link| link.system == *reader.system);
        ids.extend(links.map(|link| link.remote.clone()));
        let Named { records, became, missing: _ } = reader.named(&ids, &columns).await?;
        let inside = |record: &Record| side.scope.as_ref().is_none_or(|scope| scope.holds(record));
        let (in_scope, outside) = records.into_iter().partition(|(_, record)| inside(record));
        Ok(Self { tenant: inspection.tenant, ext_id, in_scope, outside, became })
    }

    /// The record that an id stands for now, inside the scope or outside; `None` when the system says that there
    /// is none.
    pub(crate) fn now(&self, id: &RemoteId) -> Option<&Record> {
        let id = self.became.get(id).unwrap_or(id);
        self.in_scope.get(id).or_else(|| self.outside.get(id))
    }
}

/// Nothing that a system says is believed unless it is the account it was (I-29).
pub(crate) fn recognise(
    reader: &Reader<'_>,
    memory: &Memory,
    inspection: &Inspection,
) -> Result<(), Unproven> {
    match memory.tenants.get(reader.system).filter(|pinned| **pinned != inspection.tenant) {
        Some(pinned) => Err(Unproven::Tenant {
            system: reader.system.clone(),
            pinned: pinned.clone(),
            found: inspection.tenant.clone(),
        }),
        None => Ok(()),
    }
}

/// The columns read of each record: those of the configuration, then that of our external id.
fn columns(side: &MirrorSide) -> (Vec<String>, Option<usize>) {
    let mut columns = side.side.columns.clone();
    let at = side.ext_id_column.as_ref().map(|name| {
        columns.iter().position(|column| column == name).unwrap_or_else(|| {
            columns.push(name.clone());
            columns.len() - 1
        })
    });
    (columns, at)
}

/// The scope, and where there is one the records outside of it that carry our token.
fn views(side: &MirrorSide) -> Vec<View> {
    let Some(scope) = &side.scope else { return vec![View::All] };
    let column = side.side.columns.get(scope.column).cloned().unwrap_or_default();
    let survey = side.token.and_then(|token| side.side.binding(token)).and_then(|binding| {
        let Lens::Tokens { prefix } = &binding.lens else { return None };
        Some(View::Carrying {
            outside: Some(Outside { column: column.clone(), text: scope.equals.clone() }),
            token: side.side.column(binding).to_owned(),
            sought: Sought { prefix: prefix.clone(), key: None },
        })
    });
    [View::Equals { column, text: scope.equals.clone() }].into_iter().chain(survey).collect()
}

/// The columns that a listing is asked for: what its view looks at. Everything else is read by id.
fn narrow(side: &MirrorSide, view: &View) -> Vec<String> {
    match view {
        View::All => side.side.columns.iter().take(1).cloned().collect(),
        View::Equals { column, .. } => vec![column.clone()],
        View::Carrying { outside, token, .. } => {
            outside.iter().map(|outside| outside.column.clone()).chain([token.clone()]).collect()
        }
    }
}
