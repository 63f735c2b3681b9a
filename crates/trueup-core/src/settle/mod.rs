//! What became of an intent: pure decisions before and after a write (RELIABILITY.md 6.3).

mod alike;
mod audit;
mod precheck;
#[cfg(test)]
mod tests;

pub use audit::{Answer, Audit, Ending, Evidence, Refused, audit, blanks};
pub use precheck::{Checked, Dropped, precheck};
