//! A6: a value that a person wrote and that we wrote over stands in the journal, as what was there before or as
//! what somebody else had written meanwhile, or in a conflict; or it stands in what we wrote.
//!
//! Where a system tells no history, what was written between our look and our write can be seen by nobody; nor can it
//! where people made the record a part of another one before it was read again, and its history went with it, or put
//! it away for good before our write was judged. Of that nothing is demanded.

use std::collections::BTreeSet;

use crate::{
    case::{Case, Stand, Story, Window, place},
    line::{Change, Verb},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut named = None;
    let mut found = Vec::new();
    for change in case.ours().filter(|change| change.verb == Verb::Update) {
        let Some((intent, story)) = case.asked(change) else { continue };
        for (column, stand) in trampled(case, change) {
            let Some(value) = stand.value else { continue };
            let now = change.fields.get(column).and_then(|moved| moved.after.as_deref());
            let named = named.get_or_insert_with(|| Named::of(case));
            if !stands_in(value, now)
                && !named.holds(value)
                && story.settled.is_some()
                && !is_unseen(case, change, (story, &stand))
                && !is_out_of_sight(case, change, story)
            {
                found.push(format!(
                    "{column} of {} was a person's, was overwritten by {}, and stands nowhere",
                    place(change),
                    intent.intent
                ));
            }
        }
    }
    found
}

/// The values of people that a change put an end to, by column.
fn trampled<'a>(case: &Case<'a>, change: &'a Change) -> Vec<(&'a str, Stand<'a>)> {
    let Some(life) = case.life(&change.system, &change.record) else { return Vec::new() };
    let last = |column: &'a String| {
        let before = life.stands(column).iter().rev().find(|stand| stand.seq < change.seq)?;
        Some((&**column, *before)).filter(|(_, stand)| !stand.change.ours)
    };
    change.fields.keys().filter_map(last).collect()
}

fn is_unseen(case: &Case<'_>, change: &Change, (story, stand): (&Story<'_>, &Stand<'_>)) -> bool {
    let tells = case.systems.get(&*change.system).is_some_and(|system| system.history);
    let history = tells && !is_history_gone(case, change, story);
    let looked = story.requests.iter().rev().find(|request| request.seq < change.seq);
    let looked = looked.and_then(|request| story.look(request));
    !history && looked.is_none_or(|look| stand.seq > look.from)
}

/// Whether the record was away when our write was judged, and nobody brought it back since.
fn is_out_of_sight(case: &Case<'_>, change: &Change, story: &Story<'_>) -> bool {
    let judged = story.settled.unwrap_or(u64::MAX);
    case.life(&change.system, &change.record).is_some_and(|life| {
        let mut since = life.comings(Window { from: judged, to: u64::MAX });
        life.became.is_none() && !life.is_there(judged) && since.all(|(_, there)| !there)
    })
}

/// Whether the record became a part of another one whose history is not its own, before our write was judged.
fn is_history_gone(case: &Case<'_>, change: &Change, story: &Story<'_>) -> bool {
    let judged = story.settled.unwrap_or(u64::MAX);
    case.lineage(&change.system, &change.record).into_iter().any(|life| {
        let into = life.became.filter(|(seq, _)| *seq < judged);
        let next = into.and_then(|(_, record)| case.life(&change.system, record));
        next.is_some_and(|next| next.made.of.first() != Some(&life.made.record))
    })
}

fn stands_in(value: &str, now: Option<&str>) -> bool {
    let now: BTreeSet<String> = elements(now.unwrap_or_default()).collect();
    elements(value).all(|element| now.contains(&element))
}

/// Everything that the journal names.
struct Named(BTreeSet<String>);

impl Named {
    fn of(case: &Case<'_>) -> Self {
        let told = case.entries.iter().flat_map(|entry| [&entry.before, &entry.after]);
        let claims = case.conflicts.iter().flat_map(|conflict| &conflict.claims);
        let texts = told.chain(claims).filter_map(|cell| cell.text());
        Self(texts.flat_map(|text| elements(text).chain([bare(text)])).collect())
    }

    fn holds(&self, value: &str) -> bool {
        self.0.contains(&bare(value)) || elements(value).all(|element| self.0.contains(&element))
    }
}

