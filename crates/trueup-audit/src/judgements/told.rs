//! A3: whatever we changed, the journal tells of as done, unless the intent is told as open. What is told as not done,
//! or ended without a word, changed nothing.
//!
//! Nobody who reads can tell what happened to a record that was put away, brought back or made a part of another one
//! before it was read again; nor, where a system tells no history, to a column that somebody else wrote since. Of these
//! nothing is demanded. That a system did not find a record excuses nothing: it may be hidden for a moment. A value
//! that the system spells its own way may be told as not applied, if no answer ever came: nobody can tell whose it is.
//! And a create that landed after it was given up, which is safe where no id stands twice, is told by the link it gets.
//! Of a create that is told as in doubt nothing more is demanded: the journal says that some record of that system may
//! be ours.

use crate::{
    case::{Case, Story, Window, place},
    line::{Change, Event, Intent, Moved, Verb},
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
    let same = |record: &str| case.is_or_became(&change.system, &change.record, record);
    // What people made one with somebody else's is that one's as well.
    let is_own = |entity: &str, record: &str| {
        record != change.record || story.intended.is_none_or(|intent| is_for(intent, entity, record))
    };
    let mut links = case.links.iter().filter(|_| verb == Verb::Create);
    let in_doubt = verb == Verb::Create && story.entries.iter().any(|entry| entry.event == Event::InDoubt);
    in_doubt
        || story.entries.iter().any(|entry| told(entry.event) && entry.record.as_deref().is_some_and(same))
        || links.any(|link| {
            link.system == change.system && same(&link.record) && is_own(&link.entity, &link.record)
        })
}

/// Whether an entity is the one that a record was made for. What is made after another system's record has its entity's
/// key from there.
fn is_for(intent: &Intent, entity: &str, record: &str) -> bool {
    let after = intent.carried.as_ref().is_some_and(|carried| carried.origin.is_some());
    entity == if after { record } else { &intent.entity }
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

/// Whether a column is told as written, or in any way at all where the system spelled it otherwise than it was asked to.
fn is_column_told(column: &str, moved: &Moved, story: &Story<'_>) -> bool {
    let respelled = story.requests.iter().all(|request| request.fields.get(column) != Some(&moved.after));
    let mut own = story.entries.iter().filter(|entry| entry.column.as_deref() == Some(column));
    own.any(|entry| respelled || entry.event == Event::Landed)
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
    use crate::line::{Event, Line};

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
    fn a_create_that_was_given_up_is_told_by_its_link_or_caught() {
        let mut evidence = Evidence::new();
        evidence.plans_create("i1", "crm", &[("city", "Granby")]);
        evidence.asks("i1");
        evidence.settles("i1");
        evidence.lands_as("i1", "1");
        evidence.check("A3", &["crm/1 at 5 is a Create of ours"]);
        evidence.links("crm", "1", "R2");
        evidence.check("A3", &["crm/1 at 5 is a Create of ours"]);
        evidence.links("crm", "1", "R1");
        evidence.check("A3", &[]);
    }

    #[test]
    fn a_create_that_is_told_as_in_doubt_is_told_and_one_that_is_told_as_refused_is_caught() {
        for (event, found) in
            [(Event::InDoubt, &[][..]), (Event::Refused, &["crm/1 at 4 is a Create of ours"])]
        {
            let mut evidence = Evidence::new();
            evidence.plans_create("i1", "crm", &[("city", "Granby")]);
            evidence.asks("i1");
            evidence.lands_as("i1", "1");
            evidence.tells_of("i1", event);
            evidence.settles("i1");
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
        told(|evidence| evidence.is_missing("crm", "1")).check("A3", &["city of crm/1 at 5"]);
        let mut respelled = told(|_| ());
        for line in &mut respelled.lines {
            if let Line::Change(change) = line
                && let Some(moved) = change.fields.get_mut("city").filter(|_| change.ours)
            {
                moved.after = Some("Loveland.".into());
            }
        }
        respelled.check("A3", &[]);
        told(|evidence| evidence.sets("crm", "1", "city", "Aspen")).check("A3", &["city of crm/1 at 5"]);
    }
}
