//! The requests that change nothing: a closed list.

use http::Method;

/// One row of a connector's list of reads.
///
/// The sandboxes classify every request themselves, and the conformance suite fails when something sent
/// as a read changed their state, so a wrong row cannot stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// The method.
    pub method: Method,
    /// The path; `{}` stands for any one segment.
    pub path: String,
    /// The budget it is taken from.
    pub bucket: &'static str,
}

impl ReadRow {
    /// A row for `GET`, taken from this budget.
    #[must_use]
    pub const fn get(path: String, bucket: &'static str) -> Self {
        Self { method: Method::GET, path, bucket }
    }

    /// A row for `POST`, taken from this budget.
    #[must_use]
    pub const fn post(path: String, bucket: &'static str) -> Self {
        Self { method: Method::POST, path, bucket }
    }

    pub(super) fn covers(&self, method: &Method, path: &str) -> bool {
        let mut wanted = self.path.split('/');
        let mut given = path.split('/');
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return self.method == method,
                (Some("{}"), Some(segment)) if !segment.is_empty() && segment != "." && segment != ".." => {}
                (Some(wanted), Some(given)) if wanted == given => {}
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &Method, path: &str, expected: bool) {
        let rows = [
            ReadRow::get("/crm/objects/2026-03/contacts/{}".into(), "burst"),
            ReadRow::post("/crm/objects/2026-03/contacts/search".into(), "search"),
        ];
        assert_eq!(rows.iter().any(|row| row.covers(method, path)), expected, "{method} {path}");
    }

    #[test]
    fn only_listed_methods_and_paths_are_reads() {
        check(&Method::GET, "/crm/objects/2026-03/contacts/101", true);
        check(&Method::POST, "/crm/objects/2026-03/contacts/search", true);
        for (method, path) in [
            (&Method::POST, "/crm/objects/2026-03/contacts/101"),
            (&Method::PATCH, "/crm/objects/2026-03/contacts/101"),
            (&Method::GET, "/crm/objects/2026-03/contacts"),
            (&Method::GET, "/crm/objects/2026-03/contacts/"),
            (&Method::GET, "/crm/objects/2026-03/contacts/.."),
            (&Method::GET, "/crm/objects/2026-03/contacts/101/associations"),
            (&Method::POST, "/crm/objects/2026-03/contacts/batch/update"),
        ] {
            check(method, path, false);
        }
    }
}
