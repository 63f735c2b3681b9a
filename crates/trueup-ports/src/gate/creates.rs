//! What a create comes to: the record that was made, one that an earlier create made, or nobody knows which.

use trueup_core::{
    journal::{Draft, Event},
    link::{FieldBase, How, Link, LinkState},
    memory::{Note, Parked},
    merge::Flow,
    name::FieldName,
    plan::{Act, whole},
    record::Record,
    settle::{Answer, Audit, Evidence, audit, blanks},
    setup::MirrorSide,
    value::{Cell, Print},
};

use super::{
    Doors, Fate, FieldFate,
    batch::Answered,
    forgets_creates,
    lookup::Seen,
    notes::{
        Settlement, answer, closed, draft, ended, field_fate, field_key, left_open, not_even_tried,
        record_draft,
    },
    truth,
    unseen::made,
};
use crate::{Fault, Refusal};

/// Settles a create.
pub(super) fn settled(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered, seen: Seen<'_>) -> Settlement {
    match (seen, &one.answer) {
        (Seen::Read(record), Ok(_)) => created(doors, mirror, one, record),
        (Seen::Read(record), Err(_)) => adopted(doors, mirror, one, record),
        (Seen::Nothing | Seen::Unread, Ok(remote)) => {
            let links = truth::new_links(one, remote, How::Created);
            let mut notes = made(doors, mirror, one, links);
            notes.push(Note::Journal(Box::new(record_draft(doors, one, Event::Created, remote))));
            closed(one, Fate::Landed, notes)
        }
        (_, Err(fault)) if not_even_tried(fault) => closed(one, Fate::NotDone(fault.to_string()), Vec::new()),
        // Where an external id is unique, a refusal may mean that an earlier create of ours is there: it
        // must be looked for first. Where none is, there is nothing to look by, and a refusal is a refusal.
        (seen, Err(fault @ (Fault::Rejected(_) | Fault::BatchRefused(_))))
            if matches!(seen, Seen::Nothing) || mirror.ext_id_column.is_none() =>
        {
            refused(doors, one, fault)
        }
        (_, Err(fault)) if forgets_creates() => closed(one, Fate::NotDone(fault.to_string()), Vec::new()),
        (_, Err(_)) => left_open(one),
    }
}

fn created(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered, record: &Record) -> Settlement {
    let mapping = doors.setup.mapping(mirror);
    let eyes = Evidence { setup: doors.setup, mirror, mapping, memory: doors.memory };
    let audit = audit(&eyes, &one.intent, &answer(one), Some(record), true);
    let mut links = truth::new_links(one, &record.id, How::Created);
    links.iter_mut().take(1).for_each(|link| link.version = record.version);
    based(doors, mirror, one, record, (&audit.bases, &mut links));
    let mut notes = truth::followers(doors, one, &audit.endings, links);
    notes.push(Note::Journal(Box::new(record_draft(doors, one, Event::Created, &record.id))));
    notes.extend(audit.endings.iter().flat_map(|end| ended(doors, one, end)));
    let mut settlement = closed(one, Fate::Landed, notes);
    settlement.outcome.fields = audit.endings.iter().map(field_fate).collect();
    settlement
}

/// Remembers in the links of a record that was made what it was seen to hold. What the source of truth holds is
/// accounted for in the mirrors' links: there it is that of the record it was made after.
fn based(
    doors: &Doors<'_>,
    made: &MirrorSide,
    one: &Answered,
    record: &Record,
    (bases, links): (&[FieldBase], &mut [Link]),
) {
    for link in links {
        let Some(mirror) = doors.setup.mirror(&link.system) else { continue };
        let own = link.system == made.side.system;
        let mapping = doors.setup.mapping(mirror);
        let eyes = Evidence { setup: doors.setup, mirror, mapping, memory: doors.memory };
        let unasked = if own { Flow::In } else { Flow::Out };
        let blanks = blanks(&eyes, &one.intent, (&made.side, record), unasked);
        let landed = bases.iter().filter(|_| own).cloned();
        blanks.into_iter().chain(landed).for_each(|base| link.set_base(base));
    }
}

/// The record of an earlier create of ours. What it still holds of what it was made with is accounted for; whatever
/// was changed since is not trampled but compared like anything met for the first time.
pub(super) fn adopted(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered, record: &Record) -> Settlement {
    taken(doors, mirror, one, record, &unanswered(doors, mirror, one, record), None)
}

