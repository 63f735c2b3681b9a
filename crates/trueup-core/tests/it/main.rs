//! The core as its users see it: golden plans, by rendering and by policy.
//!
//! `cfg(test)` is always true here; it is how clippy knows that helpers are tests too.

#[cfg(test)]
mod golden;
#[cfg(all(test, feature = "planted-defects"))]
mod planted;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod shown;
#[cfg(test)]
mod support;
