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
