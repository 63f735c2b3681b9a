//! Who may have changed: what is told, looked at and forgotten.

use super::*;
use crate::hint::EVENTS_KEPT;

fn touch(system: &str, id: &str) -> TouchKey {
    TouchKey { system: system.into(), remote: Some(id.into()) }
}

fn anything(system: &str) -> TouchKey {
    TouchKey { system: system.into(), remote: None }
}

fn told(memory: &mut Memory, key: &TouchKey, at: i64) {
    memory.commit(&[Note::Touch(key.clone(), time(at))]);
}

fn event(id: &str, at: i64) -> Note {
    Note::Event(crate::hint::Event { id: id.into(), touch: touch("portal", "101"), at: time(at) })
}

#[test]
fn an_event_that_comes_twice_is_taken_once() {
    let mut memory = memory();
    memory.commit(&[event("e1", 0), event("e1", 5)]);
    assert_eq!(memory.touches, [(touch("portal", "101"), Touch::new(time(0)))].into());
    memory.commit(&[event("e2", 7)]);
    assert_eq!(memory.touches.values().map(|touch| touch.told).collect::<Vec<_>>(), [2]);
}

#[test]
fn an_event_is_known_again_for_a_week() {
    let mut memory = memory();
    let week = 7 * 24 * 60 * 60 * 1000;
    memory.commit(&[event("old", 0), event("new", 1)]);
    let before = time(week + 1).checked_sub(EVENTS_KEPT).unwrap();
    memory.commit(&[Note::ForgetEvents(before)]);
    assert_eq!(memory.events.keys().collect::<Vec<_>>(), ["new"]);
}

#[test]
fn a_record_that_was_looked_at_is_let_go_unless_it_was_told_again() {
    let (one, other) = (touch("portal", "101"), touch("portal", "102"));
    let mut memory = memory();
    for key in [&one, &one, &other, &other] {
        told(&mut memory, key, 0);
    }
    memory.commit(&[Note::Looked(one.clone(), 1)]);
    assert_eq!(memory.touches.len(), 2, "whoever looked has not seen the second telling");
    memory.commit(&[Note::Looked(one, 2)]);
    assert_eq!(memory.touches.keys().collect::<Vec<_>>(), [&other]);
}

#[test]
fn a_look_in_vain_counts_for_what_was_told_before_it() {
    let key = touch("portal", "101");
    let mut memory = memory();
    told(&mut memory, &key, 0);
    told(&mut memory, &key, 0);
    memory.commit(&[Note::Vain(key.clone(), 1, time(1))]);
    assert_eq!(memory.touches[&key].attempts, 0, "there is news since");
    memory.commit(&[Note::Vain(key.clone(), 2, time(1))]);
    assert_eq!(memory.touches[&key].attempts, 1);
}

#[test]
fn more_records_than_are_kept_by_name_are_told_as_all_of_their_system() {
    let mut memory = memory();
    for key in [anything("portal"), touch("shop", "1"), touch("shop", "2")] {
        told(&mut memory, &key, 0);
    }
    for at in 0..MOST {
        told(&mut memory, &touch("portal", &format!("{at}")), 0);
    }
    assert_eq!(memory.touches.len(), MOST + 3);
    // One that is known is told once more.
    told(&mut memory, &touch("portal", "0"), 0);
    assert_eq!((memory.touches.len(), memory.touches[&touch("portal", "0")].told), (MOST + 3, 2));
    told(&mut memory, &touch("portal", "one more"), 0);
    let left = [anything("portal"), touch("shop", "1"), touch("shop", "2")];
    assert_eq!(memory.touches.keys().cloned().collect::<Vec<_>>(), left);
    assert_eq!(memory.touches[&anything("portal")].told, 2);
}
