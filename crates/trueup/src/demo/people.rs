//! Invented people: names from tables, one person per number, no two alike.

use super::tables::{FIRST_NAMES, LAST_NAMES};

/// An invented person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// Which one; equal numbers are equal people.
    pub(super) number: u64,
    /// First name.
    pub(super) first: &'static str,
    /// Last name.
    pub(super) last: &'static str,
}

impl Person {
    /// The person of this number. The lengths of the two tables have no common factor, so the first
    /// 5,184 people have names of their own.
    pub(super) fn new(number: u64) -> Self {
        Self { number, first: nth(&FIRST_NAMES, number), last: nth(&LAST_NAMES, number) }
    }

    /// An address of this person; addresses of different people or kinds differ. All domains are reserved
    /// for examples (RFC 2606).
    pub(super) fn email(&self, kind: usize) -> String {
        let (first, last, number) = (slug(self.first), slug(self.last), self.number);
        let initial = first.get(..1).unwrap_or_default();
        match kind {
            0 => format!("{first}.{last}@example.org"),
            1 => format!("{initial}{last}{number}@example.com"),
            2 => format!("{first}{number}@{last}.example"),
            3 => format!("stays-{number}@cabins.example.net"),
            4 => format!("{first}.{last}@old-mail.example"),
            _ => format!("{first}.{last}+import@example.net"),
        }
    }

    /// An address that standards allow (RFC 5321, a quoted local part) and HubSpot does not.
    pub(super) fn quoted_email(&self) -> String {
        format!("\"{}..{}\"@example.org", slug(self.first), slug(self.last))
    }

    /// A phone number of this person, in E.164: a Rocky Mountain area code and a number that is kept free
    /// for stories (555-0100 to 555-0199). Different kinds differ.
    pub(super) fn phone(&self, kind: usize) -> String {
        const AREAS: [u16; 5] = [970, 303, 720, 719, 307];
        let line = mix(self.number, 11) % 100;
        let area = AREAS.get((self.spread(12) + kind) % AREAS.len()).copied().unwrap_or(970);
        format!("+1{area}55501{line:02}")
    }

    /// A number that is as good as chance and always the same for this person.
    pub(super) fn spread(&self, salt: u64) -> usize {
        usize::try_from(mix(self.number, salt) >> 33).unwrap_or_default()
    }
}

/// The entry of a table that a number leads to.
pub(super) fn nth<T: Copy + Default>(table: &[T], number: u64) -> T {
    let at = usize::try_from(number).unwrap_or_default() % table.len().max(1);
    table.get(at).copied().unwrap_or_default()
}

/// Spreads numbers evenly and always alike (the finaliser of `SplitMix64`).
pub(super) const fn mix(number: u64, salt: u64) -> u64 {
    let z = number.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A name as it may stand in an address.
fn slug(name: &str) -> String {
    let plain = |c: char| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ñ' => 'n',
        'ö' => 'o',
        'ü' | 'ú' => 'u',
        other => other,
    };
    name.chars().map(plain).filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_people_share_a_name_or_an_address() {
        let people: Vec<Person> = (0..1_800).map(Person::new).collect();
        let names: BTreeSet<_> = people.iter().map(|p| (p.first, p.last)).collect();
        assert_eq!(names.len(), people.len());
        let emails: BTreeSet<String> = people.iter().flat_map(|p| (0..6).map(|kind| p.email(kind))).collect();
        assert_eq!(emails.len(), 6 * people.len());
    }

    #[test]
    fn the_numbers_of_one_person_differ() {
        for person in (0..1_800).map(Person::new) {
            assert_eq!((0..5).map(|kind| person.phone(kind)).collect::<BTreeSet<_>>().len(), 5);
        }
    }

    #[test]
    fn every_address_stands_in_a_reserved_domain() {
        let reserved = ["example.org", "example.com", "example.net", ".example"];
        for email in (0..200).map(Person::new).flat_map(|p| (0..6).map(move |kind| p.email(kind))) {
            assert!(reserved.iter().any(|domain| email.ends_with(domain)), "{email}");
        }
    }
}
