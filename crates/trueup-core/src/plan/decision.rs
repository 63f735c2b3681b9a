//! What a person can decide about a finding, and whether what was decided still stands.

use super::{Finding, FindingKind};
use crate::{
    memory::{Choice, Memory},
    name::EntityKey,
    setup::{Setup, Trigger},
};

/// The choices that do something about a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// One of its records can be chosen.
    pub choose: bool,
    /// It can be accepted as it is.
    pub accept: bool,
    /// Its records can be excluded.
    pub exclude: bool,
}

impl Offers {
    /// What can be decided about a finding: its class tells which question it asks.
    #[must_use]
    pub fn of(setup: &Setup, finding: &Finding) -> Self {
        let none = Self::default();
        if finding.kind != FindingKind::Finding {
            return none;
        }
        match setup.class(&finding.key.class).map(|class| &class.trigger) {
            Some(Trigger::Stranger) => Self { accept: true, exclude: true, ..none },
            Some(Trigger::SharedToken) => Self { choose: finding.entity.is_some(), exclude: true, ..none },
            // About a record: it is none of theirs. About an entity: it may go without a record.
            Some(Trigger::Ambiguous) if !is_about_its_entity(finding) => Self { exclude: true, ..none },
            // Also without a class of the configuration, as where a record left the scope under a run's hands.
            _ => Self { accept: true, ..none },
        }
    }

    /// Whether a choice is among them.
    #[must_use]
    pub const fn allow(self, choice: &Choice) -> bool {
        match choice {
            Choice::Choose(_) => self.choose,
            Choice::Accept => self.accept,
            Choice::Exclude => self.exclude,
        }
    }
}

fn is_about_its_entity(finding: &Finding) -> bool {
    finding.entity.as_ref().is_some_and(|entity| about(entity) == finding.key.subject)
}

/// The subject of a finding about an entity in a class whose other findings are about records: a record may have
/// the very id that is another entity's key, and one finding must not take the other's place.
#[must_use]
pub fn about(entity: &EntityKey) -> String {
    format!("entity:{entity}")
}

/// What a person decided about this very finding.
///
/// A decision ends when the finding says something else; then it is told again.
#[must_use]
pub fn decided<'a>(setup: &Setup, memory: &'a Memory, finding: &Finding) -> Option<&'a Choice> {
    let decision = memory.decisions.get(&finding.key)?;
    let stands = decision.about.is_some() && decision.about == memory.about(finding);
    (stands && Offers::of(setup, finding).allow(&decision.choice)).then_some(&decision.choice)
}
