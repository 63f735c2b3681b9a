//! Awaits that seeds strike too rarely, or never, since a test kills there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use trueup_sim::executor::Place;

/// Every await that `awaits-exempt.txt` leaves to a test, by the test's path; named as by whoever waits there.
pub(crate) fn left_to(test: &str) -> BTreeSet<Place> {
    let list = fs::read_to_string(root().join("crates/trueup-sim/tests/awaits-exempt.txt")).unwrap();
    let lines = list.lines().filter_map(|line| line.split_once(" # "));
    let own = lines.filter(|(_, reason)| reason.contains(test));
    own.flat_map(|(places, _)| awaits_of(places)).collect()
}

/// `PATH` or `PATH | words of the line`, as in the list.
fn awaits_of(places: &str) -> Vec<Place> {
    let (path, words) = places.split_once(" | ").unwrap_or((places, ""));
    let files = if path.ends_with('/') { files(path) } else { vec![path.to_owned()] };
    let found: Vec<Place> = files.iter().flat_map(|path| awaits_in(path, words)).collect();
    assert!(!found.is_empty(), "nobody waits at {places}");
    found
}

fn files(folder: &str) -> Vec<String> {
    let files = fs::read_dir(root().join(folder)).unwrap();
    files.map(|file| format!("{folder}{}", file.unwrap().file_name().display())).collect()
}

fn awaits_in(path: &str, words: &str) -> Vec<Place> {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let is_meant = |line: &str| line.contains(words) && !line.trim_start().starts_with("//");
    let mut places = Vec::new();
    for (at, line) in (1..).zip(text.lines()).filter(|(_, line)| is_meant(line)) {
        let columns = line.match_indices(".await").map(|(dot, _)| dot + 2);
        places.extend(columns.map(|column| format!("{path}:{at}:{column}")));
    }
    places
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