/// The only record that carries the token of a create. A system may refuse the token and make the record all the
/// same, and somebody may have written the token into another one: that this is the one we made is told only if it
/// holds everything that was sent.
pub(super) fn carrying(
    doors: &Doors<'_>,
    mirror: &MirrorSide,
    one: &Answered,
    record: &Record,
) -> Settlement {
    let audit = unanswered(doors, mirror, one, record);
    let alike = audit.endings.iter().all(|end| end.event == Event::Landed);
    let why =
        "the record that carries its token does not hold all that was sent; another one may be what was made";
    taken(doors, mirror, one, record, &audit, (!alike).then_some(why))
}

fn unanswered(doors: &Doors<'_>, mirror: &MirrorSide, one: &Answered, record: &Record) -> Audit {
    let eyes =
        Evidence { setup: doors.setup, mirror, mapping: doors.setup.mapping(mirror), memory: doors.memory };
    audit(&eyes, &one.intent, &Answer::Unknown, Some(record), true)
}

fn taken(
    doors: &Doors<'_>,
    mirror: &MirrorSide,
    one: &Answered,
    record: &Record,
    audit: &Audit,
    doubt: Option<&str>,
) -> Settlement {
    let mut links = truth::new_links(one, &record.id, How::Adopted);
    based(doors, mirror, one, record, (&audit.bases, &mut links));
    let outside = mirror.scope.as_ref().is_some_and(|scope| !scope.holds(record));
    links.iter_mut().take(1).filter(|_| outside).for_each(|link| link.state = LinkState::OutOfScope);
    let mut notes = truth::followers(doors, one, &audit.endings, links);
    let told = match doubt {
        None => record_draft(doors, one, Event::Adopted, &record.id),
        Some(why) => doubted(record_draft(doors, one, Event::InDoubt, &record.id), one, why),
    };
    notes.push(Note::Journal(Box::new(told)));
    closed(one, Fate::Landed, notes)
}

fn doubted(draft: Draft, one: &Answered, why: &str) -> Draft {
    Draft { evidence: format!("{}: {why}", one.evidence), ..draft }
}

fn refused(doors: &Doors<'_>, one: &Answered, fault: &Fault) -> Settlement {
    let prints = [whole(&one.intent.change.edits), Cell::Null].map(|cell| doors.memory.print(&cell));
    let mut settlement = parked(doors, one, (Event::Refused, &fault.to_string()), prints);
    if let Fault::Rejected(refusals) = fault {
        settlement.outcome.fields = refusals.iter().filter_map(|refusal| blamed(one, refusal)).collect();
    }
    settlement
}

/// The field that a refusal blames, if it names its column.
fn blamed(one: &Answered, refusal: &Refusal) -> Option<FieldFate> {
    let column = refusal.column.as_deref()?;
    let edit = one.intent.change.edits.iter().find(|edit| edit.column == column)?;
    Some(FieldFate {
        field: edit.field.clone(),
        class: edit.class.clone(),
        event: Event::Refused,
        exact: false,
        reason: refusal.reason.clone(),
    })
}

/// No record carries the token of a create: it is made again, unless a record without the token, which the system may
/// have refused, is found to be its entity's. Nobody can tell then who made that one.
pub(super) fn unseen(doors: &Doors<'_>, one: &Answered) -> Settlement {
    let why = "no record carries its token; one without it may be what was made";
    let own = doubted(draft(doors, &one.intent, Event::InDoubt, None), one, why);
    closed(one, Fate::NotDone("it was seen not to exist".into()), vec![Note::Journal(Box::new(own))])
}

/// Nobody can tell whether the record was made, nor which one it is: it is not made again before a person says so.
pub(super) fn in_doubt(doors: &Doors<'_>, one: &Answered, why: &str) -> Settlement {
    parked(doors, one, (Event::InDoubt, why), [None, None])
}

fn parked(
    doors: &Doors<'_>,
    one: &Answered,
    (event, why): (Event, &str),
    prints: [Option<Print>; 2],
) -> Settlement {
    let Act::Create { class, .. } = &one.intent.change.act else { return left_open(one) };
    let [canonical, mirror] = prints;
    let parked = Parked {
        class: class.clone(),
        reason: why.to_owned(),
        canonical,
        mirror,
        kept: None,
        since: doors.run.clone(),
    };
    let own = doubted(draft(doors, &one.intent, event, None), one, why);
    let key = field_key(&one.intent, FieldName::new(""));
    closed(one, Fate::Refused(why.to_owned()), vec![Note::Park(key, parked), Note::Journal(Box::new(own))])
}
