//! What a plan promises, whatever it is made from.

mod again;
mod away;
mod first;
mod held;
mod made;
mod parked;
mod promises;
mod report;
mod rested;
