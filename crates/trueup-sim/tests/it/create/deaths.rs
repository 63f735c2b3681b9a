//! Where a process can die during a create: at every await, one after the other, until it lives through all of them.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use jiff::SignedDuration;
use trueup_core::create::{Answer, Stage};
use trueup_engine::create::Unanswered;
use trueup_sim::{
    executor::{Place, drive},
    people::PERSON,
};

use super::{
    REPLIES, SECONDS, chaos, check,
    office::{Office, request},
    script::{Arrow, Harm, Reply, Second},
};
use crate::awaits;

type Told = Option<Result<Answer, Unanswered>>;

/// How many processes died, and where.
#[derive(Default)]
struct Deaths {
    count: u32,
    places: BTreeSet<Place>,
}

impl Deaths {
    /// Lets whoever acts die at its first point, at its second one, and so on, until it comes to its end by itself.
    fn sweep(
        &mut self,
        scene: &str,
        before: impl Fn() -> (Office, Told),
        act: impl Fn(&mut Office) -> Told,
        judge: impl Fn(&mut Office, &Told, &str),
    ) {
        for point in 1.. {
            assert!(point < 10_000, "{scene}: it never ends");
            let (mut office, told) = before();
            office.script.fuse.store(point, Ordering::Relaxed);
            let told = act(&mut office).or(told);
            let died = office.script.fuse.load(Ordering::Relaxed) == 0;
            self.places.append(&mut office.struck.lock().unwrap());
            office.calm();
            judge(&mut office, &told, &format!("{scene}, dead at point {point}"));
            if !died {
                break;
            }
            self.count += 1;
        }
    }

    /// The same, after which there are both records or neither.
    fn of(&mut self, scene: &str, before: impl Fn() -> (Office, Told), act: impl Fn(&mut Office) -> Told) {
        self.sweep(scene, before, act, |office, told, case| {
            check(office, told.as_ref(), case);
        });
    }

    /// The same, of a janitor that comes after a time.
    fn of_janitor(&mut self, scene: &str, wait: i64, before: impl Fn() -> (Office, Told)) {
        self.of(scene, before, |office| sweeps(office, wait));
    }
}

fn sweeps(office: &mut Office, after: i64) -> Told {
    office.sweep_after(after);
    None
}

/// A create of which nobody could keep the decision.
fn undecided(reply: Reply) -> (Office, Told) {
    let mut office = chaos(reply, Second::Ok, Some((Arrow::D, Harm::Fail)));
    let told = office.create(&request());
    office.script.harm.lock().unwrap().take();
    (office, told)
}

/// One that was given up: its record is there, and waits to be taken back.
fn given_up() -> (Office, Told) {
    let (mut office, told) = undecided(Reply::Created);
    office.sweep_after(61);
    (office, told)
}

/// One that was given up after somebody had changed its record: a person is asked.
fn flagged() -> (Office, Told) {
    let (mut office, told) = undecided(Reply::Created);
    let made = office.records().remove(0);
    office.crm.lock().unwrap().set(&made, "city", Some("Elsewhere"), PERSON, office.clock.now());
    office.calm();
    (office, told)
}

fn archived_by_hand(office: &Office) {
    for made in office.records() {
        office.crm.lock().unwrap().archive(&made, true, PERSON, office.clock.now());
    }
}

fn coordinators(deaths: &mut Deaths) {
    let creates = |office: &mut Office| office.create(&request());
    for reply in REPLIES {
        for second in SECONDS {
            let scene = format!("a create, {reply:?}, T2 {second:?}");
            deaths.of(&scene, || (chaos(reply, second, None), None), creates);
        }
    }
    for at in [(Arrow::T1, Harm::Fail), (Arrow::T1, Harm::Late), (Arrow::R, Harm::Fail)] {
        let scene = format!("a create, {at:?}");
        deaths.of(&scene, || (chaos(Reply::Created, Second::Ok, Some(at)), None), creates);
    }
    deaths.of("a create, never taken", || (chaos(Reply::Busy, Second::Ok, None), None), creates);
    let overdue = || {
        let (office, told) = undecided(Reply::Created);
        office.clock.advance(SignedDuration::from_secs(61));
        (office, told)
    };
    deaths.of("asked again after its time", overdue, creates);
}

