//! The demonstration: seed A's workbook and portal, with the drift of its first live run, and the next
//! morning.
//!
//! All people, addresses and places are invented, and made the same on every machine: no clock, no chance.
//! [`role`] says which lead plays which part; [`lead`] and [`columns`] make the workbook of it, [`contact`] and
//! [`portal`] the portal, [`night`] what people do until the next morning. [`stage`] puts them up, and
//! [`foreign`] watches the records of others.
//!
//! Deliberately absent: any word to people and any cycle; those are the command's.

mod columns;
mod contact;
mod figures;
mod files;
mod foreign;
mod lead;
mod night;
mod people;
mod portal;
mod role;
mod stage;
mod tables;
mod workbook;

pub(crate) use figures::{Figures, Outcome};
pub(crate) use files::Place;
pub(crate) use stage::Stage;

use crate::output::Failure;

/// How the portal of the demonstration behaves where HubSpot's documents leave it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Behaviour(portal::Behaviour);

impl Behaviour {
    /// A portal that adds to the list of additional e-mails instead of replacing it, or forgets an old primary
    /// e-mail instead of keeping it among the others.
    pub(crate) const fn new(appends: bool, forgets: bool) -> Self {
        use trueup_sandbox::hubspot::{AdditionalEmails, OldPrimary};
        Self(portal::Behaviour {
            additional: if appends { AdditionalEmails::Appended } else { AdditionalEmails::Overwritten },
            old_primary: if forgets { OldPrimary::Lost } else { OldPrimary::KeptAsAdditional },
        })
    }
}

/// Writes the whole story as files, so that others can play it.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write_files(place: &Place, behaviour: Behaviour) -> Result<(), Failure> {
    place.tell(&files::Story::new(behaviour.0))
}
