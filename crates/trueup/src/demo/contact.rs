//! What the portal holds of a lead on the first day.

use std::collections::BTreeMap;

use super::{
    columns::typed,
    lead::Lead,
    people::{Person, mix, nth},
    role::{Drift, Refusal, Role, role},
};

/// The owner whose contacts follow the workbook.
pub(super) const OWNER: &str = "88361194";
/// Another owner, who is given one of the contacts overnight.
pub(super) const COLLEAGUE: &str = "77120035";
/// A third owner.
pub(super) const THIRD: &str = "77120036";
/// Somebody who left; contacts still carry the number.
pub(super) const GONE: &str = "66010001";

/// A contact of the portal before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    /// The lead it stands for, if it is the one the workbook keeps in agreement.
    pub(super) lead: Option<u64>,
    /// Its properties; what is not there is empty.
    pub(super) values: BTreeMap<&'static str, String>,
}

impl Contact {
    /// A contact with a name and an address; nobody owns it.
    pub(super) fn of(person: &Person, email: String) -> Self {
        let values =
            [("firstname", person.first.to_owned()), ("lastname", person.last.to_owned()), ("email", email)];
        Self { lead: None, values: values.into() }
    }

    /// The same with another value; an empty one is none.
    pub(super) fn with(mut self, property: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if value.is_empty() {
            self.values.remove(property);
        } else {
            self.values.insert(property, value);
        }
        self
    }
}

/// Every contact of a lead, and those of others that its part needs.
pub(super) fn contacts(lead: &Lead) -> Vec<Contact> {
    let own = agreeing(lead);
    match role(lead.number) {
        Role::Plain | Role::Street(_) | Role::Commission(_) => vec![own],
        Role::Twins => {
            let twin = Contact { lead: None, ..own.clone() };
            vec![
                Contact { lead: None, ..own },
                twin.with("email", lead.person.email(5)).with("hs_additional_emails", ""),
            ]
        }
        Role::Stranger => vec![own.with("email", lead.person.email(4)).with("hs_additional_emails", "")],
        Role::Refused(why) => refused(lead, own, why),
        Role::Drifted(drift) => vec![drifted(lead, own, drift)],
        Role::Copied => vec![own, copy(lead)],
    }
}

/// A contact that agrees with its lead in every mapped field, in a spelling of its own.
fn agreeing(lead: &Lead) -> Contact {
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    let number = lead.number;
    Contact { lead: Some(number), ..Contact::of(&lead.person, first(&lead.emails)) }
        .with("hubspot_owner_id", OWNER)
        .with("hs_additional_emails", further(lead).join(";"))
        .with("phone", typed(&first(&lead.phones), mix(number, 51) % 7))
        .with("address", lead.street())
        .with("city", lead.town.0)
        .with("state", "CO")
        .with("zip", lead.town.1)
        .with("commission_tier", lead.tier())
        .with("trackingsource", tracking(lead))
}

fn further(lead: &Lead) -> Vec<String> {
    lead.emails.iter().skip(1).cloned().collect()
}

fn tracking(lead: &Lead) -> String {
    let key = lead.key();
    match mix(lead.number, 52) % 4 {
        0 => format!("ID:{key}"),
        1 => format!("BV import 2025; ID:{key}"),
        2 => format!("postcard, ID:{key}"),
        _ => format!("ID:{key}; phoned twice"),
    }
}

fn refused(lead: &Lead, own: Contact, why: Refusal) -> Vec<Contact> {
    let old = lead.person.email(4);
    let all_but_last = || further(lead).split_last().map(|(_, rest)| rest.join(";")).unwrap_or_default();
    let last = || lead.emails.last().cloned().unwrap_or_default();
    let cousin = Person::new(4_000 + lead.number);
    let holder = |email: &str| Contact::of(&cousin, email.to_owned()).with("hubspot_owner_id", COLLEAGUE);
    match why {
        Refusal::PrimaryTaken => {
            let held = own.values.get("email").cloned().unwrap_or_default();
            vec![own.with("email", old), holder(&held)]
        }
        Refusal::FurtherTaken => {
            let holder = holder(&cousin.email(0)).with("hs_additional_emails", last());
            vec![own.with("hs_additional_emails", all_but_last()), holder]
        }
        Refusal::PrimaryInvalid => vec![own.with("email", old)],
        Refusal::FurtherInvalid => vec![own.with("hs_additional_emails", all_but_last())],
        Refusal::NoOption => vec![own.with("commission_tier", "house")],
    }
}

fn drifted(lead: &Lead, mut own: Contact, drift: Drift) -> Contact {
    let even = lead.number.is_multiple_of(2);
    let mut list = further(lead);
    if drift.primary && !list.is_empty() {
        // Another entry became primary; the true one is among the others, or nowhere.
        own = own.with("email", list.remove(0));
        list.extend(lead.emails.first().filter(|_| even).cloned());
    } else if drift.ledger {
        list.truncate(if even { 0 } else { list.len().saturating_sub(1) });
    }
    own = own.with("hs_additional_emails", list.join(";"));
    if drift.phone {
        own = own.with("phone", typed(&lead.person.phone(4), lead.number));
    }
    if drift.token {
        own = own.with("trackingsource", nth(&["", "BV import 2025", "postcard"], lead.number));
    }
    own
}

/// What an import left behind: a second contact of the lead that nobody owns.
fn copy(lead: &Lead) -> Contact {
    Contact::of(&lead.person, lead.person.email(5))
        .with("trackingsource", format!("campaign import; ID:{}", lead.key()))
}
