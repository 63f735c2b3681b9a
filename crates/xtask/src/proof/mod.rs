//! What the seeds of one commit came to, recorded in chunks and merged into `PROOF.md`.
//!
//! A chunk is what `trueup-sim run --json` told, with the commit it was built from. Chunks lie in `proof/COMMIT/`;
//! whatever was recorded there is not played again, so a recording can be interrupted at any time, be committed, and go
//! on elsewhere. Beside them lies what came of sweeps and of planted defects, and one folder up what came of mutants of
//! the core. Nothing is written by hand: a proof with a hole is not written at all, the hole is told.

mod chunk;
mod commit;
mod defects;
mod kept;
mod looks;
mod machine;
mod merge;
mod mutants;
mod page;
mod record;
mod rest;
mod survivors;
mod sweeps;

pub use chunk::Chunk;
use commit::checked_out;
pub use commit::{Commit, base, commit, head, is_ancestor};
pub use defects::{Defect, Defects, Told};
pub use merge::{Merged, merge};
pub use mutants::Mutants;
pub use page::{PROOF, commit_of, failing_of, write};
pub use rest::Rest;
pub use survivors::{SURVIVORS, Survivor, survivors};
pub use sweeps::{Sweep, Sweeps};

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{
    awaits::{self, compare},
    suite::{self, say},
    tree::Tree,
};

/// Where recordings lie.
pub const RECORDED: &str = "proof";
/// How many seeds a recording plays, and a proof is of at least.
const SEEDS: u64 = 1_000_000;
/// How many of them a chunk holds.
const CHUNK: u64 = 20_000;

/// What can be asked for.
const FLAGS: &str = "--of COMMIT, --record, --seeds N, --chunk N, --sweeps, --defects or --mutants COMMIT";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    of: Option<String>,
    record: bool,
    sweeps: bool,
    defects: bool,
    mutants: Option<String>,
    seeds: u64,
    chunk: u64,
}

impl Asked {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut asked = Self {
            of: None,
            record: false,
            sweeps: false,
            defects: false,
            mutants: None,
            seeds: SEEDS,
            chunk: CHUNK,
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if let "--of" | "--mutants" = argument.as_str() {
                let commit = rest.next().with_context(|| format!("{argument} needs a commit"))?.clone();
                let place = if argument == "--of" { &mut asked.of } else { &mut asked.mutants };
                *place = Some(commit);
                continue;
            }
            let mut number = || -> Result<u64> {
                let number = rest.next().and_then(|number| number.parse().ok()).filter(|number| *number > 0);
                number.with_context(|| format!("{argument} needs a number above 0"))
            };
            match argument.as_str() {
                "--record" => asked.record = true,
                "--sweeps" => asked.sweeps = true,
                "--defects" => asked.defects = true,
                "--seeds" => asked.seeds = number()?,
                "--chunk" => asked.chunk = number()?,
                _ => bail!("{argument} is unknown: ask for {FLAGS}"),
            }
        }
        Ok(asked)
    }
}

/// Records what is missing, if asked to, and merges what was recorded of this commit, or of the one that is named: that
/// is checked out apart and built there, so that the tree may go on.
///
/// # Errors
/// When the tree is not what was committed, or the proof has a hole.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let asked = Asked::read(arguments)?;
    let proofs = root.join(RECORDED);
    let own = asked.of.as_ref().map_or_else(|| Ok(root.to_owned()), |of| checked_out(root, of))?;
    let commit = head(&own)?;
    if let Some(of) = &asked.mutants {
        mutants::collect(root, &suite::target(root).join("mutants"), of, &proofs)?;
    }
    record_missing(&own, &commit, &proofs.join(&commit.hash), &asked)?;
    let merged = merge(&commit.hash, base(&commit.hash)?, &chunk::read_all(&proofs.join(&commit.hash))?)?;
    let list = awaits::list(&Tree::read(&own)?);
    let compared = compare(&list, &awaits::exempts_of(&list, &Tree::read(root)?)?, &merged.awaits);
    let rest = Rest::read(root, &own, &commit.hash)?;
    let holes: Vec<String> =
        merged.holes().into_iter().chain(compared.problems()).chain(rest.holes()).collect();
    for hole in &holes {
        say(hole);
    }
    if !holes.is_empty() {
        bail!("nothing is proven: {} holes in {} seeds", holes.len(), merged.seeds);
    }
    fs::write(root.join(PROOF), write(&merged, &compared, &rest)).context("cannot write PROOF.md")?;
    let (seeds, rate) = (merged.seeds, Merged::rate(merged.seeds, merged.core_s));
    say(&format!("{PROOF}: {seeds} seeds of {}, {rate:.1} a second and core", commit.hash));
    Ok(())
}

/// Records what is asked for of a tree's commit.
fn record_missing(own: &Path, commit: &Commit, folder: &Path, asked: &Asked) -> Result<()> {
    if asked.sweeps {
        sweeps::record(own, commit, folder)?;
    }
    if asked.defects {
        defects::record(own, commit, folder)?;
    }
    if asked.record {
        record::chunks(own, commit, folder, (asked.seeds, asked.chunk))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_and_nothing_is_guessed() {
        let read =
            |words: &[&str]| Asked::read(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        let all = Asked {
            of: None,
            record: false,
            sweeps: false,
            defects: false,
            mutants: None,
            seeds: 1_000_000,
            chunk: 20_000,
        };
        assert_eq!(read(&[]).unwrap(), all);
        let some = Asked { record: true, seeds: 40, chunk: 10, ..all.clone() };
        assert_eq!(read(&["--record", "--seeds", "40", "--chunk", "10"]).unwrap(), some);
        let rest = Asked { sweeps: true, defects: true, mutants: Some("abc".into()), ..all };
        assert_eq!(read(&["--sweeps", "--defects", "--mutants", "abc"]).unwrap(), rest);
        assert_eq!(read(&["--of", "abc"]).unwrap().of.as_deref(), Some("abc"));
        for bad in
            [&["--seeds"][..], &["--mutants"], &["--of"], &["--seeds", "0"], &["--chunk", "x"], &["--reocrd"]]
        {
            assert!(read(bad).is_err());
        }
    }
}
