//! What a stranger demands of the evidence. One file a judgement; each opens with what must hold.

mod announced;
mod before_image;
mod bounded;
mod chained;
mod done;
mod ended;
mod explained;
mod kept;
mod known;
mod needed;
mod once;
mod put_away;
mod requested;
mod scoped;
#[cfg(test)]
mod support;
mod told;

use std::fmt;

use serde::Serialize;

use crate::{case::Case, line::Line};

/// Something a stranger demands.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// Its number, such as `A1`.
    pub id: &'static str,
    /// What must hold.
    pub says: &'static str,
    judge: fn(&Case<'_>) -> Vec<String>,
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The judgement that says so.
    pub judgement: &'static str,
    /// Where and what. Names records and columns, never a value.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.judgement, self.what)
    }
}

/// Every judgement, by number.
pub const JUDGEMENTS: [Judgement; 15] = [
    Judgement { id: "A1", says: "what we sent stood in the journal before", judge: announced::judge },
    Judgement { id: "A2", says: "what we changed was asked for by a request", judge: requested::judge },
    Judgement { id: "A3", says: "what we changed is told in the journal", judge: told::judge },
    Judgement { id: "A4", says: "what the journal tells stood in the system", judge: done::judge },
    Judgement { id: "A5", says: "the logs lead to the final states", judge: explained::judge },
    Judgement { id: "A6", says: "no person's value is lost", judge: kept::judge },
    Judgement { id: "A7", says: "we make no record twice", judge: once::judge },
    Judgement { id: "A8", says: "we write nothing outside the scope", judge: scoped::judge },
    Judgement { id: "A9", says: "we write nothing that is not linked", judge: known::judge },
    Judgement { id: "A10", says: "what is overwritten is what the journal says", judge: before_image::judge },
    Judgement { id: "A11", says: "every intent ends or is told as open", judge: ended::judge },
    Judgement { id: "A12", says: "the chain of the journal holds", judge: chained::judge },
    Judgement { id: "A13", says: "what we put away was asked for and let pass", judge: put_away::judge },
    Judgement { id: "A14", says: "no run does more than its limits say", judge: bounded::judge },
    Judgement { id: "A15", says: "no update sends what stands there already", judge: needed::judge },
];

/// Everything in an evidence file that must not be; empty when every judgement is content.
#[must_use]
pub fn audit<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<Violation> {
    let case = Case::of(lines);
    let of = |judgement: &Judgement| {
        let id = judgement.id;
        (judgement.judge)(&case).into_iter().map(move |what| Violation { judgement: id, what })
    };
    JUDGEMENTS.iter().flat_map(of).collect()
}
