//! What must hold after every seed, whatever happened (RELIABILITY.md 2 and 4.2). One file an oracle; each
//! says what must not be, in words that begin with its number.
//!
//! | oracle | says |
//! |---|---|
//! | O1 [`convergence`] | both sides agree, or the very field is on record as not agreeing |
//! | O2 [`census`] | no value a person wrote is lost |
//! | O3 [`duplicates`] | one record an entity and system, none without a link, no link to nothing |
//! | O4 [`scope`] | nothing outside the scope is written, and what raced is told |
//! | O5 [`noop`] | a run with nothing to do plans and sends nothing |
//! | O6 [`echo`] | no write is caused by our own write |
//! | O7 [`conservation`] | conflicts stay on record with what the sides say, and each record is in one bucket |
//! | O8 [`cursors`] | no cursor goes back, and no event that was acknowledged is lost |
//! | O9 [`intents`] | every intent ends |
//! | O10 [`undo`] | the journal's chain holds, and what is taken back is as it was |
//! | O11 [`caps`] | no run does more than its limits say |
//! | O12 [`rate`] | a system is asked no more often than its card says, and no sooner than it says |
//! | O13 [`drift`] | while nothing goes wrong, no difference outlives an interval, and it is counted how old one became |
//! | O15 [`story`] | the same seed tells the same story |
//! | O16 [`auditor`] | an auditor that knows only logs, final states and journal is content |
//!
//! O14 (nothing panics) is [`run::play`](crate::run::play)'s. O15 is asked of every 97th seed, which is played twice, and
//! O16 once, after the undo. Where every system is edited, those of [`mutual`] stand in for O1, O3, O4 and O6.

pub mod auditor;
pub mod caps;
pub mod census;
pub mod conservation;
pub mod convergence;
pub mod cursors;
pub mod drift;
pub mod duplicates;
pub mod echo;
pub mod excuses;
pub mod intents;
pub mod mishaps;
pub mod mutual;
pub mod noop;
pub mod rate;
pub mod scope;
pub mod story;
#[cfg(test)]
mod support;
pub mod undo;

use jiff::Timestamp;
use trueup_core::{
    journal::Entry,
    link::Link,
    memory::{LinkKey, Memory},
    setup::Setup,
};

use crate::{
    audit::Published,
    hubspot::Server,
    scene::{
        Agreement, OWNER,
        peers::FIELDS,
        terms::{MirrorTerms, Terms},
    },
    store::Opened,
    swarm::{Mirror, Options},
    table::{Row, Table},
};

/// Everything oracles look at.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What was switched on.
    pub options: &'a Options,
    /// The configuration.
    pub setup: &'a Setup,
    /// What stands where, where a book is only read.
    pub terms: &'a Terms,
    /// The source of truth.
    pub truth: Seen<'a>,
    /// The mirrors.
    pub mirrors: Vec<Seen<'a>>,
    /// What is remembered.
    pub memory: &'a Memory,
    /// The whole journal.
    pub journal: &'a [Entry],
    /// What passed on the way to the store.
    pub opened: &'a Opened,
    /// The journal as it is published.
    pub published: &'a Published,
    /// When chaos ended.
    pub calm: Timestamp,
}

/// A system as it is in the end, with all that ever was.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its rows and its log.
    pub table: &'a Table,
    /// What the table shows, if it shows a portal.
    pub portal: Option<&'a Server>,
    /// Its abilities.
    pub options: &'a Mirror,
}

