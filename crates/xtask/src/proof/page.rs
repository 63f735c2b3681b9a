//! `PROOF.md`: written from what was recorded, and read again by the rules of the tree.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

use super::{Merged, Mutants, Rest, Sweep};
use crate::awaits::Compared;

/// Where the proof is written.
pub const PROOF: &str = "PROOF.md";

/// Where a proof tells what did not hold.
const VIOLATIONS: &str = "Violations";

/// How many seeds a core of a quiet machine is to play in a second. A machine that records is rarely quiet, so a proof
/// tells both and asks for neither.
const THROUGHPUT: f64 = 50.0;

const HEAD: &str = "\
<!-- written by `cargo xtask proof` -->
# Proof

What the whole engine was put through under seeds (`docs/decisions/0031-marks-and-proof.md`), recorded and not claimed: every
number is added up from what the program told. A seed is 24 virtual hours of faults and kills, then calm.
";

/// The proof as a document.
#[must_use]
pub fn write(merged: &Merged, awaits: &Compared, rest: &Rest) -> String {
    let mut text = HEAD.to_owned();
    table(&mut text, "", ["what", "how much"], &summary(merged, awaits, rest));
    if !merged.failing.is_empty() {
        table(&mut text, VIOLATIONS, ["seed", "what did not hold"], &violations(merged));
    }
    table(&mut text, "Throughput", ["kind", "seeds a second and core"], &kinds(merged));
    table(&mut text, "End to end", ["sweep of the real program", "cases"], &sweeps(rest));
    table(&mut text, "Planted defects", ["defect", "caught"], &defects(rest));
    table(&mut text, "Faults", ["fault", "times"], &faults(merged));
    let marks: Vec<Row> = merged.marks.iter().map(|(mark, seeds)| row(code(mark), grouped(*seeds))).collect();
    table(&mut text, "Marks", ["situation", "seeds"], &marks);
    text
}

/// The commit a proof says it is of.
#[must_use]
pub fn commit_of(text: &str) -> Option<&str> {
    let hash = text.lines().find_map(|line| line.strip_prefix("| commit | `")?.strip_suffix("` |"))?;
    let is_hash = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(hash)
}

/// The seeds of which a proof says that something did not hold.
pub fn failing_of(text: &str) -> impl Iterator<Item = &str> {
    let title = format!("## {VIOLATIONS}");
    let rows = text.lines().skip_while(move |line| *line != title).skip(1);
    rows.take_while(|line| !line.starts_with('#')).filter_map(seed_of)
}

fn seed_of(line: &str) -> Option<&str> {
    let (seed, _) = line.strip_prefix("| ")?.split_once(" | ")?;
    seed.bytes().all(|byte| byte.is_ascii_digit()).then_some(seed)
}

type Row = [String; 2];

fn row(what: impl Into<String>, how_much: impl Into<String>) -> Row {
    [what.into(), how_much.into()]
}

fn summary(merged: &Merged, awaits: &Compared, rest: &Rest) -> Vec<Row> {
    let joined =
        |words: &std::collections::BTreeSet<String>| words.iter().cloned().collect::<Vec<_>>().join("; ");
    let count = |name: &str| grouped(merged.counts.get(name).copied().unwrap_or_default());
    vec![
        row("commit", code(&merged.commit)),
        row("seeds", format!("{}, from {} on", grouped(merged.seeds), merged.from)),
        row("violations", count("violations")),
        row("virtual years", format!("{:.0}", merged.years)),
        row("kills", count("kills")),
        row("runs", format!("{}, of which {} whole cycles", count("runs"), count("whole_cycles"))),
        row("requests", count("requests")),
        row("events", count("events")),
        row("steps", count("steps")),
        row("oldest difference", oldest(merged)),
        row("crash points", awaits.summary()),
        row(
            "marks",
            format!("{} of {}, each by one of 10,000 seeds", merged.marks.len(), merged.marks.len()),
        ),
        row(
            "played twice",
            format!("{} seeds, {} of them with another trace", grouped(merged.twice), merged.apart()),
        ),
        row("mutants of the core", rest.mutants.as_ref().map_or_else(unrecorded, Mutants::summary)),
        row("decision table", rest.table.trim_end_matches('.')),
        row("machine", joined(&merged.machines)),
        row("recorded", joined(&merged.days)),
        row(
            "command",
            format!("`cargo xtask proof --of {} --record --seeds {}`", merged.commit, merged.seeds),
        ),
        row("which plays", format!("{} chunks such as {}", merged.chunks, code(&merged.command))),
    ]
}

