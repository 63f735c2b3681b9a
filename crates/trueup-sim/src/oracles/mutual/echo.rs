//! O6 (I-10) where every system is edited: each write of another value than we had written to that column before is paid
//! for by something that somebody else did to one of the copies of the entity.

use jiff::{SignedDuration, Timestamp};

use super::{TAGS, cluster, entities_of, sharing};
use crate::{
    oracles::{
        Evidence, Seen, bare,
        echo::{RUN, Rewrite, foreign, rewrites, said, together, unpaid},
    },
    table::{
        Row, Version,
        rows::{ENGINE, WHOLE},
    },
};

/// Writes that only our own writes can have caused.
#[must_use]
pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.written().flat_map(|system| of_system(evidence, system)).collect()
}

fn of_system(evidence: &Evidence<'_>, system: &Seen<'_>) -> Vec<String> {
    // What one system could not be asked for is heard a cycle later, and told on in the next.
    let cycle = SignedDuration::from_mins(evidence.options.every_min.cast_signed());
    let read_by = |sent| evidence.opened.read_by(sent, RUN) - cycle - cycle;
    let mut broken = Vec::new();
    for (id, row) in &system.table.rows {
        // What people made of two records has one's history, of which the other entity was the cause.
        let rewrites = rewrites(row, row.made, read_by);
        if rewrites.is_empty() {
            continue;
        }
        let entities = sharing(evidence, &entities_of(evidence, system.name, id));
        let copies: Vec<&Row> = entities.iter().flat_map(|entity| cluster(evidence, entity)).collect();
        for (column, rewrites) in rewrites.into_iter().filter(|_| !copies.is_empty()) {
            let put_back = evidence.opened.restores.iter();
            let put_back =
                put_back.filter(|one| one.column == column && entities.contains(one.entity.as_str()));
            let let_go = evidence.opened.let_go.iter().filter(|(_, key)| {
                key.field.as_str() == column && entities.contains(key.link.entity.as_str())
            });
            let asked = put_back.map(|one| one.at).chain(let_go.map(|(at, _)| *at));
            let causes = together(causes(&copies, column), asked);
            let first = answers(&copies, (row, column), rewrites, causes).into_iter().next();
            broken.extend(first.map(|write| said(&write, column, system.name, id)));
        }
    }
    broken
}

/// The rewrites for which nobody pays, and which are no news either.
fn answers<'a>(
    copies: &[&Row],
    (row, column): (&Row, &str),
    rewrites: Vec<Rewrite<'a>>,
    causes: Vec<Timestamp>,
) -> Vec<Rewrite<'a>> {
    let left = unpaid(rewrites.clone(), causes.clone());
    if left.is_empty() {
        return left;
    }
    let is_old = |write: &Rewrite<'_>| !is_news(copies, (row, column), write.next);
    unpaid(rewrites.into_iter().filter(is_old).collect(), causes)
}

/// When somebody else changed a column of one of the copies, put it away or brought it back, or it came to be one. Where
/// people made one record of two, whatever they changed counts: by a name they change what all fields are told from.
fn causes<'a>(copies: &'a [&'a Row], column: &'a str) -> impl Iterator<Item = Timestamp> + 'a {
    let merged = copies.iter().any(|row| row.history.iter().any(|version| version.at < row.made));
    let counts = move |own: &str| merged || own == column || own == WHOLE;
    copies.iter().flat_map(move |row| foreign(row, counts).chain([row.made]))
}

/// Whether a write says what somebody said long before, and the column never held, or leaves out a tag that somebody took
/// away long before, and the column always held: a cap had held it back, and whoever had said it could not be asked when
/// the rest was let go. An answer to ourselves says what was there before.
fn is_news(copies: &[&Row], (row, column): (&Row, &str), next: &Version) -> bool {
    let own = |version: &&Version| version.column == column && version.at < next.at;
    let held: Vec<String> = row.history.iter().filter(own).flat_map(words).collect();
    let foreign = |version: &&Version| version.by != ENGINE && own(version);
    let said: Vec<String> =
        copies.iter().flat_map(|copy| copy.history.iter().filter(foreign)).flat_map(words).collect();
    words(next).iter().any(|word| !held.contains(word) && said.contains(word))
        || column == TAGS
            && left_out(row, next).any(|tag| copies.iter().any(|copy| was_taken(copy, &tag, next)))
}

/// The tags that a write leaves out for the first time.
fn left_out<'a>(row: &'a Row, next: &'a Version) -> impl Iterator<Item = String> + 'a {
    let before = || row.history.iter().filter(|version| version.column == TAGS && version.at < next.at);
    let held = before().next_back().map(words).unwrap_or_default();
    held.into_iter().filter(move |tag| {
        let ever = before().map(words).skip_while(|words| !words.contains(tag));
        !tag.is_empty() && !words(next).contains(tag) && ever.into_iter().all(|words| words.contains(tag))
    })
}

/// Whether somebody took a tag away from a copy before a write.
fn was_taken(copy: &Row, tag: &String, next: &Version) -> bool {
    let versions: Vec<&Version> =
        copy.history.iter().filter(|version| version.column == TAGS && version.at < next.at).collect();
    versions
        .iter()
        .zip(versions.iter().skip(1))
        .any(|(one, then)| then.by != ENGINE && words(one).contains(tag) && !words(then).contains(tag))
}

/// The elements of a value, a word or a note each; a value that is no set is its only one, and so is nothing at all.
fn words(version: &Version) -> Vec<String> {
    let text = version.value.as_deref().unwrap_or_default();
    let words: Vec<String> = text.split([';', '\n']).map(bare).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { vec![String::new()] } else { words }
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
        check_all(ours, &[theirs], news);
    }

    /// The same where they said more than one thing after one another.
    #[track_caller]
    fn check_all(ours: &[&str], theirs: &[&str], news: bool) {
        let at = (180..).step_by(5);
        let row_of =
            |values: &[&str]| row(at.clone().zip(values).map(|(at, v)| version(at, ENGINE, v)).collect());
        let (ours, copy) = (row_of(ours), row(theirs.iter().map(|text| version(0, "ada", text)).collect()));
        let copies = [&ours, &copy];
        let rewrites = rewrites(&ours, ours.made, |sent| sent - RUN).remove("tags").unwrap();
        let causes: Vec<Timestamp> = causes(&copies, "tags").collect();
        assert_eq!(unpaid(rewrites.clone(), causes.clone()).len(), rewrites.len(), "it lies too long back");
        let last = rewrites.last().unwrap().next;
        assert_eq!(is_news(&copies, (&ours, "tags"), last), news, "{theirs:?}");
        let told = answers(&copies, (&ours, "tags"), rewrites, causes).iter().all(|one| one.next != last);
        assert_eq!(told, news, "{theirs:?}");
    }

    fn shared(evidence: &Evidence<'_>) -> Vec<String> {
        sharing(evidence, &["R00001"].into()).into_iter().map(str::to_owned).collect()
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
        check(&["a", ""], "", true);
        check(&["", "a", ""], "", false);
        check(&["a", ""], "b", false);
        check_all(&["a;b", "b"], &["a", ""], true);
        check_all(&["a;b", "b"], &["a", "a;b"], false);
        check_all(&["a;b", "b", "a;b", "b"], &["a", ""], false);
    }
}
