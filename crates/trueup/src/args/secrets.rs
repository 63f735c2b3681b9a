//! Secrets on the command line are refused before anything looks at them: other users can read the
//! arguments of a process, and shells keep them.

use std::ffi::OsString;

use crate::output::Failure;

const FLAGS: [&str; 8] =
    ["--token", "--api-key", "--apikey", "--password", "--secret", "--access-token", "--key", "--bearer"];
const STARTS: [&str; 4] = ["pat-", "Bearer ", "tk_", "sk-"];

/// Refuses arguments that hold a secret; the answer does not repeat it.
pub(super) fn refuse(arguments: &[OsString]) -> Option<Failure> {
    let texts: Vec<_> = arguments.iter().skip(1).map(|argument| argument.to_string_lossy()).collect();
    let flag = texts.iter().find_map(|text| {
        let name = text.split('=').next().unwrap_or_default().to_lowercase();
        FLAGS.into_iter().find(|flag| name == *flag)
    });
    let looks_secret = |text: &str| {
        let value = text.split_once('=').filter(|_| text.starts_with('-')).map_or(text, |(_, value)| value);
        STARTS.iter().any(|start| value.starts_with(start))
    };
    let bare = texts.iter().any(|text| looks_secret(text));
    let what = match flag {
        Some(flag) => format!("{flag}: a secret must not stand on the command line"),
        None if bare => {
            "an argument looks like a secret, which must not stand on the command line".to_owned()
        }
        None => return None,
    };
    let failure = Failure::usage("secret_on_command_line", what);
    Some(failure.help("use env or file: in the configuration, such as `token: ${HUBSPOT_TOKEN}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arguments: &[&str], want: bool) {
        let all: Vec<OsString> = ["trueup"].iter().chain(arguments).map(OsString::from).collect();
        let refused = refuse(&all);
        assert_eq!(refused.is_some(), want, "{arguments:?}");
        assert!(!refused.is_some_and(|failure| failure.text().contains("canary")), "{arguments:?}");
    }

    #[test]
    fn a_secret_is_refused_as_flag_and_as_value_and_is_not_repeated() {
        check(&["plan", "--token", "canary"], true);
        check(&["plan", "--token=canary"], true);
        check(&["run", "--API-KEY=canary"], true);
        check(&["why", "pat-na1-canary", "phone"], true);
        check(&["-c", "Bearer canary"], true);
        check(&["--reason=pat-na1-canary"], true);
    }

    #[test]
    fn ordinary_arguments_pass() {
        check(&["plan", "--summary"], false);
        check(&["why", "R00412", "token"], false);
        check(&["review", "decide", "F1/*", "--accept"], false);
    }
}
