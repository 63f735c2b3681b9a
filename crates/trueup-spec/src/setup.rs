//! Which configurations of one field exist: [`trueup_core::setup::Draft::build`].

use anyhow::Result;
use trueup_core::{setup::Action, value::Kind};

use crate::{
    merge::{FLOWS, SURVIVORS},
    table::{Row, Section, Tell},
    world::Rules,
};

/// The section.
pub const SECTION: Section = Section {
    name: "setup",
    about: "Which configurations of one field exist at all",
    spec: include_str!("../spec/setup.spec"),
    rows,
};

#[expect(clippy::unnecessary_wraps, reason = "every section has the same signature")]
fn rows(row: &mut Tell<'_>) -> Result<()> {
    for flow in FLOWS {
        for survivor in SURVIVORS {
            for (writable, writes) in [("yes", true), ("no", false)] {
                for (kind, what) in [("value", Kind::Decimal), ("set", Kind::Tags)] {
                    let rules = Rules {
                        flow: flow.1,
                        survivor: survivor.1,
                        immutable: false,
                        action: Some(Action::Fix),
                    };
                    let mut draft = rules.draft();
                    draft.canonical_writes = writes;
                    draft.fields.iter_mut().skip(1).for_each(|field| field.kind = what.clone());
                    let outcome = if draft.build().is_ok() { "accepted" } else { "refused" };
                    let facts = [flow.0, survivor.0, writable, kind];
                    row(Row { case: &facts.join(" "), facts: &facts, outcome });
                }
            }
        }
    }
    Ok(())
}
