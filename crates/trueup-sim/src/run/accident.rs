//! The mishap of a seed: when it begins, what it does, and when it is over.

use std::time::Duration;

use jiff::SignedDuration;
use trueup_engine::facts::Warrant;

use super::{
    cast::setup,
    chaos::{Happening, UNWATCHED},
    fault::EngineFault,
    stage::{Stage, lock},
};
use crate::{chance::Chance, mishap::Mishap, people::PERSON, table::Trouble};

/// How long a mishap lasts that ends by itself.
const LASTS: SignedDuration = SignedDuration::from_hours(5);

impl Stage {
    /// Sets the time of the mishap. It is drawn apart, so that it shifts nothing.
    pub(super) fn foresee(&mut self) {
        if self.options.mishap.is_some() {
            let chance = Chance::new(self.options.seed ^ 0x6163_6369);
            let hours = self.options.hours.saturating_sub(8).max(1);
            self.later(Duration::from_secs(2 * 3_600 + chance.below(hours * 3_600)), Happening::Mishap);
        }
    }

    /// How a run is asked for that nobody watches.
    pub(super) fn warrant(&self) -> Warrant {
        let moved = self.options.mishap == Some(Mishap::ConfigMoved) && self.trouble.is_some();
        if moved { Warrant { first: false, reviewed: false } } else { UNWATCHED }
    }

    /// Whether something lasts by which nobody should let anything pass.
    pub(super) fn is_in_trouble(&self) -> bool {
        self.trouble.is_some_and(|(from, to)| (from..to).contains(&self.clock.now()))
    }

    /// It happens.
    pub(super) fn mishap(&mut self) {
        let Some(mishap) = self.options.mishap else { return };
        let compared = matches!(mishap, Mishap::Emptied | Mishap::KeySwapped);
        let now = self.clock.now();
        if compared && !self.ledger.has_counted() {
            // Of what nobody ever counted nobody can see that most of it is gone, nor whose an account is that nobody saw.
            // Where nobody counts in time, it does not happen: it has to be over before the calm.
            let next = SignedDuration::from_hours(1);
            if now + next + LASTS <= self.ends {
                self.later(next.unsigned_abs(), Happening::Mishap);
            }
            return;
        }
        self.trace.tell(now, "world", None, "has a mishap", || format!("{mishap:?}"));
        self.count(EngineFault::Mishap);
        if mishap.lasts() {
            self.begin(mishap);
        } else {
            self.mark(mishap);
        }
    }

    fn begin(&mut self, mishap: Mishap) {
        let now = self.clock.now();
        let to = now + LASTS;
        self.trouble = Some((now, to));
        self.ledger.in_trouble(now, to);
        let trouble = match mishap {
            Mishap::FilterIgnored => Some(Trouble::FilterIgnored),
            Mishap::ColumnGone => Some(Trouble::ColumnGone),
            Mishap::CutShort => Some(Trouble::CutShort),
            Mishap::Emptied => Some(Trouble::Emptied),
            Mishap::KeySwapped => Some(Trouble::KeySwapped),
            _ => None,
        };
        let place = if mishap == Mishap::Emptied { Some(&self.truth) } else { self.mirrors.first() };
        if let (Some(place), Some(trouble)) = (place, trouble) {
            lock(&place.table).trouble = Some((trouble, to));
        }
        if mishap == Mishap::ConfigMoved {
            self.setup = setup(&self.options, "another");
            for at in 0..self.instances.len() {
                self.tasks.kill(at);
                self.dies(at);
                self.later(Duration::from_secs(1), Happening::Start(at));
            }
        }
        // People go on working meanwhile, so that there is something to be told.
        for at in 0..8 {
            self.later(Duration::from_mins(30 * (at + 1)), Happening::Busy);
        }
    }

