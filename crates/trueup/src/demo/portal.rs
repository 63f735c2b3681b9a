//! The portal on the first day, in the form the sandbox loads.

use std::collections::BTreeMap;

use trueup_sandbox::hubspot::{
    AdditionalEmails, ObjectsSnapshot, OldPrimary, Owner, PropertyDefinition, PropertyType, RecordSeed,
    Settings, Snapshot,
};

use super::{
    contact::{COLLEAGUE, Contact, GONE, OWNER, THIRD, contacts},
    lead::Lead,
    people::{Person, mix, nth},
};

/// Contacts of the owner that no lead knows.
const WITHOUT_LEAD: u64 = 61;
/// Contacts of each of the two other owners.
const OF_OTHERS: u64 = 210;
/// Contacts of somebody who left.
const OF_GONE: u64 = 9;
/// Unowned contacts without our token.
const OF_NOBODY: u64 = 17;
/// How far the search index is behind.
const LAG_MS: i64 = 30_000;
/// The id of the first contact.
const FIRST_ID: u64 = 10_001;

/// How the portal behaves where HubSpot's documents leave it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Behaviour {
    /// What writing the list of additional e-mails does to those already there.
    pub(super) additional: AdditionalEmails,
    /// What becomes of the old primary e-mail.
    pub(super) old_primary: OldPrimary,
}

/// The portal, and which contact stands for which lead.
#[derive(Clone, Debug)]
pub(super) struct FirstDay {
    /// What the sandbox loads.
    pub(super) snapshot: Snapshot,
    /// The id of the contact of each lead that has exactly one.
    pub(super) contact_of: BTreeMap<u64, u64>,
}

/// The portal that fits these leads.
pub(super) fn first_day(leads: &[Lead], behaviour: Behaviour) -> FirstDay {
    let mut all: Vec<Contact> = leads.iter().flat_map(contacts).chain(others()).collect();
    // Contacts of all owners lie mixed, as they came in over the years.
    all.sort_by_cached_key(|contact| mix(contact.values.get("email").map_or(0, |email| sum(email)), 61));
    let ids = (FIRST_ID..).zip(&all);
    let contact_of = ids.filter_map(|(id, contact)| Some((contact.lead?, id))).collect();
    let records = (FIRST_ID..).zip(all).map(|(id, contact)| record(id, contact)).collect();
    let contacts = ObjectsSnapshot { properties: definitions(), records, aliases: BTreeMap::new() };
    let settings = Settings {
        additional_emails: behaviour.additional,
        old_primary: behaviour.old_primary,
        search_lag_ms: LAG_MS,
        ..Settings::default()
    };
    let objects = [("contacts".to_owned(), contacts)].into();
    FirstDay { snapshot: Snapshot { settings, owners: owners(), objects, ..Snapshot::default() }, contact_of }
}

fn sum(text: &str) -> u64 {
    text.bytes().fold(7, |sum, byte| sum.wrapping_mul(131).wrapping_add(u64::from(byte)))
}

fn record(id: u64, contact: Contact) -> RecordSeed {
    let seed = RecordSeed::new(id);
    // One every few minutes since New Year.
    let created_at = seed.created_at + i64::try_from(id - FIRST_ID).unwrap_or_default() * 317_000;
    let seed = RecordSeed { created_at, ..seed };
    contact.values.into_iter().fold(seed, |seed, (property, value)| seed.value(property, &value))
}

/// Contacts that have nothing to do with any lead.
fn others() -> Vec<Contact> {
    const SOURCES: [&str; 4] = ["", "web form", "trade fair", "newsletter"];
    let groups =
        [(OWNER, WITHOUT_LEAD), (COLLEAGUE, OF_OTHERS), (THIRD, OF_OTHERS), (GONE, OF_GONE), ("", OF_NOBODY)];
    let owners = groups.into_iter().flat_map(|(owner, count)| (0..count).map(move |_| owner));
    let one = |(number, owner): (u64, &str)| {
        let person = Person::new(number);
        let second = if number % 5 == 0 { person.email(1) } else { String::new() };
        Contact::of(&person, person.email(0))
            .with("hubspot_owner_id", owner)
            .with("hs_additional_emails", second)
            .with("phone", person.phone(0))
            .with("trackingsource", nth(&SOURCES, mix(number, 62)))
    };
    (1_000..).zip(owners).map(one).collect()
}

fn definitions() -> Vec<PropertyDefinition> {
    let tier = PropertyDefinition {
        label: "Commission tier".into(),
        external_options: true,
        private_options: ["agent", "house", "premium", "standard", "starter"].map(str::to_owned).into(),
        ..PropertyDefinition::of("commission_tier", PropertyType::Enumeration)
    };
    let id = PropertyDefinition { has_unique_value: true, ..PropertyDefinition::text("trueup_id") };
    vec![PropertyDefinition::text("trackingsource"), id, tier]
}

fn owners() -> Vec<Owner> {
    let people = [
        (OWNER, "Jo", "Bellamy"),
        (COLLEAGUE, "Ray", "Castell"),
        (THIRD, "Mina", "Dove"),
        (GONE, "Al", "Frost"),
    ];
    let owner = |(user, (id, first, last)): (u64, (&str, &str, &str))| Owner {
        id: id.into(),
        email: format!("{}@team.example", first.to_lowercase()),
        first_name: first.into(),
        last_name: last.into(),
        user_id: Some(user),
        archived: id == GONE,
        created_at: 1_704_067_200_000,
    };
    (501..).zip(people).map(owner).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::lead, *};

    const LIKELY: Behaviour =
        Behaviour { additional: AdditionalEmails::Overwritten, old_primary: OldPrimary::KeptAsAdditional };

    fn owned_by(day: &FirstDay, owner: Option<&str>) -> Vec<RecordSeed> {
        let records = day.snapshot.objects["contacts"].records.iter();
        let of = |record: &&RecordSeed| {
            record.properties.get("hubspot_owner_id").and_then(Option::as_deref) == owner
        };
        records.filter(of).cloned().collect()
    }

    fn carries_token(record: &RecordSeed) -> bool {
        matches!(record.properties.get("trackingsource"), Some(Some(text)) if text.contains("ID:R"))
    }

    #[test]
    fn the_portal_is_the_seeds() {
        let day = first_day(&lead::first_day(), LIKELY);
        assert_eq!(owned_by(&day, Some(OWNER)).len(), 931);
        assert_eq!(day.contact_of.len(), 862);
        assert!(owned_by(&day, Some(COLLEAGUE)).len() + owned_by(&day, Some(THIRD)).len() >= 400);
        assert_eq!(owned_by(&day, None).iter().filter(|record| carries_token(record)).count(), 23);
        assert_eq!(
            owned_by(&day, Some(OWNER)).iter().filter(|record| !carries_token(record)).count(),
            61 + 11
        );
    }

    #[test]
    fn the_sandbox_takes_the_portal_and_gives_it_back() {
        let day = first_day(&lead::first_day(), LIKELY);
        let portal = trueup_sandbox::hubspot::Portal::from_snapshot(day.snapshot.clone()).unwrap();
        assert_eq!(
            portal.dump().objects["contacts"].records.len(),
            day.snapshot.objects["contacts"].records.len()
        );
    }
}
