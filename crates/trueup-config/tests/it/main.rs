//! What a configuration file means, and what is said about one that is wrong.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod contradictions;
mod errors;
mod hash;
mod hostile;
mod meaning;
mod pipelines;
mod refused;
mod schema;

use trueup_config::{Config, Diagnostic, SecretRef, Template, parse};

/// A machine on which exactly the variables of the template are set, and every file but one holds a secret.
fn look(secret: &SecretRef) -> Result<(), String> {
    match secret {
        SecretRef::Env(name) if ["HUBSPOT_TOKEN", "NTFY_TOKEN"].contains(&name.as_str()) => Ok(()),
        SecretRef::Env(_) => Err("is not set".to_owned()),
        SecretRef::File(path) if path.ends_with("no such.token") => Err("is empty".to_owned()),
        SecretRef::File(_) => Ok(()),
    }
}

fn read(text: &str) -> Result<Config, Vec<Diagnostic>> {
    parse(text, "conf/trueup.yaml", &look)
}

fn template() -> &'static str {
    Template::by_name("a").unwrap().text
}

/// The template with one part replaced, which must be there.
#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(template().contains(from), "the template does not hold {from}");
    template().replacen(from, to, 1)
}

/// Every error of a text, as people see them.
fn shown(text: &str) -> String {
    let errors = read(text).expect_err("the text is wrong and must be refused");
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}
