//! What people and the service itself do to a portal while a client works with it.

use serde::{Deserialize, Serialize};

use super::Portal;
use super::errors::ApiError;
use super::history::Author;
use super::merge::merge_records;
use super::object_type::ObjectType;
use super::properties::PropertyDefinition;
use super::records::archive;
use super::settings::{AdditionalEmails, Settings};
use super::write::{Values, live};

/// One edit by hand: the body of `POST /_sandbox/people`, such as
/// `{"userId":7,"act":"set","id":101,"properties":{"city":"Grand Lake"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeopleEdit {
    /// The object type.
    #[serde(default = "contacts")]
    pub object: String,
    /// The user who does it; property history names them.
    #[serde(default = "somebody")]
    pub user_id: u64,
    /// What is done.
    #[serde(flatten)]
    pub act: Act,
}

/// What is done by hand. Ids of merged records lead to the survivor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Values are written; an empty text clears.
    Set {
        /// The record.
        id: u64,
        /// The values.
        properties: Values,
    },
    /// A record is created.
    Create {
        /// Its values.
        properties: Values,
    },
    /// The record is given to another owner, or to nobody.
    Reassign {
        /// The record.
        id: u64,
        /// The owner's id.
        owner: Option<String>,
    },
    /// The record goes to the recycle bin.
    Archive {
        /// The record.
        id: u64,
    },
    /// The record comes back from the recycle bin.
    Restore {
        /// The record.
        id: u64,
    },
    /// Two records become one with a new id.
    Merge {
        /// The one whose values win.
        primary: u64,
        /// The other.
        other: u64,
    },
    /// The service recalculates something: the record's time moves, no property does.
    Recalculate {
        /// The record.
        id: u64,
    },
    /// A property definition is added or replaced.
    PutProperty {
        /// The definition.
        definition: Box<PropertyDefinition>,
    },
    /// A property definition is archived; its values can neither be read nor written.
    ArchiveProperty {
        /// Its name.
        name: String,
    },
}

/// Why an edit by hand did not work: the service's own message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PeopleError {
    message: String,
}

fn contacts() -> String {
    "contacts".into()
}

const fn somebody() -> u64 {
    7_001
}

impl PeopleEdit {
    /// An edit of contacts by the default user.
    #[must_use]
    pub fn of(act: Act) -> Self {
        Self { object: contacts(), user_id: somebody(), act }
    }
}

impl Portal {
    /// Carries out an edit by hand; returns the id of the record that was edited, created or survived.
    pub fn people(&mut self, now_ms: i64, edit: PeopleEdit) -> Result<Option<u64>, PeopleError> {
        self.tick(now_ms);
        let done = self.perform(now_ms, edit).map_err(|error| PeopleError { message: error.message });
        self.forget_touched();
        done
    }

    fn perform(&mut self, now_ms: i64, edit: PeopleEdit) -> Result<Option<u64>, ApiError> {
        let kind = ObjectType::named(&edit.object).ok_or_else(|| super::write::unknown_type(&edit.object))?;
        let author = Author::person(edit.user_id);
        match edit.act {
            Act::Set { id, properties } => {
                self.by_hand(kind, Some(id), &properties, &author, now_ms).map(Some)
            }
            Act::Create { properties } => self.by_hand(kind, None, &properties, &author, now_ms).map(Some),
            Act::Reassign { id, owner } => {
                let values = Values::from([("hubspot_owner_id".to_owned(), owner.unwrap_or_default())]);
                self.by_hand(kind, Some(id), &values, &author, now_ms).map(Some)
            }
            Act::Archive { id } => self.bin(kind, id, now_ms).map(Some),
            Act::Restore { id } => self.restore(kind, id, now_ms).map(Some),
            Act::Merge { primary, other } => {
                let store = self.store_mut(kind)?;
                let (primary, other) = (store.resolve(primary), store.resolve(other));
                merge_records(store, primary, other, now_ms).map(Some)
            }
            Act::Recalculate { id } => {
                self.store_mut(kind)?.amend(id, now_ms, |_| ());
                Ok(Some(id))
            }
            Act::PutProperty { definition } => {
                let placed = self.store_mut(kind)?.definitions.put(*definition);
                placed.map(|_| None).ok_or_else(|| ApiError::invalid("too many properties"))
            }
            Act::ArchiveProperty { name } => {
                let definition =
                    self.store_mut(kind)?.definitions.get_mut(&name).ok_or_else(ApiError::not_found)?;
                definition.archived = true;
                Ok(None)
            }
        }
    }

    fn by_hand(
        &mut self,
        kind: &'static ObjectType,
        id: Option<u64>,
        values: &Values,
        author: &Author,
        now_ms: i64,
    ) -> Result<u64, ApiError> {
        let target = id.map(|id| self.store(kind).map(|store| store.resolve(id))).transpose()?;
        // A person who saves a list sees exactly that list.
        let settings = Settings { additional_emails: AdditionalEmails::Overwritten, ..self.settings.clone() };
        let draft = self.draft_with(kind, target, values, false, &settings);
        let draft = draft.map_err(|refusal| self.refused(refusal))?;
        self.commit(kind, &draft, author, now_ms)
    }

    fn bin(&mut self, kind: &'static ObjectType, id: u64, now_ms: i64) -> Result<u64, ApiError> {
        let store = self.store_mut(kind)?;
        let id = store.resolve(id);
        if archive(store, id, now_ms) { Ok(id) } else { Err(ApiError::not_found()) }
    }

    fn restore(&mut self, kind: &'static ObjectType, id: u64, now_ms: i64) -> Result<u64, ApiError> {
        let store = self.store_mut(kind)?;
        let record =
            store.record(id).filter(|record| record.archived_ms.is_some()).ok_or_else(ApiError::not_found)?;
        for (key, value) in store.keys(record) {
            if let Some(existing) = store.holder(key, &value).filter(|holder| live(store, *holder).is_some())
            {
                return Err(ApiError::conflict(kind.title, existing));
            }
        }
        store.amend(id, now_ms, |record| record.archived_ms = None);
        Ok(id)
    }
}
