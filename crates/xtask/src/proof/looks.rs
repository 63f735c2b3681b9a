//! Second looks at mutants that lived through the first one: with more tests, so they may be of a later commit.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::commit;

/// What folders of second looks are called: `again`, and whatever follows.
const AGAIN: &str = "again";
/// The file beside what `cargo mutants` left, which does not tell of which commit it is.
const COMMIT: &str = "commit";

/// What was left of a second look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// The commit that was looked at.
    pub(super) commit: String,
    /// The folder with the lists.
    pub(super) left: PathBuf,
}

/// All of them below a folder. Each says of which commit it is.
pub(super) fn looks(shards: &Path) -> Result<Vec<Look>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(shards).with_context(|| format!("cannot read {}", shards.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(AGAIN) {
            found.push(look(&entry.path())?);
        }
    }
    Ok(found)
}

fn look(folder: &Path) -> Result<Look> {
    let said = folder.join(COMMIT);
    let text = fs::read_to_string(&said).with_context(|| {
        format!("{0} does not say of which commit it is: `git rev-parse HEAD > {0}` there", said.display())
    })?;
    Ok(Look { commit: text.trim().to_owned(), left: folder.join("mutants.out") })
}

/// Whether a look can tell anything of the mutants of a commit: it is of the same one, or of one that came after it and
/// is not after the tree.
pub(super) fn check(root: &Path, look: &Look, first: &str) -> Result<()> {
    let (own, at) = (&look.commit, look.left.display());
    if own == first {
        return Ok(());
    }
    if commit::named(root, own).with_context(|| at.to_string())? != *own {
        bail!("{at}: `{own}` is no whole hash; `git rev-parse` tells it");
    }
    if commit::is_before(root, first, own) == Some(false) {
        bail!("{at} is of {own}, which does not come after {first}: it says nothing of its mutants");
    }
    if commit::is_ancestor(root, own) == Some(false) {
        bail!("{at} is of {own}, which is no commit before this one");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::commit::tests::Scratch;

    fn of(commit: &str) -> Look {
        Look { commit: commit.to_owned(), left: "target/mutants/again/mutants.out".into() }
    }

    #[test]
    fn a_second_look_is_of_the_commit_of_the_first_or_of_a_later_one_that_the_tree_has() {
        let scratch = Scratch::new("looks-order");
        let root = &scratch.root;
        let [first, second] = ["one", "two"].map(|text| {
            scratch.write("test.rs", text);
            scratch.keep()
        });
        check(root, &of("any"), "any").unwrap();
        check(root, &of(&second), &first).unwrap();
        let error = |own: &str, first: &str| format!("{:#}", check(root, &of(own), first).unwrap_err());
        assert!(error(&first, &second).contains("does not come after"), "{}", error(&first, &second));
        assert!(error("HEAD", &first).contains("is no whole hash"));
        assert!(error(&"0".repeat(40), &first).contains("there is no commit 000"));
        scratch.git(&["reset", "--quiet", "--hard", &first]);
        assert!(error(&second, &first).contains("no commit before this one"));
    }

    #[test]
    fn a_second_look_that_does_not_say_of_which_commit_it_is_is_an_error_that_names_the_way_out() {
        let shards = std::env::temp_dir().join(format!("trueup-looks-{}", std::process::id()));
        fs::create_dir_all(shards.join("again-1")).unwrap();
        let error = format!("{:#}", looks(&shards).unwrap_err());
        assert!(error.contains("git rev-parse HEAD > ") && error.contains("again-1/commit"), "{error}");
        fs::write(shards.join("again-1/commit"), "abc\n").unwrap();
        let want = Look { commit: "abc".into(), left: shards.join("again-1/mutants.out") };
        assert_eq!(looks(&shards).unwrap(), [want]);
        fs::remove_dir_all(&shards).unwrap();
    }
}
