//! Owners: the people a record can be assigned to (facts section 8).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Outcome};
use super::errors::ApiError;
use super::query::Query;
use crate::time::{instant, iso};

/// One owner. Its `id` is what `hubspot_owner_id` holds; `user_id` is another number (trap 21).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Owner {
    /// The owner's id, digits as text.
    pub id: String,
    /// The address of the person.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The user behind it; the API shows null when the owner is archived.
    pub user_id: Option<u64>,
    /// A person who left; records can still carry the id.
    pub archived: bool,
    /// When it was made.
    #[serde(with = "instant")]
    pub created_at: i64,
}

/// Owners in order of number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners(BTreeMap<u64, Owner>);

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;

impl Owners {
    /// Adds or replaces an owner; false when its id is no number.
    pub(crate) fn put(&mut self, owner: Owner) -> bool {
        owner.id.parse().is_ok_and(|id| {
            self.0.insert(id, owner);
            true
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Owner> {
        self.0.values()
    }

    /// Whether a record may be assigned to this id.
    pub(crate) fn is_assignable(&self, id: &str) -> bool {
        id.parse()
            .ok()
            .and_then(|id: u64| self.0.get(&id))
            .is_some_and(|owner| owner.id == id && !owner.archived)
    }

    /// `GET /crm/owners/{v}`.
    pub(crate) fn list(&self, query: &Query) -> Outcome {
        let limit = query.number("limit", LIMIT_DEFAULT, LIMIT_MAX)?;
        let after: u64 = match query.one("after") {
            None => 0,
            Some(after) => {
                after.parse().map_err(|_| ApiError::invalid("after is not a cursor of this list"))?
            }
        };
        let archived = query.flag("archived");
        let email = query.one("email");
        let fits = |owner: &&Owner| {
            owner.archived == archived && email.is_none_or(|email| owner.email.eq_ignore_ascii_case(email))
        };
        let mut found = self.0.range(after..).map(|(_, owner)| owner).filter(fits);
        let page: Vec<Value> = found.by_ref().take(limit).map(Owner::render).collect();
        let mut body = json!({"results": page});
        if let (Some(next), Value::Object(body)) = (found.next(), &mut body) {
            body.insert("paging".into(), json!({"next": {"after": next.id}}));
        }
        Ok(Answer::ok(body))
    }

    /// `GET /crm/owners/{v}/{id}?idProperty=id|userId`.
    pub(crate) fn get(&self, id: &str, query: &Query) -> Outcome {
        let archived = query.flag("archived");
        let by_user = query.one("idProperty") == Some("userId");
        let fits = |owner: &&Owner| {
            let same = if by_user {
                owner.user_id.is_some_and(|user| user.to_string() == id)
            } else {
                owner.id == id
            };
            same && owner.archived == archived
        };
        self.iter().find(fits).map(|owner| Answer::ok(owner.render())).ok_or_else(ApiError::not_found)
    }
}

impl Owner {
    fn render(&self) -> Value {
        json!({
            "id": self.id, "email": self.email, "type": "PERSON",
            "firstName": self.first_name, "lastName": self.last_name,
            "userId": self.user_id.filter(|_| !self.archived), "userIdIncludingInactive": self.user_id,
            "createdAt": iso(self.created_at), "updatedAt": iso(self.created_at), "archived": self.archived,
        })
    }
}
