//! Failing seeds, as they are kept for ever: one a line, with the commit that failed and what failed in it.

use std::fmt::Write as _;

use crate::run::Shrunk;

/// A seed as a line of the seeds file.
#[must_use]
pub fn line(seed: u64, shrunk: &Option<Shrunk>, commit: &str) -> String {
    let mut line = format!("{seed} # {commit}");
    if let Some(shrunk) = shrunk {
        let what = shrunk.told.broken.first().map_or("", String::as_str);
        let _ = write!(line, ": {what} (also with {})", shrunk.off.join(", "));
    }
    line.push('\n');
    line
}

/// The seeds of a seeds file; what stands behind `#` is for people.
///
/// # Errors
/// The line that is no seed.
pub fn seeds(text: &str) -> Result<Vec<u64>, String> {
    let bare = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    bare.filter(|line| !line.is_empty())
        .map(|line| line.parse().map_err(|_| format!("'{line}' is no seed")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_that_is_kept_is_read_again() {
        let text = format!("# kept for ever\n\n{}{}", line(7, &None, "abc"), line(12, &None, "def"));
        assert_eq!(seeds(&text), Ok(vec![7, 12]));
        assert_eq!(seeds("seven"), Err("'seven' is no seed".into()));
    }
}
