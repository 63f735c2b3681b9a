//! The plan's id: what makes "apply what was reviewed" checkable.

use serde::Serialize;

use super::Plan;
use crate::name::SystemName;

impl Plan {
    /// Gives the plan its id. A plan that cannot be hashed gets none, and without one nothing is applied.
    #[must_use]
    pub fn named(mut self) -> Self {
        self.id.clear();
        self.id = digest(&self).unwrap_or_default();
        self
    }

    /// The same plan, named with the requests that were made to see each system.
    #[must_use]
    pub fn gathered(mut self, requests: impl Fn(&SystemName) -> usize) -> Self {
        for (system, cost) in &mut self.report.cost {
            cost.gather = requests(system);
        }
        self.named()
    }

    /// Whether the id is that of the content: a plan file that was edited is void.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.clone().named().id == self.id && !self.id.is_empty()
    }
}

// The hash of everything in a plan but its id, as 32 hexadecimal digits.
fn digest(content: &impl Serialize) -> Option<String> {
    let text = serde_json::to_vec(content).ok()?;
    blake3::hash(&text).to_hex().get(..32).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde::ser::Error as _;

    use super::*;
    use crate::{fixture, plan::Cost, value::Cell};

    fn plan() -> Plan {
        let change = fixture::update("R1", "101", vec![fixture::edit("city", "Rome", "Oslo")]);
        Plan::single(&fixture::setup(), &fixture::memory(), change)
    }

    #[test]
    fn the_same_content_has_the_same_id_and_any_other_content_another() {
        let reviewed = plan();
        assert_eq!(reviewed.clone().named(), reviewed);
        for edit in [
            |plan: &mut Plan| plan.changes[0].edits[0].after = Cell::text("Lima"),
            |plan: &mut Plan| plan.changes.clear(),
            |plan: &mut Plan| plan.made_from.serial += 1,
            |plan: &mut Plan| plan.report.parked = 1,
        ] {
            let mut edited = reviewed.clone();
            edit(&mut edited);
            assert_ne!(edited.named().id, reviewed.id);
        }
    }

    #[test]
    fn a_plan_that_was_edited_or_has_no_id_is_void() {
        let reviewed = plan();
        assert!(reviewed.is_whole());
        let mut edited = reviewed.clone();
        edited.changes.clear();
        assert!(!edited.is_whole());
        let nameless = Plan { id: String::new(), ..reviewed };
        assert!(!nameless.is_whole());
    }

    #[test]
    fn the_requests_that_were_made_to_see_a_system_are_part_of_the_plan() {
        let mut seen = plan();
        seen.report.cost.insert(fixture::PORTAL.into(), Cost::default());
        let seen = seen.named().gathered(|system| system.as_str().len());
        assert_eq!(seen.report.cost[&fixture::PORTAL.into()].gather, "portal".len());
        assert!(seen.is_whole());
    }

    struct Unspeakable;

    impl Serialize for Unspeakable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("it has no text"))
        }
    }

    #[test]
    fn what_cannot_be_written_down_has_no_id_rather_than_one_that_others_have_too() {
        assert_eq!(digest(&Unspeakable), None);
        assert_eq!(digest(&"a").map(|id| id.len()), Some(32));
    }
}
