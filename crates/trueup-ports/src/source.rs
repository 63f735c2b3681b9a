//! A system that can be read.

use async_trait::async_trait;
use trueup_core::{card::Card, name::RemoteId, record::Record, snapshot::Coverage, text::token};

use crate::Fault;

/// A system that can be read.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its abilities and limits.
    fn card(&self) -> &Card;

    /// Asks who we are there and which columns exist.
    ///
    /// # Errors
    /// Any [`Fault`]; an answer that cannot be understood is [`Fault::Unreadable`].
    async fn inspect(&self) -> Result<Inspection, Fault>;

    /// Reads one page of a view, or the named records.
    ///
    /// # Errors
    /// Any [`Fault`]. A page is never empty because it could not be read.
    async fn read(&self, ask: Ask) -> Result<Page, Fault>;

    /// How many requests were made so far that change nothing, and that may change something.
    fn requests(&self) -> trueup_core::plan::Requests;
}

/// What a system says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The account behind the credential: pinned at first use (I-29).
    pub tenant: String,
    /// The columns that exist.
    pub columns: Vec<FieldInfo>,
    /// Requirements that are not met, each with what to do; a run stops on any.
    pub problems: Vec<String>,
}

/// One column of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its internal name.
    pub name: String,
    /// Its type, in the system's words.
    pub kind: String,
    /// Whether it can be written.
    pub writable: bool,
    /// Whether two records cannot hold the same value.
    pub unique: bool,
    /// The values it accepts; empty when any, or when the system does not tell.
    pub options: Vec<String>,
}

/// One request for records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Which records belong to the answer.
    pub view: View,
    /// Where to start, or which ones.
    pub reach: Reach,
    /// The columns wanted, in this order.
    pub columns: Vec<String>,
    /// Whether past values are wanted; only with [`Reach::Ids`].
    pub history: bool,
}

/// Which records belong to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Everything.
    All,
    /// Records whose column holds exactly this text.
    Equals {
        /// The column.
        column: String,
        /// The text.
        text: String,
    },
    /// Records whose `token` column holds a token.
    Carrying {
        /// Whose records are left out; `None` when it does not matter whose they are.
        outside: Option<Outside>,
        /// The column that must hold the token.
        token: String,
        /// Which token.
        sought: Sought,
    },
}

/// A token that is looked for, by the very rule by which records are linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// What stands before each token, such as `ID:`.
    pub prefix: String,
    /// The one token that counts, without its prefix; `None` when any does.
    pub key: Option<String>,
}

impl Sought {
    /// Whether a text holds it. Every source decides by this alone: a survey that sees fewer tokens than the
    /// linking does makes a second record for somebody.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let found = token::find(text, &self.prefix);
        self.key.as_ref().map_or(!found.is_empty(), |key| found.iter().any(|token| token == key))
    }
}

/// Records whose column does not hold a text: it holds another one, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The column, such as the owner's.
    pub column: String,
    /// The text.
    pub text: String,
}

/// Where to start reading, or which records to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The whole view, from this page on; `None` is the beginning.
    All(Option<String>),
    /// The records of the view that changed since an earlier [`Page::cursor`], and those that left it as far as the
    /// system tells; only where the card says that it can.
    Since {
        /// The cursor.
        cursor: String,
        /// From this page on; `None` is the beginning.
        page: Option<String>,
    },
    /// These records, wherever they are; the view does not filter them.
    Ids(Vec<RemoteId>),
    /// Records whose unique column holds one of these texts.
    Unique {
        /// The column.
        column: String,
        /// The texts.
        texts: Vec<String>,
    },
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The records; by id, one for each that exists.
    pub records: Vec<Record>,
    /// Where the next page starts; `None` when this was the last.
    pub next: Option<String>,
    /// Where changes begin that these pages may lack, where the system can be asked for changes: the position right
    /// before the first page was read, less what its index lags behind and its clock may be off (RELIABILITY.md 6.9).
    pub cursor: Option<String>,
    /// Of the ids asked for: those the system says do not exist or are archived.
    pub missing: Vec<RemoteId>,
    /// Whether all pages together are the whole view.
    pub coverage: Coverage,
    /// A fingerprint of the names of all columns, in any order, where people can rename them by hand.
    pub layout: Option<String>,
    /// Canonical records that cannot be taken at their word, such as two rows with one key.
    pub troubles: Vec<trueup_core::snapshot::SourceTrouble>,
}
