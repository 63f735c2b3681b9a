//! A7: for each external id, which is derived from an entity, we make one record in a system. Another one may follow
//! only once the one before was put away: by us, or by somebody before the journal had heard of it, since what is
//! away cannot be told from what never was. What was brought back and put away again before the journal heard of that
//! is as it was before.

use std::collections::BTreeMap;

use crate::{
    case::{Case, Life, Window, place},
    line::{Change, Verb},
};

pub(super) fn judge(case: &Case<'_>) -> Vec<String> {
    let mut made: BTreeMap<(&str, &str), Vec<&Change>> = BTreeMap::new();
    for change in case.ours().filter(|change| change.verb == Verb::Create) {
        let carried = case.asked(change).and_then(|(intent, _)| intent.carried.as_ref());
        if let Some(carried) = carried {
            made.entry((&change.system, &carried.ext_id)).or_default().push(change);
        }
    }
    let mut found = Vec::new();
    for twins in made.values() {
        for (at, later) in twins.iter().enumerate() {
            let earlier = twins.iter().take(at).filter(|earlier| is_in_the_way(case, earlier, later));
            found.extend(earlier.map(|earlier| {
                format!("{} was made although {} had been made for the same id", place(later), place(earlier))
            }));
        }
    }
    found
}

/// Whether the first record should have kept the second one from being sent.
fn is_in_the_way(case: &Case<'_>, earlier: &Change, later: &Change) -> bool {
    let sent =
        case.asked(later).and_then(|(_, story)| story.requests.last()).map_or(later.seq, |one| one.seq);
    let Some(life) = case.life(&earlier.system, &earlier.record) else { return true };
    let mut comings: Vec<_> = life.comings(Window { from: earlier.seq, to: sent }).collect();
    // One that took effect after the other had left was under way beside it, whatever became of it since.
    if earlier.seq > sent || comings.last().is_none_or(|(_, there)| *there) {
        return true;
    }
    // What came and went between two looks is as if it had stayed away.
    while let Some((away, _)) = comings.pop() {
        if away.ours {
            return false;
        }
        let Some((back, _)) = comings.pop() else { return true };
        if is_heard_of(case, life, Window { from: back.seq, to: away.seq }) {
            return true;
        }
    }
    false
}

/// Whether the journal heard of a record in a window.
fn is_heard_of(case: &Case<'_>, life: &Life<'_>, window: Window) -> bool {
    let (system, record) = (&life.made.system, &life.made.record);
    case.links.iter().any(|link| window.has(link.seq) && link.system == *system && link.record == *record)
        || case.entries.iter().any(|entry| {
            window.has(entry.seq) && entry.system == *system && entry.record.as_ref() == Some(record)
        })
}

#[cfg(test)]
mod tests {
    use super::super::support::Evidence;

    fn again(meanwhile: impl Fn(&mut Evidence)) -> Evidence {
        let mut evidence = Evidence::of_one_create();
        meanwhile(&mut evidence);
        evidence.creates("i2", "crm", "2", &[("city", "Granby")]);
        evidence
    }

    #[test]
    fn one_record_for_an_id_is_fine_and_so_is_one_after_it_was_taken_back() {
        Evidence::of_one_create().check("A7", &[]);
        again(|evidence| {
            evidence.archives("i3", "crm", "1");
        })
        .check("A7", &[]);
    }

    #[test]
    fn a_second_record_is_caught_and_so_is_one_for_what_a_person_put_away() {
        again(|_| ()).check("A7", &["crm/2 at 10 was made although crm/1 at 4"]);
        again(|evidence| evidence.puts_away("crm", "1"))
            .check("A7", &["crm/2 at 11 was made although crm/1"]);
    }

    #[test]
    fn what_was_taken_back_and_was_there_again_is_a_twin_only_if_the_journal_heard_of_it() {
        let back_and_away = |told: bool| {
            again(|evidence| {
                evidence.archives("i3", "crm", "1");
                evidence.brings_back("crm", "1");
                if told {
                    evidence.links("crm", "1", "R00001");
                }
                evidence.puts_away("crm", "1");
            })
        };
        back_and_away(false).check("A7", &[]);
        back_and_away(true).check("A7", &["crm/2 at 21 was made although crm/1"]);
    }

    #[test]
    fn what_was_away_before_anybody_heard_of_it_is_no_twin() {
        let mut evidence = Evidence::new();
        evidence.plans_create("i1", "crm", &[("city", "Granby")]);
        evidence.asks("i1");
        evidence.lands_as("i1", "1");
        evidence.puts_away("crm", "1");
        evidence.settles("i1");
        evidence.creates("i2", "crm", "2", &[("city", "Granby")]);
        evidence.check("A7", &[]);
    }
}
