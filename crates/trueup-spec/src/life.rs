//! A whole entity: links, scopes, deletions and tombstones.

use anyhow::{Result, anyhow};
use jiff::{SignedDuration, Timestamp};
use trueup_core::{
    card::Card,
    link::{How, Link, LinkState},
    merge::{Flow, Survivor},
    name::{EntityKey, RemoteId, SystemName},
    setup::{Action, Draft, Setup, Trigger},
    snapshot::{Coverage, Snapshot, SourceTrouble},
    value::Cell,
};

use crate::{
    cycle::ACTIONS,
    outcome::Outcome,
    table::{Row, Section, Tell},
    world::{self, CANONICAL, ENTITY, MIRROR, REMOTE, Rules, World},
};

/// The section.
pub const SECTION: Section = Section {
    name: "life",
    about: "What a cycle does about a whole entity: links, scopes, deletions and tombstones",
    spec: include_str!("../spec/life.spec"),
    rows,
};

/// Leads that are gone, where the configuration asks for archives.
pub const GONE: Section = Section {
    name: "gone",
    about: "What a cycle does about a record whose lead is gone, where the configuration archives",
    spec: include_str!("../spec/gone.spec"),
    rows: gone,
};

/// What is remembered of the lead's own absence.
const LOOKS: [&str; 4] = ["first", "waiting", "waited", "tombstone"];
const LINKS: [&str; 6] = ["none", "active", "out_of_scope", "waiting", "waited", "tombstone"];
const RECORDS: [&str; 7] = ["listed", "merged", "stray", "foreign", "unclaimed", "missing", "unseen"];
const LISTINGS: [&str; 2] = ["whole", "some"];
const LEADS: [&str; 5] = ["seen", "gone", "unlisted", "doubtful", "unasked"];
/// Whether the source of truth is only read, or written as well; then records can be read by id.
const SOURCES: [(&str, bool); 2] = [("read", false), ("written", true)];
const VALUES: [&str; 4] = ["equal", "new", "mirror", "canonical"];
/// Under which id a merged record answers.
const MERGED: &str = "102";
const STRANGER: &str = "theirs";

#[derive(Clone, Copy)]
struct Case<'a> {
    setup: &'a Setup,
    card: &'a Card,
    link: &'static str,
    record: &'static str,
    listing: &'static str,
    lead: &'static str,
    value: &'static str,
    look: &'static str,
}

fn rows(row: &mut Tell<'_>) -> Result<()> {
    let card = world::card(MIRROR);
    for immutable in [false, true] {
        for action in ACTIONS {
            for source in SOURCES {
                let setup = setup(immutable, action.1, source.1)?;
                for case in cases(&setup, &card) {
                    let config = [if immutable { "yes" } else { "no" }, action.0, source.0];
                    case.tell(config, row)?;
                }
            }
        }
    }
    Ok(())
}

fn gone(row: &mut Tell<'_>) -> Result<()> {
    let card = world::card(MIRROR);
    for source in SOURCES {
        let setup = archiving(source.1)?;
        for case in cases(&setup, &card).into_iter().filter(|case| case.lead == "gone") {
            for look in LOOKS {
                Case { look, ..case }.tell_gone(source.0, row)?;
            }
        }
    }
    Ok(())
}

fn archiving(written: bool) -> Result<Setup> {
    let action = Some(Action::Fix);
    let rules = Rules { flow: Flow::Out, survivor: Survivor::Canonical, immutable: false, action };
    let mut draft = Draft { canonical_writes: written, ..rules.draft() };
    let gone = draft.classes.iter_mut().filter(|class| matches!(class.trigger, Trigger::Gone));
    gone.for_each(|class| class.action = Action::Fix);
    draft.build().map_err(|problems| anyhow!("{problems:?}"))
}

fn setup(immutable: bool, action: Option<Action>, written: bool) -> Result<Setup> {
    let rules = Rules { flow: Flow::Out, survivor: Survivor::Canonical, immutable, action };
    let draft = Draft { canonical_writes: written, ..rules.draft() };
    draft.build().map_err(|problems| anyhow!("{problems:?}"))
}

fn cases<'a>(setup: &'a Setup, card: &'a Card) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for link in LINKS {
        for record in RECORDS {
            for (listing, lead) in LISTINGS.into_iter().flat_map(|listing| LEADS.map(|lead| (listing, lead)))
            {
                cases.extend(VALUES.map(|value| Case {
                    setup,
                    card,
                    link,
                    record,
                    listing,
                    lead,
                    value,
                    look: "first",
                }));
            }
        }
    }
    // Where records cannot be read by id, a whole listing is all there is.
    cases.retain(|case| case.lead != "unlisted" || setup.canonical_writes());
    cases
}