/// What O13 measures: how long a person's edit took at most to stand where it was to arrive.
fn oldest(merged: &Merged) -> String {
    let Some(seconds) = merged.oldest_drift_s else { return unrecorded() };
    let edits = merged.counts.get("edits_timed").copied().unwrap_or_default();
    format!("{} s, of {} edits where nothing goes wrong", grouped(seconds), grouped(edits))
}

fn unrecorded() -> String {
    "not recorded".into()
}

fn violations(merged: &Merged) -> Vec<Row> {
    let said = |what: &Value| match what.as_array() {
        Some(lines) => lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
        None => what.to_string(),
    };
    merged.failing.iter().map(|(seed, what)| row(seed.as_str(), said(what).replace('|', "/"))).collect()
}

fn kinds(merged: &Merged) -> Vec<Row> {
    let rate =
        |seeds: u64, core_s: f64| format!("{:.1} ({} seeds)", Merged::rate(seeds, core_s), grouped(seeds));
    let mut rows = vec![
        row("asked for, of a quiet machine (`benches/README.md`)", format!("{THROUGHPUT:.1}")),
        row("the whole mix", rate(merged.seeds, merged.core_s)),
    ];
    rows.extend(merged.kinds.iter().map(|(kind, (seeds, core_s))| row(kind.as_str(), rate(*seeds, *core_s))));
    rows
}

fn sweeps(rest: &Rest) -> Vec<Row> {
    let Some(recorded) = &rest.sweeps else { return vec![row("all", unrecorded())] };
    let told = |cases, kills| format!("{}, of which {} kills", grouped(cases), grouped(kills));
    let sum = |count: fn(&Sweep) -> u64| recorded.sweeps.iter().map(count).sum();
    let mut rows = vec![row("all", told(sum(|sweep| sweep.cases), sum(|sweep| sweep.kills)))];
    rows.extend(recorded.sweeps.iter().map(|one| row(one.sweep.as_str(), told(one.cases, one.kills))));
    rows
}

fn defects(rest: &Rest) -> Vec<Row> {
    let Some(recorded) = &rest.defects else { return vec![row("all", unrecorded())] };
    recorded.run.defects.iter().map(|defect| row(defect.name.as_str(), defect.outcome())).collect()
}

