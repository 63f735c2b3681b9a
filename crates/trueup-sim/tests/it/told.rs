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
    pushed: Arc<Mutex<Vec<Level>>>,
    broken: Arc<Mutex<bool>>,
}

#[async_trait]
impl Pager for Desk {
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
