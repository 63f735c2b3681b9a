//! One field of one entity: what each side is told, or why not.

use super::{
    Builder, MirrorView,
    entity::{Member, Subject},
    state::field_key,
};
use crate::{
    drift::{Compared, Diff, FieldOutcome, Follower, Tell, classify, sides},
    memory::{Conflict, FieldKey},
    merge::{Claim, Party, Survivor},
    name::{ClassId, EntityKey, FieldId, RemoteId, SystemName},
    plan::{Agreeing, Bucket, Edit, FieldConflict, Finding, FindingKey, FindingKind, Turn, Values},
    setup::{Action, Binding, Trigger},
    value::{Cell, Trouble},
};

/// The class of a field that may never change, and was changed.
const CHANGED: &str = "immutable";

/// What the source of truth does first, as far as the mirrors care.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// Nothing.
    Rests,
    /// It is told: whoever does not hold the value yet is told after it.
    Told,
    /// It should be told, and is not: nobody else is either.
    Stuck,
}

/// One difference, with what can be done about it.
struct Question<'q> {
    system: &'q SystemName,
    binding: &'q Binding,
    column: &'q str,
    raw: &'q Cell,
    remotes: Vec<RemoteId>,
    diff: &'q Diff,
    turn: Turn,
}

impl<'a> Builder<'a> {
    /// Plans what the source of truth is told, if anything.
    pub(super) fn lead(
        &mut self,
        subject: Subject<'_>,
        tell: Option<&Tell>,
        members: &mut [Member<'a>],
        told: &mut Vec<Edit>,
    ) -> Lead {
        let setup = self.setup;
        let Some(tell) = tell else { return Lead::Rests };
        let Some(truth) = setup.written_canonical() else { return Lead::Stuck };
        let Some(binding) = truth.side.binding(tell.diff.field) else { return Lead::Stuck };
        let question = Question {
            system: &truth.side.system,
            binding,
            column: truth.side.column(binding),
            raw: subject.ours.cell(binding.column),
            remotes: vec![subject.ours.id.clone()],
            diff: &tell.diff,
            turn: Turn::First(self.agreeing(tell)),
        };
        // What an undo put back, or the system refused, is remembered by the value that would be written.
        let whole = setup.field(tell.diff.field).kind.lenient(&binding.lens.get(question.raw));
        let edit = match self.barred(subject, &question, &tell.diff.wanted, &whole) {
            None => self.ask(subject, question),
            Some(_) => None,
        };
        for member in members.iter_mut() {
            if edit.is_none() {
                member.found.mark(Bucket::Excluded);
            }
        }
        let lead = if edit.is_some() { Lead::Told } else { Lead::Stuck };
        told.extend(edit);
        lead
    }

    fn agreeing(&self, tell: &Tell) -> Vec<Agreeing> {
        let own = |one: &Follower| {
            let system = self.setup.mirrors().get(one.position)?.side.system.clone();
            Some(Agreeing { system, held: one.held.clone(), partly: one.partly })
        };
        tell.followers.iter().filter_map(own).collect()
    }

    pub(super) fn field(
        &mut self,
        subject: Subject<'_>,
        member: &mut Member<'a>,
        id: FieldId,
        compared: Compared,
        lead: Lead,
    ) {
        let system = member.view.side.side.system.clone();
        self.extras(subject.key, id, compared.extra);
        member.found.bases.extend(compared.met);
        let key = field_key(&system, subject.key, self.setup.field_name(id).as_str());
        match compared.outcome {
            FieldOutcome::Rest if self.rests_apart(subject, member, id, &key) => {
                member.found.mark(Bucket::Excluded);
            }
            FieldOutcome::Rest => self.rest(subject, member, id, &key),
            FieldOutcome::Account(base) => {
                self.rest(subject, member, id, &key);
                member.found.bases.push(base);
            }
            FieldOutcome::Waits => member.found.mark(Bucket::Pending),
            FieldOutcome::Beside => {
                member.found.mark(Bucket::Pending);
                member.found.beside = true;
                self.beside(key);
            }
            FieldOutcome::Conflict(claims) => {
                member.found.mark(Bucket::Conflict);
                self.conflict(member.view, subject.key, id, claims);
            }
            FieldOutcome::Unknown(trouble) => {
                member.found.mark(Bucket::Excluded);
                self.unreadable(&system, subject.key, id, &trouble, vec![member.theirs.id.clone()]);
            }
            FieldOutcome::Differs(_) if lead == Lead::Stuck => member.found.mark(Bucket::Excluded),
            FieldOutcome::Differs(diff) => self.differs(subject, member, &diff, lead),
        }
    }

    /// Whether an undo left the two sides of a field apart, and neither moved since: that is held, and told as such.
    fn rests_apart(
        &mut self,
        subject: Subject<'_>,
        member: &Member<'a>,
        id: FieldId,
        key: &FieldKey,
    ) -> bool {
        let truth = field_key(&self.setup.canonical().system, subject.key, key.field.as_str());
        if ![key, &truth].into_iter().any(|key| self.memory.holds.contains_key(key)) {
            return false;
        }
        let Some((ours, theirs)) = sides(self.setup, member.view.side, id, subject.ours, member.theirs)
        else {
            return false;
        };
        let apart = !ours.same(&theirs) && (self.is_held(key, &ours) || self.is_held(&truth, &theirs));
        if apart {
            let what = format!("{} stays as the undo left it", key.field);
            self.reason("held_after_undo", subject.key.as_str(), what);
        }
        apart
    }

    /// Nothing is told: what waited for both sides to agree is over, if they do. So is a hold at another value than theirs:
    /// what either says from then on is no redoing of what was undone.
    fn rest(&mut self, subject: Subject<'_>, member: &Member<'a>, id: FieldId, key: &FieldKey) {
        self.unpark_agreed(key);
        let held = self.memory.holds.contains_key(key);
        let disputed = self.disputed(key);
        if !held && disputed.is_none() {
            return;
        }
        let agreed = self.agreed(subject, member, id);
        if held && agreed.as_ref().is_some_and(|agreed| !self.is_held(key, agreed)) {
            self.release(key);
        }
        if disputed.is_some_and(|row| agreed.is_some() || !met_by_an_undo(row)) {
            self.rested.insert(key.clone());
        }
    }

    /// Others contend for a field, and this copy no longer does: what it once claimed was taken, or is taken back.
    fn beside(&mut self, key: FieldKey) {
        if self.disputed(&key).is_some_and(|row| !met_by_an_undo(row)) {
            self.rested.insert(key);
        }
    }

    fn disputed(&self, key: &FieldKey) -> Option<&'a Conflict> {
        self.memory.conflicts.get(key).filter(|row| row.closed.is_none())
    }