impl Case<'_> {
    fn tell(&self, [immutable, action, source]: [&'static str; 3], row: &mut Tell<'_>) -> Result<()> {
        let facts = [self.link, self.record, self.listing, self.lead, self.value, immutable, action, source];
        row(Row { case: &facts.join(" "), facts: &facts, outcome: &self.outcome()? });
        Ok(())
    }

    fn tell_gone(&self, source: &'static str, row: &mut Tell<'_>) -> Result<()> {
        let facts = [self.link, self.record, self.listing, self.value, self.look, source];
        row(Row { case: &facts.join(" "), facts: &facts, outcome: &self.outcome()? });
        Ok(())
    }

    fn outcome(&self) -> Result<String> {
        let (ours, theirs) = self.now();
        let world = World {
            setup: self.setup,
            memory: self.memory(),
            canonical: self.canonical(&ours),
            mirror: self.mirror(&theirs),
            at: now(),
            foreign: if self.record == "foreign" { vec![RemoteId::new(REMOTE)] } else { Vec::new() },
        };
        let (reconciled, verdict) = world.cycle(self.card)?;
        let field = self.setup.field(trueup_core::name::FieldId(1));
        let now = (field.kind.lenient(&ours), field.kind.lenient(&theirs));
        Ok(Outcome::new(now, &world.memory, &reconciled, verdict).name())
    }

    fn now(&self) -> (Cell, Cell) {
        match self.value {
            "equal" => (Cell::text("1"), Cell::text("1")),
            _ => (Cell::text("1"), Cell::text("2")),
        }
    }

    fn memory(&self) -> trueup_core::memory::Memory {
        let mut memory = world::memory();
        let (ours, theirs) = self.now();
        let base = match self.value {
            "new" => None,
            "canonical" => Some(&theirs),
            _ => Some(&ours),
        };
        if let Some(state) = state(self.look) {
            let (system, entity) = (SystemName::new(CANONICAL), EntityKey::new(ENTITY));
            let link = Link::new(&system, &entity, &RemoteId::new(ENTITY), How::Key);
            memory.links.insert(link.key(), Link { state, ..link });
        }
        if let Some(state) = state(self.link) {
            let mut link = world::link(state);
            link.bases.extend(world::token(self.setup, &memory));
            link.bases.extend(base.and_then(|both| world::base(self.setup, &memory, both, both, false)));
            memory.links.insert(world::key(), link);
        }
        memory
    }

    fn canonical(&self, value: &Cell) -> Snapshot {
        let mut snapshot = Snapshot::new(CANONICAL.into(), Vec::new());
        match self.lead {
            "seen" => snapshot.records.push(world::ours(value.clone(), None)),
            "gone" if self.setup.canonical_writes() => snapshot.missing.push(RemoteId::new(ENTITY)),
            "unasked" => snapshot.coverage = Coverage::Some,
            "doubtful" => snapshot.troubles.push(SourceTrouble {
                key: Some(ENTITY.into()),
                what: "its key stands twice".into(),
                place: "Leads!A2".into(),
            }),
            _ => {}
        }
        snapshot
    }

    fn mirror(&self, value: &Cell) -> Snapshot {
        let mut snapshot = Snapshot::new(MIRROR.into(), Vec::new());
        if self.listing == "some" {
            snapshot.coverage = Coverage::Some;
        }
        let value = value.clone();
        match self.record {
            "listed" => snapshot.records.push(world::in_scope(value, None)),
            "merged" => {
                let (asked, now) = (RemoteId::new(REMOTE), RemoteId::new(MERGED));
                let record = world::in_scope(value, None);
                snapshot.records.push(trueup_core::record::Record { id: now.clone(), ..record });
                snapshot.aliases.insert(asked, now);
            }
            "stray" => snapshot.strays.push(world::theirs(value, STRANGER, None)),
            "foreign" => snapshot.records.push(world::theirs(value, STRANGER, None)),
            "unclaimed" => snapshot.survey.push(world::theirs(value, "", None)),
            "missing" => snapshot.missing.push(RemoteId::new(REMOTE)),
            _ => {}
        }
        snapshot
    }
}

const fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn state(link: &str) -> Option<LinkState> {
    let since = |hours| LinkState::Suspect { since: now() - SignedDuration::from_hours(hours) };
    match link {
        "active" => Some(LinkState::Active),
        "out_of_scope" => Some(LinkState::OutOfScope),
        "waiting" => Some(since(0)),
        "waited" => Some(since(24)),
        "tombstone" => Some(LinkState::Tombstone),
        _ => None,
    }
}
