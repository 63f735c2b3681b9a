//! One seed as a story: what was switched on, what did not hold, and who did what to which record, when.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use crate::{run::Told, swarm::Options, trace::Line};

/// The story for people: what happened to the world first, then record by record.
#[must_use]
pub fn text(options: &Options, off: &[String], told: &Told, lines: &[Line]) -> String {
    let mut text = format!("{options:#?}\n");
    if !off.is_empty() {
        let _ = writeln!(text, "switched off: {}", off.join(", "));
    }
    for (about, lines) in by_record(lines) {
        let _ = writeln!(text, "\n{about}");
        for line in lines {
            let _ = writeln!(text, "  {} {:<10} {}", line.at, line.who, line.what);
        }
    }
    let _ = writeln!(text, "\n{} runs, {} kills, trace {:016x}", told.runs, told.kills, told.hash);
    for what in &told.broken {
        let _ = writeln!(text, "{what}");
    }
    text
}

/// The story as data.
#[must_use]
pub fn json(seed: u64, off: &[String], told: &Told, lines: &[Line]) -> Value {
    let line =
        |line: &Line| json!({ "at": line.at, "who": line.who, "about": line.about, "what": line.what });
    json!({
        "schema": "trueup-sim.replay/v1",
        "seed": seed,
        "switched_off": off,
        "violations": told.broken,
        "runs": told.runs,
        "kills": told.kills,
        "trace": format!("{:016x}", told.hash),
        "story": lines.iter().map(line).collect::<Vec<Value>>(),
    })
}

fn by_record(lines: &[Line]) -> BTreeMap<String, Vec<&Line>> {
    let mut records: BTreeMap<String, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        let about = match &line.about {
            Some((system, record)) if !record.is_empty() => format!("record {record} of {system}"),
            Some((system, _)) => format!("all of {system}"),
            None => "everything".to_owned(),
        };
        records.entry(about).or_default().push(line);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_told_record_by_record_and_ends_with_what_did_not_hold() {
        let line = |record: &str, what: &str| Line {
            at: jiff::Timestamp::UNIX_EPOCH,
            who: "person".into(),
            about: Some(("crm".into(), record.into())),
            what: what.into(),
        };
        let told = Told { broken: vec!["O2: lost".into()], ..Told::default() };
        let lines = [line("2", "edits"), line("1", "merges")];
        let text = text(&Options::of(1), &["no kills".into()], &told, &lines);
        let (one, two) = (text.find("record 1 of crm").unwrap(), text.find("record 2 of crm").unwrap());
        assert!(one < two && text.ends_with("O2: lost\n") && text.contains("switched off: no kills"));
        assert_eq!(json(1, &[], &told, &lines)["story"][0]["what"], "edits");
    }
}
