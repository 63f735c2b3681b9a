//! What cannot be in a setup, and the search for it.

mod binding;
mod class;
#[cfg(test)]
mod tests;

use thiserror::Error;

use super::{Caps, Draft, MirrorSide};
use crate::name::SystemName;

/// Something in a draft that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// A name occurs twice where it must be unique.
    #[error("{what} '{name}' is there twice")]
    Twice {
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A field is referred to that there is not.
    #[error("{place} refers to field {at}, and there is none")]
    NoField {
        /// Who refers to it: a system or a class.
        place: String,
        /// The position it would have.
        at: usize,
    },
    /// A column is referred to that there is not.
    #[error("{what} of '{system}' refers to column {at}, and there is none")]
    NoColumn {
        /// Who refers to it.
        what: String,
        /// The system.
        system: SystemName,
        /// The position it would have.
        at: usize,
    },
    /// A mirror has no field.
    #[error("mirror '{system}' maps no field")]
    Unmapped {
        /// The mirror.
        system: SystemName,
    },
    /// A mirror maps a field that the canonical side does not give.
    #[error("field '{field}' is mapped to '{system}' but the source of truth does not give it")]
    NoSource {
        /// The field.
        field: String,
        /// The mirror.
        system: SystemName,
    },
    /// Two fields are written into one column.
    #[error("column '{column}' of '{system}' is written by more than one field")]
    Collision {
        /// The column.
        column: String,
        /// The mirror.
        system: SystemName,
    },
    /// A value would have to go through a lens that only reads.
    #[error("field '{field}' of '{system}' is derived there and cannot be written: use `flow: in`")]
    OneWay {
        /// The field.
        field: String,
        /// The system.
        system: SystemName,
    },
    /// Values would flow to a source of truth that is only read.
    #[error("field '{field}' flows from '{system}' to the source of truth, which is only read")]
    ReadOnlySource {
        /// The field.
        field: String,
        /// The system.
        system: SystemName,
    },
    /// The survivor of a field cannot do what it says.
    #[error("field '{field}' of '{system}' cannot be decided by this survivor: {why}")]
    Survivor {
        /// The field.
        field: String,
        /// The system.
        system: SystemName,
        /// Why not.
        why: &'static str,
    },
    /// The mirror whose claims survive is not there.
    #[error("field '{field}' is decided by mirror {at}, and there is none")]
    NoSurvivor {
        /// The field.
        field: String,
        /// The position the mirror would have.
        at: usize,
    },
    /// A survivor that unites sets is given to a single value.
    #[error("field '{field}' is a single value and cannot be united")]
    Union {
        /// The field.
        field: String,
    },
    /// A link would be found by something that is no e-mail address.
    #[error("field '{field}' says who somebody is and must hold e-mail addresses")]
    Identity {
        /// The field.
        field: String,
    },
    /// Tokens of others would have to be taken away.
    #[error("field '{field}' is a set of tokens amid other text of '{system}' and must be united")]
    Tokens {
        /// The field.
        field: String,
        /// The system.
        system: SystemName,
    },
    /// A list would be written with a delimiter at which it is not read.
    #[error("field '{field}' of '{system}' would not be parted at '{}' when read", .delimiter.escape_default())]
    Delimiter {
        /// The field.
        field: String,
        /// The system.
        system: SystemName,
        /// The delimiter.
        delimiter: char,
    },
    /// Links would be found by a token that no column carries.
    #[error("the token of '{system}' is bound to no column")]
    NoToken {
        /// The system.
        system: SystemName,
    },
    /// The pipeline has no mirror.
    #[error("the pipeline has no mirror to keep in agreement")]
    NoMirror,
    /// A limit makes no sense.
    #[error("cap '{name}' must lie between 0 and 100 percent")]
    Cap {
        /// The limit.
        name: &'static str,
    },
}

/// Finds everything in a draft that cannot be.
pub(super) fn all(draft: &Draft) -> Vec<Problem> {
    let mut found = Vec::new();
    found.extend(twice("field", draft.fields.iter().map(|f| f.name.as_str())));
    found.extend(twice("class", draft.classes.iter().map(|c| c.id.as_str())));
    found.extend(twice("mirror", draft.mirrors.iter().map(|m| m.side.system.as_str())));
    if draft.mirrors.is_empty() {
        found.push(Problem::NoMirror);
    }
    found.extend(class::fields(draft));
    found.extend(class::classes(draft));
    found.extend(binding::canonical(draft));
    found.extend(draft.mirrors.iter().flat_map(|one| mirror(draft, one)));
    found.extend(caps(&draft.caps));
    found
}

fn mirror(draft: &Draft, mirror: &MirrorSide) -> Vec<Problem> {
    let (side, system) = (&mirror.side, || mirror.side.system.clone());
    let mut found = Vec::new();
    if side.bindings.is_empty() {
        found.push(Problem::Unmapped { system: system() });
    }
    if let Some(scope) = mirror.scope.as_ref().filter(|scope| scope.column >= side.columns.len()) {
        found.push(Problem::NoColumn { what: "the scope".to_owned(), system: system(), at: scope.column });
    }
    if mirror.token.is_some_and(|token| side.binding(token).is_none()) {
        found.push(Problem::NoToken { system: system() });
    }
    found.extend(side.bindings.iter().flat_map(|one| binding::mirror(draft, side, one)));
    let columns = side.bindings.iter().map(|one| side.column(one));
    found.extend(repeated(columns).into_iter().map(|column| Problem::Collision { column, system: system() }));
    found
}

fn twice<'a>(what: &'static str, names: impl Iterator<Item = &'a str>) -> Vec<Problem> {
    repeated(names).into_iter().map(|name| Problem::Twice { what, name }).collect()
}

fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    let again = sorted.windows(2).filter_map(|pair| match pair {
        [a, b] if a == b => Some((*a).to_owned()),
        _ => None,
    });
    again.collect()
}

fn caps(caps: &Caps) -> Vec<Problem> {
    let shares = [
        ("updates_percent", caps.updates_percent),
        ("creates_percent", caps.creates_percent),
        ("archives_percent", caps.archives_percent),
        ("blanking_percent", caps.blanking_percent),
        ("conflicts_percent", caps.conflicts_percent),
        ("source_loss_percent", caps.source_loss_percent),
    ];
    shares
        .into_iter()
        .filter(|(_, s)| !(0.0..=100.0).contains(s))
        .map(|(name, _)| Problem::Cap { name })
        .collect()
}
