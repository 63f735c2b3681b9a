//! A serde deserializer over the tree that notes every mistake and goes on.
//!
//! Three things differ from an ordinary one. Unknown keys of a struct are reported, with a suggestion,
//! and skipped. A value asked for as [`super::At`] that cannot be read is reported and left out instead
//! of ending the reading. An enum over a mapping is told apart by the key `kind`.

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor, value,
    },
    forward_to_deserialize_any,
};

use super::{
    at::AT,
    node::{Node, Value},
    short::SHORT,
};
use crate::{
    diagnostic::Code,
    report::{Fault, Report},
    suggest,
};

/// An enum of this serde name is told apart by a key of its mapping; others are plain words.
const BY_KIND: &str = "trueup::ByKind";

const TAG: &str = "kind";

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct De<'t> {
    node: &'t Node,
    report: &'t Report,
    /// A scalar stands for the struct's first key.
    short: bool,
    /// The key that told an enum's variants apart is none of the variant's own.
    tagged: bool,
}

impl<'t> De<'t> {
    pub(super) const fn new(node: &'t Node, report: &'t Report) -> Self {
        Self { node, report, short: false, tagged: false }
    }

    const fn of(self, node: &'t Node) -> Self {
        Self::new(node, self.report)
    }

    fn wrong<T>(self, expected: &str) -> Result<T, Fault> {
        Err(Fault::wrong_type(expected, self.node.value.noun()).at(self.node.span))
    }

    fn parsed<T: std::str::FromStr>(self, expected: &str) -> Result<T, Fault> {
        let Value::Number(text) = &self.node.value else { return self.wrong(expected) };
        let not = || Fault::new(Code::WrongType, format!("expected {expected}, found '{text}'"));
        text.replace('_', "").parse().map_err(|_| not().at(self.node.span))
    }

    fn pairs(self) -> Result<&'t [(Node, Node)], Fault> {
        match &self.node.value {
            Value::Map(pairs) => Ok(pairs),
            Value::Null | Value::Bool(..) | Value::Number(_) | Value::Text(_) | Value::List => {
                self.wrong(if self.short { "text or a mapping" } else { "a mapping" })
            }
        }
    }

    // Keys the struct knows; the others are reported here.
    fn known(self, pairs: &'t [(Node, Node)], fields: &'static [&'static str]) -> Vec<Pair<'t>> {
        let mut known = Vec::new();
        for (key, node) in pairs {
            let name = key.value.text().unwrap_or_default();
            if self.tagged && name == TAG {
                continue;
            }
            if fields.contains(&name) {
                known.push((Key::Node(key), node));
            } else {
                let hint = suggest::hint(name, fields.iter().copied());
                self.report.add(
                    Fault::new(Code::UnknownKey, format!("unknown key '{name}'")).help(hint).at(key.span),
                );
            }
        }
        known
    }
}

/// A key of a struct: as written, or the one a short form leaves out.
#[derive(Clone, Copy)]
enum Key<'t> {
    Node(&'t Node),
    Implied(&'static str),
}

type Pair<'t> = (Key<'t>, &'t Node);

impl<'de> Deserializer<'de> for De<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Map(_) => self.deserialize_map(visitor),
            Value::Null => visitor.visit_unit(),
            scalar => {
                scalar.text().map_or_else(|| self.wrong("a single value"), |text| visitor.visit_str(text))
            }
        }
        .map_err(|fault: Fault| fault.at(self.node.span))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Some(text) = self.node.value.text() else { return self.wrong("text") };
        visitor.visit_str(text).map_err(|fault: Fault| fault.at(self.node.span))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let mut chars = self.node.value.text().unwrap_or_default().chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => visitor.visit_char(only),
            _ => self.wrong("a single character"),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Bool(flag, _) => visitor.visit_bool(flag),
            _ => self.wrong("true or false"),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_u64(self.parsed("a whole number")?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_u32(self.parsed("a whole number")?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(self.parsed("a number")?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match name {
            AT => visitor.visit_seq(Placed { de: self, step: 0 }),
            SHORT => visitor.visit_newtype_struct(Self { short: true, ..self }),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let pairs = self.pairs()?.iter().map(|(key, node)| (Key::Node(key), node)).collect();
        visitor.visit_map(Pairs::new(self, pairs))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let pairs = match fields.first() {
            Some(first) if self.short && self.node.value.text().is_some() => {
                vec![(Key::Implied(first), self.node)]
            }
            _ => self.known(self.pairs()?, fields),
        };
        visitor.visit_map(Pairs::new(self, pairs)).map_err(|fault| fault.at(self.node.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name != BY_KIND {
            return visitor
                .visit_enum(Tagged { de: self, tag: self.node })
                .map_err(|fault| fault.at(self.node.span));
        }
        let tag = self.pairs()?.iter().find(|(key, _)| key.value.text() == Some(TAG)).map(|(_, tag)| tag);
        let Some(tag) = tag else {
            let missing = Fault::new(Code::MissingKey, format!("the key '{TAG}' is missing here"));
            return Err(missing
                .help(format!("add `{TAG}: {}`", variants.join(&format!("` or `{TAG}: "))))
                .at(self.node.span));
        };
        visitor.visit_enum(Tagged { de: self, tag }).map_err(|fault| fault.at(tag.span))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 bytes byte_buf unit unit_struct seq tuple tuple_struct ignored_any
    }
}

/// Gives start, length and value of a node; a value that cannot be read is reported and left out.
struct Placed<'t> {
    de: De<'t>,
    step: u8,
}

impl<'de> SeqAccess<'de> for Placed<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let span = self.de.node.span;
        let step = self.step;
        self.step += 1;
        match step {
            0 => seed.deserialize(number(span.start)).map(Some),
            1 => seed.deserialize(number(span.len)).map(Some),
            // A value judged by its own type does not know its place; the node does.
            _ => Ok(self.de.report.keep(seed.deserialize(self.de).map_err(|fault| fault.at(span)))),
        }
    }
}

fn number(number: usize) -> value::UsizeDeserializer<Fault> {
    number.into_deserializer()
}

/// Gives the pairs of a mapping.
struct Pairs<'t> {
    de: De<'t>,
    left: std::vec::IntoIter<Pair<'t>>,
    value: Option<&'t Node>,
}

impl<'t> Pairs<'t> {
    fn new(de: De<'t>, pairs: Vec<Pair<'t>>) -> Self {
        Self { de, left: pairs.into_iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, node)) = self.left.next() else { return Ok(None) };
        self.value = Some(node);
        match key {
            Key::Node(key) => seed.deserialize(self.de.of(key)),
            Key::Implied(name) => {
                let name: value::StrDeserializer<'_, Fault> = name.into_deserializer();
                seed.deserialize(name)
            }
        }
        .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let node = self.value.take().unwrap_or(self.de.node);
        seed.deserialize(self.de.of(node))
    }
}

/// Gives the variant an enum's tag names, and the mapping around the tag as its content.
struct Tagged<'t> {
    de: De<'t>,
    tag: &'t Node,
}

impl<'de, 't> EnumAccess<'de> for Tagged<'t> {
    type Error = Fault;
    type Variant = De<'t>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, De<'t>), Fault> {
        let variant = seed.deserialize(self.de.of(self.tag))?;
        Ok((variant, De { tagged: true, ..self.de }))
    }
}

impl<'de> VariantAccess<'de> for De<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_struct("", fields, visitor)
    }
}
