//! The journal: a chain of what happened.

use std::time::Duration;

use jiff::Timestamp;
use trueup_core::{
    journal::{Draft, Entry, verify},
    memory::Note,
};
use trueup_ports::JournalAsk;

use super::{Rig, leads, notes::draft, now, ok};

// Four entries: runs a b a b, entities R1 R1 R2 R2, the last two without a field, a second apart.
fn drafts() -> Vec<Draft> {
    let entry = |run: &str, entity: &str, field: Option<&str>, second: u64| Draft {
        field: field.map(Into::into),
        at: Timestamp::UNIX_EPOCH + Duration::from_millis(1000 * second),
        ..draft(&run.into(), entity)
    };
    vec![
        entry("a", "R1", Some("phone"), 0),
        entry("b", "R1", Some("city"), 1),
        entry("a", "R2", None, 2),
        entry("b", "R2", None, 3),
    ]
}

#[track_caller]
fn check(rig: &Rig, ask: JournalAsk, want: &[u64]) {
    let shown = format!("{ask:?}");
    let found: Vec<u64> = rig.entries(ask).iter().map(|entry| entry.seq).collect();
    assert_eq!(found, want, "{shown}");
}

pub(super) fn the_journal_is_chained_and_can_be_asked(rig: &Rig) {
    let notes: Vec<Note> = drafts().into_iter().map(|draft| Note::Journal(Box::new(draft))).collect();
    let (first, rest) = notes.split_at(1);
    rig.commit(None, first.to_vec());
    rig.commit(None, rest.to_vec());

    let entries = rig.entries(JournalAsk::default());
    assert!(verify(Entry::START, &entries).is_ok());
    assert_eq!(entries.iter().map(|entry| entry.draft.clone()).collect::<Vec<_>>(), drafts());
    assert_eq!(ok(now(rig.store.verify(&leads()))), 4);

    let ask = JournalAsk::default;
    check(rig, ask(), &[1, 2, 3, 4]);
    check(rig, JournalAsk { run: Some("a".into()), ..ask() }, &[1, 3]);
    check(rig, JournalAsk { entity: Some("R2".into()), ..ask() }, &[3, 4]);
    check(rig, JournalAsk { field: Some("phone".into()), ..ask() }, &[1]);
    check(
        rig,
        JournalAsk { since: Some(Timestamp::UNIX_EPOCH + Duration::from_millis(1500)), ..ask() },
        &[3, 4],
    );
    check(rig, JournalAsk { limit: Some(3), ..ask() }, &[2, 3, 4]);
    check(rig, JournalAsk { run: Some("b".into()), limit: Some(1), ..ask() }, &[4]);
    check(rig, JournalAsk { run: Some("nobody".into()), ..ask() }, &[]);
}
