//! What must hold once nothing is left to do, whatever happened on the way.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::link::LinkState;
use trueup_sandbox::hubspot::RecordSeed;

use super::stage::{Stage, text};
use crate::support::{Lead, OWNER};

/// A value that a person wrote into a contact while the program was at work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit {
    pub(crate) id: u64,
    pub(crate) key: &'static str,
    pub(crate) field: &'static str,
    pub(crate) property: &'static str,
    pub(crate) value: &'static str,
    /// Whether the configuration lets it stand.
    pub(crate) stands: bool,
}

/// No duplicate, nothing lost, no orphan, and a journal that can be believed.
#[track_caller]
pub(crate) fn audit(stage: &Stage, leads: &[Lead], edits: &[Edit], foreign: &[RecordSeed]) {
    let contacts = stage.contacts();
    let ours: Vec<&RecordSeed> =
        contacts.iter().filter(|contact| text(contact, "hubspot_owner_id") == OWNER).collect();
    let by_token = one_each(&ours, leads);
    for lead in leads {
        let edited = |property: &str| {
            edits.iter().any(|edit| edit.stands && edit.key == lead[0] && edit.property == property)
        };
        agrees(by_token[lead[0].as_str()], lead, edited);
    }
    for edit in edits {
        survives(stage, edit);
    }
    for before in foreign {
        assert_eq!(
            contacts.iter().find(|contact| contact.id == before.id),
            Some(before),
            "a foreign contact was touched"
        );
    }
    remembered(stage, &ours);
}

/// One contact for each lead, by token and by our own id, and none besides.
#[track_caller]
fn one_each<'a>(ours: &[&'a RecordSeed], leads: &[Lead]) -> BTreeMap<&'a str, &'a RecordSeed> {
    let mut by_token: BTreeMap<&str, &RecordSeed> = BTreeMap::new();
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for contact in ours {
        let token = text(contact, "trackingsource").strip_prefix("ID:").unwrap_or_default();
        let twin = by_token.insert(token, contact).map(|twin| twin.id);
        assert_eq!(twin, None, "{token} has two contacts, the other is {}", contact.id);
        let id = text(contact, "trueup_id");
        assert!(id.is_empty() || ids.insert(id), "{id} stands on two contacts");
    }
    let wanted: Vec<&str> = leads.iter().map(|lead| lead[0].as_str()).collect();
    assert_eq!(by_token.keys().copied().collect::<Vec<_>>(), wanted, "a contact is lost or too many");
    by_token
}

#[track_caller]
fn agrees(contact: &RecordSeed, lead: &Lead, edited: impl Fn(&str) -> bool) {
    let mut emails = lead[3].split("; ");
    let phone = format!("+1{}", lead[4].replace('-', ""));
    let first = emails.next().unwrap_or_default();
    for (property, wanted) in [
        ("firstname", lead[1].as_str()),
        ("lastname", &lead[2]),
        ("email", first),
        ("phone", &phone),
        ("city", &lead[5]),
        ("commission_tier", "premium"),
    ] {
        if !edited(property) {
            assert_eq!(text(contact, property), wanted, "{property} of {}", lead[0]);
        }
    }
    let more: Vec<&str> = text(contact, "hs_additional_emails").split(';').collect();
    assert!(emails.all(|email| more.contains(&email)), "{more:?} lacks an address of {}", lead[0]);
}

/// A person's value is still there, or the journal has it.
#[track_caller]
fn survives(stage: &Stage, edit: &Edit) {
    let there = stage.value(edit.id, edit.property) == edit.value;
    let journaled = stage.journal().iter().any(|entry| {
        let draft = &entry.draft;
        let says = |cell: &trueup_core::value::Cell| cell.to_text().as_deref() == Some(edit.value);
        let named = draft.field.as_ref().is_some_and(|field| field.as_str() == edit.field);
        draft.entity.as_str() == edit.key && named && (says(&draft.before) || says(&draft.after))
    });
    assert!(there || (journaled && !edit.stands), "{edit:?} is gone: there {there}, journaled {journaled}");
}

/// Every contact is linked, every intent is settled, nothing waits, the chain holds.
#[track_caller]
pub(crate) fn remembered(stage: &Stage, ours: &[&RecordSeed]) {
    let memory = stage.memory();
    assert_eq!(memory.intents.len(), 0, "intents are open: {:?}", memory.intents);
    assert_eq!((memory.parked.len(), memory.open_conflicts().count()), (0, 0), "{:?}", memory.parked);
    let active = memory.links.values().filter(|link| link.state == LinkState::Active);
    let linked: BTreeSet<String> = active.map(|link| link.remote.to_string()).collect();
    let there: BTreeSet<String> = ours.iter().map(|contact| contact.id.to_string()).collect();
    assert_eq!(linked, there, "a contact is an orphan, or a link leads nowhere");
    stage.verify();
    stage.verified();
}
