//! Turns a configuration file into a [`trueup_core::setup::Setup`], or into errors that name line,
//! column and fix.
//!
//! The way of a file: text becomes a tree with places (`yaml`), the tree becomes the shape of the file
//! (`file`), the shape becomes what it means (`build`). Mistakes are collected on the way, so that all
//! are shown at once. A [`Config`] is free of every mistake that can be seen without I/O, and of secrets
//! that its reader misses.
//!
//! Deliberately absent: connections, and the values of secrets. Whether a workbook has a column or an
//! account a property is found out by those who read them.
//!
//! Read next: [`load`], then [`Config`].

mod build;
mod config;
mod diagnostic;
mod endpoint;
mod file;
mod mask;
mod report;
mod schema;
mod secret;
pub mod shell;
mod suggest;
mod template;
mod version;
mod yaml;

pub use config::{
    Alerts, Config, HubspotConfig, HubspotObject, Ntfy, Pipeline, Rate, SystemConfig, XlsxConfig,
};
pub use diagnostic::{Code, Diagnostic, Snippet};
pub use endpoint::Endpoint;
pub use schema::json_schema;
pub use secret::{Look, SecretRef};
pub use template::Template;
pub use version::HubspotVersion;

use std::path::Path;

use build::Builder;
use report::{Fault, Report};

/// Reads a configuration file; `look` says of each secret it refers to whether that is there.
///
/// # Errors
/// Every problem found, in the order of the file.
pub fn load(path: &Path, look: &Look<'_>) -> Result<Config, Vec<Diagnostic>> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, &name, look),
        Err(error) => {
            let report = Report::default();
            let fault = Fault::new(Code::Unreadable, format!("the configuration cannot be read: {error}"));
            report.add(fault.help("write one with `trueup init --template a`, or name it with `-c PATH`"));
            Err(report.diagnostics(&name, ""))
        }
    }
}

/// Reads a configuration out of text. `name` is the file's path: errors show it, and relative paths
/// start from its directory.
///
/// # Errors
/// Every problem found, in the order of the file.
pub fn parse(text: &str, name: &str, look: &Look<'_>) -> Result<Config, Vec<Diagnostic>> {
    let report = Report::default();
    let base = Path::new(name).parent().unwrap_or_else(|| Path::new(""));
    let builder = Builder { report: &report, text, base, look };
    let config = yaml::read(text, &report).and_then(|file| builder.config(file.get()?));
    match config {
        Some(config) if report.len() == 0 => Ok(config),
        _ => Err(report.diagnostics(name, text)),
    }
}
