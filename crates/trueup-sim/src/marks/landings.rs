//! What the systems' own logs tell: when writes took effect, and who lived then.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Mark, Witness};
use crate::table::{Table, Version};

/// So much later than it was sent nobody listens for the answer to a write.
const LATE: SignedDuration = SignedDuration::from_secs(1);

/// What occurred by the logs of one system, beside what was witnessed.
#[must_use]
pub fn landings(table: &Table, witness: &Witness) -> BTreeSet<Mark> {
    let rows = table.rows.values().chain(table.gone.values());
    let mut marks: BTreeSet<Mark> = rows
        .flat_map(|row| row.history.iter().map(move |version| (version, version.at == row.made)))
        .flat_map(|(version, made)| landed(version, made, witness))
        .collect();
    let counted = [(table.cut_answers, Mark::Partial), (table.cursors_expired, Mark::CursorExpired)];
    marks.extend(counted.into_iter().filter(|(count, _)| *count > 0).map(|(_, mark)| mark));
    marks
}

fn landed(version: &Version, made: bool, witness: &Witness) -> Vec<Mark> {
    let Some(sent) = version.sent else { return Vec::new() };
    if version.at.duration_since(sent) < LATE {
        return Vec::new();
    }
    let between = |times: &[Timestamp]| times.iter().any(|at| sent < *at && *at < version.at);
    let occurred = [
        (true, Mark::LandedLate),
        (made, Mark::CreateLandedLate),
        (between(witness.kills()), Mark::LandedAfterKill),
        (between(witness.takeovers()), Mark::LandedAfterTakeover),
    ];
    occurred.into_iter().filter(|(did, _)| *did).map(|(_, mark)| mark).collect()
}
