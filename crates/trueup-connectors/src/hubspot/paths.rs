//! The paths of both families, from one place.

use super::config::{ApiVersion, ObjectType, Settings};

/// Where things are, for one version and one kind of object.
#[derive(Debug)]
pub(super) struct Paths {
    version: ApiVersion,
    object: &'static ObjectType,
}

impl Paths {
    pub(super) fn of(settings: &Settings) -> Self {
        Self { version: settings.version.clone(), object: settings.object }
    }

    /// `/crm/objects/2026-03/contacts/…` or `/crm/v3/objects/contacts/…`.
    pub(super) fn objects<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        let mut path = self.crm("objects");
        path.push(self.object.name);
        path.extend(rest);
        path
    }

    /// The definitions of the object's columns.
    pub(super) fn properties(&self) -> Vec<&str> {
        let mut path = self.crm("properties");
        path.push(self.object.name);
        path
    }

    /// One owner.
    pub(super) fn owner<'a>(&'a self, id: &'a str) -> Vec<&'a str> {
        let mut path = self.crm("owners");
        path.push(id);
        path
    }

    /// Whose account it is.
    pub(super) fn account(&self) -> Vec<&str> {
        vec!["account-info", self.version.as_str(), "details"]
    }

    fn crm<'a>(&'a self, product: &'a str) -> Vec<&'a str> {
        let version = self.version.as_str();
        if self.version.is_dated() { vec!["crm", product, version] } else { vec!["crm", version, product] }
    }
}
