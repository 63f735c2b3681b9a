//! Who we are at HubSpot, which columns exist, and whether the scope's owner is one.

use trueup_ports::{
    Fault, FieldInfo, Inspection,
    wire::{Answer, Call},
};

use super::{
    Hubspot,
    wire::{Account, Definition, Definitions, Owner},
};

/// Asks: three requests when an owner is configured and known, two without one.
pub(super) async fn inspect(hub: &Hubspot) -> Result<Inspection, Fault> {
    let account: Account = get(hub, hub.paths.account()).await?.json()?;
    let definitions: Definitions = get(hub, hub.paths.properties()).await?.json()?;
    let columns: Vec<FieldInfo> =
        definitions.results.into_iter().filter(|one| !one.archived).map(field).collect();
    let mut problems: Vec<String> = ext_id_problem(hub, &columns).into_iter().collect();
    if let Some(owner) = &hub.settings.owner {
        problems.extend(owner_problem(hub, owner).await?);
    }
    Ok(Inspection { tenant: tenant(&account), columns, problems })
}

/// The account's number alone: its host name and data centre can change, and external ids derive from this.
fn tenant(account: &Account) -> String {
    format!("hubspot {}", account.portal_id)
}

async fn get(hub: &Hubspot, path: Vec<&str>) -> Result<Answer, Fault> {
    let answer = hub.wire.query(Call::get(path)).await?;
    if answer.is_success() { Ok(answer) } else { Err(answer.garbled("it must answer 200")) }
}

fn field(definition: Definition) -> FieldInfo {
    FieldInfo {
        name: definition.name,
        kind: definition.kind,
        writable: !definition.calculated && !definition.modification_metadata.read_only_value,
        unique: definition.has_unique_value,
        // Empty as well when the options come from elsewhere, such as the list of owners (facts 8).
        options: definition.options.into_iter().map(|choice| choice.value).collect(),
    }
}

/// What is wrong with the property that shall carry our external id.
fn ext_id_problem(hub: &Hubspot, columns: &[FieldInfo]) -> Option<String> {
    let name = hub.settings.ext_id_column.as_deref()?;
    let fix = "create it in HubSpot as a text property with unique values, or leave `ext_id` out";
    match columns.iter().find(|column| column.name == name) {
        None => Some(format!("property {name} for external ids does not exist; {fix}")),
        Some(column) if !column.unique => Some(format!(
            "property {name} for external ids does not refuse duplicates, and that cannot be set afterwards; \
             name another property, {fix}"
        )),
        Some(_) => None,
    }
}

/// What is wrong with the owner: records carry owner ids, never user ids, and ids of people who left (trap 21).
async fn owner_problem(hub: &Hubspot, id: &str) -> Result<Option<String>, Fault> {
    if let Some(owner) = look_up(hub, id, &[]).await? {
        return Ok(owner.archived.then(|| archived(id)));
    }
    if look_up(hub, id, &[("archived", "true")]).await?.is_some() {
        return Ok(Some(archived(id)));
    }
    Ok(Some(match look_up(hub, id, &[("idProperty", "userId")]).await? {
        Some(owner) => {
            format!("{id} is a user id; the owner id of that user is {}, put that into the scope", owner.id)
        }
        None => format!("owner {id} does not exist; take the id from HubSpot's list of owners"),
    }))
}

fn archived(id: &str) -> String {
    format!("owner {id} is archived; put the id of an active owner into the scope")
}

async fn look_up(hub: &Hubspot, id: &str, query: &[(&str, &str)]) -> Result<Option<Owner>, Fault> {
    let call =
        query.iter().fold(Call::get(hub.paths.owner(id)), |call, (name, value)| call.with(name, value));
    let answer = hub.wire.query(call).await?;
    match answer.status() {
        // An id that is no number is refused with 400.
        400 | 404 if super::error::ApiError::read(answer.body()).is_some() => Ok(None),
        _ if answer.is_success() => answer.json().map(Some),
        _ => Err(answer.garbled("an owner does not answer so")),
    }
}