type Oracle = fn(&Evidence<'_>) -> Vec<String>;

/// What holds in every scene.
const COMMON: [Oracle; 9] = [
    census::check,
    duplicates::check,
    conservation::conflicts,
    cursors::check,
    intents::check,
    mishaps::check,
    caps::check,
    rate::check,
    drift::check,
];

/// What holds where a book is only read, and its mirrors have a scope.
const BOOK: [Oracle; 3] = [convergence::check, scope::check, echo::check];

/// What holds where every system is edited.
const MUTUAL: [Oracle; 8] = [
    mutual::authority::check,
    mutual::convergence::check,
    mutual::deletes::check,
    mutual::disputes::check,
    mutual::echo::check,
    mutual::elements::check,
    mutual::persons::check,
    mutual::put_back::check,
];

/// Everything that must not be; empty when all oracles are content.
#[must_use]
pub fn all(evidence: &Evidence<'_>) -> Vec<String> {
    let own: &[Oracle] = if evidence.options.scene.is_mutual() { &MUTUAL } else { &BOOK };
    COMMON.iter().chain(own).flat_map(|oracle| oracle(evidence)).collect()
}

impl<'a> Evidence<'a> {
    /// The systems that the engine writes.
    fn written(&self) -> impl Iterator<Item = &Seen<'a>> {
        let truth = Some(&self.truth).filter(|_| self.options.scene.is_mutual());
        truth.into_iter().chain(&self.mirrors)
    }

    /// What is agreed with a mirror.
    fn mirror_terms(&self, system: &str) -> Option<&'a MirrorTerms> {
        let at = self.mirrors.iter().position(|mirror| mirror.name == system)?;
        self.terms.mirrors.get(at)
    }

    /// The fields in which a mirror must agree with the book.
    fn agreements(&self, system: &str) -> &'a [Agreement] {
        self.mirror_terms(system).map_or(&[], |terms| &terms.agreements)
    }

    /// The fields in which a system must agree with the source of truth.
    fn fields<'b>(&'b self, system: &str) -> Box<dyn Iterator<Item = &'b str> + 'b> {
        if self.options.scene.is_mutual() {
            return Box::new(FIELDS.into_iter());
        }
        Box::new(self.agreements(system).iter().map(|agreement| agreement.field.as_str()))
    }

    /// What a table calls the column that a mirror calls so: a portal is shown in the words of the scene.
    fn column<'b>(&'b self, system: &str, column: &'b str) -> &'b str {
        let words = self.mirror_terms(system).and_then(|terms| terms.words.as_ref());
        words.map_or(column, |words| words.column(column))
    }

    /// Whether a record is in the scope, where there is one.
    fn is_inside(&self, row: &Row) -> bool {
        self.options.scene.is_mutual() || is_ours(row)
    }

    fn link(&self, system: &str, entity: &str) -> Option<&Link> {
        self.memory.links.get(&LinkKey { system: system.into(), entity: entity.into() })
    }

    /// Leads that are there, with their keys.
    fn leads(&self) -> impl Iterator<Item = (&str, &Row)> {
        let living = self.truth.table.rows.values().filter(|row| row.archived.is_none());
        living.filter_map(|row| Some((row.values.get(&self.terms.key)?.as_str(), row)))
    }
}

impl<'a> Seen<'a> {
    /// The rows that are there.
    fn living(&self) -> impl Iterator<Item = (&'a String, &'a Row)> + use<'a> {
        self.table.rows.iter().filter(|(_, row)| row.archived.is_none())
    }

    /// The row a link means, followed through merges, if it is there.
    fn row(&self, remote: &str) -> Option<&Row> {
        self.table.rows.get(self.table.now_called(remote)).filter(|row| row.archived.is_none())
    }
}

fn is_ours(row: &Row) -> bool {
    row.values.get("owner").is_some_and(|owner| owner == OWNER)
}

/// What people read in a text, without decoration and spelling: letters and digits, and no country code; of a number its
/// sign and its point as well.
fn bare(text: &str) -> String {
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let number =
        text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && text.contains(['-', '.']));
    match (number, bare.strip_prefix('1')) {
        (Some(number), _) => number.to_string(),
        (None, Some(local)) if bare.len() == 11 => local.to_owned(),
        _ => bare,
    }
}

/// The entries of a list, each as people read it.
fn entries(text: &str) -> impl Iterator<Item = String> {
    text.split([';', ',', '\n']).map(bare).filter(|entry| !entry.is_empty())
}
