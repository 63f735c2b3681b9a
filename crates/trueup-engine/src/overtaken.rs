//! What a fresh look does not ask for any more: nothing is sent for it, and it is told as superseded.

use trueup_core::{
    journal::{Draft, Event},
    memory::Note,
    name::RunId,
    plan::{Act, Change, Edit},
    record::Record,
    value::Cell,
};
use trueup_ports::gate::{Fate, Outcome};

use crate::{Account, Engine, cycle::Sight};

impl Engine {
    /// Counts and names changes that came to nothing before anything was sent; gives what is journaled of them.
    pub(crate) fn overtaken(&self, sight: &Sight, account: &mut Account, changes: Vec<Change>) -> Vec<Note> {
        let drafts = changes.iter().flat_map(|change| self.drafts(sight, &account.run, change));
        let notes = drafts.map(|draft| Note::Journal(Box::new(draft))).collect();
        let outcome = |change| Outcome { change, fate: Fate::Superseded, fields: Vec::new() };
        let outcomes: Vec<Outcome> = changes.into_iter().map(outcome).collect();
        account.applied(&outcomes);
        notes
    }

    /// One for each field of an update; a record that is not made or not put away is told as one.
    fn drafts(&self, sight: &Sight, run: &RunId, change: &Change) -> Vec<Draft> {
        match &change.act {
            Act::Update { .. } => {
                change.edits.iter().map(|edit| self.field_draft(sight, run, (change, edit))).collect()
            }
            Act::Archive { .. } | Act::Create { .. } => vec![self.whole(run, change)],
        }
    }

    fn field_draft(&self, sight: &Sight, run: &RunId, (change, edit): (&Change, &Edit)) -> Draft {
        Draft {
            field: Some(edit.field.clone()),
            column: Some(edit.column.clone()),
            class: Some(edit.class.clone()),
            before: edit.before.clone(),
            after: self.cell(sight, change, &edit.column),
            canonical: edit.canonical.clone(),
            ..self.whole(run, change)
        }
    }

    fn whole(&self, run: &RunId, change: &Change) -> Draft {
        Draft {
            run: run.clone(),
            at: self.world.now(),
            intent: None,
            system: change.system.clone(),
            entity: change.entity.clone(),
            remote: change.remote().cloned(),
            field: None,
            column: None,
            class: change.classes().first().map(|class| (*class).clone()),
            event: Event::Superseded,
            before: Cell::Absent,
            after: Cell::Absent,
            canonical: Cell::Absent,
            evidence: "a fresh look does not ask for it any more; nothing was sent".to_owned(),
        }
    }

    /// What the record was seen to hold, as far as it was seen.
    fn cell(&self, sight: &Sight, change: &Change, column: &str) -> Cell {
        let truth = self.setup.is_canonical(&change.system);
        let gathered = if truth { Some(&sight.canonical) } else { sight.mirrors.get(&change.system) };
        let own = |record: &&Record| Some(&record.id) == change.remote();
        let record = gathered.and_then(|seen| seen.snapshot.records.iter().find(own));
        let at = self.setup.written(&change.system).and_then(|side| side.side.column_named(column));
        record.zip(at).map_or(Cell::Absent, |(record, at)| record.cell(at).clone())
    }
}