/// Of two nodes one dies, while the other one does all of its work at one moment.
fn rivals(deaths: &mut Deaths) {
    let overtaken = |office: &mut Office| {
        let (one, two, ask) = (office.coordinator(), office.coordinator(), request());
        let mut steps = 0..;
        let first = || {
            // The second one has read memory by then, and has no lease yet.
            if steps.next() == Some(4) {
                let _undecided = drive(one.create(&ask), || true);
            }
        };
        office.play_beside(two.create(&ask), first)
    };
    let before = || (chaos(Reply::Created, Second::Ok, Some((Arrow::D, Harm::Fail))), None);
    deaths.of("overtaken before it began", before, overtaken);
    let too_late = |office: &mut Office| {
        let (one, two, ask) = (office.coordinator(), office.coordinator(), request());
        let (clock, mut waits) = (office.clock.clone(), true);
        let deadline = clock.now() + SignedDuration::from_secs(15);
        let second = || {
            if waits && clock.now() > deadline {
                waits = false;
                let _given_up = drive(two.create(&ask), || true);
            }
        };
        office.play_beside(one.create(&ask), second)
    };
    let before = || (chaos(Reply::Created, Second::Ok, Some((Arrow::R, Harm::Late))), None);
    deaths.of("given up by another node", before, too_late);
}

fn janitors(deaths: &mut Deaths) {
    for reply in [Reply::Created, Reply::LostAfter, Reply::Late] {
        deaths.of_janitor(&format!("it gives up, {reply:?}"), 1, || undecided(reply));
        let before = || {
            let (mut office, told) = undecided(reply);
            office.sweep_after(61);
            (office, told)
        };
        deaths.of_janitor(&format!("it takes back, {reply:?}"), 250, before);
    }
    for second in [Second::Fail, Second::Unknown] {
        let before = || {
            let mut office = chaos(Reply::Created, second, None);
            let told = office.create(&request());
            (office, told)
        };
        deaths.of_janitor(&format!("it repeats T2, {second:?}"), 1, before);
    }
    let cycle = |office: &mut Office| {
        office.run();
        None
    };
    deaths.of("a cycle gives up", || undecided(Reply::Created), cycle);
    let put_back = || {
        let (office, told) = given_up();
        office.store_clock.jump(SignedDuration::from_mins(-10));
        (office, told)
    };
    deaths.of_janitor("the store's clock was put back", 1, put_back);
}

/// Whatever keeps a janitor from taking a record back.
fn taken_from_the_janitor(deaths: &mut Deaths) {
    let with = |change: fn(&mut Office)| {
        move || {
            let (mut office, told) = given_up();
            change(&mut office);
            (office, told)
        }
    };
    let touched = with(|office| {
        let (made, now) = (office.records().remove(0), office.clock.now());
        office.crm.lock().unwrap().set(&made, "city", Some("Elsewhere"), PERSON, now);
    });
    deaths.of_janitor("somebody touched it", 250, touched);
    deaths.of_janitor("somebody put it away", 250, with(|office| archived_by_hand(office)));
    deaths.of_janitor("the mirror archives nothing", 250, with(|office| office.archives = false));
    let refuses = with(|office| {
        *office.script.harm.lock().unwrap() = Some((Arrow::Janitor, Harm::Refuse));
    });
    deaths.of_janitor("the mirror refuses", 250, refuses);
    let vanishes = |office: &mut Office| {
        office.clock.advance(SignedDuration::from_secs(250));
        let janitor = office.coordinator();
        let put_away = || {
            if !office.memory().intents.is_empty() {
                archived_by_hand(office);
            }
        };
        office.play_beside(janitor.sweep(), put_away);
        None
    };
    deaths.of("somebody puts it away at that moment", given_up, vanishes);
    deaths.of_janitor("a person was asked and did nothing", 61, flagged);
    let put_away = || {
        let (office, told) = flagged();
        archived_by_hand(&office);
        (office, told)
    };
    deaths.of_janitor("a person was asked and put it away", 61, put_away);
}

