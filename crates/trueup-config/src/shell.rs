//! Words of a command line that can be pasted.

/// A text as one word of a POSIX shell; as it is where no character of it means anything there.
#[must_use]
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(word(text), want);
    }

    #[test]
    fn a_text_is_one_word_whatever_stands_in_it() {
        check("conf/trueup.yaml", "conf/trueup.yaml");
        check("my leads.yaml", "'my leads.yaml'");
        check("$(whoami)", "'$(whoami)'");
        check("ada's.yaml", r"'ada'\''s.yaml'");
        check("", "''");
    }
}
