//! Every await of the crates a kill may strike, and whether the recorded seeds killed there often enough.
//!
//! A place that no seed ever died at is a place nobody knows the recovery of (I-12). The list comes
//! from the sources, the histogram from `trueup-sim run --histogram`.

mod exempt;
mod histogram;
mod list;

pub use exempt::{EXEMPT, Exempt, exempts, exempts_of};
pub use histogram::{Compared, Histogram, LEAST, compare};
pub use list::{Await, list};

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{suite::say, tree::Tree};

/// Shows the list, or compares it with what runs told.
///
/// # Errors
/// When a file cannot be read, or an await was struck too rarely and is not exempt.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let tree = Tree::read(root)?;
    match arguments {
        [] => {
            for place in list(&tree) {
                say(&format!("{place}  {}", place.code));
            }
            Ok(())
        }
        [flag, files @ ..] if flag == "--histogram" && !files.is_empty() => {
            let mut histogram = Histogram::default();
            for file in files {
                let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
                histogram.add(&serde_json::from_str(&text).with_context(|| file.clone())?);
            }
            judge(&tree, &histogram)
        }
        _ => bail!("ask for `cargo xtask awaits` or `cargo xtask awaits --histogram FILE...`"),
    }
}

fn judge(tree: &Tree, histogram: &Histogram) -> Result<()> {
    let compared = compare(&list(tree), &exempts(tree)?, histogram);
    for line in compared.problems() {
        say(&line);
    }
    say(&compared.summary());
    if compared.is_good() { Ok(()) } else { bail!("the seeds do not kill everywhere") }
}
