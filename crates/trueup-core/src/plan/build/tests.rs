//! What a plan promises, whatever it is made from.

mod again;
mod parked;
mod promises;
mod rested;
