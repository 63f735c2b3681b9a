//! Turns the shape of the file into what it means, and finds everything that cannot be.
//!
//! Every function gives `None` only after the report says why, so callers go on with what is left and
//! a person sees all mistakes at once.

mod alerts;
mod canonical;
mod classes;
mod expression;
mod fields;
mod hash;
mod limits;
mod mirror;
mod overlap;
mod pipeline;
mod systems;

use std::path::Path;

use trueup_core::text::clean::hides_on_screen;

use crate::{
    config::Config,
    diagnostic::Code,
    endpoint::Endpoint,
    file::File,
    report::{Fault, Report},
    secret::{self, Look, SecretRef},
    yaml::At,
};

/// What every part of the building needs.
#[derive(Clone, Copy)]
pub(crate) struct Builder<'a> {
    pub(crate) report: &'a Report,
    /// The file's text, to find the place of a mistake inside an expression.
    pub(crate) text: &'a str,
    /// The directory that relative paths start from.
    pub(crate) base: &'a Path,
    pub(crate) look: &'a Look<'a>,
}

impl Builder<'_> {
    /// Builds the configuration.
    pub(crate) fn config(self, file: &File) -> Option<Config> {
        self.version(&file.version);
        let state = file.state.as_ref().map_or(".trueup", At::text);
        let systems = self.systems(&file.systems)?;
        let pipelines = self.pipelines(&file.pipelines, &systems);
        let alerts = self.alerts(file.alerts.as_ref());
        let heartbeat = file.heartbeat.as_ref().map(|hook| self.hook(hook));
        Some(Config {
            state: self.base.join(state),
            systems: systems.ready(),
            pipelines: pipelines?,
            alerts: alerts?,
            heartbeat: heartbeat.flatten(),
        })
    }

    fn version(self, version: &At<u64>) {
        if let Some(number) = version.get().filter(|number| **number != 1) {
            let newer = Fault::new(Code::BadValue, format!("version {number} of the format is not known"));
            self.report.add(newer.help("write `version: 1`").at(version.span));
        }
    }

    fn fail<T>(self, at: crate::report::Span, fault: Fault) -> Option<T> {
        self.report.add(fault.at(at));
        None
    }

    // A text that must say something.
    fn filled(self, text: &At<String>, what: &str) -> Option<String> {
        let value = text.get()?;
        if value.trim().is_empty() {
            return self
                .fail(text.span, Fault::new(Code::BadValue, format!("{what} is empty")).help("fill it in"));
        }
        Some(value.clone())
    }

    // Names are shown in every plan, so nothing may stand in them that a terminal would obey.
    fn visible(self, name: &At<String>) {
        if name.text().contains(hides_on_screen) {
            let hidden = Fault::new(Code::BadValue, "the name holds a character that nobody would see");
            self.report.add(hidden.help("use visible characters only").at(name.span));
        }
    }

    fn endpoint(self, url: &At<String>) -> Option<Endpoint> {
        self.report.keep(Endpoint::parse(url.get()?).map_err(|fault| fault.at(url.span)))
    }

    fn secret(self, text: &At<String>, variable: &str) -> Option<SecretRef> {
        let read = secret::parse(text.get()?, variable, self.base);
        let secret = self.report.keep(read.map_err(|fault| fault.at(text.span)))?;
        self.report.keep(secret::check(&secret, self.look).map_err(|fault| fault.at(text.span)))?;
        Some(secret)
    }
}
