//! The functions an expression may call. There is no clock and nothing random among them.
//!
//! Nothing in, nothing out: a function given null gives null back (`blank` true, `split` and `rest` an
//! empty list, `street_suffix` false). What it cannot read is an error, never null.

use std::sync::Arc;

use super::{fuel::Fuel, node::Why, operand::Data, regex};
use crate::text::{BadText, clean, decimal, email, list, phone, street};

type Outcome = Result<Data, Why>;

/// A function, and how many arguments it takes. `f(x, y)` and `x.f(y)` are the same call.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) arity: std::ops::RangeInclusive<usize>,
    /// What a call costs besides reading its arguments, in bytes read.
    cost: usize,
    run: fn(&[Data]) -> Outcome,
}

const fn function(name: &'static str, arity: usize, run: fn(&[Data]) -> Outcome) -> Function {
    Function { name, arity: arity..=arity, cost: 0, run }
}

static FUNCTIONS: [Function; 17] = [
    function("blank", 1, blank),
    function("contains", 2, contains),
    function("digits", 1, digits),
    function("email", 1, email_address),
    function("endsWith", 2, ends_with),
    function("first", 1, first),
    function("lower", 1, lower),
    Function { cost: REGEX, ..function("matches", 2, matches) },
    function("number", 1, number),
    Function { name: "phone", arity: 1..=2, cost: PHONE, run: phone_number },
    function("rest", 1, rest),
    function("size", 1, size),
    function("split", 1, split),
    function("startsWith", 2, starts_with),
    function("street_suffix", 1, street_suffix),
    function("string", 1, string),
    function("trim", 1, trim),
];

// A regular expression is compiled at each call, some 40 µs and 4 ms at worst: 250 calls an evaluation.
const REGEX: usize = 1 << 14;

// Reading a phone number: a thousand an evaluation.
const PHONE: usize = 1 << 12;

/// Finds a function by name and the number of its arguments, a receiver included.
pub(super) fn find(name: &str, given: usize) -> Result<&'static Function, Why> {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
        let names: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
        return Err(format!("there is no function {name}(); there are {}", names.join(", ")).into());
    };
    if function.arity.contains(&given) {
        return Ok(function);
    }
    let wanted = match (function.arity.start(), function.arity.end()) {
        (1, 1) => "one argument",
        (2, 2) => "two arguments",
        _ => "one or two arguments",
    };
    Err(format!("{name}() takes {wanted}, not {given}").into())
}

/// Calls a function, having paid for what it reads.
pub(super) fn call(function: &Function, args: &[Data], fuel: &mut Fuel) -> Outcome {
    fuel.step(function.cost + args.iter().map(weight).sum::<usize>())?;
    (function.run)(args).map_err(|why| format!("{}(): {why}", function.name).into())
}

fn weight(data: &Data) -> usize {
    match data {
        Data::Text(text) => text.len(),
        Data::List(items) => items.len().saturating_mul(size_of::<Data>()),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Map(_) => 0,
    }
}

fn blank(args: &[Data]) -> Outcome {
    match args {
        [Data::Null] => Ok(Data::Bool(true)),
        [Data::Text(text)] => Ok(Data::Bool(clean::clean(text).is_empty())),
        [Data::List(items)] => Ok(Data::Bool(items.is_empty())),
        [Data::Bool(_) | Data::Number(_)] => Ok(Data::Bool(false)),
        args => Err(wrong("a value of a field", args)),
    }
}

fn contains(args: &[Data]) -> Outcome {
    two_texts(args, |text, part| text.contains(part))
}

fn starts_with(args: &[Data]) -> Outcome {
    two_texts(args, |text, part| text.starts_with(part))
}

fn ends_with(args: &[Data]) -> Outcome {
    two_texts(args, |text, part| text.ends_with(part))
}

fn matches(args: &[Data]) -> Outcome {
    match args {
        [Data::Text(text), Data::Text(pattern)] => regex::is_match(text, pattern).map(Data::Bool),
        args => Err(wrong("a text and a regular expression", args)),
    }
}

