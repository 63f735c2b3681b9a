//! A system that is only a source cannot be handed over as a target.

use trueup_ports::{Source, Target};

fn promote(workbook: &dyn Source) -> &dyn Target {
    workbook
}

fn main() {}
