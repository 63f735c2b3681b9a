//! A7: for each external id, which is derived from an entity, we make one record in a system. Another one may follow
//! only once the one before was put away: by us, or by somebody before the journal had heard of it, since what is
//! away cannot be told from what never was.

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
    let until = Window { from: earlier.seq, to: sent };
    let Some((away, there)) = life.comings(until).last() else { return true };
    // One that took effect after the other had left was under way beside it, whatever became of it since.
    if there || earlier.seq > sent {
        return true;
    }
    !away.ours && is_heard_of(case, life, away.seq)
}

/// Whether the journal had heard of a record by then.
fn is_heard_of(case: &Case<'_>, life: &Life<'_>, by: u64) -> bool {
    let (system, record) = (&life.made.system, &life.made.record);
    case.links.iter().any(|link| link.seq < by && link.system == *system && link.record == *record)
        || case
            .entries
            .iter()
            .any(|entry| entry.seq < by && entry.system == *system && entry.record.as_ref() == Some(record))
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
