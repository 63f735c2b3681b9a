//! Commands that people are told to type name the configuration in use, so that each may be pasted as it stands.

/// What stands before a command that is to be typed, where it is not at the start of a line.
const MARKS: [&str; 3] = ["`", ": ", "then "];

/// The program's name before a command.
const PROGRAM: &str = "trueup ";

/// The text with this flag in each command that does not have it. `is_command` knows the commands that read it.
pub(super) fn naming(text: &str, flag: &str, is_command: impl Fn(&str) -> bool) -> String {
    let lines = text.split_inclusive('\n').map(|line| self::line(line, flag, &is_command));
    lines.collect()
}

fn line(line: &str, flag: &str, is_command: impl Fn(&str) -> bool) -> String {
    let mut done = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, hint)) = rest.split_once(PROGRAM) {
        done += before;
        let is_marked = done.is_empty() || MARKS.iter().any(|mark| done.ends_with(mark));
        done += PROGRAM;
        if is_marked && is_command(first_word(hint)) && !has(hint, flag) {
            done = done + flag + " ";
        }
        rest = hint;
    }
    done + rest
}

fn first_word(hint: &str) -> &str {
    hint.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').next().unwrap_or_default()
}

/// Whether a command has the flag already, up to where it ends.
fn has(hint: &str, flag: &str) -> bool {
    hint.split(['`', '\n']).next().unwrap_or_default().contains(flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(
            naming(text, "-c b.yaml", |word| ["plan", "review", "show", "apply"].contains(&word)),
            want
        );
    }

    #[test]
    fn each_command_that_is_to_be_typed_names_the_configuration() {
        check("help: trueup plan", "help: trueup -c b.yaml plan");
        check("trueup plan", "trueup -c b.yaml plan");
        check("3 parked; see `trueup review`.\n", "3 parked; see `trueup -c b.yaml review`.\n");
        check(
            "a\nnext: trueup show 1, then trueup apply 1\nb",
            "a\nnext: trueup -c b.yaml show 1, then trueup -c b.yaml apply 1\nb",
        );
    }

    #[test]
    fn a_command_that_names_one_and_whatever_is_no_command_stay_as_they_are() {
        for text in [
            "next: trueup apply 1 -c b.yaml",
            "`trueup apply 1 -c b.yaml` and more",
            "trueup 0.1.0",
            "error: trueup cannot do that",
            "whoever calls trueup plan something else",
            "help: trueup --help",
            "",
        ] {
            check(text, text);
        }
    }
}
