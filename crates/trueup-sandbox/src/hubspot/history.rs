//! Who wrote a value, as `propertiesWithHistory` reports it (facts section 3).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::record::{AuthorIx, Record, Version};
use super::store::ObjectStore;
use crate::time::iso;

/// Who writes: an app, a person, the service itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Author {
    /// `INTEGRATION`, `CRM_UI`, `IMPORT`, `CALCULATED`, `MERGE_OBJECTS`, …
    pub source_type: String,
    /// The app id, `userId:NN`, or what else names the writer.
    pub source_id: String,
    /// The user, when a person wrote.
    pub updated_by_user_id: Option<u64>,
}

impl Author {
    /// An app that writes through the API.
    #[must_use]
    pub fn app(app_id: &str) -> Self {
        Self { source_type: "INTEGRATION".into(), source_id: app_id.into(), updated_by_user_id: None }
    }

    /// A person in the user interface.
    #[must_use]
    pub fn person(user_id: u64) -> Self {
        let source_id = format!("userId:{user_id}");
        Self { source_type: "CRM_UI".into(), source_id, updated_by_user_id: Some(user_id) }
    }

    /// The service itself.
    pub(crate) fn service(source_type: &str) -> Self {
        Self { source_type: source_type.into(), source_id: String::new(), updated_by_user_id: None }
    }
}

impl Default for Author {
    fn default() -> Self {
        Self::service("IMPORT")
    }
}

/// The authors a store has met; versions refer to them by place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Authors(Vec<Author>);

impl Authors {
    pub(crate) fn place(&mut self, author: &Author) -> AuthorIx {
        let place = self.0.iter().position(|known| known == author).unwrap_or_else(|| {
            self.0.push(author.clone());
            self.0.len() - 1
        });
        AuthorIx(u32::try_from(place).unwrap_or(u32::MAX))
    }

    pub(crate) fn get(&self, place: AuthorIx) -> Option<&Author> {
        self.0.get(usize::try_from(place.0).ok()?)
    }
}

impl ObjectStore {
    /// The versions of one property, newest first.
    pub(crate) fn history(&self, record: &Record, property: &str, depth: usize) -> Option<Value> {
        let place = self.definitions.live(property)?;
        let versions = record.versions(place).take(depth);
        Some(versions.map(|version| self.render_version(version)).collect::<Vec<_>>().into())
    }

    fn render_version(&self, version: &Version) -> Value {
        let mut entry = json!({
            "value": version.value.as_deref().unwrap_or(""),
            "timestamp": iso(version.at_ms),
        });
        if let (Some(author), Value::Object(entry)) = (self.authors.get(version.author), &mut entry) {
            entry.insert("sourceType".into(), author.source_type.as_str().into());
            if !author.source_id.is_empty() {
                entry.insert("sourceId".into(), author.source_id.as_str().into());
            }
            if let Some(user) = author.updated_by_user_id {
                entry.insert("updatedByUserId".into(), user.into());
            }
        }
        entry
    }
}
