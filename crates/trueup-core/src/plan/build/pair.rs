//! One linked pair: what differs, what follows, which bucket it ends in.

use super::{Builder, MirrorView, state::field_key};
use crate::{
    drift::{Compared, Diff, FieldOutcome, Mapping, classify, compare},
    link::{FieldBase, Pair},
    merge::Claim,
    name::{ClassId, EntityKey, RemoteId},
    plan::{
        Act, Bucket, Change, Edit, FieldConflict, Finding, FindingKey, FindingKind, Held, PRIMARY_REPLACED,
        Values,
    },
    record::Record,
    setup::{Action, Binding, Trigger},
    value::{Kind, Trouble},
};

/// What was found on one pair so far.
#[derive(Default)]
struct Found {
    edits: Vec<Edit>,
    bases: Vec<FieldBase>,
    conflicted: bool,
    failed: bool,
    flagged: bool,
}

impl Builder<'_> {
    pub(super) fn pair(&mut self, view: &MirrorView<'_>, mapping: &Mapping, pair: &Pair) {
        let (Some(ours), Some(theirs)) = (self.canon.get(pair.canonical), view.seen.records.get(pair.mirror))
        else {
            return;
        };
        let entity = self.canon.key(pair.canonical);
        if self.has_open_intent(view, &entity) {
            self.reason(
                "open_intent",
                entity.as_str(),
                "an earlier write may still land; left alone in this run",
            );
            return self.count(Bucket::Pending, 1);
        }
        // There is a record now, whoever made it.
        self.unpark_agreed(&field_key(&view.side.side.system, &entity, ""));
        let mut found = Found::default();
        for (at, binding) in view.side.side.bindings.iter().enumerate() {
            if !binding.create_only {
                self.field(view, (binding, mapping.tag(at)), &entity, (ours, theirs), pair, &mut found);
            }
        }
        self.remember(view.seen, &entity, theirs, pair.how, std::mem::take(&mut found.bases));
        let bucket = self.conclude(view, pair, &entity, (ours, theirs), found);
        self.count(bucket, 1);
    }

    pub(super) fn has_open_intent(&self, view: &MirrorView<'_>, entity: &EntityKey) -> bool {
        self.memory.intents.values().any(|i| i.system() == &view.side.side.system && i.entity() == entity)
    }

    fn conclude(
        &mut self,
        view: &MirrorView<'_>,
        pair: &Pair,
        entity: &EntityKey,
        (ours, theirs): (&Record, &Record),
        found: Found,
    ) -> Bucket {
        let suspended = pair.suspended.is_some();
        let wants = !found.edits.is_empty();
        if let Some(what) = self.replaced(view, ours, &found.edits) {
            self.reason(PRIMARY_REPLACED, entity.as_str(), what);
        }
        if wants {
            let change = Change {
                system: view.side.side.system.clone(),
                entity: entity.clone(),
                label: self.label(ours),
                act: Act::Update { remote: theirs.id.clone(), how: pair.how },
                edits: found.edits,
            };
            match &pair.suspended {
                None => self.changes.push(change),
                Some(class) => self.hold_back(change, class),
            }
        }
        match () {
            () if wants && !suspended => Bucket::Pending,
            () if found.conflicted => Bucket::Conflict,
            () if found.failed => Bucket::Failed,
            () if suspended || found.flagged => Bucket::Excluded,
            () => Bucket::InSync,
        }
    }

    fn hold_back(&mut self, change: Change, class: &ClassId) {
        let why = "a finding on this record waits for a person".to_owned();
        self.held.push(Held { change, rule: class.to_string(), why });
    }

    /// That a main address is replaced which the source names nowhere. Some portals keep it as a further
    /// address and some forget it, and nothing tells beforehand.
    fn replaced(&self, view: &MirrorView<'_>, ours: &Record, edits: &[Edit]) -> Option<String> {
        let kind = |name: &str| self.setup.field_named(name).map(|id| &self.setup.field(id).kind);
        let main = edits.iter().find(|edit| kind(edit.field.as_str()) == Some(&Kind::Email))?;
        let further =
            view.side.side.bindings.iter().find(|b| self.setup.field(b.field).kind == Kind::Emails)?;
        let source = self.setup.canonical().binding(further.field)?;
        let ledger = self.setup.canonical().strict(source, self.setup.field(further.field), ours).items();
        let old = Kind::Email.lenient(&main.before).items();
        let field = &main.field;
        old.iter().any(|old| !ledger.contains(old)).then(|| {
            format!(
                "{field} replaces an address of no ledger: unless {} keeps it, only the journal does",
                view.side.side.system
            )
        })
    }

    /// How people call the entity: its label fields, in order.
    pub(super) fn label(&self, ours: &Record) -> String {
        self.setup.label(ours)
    }

    fn field(
        &mut self,
        view: &MirrorView<'_>,
        (binding, tag): (&Binding, u32),
        entity: &EntityKey,
        (ours, theirs): (&Record, &Record),
        pair: &Pair,
        found: &mut Found,
    ) {
        let link = self.link_to(view.seen, entity, theirs);
        let Compared { outcome, extra } =
            compare(self.setup, view.side, (binding, tag), (ours, theirs), (link, self.memory));
        self.extras(entity, binding, extra);
        let key = field_key(&view.side.side.system, entity, self.setup.field_name(binding.field).as_str());
        match outcome {
            FieldOutcome::Rest => self.rest(&key),
            FieldOutcome::Account(base) => {
                self.rest(&key);
                found.bases.push(base);
            }
            FieldOutcome::Conflict(claims) => {
                found.conflicted = true;
                self.conflict(view, entity, binding, claims);
            }
            FieldOutcome::CanonicalUnknown(trouble) => {
                found.flagged = true;
                self.unreadable(
                    &self.setup.canonical().system.clone(),
                    entity,
                    binding,
                    &trouble,
                    Vec::new(),
                );
            }
            FieldOutcome::MirrorUnknown(trouble) => {
                found.flagged = true;
                self.unreadable(&view.side.side.system, entity, binding, &trouble, vec![theirs.id.clone()]);
            }
            FieldOutcome::Differs(diff) => {
                self.differs(view, binding, entity, (ours, theirs), pair, &diff, found);
            }
        }
    }

    fn conflict(&mut self, view: &MirrorView<'_>, entity: &EntityKey, binding: &Binding, claims: Vec<Claim>) {
        self.conflicts.push(FieldConflict {
            system: view.side.side.system.clone(),
            entity: entity.clone(),
            field: self.setup.field_name(binding.field).clone(),
            claims,
        });
    }

    fn unreadable(
        &mut self,
        system: &crate::name::SystemName,
        entity: &EntityKey,
        binding: &Binding,
        trouble: &Trouble,
        remotes: Vec<RemoteId>,
    ) {
        let field = self.setup.field_name(binding.field);
        let key = self.finding_key(&Trigger::Unreadable, system, &format!("{entity}.{field}"));
        self.find(Finding {
            key,
            kind: FindingKind::Finding,
            entity: Some(entity.clone()),
            remotes,
            what: format!("{field} cannot be read: {}; the field is left alone", trouble.why),
            values: Vec::new(),
            place: trouble.place.clone(),
        });
    }

    #[expect(clippy::too_many_arguments, reason = "one field of one pair: every part of its place is needed")]
    fn differs(
        &mut self,
        view: &MirrorView<'_>,
        binding: &Binding,
        entity: &EntityKey,
        (ours, theirs): (&Record, &Record),
        pair: &Pair,
        diff: &Diff,
        found: &mut Found,
    ) {
        let field = self.setup.field(diff.field);
        // The finding itself is about these fields: it replaces their differences.
        if pair.suspended.is_some() && field.identity {
            return;
        }
        if pair.accepted && field.identity {
            found.flagged = true;
            let what = format!("{} stays: a person accepted the addresses", field.name);
            return self.reason("accepted", entity.as_str(), what);
        }
        let key = field_key(&view.side.side.system, entity, field.name.as_str());
        if self.is_held(&key, &diff.canonical) {
            found.flagged = true;
            return self.reason(
                "held_after_undo",
                entity.as_str(),
                format!("{} stays as the undo left it", field.name),
            );
        }
        // The gate remembers the whole cell, also what the comparison leaves out.
        let whole = field.kind.lenient(&binding.lens.get(theirs.cell(binding.column)));
        if self.is_parked(&key, &diff.canonical, &whole) {
            found.failed = true;
            return;
        }
        let class = match classify(self.setup, diff) {
            Ok(class) => class.map(|class| (class.id.clone(), class.action)),
            Err(unclear) => {
                found.flagged = true;
                let what = format!("{} differs, and its class cannot be told: {}", field.name, unclear.why);
                return self.flag(view, entity, theirs, unclear.class.id.clone(), diff, &what, "");
            }
        };
        let (class, action) = class.unwrap_or_else(|| (ClassId::new("other"), Action::Flag));
        let raw = theirs.cell(binding.column);
        match (action, binding.lens.put(raw, &diff.wanted)) {
            (Action::Fix, Ok(after)) => found.edits.push(Edit {
                field: field.name.clone(),
                column: view.side.side.column(binding).to_owned(),
                class,
                before: raw.clone(),
                after,
                wanted: diff.wanted.clone(),
                canonical: diff.canonical.clone(),
            }),
            (Action::Fix, Err(error)) => {
                found.flagged = true;
                let what = format!("{} cannot be written: {error}", field.name);
                self.flag(view, entity, theirs, class, diff, &what, &ours.place);
            }
            (Action::Flag, _) => {
                found.flagged = true;
                self.flag(view, entity, theirs, class, diff, &format!("{} differs", field.name), "");
            }
        }
    }

    /// What only the mirror holds of a union is kept and reported, also when nothing else differs.
    fn extras(&mut self, entity: &EntityKey, binding: &Binding, extra: usize) {
        if extra > 0 {
            let field = self.setup.field_name(binding.field);
            let what = format!("{extra} of {field} stand only in the mirror and are kept");
            self.reason("extra_kept", entity.as_str(), what);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one finding on one field: every part of it is needed")]
    fn flag(
        &mut self,
        view: &MirrorView<'_>,
        entity: &EntityKey,
        theirs: &Record,
        class: ClassId,
        diff: &Diff,
        what: &str,
        place: &str,
    ) {
        let field = self.setup.field_name(diff.field);
        let key =
            FindingKey { class, system: view.side.side.system.clone(), subject: format!("{entity}.{field}") };
        self.find(Finding {
            key,
            kind: FindingKind::Finding,
            entity: Some(entity.clone()),
            remotes: vec![theirs.id.clone()],
            what: what.to_owned(),
            values: vec![Values {
                field: field.clone(),
                canonical: diff.canonical.clone(),
                mirror: diff.mirror.clone(),
            }],
            place: place.to_owned(),
        });
    }
}
