//! The property definitions that every portal has.

use super::object_type::{MERGED_IDS, ObjectType};
use super::properties::{PropertyDefinition, PropertyType};

/// Stages in their order; the API moves a contact only forward (facts section 8).
const LIFECYCLE_STAGES: [&str; 8] = [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
];

const LEAD_STATUSES: [&str; 8] = [
    "NEW",
    "OPEN",
    "IN_PROGRESS",
    "OPEN_DEAL",
    "UNQUALIFIED",
    "ATTEMPTED_TO_CONTACT",
    "CONNECTED",
    "BAD_TIMING",
];

const TEXTS: [&str; 12] = [
    "email",
    "firstname",
    "lastname",
    "company",
    "jobtitle",
    "website",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "message",
];

/// Names that the service computes; nobody can write them.
const COMPUTED: [&str; 3] = [MERGED_IDS, "hs_calculated_merged_vids", "hs_all_contact_vids"];

/// The definitions of one object type, without the three that stand for id and times.
pub(crate) fn of(kind: &ObjectType) -> Vec<PropertyDefinition> {
    let mut all: Vec<PropertyDefinition> = TEXTS.into_iter().map(PropertyDefinition::text).collect();
    all.extend(["phone", "mobilephone"].map(|name| PropertyDefinition::of(name, PropertyType::PhoneNumber)));
    all.push(PropertyDefinition::choice("lifecyclestage", &LIFECYCLE_STAGES, false));
    all.push(PropertyDefinition::choice("hs_lead_status", &LEAD_STATUSES, false));
    all.push(external("hubspot_owner_id", "select"));
    if let Some(emails) = &kind.emails {
        all.push(external(emails.additional, "checkbox"));
    }
    all.extend(COMPUTED.map(computed));
    // Contacts have this one beside `lastmodifieddate`; it is null and misleads (trap 17).
    all.push(PropertyDefinition {
        read_only_value: true,
        ..PropertyDefinition::of("hs_lastmodifieddate", PropertyType::Datetime)
    });
    for definition in &mut all {
        definition.hubspot_defined = true;
        definition.group_name = "contactinformation".into();
    }
    all
}

fn external(name: &str, field_type: &str) -> PropertyDefinition {
    PropertyDefinition {
        external_options: true,
        field_type: field_type.into(),
        ..PropertyDefinition::of(name, PropertyType::Enumeration)
    }
}

fn computed(name: &str) -> PropertyDefinition {
    PropertyDefinition { calculated: true, read_only_value: true, ..PropertyDefinition::text(name) }
}
