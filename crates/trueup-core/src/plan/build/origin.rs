//! A record that people made in a mirror, and that the source of truth does not have yet.

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::{Builder, MirrorView, state::field_key};
use crate::{
    link::{Linked, addresses},
    merge::Flow,
    name::{ClassId, ExtId, FieldName},
    plan::{Act, Agreeing, Bucket, Change, Edit, Finding, FindingKey, FindingKind, Origin, Turn, whole},
    record::Record,
    setup::{Binding, MirrorSide},
    value::Cell,
};

/// The class of a record that is made in the source of truth after one in a mirror.
const NEW: &str = "new";

/// Why the source of truth gets no record.
struct Unfit {
    field: FieldName,
    why: String,
}

impl<'a> Builder<'a> {
    /// Plans the records of the source of truth that mirrors have and it has not.
    pub(super) fn origins(&mut self, views: &'a [MirrorView<'a>], linked: &'a [Linked]) {
        let Some(truth) = self.setup.written_canonical() else { return };
        let mut known: BTreeSet<CompactString> = BTreeSet::new();
        for (view, linked) in views.iter().zip(linked) {
            for record in linked.originals.iter().filter_map(|&at| view.seen.records.get(at)) {
                self.count(&view.side.side.system, Bucket::Pending, 1);
                // Two mirrors may have got one person on the same day: the first is made, and the other one is
                // found by its address once it is.
                let own = addresses(self.setup, &view.side.side, record);
                if own.iter().any(|address| known.contains(address)) {
                    let what = format!("{} waits: another record with its address is made first", record.id);
                    self.reason("waiting", record.id.as_str(), what);
                    self.look_again(&view.side.side.system, record.id.as_str());
                    continue;
                }
                known.extend(own);
                self.origin(truth, view, record);
            }
        }
    }

    fn origin(&mut self, truth: &MirrorSide, view: &MirrorView<'_>, record: &Record) {
        let origin = Origin { system: view.side.side.system.clone(), remote: record.id.clone() };
        let (entity, system) = (origin.entity(), &truth.side.system);
        if self.is_open(system, &entity) {
            let what = "an earlier create may still land; left alone in this run";
            self.look_again(&origin.system, origin.remote.as_str());
            return self.reason("open_intent", entity.as_str(), what);
        }
        let edits = match self.origin_edits(truth, view, record) {
            Ok(edits) => edits,
            Err(unfit) => return self.unfit(&origin, record, &unfit),
        };
        let (all, key) = (whole(&edits), field_key(system, &entity, ""));
        if self.is_held(&key, &all) {
            return self.reason("held_after_undo", entity.as_str(), "its create was undone");
        }
        if self.is_parked(&key, &all, &Cell::Null) {
            return;
        }
        self.changes.push(Change {
            system: system.clone(),
            label: String::new(),
            act: Act::Create {
                ext_id: ExtId::derive(self.truth_tenant, self.setup.entity(), &entity),
                ext_id_column: truth.ext_id_column.clone(),
                class: ClassId::new(NEW),
                origin: Some(origin),
            },
            entity,
            edits,
        });
    }

    fn origin_edits(
        &self,
        truth: &MirrorSide,
        view: &MirrorView<'_>,
        record: &Record,
    ) -> Result<Vec<Edit>, Unfit> {
        let mut edits = Vec::new();
        for theirs in view.side.side.bindings.iter().filter(|binding| binding.flow != Flow::Out) {
            let Some(ours) = truth.side.binding(theirs.field) else { continue };
            let held = view.side.side.strict(theirs, self.setup.field(theirs.field), record);
            if held.value().is_some() || !held.is_known() {
                edits.push(self.origin_edit(truth, view, (ours, held))?);
            }
        }
        Ok(edits)
    }

    fn origin_edit(
        &self,
        truth: &MirrorSide,
        view: &MirrorView<'_>,
        (ours, held): (&Binding, Cell),
    ) -> Result<Edit, Unfit> {
        let field = self.setup.field_name(ours.field).clone();
        if !held.is_known() {
            let why = held.trouble().map_or("it was not delivered", |trouble| trouble.why.as_str());
            return Err(Unfit { why: format!("cannot be read: {why}"), field });
        }
        let after = ours
            .lens
            .put(&Cell::Null, &held)
            .map_err(|error| Unfit { why: format!("cannot be written: {error}"), field: field.clone() })?;
        let system = view.side.side.system.clone();
        Ok(Edit {
            field,
            column: truth.side.column(ours).to_owned(),
            class: ClassId::new(NEW),
            before: Cell::Null,
            after,
            wanted: held.clone(),
            canonical: held.clone(),
            turn: Turn::First(vec![Agreeing { system, held, partly: false }]),
        })
    }

    fn unfit(&mut self, origin: &Origin, record: &Record, unfit: &Unfit) {
        let key = FindingKey {
            class: ClassId::new(NEW),
            system: origin.system.clone(),
            subject: origin.remote.to_string(),
        };
        self.find(Finding {
            key,
            kind: FindingKind::Finding,
            entity: None,
            remotes: vec![record.id.clone()],
            what: format!("is not made in the source of truth: {} {}", unfit.field, unfit.why),
            values: Vec::new(),
            place: record.place.clone(),
        });
    }
}
