//! The suite that every connector passes, on HubSpot's two path families.

use trueup_ports::conformance::{Bench, check_source, check_target};

use crate::hubspot_bench::{Rig, run};

fn make(version: &'static str) -> impl Fn() -> Box<dyn Bench> + Sync {
    move || Box::new(Rig::with(|settings| settings.version = version.parse().unwrap()))
}

#[track_caller]
fn check(version: &'static str) {
    let make = make(version);
    let read = run(check_source(&make)).unwrap();
    assert!(read.skipped.is_empty(), "{:?}", read.skipped);
    let written = run(check_target(&make)).unwrap();
    assert!(written.skipped.is_empty(), "{:?}", written.skipped);
}

#[test]
fn the_dated_paths_conform() {
    check("2026-03");
}

#[test]
fn the_paths_of_v3_conform() {
    check("v3");
}
