//! What may still be sent, and what became of what was.

mod after;
mod before;
mod blanks;