    /// What people write at one stroke.
    fn mark(&mut self, mishap: Mishap) {
        let now = self.clock.now();
        let mut truth = lock(&self.truth.table);
        let ids: Vec<String> =
            truth.rows.iter().filter(|(_, row)| row.archived.is_none()).map(|(id, _)| id.clone()).collect();
        let mut set =
            |id: &String, column: &str, value: Option<&str>| truth.set(id, column, value, PERSON, now);
        match mishap {
            Mishap::Cleared => ids.iter().for_each(|id| set(id, "CITY", None)),
            Mishap::DraggedDown => ids.iter().take(25).for_each(|id| set(id, "CITY", Some("Granby"))),
            Mishap::TooLong => {
                ids.iter().take(1).for_each(|id| set(id, "CITY", Some(&"Llan ".repeat(14_000))));
            }
            Mishap::Unreadable => ids.iter().take(1).for_each(|id| set(id, "PHONE", Some("call the office"))),
            Mishap::Nameless => {
                let values = [("KEY", "R99999"), ("CITY", "Nowhere")];
                drop(truth.make(
                    values.map(|(column, value)| (column.into(), value.into())).into(),
                    PERSON,
                    now,
                ));
            }
            Mishap::NoArchive => ids.iter().take(2).for_each(|id| truth.archive(id, true, PERSON, now)),
            Mishap::BothEdited => {
                for (at, id) in ids.iter().enumerate() {
                    set(id, "phone", Some(&format!("+1303555{at:04}")));
                    if at < 4 {
                        set(id, "city", Some(&format!("Estes Park {at}")));
                    }
                }
                drop(truth);
                self.edit_copies();
            }
            _ => {}
        }
    }

    /// Every phone of the first mirror is edited as well.
    fn edit_copies(&self) {
        let Some(place) = self.mirrors.first() else { return };
        let mut table = lock(&place.table);
        let ids: Vec<String> = table.rows.keys().cloned().collect();
        for (at, id) in ids.iter().enumerate() {
            table.set(id, "phone", Some(&format!("+1720555{at:04}")), PERSON, self.clock.now());
        }
    }

    /// People come between a look and a write: what is about to be looked at they take away, and what is about to be
    /// sent they edit.
    pub(super) fn race(&mut self) {
        let writing = self.ledger.writing();
        if self.options.mishap != Some(Mishap::Racing) {
            return;
        }
        for intent in writing {
            let Some(id) = intent.change.remote().filter(|_| self.chance.permille(100)) else { continue };
            let number = self.chance.below(1_000_000);
            let Some(place) = self.places().find(|place| place.name == *intent.system()) else {
                continue;
            };
            let edit =
                intent.change.edits.iter().find(|edit| ["phone", "city"].contains(&edit.column.as_str()));
            let (column, text) = match (intent.sent, edit) {
                (None, _) if !self.options.scene.is_mutual() => ("owner", "theirs".to_owned()),
                (Some(_), Some(edit)) if edit.column == "city" => ("city", format!("Haste {number}")),
                (Some(_), Some(edit)) => (edit.column.as_str(), format!("+1720{number:07}")),
                _ => continue,
            };
            let (now, about) = (self.clock.now(), Some((place.name.as_str(), id.as_str())));
            lock(&place.table).set(id.as_str(), column, Some(&text), PERSON, now);
            self.trace.tell(now, "person", about, "edits in haste", || format!("{column} = {text}"));
        }
    }

    /// Whoever sent what will be late dies of it, and is back at once; and what was written again meanwhile people edit,
    /// before the late one lands on it.
    pub(super) fn straggle(&mut self, at: usize) {
        if self.options.mishap != Some(Mishap::Straggling) {
            return;
        }
        let now = self.clock.now();
        for place in self.written() {
            let mut table = lock(&place.table);
            for (id, column) in table.written_again(&["phone", "city"]) {
                let number = self.chance.below(1_000_000);
                let text =
                    if column == "city" { format!("Tardy {number}") } else { format!("+1720{number:07}") };
                table.set(&id, &column, Some(&text), PERSON, now);
            }
        }
        let late: usize = self.written().map(|place| lock(&place.table).is_late_for(now)).sum();
        let more = late > std::mem::replace(&mut self.late, late);
        if more && self.tasks.lives(at) {
            let seconds = self.chance.below(3);
            self.kill_for(at, seconds);
        }
    }

    /// Somebody edits a record of the source of truth, and adds one.
    pub(super) fn busy(&mut self) {
        let now = self.clock.now();
        let key = format!("R9{:04}", now.as_second() / 60 % 10_000);
        let mut truth = lock(&self.truth.table);
        let ids: Vec<String> = truth.rows.keys().cloned().collect();
        for id in &ids {
            truth.set(id, "CITY", Some(&format!("Fraser {key} {id}")), PERSON, now);
        }
        let email = format!("{key}@example.org").to_lowercase();
        let values = [("KEY", key.as_str()), ("EMAIL_ALL", &email), ("CITY", "Grand Lake")];
        drop(truth.make(values.map(|(column, value)| (column.into(), value.into())).into(), PERSON, now));
    }
}
