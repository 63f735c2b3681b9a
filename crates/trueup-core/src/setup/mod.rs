//! What the configuration means, in a form that cannot be wrong.
//!
//! A [`Setup`] is only built by [`Draft::build`], which reports every problem it finds; nothing
//! downstream checks again.

mod caps;
mod class;
mod draft;
mod field;
mod lens;
mod mapping;
mod problem;
mod side;

pub use caps::{Caps, Timing};
pub use class::{Action, Class, Trigger};
pub use draft::Draft;
pub use field::Field;
pub use lens::{Lens, PutError};
pub use mapping::Mapping;
pub use problem::Problem;
pub use side::{Binding, MirrorSide, Scope, Side, to_operand};

use crate::{
    expr::Expr,
    merge::Party,
    name::{ClassId, FieldId, FieldName, PipelineName, SystemName},
    record::Record,
};

/// One pipeline: a source of truth, its mirrors, and the rules between them.
#[derive(Debug)]
pub struct Setup {
    pipeline: PipelineName,
    entity: String,
    fields: Vec<Field>,
    canonical: MirrorSide,
    canonical_writes: bool,
    mirrors: Vec<MirrorSide>,
    canonical_mapping: Mapping,
    /// In the order of the mirrors.
    mappings: Vec<Mapping>,
    classes: Vec<Class>,
    caps: Caps,
    timing: Timing,
    config_hash: String,
}

impl Setup {
    /// The pipeline's name.
    #[must_use]
    pub const fn pipeline(&self) -> &PipelineName {
        &self.pipeline
    }

    /// What a record stands for, such as `lead`.
    #[must_use]
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// The entity's fields; a [`FieldId`] is a position in here.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field at a position.
    ///
    /// # Panics
    /// Never for ids this setup gave out.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a FieldId is only made from a position in this very list")]
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.index()]
    }

    /// Finds a field by name.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<FieldId> {
        let at = self.fields.iter().position(|f| f.name.as_str() == name)?;
        u16::try_from(at).ok().map(FieldId)
    }

    /// The field's name.
    #[must_use]
    pub fn field_name(&self, id: FieldId) -> &FieldName {
        &self.field(id).name
    }

    /// The source of truth.
    #[must_use]
    pub const fn canonical(&self) -> &Side {
        &self.canonical.side
    }

    /// Whether the source of truth can be written; a workbook cannot.
    #[must_use]
    pub const fn canonical_writes(&self) -> bool {
        self.canonical_writes
    }

    /// How people call a record of the source of truth: its label fields, in order.
    #[must_use]
    pub fn label(&self, ours: &Record) -> String {
        let side = self.canonical();
        let texts = side.bindings.iter().filter(|binding| self.field(binding.field).label);
        let texts: Vec<String> =
            texts.filter_map(|b| side.lenient(b, self.field(b.field), ours).to_text()).collect();
        texts.join(" ")
    }

    /// The system that a party to a merge is; `None` for the journal, and for a mirror that the setup has not.
    #[must_use]
    pub fn system_of(&self, party: Party) -> Option<&SystemName> {
        match party {
            Party::Canonical => Some(&self.canonical().system),
            Party::Mirror(at) => self.mirrors.get(at).map(|mirror| &mirror.side.system),
            Party::Journal => None,
        }
    }

    /// The mirrors, in the order of the configuration.
    #[must_use]
    pub fn mirrors(&self) -> &[MirrorSide] {
        &self.mirrors
    }

    /// Finds a mirror by its system.
    #[must_use]
    pub fn mirror(&self, system: &SystemName) -> Option<&MirrorSide> {
        self.mirrors.iter().find(|mirror| mirror.side.system == *system)
    }

    /// The fingerprints of the bindings of a side. They are made once: every comparison asks for them.
    #[must_use]
    pub fn mapping(&self, side: &MirrorSide) -> &Mapping {
        let at = self.mirrors.iter().position(|mirror| mirror.side.system == side.side.system);
        at.and_then(|at| self.mappings.get(at)).unwrap_or(&self.canonical_mapping)
    }

    /// Finds the side of a system that is written: a mirror, or the source of truth where it can be.
    #[must_use]
    pub fn written(&self, system: &SystemName) -> Option<&MirrorSide> {
        let truth = Some(&self.canonical).filter(|_| self.canonical_writes && self.is_canonical(system));
        truth.or_else(|| self.mirror(system))
    }

    /// The source of truth as a side that is written, where it can be.
    #[must_use]
    pub fn written_canonical(&self) -> Option<&MirrorSide> {
        self.canonical_writes.then_some(&self.canonical)
    }

    /// Whether a system is the source of truth.
    #[must_use]
    pub fn is_canonical(&self, system: &SystemName) -> bool {
        self.canonical.side.system == *system
    }

    /// The classes of drift and findings, in the order in which they are tried.
    #[must_use]
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The class that names a structural trigger, if the configuration has one.
    #[must_use]
    pub fn class_for(&self, trigger: &Trigger) -> Option<&Class> {
        self.classes.iter().find(|class| class.trigger.is_like(trigger))
    }

    /// Finds a class by id.
    #[must_use]
    pub fn class(&self, id: &ClassId) -> Option<&Class> {
        self.classes.iter().find(|class| class.id == *id)
    }

    /// The limits on how much one run may change.
    #[must_use]
    pub const fn caps(&self) -> &Caps {
        &self.caps
    }

    /// The durations of the protocols.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// A hash over everything in the configuration that changes what a plan would hold.
    #[must_use]
    pub fn config_hash(&self) -> &str {
        &self.config_hash
    }

    /// Every expression in the setup with the place it stands, for checks and listings.
    pub fn expressions(&self) -> impl Iterator<Item = (&str, &Expr)> {
        let lenses = self.canonical().bindings.iter().filter_map(|b| match &b.lens {
            Lens::Expr(expr) => Some((self.field(b.field).name.as_str(), expr)),
            _ => None,
        });
        let conditions = self.classes.iter().filter_map(|c| match &c.trigger {
            Trigger::Differs { when: Some(expr), .. } => Some((c.id.as_str(), expr)),
            _ => None,
        });
        lenses.chain(conditions)
    }
}

#[cfg(test)]
mod tests;
