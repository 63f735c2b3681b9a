//! Every command that an output tells people to type is one that the program takes.

use std::{fs, path::Path};

use clap::CommandFactory;

use super::options::Args;

/// What stands before a command that is to be typed.
const MARKS: [&str; 3] = [": ", "then ", "  "];

/// The commands a text tells people to type: after a mark, up to where the sentence goes on.
fn hints(text: &str) -> Vec<String> {
    let mut hints = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with(['$', '#'])) {
        for (at, _) in line.match_indices("trueup ") {
            let (before, hint) = line.split_at(at);
            let in_ticks = before.ends_with('`');
            if in_ticks || MARKS.iter().any(|mark| before.ends_with(mark)) {
                let end = if in_ticks {
                    hint.find('`')
                } else {
                    hint.find([',', ';']).or_else(|| hint.find(" or --"))
                };
                // Of several flags to choose from, the first.
                hints.push(hint[..end.unwrap_or(hint.len())].replace(" with --", " --"));
            }
        }
    }
    hints
}

/// The words of a command; `{plan 1}` is a word, and quotes hold one together.
pub(super) fn words(hint: &str) -> Vec<String> {
    let (mut words, mut word, mut closing) = (Vec::new(), String::new(), None);
    for c in hint.trim().chars() {
        match (closing, c) {
            (Some(end), c) if c == end => closing = None,
            (None, '{') => closing = Some('}'),
            (None, '"' | '\'') => closing = Some(c),
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (_, c) => word.push(c),
        }
    }
    words.push(word);
    words
}

fn texts(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    files.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn every_command_that_an_output_names_is_one_that_the_program_takes() {
    let mut seen = 0;
    for (file, text) in texts("../trueup-core/tests/it/plans").into_iter().chain(texts("../../scenarios")) {
        for hint in hints(&text) {
            let parsed = Args::command().try_get_matches_from(words(&hint));
            assert!(parsed.is_ok(), "{file}: {hint}\n{}", parsed.unwrap_err());
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} commands were found");
}

#[test]
fn a_command_that_does_not_exist_is_noticed() {
    let hint = hints("  … and 3 more like this: trueup show d03cf455 --every").remove(0);
    assert!(Args::command().try_get_matches_from(words(&hint)).is_err());
    assert_eq!(words("trueup show {plan 1} \"a b\""), ["trueup", "show", "plan 1", "a b"]);
}
