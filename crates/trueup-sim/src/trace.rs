//! What happened, in order, and what was so in the end: always as one number, and in words when somebody wants to read
//! it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// The story of one simulation. Clones write the same story.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<Mutex<Story>>);

#[derive(Debug, Default)]
struct Story {
    hash: u64,
    lines: Option<Vec<Line>>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When, in true time.
    pub at: Timestamp,
    /// Who did it: a person, an instance of the engine, a system.
    pub who: String,
    /// The system and the record it was done to, where there is one.
    pub about: Option<(String, String)>,
    /// What it was.
    pub what: String,
}

impl Trace {
    /// A story that can be read afterwards.
    #[must_use]
    pub fn told() -> Self {
        Self(Arc::new(Mutex::new(Story { hash: 0, lines: Some(Vec::new()) })))
    }

    fn story(&self) -> MutexGuard<'_, Story> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened. `kind` counts for the hash, `detail` is only for readers.
    pub fn tell(
        &self,
        at: Timestamp,
        who: &str,
        about: Option<(&str, &str)>,
        kind: &'static str,
        detail: impl FnOnce() -> String,
    ) {
        let mut story = self.story();
        let mut hash = mixed(story.hash, &at.as_millisecond().to_le_bytes());
        hash = mixed(mixed(hash, who.as_bytes()), kind.as_bytes());
        if let Some((system, record)) = about {
            hash = mixed(mixed(hash, system.as_bytes()), record.as_bytes());
        }
        story.hash = hash;
        if let Some(lines) = &mut story.lines {
            let about = about.map(|(system, record)| (system.to_owned(), record.to_owned()));
            let detail = detail();
            let what = if detail.is_empty() { kind.to_owned() } else { format!("{kind}: {detail}") };
            lines.push(Line { at, who: who.to_owned(), about, what });
        }
    }

    /// Something is so: no event, but a part of the story all the same.
    pub fn holds<'w>(&self, words: impl IntoIterator<Item = &'w [u8]>) {
        let mut story = self.story();
        story.hash = words.into_iter().fold(story.hash, mixed);
    }

    /// The whole story as one number: the same seed of the same commit always gives the same (I-36).
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.story().hash
    }

    /// Whether somebody wants to read it.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.story().lines.is_some()
    }

    /// The story in words; empty unless it was asked for.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.story().lines.clone().unwrap_or_default()
    }
}

/// Mixes bytes into a hash (FNV-1a, Fowler, Noll and Vo), a whole word at a time.
fn mixed(hash: u64, bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| chunk.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
    let hash = (hash ^ bytes.len() as u64).wrapping_mul(0x0100_0000_01b3);
    bytes
        .chunks(8)
        .fold(hash, |hash, chunk| (hash ^ word(chunk)).wrapping_mul(0x0100_0000_01b3).rotate_left(29))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(who: &str, kind: &'static str, record: &str) -> Trace {
        let trace = Trace::told();
        trace.tell(Timestamp::UNIX_EPOCH, who, Some(("crm", record)), kind, || "detail".into());
        trace
    }

    #[test]
    fn another_doer_deed_or_record_is_another_story() {
        let one = told("ada", "edits", "1");
        assert_eq!(one.hash(), told("ada", "edits", "1").hash());
        for other in [told("bob", "edits", "1"), told("ada", "merges", "1"), told("ada", "edits", "2")] {
            assert_ne!(one.hash(), other.hash());
        }
        assert_eq!(one.lines()[0].what, "edits: detail");
    }

    #[test]
    fn what_is_so_in_the_end_counts_and_so_does_where_one_word_ends() {
        let ended = |words: &[&str]| {
            let trace = Trace::default();
            trace.holds(words.iter().map(|word| word.as_bytes()));
            trace.hash()
        };
        assert_eq!(ended(&["city", "Granby"]), ended(&["city", "Granby"]));
        for other in [&["city", "Aspen"][..], &["cityG", "ranby"], &["city"]] {
            assert_ne!(ended(&["city", "Granby"]), ended(other));
        }
    }

    #[test]
    fn nobody_pays_for_words_that_nobody_reads() {
        let silent = Trace::default();
        silent.tell(Timestamp::UNIX_EPOCH, "ada", None, "edits", || panic!("asked for words"));
        assert!(silent.lines().is_empty() && silent.hash() != 0);
    }
}
