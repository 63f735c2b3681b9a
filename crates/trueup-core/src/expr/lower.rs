//! From the parser's tree to ours: resolves names, operators and functions, and refuses what we lack.

use compact_str::{CompactString, format_compact};
use rust_decimal::{Decimal, prelude::FromPrimitive};

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue, MapExpr, SelectExpr,
    SourceInfo, operators,
};

use super::{
    functions,
    node::{Fault, Form, Loop, Node, Why},
    operand::Data,
    operators::Operator,
    regex,
};

/// Lowers a program, and lists the names it uses.
pub(super) fn lower(program: &cel::Program) -> Result<(Node, Vec<CompactString>), Fault> {
    let mut lowering = Lowering { places: program.source_info(), names: Vec::new(), locals: Vec::new() };
    let root = lowering.node(program.expression())?;
    Ok((root, lowering.names))
}

// The map-like name under which the columns of a row are reached.
const ROW: &str = "row";

struct Lowering<'a> {
    places: &'a SourceInfo,
    names: Vec<CompactString>,
    locals: Vec<&'a str>,
}

impl<'a> Lowering<'a> {
    fn node(&mut self, expr: &'a IdedExpr) -> Result<Node, Fault> {
        let at = self.place(expr);
        let form = match &expr.expr {
            Expr::Literal(literal) => constant(literal).map(Form::Constant).map_err(|why| Fault::at(at, why)),
            Expr::Ident(name) => self.ident(at, name),
            Expr::Select(select) => self.select(at, select),
            Expr::Call(call) => self.call(at, call),
            Expr::List(list) => self.list(at, list),
            Expr::Map(map) => self.map(at, map),
            Expr::Comprehension(fold) => self.fold(at, fold),
            Expr::Struct(_) | Expr::Unspecified => Err(Fault::at(at, "structures are not supported")),
        }?;
        Ok(Node { at, form })
    }

    // The parser places a call at its bracket; a person looks for the name before it.
    fn place(&self, expr: &IdedExpr) -> u32 {
        let start = self.places.offset_for(expr.id).map_or(0, |(start, _)| start);
        let Expr::Call(call) = &expr.expr else { return start };
        let before = self.places.source.get(..start as usize).unwrap_or_default().trim_end();
        before.strip_suffix(&call.func_name).and_then(|before| before.len().try_into().ok()).unwrap_or(start)
    }

    fn boxed(&mut self, expr: &'a IdedExpr) -> Result<Box<Node>, Fault> {
        self.node(expr).map(Box::new)
    }

    fn nodes(&mut self, exprs: &'a [IdedExpr]) -> Result<Vec<Node>, Fault> {
        exprs.iter().map(|expr| self.node(expr)).collect()
    }

    fn ident(&mut self, at: u32, name: &str) -> Result<Form, Fault> {
        if self.locals.contains(&name) {
            return Ok(Form::Local(name.into()));
        }
        if name == ROW {
            return Err(Fault::at(at, "row is followed by a column, as in row.CITY or row[\"CITY\"]"));
        }
        Ok(self.name(name.trim_start_matches('.').into()))
    }

