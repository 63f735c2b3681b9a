//! A lead: one row of the workbook.

use super::{
    people::{Person, mix, nth},
    role::{LEADS, Refusal, Role, role},
    tables::{STREETS, TOWNS},
};

/// One row of the workbook, with the values that several of its columns and its contact need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lead {
    /// Counted from 1; the key is made of it.
    pub(super) number: u64,
    /// The owner of the property.
    pub(super) person: Person,
    /// Their addresses; the first is primary.
    pub(super) emails: Vec<String>,
    /// Their phones in E.164; the first is primary.
    pub(super) phones: Vec<String>,
    /// Where the property lies.
    pub(super) town: (&'static str, &'static str),
    /// Nights let in a year.
    pub(super) nights: u32,
    /// Dollars a night.
    pub(super) rate: u32,
    /// The agent's share of the commission, in percent.
    pub(super) agent_share: u32,
    /// A tier somebody agreed on by hand.
    pub(super) tier_by_hand: Option<&'static str>,
}

/// The leads of the first day.
pub(super) fn first_day() -> Vec<Lead> {
    (1..=LEADS).map(Lead::new).collect()
}

impl Lead {
    /// The lead of this number. Those after the first day's play no part.
    pub(super) fn new(number: u64) -> Self {
        let person = Person::new(number);
        let part = if number <= LEADS { role(number) } else { Role::Plain };
        let mut lead = Self {
            number,
            emails: emails(&person, part),
            phones: (0..=person.spread(2) % 4).map(|kind| person.phone(kind)).collect(),
            town: nth(&TOWNS, mix(number, 3)),
            nights: 20 + spread(&person, 4, 220),
            rate: 120 + 5 * spread(&person, 5, 60),
            agent_share: [0, 0, 0, 25, 50].get(person.spread(6) % 5).copied().unwrap_or(0),
            tier_by_hand: (number % 97 == 5).then_some("house"),
            person,
        };
        match part {
            Role::Refused(Refusal::NoOption) => lead.tier_by_hand = Some("founder-2019"),
            Role::Commission(_) => lead.tier_by_hand = None,
            _ => {}
        }
        lead
    }

    /// The key, such as `R00412`.
    pub(super) fn key(&self) -> String {
        format!("R{:05}", self.number)
    }

    /// Where the property stands.
    pub(super) fn street(&self) -> String {
        format!("{} {}", 100 + spread(&self.person, 7, 8_900), nth(&STREETS, mix(self.number, 8)))
    }

    /// Dollars a year.
    pub(super) const fn revenue(&self) -> u32 {
        self.nights * self.rate
    }

    /// The commission tier; the configuration says the same as an expression.
    pub(super) const fn tier(&self) -> &'static str {
        match self.tier_by_hand {
            Some(tier) => tier,
            None if self.agent_share >= 50 => "agent",
            None if self.nights >= 150 && self.revenue() >= 45_000 => "premium",
            None if self.nights >= 60 => "standard",
            None => "starter",
        }
    }

    /// Changes an input so that another tier follows: an agent comes, or goes.
    pub(super) const fn renegotiate(&mut self) {
        self.agent_share = if self.agent_share >= 50 { 0 } else { 60 };
    }
}

fn emails(person: &Person, part: Role) -> Vec<String> {
    let count = (1 + person.spread(1) % 4).max(part.emails_min());
    let mut emails: Vec<String> = (0..count).map(|kind| person.email(kind)).collect();
    let last = emails.len().saturating_sub(1);
    // Whose address is primary is nothing to tell from its domain.
    emails.rotate_left(person.spread(9) % count);
    let spoiled = match part {
        Role::Refused(Refusal::PrimaryInvalid) => emails.first_mut(),
        Role::Refused(Refusal::FurtherInvalid) => emails.get_mut(last),
        _ => None,
    };
    if let Some(email) = spoiled {
        *email = person.quoted_email();
    }
    emails
}

/// A number below the bound that is as good as chance.
pub(super) fn spread(person: &Person, salt: u64, below: usize) -> u32 {
    u32::try_from(person.spread(salt) % below).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_ledger_has_one_to_four_entries_and_no_address_stands_twice() {
        let leads = first_day();
        let emails: Vec<&String> = leads.iter().flat_map(|lead| &lead.emails).collect();
        assert_eq!(emails.iter().collect::<BTreeSet<_>>().len(), emails.len());
        for counts in [
            leads.iter().map(|l| l.emails.len()).collect::<BTreeSet<_>>(),
            leads.iter().map(|l| l.phones.len()).collect(),
        ] {
            assert_eq!(counts, BTreeSet::from([1, 2, 3, 4]));
        }
    }

    #[test]
    fn a_renegotiated_commission_is_another_tier() {
        for mut lead in first_day().into_iter().filter(|lead| lead.tier_by_hand.is_none()) {
            let before = lead.tier();
            lead.renegotiate();
            assert_ne!(lead.tier(), before, "{}", lead.key());
        }
    }
}
