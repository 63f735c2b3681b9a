//! A pager for what is longer than the screen, and only there.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
};

use unicode_width::UnicodeWidthStr;

use super::wrap::bare;

/// The screen: columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Screen {
    /// Whether a text, the prompt below it included, is longer than the screen.
    pub(super) fn is_too_small_for(self, text: &str) -> bool {
        let rows = |line: &str| bare(line).width().div_ceil(self.columns.max(1)).max(1);
        self.rows > 0 && text.lines().map(rows).sum::<usize>() >= self.rows
    }
}

/// Shows a text in the pager; says whether there was one.
pub(super) fn show(text: &str) -> bool {
    let Some(mut pager) = command() else { return false };
    let Ok(mut child) = pager.stdin(Stdio::piped()).spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // A person who leaves early has seen enough.
        let _gone = input.write_all(text.as_bytes());
    }
    child.wait().is_ok_and(|status| status.code() != Some(NOT_FOUND))
}

/// What a shell exits with when there is no such program.
const NOT_FOUND: i32 = 127;

/// The pager of the person, or `less`: quit if it fits after all, keep colours, leave the screen as it is.
fn command() -> Option<Command> {
    let chosen = ["TRUEUP_PAGER", "PAGER"].into_iter().find_map(|name| env::var(name).ok());
    let (program, arguments) = match chosen {
        Some(pager) if pager.trim().is_empty() || pager.trim() == "cat" => return None,
        Some(pager) => ("sh", vec!["-c".to_owned(), pager]),
        None => ("less", vec!["-FRX".to_owned()]),
    };
    let mut command = Command::new(program);
    command.args(arguments);
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, too_long: bool) {
        assert_eq!(Screen { columns: 10, rows: 4 }.is_too_small_for(text), too_long, "{text:?}");
    }

    #[test]
    fn the_rows_count_that_a_text_takes_on_the_screen() {
        check("", false);
        check("1\n2\n3\n", false);
        check("1\n2\n3\n4\n", true);
        check("a line longer than it\n2\n", true);
        check("exactly 10\n\n3\n", false);
        check("\u{1b}[31mexactly 10\u{1b}[0m\n2\n3\n", false);
        check("\u{1b}[31mexactly 10!\u{1b}[0m\n2\n3\n", true);
        check("東京東京東京\n2\n3\n", true);
    }

    #[test]
    fn a_screen_that_does_not_say_its_size_is_never_too_small() {
        assert!(!Screen { columns: 0, rows: 0 }.is_too_small_for(&"line\n".repeat(1_000)));
    }
}
