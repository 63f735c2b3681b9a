//! One entity over all its copies: what differs, what follows, which bucket each copy ends in.

use std::{borrow::Cow, collections::BTreeMap};

use super::{Builder, MirrorView, state::field_key};
use crate::{
    drift::{Agreement, Copy, compare, recalled},
    link::{FieldBase, Link, Linked, Pair},
    memory::LinkKey,
    name::{ClassId, EntityKey, FieldId},
    plan::{Act, Bucket, Change, Edit, Held, Origin, PRIMARY_REPLACED},
    record::Record,
    setup::Mapping,
    value::Kind,
};

/// One mirror's copy of the entity at hand, and what was found on it so far.
pub(super) struct Member<'a> {
    pub(super) view: &'a MirrorView<'a>,
    pub(super) pair: &'a Pair,
    pub(super) theirs: &'a Record,
    pub(super) found: Found,
    mapping: &'a Mapping,
    at: usize,
}

impl<'a> Member<'a> {
    fn copy<'c>(&self, link: Option<&'c Link>) -> Copy<'c>
    where
        'a: 'c,
    {
        Copy {
            at: self.at,
            mirror: self.view.side,
            mapping: self.mapping,
            record: self.theirs,
            link,
            how: self.pair.how,
            suspended: self.pair.suspended.is_some(),
        }
    }
}

/// What was found on one copy.
#[derive(Default)]
pub(super) struct Found {
    pub(super) edits: Vec<Edit>,
    pub(super) bases: Vec<FieldBase>,
    /// Where the copy ends up if nothing is written to it; it agrees where nothing was marked.
    mark: Option<Bucket>,
    /// Whether it waits for more than that the source of truth is told: others contend for a field of it.
    pub(super) beside: bool,
}

impl Found {
    /// Marks the copy; what needs somebody's eyes most stays.
    pub(super) fn mark(&mut self, bucket: Bucket) {
        let graver = |a: Bucket, b: Bucket| if gravity(a) >= gravity(b) { a } else { b };
        self.mark = Some(self.mark.map_or(bucket, |before| graver(before, bucket)));
    }
}

const fn gravity(bucket: Bucket) -> u8 {
    match bucket {
        Bucket::Conflict => 3,
        Bucket::Failed => 2,
        Bucket::Excluded => 1,
        Bucket::Pending | Bucket::InSync | Bucket::OutOfScope => 0,
    }
}

/// The entity at hand, as the source of truth has it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) key: &'a EntityKey,
    pub(super) ours: &'a Record,
}

