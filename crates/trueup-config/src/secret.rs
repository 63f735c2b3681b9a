//! Secrets, which the file only refers to (RELIABILITY.md T-10).

use std::path::{Path, PathBuf};

use crate::{diagnostic::Code, report::Fault, shell};

/// Where a secret is found. The value itself is never held, so it cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// In the environment variable of this name.
    Env(String),
    /// In this file; relative paths were resolved against the configuration file.
    File(PathBuf),
}

/// Looks whether a secret is there; where it is not, gives why, such as `is not set`.
pub type Look<'a> = dyn Fn(&SecretRef) -> Result<(), String> + 'a;

/// Reads a reference; `name` is what a variable for a literal secret would be called.
pub(crate) fn parse(text: &str, name: &str, base: &Path) -> Result<SecretRef, Fault> {
    if let Some(variable) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        let valid = variable.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let bad = || Fault::new(Code::BadValue, "this is no name of an environment variable");
        return valid
            .then(|| SecretRef::Env(variable.to_owned()))
            .ok_or_else(|| bad().help(format!("write `${{{name}}}`")));
    }
    match text.strip_prefix("file:").map(str::trim) {
        Some("") => {
            Err(Fault::new(Code::BadValue, "the reference names no file").help("write `file:token.txt`"))
        }
        Some(path) => Ok(SecretRef::File(base.join(path))),
        None => Err(Fault::new(Code::LiteralSecret, "a secret must not stand in the file itself")
            .help(format!("write `${{{name}}}`, then run `export {name}=…`; or write `file:PATH`"))),
    }
}

/// Checks that a secret is there, as far as somebody looks.
pub(crate) fn check(secret: &SecretRef, look: &Look<'_>) -> Result<(), Fault> {
    look(secret).map_err(|why| match secret {
        SecretRef::Env(name) => {
            Fault::new(Code::MissingEnv, format!("the environment variable {name} {why}"))
                .help(format!("run `export {name}=…` in the shell that starts trueup"))
        }
        SecretRef::File(path) => {
            let path = path.display().to_string();
            let file = shell::word(&path);
            Fault::new(Code::MissingSecret, format!("the secret file {path} {why}")).help(format!(
                "run `(umask 077; cat > {file})`, paste the secret, then press Enter and Ctrl-D"
            ))
        }
    })
}
