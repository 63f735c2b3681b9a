//! A3: whatever we changed, the journal tells of as done, unless the intent is told as open. What is told as not done,
//! or ended without a word, changed nothing.
//!
//! Nobody who reads can tell what happened to a record that was put away, brought back or made a part of another one
//! before it was read again; nor, where a system tells no history, to a column that somebody else wrote since. Of
//! these nothing is demanded.

use crate::{
    case::{Case, Story, Window, place},
    line::{Change, Entry, Event, Moved, Verb},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for change in case.ours() {
        let Some((_, story)) = case.asked(change) else { continue };
        if story.settled.is_none() || is_out_of_sight(case, change, story) {
            continue;
        }
        match change.verb {
            Verb::Update => found.extend(untold_columns(case, change, story)),
            verb if !is_told(case, verb, change, story) => {
                found.push(format!("{} is a {verb:?} of ours that the journal does not tell", place(change)));
            }
            _ => {}
        }
    }
    found
}

fn is_told(case: &Case<'_>, verb: Verb, change: &Change, story: &Story<'_>) -> bool {
    let told = |event: Event| match verb {
        Verb::Create => matches!(event, Event::Created | Event::Adopted),
        _ => event == Event::Archived,
    };
    story.entries.iter().any(|entry| {
        let same = |record: &String| case.is_or_became(&change.system, &change.record, record);
        told(entry.event) && entry.record.as_ref().is_some_and(same)
    })
}

fn untold_columns(case: &Case<'_>, change: &Change, story: &Story<'_>) -> Vec<String> {
    let moved = change.fields.iter().filter(|(_, moved)| moved.before != moved.after);
    let untold = moved.filter(|(column, moved)| {
        !is_column_told(column, moved, story) && !is_overwritten_unseen(case, change, column, story)
    });
    let what = |column: &String| {
        format!("{column} of {} was written by us, and the journal does not tell", place(change))
    };
    untold.map(|(column, _)| what(column)).collect()
}

/// Whether a column is told as written, or with the very value that it holds since: a system that spells a value its own
/// way and does not answer leaves nobody a way to tell whose it is.
fn is_column_told(column: &str, moved: &Moved, story: &Story<'_>) -> bool {
    let own = |entry: &&&Entry| entry.column.as_deref() == Some(column);
    story.entries.iter().filter(own).any(|entry| {
        entry.event == Event::Landed || moved.after.is_some() && entry.after.text() == moved.after.as_deref()
    })
}

/// From the change until it was judged.
fn since(change: &Change, story: &Story<'_>) -> Window {
    Window { from: change.seq, to: story.settled.unwrap_or(u64::MAX) }
}

fn is_out_of_sight(case: &Case<'_>, change: &Change, story: &Story<'_>) -> bool {
    let window = since(change, story);
    let Some(life) = case.life(&change.system, &change.record) else { return true };
    life.comings(window).any(|(coming, _)| coming.seq > change.seq)
}

fn is_overwritten_unseen(case: &Case<'_>, change: &Change, column: &str, story: &Story<'_>) -> bool {
    let window = since(change, story);
    let history = case.systems.get(&*change.system).is_some_and(|system| system.history);
    let later = |life: &&crate::case::Life<'_>| {
        life.stands(column).iter().any(|stand| window.has(stand.seq) && stand.seq > change.seq)
    };
    !history && case.life(&change.system, &change.record).as_ref().is_some_and(later)
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::{Cell, Event, Line};

    #[test]
    fn a_change_that_is_told_is_fine_and_so_is_one_whose_intent_is_open() {
        Evidence::of_one_update().check("A3", &[]);
        Evidence::of_one_create().check("A3", &[]);
        Evidence::of_one_archive().check("A3", &[]);
        let mut evidence = Evidence::of_one_update();
        evidence.lines.retain(|line| !matches!(line, Line::Settled(_) | Line::Entry(_)));
        evidence.check("A3", &[]);
    }

    #[test]
    fn a_change_that_ended_in_silence_is_caught() {
        for (mut evidence, found) in [
            (Evidence::of_one_update(), &["city of crm/1 at 6 was written by us"][..]),
            (Evidence::of_one_create(), &["crm/1 at 4 is a Create of ours"]),
            (
                Evidence::of_one_archive(),
                &["crm/1 at 4 is a Create of ours", "crm/1 at 12 is a Archive of ours"],
            ),
        ] {
            evidence.lines.retain(|line| !matches!(line, Line::Entry(_)));
            evidence.check("A3", found);
        }
    }

    #[test]
    fn what_is_told_as_not_applied_although_it_was_is_caught_unless_nobody_could_see_it() {
        let told = |meanwhile: fn(&mut Evidence)| {
            let mut evidence = Evidence::new();
            evidence.makes("crm", "1", &[("city", "Granby")]);
            evidence.intends("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
            evidence.says_sent("i1");
            evidence.asks("i1");
            evidence.lands("i1");
            meanwhile(&mut evidence);
            evidence.tells("i1", Event::NotApplied, "city", Some("Granby"), Some("Granby"));
            evidence.settles("i1");
            evidence
        };
        told(|_| ()).check("A3", &["city of crm/1 at 5 was written by us"]);
        told(|evidence| evidence.puts_away("crm", "1")).check("A3", &[]);
        let mut named = told(|_| ());
        for line in &mut named.lines {
            if let Line::Entry(entry) = line {
                entry.after = Cell::Known(Some("Loveland".into()));
            }
        }
        named.check("A3", &[]);
        told(|evidence| evidence.sets("crm", "1", "city", "Aspen")).check("A3", &["city of crm/1 at 5"]);
    }
}