/// The elements of a list, as people read them.
fn elements(text: &str) -> impl Iterator<Item = String> {
    text.split([';', '\n']).map(bare).filter(|element| !element.is_empty())
}

/// What people read in a text, however a conflict spells it: letters and digits, and no country code.
fn bare(text: &str) -> String {
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    bare.strip_prefix('1').map_or(bare.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;
    use crate::line::{Event, Line};

    /// A person writes right before a write of ours lands.
    fn races(evidence: &mut Evidence) {
        evidence.makes("crm", "1", &[("city", "Granby")]);
        evidence.intends("i1", "crm", "1", &[("city", "Granby", "Loveland")]);
        evidence.says_sent("i1");
        evidence.asks("i1");
        evidence.sets("crm", "1", "city", "Aspen");
        evidence.lands("i1");
    }

    fn raced() -> Evidence {
        let mut evidence = Evidence::new();
        races(&mut evidence);
        evidence.tells("i1", Event::Landed, "city", Some("Granby"), Some("Loveland"));
        evidence.settles("i1");
        evidence
    }

    #[test]
    fn a_value_that_the_journal_names_is_kept() {
        Evidence::of_one_update().check("A6", &[]);
        let mut evidence = raced();
        evidence.tells("i1", Event::Overwrote, "city", Some("Aspen"), Some("Loveland"));
        evidence.check("A6", &[]);
        let mut evidence = raced();
        evidence.claims("crm", "city", &["Aspen", "Loveland"]);
        evidence.check("A6", &[]);
    }

    #[test]
    fn a_value_that_stands_nowhere_is_caught_where_it_could_be_seen() {
        raced().check("A6", &["city of crm/1 at 6 was a person's"]);
        let mut blind = raced();
        for line in &mut blind.lines {
            if let Line::System(system) = line {
                system.history = false;
            }
        }
        blind.check("A6", &[]);
    }

    #[test]
    fn what_a_merge_took_away_before_it_could_be_read_is_demanded_of_nobody() {
        let told = |of: [&str; 2], later: bool| {
            let mut evidence = Evidence::new();
            evidence.makes("crm", "2", &[("city", "Fraser")]);
            races(&mut evidence);
            if later {
                evidence.settles("i1");
            }
            evidence.merges("crm", "3", of);
            evidence.settles("i1");
            evidence
        };
        told(["2", "1"], false).check("A6", &[]);
        // The history of the first goes on, and what was read before the merge could be kept.
        told(["1", "2"], false).check("A6", &["city of crm/1 at 7 was a person's"]);
        told(["2", "1"], true).check("A6", &["city of crm/1 at 7 was a person's"]);
        // What went on in the first of two may be lost a moment later all the same.
        let mut again = told(["1", "2"], false);
        again.lines.retain(|line| !matches!(line, Line::Settled(_)));
        again.makes("crm", "4", &[("city", "Estes Park")]);
        again.merges("crm", "5", ["4", "3"]);
        again.settles("i1");
        again.check("A6", &[]);
    }

    #[test]
    fn what_is_away_when_our_write_is_judged_is_demanded_of_nobody_before_it_comes_back() {
        let told = |judged_first: bool, back: bool| {
            let mut evidence = Evidence::new();
            races(&mut evidence);
            if judged_first {
                evidence.settles("i1");
            }
            evidence.puts_away("crm", "1");
            evidence.settles("i1");
            if back {
                evidence.brings_back("crm", "1");
            }
            evidence
        };
        told(false, false).check("A6", &[]);
        told(true, false).check("A6", &["city of crm/1 at 6 was a person's"]);
        told(false, true).check("A6", &["city of crm/1 at 6 was a person's"]);
    }

    #[test]
    fn a_list_that_is_written_with_all_its_elements_loses_nothing() {
        let mut evidence = Evidence::new();
        evidence.makes("crm", "1", &[("tags", "a;b")]);
        evidence.intends("i1", "crm", "1", &[("tags", "a;b", "a;b;c")]);
        evidence.says_sent("i1");
        evidence.asks("i1");
        evidence.lands("i1");
        evidence.settles("i1");
        evidence.check("A6", &[]);
    }
}
