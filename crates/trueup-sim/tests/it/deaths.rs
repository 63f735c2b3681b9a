//! Deaths at awaits that hardly any seed comes by: whoever acts dies at its first point, at its second one, and so on,
//! until it lives through all of them.

use std::{cell::RefCell, collections::BTreeSet, sync::atomic::Ordering};

use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    hint::{Event as Hint, TouchKey},
    journal::Event,
    link::{How, Link},
    memory::{FieldKey, LinkKey, Note},
    name::FieldName,
};
use trueup_engine::{Engine, Warrant};
use trueup_ports::Store;
use trueup_sim::{
    executor::{Place, drive_and_ask},
    people::PERSON,
    table::{FaultName, Faults},
};

use crate::{
    awaits,
    office::{Office, run_to_end},
};

const LOST_BEFORE: Faults = Faults::only(FaultName::LostBefore, 1000);
const LATE: Faults = Faults::only(FaultName::Late, 1000);

/// An office, and the contacts of its leads R1, R2 and so on.
type Before = (Office, Vec<String>);

/// Where whoever acts died. After each death others go on in peace, and what they come to is judged.
fn deaths(
    scene: &str,
    before: impl Fn() -> Before,
    act: &impl AsyncFn(&Office, &Engine),
    judge: impl Fn(&mut Office, &[String], &str),
) -> BTreeSet<Place> {
    let mut struck = BTreeSet::new();
    for point in 1..10_000 {
        let (mut office, ids) = before();
        let engine = office.engine();
        let mut left = point;
        let lived = drive_and_ask(act(&office, &engine), || {
            left -= 1;
            left > 0
        });
        *office.faults.lock().unwrap() = Faults::default();
        office.script.stop_after_write.store(false, Ordering::Relaxed);
        office.script.poison.lock().unwrap().clear();
        (0..5).for_each(|_| drop(office.run()));
        office.batches();
        assert_eq!(office.run().error, None, "{scene}, dead at point {point}");
        assert!(office.batches().is_empty(), "{scene}, dead at point {point}: something is left to do");
        judge(&mut office, &ids, &format!("{scene}, dead at point {point}"));
        match lived {
            Ok(()) => return struck,
            Err(places) => struck.extend(places),
        }
    }
    panic!("{scene}: it never ends")
}

async fn run(_: &Office, engine: &Engine) {
    engine.run(Warrant { first: true, reviewed: false }).await.unwrap();
}

/// After a run in which nothing was answered.
fn unanswered(count: usize, faults: Faults) -> Before {
    let (mut office, ids) = Office::drifting(count);
    *office.faults.lock().unwrap() = faults;
    assert_eq!(office.run().open, count);
    *office.faults.lock().unwrap() = Faults::default();
    office.clock.advance(SignedDuration::from_mins(15));
    (office, ids)
}

#[track_caller]
fn agrees(office: &mut Office, ids: &[String], case: &str) {
    assert!(ids.iter().all(|id| office.city(id) == "Granby"), "{case}");
}

/// The first contact became somebody else's right before the first write: nothing is written to it.
fn left_alone(office: &mut Office, ids: &[String], case: &str) {
    assert_eq!(
        (office.city(&ids[0]).as_str(), office.city(&ids[1]).as_str()),
        ("Elsewhere", "Granby"),
        "{case}"
    );
    told_of(office, Event::ScopeLost, case);
}

/// What the journal tells of, a person is told of: both are one commit.
fn told_of(office: &Office, event: Event, case: &str) {
    let (found, kept) = (office.memory().findings.len(), office.journal(event).len());
    assert!(found == kept && kept <= 1, "{found} findings, {kept} in the journal: {case}");
}

fn scope_is_lost() -> BTreeSet<Place> {
    let leaves = || {
        let (office, ids) = Office::drifting(2);
        office.edit_meanwhile(&ids[0], "owner", "theirs");
        (office, ids)
    };
    let plan = RefCell::default();
    let shown = || {
        let (mut office, ids) = Office::drifting(2);
        let warrant = Warrant { first: true, reviewed: false };
        *plan.borrow_mut() = Some(run_to_end(office.engine().plan(warrant)).unwrap().plan);
        office.edit_meanwhile(&ids[0], "owner", "theirs");
        (office, ids)
    };
    let apply = async |_: &Office, engine: &Engine| {
        let plan = plan.borrow().clone().unwrap();
        engine.apply(&plan).await.unwrap();
    };
    let mut struck = deaths("a contact leaves the scope", leaves, &run, left_alone);
    struck.extend(deaths("one of a plan that was shown leaves it", shown, &apply, left_alone));
    let left = || {
        let (office, ids) = unanswered(1, LATE);
        office.edit(&ids[0], "owner", "theirs");
        (office, ids)
    };
    struck.extend(deaths("one leaves it while its write is open", left, &run, |office, ids, case| {
        agrees(office, ids, case);
        told_of(office, Event::ScopeRaced, case);
    }));
    struck
}

