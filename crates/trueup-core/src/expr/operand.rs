//! What goes into an expression and comes out, and what it works on inside.

use std::{collections::BTreeMap, fmt, sync::Arc};

use rust_decimal::Decimal;

use super::node::Why;

/// A value that goes into an expression or comes out of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Operand {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// An exact decimal number.
    Number(Decimal),
    /// A text, perhaps empty.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

// Personal data stays out of logs and panics: `Debug` tells the shape, never the value.
impl fmt::Debug for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Number(_) => f.write_str("Number"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::List(items) => write!(f, "List({} items)", items.len()),
        }
    }
}

/// A value inside an expression, where lists hold anything and there are maps; cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Arc<str>),
    List(Arc<Vec<Data>>),
    Map(Arc<BTreeMap<Arc<str>, Data>>),
}

impl Data {
    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn texts(items: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        Self::List(Arc::new(items.into_iter().map(Self::text).collect()))
    }

    pub(super) fn count(count: usize) -> Self {
        Self::Number(Decimal::from(count))
    }

    /// Its sort with the article, for messages.
    pub(super) const fn sort(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl From<Operand> for Data {
    fn from(operand: Operand) -> Self {
        match operand {
            Operand::Null => Self::Null,
            Operand::Bool(flag) => Self::Bool(flag),
            Operand::Number(number) => Self::Number(number),
            Operand::Text(text) => Self::text(text),
            Operand::List(items) => Self::texts(items),
        }
    }
}

impl TryFrom<Data> for Operand {
    type Error = Why;

    fn try_from(data: Data) -> Result<Self, Why> {
        Ok(match data {
            Data::Null => Self::Null,
            Data::Bool(flag) => Self::Bool(flag),
            Data::Number(number) => Self::Number(number.normalize()),
            Data::Text(text) => Self::Text(text.as_ref().to_owned()),
            Data::List(items) => Self::List(items.iter().map(item).collect::<Result<_, _>>()?),
            Data::Map(_) => return Err(Why::Borrowed("its result is a map, which no field can hold")),
        })
    }
}

fn item(data: &Data) -> Result<String, Why> {
    match data {
        Data::Text(text) => Ok(text.as_ref().to_owned()),
        other => Err(format!("its result is a list that holds {}; use string()", other.sort()).into()),
    }
}
