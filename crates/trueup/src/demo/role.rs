//! Which part each lead plays in the story.

/// How many leads the workbook holds on the first day.
pub(super) const LEADS: u64 = 866;

/// The part of a lead in the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its contact agrees, and nothing ever happens.
    Plain,
    /// Two contacts carry its token (F2).
    Twins,
    /// Its contact has none of its addresses (F1).
    Stranger,
    /// Its contact differs in one field, and HubSpot refuses the update.
    Refused(Refusal),
    /// Its contact drifted in these ways.
    Drifted(Drift),
    /// An unowned contact carries its token as well (F3).
    Copied,
    /// Overnight somebody puts half an address into its contact's city (D3).
    Street(usize),
    /// Overnight an input of its commission changes (D8).
    Commission(Night),
}

/// Why HubSpot refuses an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another owner's contact holds the primary address.
    PrimaryTaken,
    /// Another owner's contact holds a further address.
    FurtherTaken,
    /// The primary address is none to HubSpot.
    PrimaryInvalid,
    /// A further address is none to HubSpot.
    FurtherInvalid,
    /// The commission is no option of the property.
    NoOption,
}

/// In which ways a contact drifted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four classes of drift, each there or not")]
pub(super) struct Drift {
    /// The token is missing (D2).
    pub(super) token: bool,
    /// Another ledger entry is primary (D4); then the list of the others lacks it too (D5).
    pub(super) primary: bool,
    /// Ledger entries are missing among the additional addresses (D5).
    pub(super) ledger: bool,
    /// The phone differs (D6).
    pub(super) phone: bool,
}

/// What else happens overnight to the contact whose commission changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Night {
    /// Nothing.
    Quiet,
    /// It is given to another owner.
    Reassigned,
    /// Somebody sets its address to one that stands in no ledger.
    Readdressed,
}

/// The part of the lead of this number, counted from 1.
///
/// The parts are dealt out with a step that has no common factor with the number of leads, so they
/// lie scattered over the workbook. R00412 is one whose phone alone drifted.
pub(super) const fn role(lead: u64) -> Role {
    match (lead * 181 + 836) % LEADS {
        0..4 => Role::Twins,
        4..8 => Role::Stranger,
        8 => Role::Refused(Refusal::PrimaryTaken),
        9 => Role::Refused(Refusal::FurtherTaken),
        10 => Role::Refused(Refusal::PrimaryInvalid),
        11 => Role::Refused(Refusal::FurtherInvalid),
        12 => Role::Refused(Refusal::NoOption),
        place @ 13..71 => Role::Drifted(drift(place - 13)),
        71..94 => Role::Copied,
        94 => Role::Street(0),
        95 => Role::Street(1),
        96 => Role::Street(2),
        97..101 => Role::Commission(Night::Quiet),
        101 => Role::Commission(Night::Reassigned),
        102 => Role::Commission(Night::Readdressed),
        _ => Role::Plain,
    }
}

/// The seed's first live run: 21 D4, 53 D5, 10 D6 and 11 D2 on 58 contacts.
const fn drift(place: u64) -> Drift {
    Drift {
        primary: matches!(place, 0..21),
        ledger: matches!(place, 0..53),
        phone: matches!(place, 18..25 | 53 | 54 | 57),
        token: matches!(place, 45..53 | 55..58),
    }
}

impl Role {
    /// How many addresses the lead must have for its part.
    pub(super) const fn emails_min(self) -> usize {
        match self {
            Self::Refused(_) => 2,
            Self::Drifted(drift) if drift.ledger => 2,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(fits: impl Fn(Role) -> bool) -> usize {
        (1..=LEADS).map(role).filter(|role| fits(*role)).count()
    }

    #[test]
    fn the_parts_add_up_to_the_first_live_run() {
        assert_eq!(count(|role| role == Role::Twins), 4);
        assert_eq!(count(|role| role == Role::Stranger), 4);
        assert_eq!(count(|role| matches!(role, Role::Refused(_))), 5);
        assert_eq!(count(|role| role == Role::Copied), 23);
        let drifted = |of: fn(Drift) -> bool| count(|role| matches!(role, Role::Drifted(drift) if of(drift)));
        assert_eq!(drifted(|drift| drift != Drift::default()), 58);
        assert_eq!(drifted(|drift| drift.token), 11);
        assert_eq!(drifted(|drift| drift.primary), 21);
        assert_eq!(drifted(|drift| drift.ledger), 53);
        assert_eq!(drifted(|drift| drift.phone), 10);
    }

    #[test]
    fn the_night_has_three_streets_and_six_commissions() {
        assert_eq!(count(|role| matches!(role, Role::Street(_))), 3);
        assert_eq!(count(|role| role == Role::Commission(Night::Quiet)), 4);
        assert_eq!(count(|role| matches!(role, Role::Commission(_))), 6);
    }

    #[test]
    fn r00412_drifted_in_its_phone_alone() {
        assert_eq!(role(412), Role::Drifted(Drift { phone: true, ..Drift::default() }));
    }
}
