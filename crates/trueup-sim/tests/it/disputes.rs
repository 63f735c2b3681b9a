//! What the row of a conflict says while others move on.

use trueup_core::{
    memory::FieldKey,
    merge::{Claim, Party, Survivor},
};

use crate::hub::{Hub, known};

/// The open conflicts of the city: whose rows they are, and what the sides say.
fn open(hub: &Hub) -> Vec<(String, Vec<(Party, String)>)> {
    let memory = hub.memory();
    let said = |claim: &Claim| (claim.party, claim.cell.to_text().unwrap_or_default());
    let row = |key: &FieldKey, claims: &[Claim]| {
        (key.link.system.to_string(), claims.iter().map(said).collect::<Vec<_>>())
    };
    memory.open_conflicts().map(|(key, conflict)| row(key, &conflict.claims)).collect()
}

/// Two mirrors that moved apart.
fn contending() -> (Hub, [String; 3]) {
    let (mut hub, ids) = known(Survivor::Ask);
    hub.set("left", &ids[1], "city", "Paris");
    hub.set("right", &ids[2], "city", "Rome");
    hub.settle();
    (hub, ids)
}

#[test]
fn a_mirror_that_contends_no_more_has_no_open_conflict_while_others_go_on() {
    let (mut hub, [truth, left, _]) = contending();
    let sides = [(Party::Mirror(0), "Paris".to_owned()), (Party::Mirror(1), "Rome".to_owned())];
    assert_eq!(open(&hub), [("left".to_owned(), sides.to_vec()), ("right".to_owned(), sides.to_vec())]);
    hub.set("left", &left, "city", "London");
    hub.set("truth", &truth, "city", "Oslo");
    assert_eq!(hub.settle().conflicts, 1);
    let sides = [(Party::Canonical, "Oslo".to_owned()), (Party::Mirror(1), "Rome".to_owned())];
    assert_eq!(open(&hub), [("right".to_owned(), sides.to_vec())]);
}

#[test]
fn a_conflict_is_told_anew_when_a_side_of_it_moves() {
    let (mut hub, [.., right]) = contending();
    hub.set("right", &right, "city", "Bern");
    hub.settle();
    let said: Vec<String> = open(&hub).into_iter().flat_map(|(_, sides)| sides).map(|side| side.1).collect();
    assert_eq!(said, ["Paris", "Bern", "Paris", "Bern"]);
}

#[test]
fn a_conflict_ends_with_the_run_that_takes_the_word_of_one_side_over_to_the_others() {
    let (mut hub, [.., right]) = contending();
    hub.set("right", &right, "city", "London");
    hub.run();
    assert_eq!(hub.all("city"), [["Paris"], ["Paris"], ["Paris"]]);
    assert_eq!(open(&hub), []);
}
