//! What was written and never seen, told by what the record holds once it is back.

use std::borrow::Cow;

use super::sides;
use crate::{
    link::{BaseCell, FieldBase, How, Link, Unseen, Written},
    memory::Memory,
    record::Record,
    settle::alike::{is_made_of, is_spelling},
    setup::{MirrorSide, Setup},
    value::Cell,
};

/// The link to a record that is there, where what was written and never seen is settled: what the written side says
/// tells whether it landed and still stands, and then both sides are accounted for at it. Where that side cannot be
/// read, nothing is told yet.
#[must_use]
pub fn recalled<'a>(
    setup: &Setup,
    mirror: &MirrorSide,
    (ours, theirs): (&Record, &Record),
    link: &'a Link,
    memory: &Memory,
) -> Cow<'a, Link> {
    let told = link.unseen.iter().filter_map(|one| Some((one, says(setup, mirror, (ours, theirs), one)?)));
    let mut now = Cow::Borrowed(link);
    for (one, cell) in told {
        let now = now.to_mut();
        now.unseen.retain(|other| other != one);
        if memory.print(&cell) == Some(one.told().print) || is_changed_since(setup, link, one, &cell) {
            now.set_base(one.base.clone());
        } else if let Some(spelled) = spelled(setup, one, &cell, memory) {
            now.set_base(spelled);
        }
    }
    now
}

/// Whether a side says another value than what we made its record with, which its system had answered: somebody changed
/// it since. What the system respelled or refused, nobody did.
fn is_changed_since(setup: &Setup, link: &Link, unseen: &Unseen, now: &Cell) -> bool {
    let Some(id) = setup.field_named(unseen.base.field.as_str()) else { return false };
    let made = match unseen.written {
        Written::Mirror => matches!(link.how, How::Created),
        Written::Canonical => link.how == How::Origin,
    };
    let first = link.bases.iter().all(|base| base.field != unseen.base.field);
    let kept = unseen
        .told()
        .cell
        .as_ref()
        .is_some_and(|told| !told.is_blank() && !is_made_of(setup.field(id), told, now));
    made && first && kept && !now.is_blank()
}

/// What both sides are accounted for at where a side spells what its record was made with in its own way.
fn spelled(setup: &Setup, unseen: &Unseen, now: &Cell, memory: &Memory) -> Option<FieldBase> {
    let field = setup.field(setup.field_named(unseen.base.field.as_str())?);
    let told = unseen.told().cell.as_ref().filter(|told| is_spelling(field, told, now));
    let said = BaseCell { print: memory.print(now)?, cell: told.map(|_| now.clone()) };
    let base = unseen.base.clone();
    told.map(|_| match unseen.written {
        Written::Canonical => FieldBase { canonical: said, ..base },
        Written::Mirror => FieldBase { mirror: said, ..base },
    })
}

