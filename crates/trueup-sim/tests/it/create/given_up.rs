//! How a create ends that was given up: what is not found once, what was never sent, what is told too late.

use std::{collections::BTreeMap, pin::pin, sync::atomic::Ordering};

use jiff::SignedDuration;
use trueup_core::create::{Answer, Stage};
use trueup_engine::create::Unanswered;
use trueup_sim::{executor::step, people::PERSON};

use super::{
    chaos,
    office::{Office, asked, request},
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

/// What the mirror's record of the request would hold.
fn copy() -> BTreeMap<String, String> {
    let ext_id = Office::ext_id().to_string();
    [("name", "Ada Example"), ("city", "Granby"), ("ext", &ext_id)]
        .map(|(column, value)| (column.to_owned(), value.to_owned()))
        .into()
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

#[test]
fn the_app_has_a_row_already_and_nothing_is_frozen() {
    let mut office = Office::new();
    office.app_makes();
    let Some(Ok(Answer::Failed(failure))) = office.create(&request()) else { panic!("there is a row") };
    assert_eq!(failure.code, "APP_WRITE_FAILED");
    assert!(matches!(stage(&office), Stage::Ended { .. }), "{:?}", stage(&office));
    office.run().unwrap();
    assert_eq!(
        (office.records().len(), office.linked("C1").is_some()),
        (1, true),
        "the cycle makes its copy"
    );
}

#[test]
fn what_was_never_sent_takes_nothing_back_that_looks_like_its_record() {
    for harm in [Harm::Fail, Harm::Late, Harm::Kill] {
        let mut office = chaos(Reply::Created, Second::Ok, Some((Arrow::T1, harm)));
        let theirs = office.crm.lock().unwrap().make(copy(), "trueup", office.clock.now());
        let told = office.create(&request());
        assert!(matches!(told, None | Some(Ok(Answer::Failed(_)))), "{harm:?}: {told:?}");
        office.calm();
        assert_eq!((office.records(), office.app_rows().1), (vec![theirs], 0), "{harm:?}");
        assert!(matches!(stage(&office), Stage::Ended { .. }), "{harm:?}: {:?}", stage(&office));
    }
}

#[test]
fn where_the_app_made_a_row_of_its_own_meanwhile_a_person_is_asked() {
    let (mut office, made) = given_up();
    office.app_makes();
    office.calm();
    let Stage::Flagged { why, .. } = stage(&office) else { panic!("{:?}", stage(&office)) };
    assert!(why.contains("a row of its own"), "{why}");
    assert!(is_told(&mut office));
    assert_eq!(office.records(), [made]);
}

/// Two keys for one record, one after the other, of which the second one looked before the first one began.
#[test]
fn a_call_that_judges_by_an_old_look_begins_nothing_once_the_record_is_linked() {
    let mut begun = 0;
    for polls in 1.. {
        let mut office = Office::new();
        let (one, two) = (office.coordinator(), office.coordinator());
        let (first, second) = (request(), asked("order 8", "C1", "Granby"));
        let calls = async {
            let mut second = pin!(two.create(&second));
            for _ in 0..polls {
                if let std::task::Poll::Ready(told) = futures::poll!(second.as_mut()) {
                    return (one.create(&first).await, told, true);
                }
                step().await;
            }
            (one.create(&first).await, second.await, false)
        };
        let (first, second, over) = office.play(calls).unwrap();
        let made = [&first, &second].iter().filter(|told| matches!(told, Ok(Answer::Created { .. }))).count();
        let taken = [&first, &second].iter().filter(|told| matches!(told, Err(Unanswered::Taken(_)))).count();
        assert_eq!((made, taken), (1, 1), "after {polls} polls: {first:?}, {second:?}");
        office.calm();
        assert_eq!((office.memory().open_creates().count(), office.records().len()), (0, 1), "{polls} polls");
        begun += usize::from(first.is_ok());
        if over {
            break;
        }
    }
    assert!(begun > 0, "the second one never looked too early");
}

#[test]
fn a_refusal_that_comes_after_its_create_was_given_up_waits_for_nobody() {
    let mut office = chaos(Reply::Refused, Second::Ok, Some((Arrow::R, Harm::Late)));
    let (one, two) = (office.coordinator(), office.coordinator());
    let (ask, clock) = (request(), office.clock.clone());
    let start = clock.now();
    let second = async {
        while clock.now().duration_since(start) < SignedDuration::from_secs(15) {
            step().await;
        }
        two.sweep().await
    };
    let (told, swept) = office.play(async { futures::join!(one.create(&ask), second) }).unwrap();
    swept.unwrap();
    assert!(matches!(&told, Ok(Answer::Failed(failure)) if failure.code == "CREATE_EXPIRED"), "{told:?}");
    assert_eq!(office.memory().parked.len(), 1, "the refusal came before it was given up");
    office.calm();
    assert!(office.memory().parked.is_empty(), "the caller was told");
    assert!(matches!(stage(&office), Stage::Ended { .. }), "{:?}", stage(&office));
}
