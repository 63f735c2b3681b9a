//! One condition of a search, ready to be tested against many records.

use serde_json::Value;

use super::super::errors::ApiError;
use super::super::properties::{PropertyIx, PropertyType};
use super::super::record::Record;
use super::super::settings::Settings;
use super::super::store::{Field, ObjectStore};
use super::request::FilterRequest;
use super::token;
use crate::time::parse;

/// A condition on one property.
#[derive(Debug)]
pub(super) struct Filter {
    property: PropertyIx,
    /// The list that also counts for an e-mail, when the settings say so.
    also: Option<PropertyIx>,
    scale: Scale,
    test: Test,
    neq_matches_empty: bool,
    token_rules: token::Rules,
}

/// How values of a property compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Numbers, and instants in milliseconds.
    Number,
    /// Instants written as text.
    Instant,
    /// Text without regard to case.
    Text,
    /// Internal values, upper and lower case matter.
    Choice,
}

/// A value on its scale.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(super) enum Scaled {
    Number(f64),
    Text(String),
}

#[derive(Debug)]
enum Test {
    Equal(Scaled),
    NotEqual(Scaled),
    Less(Scaled),
    LessOrEqual(Scaled),
    Greater(Scaled),
    GreaterOrEqual(Scaled),
    Between(Scaled, Scaled),
    In(Vec<Scaled>),
    NotIn(Vec<Scaled>),
    Filled,
    NotFilled,
    Token(String),
    NoToken(String),
}

impl Filter {
    /// Reads a condition; 400 for unknown properties, operators and misplaced values.
    pub(super) fn compile(
        request: &FilterRequest,
        store: &ObjectStore,
        settings: &Settings,
    ) -> Result<Self, ApiError> {
        let name = &request.property_name;
        let known =
            store.definitions.live(name).and_then(|place| Some((place, store.definitions.get(place)?)));
        let Some((property, definition)) = known else {
            return Err(ApiError::invalid(format!("Property \"{name}\" does not exist")));
        };
        let scale = Scale::of(definition.kind);
        let emails = store.definitions.emails.filter(|emails| emails.primary == property);
        let also =
            emails.filter(|_| settings.search_email_matches_additional).map(|emails| emails.additional);
        let test = Operands { request, scale }.test()?;
        let token_rules = token::Rules { words: settings.search_words, wildcards: settings.search_wildcards };
        let neq_matches_empty = settings.neq_matches_empty;
        Ok(Self { property, also, scale, test, neq_matches_empty, token_rules })
    }

    /// The smallest id that can fit, for a filter on ids.
    pub(super) fn first_id(&self, store: &ObjectStore) -> Option<u64> {
        let bound = match &self.test {
            Test::Greater(Scaled::Number(bound)) => bound + 1.0,
            Test::GreaterOrEqual(Scaled::Number(bound)) | Test::Equal(Scaled::Number(bound)) => *bound,
            _ => return None,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ids are below 2^53")]
        let id = bound.floor().max(0.0) as u64;
        Some(id).filter(|_| self.property == store.definitions.object_id)
    }

    pub(super) fn fits(&self, store: &ObjectStore, record: &Record) -> bool {
        let field = store.field(record, self.property);
        let Some(also) = self.also else { return self.fits_field(field) };
        let list = record.value(also).unwrap_or("");
        match self.test {
            Test::Equal(_) | Test::In(_) => {
                self.fits_field(field) || list.split(';').any(|email| self.fits_field(Field::Text(email)))
            }
            _ => self.fits_field(field),
        }
    }

    fn fits_field(&self, field: Field<'_>) -> bool {
        match &self.test {
            // The common filter on owners needs no copy of the value.
            Test::Equal(Scaled::Text(wanted)) if self.scale == Scale::Choice => field == Field::Text(wanted),
            Test::Filled => field != Field::Empty,
            Test::NotFilled => field == Field::Empty,
            Test::Token(pattern) => self.contains(field, pattern),
            Test::NoToken(pattern) => !self.contains(field, pattern),
            Test::NotEqual(_) | Test::NotIn(_) if field == Field::Empty => self.neq_matches_empty,
            _ => self.scale.of_field(field).is_some_and(|value| self.compares(&value)),
        }
    }

    fn contains(&self, field: Field<'_>, pattern: &str) -> bool {
        text(field).is_some_and(|value| token::contains(&value, pattern, self.token_rules))
    }

    fn compares(&self, value: &Scaled) -> bool {
        match &self.test {
            Test::Equal(other) => value == other,
            Test::NotEqual(other) => value != other,
            Test::Less(other) => value < other,
            Test::LessOrEqual(other) => value <= other,
            Test::Greater(other) => value > other,
            Test::GreaterOrEqual(other) => value >= other,
            Test::Between(low, high) => low <= value && value <= high,
            Test::In(list) => list.contains(value),
            Test::NotIn(list) => !list.contains(value),
            Test::Filled | Test::NotFilled | Test::Token(_) | Test::NoToken(_) => false,
        }
    }
}

/// A condition's operands on the scale of its property.
struct Operands<'a> {
    request: &'a FilterRequest,
    scale: Scale,
}

