//! A canonical record without a record in the mirror.

use super::{Builder, MirrorView, state::field_key};
use crate::{
    guard::Rule,
    link::Canon,
    memory::Memory,
    merge::Flow,
    name::{EntityKey, ExtId, FieldName},
    plan::{Act, Change, Edit, Finding, FindingKind, Turn, whole},
    planted,
    record::Record,
    setup::{Action, Binding, Lens, MirrorSide, PutError, Setup, Trigger},
    snapshot::Snapshot,
    value::Cell,
};

/// The field for whose sake a record is not made, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The field.
    pub field: FieldName,
    /// Why, in words.
    pub why: String,
    /// Where its value stands.
    pub place: String,
}

/// The change that makes one record in a mirror after a canonical one, as a cycle would plan it: for an app that
/// asks for it and waits. `ours` is what the source of truth will say of the record; its id is the key.
///
/// # Errors
/// [`Lacking`] when one of its values is unknown, or cannot be put as the mirror keeps it.
pub fn creation(
    setup: &Setup,
    memory: &Memory,
    (side, tenant): (&MirrorSide, &str),
    ours: &Record,
) -> Result<Change, Lacking> {
    let seen = Snapshot::new(setup.canonical().system.clone(), Vec::new());
    let canon = Canon::new(setup, &seen);
    let builder = Builder::new(setup, memory, &canon, "");
    let entity = EntityKey::new(ours.id.as_str());
    Ok(builder.made((side, tenant), entity, ours, builder.first_values(side, ours)?))
}

impl Lacking {
    fn unknown(field: &FieldName, cell: &Cell, ours: &Record) -> Self {
        let (why, place) = match cell.trouble() {
            Some(trouble) => (trouble.why.as_str(), trouble.place.as_str()),
            None => ("it was not delivered", ""),
        };
        let place = if place.is_empty() { &ours.place } else { place };
        Self { field: field.clone(), why: format!("cannot be read: {why}"), place: place.to_owned() }
    }

    fn unfit(field: &FieldName, error: &PutError, ours: &Record) -> Self {
        let why = format!("cannot be written: {error}");
        Self { field: field.clone(), why, place: ours.place.clone() }
    }
}

impl Builder<'_> {
    pub(super) fn create(&mut self, view: &MirrorView<'_>, at: usize) {
        let Some(ours) = self.canon.get(at) else { return };
        let entity = self.canon.key(at);
        if self.is_open(&view.side.side.system, &entity) {
            self.leave(entity.as_str());
            return self.reason(
                "open_intent",
                entity.as_str(),
                "an earlier create may still land; left alone in this run",
            );
        }
        let edits = match self.first_values(view.side, ours) {
            Ok(edits) => edits,
            Err(lacking) => {
                let what = format!("{} {}", lacking.field, lacking.why);
                return self.not_created(view, &entity, &what, &lacking.place);
            }
        };
        let system = &view.side.side.system;
        let whole = whole(&edits);
        let key = field_key(system, &entity, "");
        if self.is_held(&key, &whole) {
            return self.reason("held_after_undo", entity.as_str(), "its create was undone");
        }
        if self.is_parked(&key, &whole, &Cell::Null) {
            return;
        }
        if self.action(&Trigger::Missing) == Action::Flag {
            return self.not_created(view, &entity, "it has no record in the mirror", &ours.place);
        }
        let change = self.made((view.side, view.tenant), entity, ours, edits);
        self.changes.push(change);
    }

    fn made(
        &self,
        (side, tenant): (&MirrorSide, &str),
        entity: EntityKey,
        ours: &Record,
        edits: Vec<Edit>,
    ) -> Change {
        Change {
            system: side.side.system.clone(),
            label: self.label(ours),
            act: Act::Create {
                ext_id: ExtId::derive(tenant, self.setup.entity(), &entity),
                ext_id_column: side.ext_id_column.clone(),
                class: self.class_id(&Trigger::Missing),
                origin: None,
            },
            entity,
            edits,
        }
    }

    /// What the new record is made with. One value that is unknown or cannot be put, and the record is
    /// not made: half a record would look like a person's choice afterwards.
    fn first_values(&self, mirror: &MirrorSide, ours: &Record) -> Result<Vec<Edit>, Lacking> {
        let mut edits = Vec::new();
        // What belongs to the mirror is the mirror's to fill in.
        for binding in mirror.side.bindings.iter().filter(|binding| binding.flow != Flow::In) {
            if matches!(binding.lens, Lens::Constant(_)) && planted::stands_behind(Rule::Scope) {
                continue;
            }
            let field = self.setup.field_name(binding.field);
            let canonical = self.first_value(binding, ours);
            if !canonical.is_known() {
                return Err(Lacking::unknown(field, &canonical, ours));
            }
            if canonical.value().is_none() {
                continue;
            }
            let put = binding.lens.put(&Cell::Null, &canonical);
            edits.push(Edit {
                field: field.clone(),
                column: mirror.side.column(binding).to_owned(),
                class: self.class_id(&Trigger::Missing),
                before: Cell::Null,
                after: put.map_err(|error| Lacking::unfit(field, &error, ours))?,
                wanted: canonical.clone(),
                canonical,
                turn: Turn::Alone,
            });
        }
        Ok(edits)
    }

    fn first_value(&self, binding: &Binding, ours: &Record) -> Cell {
        if let Lens::Constant(text) = &binding.lens {
            return Cell::text(text);
        }
        let side = self.setup.canonical();
        side.binding(binding.field)
            .map_or(Cell::Null, |source| side.strict(source, self.setup.field(binding.field), ours))
    }

    fn not_created(&mut self, view: &MirrorView<'_>, entity: &EntityKey, what: &str, place: &str) {
        let key = self.finding_key(&Trigger::Missing, &view.side.side.system, entity.as_str());
        self.find(Finding {
            key,
            kind: FindingKind::Finding,
            entity: Some(entity.clone()),
            remotes: Vec::new(),
            what: what.to_owned(),
            values: Vec::new(),
            place: place.to_owned(),
        });
    }
}
