//! Words that a system spells in its own way.

use super::{ADA, Case, US, city, move_city, past, print};
use crate::{
    fixture::{edit, with},
    settle::Answer,
};

#[test]
fn where_no_history_tells_the_same_letters_are_our_word_as_the_system_spells_it() {
    let case = Case::new(move_city(), Answer::Written, city("ESTES PARK."));
    case.check(&["city Landed"]);
    let base = &case.audit().bases[0];
    assert_eq!(Some(base.mirror.print), print("ESTES PARK."));
    assert_eq!(Some(base.canonical.print), print("Estes Park"));
    // The same digits may be another number.
    let phone = vec![edit("phone", "+19705550100", "+19705550199")];
    let spelled = Case::new(phone, Answer::Written, with(city("Granby"), "phone", "9705550199 (+1)"));
    assert!(spelled.audit().bases.is_empty());
}

#[test]
fn what_a_record_was_made_with_is_known_in_the_systems_spelling_and_under_what_people_made_of_it() {
    let made = vec![edit("city", "", "Estes Park")];
    let spelled = Case::made(made.clone(), city("ESTES PARK."));
    spelled.check(&["city Landed"]);
    assert_eq!(Some(spelled.audit().bases[0].mirror.print), print("ESTES PARK."));
    for said in ["Fraser", ""] {
        let past = past(city(said), "city", &[(said, 160, ADA), ("ESTES PARK.", 150, US)]);
        let edited = Case::made(made.clone(), past);
        edited.check(&["city Landed"]);
        assert_eq!(Some(edited.audit().bases[0].mirror.print), print("ESTES PARK."), "{said}");
    }
    Case::made(made, city("Fraser")).check(&["city NotApplied"]);
}

#[test]
fn what_was_written_without_an_answer_is_known_in_the_systems_spelling_and_contends_with_nobody() {
    let late = |seen| Case::new(move_city(), Answer::Unknown, seen).late();
    late(city("ESTES PARK.")).check(&["city Landed"]);
    let told = past(city("ESTES PARK."), "city", &[("ESTES PARK.", 160, US), ("Granby", 90, ADA)]);
    late(told.clone()).check(&["city Landed"]);
    assert_eq!(Some(late(told).audit().bases[0].mirror.print), print("ESTES PARK."));
    let theirs = past(city("ESTES PARK."), "city", &[("ESTES PARK.", 160, ADA), ("Granby", 90, ADA)]);
    late(theirs).check(&["city NotApplied"]);
    late(city("Estes Park 2")).check(&["city NotApplied"]);
}
