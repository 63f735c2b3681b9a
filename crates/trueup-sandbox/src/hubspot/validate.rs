//! Values as the service accepts and stores them (facts section 8).

use std::collections::BTreeMap;

use super::errors::Problem;
use super::owners::Owners;
use super::properties::{PropertyDefinition, PropertyIx, PropertyType};
use super::record::Record;
use super::settings::{LifecycleBackward, Settings};
use super::store::{Changes, ObjectStore};
use crate::time::{DAY_MS, iso, iso_day, parse};

/// Longest text value, in characters.
const TEXT_MAX: usize = 65_536;
const LIFECYCLE: &str = "lifecyclestage";
const OWNER: &str = "hubspot_owner_id";

/// What a value is checked against.
pub(crate) struct Rules<'a> {
    pub(crate) store: &'a ObjectStore,
    pub(crate) owners: &'a Owners,
    pub(crate) settings: &'a Settings,
}

impl Rules<'_> {
    /// The values as they will be stored, or every problem with them.
    pub(crate) fn check(
        &self,
        given: &BTreeMap<String, String>,
        current: Option<&Record>,
    ) -> Result<Changes, Vec<Problem>> {
        let mut changes = Changes::new();
        let mut problems = Vec::new();
        for (name, text) in given {
            match self.check_one(name, text, current) {
                Ok(Some((property, value))) => {
                    changes.insert(property, value);
                }
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(changes) } else { Err(problems) }
    }

    /// One value as it will be stored; none when the write is silently ignored.
    fn check_one(&self, name: &str, text: &str, current: Option<&Record>) -> Result<Option<Change>, Problem> {
        let definitions = &self.store.definitions;
        let known = definitions.live(name).and_then(|place| Some((place, definitions.get(place)?)));
        let (place, definition) = known.ok_or_else(|| unknown(name))?;
        if definition.read_only_value || definition.calculated {
            return Err(read_only(name));
        }
        let before = current.and_then(|record| record.value(place));
        let value = if text.is_empty() { None } else { self.stored(definition, text, before)? };
        if name == LIFECYCLE && is_step_back(definition, before, value.as_deref()) {
            return match self.settings.lifecycle_backward {
                LifecycleBackward::Ignored => Ok(None),
                LifecycleBackward::Refused => Err(not_an_option(definition, text)),
            };
        }
        Ok(Some((place, value)))
    }

    fn stored(
        &self,
        definition: &PropertyDefinition,
        text: &str,
        before: Option<&str>,
    ) -> Result<Option<Box<str>>, Problem> {
        let emails = self.store.kind.emails.as_ref();
        if emails.is_some_and(|emails| emails.primary == definition.name) {
            let email = text.trim().to_lowercase();
            return if email.is_empty() { Ok(None) } else { address(&definition.name, &email).map(Some) };
        }
        if emails.is_some_and(|emails| emails.additional == definition.name) {
            return addresses(&definition.name, text, before).map(Some);
        }
        match definition.kind {
            PropertyType::String | PropertyType::PhoneNumber => plain(&definition.name, text),
            PropertyType::Number => number(&definition.name, text),
            PropertyType::Date => day(&definition.name, text),
            PropertyType::Datetime => instant(&definition.name, text),
            PropertyType::Bool => flag(definition, text),
            PropertyType::Enumeration => self.choice(definition, text, before),
        }
        .map(Some)
    }

    fn choice(
        &self,
        definition: &PropertyDefinition,
        text: &str,
        before: Option<&str>,
    ) -> Result<Box<str>, Problem> {
        if !definition.is_multiple() {
            return self.option(definition, text).map(Box::from);
        }
        let appends = text.starts_with(';');
        let mut chosen: Vec<&str> =
            before.filter(|_| appends).map_or_else(Vec::new, |old| old.split(';').collect());
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let option = self.option(definition, part)?;
            if !chosen.contains(&option) {
                chosen.push(option);
            }
        }
        // The order of a read is not the order of the write (trap 19).
        chosen.sort_unstable();
        Ok(chosen.join(";").into())
    }

    fn option<'a>(&self, definition: &PropertyDefinition, text: &'a str) -> Result<&'a str, Problem> {
        let allowed = if definition.name == OWNER {
            self.owners.is_assignable(text)
        } else {
            definition.options.iter().any(|option| option.value == text)
                || definition.private_options.iter().any(|option| option == text)
        };
        if allowed { Ok(text) } else { Err(not_an_option(definition, text)) }
    }
}

