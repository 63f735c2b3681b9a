//! People are told once per change of state.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use trueup_engine::{
    Account,
    alert::{Alert, Level, Pager},
};

use crate::office::{Office, run_to_end};

/// Remembers what it was given, and fails when asked to.
#[derive(Clone, Default)]
struct Desk {
    name: &'static str,
    pushed: Arc<Mutex<Vec<Level>>>,
    broken: Arc<Mutex<bool>>,
}

#[async_trait]
impl Pager for Desk {
    fn channel(&self) -> &'static str {
        self.name
    }

    async fn push(&self, alert: &Alert) -> Result<(), String> {
        if *self.broken.lock().unwrap() {
            return Err("nobody there".into());
        }
        self.pushed.lock().unwrap().push(alert.level);
        Ok(())
    }
}

#[track_caller]
fn tell(office: &mut Office, desk: &Desk, account: &Account, expected: &[Level]) {
    let pagers: Vec<Box<dyn Pager>> = vec![Box::new(desk.clone())];
    run_to_end(office.engine().alert(account, &pagers)).unwrap();
    assert_eq!(*desk.pushed.lock().unwrap(), expected);
}

#[test]
fn an_alert_is_pushed_once_and_its_end_once() {
    let (mut office, ids) = Office::drifting(1);
    let twin = office.contact("R1", "Granby", "ours");
    let desk = Desk::default();
    for _ in 0..2 {
        let account = office.run();
        tell(&mut office, &desk, &account, &[Level::Partial]);
    }
    office.edit(&twin, "note", "");
    office.edit(&twin, "email", "else@example.org");
    for _ in 0..2 {
        let account = office.run();
        tell(&mut office, &desk, &account, &[Level::Partial, Level::Recovered]);
    }
    assert_eq!(office.city(&ids[0]), "Granby");
}

#[test]
fn an_alert_that_could_not_be_pushed_is_pushed_by_the_next_run() {
    let (mut office, _) = Office::drifting(1);
    office.contact("R1", "Granby", "ours");
    let desk = Desk::default();
    *desk.broken.lock().unwrap() = true;
    let account = office.run();
    tell(&mut office, &desk, &account, &[]);
    *desk.broken.lock().unwrap() = false;
    let account = office.run();
    tell(&mut office, &desk, &account, &[Level::Partial]);
}

#[test]
fn a_channel_that_cannot_be_reached_does_not_make_the_others_repeat_themselves() {
    let (mut office, _) = Office::drifting(1);
    office.contact("R1", "Granby", "ours");
    let (broken, sound) =
        (Desk { name: "broken", ..Desk::default() }, Desk { name: "sound", ..Desk::default() });
    *broken.broken.lock().unwrap() = true;
    let pagers: Vec<Box<dyn Pager>> = vec![Box::new(broken.clone()), Box::new(sound.clone())];
    let told = |desk: &Desk| desk.pushed.lock().unwrap().clone();
    for _ in 0..3 {
        let account = office.run();
        run_to_end(office.engine().alert(&account, &pagers)).unwrap();
        assert_eq!((told(&broken), told(&sound)), (vec![], vec![Level::Partial]));
    }
    *broken.broken.lock().unwrap() = false;
    let account = office.run();
    run_to_end(office.engine().alert(&account, &pagers)).unwrap();
    assert_eq!((told(&broken), told(&sound)), (vec![Level::Partial], vec![Level::Partial]));
}
