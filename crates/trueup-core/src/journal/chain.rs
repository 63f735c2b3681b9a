//! The hash chain: an entry commits to its values with a salt, so that values can be erased and the
//! chain still verifies (DESIGN.md 9).

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Draft;
use crate::value::Cell;

/// 16 random bytes that hide a value behind its commitment.
pub type Salt = [u8; 16];

/// One link of the chain, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its position, from 1.
    pub seq: u64,
    /// The hash of the entry before; 64 zeros for the first.
    pub prev: String,
    /// The hash of this entry.
    pub hash: String,
    /// What happened; erased values are [`Cell::Absent`].
    pub draft: Draft,
    /// The commitments to before, after and canonical, in this order.
    pub commitments: [String; 3],
}

/// An entry together with the salts that open its commitments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The entry.
    pub entry: Entry,
    /// The salt of its three commitments.
    pub salt: Salt,
}

/// An entry that cannot be written down, and so can neither be sealed nor believed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the journal entry cannot be sealed: {0}")]
pub struct Unsealable(String);

impl Entry {
    /// The hash before the first entry.
    pub const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    /// Seals a draft behind the previous entry's hash.
    ///
    /// # Errors
    /// When the draft cannot be written down, so that there is nothing to hash.
    pub fn seal(draft: Draft, seq: u64, prev: &str, salt: Salt) -> Result<Sealed, Unsealable> {
        let commitments = [
            commit(&salt, b"before", &draft.before)?,
            commit(&salt, b"after", &draft.after)?,
            commit(&salt, b"canonical", &draft.canonical)?,
        ];
        let hash = hash(seq, prev, &draft, &commitments)?;
        Ok(Sealed { entry: Self { seq, prev: prev.to_owned(), hash, draft, commitments }, salt })
    }

    /// Whether this entry follows the one with this hash and was not touched since.
    #[must_use]
    pub fn follows(&self, prev: &str) -> bool {
        let now = hash(self.seq, &self.prev, &self.draft, &self.commitments);
        self.prev == prev && now.is_ok_and(|now| now == self.hash)
    }

    /// Whether the values it holds are those it committed to; erased ones are not asked.
    #[must_use]
    pub fn opens(&self, salt: &Salt) -> bool {
        let names: [&[u8]; 3] = [b"before", b"after", b"canonical"];
        let cells = [&self.draft.before, &self.draft.after, &self.draft.canonical];
        names
            .iter()
            .zip(cells)
            .zip(&self.commitments)
            .all(|((name, cell), commitment)| commit(salt, name, cell).is_ok_and(|now| now == *commitment))
    }
}

/// Checks a run of entries; gives the position of the first that breaks the chain.
///
/// # Errors
/// The `seq` of the first entry that does not follow from the one before.
pub fn verify<'a>(start: &str, entries: impl IntoIterator<Item = &'a Entry>) -> Result<String, u64> {
    let mut prev = start.to_owned();
    for entry in entries {
        if !entry.follows(&prev) {
            return Err(entry.seq);
        }
        prev.clone_from(&entry.hash);
    }
    Ok(prev)
}

fn commit(salt: &Salt, name: &[u8], cell: &Cell) -> Result<String, Unsealable> {
    let text = written(cell)?;
    Ok(blake3::hash(&[salt.as_slice(), name, &text].concat()).to_hex().to_string())
}

// Values enter the chain only through their commitments.
fn hash(seq: u64, prev: &str, draft: &Draft, commitments: &[String; 3]) -> Result<String, Unsealable> {
    let bare = Draft { before: Cell::Absent, after: Cell::Absent, canonical: Cell::Absent, ..draft.clone() };
    Ok(blake3::hash(&written(&(seq, prev, bare, commitments))?).to_hex().to_string())
}

// Whatever had no text would share its hash with everything else that has none.
fn written(value: &impl Serialize) -> Result<Vec<u8>, Unsealable> {
    serde_json::to_vec(value).map_err(|error| Unsealable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Event;

    fn draft(value: &str) -> Draft {
        Draft {
            run: "r1".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            intent: None,
            system: "portal".into(),
            entity: "R1".into(),
            remote: None,
            field: Some("phone".into()),
            column: None,
            class: None,
            event: Event::Landed,
            before: Cell::Null,
            after: Cell::text(value),
            canonical: Cell::text(value),
            evidence: String::new(),
        }
    }

    fn chain() -> Vec<Sealed> {
        let mut prev = Entry::START.to_owned();
        let mut chain = Vec::new();
        for seq in 1..=4 {
            let sealed =
                Entry::seal(draft(&format!("v{seq}")), seq, &prev, [u8::try_from(seq).unwrap(); 16]).unwrap();
            prev.clone_from(&sealed.entry.hash);
            chain.push(sealed);
        }
        chain
    }

    #[test]
    fn what_cannot_be_written_down_is_not_hashed_as_nothing() {
        let numbered = std::collections::BTreeMap::from([((1, 2), 3)]);
        let refused = written(&numbered).unwrap_err();
        assert_eq!(refused.to_string(), "the journal entry cannot be sealed: key must be a string");
    }

    #[test]
    fn an_untouched_chain_verifies_and_opens() {
        let chain = chain();
        assert!(verify(Entry::START, chain.iter().map(|s| &s.entry)).is_ok());
        assert!(chain.iter().all(|s| s.entry.opens(&s.salt)));
    }

    #[test]
    fn a_changed_a_dropped_and_a_swapped_entry_break_the_chain_where_it_happened() {
        let entries: Vec<Entry> = chain().into_iter().map(|s| s.entry).collect();
        let mut changed = entries.clone();
        changed[1].draft.evidence = "edited".into();
        assert_eq!(verify(Entry::START, &changed), Err(2));
        let dropped: Vec<&Entry> = entries.iter().filter(|e| e.seq != 3).collect();
        assert_eq!(verify(Entry::START, dropped), Err(4));
        let mut swapped = entries;
        swapped.swap(0, 1);
        assert_eq!(verify(Entry::START, &swapped), Err(2));
    }

    #[test]
    fn each_erased_value_leaves_the_chain_whole_and_a_changed_one_does_not_open() {
        let values: [fn(&mut Draft) -> &mut Cell; 3] =
            [|draft| &mut draft.before, |draft| &mut draft.after, |draft| &mut draft.canonical];
        for value in values {
            for (now, at) in [(Cell::Absent, 1), (Cell::text("forged"), 2)] {
                let mut chain = chain();
                *value(&mut chain[at].entry.draft) = now;
                assert!(!chain[at].entry.opens(&chain[at].salt));
                assert!(verify(Entry::START, chain.iter().map(|s| &s.entry)).is_ok());
            }
        }
    }
}
