//! What every connector must do, as one suite that runs unchanged on each of them.
//!
//! A connector brings a [`Bench`]: its system prepared for one rule, and a way to look at that system
//! around the connector. The suite never believes the connector about itself: what was changed and how
//! many requests were sent is what the system says.
//!
//! Writes go out under permits made here, past the gate: a rule needs to see the very outcome that the
//! gate would otherwise settle. A bench is an emulator or a database made for the purpose, never a
//! system that anybody uses.
//!
//! Read next: the rules themselves, [`source`] and [`target`].

pub mod source;
pub mod target;

use async_trait::async_trait;
use thiserror::Error;
use trueup_core::{name::RemoteId, plan::Requests, record::Record, snapshot::Coverage, value::Cell};

pub use source::check_source;
pub use target::check_target;

use crate::{Ask, Fault, Page, Reach, Source, Target, View};

/// A system prepared for one rule.
#[async_trait]
pub trait Bench: Send + Sync {
    /// The connector.
    fn source(&self) -> &dyn Source;

    /// The connector as one that writes, if it does.
    fn target(&self) -> Option<&dyn Target>;

    /// What the rules may rely on.
    fn expected(&self) -> &Expected;

    /// Puts records into the system, around the connector; gives their ids, in this order.
    async fn seed(&self, rows: Vec<Vec<(String, String)>>) -> Vec<RemoteId>;

    /// Changes one value as a person would, around the connector.
    async fn edit(&self, id: &RemoteId, column: &str, text: &str);

    /// The raw state of the system: equal texts if and only if nothing changed.
    async fn state(&self) -> String;

    /// The requests the system received, by its own judgement of what may change something.
    async fn served(&self) -> Requests;

    /// Makes the next request fail in this way, once.
    async fn break_next(&self, how: Break);
}

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// It never takes effect, and the failure does not say so.
    Before,
    /// It takes effect, and the answer is a failure.
    After,
    /// It takes effect, and half of the answer is missing.
    Garbled,
}

/// What the rules may rely on.
#[derive(Clone, Debug)]
pub struct Expected {
    /// A column that takes any text and gives it back as it was.
    pub text: String,
    /// The column of a scope, and two texts it can hold.
    pub scope: (String, String, String),
    /// A column that does not exist; `None` where asking for one is refused.
    pub undefined: Option<String>,
    /// A column without two equal values, if there is one.
    pub unique: Option<String>,
    /// A column and a text that the system refuses to store in it, if it checks anything.
    pub refused: Option<(String, String)>,
    /// An id that no record has.
    pub unknown: RemoteId,
    /// A number of records that does not fit on two pages.
    pub many: usize,
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{rule}: {seen}")]
pub struct Broken {
    /// The rule, as a sentence.
    pub rule: &'static str,
    /// What was seen instead.
    pub seen: String,
}

/// Which rules were checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a rule that was skipped was not checked"]
pub struct Checked {
    /// Rules that hold.
    pub held: Vec<&'static str>,
    /// Rules about an ability that the card says the system lacks.
    pub skipped: Vec<&'static str>,
}

/// Makes a fresh bench for each rule, so that no rule sees what another one left.
pub type MakeBench<'a> = &'a (dyn Fn() -> Box<dyn Bench> + Sync);

/// What a rule comes to: it holds, it is about an ability the system lacks, or what was seen instead.
type Verdict = Result<Held, String>;

/// Whether a rule was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Yes,
    Skipped,
}

impl Checked {
    fn note(&mut self, rule: &'static str, verdict: Verdict) -> Result<(), Broken> {
        match verdict {
            Ok(Held::Yes) => self.held.push(rule),
            Ok(Held::Skipped) => self.skipped.push(rule),
            Err(seen) => return Err(Broken { rule, seen }),
        }
        Ok(())
    }
}

/// Runs rules in turn, each on a bench of its own.
macro_rules! rules {
    ($make:expr, $($rule:literal => $check:path),+ $(,)?) => {{
        let mut checked = $crate::conformance::Checked::default();
        $(
            let bench = $make();
            checked.note($rule, $check(&*bench).await)?;
        )+
        Ok(checked)
    }};
}
use rules;

/// Says what was seen unless the condition holds.
fn ensure(holds: bool, seen: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(seen()) }
}

/// More pages than any bench has: a reading that goes beyond does not end.
const PAGES_MAX: usize = 1_000;

/// Every page of a view.
async fn listed(bench: &dyn Bench, view: &View) -> Result<Vec<Record>, String> {
    let (mut records, mut cursor) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let columns = vec![bench.expected().text.clone()];
        let ask = Ask { view: view.clone(), reach: Reach::All(cursor), columns, history: false };
        let page = bench.source().read(ask).await.map_err(told)?;
        ensure(page.coverage == Coverage::Whole, || "a page that covers only some of the view".into())?;
        records.extend(page.records);
        match page.next {
            None => return Ok(records),
            next => cursor = next,
        }
    }
    Err(format!("a reading that has not ended after {PAGES_MAX} pages"))
}

/// Reads records by id.
async fn by_id(bench: &dyn Bench, ids: &[RemoteId], columns: &[&str], history: bool) -> Result<Page, String> {
    let columns = columns.iter().map(|&column| column.to_owned()).collect();
    let ask = Ask { view: View::All, reach: Reach::Ids(ids.to_vec()), columns, history };
    bench.source().read(ask).await.map_err(told)
}

/// What one column of one record holds, by a read of the connector.
async fn cell(bench: &dyn Bench, id: &RemoteId, column: &str) -> Result<Cell, String> {
    let page = by_id(bench, std::slice::from_ref(id), &[column], false).await?;
    page.records
        .first()
        .map(|record| record.cell(0).clone())
        .ok_or_else(|| format!("record {id} is not there"))
}

/// `count` rows with a text each; every other value is the caller's.
fn rows(bench: &dyn Bench, count: usize, scope: &str) -> Vec<Vec<(String, String)>> {
    let expected = bench.expected();
    let row = |number| {
        vec![(expected.text.clone(), format!("row {number}")), (expected.scope.0.clone(), scope.to_owned())]
    };
    (0..count).map(row).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it stands behind map_err")]
fn told(fault: Fault) -> String {
    format!("the fault {fault}")
}
