//! What the core must decide, as tables that people can read, checked for every combination.
//!
//! A *section* is a text table in `spec/` (rules with wildcards, first match wins, each with the place
//! it is taken from) and a module here that plays every combination through the real core. The tables
//! were written from the design and the requirements, not from the code; where the two disagree, the
//! rule says what the code does instead and why ([`rule::Known`]), and the check fails as soon as that
//! is no longer so.
//!
//! Deliberately absent: any second implementation of the merge. Read next: [`table::check`], then
//! `spec/one_way.spec`.

pub mod cycle;
pub mod history;
pub mod life;
pub mod merge;
pub mod outcome;
pub mod pattern;
pub mod print;
pub mod rule;
pub mod set;
pub mod setup;
pub mod table;
pub mod world;

/// Every section, in the order in which they are printed.
pub const SECTIONS: &[table::Section] = &[
    setup::SECTION,
    merge::SECTION,
    set::SECTION,
    cycle::ONE_WAY,
    cycle::TWO_WAY,
    life::SECTION,
    life::GONE,
];
