//! Pipelines that would write the same property of the same records: each would undo the other's values
//! in every cycle, for ever.

use trueup_core::{
    merge::Flow,
    setup::{Binding, Lens, MirrorSide},
};

use super::{Builder, systems::Systems};
use crate::{
    config::{Pipeline, SystemConfig},
    diagnostic::Code,
    file::{MirrorFile, PipelineFile},
    report::{Fault, Span},
    yaml::{At, Entries},
};

/// A mirror of a pipeline, with the pipeline's place in the file.
#[derive(Clone, Copy)]
struct Part<'a> {
    at: usize,
    pipeline: &'a Pipeline,
    mirror: &'a MirrorSide,
}

impl Builder<'_> {
    /// Holds every two pipelines against each other; `built` are those of `file`, in its order.
    pub(super) fn apart(self, file: &Entries<PipelineFile>, built: &[Option<Pipeline>], systems: &Systems) {
        let known = built.iter().enumerate().filter_map(|(at, one)| Some((at, one.as_ref()?)));
        let parts: Vec<Part<'_>> = known
            .flat_map(|(at, pipeline)| {
                pipeline.setup.mirrors().iter().map(move |mirror| Part { at, pipeline, mirror })
            })
            .collect();
        for (count, later) in parts.iter().enumerate() {
            let earlier = parts.iter().take(count).filter(|one| one.at != later.at);
            for (first, column) in earlier.filter_map(|one| Some((one, clash(*one, *later, systems)?))) {
                self.clashing(file, *first, *later, column);
            }
        }
    }

    fn clashing(self, file: &Entries<PipelineFile>, first: Part<'_>, later: Part<'_>, column: &str) {
        let (system, other) = (&later.mirror.side.system, first.pipeline.setup.pipeline());
        let both = format!("pipeline '{other}' writes '{column}' of '{system}' too, in the same records");
        let fault = Fault::new(Code::Contradiction, both)
            .help("map it in one of them, or give the mirrors scopes with other values");
        let span = place(file, later, column).unwrap_or_default();
        self.report.add(fault.at(span));
    }
}

/// The property that both write.
fn clash<'a>(first: Part<'_>, later: Part<'a>, systems: &Systems) -> Option<&'a str> {
    let (a, b) = (first.mirror, later.mirror);
    if !same_records(a, b, systems) {
        return None;
    }
    let written = |mirror: &MirrorSide, column: &str, lens: &Lens| {
        let mut bindings = mirror.side.bindings.iter().filter(|one| writes(one));
        bindings.any(|one| mirror.side.column(one) == column && !side_by_side(&one.lens, lens))
    };
    let mut columns =
        b.side.bindings.iter().filter(|one| writes(one)).map(|one| (b.side.column(one), &one.lens));
    columns.find(|(column, lens)| written(a, column, lens)).map(|(column, _)| column)
}

// What is set only once, when a record is made, is not fought over.
fn writes(binding: &Binding) -> bool {
    binding.flow != Flow::In && !binding.create_only
}

// Tokens leave the rest of their property as it is.
fn side_by_side(a: &Lens, b: &Lens) -> bool {
    matches!((a, b), (Lens::Tokens { prefix: a }, Lens::Tokens { prefix: b }) if a != b)
}

fn same_records(a: &MirrorSide, b: &MirrorSide, systems: &Systems) -> bool {
    let account = |mirror: &MirrorSide| match systems.get(mirror.side.system.as_str()) {
        Some(SystemConfig::Hubspot(hubspot)) => Some((&hubspot.url, &hubspot.token, hubspot.object)),
        Some(SystemConfig::Xlsx(_)) | None => None,
    };
    let same_account = a.side.system == b.side.system || (account(a).is_some() && account(a) == account(b));
    same_account && !separate(a, b)
}

// Two values of one property part records; two properties do not, since a record has both.
fn separate(a: &MirrorSide, b: &MirrorSide) -> bool {
    let scope = |mirror: &MirrorSide| -> Option<(String, String)> {
        let scope = mirror.scope.as_ref()?;
        Some((mirror.side.columns.get(scope.column)?.clone(), scope.equals.clone()))
    };
    match (scope(a), scope(b)) {
        (Some((column, text)), Some((other_column, other_text))) => {
            column == other_column && text != other_text
        }
        _ => false,
    }
}

fn place(file: &Entries<PipelineFile>, later: Part<'_>, column: &str) -> Option<Span> {
    let (_, pipeline) = file.iter().nth(later.at)?;
    let named = |(name, _): &(&At<String>, &At<MirrorFile>)| name.text() == later.mirror.side.system.as_str();
    let (name, mirror) = pipeline.get()?.mirrors.get()?.iter().find(named)?;
    Some(mirror.get().and_then(|mirror| property(mirror, column)).unwrap_or(name.span))
}

fn property(mirror: &MirrorFile, column: &str) -> Option<Span> {
    let mapped = mirror.fields.get()?.iter().filter_map(|(_, one)| Some(&one.get()?.0.property));
    let token = mirror.token.as_ref().and_then(At::get).map(|token| &token.property);
    mapped.chain(token).find(|property| property.text() == column).map(|property| property.span)
}