    /// What both sides say, if that is the same; what a mirror holds of a union besides is its own.
    fn agreed(&self, subject: Subject<'_>, member: &Member<'a>, id: FieldId) -> Option<Cell> {
        let (ours, theirs) = sides(self.setup, member.view.side, id, subject.ours, member.theirs)?;
        let shared = || ours.items().iter().all(|item| theirs.items().contains(item));
        let union = self.setup.field(id).survivor == Survivor::Union;
        (ours.same(&theirs) || union && theirs.is_known() && shared()).then_some(ours)
    }

    pub(super) fn canonical_unknown(
        &mut self,
        subject: Subject<'_>,
        id: FieldId,
        trouble: &Trouble,
        members: &mut [Member<'a>],
    ) {
        let mapped = |member: &&mut Member<'a>| {
            let mut bindings = member.view.side.side.bindings.iter();
            bindings.any(|binding| binding.field == id && !binding.create_only)
        };
        let mut asked = false;
        for member in members.iter_mut().filter(mapped) {
            member.found.mark(Bucket::Excluded);
            asked = true;
        }
        if asked {
            let truth = self.setup.canonical().system.clone();
            self.unreadable(&truth, subject.key, id, trouble, Vec::new());
        }
    }

    /// A field that may never change was changed where others are told from: told for each copy, sent to none.
    pub(super) fn changed(
        &mut self,
        subject: Subject<'_>,
        id: FieldId,
        canonical: &Cell,
        copies: Vec<(usize, Cell)>,
        members: &mut [Member<'a>],
    ) {
        let field = self.setup.field_name(id).clone();
        for (at, mirror) in copies {
            let Some(member) = members.get_mut(at) else { continue };
            member.found.mark(Bucket::Excluded);
            let key = FindingKey {
                class: ClassId::new(CHANGED),
                system: member.view.side.side.system.clone(),
                subject: format!("{}.{field}", subject.key),
            };
            self.find(Finding {
                key,
                kind: FindingKind::Finding,
                entity: Some(subject.key.clone()),
                remotes: vec![member.theirs.id.clone()],
                what: format!("{field} may never change, and was changed; nobody is told"),
                values: vec![Values { field: field.clone(), canonical: canonical.clone(), mirror }],
                place: subject.ours.place.clone(),
            });
        }
    }

    fn conflict(&mut self, view: &MirrorView<'_>, entity: &EntityKey, id: FieldId, claims: Vec<Claim>) {
        self.conflicts.push(FieldConflict {
            system: view.side.side.system.clone(),
            entity: entity.clone(),
            field: self.setup.field_name(id).clone(),
            claims,
        });
    }

    fn unreadable(
        &mut self,
        system: &SystemName,
        entity: &EntityKey,
        id: FieldId,
        trouble: &Trouble,
        remotes: Vec<RemoteId>,
    ) {
        let field = self.setup.field_name(id);
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

    /// A mirror should say something else.
    fn differs(&mut self, subject: Subject<'_>, member: &mut Member<'a>, diff: &Diff, lead: Lead) {
        let field = self.setup.field(diff.field);
        // The finding itself is about these fields: it replaces their differences.
        if member.pair.suspended.is_some() && field.identity {
            return;
        }
        if member.pair.accepted && field.identity {
            member.found.mark(Bucket::Excluded);
            let what = format!("{} stays: a person accepted the addresses", field.name);
            return self.reason("accepted", subject.key.as_str(), what);
        }
        let side = &member.view.side.side;
        let Some(binding) = side.binding(diff.field) else { return };
        let question = Question {
            system: &side.system,
            binding,
            column: side.column(binding),
            raw: member.theirs.cell(binding.column),
            remotes: vec![member.theirs.id.clone()],
            diff,
            turn: if lead == Lead::Told { Turn::Second } else { Turn::Alone },
        };
        // The gate remembers the whole cell, also what the comparison leaves out.
        let whole = field.kind.lenient(&binding.lens.get(question.raw));
        match self.barred(subject, &question, &diff.canonical, &whole) {
            Some(Barred::Held) => member.found.mark(Bucket::Excluded),
            Some(Barred::Parked) => member.found.mark(Bucket::Failed),
            None => match self.ask(subject, question) {
                Some(edit) => member.found.edits.push(edit),
                None => member.found.mark(Bucket::Excluded),
            },
        }
    }

    /// Whether an undo or a refusal still stands against telling this.
    fn barred(
        &mut self,
        subject: Subject<'_>,
        question: &Question<'_>,
        value: &Cell,
        whole: &Cell,
    ) -> Option<Barred> {
        let field = self.setup.field_name(question.diff.field);
        let key = field_key(question.system, subject.key, field.as_str());
        if self.is_held(&key, value) {
            let what = format!("{field} stays as the undo left it");
            self.reason("held_after_undo", subject.key.as_str(), what);
            return Some(Barred::Held);
        }
        self.is_parked(&key, value, whole).then_some(Barred::Parked)
    }

    /// The class of a difference says what is done: an edit, or a finding and no edit.
    fn ask(&mut self, subject: Subject<'_>, question: Question<'_>) -> Option<Edit> {
        let diff = question.diff;
        let field = self.setup.field(diff.field);
        let class = match classify(self.setup, diff) {
            Ok(class) => class.map(|class| (class.id.clone(), class.action)),
            Err(unclear) => {
                let what = format!("{} differs, and its class cannot be told: {}", field.name, unclear.why);
                self.flag(subject.key, &question, unclear.class.id.clone(), what, "");
                return None;
            }
        };
        let (class, action) = class.unwrap_or_else(|| (ClassId::new("other"), Action::Flag));
        match (action, question.binding.lens.put(question.raw, &diff.wanted)) {
            (Action::Fix, Ok(after)) => {
                return Some(Edit {
                    field: field.name.clone(),
                    column: question.column.to_owned(),
                    class,
                    before: question.raw.clone(),
                    after,
                    wanted: diff.wanted.clone(),
                    canonical: match question.turn {
                        Turn::First(_) => diff.wanted.clone(),
                        Turn::Alone | Turn::Second => diff.canonical.clone(),
                    },
                    turn: question.turn,
                });
            }
            (Action::Fix, Err(error)) => {
                let what = format!("{} cannot be written: {error}", field.name);
                self.flag(subject.key, &question, class, what, &subject.ours.place);
            }
            (Action::Flag, _) => {
                let what = format!("{} differs", field.name);
                self.flag(subject.key, &question, class, what, "");
            }
        }
        None
    }

    /// What only the mirror holds of a union is kept and reported, also when nothing else differs.
    fn extras(&mut self, entity: &EntityKey, id: FieldId, extra: usize) {
        if extra > 0 {
            let field = self.setup.field_name(id);
            let what = format!("{extra} of {field} stand only in the mirror and are kept");
            self.reason("extra_kept", entity.as_str(), what);
        }
    }

    fn flag(
        &mut self,
        entity: &EntityKey,
        question: &Question<'_>,
        class: ClassId,
        what: String,
        place: &str,
    ) {
        let field = self.setup.field_name(question.diff.field);
        let key = FindingKey { class, system: question.system.clone(), subject: format!("{entity}.{field}") };
        self.find(Finding {
            key,
            kind: FindingKind::Finding,
            entity: Some(entity.clone()),
            remotes: question.remotes.clone(),
            what,
            values: vec![Values {
                field: field.clone(),
                canonical: question.diff.canonical.clone(),
                mirror: question.diff.mirror.clone(),
            }],
            place: place.to_owned(),
        });
    }
}

/// Why a difference is left as it is, though it should be mended.
enum Barred {
    /// An undo restored the field.
    Held,
    /// The system refused the write.
    Parked,
}

/// Whether a conflict is about what an undo met: nobody contends for that field, so that it stays told until both sides
/// agree. Any other one is over once nothing moved since it was last accounted for, however either side spells it.
fn met_by_an_undo(row: &Conflict) -> bool {
    row.claims.iter().any(|claim| claim.party == Party::Journal)
}
