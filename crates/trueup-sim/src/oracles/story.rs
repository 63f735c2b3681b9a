//! O15 (I-36): the same seed tells the same story. Who did what to which record and when is compared, and what every row
//! of every system holds in the end, and the journal by the head of its chain, and whatever else is told of a seed.
//!
//! What is written on the way is not hashed as it is written: two plays that write other values end otherwise.

use jiff::Timestamp;

use super::Evidence;
use crate::{run::Told, table::Row, trace::Trace};

/// Tells how a seed ended, as a part of its story.
pub fn ends(trace: &Trace, evidence: &Evidence<'_>) {
    for seen in [&evidence.truth].into_iter().chain(&evidence.mirrors) {
        trace.holds([seen.name.as_bytes()]);
        for (id, row) in &seen.table.rows {
            let [changed, away] = times(row).map(i64::to_le_bytes);
            trace.holds([id.as_bytes(), &changed, &away]);
            trace.holds(row.values.iter().flat_map(|(column, value)| [column.as_bytes(), value.as_bytes()]));
        }
    }
    trace.holds(evidence.journal.last().map(|entry| entry.hash.as_bytes()));
}

/// When a row was changed last, and when it was put away; never is before all times.
fn times(row: &Row) -> [i64; 2] {
    [Some(row.changed), row.archived].map(|at| at.map_or(i64::MIN, Timestamp::as_millisecond))
}

/// What is told otherwise when a seed is played again.
#[must_use]
pub fn check(told: &Told, again: &Told) -> Option<String> {
    if told.hash != again.hash {
        return Some(format!(
            "O15: the trace was {:016x}, and {:016x} the second time",
            told.hash, again.hash
        ));
    }
    (told != again)
        .then(|| "O15: the trace was the same the second time, and what it came to was not".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::support::Case, *};

    fn hash(case: &Case) -> u64 {
        let trace = Trace::default();
        case.evidence(|evidence| ends(&trace, evidence));
        trace.hash()
    }

    #[test]
    fn another_value_another_time_or_another_journal_is_another_story() {
        let of = |spoil: fn(&mut Case)| {
            let mut case = Case::agreeing(2);
            spoil(&mut case);
            hash(&case)
        };
        let same = of(|_| ());
        assert_eq!(same, of(|_| ()));
        let spoilt: [fn(&mut Case); 4] = [
            |case| drop(row(case).values.insert("city".into(), "Aspen".into())),
            |case| row(case).changed = Timestamp::UNIX_EPOCH,
            |case| row(case).archived = Some(Timestamp::UNIX_EPOCH),
            |case| case.journal_raced(0),
        ];
        for spoil in spoilt {
            assert_ne!(same, of(spoil));
        }
    }

    fn row(case: &mut Case) -> &mut Row {
        case.crm.rows.values_mut().next().unwrap()
    }

    #[test]
    fn another_trace_the_second_time_is_a_violation_and_so_is_whatever_else_is_told_otherwise() {
        let told = Told { hash: 7, requests: 3, ..Told::default() };
        assert_eq!(check(&told, &told), None);
        let what = check(&told, &Told { hash: 8, ..told.clone() }).unwrap();
        assert_eq!(what, "O15: the trace was 0000000000000007, and 0000000000000008 the second time");
        for again in [Told { requests: 4, ..told.clone() }, Told { oldest_drift_s: 1, ..told.clone() }] {
            let what = check(&told, &again).unwrap();
            assert_eq!(what, "O15: the trace was the same the second time, and what it came to was not");
        }
    }
}
