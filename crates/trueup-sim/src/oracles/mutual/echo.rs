//! O6 (I-10) where every system is edited: between two writes of ours to one column lies a change of somebody else in
//! one of the copies of that entity.

use jiff::{SignedDuration, Timestamp};
use trueup_core::undo::restores;

use super::{cluster, entities_of, sharing};
use crate::{
    oracles::{Evidence, Seen, bare},
    table::{Row, Version, rows::ENGINE},
};

/// How long before a write its run may have read what it writes by, frozen and slowed down in between.
const RUN: SignedDuration = SignedDuration::from_mins(60);

/// Writes that only our own writes can have caused.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    // What an undo takes back is asked for by a person, who writes nothing.
    if evidence.journal.iter().any(|entry| entry.draft.class.as_ref().is_some_and(restores)) {
        return Vec::new();
    }
    evidence.written().flat_map(|system| of_system(evidence, system)).collect()
}

fn of_system(evidence: &Evidence<'_>, system: &Seen<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, row) in &system.table.rows {
        let mut columns: Vec<&str> = row.history.iter().map(|version| version.column.as_str()).collect();
        columns.sort_unstable();
        columns.dedup();
        // What one system could not be asked for is heard a cycle later, and told on in the next.
        let cycle = SignedDuration::from_mins(evidence.options.every_min.cast_signed());
        let read_by = |sent| evidence.opened.read_by(sent, RUN) - cycle - cycle;
        let of_row = answers(row, &columns, read_by);
        if of_row.is_empty() {
            continue;
        }
        let entities = sharing(evidence, entities_of(evidence, system.name, id));
        let copies: Vec<&Row> = entities.iter().flat_map(|entity| cluster(evidence, entity)).collect();
        let echoed = of_row.iter().filter(|pair| !caused(&copies, pair) && !is_news(&copies, row, pair));
        broken.extend(echoed.filter(|_| !copies.is_empty()).map(|pair| {
            format!("O6: {} of {}/{id} was written in answer to our own write", pair.column, system.name)
        }));
    }
    broken
}

/// Two values that we wrote to one column in a row.
struct Two<'a> {
    column: &'a str,
    next: &'a Version,
    /// From when on the cause may lie, until the second one landed.
    from: Timestamp,
}

/// Columns we wrote twice in a row with two values.
fn answers<'a>(row: &'a Row, columns: &[&'a str], read_by: impl Fn(Timestamp) -> Timestamp) -> Vec<Two<'a>> {
    let mut found = Vec::new();
    for column in columns {
        // What people made of two records has one's history, of which the other entity was the cause.
        let ours =
            |version: &&Version| version.by == ENGINE && version.column == *column && version.at >= row.made;
        let writes: Vec<&Version> = row.history.iter().filter(ours).collect();
        for (one, next) in writes.iter().zip(writes.iter().skip(1)) {
            if read(one) != read(next) {
                found.push(Two { column, next, from: read_by(one.sent.unwrap_or(one.at)) });
            }
        }
    }
    found
}

fn read(version: &Version) -> String {
    bare(version.value.as_deref().unwrap_or_default())
}

/// Whether somebody else changed one of the copies between two instants, or it came to be one.
fn caused(copies: &[&Row], pair: &Two<'_>) -> bool {
    let within = |at: Timestamp| at >= pair.from && at <= pair.next.at;
    let foreign = |version: &Version| version.by != ENGINE && within(version.at);
    copies.iter().any(|row| within(row.made) || row.history.iter().any(foreign))
}

/// Whether the second write says what somebody said long before, and the column never held: a cap had held it back, and
/// whoever had said it could not be asked when the rest was let go. An answer to ourselves says what was there before.
fn is_news(copies: &[&Row], row: &Row, pair: &Two<'_>) -> bool {
    let own = |version: &&Version| version.column == pair.column && version.at < pair.next.at;
    let held: Vec<String> = row.history.iter().filter(own).flat_map(words).collect();
    let foreign = |version: &&Version| version.by != ENGINE && own(version);
    let said: Vec<String> =
        copies.iter().flat_map(|copy| copy.history.iter().filter(foreign)).flat_map(words).collect();
    words(pair.next).iter().any(|word| !held.contains(word) && said.contains(word))
}

/// The elements of a value, a word or a note each; a value that is no set is its only one.
fn words(version: &Version) -> Vec<String> {
    let text = version.value.as_deref().unwrap_or_default();
    text.split([';', '\n']).map(bare).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracles::support::Case;

    const NOW: i64 = 1_000_000;

    fn version(minute: i64, by: &str, value: &str) -> Version {
        let at = Timestamp::from_second(NOW + minute * 60).unwrap();
        Version { column: "tags".into(), value: Some(value.into()), at, by: by.into(), sent: None }
    }

    fn row(history: Vec<Version>) -> Row {
        let at = Timestamp::from_second(NOW).unwrap();
        Row { values: [].into(), history, made: at, changed: at, archived: None, hidden: None }
    }

    /// What we wrote to one row after one another, while people said something in a copy three hours before.
    #[track_caller]
    fn check(ours: &[&str], theirs: &str, news: bool) {
        let at = (180..).step_by(5);
        let row_of =
            |values: &[&str]| row(at.clone().zip(values).map(|(at, v)| version(at, ENGINE, v)).collect());
        let (ours, copy) = (row_of(ours), row(vec![version(0, "ada", theirs)]));
        let pairs = answers(&ours, &["tags"], |sent| sent - RUN);
        let last = pairs.last().unwrap();
        assert!(!caused(&[&ours, &copy], last), "it lies too long back");
        assert_eq!(is_news(&[&ours, &copy], &ours, last), news, "{theirs}");
    }

    fn shared(evidence: &Evidence<'_>) -> Vec<String> {
        sharing(evidence, ["R00001"].into()).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn whose_copies_people_made_one_record_of_are_causes_of_each_other() {
        let mut case = Case::agreeing(3);
        case.check(shared, &["R00001"]);
        case.crm_merges(0, 1);
        case.check(shared, &["R00001", "R00002"]);
    }

    #[test]
    fn what_was_said_long_ago_and_never_told_is_news_and_what_we_told_before_is_an_echo() {
        check(&["a", "a;b"], "b", true);
        check(&["a", "b"], "b", true);
        check(&["b", "a", "b"], "b", false);
        check(&["a", "c"], "b", false);
        check(&["a;b", "a"], "b", false);
    }
}
