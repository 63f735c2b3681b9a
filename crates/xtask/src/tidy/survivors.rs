//! A reason for a mutant of what is not there any more excuses nothing.

use anyhow::Result;

use super::Finding;
use crate::{
    proof::{SURVIVORS, survivors},
    tree::Tree,
};

/// Finds mutants with a reason to live whose file or function is gone.
///
/// Whether each one that lives has its reason only a run of all mutants tells: `cargo xtask proof` asks that.
///
/// # Errors
/// When a line gives no reason.
pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let Some(file) = tree.file(SURVIVORS) else {
        return Ok(vec![Finding::new(SURVIVORS, 0, "is missing")]);
    };
    let list = survivors(&file.text)?;
    let gone = list.iter().filter_map(|one| Some((one.line, gone(tree, &one.mutant)?)));
    Ok(gone.map(|(line, what)| Finding::new(SURVIVORS, line, what)).collect())
}

fn gone(tree: &Tree, mutant: &str) -> Option<String> {
    let (path, what) = mutant.split_once(": ").unwrap_or((mutant, ""));
    let Some(code) = tree.file(path).and_then(|file| file.code.as_ref()) else {
        return Some(format!("there is no {path}: take the line out"));
    };
    let name = function(what)?;
    let there = code.functions.iter().any(|function| function.name == name);
    (!there).then(|| format!("{path} has no function {name}: take the line out"))
}

/// The function that is changed: `replace NAME -> T with …`, or `… in NAME`; none where a constant is.
fn function(what: &str) -> Option<&str> {
    let within = what.rsplit_once(" in ").map(|(_, name)| name);
    let whole = || what.strip_prefix("replace ")?.split(" with ").next()?.split(" -> ").next();
    let name = within.or_else(whole)?.rsplit("::").next()?;
    let plain = name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
    (plain && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{super::support, *};

    #[test]
    fn a_reason_for_a_mutant_of_what_is_gone_is_found() {
        let code = ("crates/a.rs", "impl A {\n    fn f(&self) -> bool {\n        true\n    }\n}\n");
        let right = "# for people\ncrates/a.rs: replace A::f -> bool with true # so\n\
                     crates/a.rs: replace && with || in <impl B for A>::f # so\ncrates/a.rs: replace + with * # so\n";
        support::check(check, &[code, (SURVIVORS, right)], &[]);
        let wrong = "crates/b.rs: delete ! in f # so\ncrates/a.rs: delete ! in A::g # so\ncrates/a.rs: replace h with () # so\n";
        let places = ["docs/survivors.txt:1", "docs/survivors.txt:2", "docs/survivors.txt:3"];
        support::check(check, &[code, (SURVIVORS, wrong)], &places);
        support::check(check, &[], &["docs/survivors.txt:0"]);
    }
}
