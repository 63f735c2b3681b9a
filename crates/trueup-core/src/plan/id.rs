//! The plan's id: what makes "apply what was reviewed" checkable.

use super::Plan;

impl Plan {
    /// The hash of everything in the plan but the id itself, as 32 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        let unnamed = Self { id: String::new(), ..self.clone() };
        // A plan is data with string keys only, which always serialises; an empty text would make an
        // id that no plan has, so nothing could be applied by it.
        let text = serde_json::to_vec(&unnamed).unwrap_or_default();
        let hex = blake3::hash(&text).to_hex();
        hex.get(..32).unwrap_or_default().to_owned()
    }

    /// Gives the plan its id.
    #[must_use]
    pub fn named(mut self) -> Self {
        self.id = self.hash();
        self
    }

    /// Whether the id is that of the content: a plan file that was edited is void.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.id == self.hash()
    }
}
