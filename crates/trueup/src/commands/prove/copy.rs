//! A copy of the configuration with one thing changed, so that an attack meets one rule alone.

use trueup_core::setup::{Binding, Draft, MirrorSide, Problem, Setup, Side};

use crate::output::Failure;

/// Copies a setup after a change.
///
/// # Errors
/// When the changed copy cannot be.
pub(super) fn changed(setup: &Setup, change: impl FnOnce(&mut Draft)) -> Result<Setup, Failure> {
    let mut draft = Draft {
        pipeline: setup.pipeline().clone(),
        entity: setup.entity().to_owned(),
        fields: setup.fields().to_vec(),
        canonical: side(setup.canonical()),
        canonical_writes: setup.canonical_writes(),
        canonical_ext_id: setup.written_canonical().and_then(|side| side.ext_id_column.clone()),
        mirrors: setup.mirrors().iter().map(mirror).collect(),
        classes: setup.classes().to_vec(),
        caps: setup.caps().clone(),
        timing: *setup.timing(),
        config_hash: setup.config_hash().to_owned(),
    };
    change(&mut draft);
    draft.build().map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(Problem::to_string).collect();
        Failure::failed("proof_setup", texts.join("; "))
    })
}

fn side(side: &Side) -> Side {
    Side {
        system: side.system.clone(),
        columns: side.columns.clone(),
        bindings: side.bindings.iter().map(binding).collect(),
    }
}

fn binding(binding: &Binding) -> Binding {
    Binding { lens: binding.lens.clone(), ..*binding }
}

fn mirror(mirror: &MirrorSide) -> MirrorSide {
    MirrorSide {
        side: side(&mirror.side),
        scope: mirror.scope.clone(),
        token: mirror.token,
        ext_id_column: mirror.ext_id_column.clone(),
        feeds: mirror.feeds,
    }
}
