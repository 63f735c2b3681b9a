//! Knows where records live: one folder a system, with the same file names everywhere.
//!
//! A connector reads a system into records and, where it can, writes what it has permits for; what a system is
//! capable of stands on its card, as data.
//!
//! Deliberately absent: any decision about records, any HTTP client (requests go through the
//! [`Wire`](trueup_ports::wire), which paces and repeats them), and any way for the workbook to be written.
//!
//! Read next: [`hubspot`], then the conformance suite in `trueup-ports`, which every connector passes.

pub mod hubspot;
pub mod xlsx;
