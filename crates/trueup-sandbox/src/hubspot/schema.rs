//! The endpoints of property definitions (facts section 8).

use serde::Deserialize;
use serde_json::{Value, json};

use super::Portal;
use super::answer::{Answer, Outcome};
use super::call::parse;
use super::errors::ApiError;
use super::object_type::ObjectType;
use super::properties::{PropertyDefinition, PropertyOption, PropertyType};
use super::query::Query;

/// Most unique properties of one object type.
const UNIQUE_MAX: usize = 10;

/// The body of a new definition.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct New {
    name: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    description: String,
    #[serde(rename = "type")]
    kind: PropertyType,
    field_type: String,
    #[serde(default)]
    group_name: String,
    #[serde(default)]
    options: Vec<PropertyOption>,
    #[serde(default)]
    has_unique_value: bool,
    #[serde(default)]
    external_options: bool,
    #[serde(default)]
    hidden: bool,
}

impl Portal {
    /// `GET /crm/properties/{v}/{type}`: all at once, without pages.
    pub(crate) fn list_properties(&self, kind: &'static ObjectType, query: &Query) -> Outcome {
        let definitions = &self.store(kind)?.definitions;
        let list = |archived| {
            let found = definitions.iter().filter(|definition| definition.archived == archived).map(render);
            json!({"results": found.collect::<Vec<_>>()})
        };
        if query.flag("archived") {
            return Ok(Answer::ok(list(true)));
        }
        // Every client asks for this long list again and again, and it hardly ever changes.
        Ok(Answer::written(definitions.published(|| list(false).to_string().into())))
    }

    /// `GET /crm/properties/{v}/{type}/{name}`.
    pub(crate) fn get_property(&self, kind: &'static ObjectType, name: &str, query: &Query) -> Outcome {
        let definitions = &self.store(kind)?.definitions;
        let found = definitions.find(name).and_then(|place| definitions.get(place));
        let found = found.filter(|definition| definition.archived == query.flag("archived"));
        found.map(|definition| Answer::ok(render(definition))).ok_or_else(ApiError::not_found)
    }

    /// `POST /crm/properties/{v}/{type}`. Only here can a property be made unique, and for ever.
    pub(crate) fn create_property(&mut self, kind: &'static ObjectType, body: &[u8]) -> Outcome {
        let new: New = parse(body)?;
        let definitions = &mut self.store_mut(kind)?.definitions;
        if definitions.live(&new.name).is_some() {
            let message = format!("A property named '{}' already exists.", new.name);
            return Err(ApiError::new(409, "OBJECT_ALREADY_EXISTS", message));
        }
        let unique = definitions.iter().filter(|definition| definition.has_unique_value).count();
        if new.has_unique_value && unique >= UNIQUE_MAX {
            return Err(ApiError::invalid(format!("at most {UNIQUE_MAX} properties can be unique")));
        }
        let definition = new.into_definition();
        let rendered = render(&definition);
        definitions.put(definition).ok_or_else(|| ApiError::invalid("too many properties"))?;
        Ok(Answer::with(201, rendered))
    }

    /// `DELETE /crm/properties/{v}/{type}/{name}`.
    pub(crate) fn archive_property(&mut self, kind: &'static ObjectType, name: &str) -> Outcome {
        let definition = self.store_mut(kind)?.definitions.get_mut(name).ok_or_else(ApiError::not_found)?;
        if definition.hubspot_defined {
            return Err(ApiError::invalid(format!("Property \"{name}\" cannot be archived")));
        }
        definition.archived = true;
        Ok(Answer::no_content())
    }
}

impl New {
    fn into_definition(self) -> PropertyDefinition {
        PropertyDefinition {
            name: self.name,
            label: self.label,
            description: self.description,
            kind: self.kind,
            field_type: self.field_type,
            group_name: self.group_name,
            options: self.options,
            has_unique_value: self.has_unique_value,
            external_options: self.external_options,
            hidden: self.hidden,
            ..PropertyDefinition::default()
        }
    }
}

/// What the API publishes: not the private options.
fn render(definition: &PropertyDefinition) -> Value {
    let label = if definition.label.is_empty() { &definition.name } else { &definition.label };
    let options: Vec<&PropertyOption> =
        definition.options.iter().filter(|_| !definition.external_options).collect();
    let own = !definition.hubspot_defined;
    json!({
        "name": definition.name, "label": label, "description": definition.description,
        "type": definition.kind, "fieldType": definition.field_type, "groupName": definition.group_name,
        "options": options, "externalOptions": definition.external_options,
        "hasUniqueValue": definition.has_unique_value, "calculated": definition.calculated,
        "hidden": definition.hidden, "hubspotDefined": definition.hubspot_defined, "formField": own,
        "dataSensitivity": "non_sensitive", "archived": definition.archived,
        "modificationMetadata": {"archivable": own, "readOnlyDefinition": !own, "readOnlyOptions": !own,
            "readOnlyValue": definition.read_only_value},
    })
}
