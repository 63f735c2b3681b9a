//! A system that is only a source has no way to be written, permit or not.

use trueup_ports::{Permit, Source};

async fn write(workbook: &dyn Source, permits: Vec<Permit>) {
    workbook.write(permits).await;
}

fn main() {}