/// Faults of all systems together, and what was done to the instances.
fn faults(merged: &Merged) -> Vec<Row> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in &merged.faults {
        *sums.entry(name.rsplit('.').next().unwrap_or(name)).or_default() += count;
    }
    sums.into_iter().map(|(name, count)| row(code(name), grouped(count))).collect()
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn table(text: &mut String, title: &str, [what, how_much]: [&str; 2], rows: &[Row]) {
    if !title.is_empty() {
        let _ = write!(text, "\n## {title}\n");
    }
    let _ = write!(text, "\n| {what} | {how_much} |\n|---|---|\n");
    for [what, how_much] in rows {
        let _ = writeln!(text, "| {what} | {how_much} |");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{Chunk, Sweeps, defects::tests::recorded, merge::tests::chunk, sweeps::tests::sweep},
        *,
    };
    use crate::proof::merge;

    const HASH: &str = "5ed1b325ed1b325ed1b325ed1b325ed1b325ed1b";

    fn page(rest: &Rest) -> String {
        let chunks = [100, 11_100].map(|from| Chunk { commit: HASH.into(), ..chunk(from, 11_000) });
        write(&merge(HASH, 100, &chunks).unwrap(), &Compared { struck: 9, ..Compared::default() }, rest)
    }

    #[test]
    fn a_proof_tells_the_commit_the_seeds_and_the_command_that_made_it() {
        let text = page(&Rest { table: "3 rules, hash of all outcomes `ab`.".into(), ..Rest::default() });
        assert_eq!(commit_of(&text), Some(HASH));
        for line in [
            "| seeds | 22,000, from 100 on |",
            "| kills | 14 |",
            "| oldest difference | 11,100 s, of 10 edits where nothing goes wrong |",
            "| played twice | 2 seeds, 0 of them with another trace |",
            "| crash points | 9 awaits: 9 with at least 100 kills, 0 exempt, 0 with fewer |",
            "| mutants of the core | not recorded |",
            "| decision table | 3 rules, hash of all outcomes `ab` |",
            &format!("| command | `cargo xtask proof --of {HASH} --record --seeds 22000` |"),
            "| asked for, of a quiet machine (`benches/README.md`) | 50.0 |",
            "| the whole mix | 50.0 (22,000 seeds) |",
            "| `late` | 4 |",
            "| `cap_hit` | 2 |",
        ] {
            assert!(text.lines().any(|own| own == line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn sweeps_are_told_one_by_one_and_together() {
        let swept = vec![sweep("an undo", 0), sweep("no room", 0)];
        let text =
            page(&Rest { sweeps: Some(Sweeps { sweeps: swept, ..Sweeps::default() }), ..Rest::default() });
        for line in ["| all | 66, of which 22 kills |", "| an undo | 33, of which 11 kills |"] {
            assert!(text.lines().any(|own| own == line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn defects_and_mutants_are_told_as_they_were_recorded_and_what_is_masked_says_why() {
        let defects = recorded(&json!([
            {"name": "m7", "masked": null, "median_seeds": 12, "median_played": 9, "oracle": "O2",
             "oracles": {"O16": 4, "O2": 5}, "good": true},
            {"name": "m8", "masked": null, "median_seeds": null, "median_played": null, "oracle": null, "good": false},
            {"name": "m9", "masked": "a wall", "median_seeds": null, "median_played": null, "oracle": null, "good": true},
        ]));
        let missed = vec![String::new(); 4];
        let mutants = Mutants { commit: "def".into(), caught: 95, timeout: 1, missed, ..Mutants::default() };
        let text = page(&Rest { defects: Some(defects), mutants: Some(mutants), ..Rest::default() });
        for line in [
            "| m7 | by O2, O16, after 12 seeds, 9 of them played (medians) |",
            "| m8 | **not caught** |",
            "| m9 | masked: a wall |",
            "| mutants of the core | 96 of 100 caught (96.0 %), each other one with its reason in `docs/survivors.txt`; of commit `def` |",
        ] {
            assert!(text.lines().any(|own| own == line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn what_did_not_hold_is_told_seed_by_seed_and_can_be_read_again() {
        let clean = page(&Rest::default());
        assert!(!clean.contains(VIOLATIONS) && failing_of(&clean).count() == 0);
        let mut bad = Chunk { commit: HASH.into(), ..chunk(100, 11_000) };
        bad.run["violations"] = json!(2);
        bad.run["failing"] = json!({"103": ["O2: lost", "O16: A6: a|b"], "7000": ["O15: apart"]});
        bad.run["oldest_drift_s"].take();
        let text = write(&merge(HASH, 100, &[bad]).unwrap(), &Compared::default(), &Rest::default());
        assert!(
            text.contains("| violations | 2 |\n") && text.contains("| 103 | O2: lost; O16: A6: a/b |\n"),
            "{text}"
        );
        assert_eq!(failing_of(&text).collect::<Vec<_>>(), ["103", "7000"]);
        assert!(text.contains("| played twice | 1 seeds, 1 of them with another trace |\n"), "{text}");
        assert!(text.contains("| oldest difference | not recorded |\n"), "{text}");
    }

    #[test]
    fn what_names_no_commit_is_no_proof() {
        assert_eq!(commit_of("| commit | `abc` |\n"), None);
        assert_eq!(commit_of("# Proof\n"), None);
    }
}
