//! What differs between object types, as data.

/// One object type of the CRM. Adding companies means adding a row here and their property definitions.
#[derive(Debug, PartialEq, Eq)]
pub struct ObjectType {
    /// The number in paths and urls: `0-1`.
    pub id: &'static str,
    /// The name in paths: `contacts`.
    pub plural: &'static str,
    /// The name in messages: `CONTACT`.
    pub upper: &'static str,
    /// The name at the start of a sentence: `Contact`.
    pub title: &'static str,
    /// The property that says when a record last changed; it is `lastmodifieddate` for contacts only (trap 17).
    pub modified: &'static str,
    /// What a read returns when it asks for no property.
    pub default_properties: &'static [&'static str],
    /// The properties whose addresses identify a record: the primary one and the list of additional ones.
    pub emails: Option<Emails>,
    /// Scope of a token that may read records.
    pub read_scope: &'static str,
    /// Scope of a token that may write records.
    pub write_scope: &'static str,
    /// Scope of a token that may read property definitions.
    pub schema_read_scope: &'static str,
    /// Scope of a token that may change property definitions.
    pub schema_write_scope: &'static str,
}

/// The names of the two e-mail properties of an object type.
#[derive(Debug, PartialEq, Eq)]
pub struct Emails {
    /// One address: the primary one.
    pub primary: &'static str,
    /// Further addresses, joined by `;`.
    pub additional: &'static str,
}

/// The identifying property of every object type.
pub(crate) const OBJECT_ID: &str = "hs_object_id";
/// The creation time of every object type.
pub(crate) const CREATED: &str = "createdate";
/// Ids of the records that were merged into this one.
pub(crate) const MERGED_IDS: &str = "hs_merged_object_ids";

/// Contacts, the only object type so far.
pub const CONTACTS: ObjectType = ObjectType {
    id: "0-1",
    plural: "contacts",
    upper: "CONTACT",
    title: "Contact",
    modified: "lastmodifieddate",
    default_properties: &["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
    emails: Some(Emails { primary: "email", additional: "hs_additional_emails" }),
    read_scope: "crm.objects.contacts.read",
    write_scope: "crm.objects.contacts.write",
    schema_read_scope: "crm.schemas.contacts.read",
    schema_write_scope: "crm.schemas.contacts.write",
};

/// Every object type the portal knows.
pub(crate) static OBJECT_TYPES: [&ObjectType; 1] = [&CONTACTS];

impl ObjectType {
    /// Finds a type by its name or number in a path.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        OBJECT_TYPES.into_iter().find(|kind| kind.plural == name || kind.id == name)
    }
}
