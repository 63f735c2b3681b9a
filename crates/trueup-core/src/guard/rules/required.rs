//! The accident: a row without name and address is created, nothing about the new record says who it
//! is, and every later run creates it again (HubSpot takes contacts without an e-mail address). The
//! same without an external id where the system could keep it unique: a retry makes a twin. And with neither token nor
//! external id nobody could ever tell whether a create that was not answered made its record.

use super::hold;
use crate::{
    guard::{Facts, Objection},
    plan::{Act, Change, Edit, Plan},
    setup::Setup,
};

pub(super) fn ask(plan: &Plan, facts: &Facts<'_>) -> Vec<Objection> {
    hold(plan, |change| {
        let Act::Create { ext_id_column, .. } = &change.act else { return None };
        let keeps_unique = facts.mirrors.get(&change.system).is_some_and(|mirror| mirror.card.unique_ext_id);
        if keeps_unique && ext_id_column.is_none() {
            return Some("it would carry no external id: name a unique column with `ext_id`".to_owned());
        }
        let side = facts.setup.written(&change.system);
        if ext_id_column.is_none() && side.is_some_and(|side| side.token.is_none()) {
            let why = "nothing of ours would tell its record after a lost answer: name a `token`, or a unique column with `ext_id`";
            return Some(why.to_owned());
        }
        nameless(change, facts.setup)
            .then(|| "it has no address and no name, so no later run would know it again".to_owned())
    })
}

fn nameless(change: &Change, setup: &Setup) -> bool {
    let tells = |edit: &Edit| {
        let field = setup.field_named(edit.field.as_str()).map(|id| setup.field(id));
        field.is_some_and(|field| field.identity || field.label) && edit.after.value().is_some()
    };
    setup.fields().iter().any(|field| field.identity) && !change.edits.iter().any(tells)
}