fn open_writes() -> BTreeSet<Place> {
    let merged = || {
        let (office, ids) = unanswered(3, LOST_BEFORE);
        office.crm.lock().unwrap().merge(&ids[0], &ids[1], PERSON, office.clock.now());
        (office, ids)
    };
    let mut struck = deaths("two contacts become one", merged, &run, |office, ids, case| {
        let memory = office.memory();
        let linked: BTreeSet<&str> = memory.links.values().map(|link| link.remote.as_str()).collect();
        assert_eq!((memory.links.len(), linked.len()), (3, 3), "two have one record: {case}");
        assert_eq!((office.contacts(), memory.intents.len()), (2, 0), "{case}");
        assert_eq!(office.city(&ids[2]), "Granby", "{case}");
    });
    let anothers = || {
        let (mut office, _) = Office::drifting(0);
        office.lead("R1", "Granby");
        *office.faults.lock().unwrap() = LATE;
        assert_eq!(office.run().open, 1);
        *office.faults.lock().unwrap() = Faults::default();
        office.clock.advance(SignedDuration::from_mins(15));
        office.crm.lock().unwrap().land(office.clock.now());
        let made = office.crm.lock().unwrap().rows.keys().next().unwrap().clone();
        office.lead("R9", "Granby");
        let link = Link::new(&"crm".into(), &"R9".into(), &made.as_str().into(), How::Email);
        run_to_end(office.store.commit(&"sim".into(), None, vec![Note::Link(Box::new(link))])).unwrap();
        (office, vec![made])
    };
    struck.extend(deaths("what was made is another's by then", anothers, &run, |office, ids, case| {
        let links = office.memory().links;
        let own: Vec<&str> = links.values().map(|link| link.entity.as_str()).collect();
        assert_eq!((own, office.contacts()), (vec!["R9"], 1), "{case}");
        agrees(office, ids, case);
    }));
    let put_back = || {
        let (office, ids) = unanswered(1, LOST_BEFORE);
        office.clock.advance(SignedDuration::from_mins(-30));
        (office, ids)
    };
    struck.extend(deaths("the clock was put back over an open write", put_back, &run, agrees));
    struck
}

fn decided_meanwhile() -> Vec<Note> {
    let link = LinkKey { system: "crm".into(), entity: "R1".into() };
    vec![Note::Unpark(FieldKey { link, field: FieldName::new("phone") })]
}

fn people_decide() -> BTreeSet<Place> {
    let drifting = || Office::drifting(1);
    let between = async |_: &Office, engine: &Engine| {
        engine.commit_between_runs(decided_meanwhile()).await.unwrap();
    };
    let mut struck = deaths("a person decides between runs", drifting, &between, agrees);
    // Right before the run commits what it saw.
    let during = async |office: &Office, engine: &Engine| {
        let store = office.store.clone();
        let decides =
            move || run_to_end(store.commit(&"sim".into(), None, decided_meanwhile())).map(drop).unwrap();
        *office.script.at_read.lock().unwrap() = Some(Box::new(decides));
        run(office, engine).await;
    };
    struck.extend(deaths("a person decides during a run", drifting, &during, agrees));
    struck
}

fn a_host_that_stops() -> BTreeSet<Place> {
    let stops = || {
        let (office, ids) = Office::drifting(2);
        office.script.poison.lock().unwrap().insert(ids[0].clone());
        office.script.stop_after_write.store(true, Ordering::Relaxed);
        (office, ids)
    };
    deaths("a host stops while a refused batch is halved", stops, &run, agrees)
}

fn an_event() -> BTreeSet<Place> {
    let events = |ids: &[String]| {
        let touch = TouchKey { system: "crm".into(), remote: ids.first().map(|id| id.as_str().into()) };
        vec![Hint { id: "e1".into(), touch, at: Timestamp::UNIX_EPOCH }]
    };
    let receives =
        async |_: &Office, engine: &Engine| engine.receive(events(&["000001".to_owned()])).await.unwrap();
    deaths(
        "somebody tells of a change",
        || Office::drifting(1),
        &receives,
        |office, ids, case| {
            let told = run_to_end(office.engine().receive(events(ids)));
            assert_eq!(told, Ok(()), "{case}");
            office.run();
            assert!(office.memory().touches.is_empty(), "{case}");
            agrees(office, ids, case);
        },
    )
}

fn a_busy_system() -> BTreeSet<Place> {
    let busy = || {
        let (office, ids) = Office::drifting(1);
        office.script.busy.store(3, Ordering::Relaxed);
        (office, ids)
    };
    deaths("three answers are busy", busy, &run, agrees)
}

#[test]
fn whoever_dies_where_seeds_rarely_kill_leaves_what_others_bring_to_its_end() {
    let mut struck = scope_is_lost();
    struck.extend(open_writes());
    struck.extend(people_decide());
    struck.extend(a_busy_system());
    struck.extend(a_host_that_stops());
    struck.extend(an_event());
    let awaits = awaits::left_to("tests/it/deaths.rs");
    let spared: Vec<&Place> = awaits.difference(&struck).collect();
    assert!(spared.is_empty(), "nobody died at {spared:#?}");
}
