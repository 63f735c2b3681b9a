//! The lowered expression: every name, operator and function is resolved, so evaluation cannot meet
//! one it does not know.

use std::borrow::Cow;

use super::{functions::Function, operand::Data, operators::Operator};

/// One node, and where it stands in the source, in bytes.
pub(super) struct Node {
    pub(super) at: u32,
    pub(super) form: Form,
}

pub(super) enum Form {
    Constant(Data),
    /// An index into the names of the expression.
    Name(usize),
    /// A variable of a loop around this node.
    Local(Box<str>),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    If(Box<[Node; 3]>),
    Binary(Operator, Box<[Node; 2]>),
    Call(&'static Function, Vec<Node>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// The entry of a map; with `true`, whether it is there.
    Entry(Box<Node>, Box<str>, bool),
    Loop(Box<Loop>),
}

/// A fold over a list: what the parser makes of `map`, `filter`, `all`, `exists` and `exists_one`.
pub(super) struct Loop {
    pub(super) range: Node,
    pub(super) item: Box<str>,
    pub(super) sum: Box<str>,
    pub(super) start: Node,
    pub(super) go_on: Node,
    pub(super) step: Node,
    pub(super) result: Node,
}

/// What went wrong, and where in the source, in bytes.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: u32,
    pub(super) why: Why,
}

/// A reason; it never holds a value.
pub(super) type Why = Cow<'static, str>;

impl Fault {
    pub(super) fn at(at: impl TryInto<u32>, why: impl Into<Why>) -> Self {
        Self { at: at.try_into().unwrap_or(u32::MAX), why: why.into() }
    }
}