fn digits(args: &[Data]) -> Outcome {
    on_text(args, |text| Ok(Data::text(text.chars().filter(char::is_ascii_digit).collect::<String>())))
}

fn lower(args: &[Data]) -> Outcome {
    on_text(args, |text| Ok(Data::text(text.to_lowercase())))
}

fn trim(args: &[Data]) -> Outcome {
    on_text(args, |text| Ok(Data::text(clean::clean(text).as_str())))
}

fn email_address(args: &[Data]) -> Outcome {
    on_text(args, |text| email::normalise(text).map(|address| Data::text(address.as_str())).map_err(bad))
}

fn phone_number(args: &[Data]) -> Outcome {
    let (region, text) = match args {
        [text @ .., Data::Text(region)] if text.len() == 1 => (region.parse().map_err(bad)?, text),
        [_] => (phone::Region::US, args),
        args => return Err(wrong("a text and a region such as \"US\"", args)),
    };
    on_text(text, |text| {
        phone::normalise(text, region).map(|number| Data::text(number.as_str())).map_err(bad)
    })
}

fn number(args: &[Data]) -> Outcome {
    match args {
        [Data::Number(number)] => Ok(Data::Number(*number)),
        args => on_text(args, |text| decimal::normalise(text).map(Data::Number).map_err(bad)),
    }
}

fn string(args: &[Data]) -> Outcome {
    match args {
        [Data::Number(number)] => Ok(Data::text(number.normalize().to_string())),
        [Data::Bool(flag)] => Ok(Data::text(flag.to_string())),
        args => on_text(args, |text| Ok(Data::text(text))),
    }
}

fn street_suffix(args: &[Data]) -> Outcome {
    match args {
        [Data::Null] => Ok(Data::Bool(false)),
        args => on_text(args, |text| Ok(Data::Bool(street::has_suffix(text)))),
    }
}

fn split(args: &[Data]) -> Outcome {
    match args {
        [Data::Null] => Ok(Data::List(Arc::default())),
        args => on_text(args, |text| {
            Ok(Data::texts(list::split(text).iter().map(compact_str::CompactString::as_str)))
        }),
    }
}

fn first(args: &[Data]) -> Outcome {
    match args {
        [Data::Null] => Ok(Data::Null),
        [Data::List(items)] => Ok(items.first().cloned().unwrap_or(Data::Null)),
        args => Err(wrong("a list", args)),
    }
}

fn rest(args: &[Data]) -> Outcome {
    match args {
        [Data::Null] => Ok(Data::List(Arc::default())),
        [Data::List(items)] => Ok(Data::List(Arc::new(items.iter().skip(1).cloned().collect()))),
        args => Err(wrong("a list", args)),
    }
}

fn size(args: &[Data]) -> Outcome {
    match args {
        [Data::Text(text)] => Ok(Data::count(text.chars().count())),
        [Data::List(items)] => Ok(Data::count(items.len())),
        [Data::Map(entries)] => Ok(Data::count(entries.len())),
        args => Err(wrong("a text, a list or a map", args)),
    }
}

fn on_text(args: &[Data], read: impl FnOnce(&str) -> Outcome) -> Outcome {
    match args {
        [Data::Null] => Ok(Data::Null),
        [Data::Text(text)] => read(text),
        args => Err(wrong("a text", args)),
    }
}

fn two_texts(args: &[Data], ask: fn(&str, &str) -> bool) -> Outcome {
    match args {
        [Data::Text(text), Data::Text(part)] => Ok(Data::Bool(ask(text, part))),
        args => Err(wrong("two texts", args)),
    }
}

fn wrong(wanted: &str, args: &[Data]) -> Why {
    let sorts: Vec<_> = args.iter().map(Data::sort).collect();
    format!("it takes {wanted}, not {}", sorts.join(" and ")).into()
}

fn bad(bad: BadText) -> Why {
    bad.to_string().into()
}
