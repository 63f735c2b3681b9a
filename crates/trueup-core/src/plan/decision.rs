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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture::{self, PORTAL},
        plan::FindingKey,
    };

    fn finding(class: &str, subject: &str, entity: Option<&str>) -> Finding {
        Finding {
            key: FindingKey { class: class.into(), system: PORTAL.into(), subject: subject.into() },
            kind: FindingKind::Finding,
            entity: entity.map(EntityKey::new),
            remotes: vec!["101".into(), "102".into()],
            what: "two records carry one token".into(),
            values: Vec::new(),
            place: String::new(),
        }
    }

    fn choices() -> [(Choice, &'static str); 3] {
        [(Choice::Choose("101".into()), "choose"), (Choice::Accept, "accept"), (Choice::Exclude, "exclude")]
    }

    /// The choices that are taken about a finding, when each is made in turn.
    #[track_caller]
    fn check(finding: &Finding, want: &[&str]) {
        let setup = fixture::setup();
        let taken = |choice: &Choice| {
            let mut memory = fixture::memory();
            fixture::decide(&mut memory, finding, choice.clone());
            decided(&setup, &memory, finding) == Some(choice)
        };
        let taken: Vec<&str> =
            choices().iter().filter(|(choice, _)| taken(choice)).map(|(_, word)| *word).collect();
        assert_eq!(taken, want, "{finding:?}");
    }

    #[test]
    fn a_finding_is_decided_only_by_an_answer_to_the_question_it_asks() {
        check(&finding("F1", "101", Some("R1")), &["accept", "exclude"]);
        check(&finding("F2", "R1", Some("R1")), &["choose", "exclude"]);
        check(&finding("F2", "R1", None), &["exclude"]);
        // About a record, and about an entity whose key may be the very id of that record.
        check(&finding("ambiguous", "101", Some("101")), &["exclude"]);
        check(&finding("ambiguous", "101", None), &["exclude"]);
        check(&finding("ambiguous", &about(&"101".into()), Some("101")), &["accept"]);
        check(&finding("ambiguous", &about(&"101".into()), Some("102")), &["exclude"]);
        check(&finding("gone", "R1", Some("R1")), &["accept"]);
        check(&finding("no class", "R1", None), &["accept"]);
        check(&Finding { kind: FindingKind::Held, ..finding("F1", "101", Some("R1")) }, &[]);
    }

    #[test]
    fn a_decision_ends_when_the_finding_says_something_else() {
        let (setup, mut memory) = (fixture::setup(), fixture::memory());
        let told = finding("F1", "101", Some("R1"));
        assert_eq!(decided(&setup, &memory, &told), None);
        fixture::decide(&mut memory, &told, Choice::Accept);
        assert_eq!(decided(&setup, &memory, &told), Some(&Choice::Accept));
        let more = Finding { what: "three records carry one token".into(), ..told.clone() };
        assert_eq!(decided(&setup, &memory, &more), None);
        memory.decisions.get_mut(&told.key).unwrap().about = None;
        assert_eq!(decided(&setup, &memory, &told), None);
    }
}