/// What was never sent, what a look does not find, and what the app has made of its own meanwhile.
fn given_up_for_good(deaths: &mut Deaths) {
    let never_sent = || {
        let mut office = chaos(Reply::Created, Second::Ok, Some((Arrow::T1, Harm::Kill)));
        let told = office.create(&request());
        office.script.harm.lock().unwrap().take();
        (office, told)
    };
    deaths.of_janitor("nothing was sent", 61, never_sent);
    let withdrawn = after(never_sent, 61, |_| ());
    deaths.of_janitor("nothing was sent, and its time is over", 250, &withdrawn);
    let put_back = || {
        let (office, told) = withdrawn();
        office.store_clock.jump(SignedDuration::from_mins(-10));
        (office, told)
    };
    deaths.of_janitor("nothing was sent, and the store's clock was put back", 1, put_back);
    let hidden = |office: &mut Office| {
        let made = office.records().remove(0);
        office.hide(&made, 260);
    };
    deaths.of_janitor("it was not found once", 61, after(given_up, 250, hidden));
    deaths.of_janitor("a person was asked, and it was not found once", 61, after(flagged, 250, hidden));
    let gone = after(flagged, 61, |office| archived_by_hand(office));
    deaths.of_janitor("a person put it away, and it is not found again", 250, gone);
    let own_row = || {
        let (office, told) = given_up();
        office.app_makes();
        (office, told)
    };
    deaths.sweep(
        "the app has a row of its own",
        own_row,
        |office| sweeps(office, 250),
        |office, _, case| {
            assert!(matches!(office.row("order 7").unwrap().stage, Stage::Flagged { .. }), "{case}");
            assert_eq!(office.records().len(), 1, "{case}");
        },
    );
}

/// The same, after something happened and the janitor looked after a time.
fn after(
    before: impl Fn() -> (Office, Told),
    seconds: i64,
    happens: impl Fn(&mut Office),
) -> impl Fn() -> (Office, Told) {
    move || {
        let (mut office, told) = before();
        happens(&mut office);
        office.sweep_after(seconds);
        (office, told)
    }
}

fn anothers(deaths: &mut Deaths) {
    let before = || {
        let mut office = chaos(Reply::LostAfter, Second::Ok, Some((Arrow::R, Harm::Kill)));
        let told = office.create(&request());
        office.script.harm.lock().unwrap().take();
        office.link("C2", &office.records().remove(0));
        (office, told)
    };
    let sweeps = |office: &mut Office| {
        for wait in [61, 250, 250] {
            office.sweep_after(wait);
        }
        None
    };
    deaths.of("its record became another entity's", before, sweeps);
}

fn two_records(deaths: &mut Deaths) {
    let before = || {
        let (office, told) = given_up();
        let mut crm = office.crm.lock().unwrap();
        let twin = crm.rows.values().next().unwrap().values.clone();
        crm.make(twin, PERSON, office.clock.now());
        drop(crm);
        (office, told)
    };
    deaths.sweep(
        "two records carry its id",
        before,
        |office| sweeps(office, 250),
        |office, _, case| {
            let row = office.row("order 7");
            assert!(matches!(row.unwrap().stage, Stage::Flagged { .. }), "{case}");
            assert_eq!((office.records().len(), office.app_rows()), (2, (Vec::new(), 0)), "{case}");
        },
    );
}

fn forgotten(deaths: &mut Deaths) {
    let before = || {
        let mut office = chaos(Reply::Created, Second::Ok, None);
        let told = office.create(&request());
        office.sweep_after(86_000);
        (office, told)
    };
    deaths.sweep(
        "an old answer is forgotten",
        before,
        |office| sweeps(office, 500),
        |office, _, case| {
            assert_eq!(office.row("order 7"), None, "{case}");
            assert_eq!((office.records().len(), office.app_rows().0.len()), (1, 1), "{case}");
        },
    );
}

#[test]
fn whoever_dies_at_whichever_await_of_a_create_leaves_both_records_or_neither() {
    let mut deaths = Deaths::default();
    coordinators(&mut deaths);
    rivals(&mut deaths);
    janitors(&mut deaths);
    taken_from_the_janitor(&mut deaths);
    given_up_for_good(&mut deaths);
    anothers(&mut deaths);
    two_records(&mut deaths);
    forgotten(&mut deaths);
    let awaits = awaits::left_to("tests/it/create/deaths.rs");
    let spared: Vec<&Place> = awaits.difference(&deaths.places).collect();
    assert!(spared.is_empty(), "{} deaths, and none at {spared:#?}", deaths.count);
}
