//! The app's own database, as far as a transactional create needs it.
//!
//! Every call is one short transaction. None of them spans the request to the mirror: a connection that is held
//! open meanwhile is what makes the naive protocol slow, and its commit at the end is what makes it unsafe
//! (RELIABILITY.md 6.5).

use async_trait::async_trait;
use trueup_core::{
    name::{CreateKey, EntityKey, ExtId, RemoteId},
    record::Record,
};

use crate::Fault;

/// The app's own database.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Inserts a row that nobody sees but the desk: neither the app's own lists nor [`Source`](crate::Source).
    ///
    /// At most one row may ever carry an external id; a second insert is [`Tx::NotApplied`].
    async fn insert(&self, pending: &Pending) -> Tx;

    /// Makes a pending row an ordinary one, with the id of the mirror's record. Again for a row that has that id
    /// already is [`Tx::Applied`]; for one that is not there it is [`Tx::NotApplied`].
    async fn activate(&self, ext_id: &ExtId, remote: &RemoteId) -> Tx;

    /// Deletes a pending row. Where none is pending it is [`Tx::Applied`]; an ordinary row stays as it is, and is
    /// [`Tx::NotApplied`].
    async fn discard(&self, ext_id: &ExtId) -> Tx;

    /// Looks a row up by its external id.
    ///
    /// # Errors
    /// Any [`Fault`]; a row is never absent because it could not be read.
    async fn find(&self, ext_id: &ExtId) -> Result<Option<Row>, Fault>;
}

/// A row to insert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The caller's idempotency key.
    pub key: CreateKey,
    /// The entity, as the app named it.
    pub entity: EntityKey,
    /// The id both records carry.
    pub ext_id: ExtId,
    /// What the row holds, in the columns of the source of truth.
    pub record: Record,
}

/// A row of the app's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// It waits for its create, and nobody sees it.
    Pending,
    /// It is an ordinary row.
    Active {
        /// The id of the mirror's record.
        remote: RemoteId,
    },
}

/// How a short transaction ended. There is no flag for success: nobody can forget that it may be unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tx {
    /// It is committed.
    Applied,
    /// It certainly is not, and never will be: the database's own words, with the columns it blames.
    NotApplied(Vec<crate::Refusal>),
    /// Its commit was not answered: it may be committed, or still be.
    Unknown(String),
}
