//! A4: what the journal tells is so by the systems' logs: what was made is there, what was put away was away, and what
//! a column is said to have held stood there between the intent and the telling. An entry names an intent that is
//! in the journal.

use crate::{
    case::{Case, Story, Window},
    line::{Entry, Event, Verb},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for entry in &case.entries {
        let Some(intent) = &entry.intent else { continue };
        let story = case.stories.get(&**intent).filter(|story| story.intended.is_some());
        let why = match story {
            None => Some("names an intent that is not in the journal"),
            Some(story) => untrue(case, entry, story),
        };
        found.extend(why.map(|why| {
            format!("entry {} ({:?} of {}/{}) {why}", entry.place, entry.event, entry.system, entry.entity)
        }));
    }
    found
}

fn untrue(case: &Case<'_>, entry: &Entry, story: &Story<'_>) -> Option<&'static str> {
    let record = entry.record.as_deref()?;
    let window = Window { to: entry.seq, ..story.life() };
    let lineage = case.lineage(&entry.system, record);
    match entry.event {
        Event::Created if !is_made(case, entry, record, story) => {
            Some("tells of a record that we did not make")
        }
        Event::Adopted if lineage.is_empty() => Some("tells of a record that never was"),
        Event::Archived if !lineage.iter().any(|life| life.was_away(window)) => {
            Some("tells of a record that was there all the time")
        }
        Event::Overwrote => {
            misread(case, entry, &entry.before, window).then_some("names a value that did not stand there")
        }
        _ => {
            misread(case, entry, &entry.after, window).then_some("tells of a value that did not stand there")
        }
    }
}

fn is_made(case: &Case<'_>, entry: &Entry, record: &str, story: &Story<'_>) -> bool {
    story
        .changes
        .iter()
        .any(|change| change.verb == Verb::Create && case.is_or_became(&entry.system, &change.record, record))
}

fn misread(case: &Case<'_>, entry: &Entry, cell: &crate::line::Cell, window: Window) -> bool {
    let (Some(record), Some(column), Some(value)) = (&entry.record, &entry.column, cell.known()) else {
        return false;
    };
    !case.stood((&entry.system, record), column, value, window)
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::{Cell, Entry, Event, Line};

    fn with(mut evidence: Evidence, change: impl Fn(&mut Entry)) -> Evidence {
        for line in &mut evidence.lines {
            if let Line::Entry(entry) = line {
                change(entry);
            }
        }
        evidence
    }

    #[test]
    fn what_is_told_as_it_was_is_fine() {
        Evidence::of_one_update().check("A4", &[]);
        Evidence::of_one_create().check("A4", &[]);
        Evidence::of_one_archive().check("A4", &[]);
    }

    #[test]
    fn a_write_that_is_told_as_done_and_never_arrived_is_caught() {
        let mut evidence = Evidence::of_one_update();
        evidence.lines.retain(|line| {
            !matches!(line, Line::Request(_) | Line::Change(_))
                || matches!(line, Line::Change(change) if !change.ours)
        });
        evidence.check("A4", &["entry 1 (Landed of crm/R1) tells of a value that did not stand there"]);
        let mut evidence = Evidence::of_one_create();
        evidence.lines.retain(|line| !matches!(line, Line::Change(_)));
        evidence.check("A4", &["entry 1 (Created of crm/R1) tells of a record that we did not make"]);
    }

    #[test]
    fn a_record_that_was_there_all_the_time_was_not_put_away() {
        let mut evidence = Evidence::of_one_archive();
        evidence.lines.retain(
            |line| !matches!(line, Line::Change(change) if change.verb == crate::line::Verb::Archive),
        );
        evidence.check("A4", &["entry 2 (Archived of crm/R1) tells of a record that was there"]);
    }

    #[test]
    fn a_value_that_never_stood_there_and_an_intent_that_never_was_are_caught() {
        let other = with(Evidence::of_one_update(), |entry| entry.after = Cell::Known(Some("Aspen".into())));
        other.check("A4", &["entry 1 (Landed of crm/R1) tells of a value"]);
        let unknown =
            with(Evidence::of_one_update(), |entry| entry.after = Cell::Unknown { unknown: "erased".into() });
        unknown.check("A4", &[]);
        let overwrote = with(Evidence::of_one_update(), |entry| {
            entry.event = Event::Overwrote;
            entry.before = Cell::Known(Some("Aspen".into()));
        });
        overwrote.check("A4", &["entry 1 (Overwrote of crm/R1) names a value"]);
        let stray = with(Evidence::of_one_update(), |entry| entry.intent = Some("i9".into()));
        stray.check("A4", &["entry 1 (Landed of crm/R1) names an intent"]);
    }
}