/// A place and the value that goes there.
type Change = (PropertyIx, Option<Box<str>>);

fn unknown(name: &str) -> Problem {
    Problem::new("PROPERTY_DOESNT_EXIST", name, format!("Property \"{name}\" does not exist"))
}

fn read_only(name: &str) -> Problem {
    let message = format!("\"{name}\" is a calculated property; its value cannot be set");
    Problem::new("READ_ONLY_VALUE", name, message)
}

fn not_an_option(definition: &PropertyDefinition, text: &str) -> Problem {
    let options: Vec<&str> = definition.options.iter().map(|option| option.value.as_str()).collect();
    let message = format!("{text} was not one of the allowed options: [{}]", options.join(", "));
    Problem::new("INVALID_OPTION", &definition.name, message)
}

/// Clearing is the way back (trap 20).
fn is_step_back(definition: &PropertyDefinition, before: Option<&str>, after: Option<&str>) -> bool {
    let order = |value: &str| {
        definition.options.iter().find(|option| option.value == value).map(|option| option.display_order)
    };
    matches!((before.and_then(order), after.and_then(order)), (Some(old), Some(new)) if new < old)
}

/// A rough shape, as a form would check it: one `@`, something before it, a dotted host, no spaces.
fn is_address(email: &str) -> bool {
    let Some((local, host)) = email.split_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty() && !part.contains(['@', ' ', ',', ';', '<', '>', '(', ')']) && !part.contains("..")
    };
    let labels_filled = host.split('.').all(|label| !label.is_empty());
    plain(local)
        && plain(host)
        && host.contains('.')
        && labels_filled
        && !local.starts_with('.')
        && !local.ends_with('.')
}

fn address(name: &str, email: &str) -> Result<Box<str>, Problem> {
    if is_address(email) {
        return Ok(email.into());
    }
    Err(Problem::new("INVALID_EMAIL", name, format!("Email address {email} is invalid")))
}

/// The list of additional addresses as it was sent, lower-cased; a leading `;` adds to what is there.
fn addresses(name: &str, text: &str, before: Option<&str>) -> Result<Box<str>, Problem> {
    let mut list: Vec<String> = Vec::new();
    let kept = before.filter(|_| text.starts_with(';')).unwrap_or("");
    for part in kept.split(';').chain(text.split(';')).map(str::trim).filter(|part| !part.is_empty()) {
        let email = address(name, &part.to_lowercase())?.into_string();
        if !list.contains(&email) {
            list.push(email);
        }
    }
    Ok(list.join(";").into())
}

fn plain(name: &str, text: &str) -> Result<Box<str>, Problem> {
    if text.chars().count() <= TEXT_MAX {
        return Ok(text.into());
    }
    let message = format!("{name} is longer than {TEXT_MAX} characters");
    Err(Problem::new("PROPERTY_VALUE_TOO_LONG", name, message))
}

fn number(name: &str, text: &str) -> Result<Box<str>, Problem> {
    let text = text.trim();
    let digits_only = text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    if digits_only && text.parse::<f64>().is_ok_and(f64::is_finite) {
        return Ok(text.into());
    }
    Err(Problem::new("INVALID_INTEGER", name, format!("{text} was not a valid number")))
}

fn day(name: &str, text: &str) -> Result<Box<str>, Problem> {
    match parse(text) {
        Some(at_ms) if at_ms.rem_euclid(DAY_MS) == 0 => Ok(iso_day(at_ms).into()),
        _ => {
            let message = format!("{text} is not a day: write YYYY-MM-DD or milliseconds at midnight UTC");
            Err(Problem::new("INVALID_DATE", name, message))
        }
    }
}

fn instant(name: &str, text: &str) -> Result<Box<str>, Problem> {
    let at_ms = parse(text);
    let problem = || Problem::new("INVALID_DATE", name, format!("{text} was not a valid date"));
    at_ms.map(|at_ms| iso(at_ms).into()).ok_or_else(problem)
}

fn flag(definition: &PropertyDefinition, text: &str) -> Result<Box<str>, Problem> {
    match text {
        "true" | "false" => Ok(text.into()),
        _ => Err(not_an_option(definition, text)),
    }
}
