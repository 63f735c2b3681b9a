//! The stage: a sandbox portal on a loopback port, the files beside it, and what happens to both.

use tokio::net::TcpListener;
use trueup_sandbox::{
    clock::{Clock, ClockChange},
    http::{Sandbox, Server},
    hubspot::{PeopleEdit, Portal, Snapshot},
};

use super::{
    Behaviour,
    files::{Place, Story},
    foreign::Watched,
    night,
};
use crate::output::Failure;

/// The sandbox's time when the story begins: the fourth of May 2026, 16:00 in UTC.
const BEGINNING_MS: i64 = 1_777_910_400_000;

/// The sandbox and the files.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The files.
    pub(crate) place: Place,
    story: Story,
    server: Server,
    watched: Watched,
}

impl Stage {
    /// Serves the portal of the first day and writes the workbook and the configuration beside it.
    ///
    /// # Errors
    /// When no port or no directory can be had.
    pub(crate) async fn set(place: Place, behaviour: Behaviour, port: u16) -> Result<Self, Failure> {
        let story = Story::new(behaviour.0);
        let portal = Portal::from_snapshot(story.first_day.snapshot.clone());
        let portal = portal.map_err(|error| Failure::failed("sandbox", error.to_string()))?;
        let ahead = ClockChange { set: Some(BEGINNING_MS), ..ClockChange::default() };
        let clock = Clock::default().changed(ahead, jiff::Timestamp::now().as_millisecond());
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener =
            listener.map_err(|error| Failure::failed("port", format!("no port can be used: {error}")))?;
        let server = trueup_sandbox::http::serve(listener, Sandbox { portal, clock });
        let server = server.map_err(|error| Failure::failed("sandbox", error.to_string()))?;
        place.furnish(&server.url(), &story)?;
        let watched = Watched::foreign(&dump(&server));
        Ok(Self { place, story, server, watched })
    }

    /// The sandbox's address.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// A contact to play with: the one of R00412.
    pub(crate) fn example_contact(&self) -> u64 {
        self.story.first_day.contact_of.get(&412).copied().unwrap_or_default()
    }

    /// Plays the night: people edit the portal and the workbook, and it gets morning.
    ///
    /// # Errors
    /// When the portal refuses an edit or the workbook cannot be written.
    pub(crate) fn night(&mut self) -> Result<(), Failure> {
        let night = self.story.night.clone();
        let shared = self.server.shared();
        shared.change_clock(night.evening);
        for edit in night.edits {
            self.edit(edit)?;
        }
        let last = shared.with(|portal, _| portal.requests().next_back().map_or(0, |entry| entry.sequence));
        self.watched.also(&dump(&self.server), night.reassigned, last);
        shared.change_clock(night.morning);
        self.place.workbook(&night::next_morning(self.story.leads.clone()))
    }

    fn edit(&self, edit: PeopleEdit) -> Result<(), Failure> {
        let done = self.server.shared().with(|portal, now_ms| portal.people(now_ms, edit));
        done.map(|_| ())
            .map_err(|error| Failure::failed("sandbox", format!("an edit by hand failed: {error}")))
    }

    /// Whether every record of others is the same to the byte as at the beginning (the one given away
    /// overnight: as then), and no write named one.
    pub(crate) fn foreign_records_unchanged(&self) -> bool {
        self.server.shared().with(|portal, _| self.watched.is_unchanged(&portal.dump(), portal.requests()))
    }

    /// Stops serving.
    pub(crate) async fn strike(self) {
        self.server.shutdown().await;
    }
}

fn dump(server: &Server) -> Snapshot {
    server.shared().with(|portal, _| portal.dump())
}
