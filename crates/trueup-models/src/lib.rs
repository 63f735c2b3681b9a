//! The protocols as small models, of which a checker visits every state.
//!
//! [`update`] is lease and intent around a write, [`create`] the two ways to make a record once. A model is
//! the protocol without its values: two engines, two records, time in a few ticks, people and crashes in
//! small numbers. What is left is every order in which things can happen. Each action names the code it
//! stands for; whoever changes that code changes the action (`docs/decisions/0020-models.md`).
//!
//! Deliberately absent: the real code. A model that called it would have its state space. Read next:
//! [`update::Action`], then [`update::Rules`], which leaves rules out one by one.

pub mod create;
pub mod explore;
pub mod lease;
pub mod pair;
pub mod update;
