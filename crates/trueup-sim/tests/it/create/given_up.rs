//! How a create ends that was given up.

use std::sync::atomic::Ordering;

use trueup_core::create::Stage;
use trueup_sim::people::PERSON;

use super::{
    chaos,
    office::{Office, request},
    script::{Arrow, Harm, Reply, Second},
};

/// The record was made, its caller died, and the janitor gave it up.
fn given_up() -> (Office, String) {
    let mut office = chaos(Reply::LostAfter, Second::Ok, Some((Arrow::R, Harm::Kill)));
    assert_eq!(office.create(&request()), None);
    office.script.chaos.store(false, Ordering::Relaxed);
    let made = office.records().remove(0);
    office.sweep_after(61);
    (office, made)
}

fn stage(office: &Office) -> Stage {
    office.row("order 7").unwrap().stage
}

/// Whether the next cycle tells a person of an orphan.
fn is_told(office: &mut Office) -> bool {
    office.run().unwrap().findings.contains_key(&"orphan".into())
}

#[test]
fn a_record_that_one_look_does_not_find_is_still_taken_back() {
    let (mut office, made) = given_up();
    office.hide(&made, 300);
    office.sweep_after(250);
    assert!(matches!(stage(&office), Stage::Aborting { .. }), "{:?}", stage(&office));
    for _ in 0..2 {
        office.sweep_after(250);
    }
    assert_eq!(office.records(), Vec::<String>::new());
    assert!(matches!(stage(&office), Stage::Ended { .. }), "{:?}", stage(&office));
}

#[test]
fn two_looks_are_counted_from_the_last_one_that_found_the_record() {
    let (mut office, made) = given_up();
    let hide = |office: &mut Office, seconds| {
        office.hide(&made, seconds + 10);
        office.sweep_after(seconds);
    };
    hide(&mut office, 250);
    office.crm.lock().unwrap().set(&made, "city", Some("Elsewhere"), PERSON, office.clock.now());
    office.sweep_after(61);
    assert!(matches!(stage(&office), Stage::Flagged { .. }), "{:?}", stage(&office));
    for _ in 0..2 {
        hide(&mut office, 250);
        assert!(is_told(&mut office), "one look took the finding away");
        office.sweep_after(61);
    }
    assert!(matches!(stage(&office), Stage::Flagged { .. }), "{:?}", stage(&office));
    assert_eq!(office.records(), [made]);
}
