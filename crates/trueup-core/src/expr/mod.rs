//! Conditions and derived fields: expressions of the configuration, in CEL.
//!
//! The language is the Common Expression Language; the `cel` crate parses it, macros included. What is
//! parsed is lowered to a tree of our own and evaluated here, for four promises that the evaluator of
//! that crate does not make:
//! - **exact numbers**: there is one sort of number, an exact decimal, so `amount * 0.15` and `1 * 0.1`
//!   are what they look like, for money;
//! - **bounded cost**: each evaluation has a fixed budget, and no expression can exhaust memory (T-23);
//! - **no personal data in errors**: a message names types and columns of the source, never a value;
//! - **names are resolved when they are reached**, from whatever the caller has, without copying a record.
//!
//! What differs from standard CEL: `&&` and `||` go from left to right and an error on the way is an
//! error; loops (`map`, `filter`, `all`, `exists`, `exists_one`) run over lists only; there are no bytes,
//! durations, timestamps, clocks, optionals or type values. `row.COLUMN` and `row["A column"]` are one
//! name, `row.COLUMN`; `has(row.COLUMN)` tells whether it is other than null.
//!
//! Compile once, evaluate often: optimised, compiling `owner == "x" && age > 3 &&
//! name.startsWith("A")` takes some 80 µs and evaluating it 1 µs.
//! A regular expression adds some 40 µs to each evaluation. The most an expression can cost is about a second.

mod error;
mod eval;
mod fuel;
mod functions;
mod lower;
mod node;
mod operand;
mod operators;
mod regex;
mod shape;

use std::{fmt, sync::Arc};

use compact_str::CompactString;

pub use error::ExprError;
pub use operand::Operand;

/// Where an expression finds what its names stand for.
pub trait Env {
    /// What a name of [`Expr::names`] stands for; `None` if there is no such name, which is an error
    /// where the name is reached.
    fn get(&self, name: &str) -> Option<Operand>;
}

/// A compiled expression; cheap to clone, and shared between threads.
#[derive(Clone)]
pub struct Expr(Arc<Compiled>);

struct Compiled {
    source: String,
    root: node::Node,
    names: Vec<CompactString>,
}

impl Expr {
    /// Compiles an expression.
    ///
    /// # Errors
    /// With the place and the reason: a syntax error, a function that does not exist or gets a wrong
    /// number of arguments, a regular expression that is none, or a source over 4 KiB or too deep.
    pub fn compile(source: &str) -> Result<Self, ExprError> {
        shape::check(source).map_err(|fault| fault.within(source))?;
        let program = cel::Program::compile(source).map_err(|errors| error::syntax(source, &errors))?;
        let (root, names) = lower::lower(&program).map_err(|fault| fault.within(source))?;
        Ok(Self(Arc::new(Compiled { source: source.to_owned(), root, names })))
    }

    /// The names the expression uses, each once, in order of appearance; the columns of a row as
    /// `row.COLUMN`. Variables of its own loops are left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names.iter().map(CompactString::as_str)
    }

    /// The source it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Evaluates the expression.
    ///
    /// # Errors
    /// With the expression, the place in it and the reason: a name the environment does not have,
    /// types that do not fit, a value a function cannot read, a division by zero, a spent budget.
    pub fn eval(&self, env: &dyn Env) -> Result<Operand, ExprError> {
        let data =
            eval::eval(&self.0.root, &self.0.names, env).map_err(|fault| fault.within(&self.0.source))?;
        Operand::try_from(data).map_err(|why| node::Fault::at(0, why).within(&self.0.source))
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.0.source).finish()
    }
}

#[cfg(test)]
mod tests;
