//! Evaluation of the lowered tree.

use std::{collections::BTreeMap, sync::Arc};

use compact_str::CompactString;

use super::{
    Env,
    fuel::Fuel,
    functions,
    node::{Fault, Form, Loop, Node, Why},
    operand::Data,
    operators::{self, Operator},
};

/// Evaluates a tree; each name is asked for at most once, and only when it is reached.
pub(super) fn eval(root: &Node, names: &[CompactString], env: &dyn Env) -> Result<Data, Fault> {
    Machine { names, env, known: vec![None; names.len()], locals: Vec::new(), fuel: Fuel::full() }.eval(root)
}

struct Machine<'a> {
    names: &'a [CompactString],
    env: &'a dyn Env,
    known: Vec<Option<Data>>,
    locals: Vec<(&'a str, Data)>,
    fuel: Fuel,
}

impl<'a> Machine<'a> {
    fn eval(&mut self, node: &'a Node) -> Result<Data, Fault> {
        let fault = |why: Why| Fault::at(node.at, why);
        self.fuel.step(0).map_err(fault)?;
        match &node.form {
            Form::Constant(data) => Ok(data.clone()),
            Form::Name(at) => self.name(*at).map_err(fault),
            Form::Local(name) => self.local(name).map(|data| data.clone()).map_err(fault),
            Form::Not(inner) => Ok(Data::Bool(!self.truth(inner)?)),
            Form::Negate(inner) => self.negate(node, inner),
            Form::And(sides) => {
                let [left, right] = sides.as_ref();
                Ok(Data::Bool(self.truth(left)? && self.truth(right)?))
            }
            Form::Or(sides) => {
                let [left, right] = sides.as_ref();
                Ok(Data::Bool(self.truth(left)? || self.truth(right)?))
            }
            Form::If(parts) => {
                let [condition, then, otherwise] = parts.as_ref();
                if self.truth(condition)? { self.eval(then) } else { self.eval(otherwise) }
            }
            Form::Binary(operator, sides) => self.binary(node, *operator, sides),
            Form::Call(function, args) => {
                let args = self.all(args)?;
                functions::call(function, &args, &mut self.fuel).map_err(fault)
            }
            Form::List(items) => Ok(Data::List(Arc::new(self.all(items)?))),
            Form::Map(entries) => self.map(entries),
            Form::Entry(map, key, test) => self.entry(node, map, key, *test),
            Form::Loop(fold) => self.fold(fold),
        }
    }

    fn name(&mut self, at: usize) -> Result<Data, Why> {
        if let Some(Some(data)) = self.known.get(at) {
            return Ok(data.clone());
        }
        let name = self.names.get(at).map(CompactString::as_str).unwrap_or_default();
        let data: Data =
            self.env.get(name).map(Data::from).ok_or_else(|| format!("there is no {name} here"))?;
        if let Some(slot) = self.known.get_mut(at) {
            *slot = Some(data.clone());
        }
        Ok(data)
    }

    fn local(&mut self, name: &str) -> Result<&mut Data, Why> {
        let found = self.locals.iter_mut().rev().find(|(local, _)| *local == name);
        found.map(|(_, data)| data).ok_or_else(|| format!("there is no {name} here").into())
    }

    fn truth(&mut self, node: &'a Node) -> Result<bool, Fault> {
        match self.eval(node)? {
            Data::Bool(flag) => Ok(flag),
            other => Err(Fault::at(node.at, format!("it must be true or false, but is {}", other.sort()))),
        }
    }

    fn negate(&mut self, node: &Node, inner: &'a Node) -> Result<Data, Fault> {
        match self.eval(inner)? {
            Data::Number(number) => Ok(Data::Number(-number)),
            other => Err(Fault::at(node.at, format!("cannot negate {}", other.sort()))),
        }
    }

    fn binary(&mut self, node: &Node, operator: Operator, sides: &'a [Node; 2]) -> Result<Data, Fault> {
        let [left, right] = sides;
        let (left, right) = match &left.form {
            // The sum of a loop is taken out while it grows, so that it can grow in place; no source
            // text can name it on the right.
            Form::Local(name) if operator == Operator::Add && name.starts_with('@') => {
                let right = self.eval(right)?;
                let sum = self.local(name).map_err(|why| Fault::at(node.at, why))?;
                (std::mem::replace(sum, Data::Null), right)
            }
            _ => (self.eval(left)?, self.eval(right)?),
        };
        operators::apply(operator, left, &right, &mut self.fuel).map_err(|why| Fault::at(node.at, why))
    }

    fn all(&mut self, nodes: &'a [Node]) -> Result<Vec<Data>, Fault> {
        nodes.iter().map(|node| self.eval(node)).collect()
    }

    fn map(&mut self, entries: &'a [(Node, Node)]) -> Result<Data, Fault> {
        let mut map = BTreeMap::new();
        for (key, value) in entries {
            let Data::Text(name) = self.eval(key)? else {
                return Err(Fault::at(key.at, "the key of a map must be a text"));
            };
            if map.insert(name, self.eval(value)?).is_some() {
                return Err(Fault::at(key.at, "the map has this key twice"));
            }
        }
        Ok(Data::Map(Arc::new(map)))
    }

    fn entry(&mut self, node: &Node, map: &'a Node, key: &str, test: bool) -> Result<Data, Fault> {
        let map = self.eval(map)?;
        let found = operators::entry(&map, key).map_err(|why| Fault::at(node.at, why))?;
        if test {
            return Ok(Data::Bool(found.is_some()));
        }
        found.cloned().ok_or_else(|| Fault::at(node.at, format!("the map has no entry {key}")))
    }

    fn fold(&mut self, fold: &'a Loop) -> Result<Data, Fault> {
        let items = match self.eval(&fold.range)? {
            Data::List(items) => items,
            other => return Err(Fault::at(fold.range.at, format!("cannot loop over {}", other.sort()))),
        };
        let start = self.eval(&fold.start)?;
        let depth = self.locals.len();
        self.locals.push((&fold.sum, start));
        for item in items.iter() {
            if !self.truth(&fold.go_on)? {
                break;
            }
            self.locals.push((&fold.item, item.clone()));
            let sum = self.eval(&fold.step)?;
            self.locals.truncate(depth);
            self.locals.push((&fold.sum, sum));
        }
        let result = self.eval(&fold.result);
        self.locals.truncate(depth);
        result
    }
}