impl Operands<'_> {
    fn test(&self) -> Result<Test, ApiError> {
        Ok(match self.request.operator.as_str() {
            "EQ" => Test::Equal(self.one(self.request.value.as_ref())?),
            "NEQ" => Test::NotEqual(self.one(self.request.value.as_ref())?),
            "LT" => Test::Less(self.one(self.request.value.as_ref())?),
            "LTE" => Test::LessOrEqual(self.one(self.request.value.as_ref())?),
            "GT" => Test::Greater(self.one(self.request.value.as_ref())?),
            "GTE" => Test::GreaterOrEqual(self.one(self.request.value.as_ref())?),
            "BETWEEN" => Test::Between(
                self.one(self.request.value.as_ref())?,
                self.one(self.request.high_value.as_ref())?,
            ),
            "IN" => Test::In(self.many()?),
            "NOT_IN" => Test::NotIn(self.many()?),
            "HAS_PROPERTY" => self.without_value(Test::Filled)?,
            "NOT_HAS_PROPERTY" => self.without_value(Test::NotFilled)?,
            "CONTAINS_TOKEN" => Test::Token(self.pattern()?),
            "NOT_CONTAINS_TOKEN" => Test::NoToken(self.pattern()?),
            other => return Err(ApiError::invalid(format!("{other} is not a search operator"))),
        })
    }

    fn one(&self, value: Option<&Value>) -> Result<Scaled, ApiError> {
        let text = value.and_then(written).ok_or_else(|| self.misplaced("needs a value"))?;
        let text = if self.scale == Scale::Text { text.to_lowercase() } else { text };
        self.scale.of_text(&text).ok_or_else(|| self.misplaced("has a value of another type"))
    }

    /// Values of a list are taken as sent: text in upper case matches nothing (trap 14).
    fn many(&self) -> Result<Vec<Scaled>, ApiError> {
        let values = self.request.values.as_ref().filter(|values| !values.is_empty());
        let values = values.ok_or_else(|| self.misplaced("needs values"))?;
        let scaled = |value: &Value| self.scale.of_text(&written(value)?);
        let all: Option<Vec<Scaled>> = values.iter().map(scaled).collect();
        all.ok_or_else(|| self.misplaced("has a value of another type"))
    }

    fn without_value(&self, test: Test) -> Result<Test, ApiError> {
        let request = self.request;
        let plain = request.value.is_none() && request.values.is_none() && request.high_value.is_none();
        if plain { Ok(test) } else { Err(self.misplaced("must be sent without a value")) }
    }

    fn pattern(&self) -> Result<String, ApiError> {
        let text = self.request.value.as_ref().and_then(written);
        text.map(|text| text.to_lowercase()).ok_or_else(|| self.misplaced("needs a value"))
    }

    fn misplaced(&self, what: &str) -> ApiError {
        let FilterRequest { operator, property_name, .. } = self.request;
        ApiError::invalid(format!("operator {operator} on {property_name} {what}"))
    }
}

impl Scale {
    const fn of(kind: PropertyType) -> Self {
        match kind {
            PropertyType::Number => Self::Number,
            PropertyType::Date | PropertyType::Datetime => Self::Instant,
            PropertyType::String | PropertyType::PhoneNumber => Self::Text,
            PropertyType::Enumeration | PropertyType::Bool => Self::Choice,
        }
    }

    /// An operand; text is taken as it is.
    fn of_text(self, text: &str) -> Option<Scaled> {
        match self {
            Self::Number => text.parse().ok().map(Scaled::Number),
            #[expect(clippy::cast_precision_loss, reason = "milliseconds stay below 2^53 for 285,000 years")]
            Self::Instant => parse(text).map(|at_ms| Scaled::Number(at_ms as f64)),
            Self::Text | Self::Choice => Some(Scaled::Text(text.to_owned())),
        }
    }

    /// A record's value; none when it is empty.
    #[expect(clippy::cast_precision_loss, reason = "ids and milliseconds stay below 2^53")]
    pub(super) fn of_field(self, field: Field<'_>) -> Option<Scaled> {
        match field {
            Field::Empty => None,
            Field::Id(id) => Some(Scaled::Number(id as f64)),
            Field::Instant(at_ms) => Some(Scaled::Number(at_ms as f64)),
            Field::Text(text) if self == Self::Text => Some(Scaled::Text(text.to_lowercase())),
            Field::Text(text) => self.of_text(text),
        }
    }
}

/// A record's place in an order by this property; empty values come first.
pub(super) fn sort_key(store: &ObjectStore, record: &Record, property: PropertyIx) -> Option<Scaled> {
    let kind = store.definitions.get(property).map_or(PropertyType::String, |definition| definition.kind);
    Scale::of(kind).of_field(store.field(record, property))
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text(field: Field<'_>) -> Option<String> {
    match field {
        Field::Empty => None,
        Field::Text(text) => Some(text.to_owned()),
        Field::Id(id) => Some(id.to_string()),
        Field::Instant(at_ms) => Some(crate::time::iso(at_ms)),
    }
}
