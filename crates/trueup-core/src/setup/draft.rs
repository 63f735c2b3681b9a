//! A setup that may still be wrong, and the one way to turn it into one that is not.

use thiserror::Error;

use super::{Caps, Class, Field, Lens, MirrorSide, Setup, Side, Timing};
use crate::{
    merge::Flow,
    name::{PipelineName, SystemName},
};

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

/// Something in a draft that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// A name occurs twice where it must be unique.
    #[error("{what} '{name}' is there twice")]
    Twice {
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A mirror has no field.
    #[error("mirror '{system}' maps no field")]
    Unmapped {
        /// The mirror.
        system: SystemName,
    },
    /// A mirror maps a field that the canonical side does not give.
    #[error("field '{field}' is mapped to '{system}' but the source of truth does not give it")]
    NoSource {
        /// The field.
        field: String,
        /// The mirror.
        system: SystemName,
    },
    /// Two fields are written into one column.
    #[error("column '{column}' of '{system}' is written by more than one field")]
    Collision {
        /// The column.
        column: String,
        /// The mirror.
        system: SystemName,
    },
    /// A value would have to go through a lens that only reads.
    #[error("field '{field}' of '{system}' is derived there and cannot be written: use `flow: in`")]
    OneWay {
        /// The field.
        field: String,
        /// The system.
        system: SystemName,
    },
    /// The pipeline has no mirror.
    #[error("the pipeline has no mirror to keep in agreement")]
    NoMirror,
    /// A limit makes no sense.
    #[error("cap '{name}' must lie between 0 and 100 percent")]
    Cap {
        /// The limit.
        name: &'static str,
    },
}

impl Draft {
    /// Checks everything and gives the setup.
    ///
    /// # Errors
    /// Every problem found, not only the first.
    pub fn build(self) -> Result<Setup, Vec<Problem>> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Setup {
            pipeline: self.pipeline,
            entity: self.entity,
            fields: self.fields,
            canonical: self.canonical,
            mirrors: self.mirrors,
            classes: self.classes,
            caps: self.caps,
            timing: self.timing,
            config_hash: self.config_hash,
        })
    }

    fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        found.extend(twice("field", self.fields.iter().map(|f| f.name.as_str())));
        found.extend(twice("class", self.classes.iter().map(|c| c.id.as_str())));
        found.extend(twice("mirror", self.mirrors.iter().map(|m| m.side.system.as_str())));
        if self.mirrors.is_empty() {
            found.push(Problem::NoMirror);
        }
        found.extend(self.mirrors.iter().flat_map(|mirror| self.mirror_problems(mirror)));
        found.extend(cap_problems(&self.caps));
        found
    }

    fn mirror_problems(&self, mirror: &MirrorSide) -> Vec<Problem> {
        let system = || mirror.side.system.clone();
        let mut found = Vec::new();
        if mirror.side.bindings.is_empty() {
            found.push(Problem::Unmapped { system: system() });
        }
        let mut written: Vec<&str> = Vec::new();
        for binding in &mirror.side.bindings {
            let field = self.fields.get(binding.field.index()).map_or("", |f| f.name.as_str());
            let constant = matches!(binding.lens, Lens::Constant(_));
            if !constant && !self.canonical.bindings.iter().any(|b| b.field == binding.field) {
                found.push(Problem::NoSource { field: field.into(), system: system() });
            }
            if binding.flow != Flow::In && !binding.lens.writes() {
                found.push(Problem::OneWay { field: field.into(), system: system() });
            }
            let column = mirror.side.column(binding);
            if written.contains(&column) {
                found.push(Problem::Collision { column: column.into(), system: system() });
            }
            written.push(column);
        }
        found
    }
}

fn twice<'a>(what: &'static str, names: impl Iterator<Item = &'a str>) -> Vec<Problem> {
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    let repeated = sorted.windows(2).filter_map(|pair| match pair {
        [a, b] if a == b => Some((*a).to_owned()),
        _ => None,
    });
    repeated.map(|name| Problem::Twice { what, name }).collect()
}

fn cap_problems(caps: &Caps) -> Vec<Problem> {
    let shares = [
        ("updates_percent", caps.updates_percent),
        ("creates_percent", caps.creates_percent),
        ("archives_percent", caps.archives_percent),
        ("blanking_percent", caps.blanking_percent),
        ("conflicts_percent", caps.conflicts_percent),
        ("source_loss_percent", caps.source_loss_percent),
    ];
    shares
        .into_iter()
        .filter(|(_, s)| !(0.0..=100.0).contains(s))
        .map(|(name, _)| Problem::Cap { name })
        .collect()
}
