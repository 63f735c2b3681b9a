//! A portal with people in it: leads that are known, leads that changed, and edits of every kind between a plan and
//! its application.

use serde_json::json;
use trueup_sandbox::hubspot::{Act, RecordSeed};

use super::{
    audit::{Edit, audit},
    stage::{Kept, OTHER, Scenery, Stage, Timing, text},
};
use crate::support::{Lead, contact, lead, save};

/// How many leads the first run knows; the last two of them have no contact before it.
const KNOWN: usize = 22;
/// What people write before the plan and after it: one value stands, the others lose.
const EDITS: [Edit; 3] = [
    Edit { id: 109, key: "R00009", field: "city", property: "city", value: "Fraser", stands: true },
    Edit { id: 110, key: "R00010", field: "phone", property: "phone", value: "+19705550192", stands: false },
    Edit { id: 103, key: "R00003", field: "phone", property: "phone", value: "+19705550193", stands: false },
];
/// The contact that is given to somebody else after the plan.
const LEAVES: u64 = 107;

/// The leads as they are in the end: eight phones are new, and so are two leads, one without an address.
pub(crate) fn leads() -> Vec<Lead> {
    let mut leads: Vec<Lead> = (1..=KNOWN + 2).map(lead).collect();
    for (at, lead) in leads.iter_mut().enumerate().take(8) {
        lead[4] = format!("970-555-01{:02}", 70 + at);
    }
    leads[KNOWN + 1][3].clear();
    leads
}

/// After a first run, then with other leads.
pub(crate) fn changed(unique: bool) -> Stage {
    let first: Vec<Lead> = (1..=KNOWN).map(lead).collect();
    let mut contacts: Vec<_> =
        first[..KNOWN - 2].iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    contacts[11]["properties"]["phone"] = json!("970 555 2011");
    let mut walk_in = contact(&lead(905), 905);
    walk_in["properties"]["trackingsource"] = json!("");
    walk_in["properties"]["hubspot_owner_id"] = json!(OTHER);
    contacts.push(walk_in.clone());
    walk_in["id"] = json!("906");
    walk_in["properties"]["email"] = json!("somebody@example.org");
    walk_in["properties"]["hs_additional_emails"] = json!("");
    contacts.push(walk_in);
    let stage = Stage::new(&first, &Scenery { contacts, unique, lag_ms: 0 });
    stage.configure(unique, Timing::Long);
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["changes"]), (0, &json!({ "archive": 0, "create": 2, "update": 1 })), "{run}");
    save(&stage.path("leads.xlsx"), &leads());
    stage
}

/// The same, after people edited, with a plan that is behind by an edit, a merge and a change of owner.
pub(crate) fn overtaken() -> Kept {
    let stage = changed(true);
    write(&stage, &EDITS[..2]);
    stage.run(&["plan", "-o", "plan.json"]).expect(0);
    write(&stage, &EDITS[2..]);
    stage.person(Act::Merge { primary: 105, other: 905 });
    stage.person(Act::Reassign { id: LEAVES, owner: Some(OTHER.into()) });
    stage.keep()
}

fn write(stage: &Stage, edits: &[Edit]) {
    for edit in edits {
        stage.edit(edit.id, edit.property, edit.value);
    }
}

/// The contacts of somebody else.
pub(crate) fn foreign(stage: &Stage) -> Vec<RecordSeed> {
    stage.contacts().into_iter().filter(|contact| text(contact, "hubspot_owner_id") == OTHER).collect()
}

/// Everything agrees but what people may keep, and what left the scope is as it left.
#[track_caller]
pub(crate) fn settled(stage: &Stage, foreign: &[RecordSeed]) {
    let mut leads = leads();
    leads.retain(|lead| lead[0] != "R00007");
    assert!(foreign.iter().any(|contact| contact.id == LEAVES));
    audit(stage, &leads, &EDITS, foreign);
}