impl<'a> Builder<'a> {
    /// Compares every entity with all its copies at once: where several moved, they are one question.
    pub(super) fn entities(&mut self, views: &'a [MirrorView<'a>], linked: &'a [Linked]) {
        let mut members: BTreeMap<usize, Vec<Member<'a>>> = BTreeMap::new();
        for (view, linked) in views.iter().zip(linked) {
            let system = &view.side.side.system;
            let Some(at) = self.setup.mirrors().iter().position(|one| one.side.system == *system) else {
                continue;
            };
            let mapping = self.setup.mapping(view.side);
            for pair in &linked.pairs {
                let Some(theirs) = view.seen.records.get(pair.mirror) else { continue };
                let member = Member { view, pair, theirs, found: Found::default(), mapping, at };
                members.entry(pair.canonical).or_default().push(member);
            }
        }
        for (at, members) in members {
            self.entity(at, members);
        }
    }

    fn entity(&mut self, at: usize, members: Vec<Member<'a>>) {
        let Some(ours) = self.canon.get(at) else { return };
        let key = self.canon.key(at);
        let subject = Subject { key: &key, ours };
        self.revive(&key);
        let mut members = self.without_open((at, &key), members);
        for member in &members {
            // There is a record now, whoever made it or brought it back.
            let whole = field_key(&member.view.side.side.system, &key, "");
            self.unpark_agreed(&whole);
            self.release(&whole);
        }
        let links: Vec<_> = members.iter().map(|member| self.known(subject, member)).collect();
        let told = self.fields(subject, &mut members, &links);
        self.tell_canonical(subject, told);
        for (member, link) in members.into_iter().zip(links) {
            self.conclude(subject, member, link);
        }
    }

    /// The link to a copy, as what both sides hold tells it.
    fn known(&self, subject: Subject<'_>, member: &Member<'a>) -> Option<Cow<'a, Link>> {
        let link = self.link_to(member.view.seen, subject.key, member.theirs)?;
        let records = (subject.ours, member.theirs);
        Some(recalled(self.setup, member.view.side, records, link, self.memory))
    }

    /// Leaves alone what an earlier write may still reach: a copy, or all of them when the source of truth was
    /// written, be it that its very record was being made after one of them.
    fn without_open(
        &mut self,
        (at, entity): (usize, &EntityKey),
        members: Vec<Member<'a>>,
    ) -> Vec<Member<'a>> {
        let truth = self.setup.canonical().system.clone();
        let making = self.canon.origin(at).map(Origin::entity);
        let given_up = self.link_of(&truth, entity).is_some_and(|link| link.given_up.is_some());
        let whole = given_up
            || [Some(entity), making.as_ref()].into_iter().flatten().any(|own| self.is_open(&truth, own));
        let (open, free): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| {
            let woken = self.wakes(member.view.seen, entity, member.theirs);
            whole || woken || self.is_open(&member.view.side.side.system, entity)
        });
        for member in open {
            let what = "an earlier write may still land; left alone in this run";
            self.reason("open_intent", entity.as_str(), what);
            self.leave(entity.as_str());
            self.count(&member.view.side.side.system, Bucket::Pending, 1);
        }
        free
    }

    /// Agrees field by field; gives what the source of truth is told.
    fn fields(
        &mut self,
        subject: Subject<'_>,
        members: &mut [Member<'a>],
        links: &[Option<Cow<'a, Link>>],
    ) -> Vec<Edit> {
        let mut told = Vec::new();
        let copies = members.iter().zip(links).map(|(member, link)| member.copy(link.as_deref()));
        let copies: Vec<Copy<'_>> = copies.collect();
        for id in (0..self.setup.fields().len()).filter_map(|at| u16::try_from(at).ok()).map(FieldId) {
            match compare(self.setup, id, subject.ours, &copies, self.memory) {
                None => {}
                Some(Agreement::Unknown(trouble)) => {
                    self.canonical_unknown(subject, id, &trouble, members);
                }
                Some(Agreement::Changed { canonical, copies }) => {
                    self.changed(subject, id, &canonical, copies, members);
                }
                Some(Agreement::Known { canonical, copies }) => {
                    let lead = self.lead(subject, canonical.as_ref(), members, &mut told);
                    for (at, compared) in copies {
                        if let Some(member) = members.get_mut(at) {
                            self.field(subject, member, id, compared, lead);
                        }
                    }
                }
            }
        }
        told
    }

    fn tell_canonical(&mut self, subject: Subject<'_>, edits: Vec<Edit>) {
        if edits.is_empty() {
            return;
        }
        self.changes.push(Change {
            system: self.setup.canonical().system.clone(),
            entity: subject.key.clone(),
            label: self.label(subject.ours),
            act: Act::Update { remote: subject.ours.id.clone(), how: crate::link::How::Key },
            edits,
        });
    }

    fn conclude(&mut self, subject: Subject<'_>, mut member: Member<'a>, link: Option<Cow<'a, Link>>) {
        let bases = std::mem::take(&mut member.found.bases);
        let system = &member.view.side.side.system;
        self.remember((system, subject.key), member.theirs, (link, member.pair.how), bases);
        let bucket = self.bucket(subject, member);
        self.count(system, bucket, 1);
    }

    fn bucket(&mut self, subject: Subject<'_>, member: Member<'a>) -> Bucket {
        let Member { view, pair, theirs, mut found, .. } = member;
        let suspended = pair.suspended.is_some();
        let wants = !found.edits.is_empty();
        // A plan shows and sends the fields of a mirror in the order in which it is configured.
        let place = |edit: &Edit| {
            view.side.side.bindings.iter().position(|b| *self.setup.field_name(b.field) == edit.field)
        };
        found.edits.sort_by_key(place);
        if let Some(what) = self.replaced(view, subject.ours, &found.edits) {
            self.reason(PRIMARY_REPLACED, subject.key.as_str(), what);
        }
        if wants {
            let change = Change {
                system: view.side.side.system.clone(),
                entity: subject.key.clone(),
                label: self.label(subject.ours),
                act: Act::Update { remote: theirs.id.clone(), how: pair.how },
                edits: found.edits,
            };
            match &pair.suspended {
                None => self.changes.push(change),
                Some(class) => self.hold_back(change, class),
            }
        }
        match found.mark {
            _ if wants && !suspended => Bucket::Pending,
            Some(Bucket::Pending) | None if suspended => Bucket::Excluded,
            Some(Bucket::Pending) if !found.beside => {
                let system = view.side.side.system.clone();
                self.telling.insert(LinkKey { system, entity: subject.key.clone() });
                Bucket::Pending
            }
            mark => mark.unwrap_or(Bucket::InSync),
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
}
