//! What people do between the first day and the next morning, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trueup_sandbox::{
    clock::ClockChange,
    hubspot::{Act, PeopleEdit},
};

use super::{
    contact::COLLEAGUE,
    lead::Lead,
    people::nth,
    role::{LEADS, Night, Role, role},
    tables::SUFFIXES,
};

/// Leads that are new in the morning.
const NEW_LEADS: u64 = 2;
const MINUTE_MS: i64 = 60_000;

/// The night in the portal: the clock before, the edits in order, the clock after. Each part is the body
/// of a request to the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Script {
    /// From the last cycle of the day until somebody works late.
    pub(super) evening: ClockChange,
    /// What they do.
    pub(super) edits: Vec<PeopleEdit>,
    /// Until the next morning; by then search knows of everything.
    pub(super) morning: ClockChange,
    /// The contact that is given to another owner.
    pub(super) reassigned: u64,
}

/// What people do in the portal.
pub(super) fn script(leads: &[Lead], contact_of: &BTreeMap<u64, u64>) -> Script {
    let mut edits = Vec::new();
    let mut reassigned = 0;
    for lead in leads {
        let Some(&id) = contact_of.get(&lead.number) else { continue };
        match role(lead.number) {
            Role::Street(which) => {
                let suffix = nth(&SUFFIXES, which as u64);
                edits.push(set(id, "city", &format!("{} {suffix}", lead.town.0)));
            }
            Role::Commission(Night::Reassigned) => {
                edits.push(PeopleEdit::of(Act::Reassign { id, owner: Some(COLLEAGUE.into()) }));
                reassigned = id;
            }
            Role::Commission(Night::Readdressed) => {
                edits.push(set(id, "email", &lead.person.email(4)));
                // A second step: with the first one the old address may have joined the others.
                edits.push(set(id, "hs_additional_emails", ""));
            }
            _ => {}
        }
    }
    let later =
        |minutes: i64| ClockChange { advance_ms: Some(minutes * MINUTE_MS), ..ClockChange::default() };
    Script { evening: later(4 * 60), edits, morning: later(11 * 60), reassigned }
}

fn set(id: u64, property: &str, value: &str) -> PeopleEdit {
    PeopleEdit::of(Act::Set { id, properties: [(property.to_owned(), value.to_owned())].into() })
}

/// The workbook of the next morning.
pub(super) fn next_morning(mut leads: Vec<Lead>) -> Vec<Lead> {
    for lead in &mut leads {
        if matches!(role(lead.number), Role::Commission(_)) {
            lead.renegotiate();
        }
    }
    leads.extend((LEADS + 1..=LEADS + NEW_LEADS).map(Lead::new));
    leads
}
