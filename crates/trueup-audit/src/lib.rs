//! An independent auditor: judges as a stranger would, from what the systems logged, what they hold in the end, and
//! what the journal says.
//!
//! It shares no code with the engine, so that a mistake cannot be made twice and cancel out; what it knows of the
//! engine is `docs/reference/audit-format.md`. [`read`] makes lines of an evidence file, [`audit`] judges them:
//! one file a judgement, see [`judgements`].
//!
//! Deliberately absent: what the configuration means (which values agree, who wins). That both sides agree in the
//! end is for `trueup verify` to prove.

mod case;
pub mod judgements;
pub mod line;
mod read;

pub use judgements::{JUDGEMENTS, Judgement, Violation, audit};
pub use read::{ReadError, read, write};
