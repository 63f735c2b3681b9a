//! Knows where records live: one folder a system.

pub mod hubspot;
pub mod xlsx;
