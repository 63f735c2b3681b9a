//! The last line is the most important one: a total, the guard's word, or the next command.
//!
//! Judged over every output that the stories in `scenarios/` recorded.

use std::{collections::BTreeMap, fs, path::Path};

/// How the outputs of each command may end; `*` stands for anything. What ends in an error ends in help.
const ENDS: &[(&str, &[&str])] = &[
    ("approve", &["next: trueup apply *"]),
    (
        "apply",
        &[DONE, NOTHING_DONE, WAITS, OVERTAKEN, UNDONE, "passed *, approved by *", "nothing to do: *", HELP],
    ),
    ("check", &["the configuration is right: *", "all * links are OK", "* of * links failed"]),
    (
        "history",
        &[
            "* entry of *",
            "* entries of *",
            "*run; *",
            "*runs; *",
            "nothing was changed in the *newest run*",
            "nothing ran yet: trueup plan",
        ],
    ),
    ("init", &["next: *`trueup *check`"]),
    ("plan", &["nothing to do *", "next: trueup apply *", "guard: *", HELP]),
    (
        "review",
        &[
            "* next: trueup review show *",
            "decide: trueup review decide *",
            "*`trueup plan` *",
            "nothing waits for a person",
        ],
    ),
    ("run", &[DONE, NOTHING_DONE, WAITS, OVERTAKEN, UNDONE, HELP]),
    (
        "show",
        &[
            "* agrees everywhere",
            "* differs in *: trueup why *",
            "*plan again with `trueup plan`",
            "next: trueup apply *",
        ],
    ),
    (
        "status",
        &[
            "nothing waits for a person",
            "nothing ran yet: trueup plan",
            "* for a person: trueup review",
            "*: no cycle went well *",
        ],
    ),
    ("undo", &["guard: *", DONE, NOTHING_DONE, WAITS, "nothing to undo: *", HELP]),
    (
        "verify",
        &[
            "agreement is proven: *",
            "not proven: * that nobody was told; next: trueup plan",
            "not proven: memory *",
        ],
    ),
    (
        "why",
        &[
            "last: * by run *",
            "in agreement: *",
            "not compared*: *",
            "left as it is: *",
            "finding *: *",
            "held by *`trueup review *` ends it",
        ],
    ),
];
const DONE: &str = "*: * updated, * created, * archived*";
const NOTHING_DONE: &str = "*: nothing was changed";
const WAITS: &str = "for a person: *; see `trueup review`";
const OVERTAKEN: &str = "* superseded: *, nothing was sent";
const UNDONE: &str = "* not done, planned anew by `trueup run`";
const HELP: &str = "help: trueup *";

/// The last line of one output, and what it came from.
struct End {
    story: String,
    command: String,
    line: String,
    on_stderr: bool,
}

fn ends() -> Vec<End> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let stories = files.filter(|path| path.extension().is_some_and(|end| end == "txt"));
    stories
        .flat_map(|path| of_story(&path.display().to_string(), &fs::read_to_string(path).unwrap()))
        .collect()
}

fn of_story(story: &str, text: &str) -> Vec<End> {
    let (mut ends, mut command, mut last) = (Vec::new(), None, None);
    for line in text.lines() {
        match line.split_at_checked(2) {
            Some(("$ ", asked)) => (command, last) = (Some(asked), None),
            Some(("> ", _)) => command = None,
            Some((mark @ ("| " | "! "), said)) => last = Some((mark == "! ", said)),
            Some(("= ", _)) => {
                if let (Some(command), Some((on_stderr, line))) = (command.take(), last.take()) {
                    let (story, command, line) = (story.to_owned(), command.to_owned(), line.to_owned());
                    ends.push(End { story, command, line, on_stderr });
                }
            }
            _ => {}
        }
    }
    ends
}

/// The command of a line of the shell, which may begin with flags.
fn name(command: &str) -> Option<&'static str> {
    let mut words = command.split_whitespace();
    words.find_map(|word| ENDS.iter().find(|(name, _)| *name == word)).map(|(name, _)| *name)
}

/// Whether a text is like a pattern in which `*` stands for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((end, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(end)
}

fn is_right(end: &End) -> bool {
    let patterns = ENDS.iter().find(|(command, _)| Some(*command) == name(&end.command));
    // A wrong configuration may end in the line it is about, with a mark below.
    let error = is_like(&end.line, "help: *") || is_like(&end.line, " *| *^");
    if end.on_stderr {
        error
    } else {
        patterns.is_some_and(|(_, all)| all.iter().any(|one| is_like(&end.line, one)))
    }
}

#[test]
fn every_recorded_output_ends_in_what_matters_most() {
    let ends: Vec<End> = ends().into_iter().filter(|end| !end.command.contains("--json")).collect();
    let wrong: Vec<String> = ends
        .iter()
        .filter(|end| !is_right(end))
        .map(|end| format!("{}: `{}` ends in: {}", end.story, end.command, end.line))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut seen: BTreeMap<&str, usize> = ENDS.iter().map(|(name, _)| (*name, 0)).collect();
    for end in ends.iter().filter(|end| !end.on_stderr) {
        *seen.entry(name(&end.command).unwrap_or_default()).or_default() += 1;
    }
    assert!(seen.values().all(|count| *count > 0), "a command is in no story: {seen:?}");
}

#[test]
fn a_star_stands_for_anything_and_nothing_else_does() {
    for (text, pattern, like) in [
        ("next: trueup apply 7f3a", "next: trueup apply *", true),
        ("guard: scope ok", "next: *", false),
        ("leads: 1 updated, 0 created, 0 archived", DONE, true),
        ("leads: 1 updated, 0 created", DONE, false),
        ("exact", "exact", true),
        ("exactly", "exact", false),
    ] {
        assert_eq!(is_like(text, pattern), like, "{text} {pattern}");
    }
}
