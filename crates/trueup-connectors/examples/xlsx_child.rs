//! The smallest program that can parse a workbook: it does nothing but be the parsing child.
//!
//! The tests start it as the real program starts itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    trueup_connectors::xlsx::run_if_child().unwrap_or(ExitCode::from(2))
}
