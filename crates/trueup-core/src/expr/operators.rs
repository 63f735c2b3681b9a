//! Operators on two values.

use std::{cmp::Ordering, sync::Arc};

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{fuel::Fuel, node::Why, operand::Data};

/// An operator on two values that are both needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Index,
}

/// Applies an operator.
pub(super) fn apply(operator: Operator, left: Data, right: &Data, fuel: &mut Fuel) -> Result<Data, Why> {
    match operator {
        Operator::Add => add(left, right, fuel),
        Operator::Subtract => arithmetic(&left, right, "subtract", Decimal::checked_sub),
        Operator::Multiply => arithmetic(&left, right, "multiply", Decimal::checked_mul),
        Operator::Divide => divide(&left, right, "divide", Decimal::checked_div),
        Operator::Remainder => divide(&left, right, "divide", Decimal::checked_rem),
        Operator::Equal => Ok(Data::Bool(left == *right)),
        Operator::NotEqual => Ok(Data::Bool(left != *right)),
        Operator::Less => order(&left, right).map(|order| Data::Bool(order.is_lt())),
        Operator::LessOrEqual => order(&left, right).map(|order| Data::Bool(order.is_le())),
        Operator::Greater => order(&left, right).map(|order| Data::Bool(order.is_gt())),
        Operator::GreaterOrEqual => order(&left, right).map(|order| Data::Bool(order.is_ge())),
        Operator::In => contains(&left, right, fuel),
        Operator::Index => index(&left, right),
    }
}

/// Reads the entry of a map, if there is one.
pub(super) fn entry<'a>(map: &'a Data, key: &str) -> Result<Option<&'a Data>, Why> {
    match map {
        Data::Map(entries) => Ok(entries.get(key)),
        other => Err(format!("{} has no entries", other.sort()).into()),
    }
}

fn add(left: Data, right: &Data, fuel: &mut Fuel) -> Result<Data, Why> {
    match (left, right) {
        (Data::Text(left), Data::Text(right)) => {
            fuel.step(left.len() + right.len())?;
            Ok(Data::Text([left.as_ref(), right.as_ref()].concat().into()))
        }
        (Data::List(mut left), Data::List(right)) => {
            // A list that nobody else holds grows in place, as the result of a loop does.
            let copied = if Arc::get_mut(&mut left).is_some() { 0 } else { left.len() };
            fuel.step((copied + right.len()).saturating_mul(size_of::<Data>()))?;
            Arc::make_mut(&mut left).extend_from_slice(right);
            Ok(Data::List(left))
        }
        (left, right) => arithmetic(&left, right, "add", Decimal::checked_add),
    }
}

fn arithmetic(
    left: &Data,
    right: &Data,
    verb: &str,
    compute: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<Data, Why> {
    match (left, right) {
        (Data::Number(left), Data::Number(right)) => {
            compute(*left, *right).map(Data::Number).ok_or(Why::Borrowed("the number gets too large"))
        }
        (left, right) => Err(format!("cannot {verb} {} and {}", left.sort(), right.sort()).into()),
    }
}

fn divide(
    left: &Data,
    right: &Data,
    verb: &str,
    compute: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<Data, Why> {
    if matches!(right, Data::Number(number) if number.is_zero()) {
        return Err(Why::Borrowed("it divides by zero"));
    }
    arithmetic(left, right, verb, compute)
}

fn order(left: &Data, right: &Data) -> Result<Ordering, Why> {
    match (left, right) {
        (Data::Number(left), Data::Number(right)) => Ok(left.cmp(right)),
        (Data::Text(left), Data::Text(right)) => Ok(left.cmp(right)),
        (Data::Bool(left), Data::Bool(right)) => Ok(left.cmp(right)),
        (left, right) => Err(format!("cannot compare {} with {}", left.sort(), right.sort()).into()),
    }
}

fn contains(item: &Data, whole: &Data, fuel: &mut Fuel) -> Result<Data, Why> {
    match (item, whole) {
        (item, Data::List(items)) => {
            fuel.step(items.len().saturating_mul(size_of::<Data>()))?;
            Ok(Data::Bool(items.contains(item)))
        }
        (Data::Text(key), Data::Map(entries)) => Ok(Data::Bool(entries.contains_key(key))),
        (item, whole) => Err(format!("cannot look for {} in {}", item.sort(), whole.sort()).into()),
    }
}

fn index(whole: &Data, at: &Data) -> Result<Data, Why> {
    let found = match (whole, at) {
        (Data::List(_), Data::Number(at)) if !at.is_integer() => Err("cannot index a list with a fraction"),
        (Data::List(items), Data::Number(at)) => {
            at.to_usize().and_then(|at| items.get(at)).ok_or("the list has no such item")
        }
        (Data::Map(entries), Data::Text(key)) => entries.get(key).ok_or("the map has no such entry"),
        (whole, at) => return Err(format!("cannot index {} with {}", whole.sort(), at.sort()).into()),
    };
    found.cloned().map_err(Why::Borrowed)
}
