//! Both path families, `/crm/v3/objects/contacts` and `/crm/objects/2026-03/contacts`, as one set of operations.

use http::Method;

use super::auth::OWNERS_READ;
use super::object_type::ObjectType;
use crate::log::Class;

/// The version part of a path: `v3`, `2026-03`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathVersion(String);

/// The first dated version that enforces the administrator's rules on every write (trap 30).
const RULES_SINCE: &str = "2026-09";

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    List(&'static ObjectType),
    Get(&'static ObjectType, String),
    Create(&'static ObjectType),
    Update(&'static ObjectType, String),
    Archive(&'static ObjectType, String),
    Search(&'static ObjectType),
    Merge(&'static ObjectType),
    BatchRead(&'static ObjectType),
    BatchCreate(&'static ObjectType),
    BatchUpdate(&'static ObjectType),
    BatchUpsert(&'static ObjectType),
    BatchArchive(&'static ObjectType),
    ListProperties(&'static ObjectType),
    GetProperty(&'static ObjectType, String),
    CreateProperty(&'static ObjectType),
    ArchiveProperty(&'static ObjectType, String),
    ListOwners,
    GetOwner(String),
    AccountDetails,
}

/// Why a path means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RouteError {
    /// No such path: the service answers an HTML page.
    UnknownPath,
    /// The path is known, the method is not.
    MethodNotAllowed,
    /// An object type nobody defined.
    UnknownObjectType(String),
}

impl PathVersion {
    /// Whether writes must satisfy the administrator's rules.
    pub(crate) fn enforces_rules(&self) -> bool {
        self.is_dated() && self.0.as_str() >= RULES_SINCE
    }

    fn is_dated(&self) -> bool {
        self.0.len() == 7 && self.0.starts_with("20") && self.0.as_bytes().get(4) == Some(&b'-')
    }

    fn read(segment: &str) -> Option<Self> {
        let version = Self(segment.to_owned());
        (segment == "v3" || version.is_dated()).then_some(version)
    }
}

/// Reads a method and a path.
pub(crate) fn route(method: &Method, path: &str) -> Result<(PathVersion, Operation), RouteError> {
    let segments: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (product, version, rest) = match parts.as_slice() {
        ["account-info", version, rest @ ..] => ("account-info", *version, rest),
        ["crm", "v3", product, rest @ ..] => (*product, "v3", rest),
        ["crm", product, version, rest @ ..] if *version != "v3" => (*product, *version, rest),
        _ => return Err(RouteError::UnknownPath),
    };
    let version = PathVersion::read(version).ok_or(RouteError::UnknownPath)?;
    let operation = match product {
        "account-info" => account(method, rest),
        "owners" => owners(method, rest),
        "properties" => properties(method, rest),
        "objects" => objects(method, rest),
        _ => Err(RouteError::UnknownPath),
    }?;
    Ok((version, operation))
}

fn account(method: &Method, rest: &[&str]) -> Result<Operation, RouteError> {
    match (method.as_str(), rest) {
        ("GET", ["details"]) => Ok(Operation::AccountDetails),
        (_, ["details"]) => Err(RouteError::MethodNotAllowed),
        _ => Err(RouteError::UnknownPath),
    }
}

fn owners(method: &Method, rest: &[&str]) -> Result<Operation, RouteError> {
    match (method.as_str(), rest) {
        ("GET", []) => Ok(Operation::ListOwners),
        ("GET", [id]) => Ok(Operation::GetOwner((*id).to_owned())),
        (_, [] | [_]) => Err(RouteError::MethodNotAllowed),
        _ => Err(RouteError::UnknownPath),
    }
}

fn kind(name: &str) -> Result<&'static ObjectType, RouteError> {
    ObjectType::named(name).ok_or_else(|| RouteError::UnknownObjectType(name.to_owned()))
}

fn properties(method: &Method, rest: &[&str]) -> Result<Operation, RouteError> {
    match (method.as_str(), rest) {
        ("GET", [name]) => Ok(Operation::ListProperties(kind(name)?)),
        ("POST", [name]) => Ok(Operation::CreateProperty(kind(name)?)),
        ("GET", [name, property]) => Ok(Operation::GetProperty(kind(name)?, (*property).to_owned())),
        ("DELETE", [name, property]) => Ok(Operation::ArchiveProperty(kind(name)?, (*property).to_owned())),
        (_, [_] | [_, _]) => Err(RouteError::MethodNotAllowed),
        _ => Err(RouteError::UnknownPath),
    }
}

fn objects(method: &Method, rest: &[&str]) -> Result<Operation, RouteError> {
    let [name, rest @ ..] = rest else { return Err(RouteError::UnknownPath) };
    let kind = kind(name)?;
    match (method.as_str(), rest) {
        ("GET", []) => Ok(Operation::List(kind)),
        ("POST", []) => Ok(Operation::Create(kind)),
        ("POST", ["search"]) => Ok(Operation::Search(kind)),
        ("POST", ["merge"]) => Ok(Operation::Merge(kind)),
        ("POST", ["batch", verb]) => batch(kind, verb),
        ("GET", [id]) => Ok(Operation::Get(kind, (*id).to_owned())),
        ("PATCH", [id]) => Ok(Operation::Update(kind, (*id).to_owned())),
        ("DELETE", [id]) => Ok(Operation::Archive(kind, (*id).to_owned())),
        (_, [] | [_] | ["batch", _]) => Err(RouteError::MethodNotAllowed),
        _ => Err(RouteError::UnknownPath),
    }
}

fn batch(kind: &'static ObjectType, verb: &str) -> Result<Operation, RouteError> {
    match verb {
        "read" => Ok(Operation::BatchRead(kind)),
        "create" => Ok(Operation::BatchCreate(kind)),
        "update" => Ok(Operation::BatchUpdate(kind)),
        "upsert" => Ok(Operation::BatchUpsert(kind)),
        "archive" => Ok(Operation::BatchArchive(kind)),
        _ => Err(RouteError::UnknownPath),
    }
}

impl Operation {
    /// Whether it can change anything.
    pub(crate) const fn class(&self) -> Class {
        match self {
            Self::List(_)
            | Self::Get(..)
            | Self::Search(_)
            | Self::BatchRead(_)
            | Self::ListProperties(_)
            | Self::GetProperty(..)
            | Self::ListOwners
            | Self::GetOwner(_)
            | Self::AccountDetails => Class::Read,
            Self::Create(_)
            | Self::Update(..)
            | Self::Archive(..)
            | Self::Merge(_)
            | Self::BatchCreate(_)
            | Self::BatchUpdate(_)
            | Self::BatchUpsert(_)
            | Self::BatchArchive(_)
            | Self::CreateProperty(_)
            | Self::ArchiveProperty(..) => Class::Write,
        }
    }

    /// The scope a token needs for it.
    pub(crate) const fn scope(&self) -> Option<&'static str> {
        match self {
            Self::List(kind) | Self::Get(kind, _) | Self::Search(kind) | Self::BatchRead(kind) => {
                Some(kind.read_scope)
            }
            Self::Create(kind)
            | Self::Update(kind, _)
            | Self::Archive(kind, _)
            | Self::Merge(kind)
            | Self::BatchCreate(kind)
            | Self::BatchUpdate(kind)
            | Self::BatchUpsert(kind)
            | Self::BatchArchive(kind) => Some(kind.write_scope),
            Self::ListProperties(kind) | Self::GetProperty(kind, _) => Some(kind.schema_read_scope),
            Self::CreateProperty(kind) | Self::ArchiveProperty(kind, _) => Some(kind.schema_write_scope),
            Self::ListOwners | Self::GetOwner(_) => Some(OWNERS_READ),
            Self::AccountDetails => None,
        }
    }

    /// Searches have a limit of their own and no rate headers.
    pub(crate) const fn is_search(&self) -> bool {
        matches!(self, Self::Search(_))
    }

    /// The id or key in the path.
    pub(crate) fn path_id(&self) -> Option<&str> {
        match self {
            Self::Get(_, id) | Self::Update(_, id) | Self::Archive(_, id) => Some(id),
            _ => None,
        }
    }
}

/// Undoes percent encoding; bytes that are no UTF-8 become replacement characters. A plus sign stays: it is only in
/// queries that it means a space, and addresses contain it.
fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment;
    while let Some((plain, coded)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        let byte = coded.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = if byte.is_some() { coded.get(2..).unwrap_or("") } else { coded };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::object_type::CONTACTS;
    use super::*;

    #[track_caller]
    fn check(method: &str, path: &str, expected: &Result<Operation, RouteError>) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        assert_eq!(&route(&method, path).map(|found| found.1), expected, "{method} {path}");
    }

    #[test]
    fn both_path_families_and_both_names_lead_to_the_same_operation() {
        for root in ["/crm/v3/objects/contacts", "/crm/objects/2026-03/contacts", "/crm/objects/2026-09/0-1"]
        {
            check("GET", root, &Ok(Operation::List(&CONTACTS)));
            check("POST", &format!("{root}/batch/upsert"), &Ok(Operation::BatchUpsert(&CONTACTS)));
            check("GET", &format!("{root}/a%2Bb%40c.co"), &Ok(Operation::Get(&CONTACTS, "a+b@c.co".into())));
            check("PUT", root, &Err(RouteError::MethodNotAllowed));
        }
        check("GET", "/crm/v3/properties/contacts", &Ok(Operation::ListProperties(&CONTACTS)));
        check("GET", "/crm/v3/owners/", &Ok(Operation::ListOwners));
        check("GET", "/account-info/v3/details", &Ok(Operation::AccountDetails));
        check("GET", "/crm/owners/2026-03/7", &Ok(Operation::GetOwner("7".into())));
    }

    #[test]
    fn other_paths_and_object_types_are_told_apart() {
        check(
            "GET",
            "/crm/v3/objects/butterflies",
            &Err(RouteError::UnknownObjectType("butterflies".into())),
        );
        check("GET", "/crm/objects/later/contacts", &Err(RouteError::UnknownPath));
        check("POST", "/crm/v3/objects/contacts/batch/frobnicate", &Err(RouteError::UnknownPath));
        check("GET", "/", &Err(RouteError::UnknownPath));
    }

    #[test]
    fn only_dated_versions_from_2026_09_on_enforce_the_rules() {
        let enforces = |text| PathVersion::read(text).unwrap().enforces_rules();
        assert_eq!(
            ["v3", "2025-09", "2026-03", "2026-09", "2027-03"].map(enforces),
            [false, false, false, true, true]
        );
    }
}
