//! A pipeline: its parts, and what must hold between them.

use std::sync::Arc;

use trueup_core::{
    name::{FieldId, PipelineName},
    setup::{Caps, Class, Draft, Problem, Side, Timing},
};

use super::{Builder, hash, mirror::Mirrors, systems::Systems};
use crate::{
    config::{Pipeline, SystemConfig},
    diagnostic::Code,
    file::{FieldFile, PipelineFile},
    report::{Fault, Span},
    yaml::{At, Entries},
};

/// The parts of a pipeline, all without known mistakes.
struct Parts {
    entity: String,
    canonical: Side,
    mirrors: Mirrors,
    classes: Vec<Class>,
    caps: Caps,
    timing: Timing,
}

impl Builder<'_> {
    pub(super) fn pipelines(
        self,
        file: &At<Entries<PipelineFile>>,
        systems: &Systems,
    ) -> Option<Vec<Pipeline>> {
        let entries = file.get()?;
        if entries.is_empty() {
            let none =
                Fault::new(Code::BadValue, "there is no pipeline, so nothing would be kept in agreement");
            return self.fail(file.span, none.help("see `trueup init --template a`"));
        }
        // Every pipeline is built before the first failure counts, so that all mistakes are seen.
        let built: Vec<Option<Pipeline>> =
            entries.iter().map(|(name, pipeline)| self.pipeline(name, pipeline.get()?, systems)).collect();
        self.apart(entries, &built, systems);
        built.into_iter().collect()
    }

    fn pipeline(self, name: &At<String>, file: &PipelineFile, systems: &Systems) -> Option<Pipeline> {
        self.visible(name);
        let every = self.every(file.every.as_ref());
        let parts = self.parts(file, systems);
        let (every, parts) = (every?, parts?);
        let mut draft = Draft {
            pipeline: PipelineName::new(name.text()),
            entity: parts.entity,
            fields: parts.mirrors.fields,
            canonical: parts.canonical,
            // Only a workbook can be the source of truth, and a workbook is only read.
            canonical_writes: false,
            canonical_ext_id: None,
            mirrors: parts.mirrors.sides,
            classes: parts.classes,
            caps: parts.caps,
            timing: parts.timing,
            config_hash: String::new(),
        };
        let hash = hash::of(&draft, systems).map_err(|error| {
            Fault::new(Code::Unreadable, format!("the pipeline cannot be hashed: {error}")).at(name.span)
        });
        draft.config_hash = self.report.keep(hash)?;
        let setup = draft.build().map_err(|problems| self.problems(name.span, &problems)).ok()?;
        Some(Pipeline { setup: Arc::new(setup), every })
    }

    fn parts(self, file: &PipelineFile, systems: &Systems) -> Option<Parts> {
        let entity = self.filled(&file.entity, "the entity");
        let source = self.source(&file.canonical, systems);
        let names = file.fields.get()?;
        let mirror_names: Vec<&str> = file.mirrors.get().into_iter().flat_map(Entries::names).collect();
        let fields = self.fields(names, &mirror_names);
        let canonical = source.and_then(|source| self.canonical(&file.canonical, source, names));
        let classes = self.classes(file.classes.as_ref(), names);
        let mirrors = self.mirrors(&file.mirrors, systems, names, fields, classes.as_deref());
        let caps = Self::caps(file.caps.as_ref());
        let local = mirror_names.iter().filter_map(|name| systems.get(name)).all(SystemConfig::is_local);
        let timing = self.timing(file.timing.as_ref(), local);
        Some(Parts {
            entity: entity?,
            canonical: canonical?,
            mirrors: mirrors?,
            classes: classes?,
            caps: caps?,
            timing: timing?,
        })
    }

    // Whatever the checks with better places left over.
    fn problems(self, at: Span, problems: &[Problem]) {
        for problem in problems {
            self.report.add(
                Fault::new(Code::Contradiction, problem.to_string()).help("change this pipeline").at(at),
            );
        }
    }
}

/// Finds a field by name; the error names the nearest.
pub(super) fn find(fields: &Entries<FieldFile>, name: &At<String>) -> Result<FieldId, Fault> {
    let position = fields.names().position(|known| known == name.text());
    position.map(id).ok_or_else(|| Fault::unknown("field", name.text(), fields.names()).at(name.span))
}

/// The id of the field at a position; the budget of the file keeps positions far below the limit.
pub(super) fn id(position: usize) -> FieldId {
    FieldId(u16::try_from(position).unwrap_or(u16::MAX))
}
