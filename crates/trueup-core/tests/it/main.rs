//! The core as its users see it: golden plans, by rendering and by policy.

mod golden;
#[cfg(feature = "planted-defects")]
mod planted;
mod policy;
mod shown;
mod support;
