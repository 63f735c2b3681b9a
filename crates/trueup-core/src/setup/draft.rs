//! A setup that may still be wrong, and the one way to turn it into one that is not.

use super::{Caps, Class, Field, Mapping, MirrorSide, Problem, Setup, Side, Timing, problem};
use crate::name::PipelineName;

/// A setup under construction.
#[derive(Debug)]
pub struct Draft {
    /// See [`Setup::pipeline`].
    pub pipeline: PipelineName,
    /// See [`Setup::entity`].
    pub entity: String,
    /// See [`Setup::fields`].
    pub fields: Vec<Field>,
    /// See [`Setup::canonical`].
    pub canonical: Side,
    /// See [`Setup::canonical_writes`].
    pub canonical_writes: bool,
    /// The column of the source of truth that carries our external id, if it has a unique one.
    pub canonical_ext_id: Option<String>,
    /// See [`Setup::mirrors`].
    pub mirrors: Vec<MirrorSide>,
    /// See [`Setup::classes`].
    pub classes: Vec<Class>,
    /// See [`Setup::caps`].
    pub caps: Caps,
    /// See [`Setup::timing`].
    pub timing: Timing,
    /// See [`Setup::config_hash`].
    pub config_hash: String,
}

impl Draft {
    /// Checks everything and gives the setup.
    ///
    /// # Errors
    /// Every problem found, not only the first.
    pub fn build(self) -> Result<Setup, Vec<Problem>> {
        let problems = problem::all(&self);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mappings = self.mirrors.iter().map(|mirror| Mapping::new(&self, &mirror.side)).collect();
        Ok(Setup {
            canonical_mapping: Mapping::new(&self, &self.canonical),
            mappings,
            pipeline: self.pipeline,
            entity: self.entity,
            fields: self.fields,
            canonical: MirrorSide {
                side: self.canonical,
                scope: None,
                token: None,
                ext_id_column: self.canonical_ext_id,
                feeds: false,
            },
            canonical_writes: self.canonical_writes,
            mirrors: self.mirrors,
            classes: self.classes,
            caps: self.caps,
            timing: self.timing,
            config_hash: self.config_hash,
        })
    }
}
