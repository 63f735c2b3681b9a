//! The budget of one evaluation (T-23).

use super::node::Why;

// 4 MiB of text made, or a quarter of a million steps: far above any rule, well under a second.
const BUDGET: usize = 1 << 22;

// What a step costs besides the text it makes.
const STEP: usize = 16;

/// What is left of the budget of one evaluation.
pub(super) struct Fuel(usize);

impl Fuel {
    pub(super) const fn full() -> Self {
        Self(BUDGET)
    }

    /// Pays for one step that reads or makes so many bytes, before it is taken.
    pub(super) fn step(&mut self, bytes: usize) -> Result<(), Why> {
        match self.0.checked_sub(bytes.saturating_add(STEP)) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(Why::Borrowed("it takes too long or makes too much text")),
        }
    }
}
