//! What a field can hold, and what can be known about it.

mod cell;
mod kind;
mod print;

pub use cell::{Cell, Trouble, Value};
pub use kind::{Kind, NORMALISERS};
pub use print::{Print, PrintKey};
