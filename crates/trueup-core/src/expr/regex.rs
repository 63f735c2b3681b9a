//! Regular expressions, as the `cel` crate has them: linear in the text, whatever the pattern.

use std::sync::{Arc, LazyLock};

use cel::{
    Context, Env, ExecutionError, Value,
    common::ast::{CallExpr, Expr, IdedExpr},
    common::types::CelString,
};

use super::node::Why;

// A longer pattern is a program; and its text bounds what compiling it can cost.
const MAX_BYTES: usize = 256;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

// `text.matches(pattern)`.
static MATCHES: LazyLock<IdedExpr> = LazyLock::new(|| {
    let name = |id, name: &str| IdedExpr { id, expr: Expr::Ident(name.to_owned()) };
    let call = CallExpr {
        func_name: "matches".to_owned(),
        target: Some(Box::new(name(1, "text"))),
        args: vec![name(2, "pattern")],
    };
    IdedExpr { id: 3, expr: Expr::Call(call) }
});

/// Checks a pattern when an expression is compiled, so that it cannot fail later.
pub(super) fn check(pattern: &str) -> Result<(), Why> {
    if pattern.len() > MAX_BYTES {
        return Err(Why::Borrowed("the regular expression is longer than 256 bytes"));
    }
    is_match("", pattern).map(|_| ())
}

/// Whether a pattern is found anywhere in a text.
pub(super) fn is_match(text: &str, pattern: &str) -> Result<bool, Why> {
    let mut context = Context::with_env(Arc::clone(&ENV));
    context.add_variable_as_val("text", Box::new(CelString::from(text)));
    context.add_variable_as_val("pattern", Box::new(CelString::from(pattern)));
    match Value::resolve(&MATCHES, &context) {
        Ok(Value::Bool(found)) => Ok(found),
        Err(ExecutionError::FunctionError { message, .. }) => Err(reason(&message).into()),
        Ok(_) | Err(_) => Err(Why::Borrowed("the regular expression cannot be used")),
    }
}

// The crate's message shows the pattern over several lines; its last line says what is wrong.
fn reason(message: &str) -> String {
    let last = message.lines().next_back().unwrap_or_default().trim();
    let last = last.strip_prefix("error: ").unwrap_or(last);
    format!("the regular expression cannot be read: {}", last.to_lowercase().trim_end_matches('.'))
}