    fn name(&mut self, name: CompactString) -> Form {
        let known = self.names.iter().position(|known| *known == name);
        Form::Name(known.unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        }))
    }

    fn is_row(&self, expr: &IdedExpr) -> bool {
        matches!(&expr.expr, Expr::Ident(name) if name == ROW) && !self.locals.contains(&ROW)
    }

    fn column(&mut self, column: &str) -> Form {
        self.name(format_compact!("{ROW}.{column}"))
    }

    fn select(&mut self, at: u32, select: &'a SelectExpr) -> Result<Form, Fault> {
        if !self.is_row(&select.operand) {
            return Ok(Form::Entry(self.boxed(&select.operand)?, select.field.as_str().into(), select.test));
        }
        let column = self.column(&select.field);
        if !select.test {
            return Ok(column);
        }
        let sides = [Node { at, form: column }, Node { at, form: Form::Constant(Data::Null) }];
        Ok(Form::Binary(Operator::NotEqual, Box::new(sides)))
    }

    fn call(&mut self, at: u32, call: &'a CallExpr) -> Result<Form, Fault> {
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::CONDITIONAL, None, [condition, then, otherwise]) => {
                let parts = [self.node(condition)?, self.node(then)?, self.node(otherwise)?];
                Ok(Form::If(Box::new(parts)))
            }
            (operators::LOGICAL_AND, None, [left, right]) => Ok(Form::And(self.pair(left, right)?)),
            (operators::LOGICAL_OR, None, [left, right]) => Ok(Form::Or(self.pair(left, right)?)),
            (operators::LOGICAL_NOT, None, [inner]) => Ok(Form::Not(self.boxed(inner)?)),
            (operators::NEGATE, None, [inner]) => Ok(Form::Negate(self.boxed(inner)?)),
            // Around the condition of a loop; with us an error has ended the loop before.
            (operators::NOT_STRICTLY_FALSE, None, [inner]) => self.node(inner).map(|node| node.form),
            (operators::INDEX, None, [whole, key]) if self.is_row(whole) => match &key.expr {
                Expr::Literal(LiteralValue::String(column)) => Ok(self.column(column.inner())),
                _ => Err(Fault::at(at, "a column of row must be named in quotes, so that it can be checked")),
            },
            (name, None, [left, right]) if operator(name).is_some() => {
                let operator = operator(name).ok_or_else(|| Fault::at(at, "unknown operator"))?;
                Ok(Form::Binary(operator, self.pair(left, right)?))
            }
            (name, target, args) => self.function(at, name, target, args),
        }
    }

    fn pair(&mut self, left: &'a IdedExpr, right: &'a IdedExpr) -> Result<Box<[Node; 2]>, Fault> {
        Ok(Box::new([self.node(left)?, self.node(right)?]))
    }

    fn function(
        &mut self,
        at: u32,
        name: &str,
        target: Option<&'a IdedExpr>,
        args: &'a [IdedExpr],
    ) -> Result<Form, Fault> {
        let given = args.len() + usize::from(target.is_some());
        let function = functions::find(name, given).map_err(|why| Fault::at(at, why))?;
        let mut lowered = Vec::with_capacity(given);
        for arg in target.into_iter().chain(args) {
            lowered.push(self.node(arg)?);
        }
        if name == "matches" {
            check_pattern(&lowered)?;
        }
        Ok(Form::Call(function, lowered))
    }

    fn list(&mut self, at: u32, list: &'a ListExpr) -> Result<Form, Fault> {
        if !list.optional_indices.is_empty() {
            return Err(Fault::at(at, "optional entries are not supported"));
        }
        self.nodes(&list.elements).map(Form::List)
    }

    fn map(&mut self, at: u32, map: &'a MapExpr) -> Result<Form, Fault> {
        let mut entries = Vec::with_capacity(map.entries.len());
        for entry in &map.entries {
            match &entry.expr {
                EntryExpr::MapEntry(entry) if !entry.optional => {
                    entries.push((self.node(&entry.key)?, self.node(&entry.value)?));
                }
                _ => return Err(Fault::at(at, "optional entries are not supported")),
            }
        }
        Ok(Form::Map(entries))
    }

    fn fold(&mut self, at: u32, fold: &'a ComprehensionExpr) -> Result<Form, Fault> {
        if fold.iter_var2.is_some() {
            return Err(Fault::at(at, "loops with two variables are not supported"));
        }
        let (range, start) = (self.node(&fold.iter_range)?, self.node(&fold.accu_init)?);
        let depth = self.locals.len();
        self.locals.push(&fold.accu_var);
        let (go_on, result) = (self.node(&fold.loop_cond)?, self.node(&fold.result)?);
        self.locals.push(&fold.iter_var);
        let step = self.node(&fold.loop_step)?;
        self.locals.truncate(depth);
        let (item, sum) = (fold.iter_var.as_str().into(), fold.accu_var.as_str().into());
        Ok(Form::Loop(Box::new(Loop { range, item, sum, start, go_on, step, result })))
    }
}

// A pattern that comes out of the data could be anything, and could only fail at run time.
fn check_pattern(args: &[Node]) -> Result<(), Fault> {
    match args {
        [_, Node { at, form: Form::Constant(Data::Text(pattern)) }] => {
            regex::check(pattern).map_err(|why| Fault::at(*at, why))
        }
        [_, Node { at, .. }] => Err(Fault::at(*at, "matches() takes its regular expression in quotes")),
        _ => Ok(()),
    }
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Remainder,
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        operators::IN => Operator::In,
        operators::INDEX => Operator::Index,
        _ => return None,
    })
}

fn constant(literal: &LiteralValue) -> Result<Data, Why> {
    Ok(match literal {
        LiteralValue::Null => Data::Null,
        LiteralValue::Boolean(flag) => Data::Bool(*flag.inner()),
        LiteralValue::Int(number) => Data::Number(Decimal::from(*number.inner())),
        LiteralValue::UInt(number) => Data::Number(Decimal::from(*number.inner())),
        // The nearest decimal of 15 digits is the one that was written.
        LiteralValue::Double(number) => {
            let number = Decimal::from_f64(*number.inner());
            Data::Number(number.ok_or(Why::Borrowed("the number is too large"))?)
        }
        LiteralValue::String(text) => Data::text(text.inner()),
        LiteralValue::Bytes(_) => return Err(Why::Borrowed("bytes are not supported")),
    })
}
