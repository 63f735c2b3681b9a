//! What a plan promises, whatever it is made from.

mod parked;
mod promises;
mod rested;
