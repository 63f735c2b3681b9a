//! A configuration is checked before it is believed: a setup is only built from a draft.

use trueup_core::setup::{Draft, MirrorSide, Setup};

fn unchecked(draft: Draft, canonical: MirrorSide) -> Setup {
    Setup {
        pipeline: draft.pipeline,
        entity: draft.entity,
        fields: draft.fields,
        canonical,
        mirrors: draft.mirrors,
        classes: draft.classes,
        caps: draft.caps,
        timing: draft.timing,
        config_hash: draft.config_hash,
    }
}

fn main() {}