/// What the side that was written says now, as it is compared.
fn says(
    setup: &Setup,
    mirror: &MirrorSide,
    (ours, theirs): (&Record, &Record),
    unseen: &Unseen,
) -> Option<Cell> {
    let id = setup.field_named(unseen.base.field.as_str())?;
    let (canonical, mirrored) = sides(setup, mirror, id, ours, theirs)?;
    let cell = match unseen.written {
        Written::Canonical => canonical,
        Written::Mirror => mirrored,
    };
    cell.is_known().then_some(cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        drift::base,
        fixture::{link_to, memory, plain, setup, twin, with},
        merge::Flow,
    };

    /// The city is accounted for at Granby; Estes Park was written and never seen.
    fn link(written: Written) -> Link {
        let (setup, memory) = (setup(), memory());
        let id = setup.field_named("city").unwrap();
        let mirror = &setup.mirrors()[0];
        let slot = mirror.side.bindings.iter().position(|binding| binding.field == id).unwrap();
        let tag = setup.mapping(mirror).tag(slot);
        let at = |city: &str| {
            let cell = Cell::text(city);
            base(setup.field(id), tag, Flow::Both, (&cell, &cell), &memory).unwrap()
        };
        let mut link = link_to("R1", "101");
        link.set_base(at("Granby"));
        link.doubt(Unseen { written, base: at("Estes Park") });
        link
    }

    #[track_caller]
    fn check(written: Written, ours: Cell, theirs: &str, landed: Option<bool>) {
        let (setup, memory, link) = (setup(), memory(), link(written));
        let records = (&with_city(ours), &with(twin("101", "R1"), "city", theirs));
        let now = recalled(&setup, &setup.mirrors()[0], records, &link, &memory);
        let at = |city: &str| now.bases[0].mirror.print == memory.print(&Cell::text(city)).unwrap();
        let told = now.unseen.is_empty().then(|| at("Estes Park"));
        assert_eq!(told, landed);
        assert!(landed == Some(true) || at("Granby"), "what was accounted for stands");
    }

    #[test]
    fn the_side_that_was_written_tells_whether_it_landed() {
        let text = Cell::text;
        check(Written::Mirror, text("Vail"), "Estes Park", Some(true));
        check(Written::Mirror, text("Estes Park"), "Granby", Some(false));
        check(Written::Mirror, text("Estes Park"), "Vail", Some(false));
        check(Written::Canonical, text("Estes Park"), "Vail", Some(true));
        check(Written::Canonical, text("Granby"), "Estes Park", Some(false));
        check(Written::Canonical, text("Vail"), "Estes Park", Some(false));
    }

    /// What is known of a city that a record was made with, and that was not shown before somebody said something else.
    #[track_caller]
    fn check_made(how: How, written: Written, theirs: &str, known: Option<&str>) {
        let (setup, memory, mut link) = (setup(), memory(), link(written));
        (link.bases, link.how) = (Vec::new(), how);
        let records = (&with_city(Cell::text("Vail")), &with(twin("101", "R1"), "city", theirs));
        let now = recalled(&setup, &setup.mirrors()[0], records, &link, &memory);
        let made = now.bases.first().map(|base| base.mirror.print);
        assert_eq!(made, known.map(|known| memory.print(&Cell::text(known)).unwrap()), "{theirs}");
        assert!(now.unseen.is_empty());
    }

    fn with_city(city: Cell) -> Record {
        let mut lead = plain("R1");
        lead.cells[3] = city;
        lead
    }

    #[test]
    fn whoever_says_something_else_than_a_record_was_made_with_changed_it_since() {
        check_made(How::Created, Written::Mirror, "Aspen", Some("Estes Park"));
        check_made(How::Origin, Written::Canonical, "Aspen", Some("Estes Park"));
        // A person makes it longer, a system never does.
        check_made(How::Created, Written::Mirror, "Estes Park 2", Some("Estes Park"));
        // Refused or emptied, cut off, or another create's.
        check_made(How::Created, Written::Mirror, "", None);
        check_made(How::Created, Written::Mirror, "Estes", None);
        check_made(How::Adopted, Written::Mirror, "Aspen", None);
        check_made(How::Origin, Written::Mirror, "Aspen", None);
    }

    #[test]
    fn what_a_system_spells_in_its_own_way_is_our_own_word_in_it() {
        check_made(How::Created, Written::Mirror, "ESTES PARK.", Some("ESTES PARK."));
        check_made(How::Adopted, Written::Mirror, "ESTES PARK.", Some("ESTES PARK."));
    }

    #[test]
    fn what_the_source_of_truth_spells_in_its_own_way_is_our_own_word_in_it() {
        let (setup, memory, link) = (setup(), memory(), link(Written::Canonical));
        let records = (&with_city(Cell::text("ESTES PARK.")), &with(twin("101", "R1"), "city", "Aspen"));
        let now = recalled(&setup, &setup.mirrors()[0], records, &link, &memory);
        let said = [&now.bases[0].canonical, &now.bases[0].mirror].map(|said| said.cell.clone().unwrap());
        assert_eq!(said, ["ESTES PARK.", "Estes Park"].map(Cell::text));
    }

    #[test]
    fn a_side_that_cannot_be_read_tells_nothing_yet() {
        check(Written::Canonical, Cell::unreadable("#REF!", "Leads!D2"), "Estes Park", None);
    }

    #[test]
    fn a_field_that_is_accounted_for_anew_or_forgotten_is_in_no_doubt() {
        let mut link = link(Written::Mirror);
        let base = link.bases[0].clone();
        let mut forgotten = link.clone();
        link.set_base(base);
        forgotten.forget_base(&"city".into());
        assert!(link.unseen.is_empty() && !link.bases.is_empty());
        assert!(forgotten.unseen.is_empty());
        let tag = link.bases[0].mapping;
        assert!(link.base(&"city".into(), tag).is_some() && forgotten.base(&"city".into(), tag).is_none());
    }
}
