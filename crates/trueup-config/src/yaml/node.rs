//! The tree of a YAML file, with the place of every node.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Error, MergeKeyPolicy, Options, Spanned};

use crate::{
    diagnostic::Code,
    report::{Fault, Span},
};

/// No honest file is larger; a hundred fields take about 10 kB.
const MAX_BYTES: usize = 1 << 20;

/// A node and its place.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What a node holds. Scalars keep their spelling: what they mean depends on who asks.
#[derive(Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool, String),
    Number(String),
    Text(String),
    List,
    Map(Vec<(Node, Node)>),
}

impl Value {
    pub(crate) const fn noun(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(..) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List => "a list",
            Self::Map(_) => "a mapping",
        }
    }

    /// The spelling of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Bool(_, text) => Some(text),
            Self::Null | Self::List | Self::Map(_) => None,
        }
    }
}

/// Reads the tree under budgets that no honest file reaches.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    if text.len() >= MAX_BYTES {
        return Err(Fault::new(
            Code::Budget,
            format!("the file has {} bytes, the limit is {MAX_BYTES}", text.len()),
        )
        .help("give the configuration file with -c, not the data"));
    }
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options()).map_err(|e| syntax(&e))?;
    match raw.value {
        Raw::Null => {
            Err(Fault::new(Code::Syntax, "the file is empty")
                .help("start one with `trueup init --template a`"))
        }
        Raw::Bool(_) | Raw::Number | Raw::Text(_) | Raw::List(_) | Raw::Map(_) => Ok(node(raw, text)),
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: 50_000,
            max_events: 200_000,
            max_depth: 32,
            flow_nesting_limit: 32,
            max_documents: 2,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 50_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
        },
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
        emit_comments: false,
    }
}

#[derive(Debug)]
enum Raw {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(
        #[expect(dead_code, reason = "lists are read so that a mistake inside one is found")]
        Vec<Spanned<Raw>>,
    ),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let at = raw.defined.span();
    let start = usize::try_from(at.byte_offset().unwrap_or_default()).unwrap_or_default();
    let len = usize::try_from(at.byte_len().unwrap_or_default()).unwrap_or_default();
    let spelling = || text.get(start..start + len).unwrap_or_default().trim().to_owned();
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(flag) => Value::Bool(flag, spelling()),
        Raw::Number => Value::Number(spelling()),
        Raw::Text(text) => Value::Text(text),
        Raw::List(_) => Value::List,
        Raw::Map(pairs) => {
            Value::Map(pairs.into_iter().map(|(k, v)| (node(k, text), node(v, text))).collect())
        }
    };
    Node { span: Span { start, len }, value }
}

fn syntax(error: &Error) -> Fault {
    let outer = error.without_snippet();
    let fault = match cause(outer) {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or_default();
            Fault::new(Code::DuplicateKey, format!("the key '{key}' is there twice")).help("keep one of them")
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => too_much(),
        Error::MultipleDocuments { .. } => Fault::new(Code::Syntax, "the file holds more than one document")
            .help("keep one document and remove the line `---` before the next"),
        Error::MergeKeyNotAllowed { .. } => {
            Fault::new(Code::Syntax, "merge keys (`<<`) are not supported").help("write the keys out")
        }
        Error::Eof { .. } => {
            Fault::new(Code::Syntax, "the file is empty").help("start one with `trueup init --template a`")
        }
        other if other.to_string().contains("recursion limit") => too_much(),
        other => Fault::new(Code::Syntax, format!("this is not YAML: {}", plain(&other.to_string())))
            .help("check indentation, quotes and brackets here"),
    };
    let span = outer.location().map(|at| Span {
        start: usize::try_from(at.span().byte_offset().unwrap_or(at.span().offset())).unwrap_or_default(),
        len: 1,
    });
    fault.at(span.unwrap_or_default())
}

// What went wrong where an alias leads.
fn cause(error: &Error) -> &Error {
    if let Error::AliasError { error, .. } = error { cause(error.without_snippet()) } else { error }
}

fn too_much() -> Fault {
    Fault::new(Code::Budget, "the file is larger, deeper or more repetitive than any honest one")
        .help("write repeated parts out instead of using `&name` and `*name`, and nest less")
}

// The parser words its messages for developers and repeats the place, which stands in ours already.
fn plain(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let cut = [" at line ", " at byte ", ", line "].iter().filter_map(|mark| first.find(mark)).min();
    first.get(..cut.unwrap_or(first.len())).unwrap_or(first).trim_end_matches('.').to_lowercase()
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(flag))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Raw::Map(pairs))
    }
}
