//! The source of truth, as this crate read it.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{
    memory::Memory,
    name::{EntityKey, RemoteId},
    record::Record,
    setup::Setup,
    snapshot::SourceTrouble,
};
use trueup_ports::View;

use crate::{Class, Difference, Report, Unproven, known::Known, read::Reader};

/// The source of truth: every record by its key, and what cannot be taken at its word.
pub(crate) struct Ours {
    pub(crate) records: BTreeMap<EntityKey, Record>,
    troubles: Vec<SourceTrouble>,
}

impl Ours {
    /// Reads all of it. Where listings may lag, every value is read by id as well.
    pub(crate) async fn read(reader: &Reader<'_>, setup: &Setup, memory: &Memory) -> Result<Self, Unproven> {
        let inspection = reader.inspect().await?;
        crate::mirror::recognise(reader, memory, &inspection)?;
        let columns = &setup.canonical().columns;
        let listing = reader.whole(&View::All, columns).await?;
        let mut records = listing.records;
        if !reader.source.card().max_index_lag.is_zero() {
            let ids: BTreeSet<RemoteId> = records.into_keys().collect();
            records = reader.named(&ids, columns).await?.records;
        }
        let by_key = records.into_iter().map(|(id, record)| (EntityKey::new(id.as_str()), record));
        Ok(Self { records: by_key.collect(), troubles: listing.troubles })
    }

    /// Whether nobody can tell if there is such a record: its own row, or some row's key, cannot be read.
    pub(crate) fn is_in_doubt(&self, key: &EntityKey) -> bool {
        let own = |trouble: &SourceTrouble| trouble.key.as_ref().is_none_or(|troubled| troubled == key);
        !self.records.contains_key(key) && self.troubles.iter().any(own)
    }

    /// Whether some key cannot be read: then one that is not seen may be there all the same.
    pub(crate) fn has_keyless(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.key.is_none())
    }

    /// Lists what cannot be taken at its word and was not told.
    pub(crate) fn troubles(&self, setup: &Setup, known: &Known<'_>, report: &mut Report) {
        let system = &setup.canonical().system;
        for trouble in &self.troubles {
            let subject = trouble.key.as_ref().map_or(trouble.place.as_str(), EntityKey::as_str);
            match known.told(system, subject) {
                Some(listing) => report.count(listing),
                None => report.differences.push(Difference {
                    entity: trouble.key.clone(),
                    place: trouble.place.clone(),
                    ..Difference::on(system, Class::Source, trouble.what.clone())
                }),
            }
        }
    }
}
