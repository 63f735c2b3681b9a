//! What a setup answers, and how a side reads its rows.

use super::*;
use crate::{
    fixture::{self, COLUMNS, PORTAL, contact, lead},
    merge::Flow,
    value::{Cell, Kind, Value},
};

fn expr(source: &str) -> Expr {
    Expr::compile(source).unwrap()
}

/// A second mirror, and a source of truth that can be written.
fn both_ways() -> Setup {
    let mut draft = fixture::draft();
    let mut other = fixture::draft().mirrors.remove(0);
    other.side.system = "ledger".into();
    other.side.columns[4] = "town".into();
    draft.mirrors.push(other);
    draft.canonical_writes = true;
    draft.canonical_ext_id = Some("LEAD_ID".into());
    draft.build().unwrap()
}

#[test]
fn a_setup_gives_back_what_its_draft_said() {
    let mut draft = fixture::draft();
    draft.caps.free = 3;
    draft.timing.lease_ms = 1;
    let setup = draft.build().unwrap();
    assert_eq!((setup.pipeline().as_str(), setup.entity(), setup.config_hash()), ("leads", "lead", "c1"));
    assert_eq!((setup.caps().free, setup.timing().lease_ms), (3, 1));
    assert_eq!(setup.fields().len(), COLUMNS.len());
    assert_eq!(setup.classes().iter().filter(|class| class.action == Action::Fix).count(), 6);
}

#[test]
fn a_field_is_found_by_its_name_and_named_by_its_position() {
    let setup = fixture::setup();
    for name in ["token", "email", "owner"] {
        let id = setup.field_named(name).unwrap();
        assert_eq!((setup.field_name(id).as_str(), setup.field(id).name.as_str()), (name, name));
    }
    assert_eq!(setup.field_named("town"), None);
}

#[test]
fn a_class_is_found_by_its_id_and_by_what_sets_it_off() {
    let setup = fixture::setup();
    let id = |class: Option<&Class>| class.map(|class| class.id.as_str().to_owned());
    for (trigger, want) in [
        (Trigger::Missing, Some("D7")),
        (Trigger::Stranger, Some("F1")),
        (Trigger::Deleted, Some("deleted")),
        (Trigger::Other, None),
    ] {
        assert_eq!(id(setup.class_for(&trigger)).as_deref(), want);
    }
    assert_eq!(id(setup.class(&"F2".into())).as_deref(), Some("F2"));
    assert_eq!(id(setup.class(&"D9".into())), None);
}

#[test]
fn every_system_is_found_by_its_name_and_by_its_part_in_a_merge() {
    let setup = both_ways();
    let name = |side: Option<&MirrorSide>| side.map(|side| side.side.system.as_str().to_owned());
    for (system, mirror, canonical) in
        [("workbook", false, true), (PORTAL, true, false), ("ledger", true, false), ("nobody", false, false)]
    {
        assert_eq!(name(setup.mirror(&system.into())).as_deref(), mirror.then_some(system));
        assert_eq!(setup.is_canonical(&system.into()), canonical, "{system}");
        assert_eq!(name(setup.written(&system.into())).as_deref(), (mirror || canonical).then_some(system));
    }
    for (party, want) in [
        (Party::Canonical, Some("workbook")),
        (Party::Mirror(0), Some(PORTAL)),
        (Party::Mirror(1), Some("ledger")),
        (Party::Mirror(2), None),
        (Party::Journal, None),
    ] {
        assert_eq!(setup.system_of(party).map(SystemName::as_str), want, "{party:?}");
    }
}

#[test]
fn a_source_of_truth_is_a_side_that_is_written_only_where_it_can_be() {
    let workbook = || "workbook".into();
    let setup = both_ways();
    assert!(setup.canonical_writes());
    for side in [setup.written_canonical(), setup.written(&workbook())] {
        let side = side.unwrap();
        assert_eq!((side.side.system.as_str(), side.ext_id_column.as_deref()), ("workbook", Some("LEAD_ID")));
    }
    let read_only = fixture::setup();
    assert!(!read_only.canonical_writes());
    assert!(read_only.written_canonical().is_none() && read_only.written(&workbook()).is_none());
    assert!(read_only.written(&PORTAL.into()).is_some());
}

#[test]
fn each_side_has_the_fingerprints_of_its_own_columns() {
    let setup = both_ways();
    let tags = |side: &MirrorSide| (0..5).map(|at| setup.mapping(side).tag(at)).collect::<Vec<u32>>();
    let [portal, ledger] = [&setup.mirrors()[0], &setup.mirrors()[1]].map(tags);
    let other: Vec<usize> = (0..5).filter(|at| portal[*at] != ledger[*at]).collect();
    assert_eq!(other, [4]);
    let own = tags(setup.written_canonical().unwrap());
    assert!(own.iter().all(|tag| !portal.contains(tag) && !ledger.contains(tag)));
}

#[test]
fn people_call_a_record_by_its_label_fields_that_hold_something() {
    let mut draft = fixture::draft();
    assert_eq!(fixture::setup().label(&lead("R1", "ada@example.org")), "");
    draft.fields[1].label = true;
    draft.fields[4].label = true;
    let setup = draft.build().unwrap();
    assert_eq!(setup.label(&lead("R1", "ADA@example.org; b@example.org")), "ada@example.org Granby");
    assert_eq!(setup.label(&lead("R1", "")), "Granby");
}

#[test]
fn every_expression_is_listed_with_the_field_or_the_class_that_it_stands_for() {
    let mut draft = fixture::draft();
    draft.canonical.bindings[4].lens = Lens::Expr(expr("trim(row.CITY)"));
    let when = Some(expr("mirror != null"));
    draft.classes[4].trigger = Trigger::Differs { field: FieldId(4), when };
    let setup = draft.build().unwrap();
    let listed: Vec<(&str, &str)> = setup.expressions().map(|(place, expr)| (place, expr.source())).collect();
    assert_eq!(listed, [("city", "trim(row.CITY)"), ("D3", "mirror != null")]);
}

#[test]
fn a_scope_holds_whose_owner_was_read_and_nobodys_are_those_whose_owner_is_known_to_be_none() {
    let scope = Scope { column: 5, equals: fixture::OWNER.into() };
    let owned = |owner: Cell| {
        let mut record = contact("101", "", "", "");
        record.cells[5] = owner;
        record
    };
    for (owner, holds, nobodys) in [
        (Cell::text(fixture::OWNER), true, false),
        (Cell::text("1"), false, false),
        (Cell::Null, false, true),
        (Cell::Empty, false, true),
        (Cell::Absent, false, false),
        (Cell::unreadable("#REF!", "F2"), false, false),
    ] {
        let record = owned(owner);
        assert_eq!((scope.holds(&record), scope.is_nobodys(&record)), (holds, nobodys), "{record:?}");
    }
}

#[test]
fn a_column_is_found_by_its_name_and_a_binding_by_its_field() {
    let setup = fixture::setup();
    let side = &setup.mirrors()[0].side;
    for (at, name) in COLUMNS.into_iter().enumerate() {
        assert_eq!(side.column_named(name), Some(at));
        let field = u16::try_from(at).map(FieldId).unwrap();
        assert_eq!(side.binding(field).map(|binding| side.column(binding)), Some(name));
    }
    assert_eq!(side.column_named("town"), None);
    assert!(side.binding(FieldId(9)).is_none());
    let nowhere =
        Binding { field: FieldId(0), column: 9, lens: Lens::Whole, flow: Flow::Out, create_only: false };
    assert_eq!(side.column(&nowhere), "");
}

#[test]
fn what_a_kind_cannot_hold_is_unreadable_in_the_source_of_truth_and_another_value_in_a_mirror() {
    let setup = fixture::setup();
    let (side, phone) = (setup.canonical(), setup.field(FieldId(3)));
    let binding = side.binding(FieldId(3)).unwrap();
    let mut record = lead("R1", "");
    assert_eq!(side.strict(binding, phone, &record), Cell::text("+19705550100"));
    record.place = "Leads!A17".into();
    record.cells[2] = Cell::text("call me");
    let strict = side.strict(binding, phone, &record);
    let trouble = strict.trouble().unwrap();
    assert_eq!(trouble.place, "Leads!A17");
    assert_eq!(trouble.why, "not a phone number: it does not start with a number");
    assert_eq!(side.lenient(binding, phone, &record), Cell::text("call me"));
}

/// What a text field of the source of truth holds that is computed from a row of these cells.
#[track_caller]
fn check_computed(source: &str, cells: [Cell; 4], want: &Cell) {
    let setup = fixture::setup();
    let lens = Lens::Expr(expr(source));
    let binding = Binding { field: FieldId(4), column: 0, lens, flow: Flow::Out, create_only: false };
    let record = Record { place: "A17".into(), ..Record::new("R1".into(), cells.into()) };
    let got = setup.canonical().strict(&binding, &Field::new("computed", Kind::Text), &record);
    assert!(got == *want, "{source}: {:?} {got:?}", got.to_text());
}

#[test]
fn a_field_is_computed_from_the_columns_of_its_row() {
    let row = || [Cell::text("R1"), Cell::list(["a", "b"]), Cell::Null, Cell::text("Granby")];
    check_computed("row.KEY + ' of ' + row.CITY", row(), &Cell::text("R1 of Granby"));
    check_computed("KEY + ' of ' + CITY", row(), &Cell::text("R1 of Granby"));
    check_computed("row.EMAIL_ALL[1]", row(), &Cell::text("b"));
    check_computed("row.PHONE == null ? 'none' : 'some'", row(), &Cell::text("none"));
    check_computed("row.PHONE", row(), &Cell::Null);
    check_computed("size(row.EMAIL_ALL) + 0.5", row(), &Cell::text("2.5"));
    check_computed("'a' in row.EMAIL_ALL", row(), &Cell::text("true"));
    let why = "expression `row.KEY + 1`, column 9: cannot add a text and a number";
    check_computed("row.KEY + 1", row(), &Cell::unreadable(why, "A17"));
    let why = "expression `row.TOWN`, column 4: there is no row.TOWN here";
    check_computed("row.TOWN", row(), &Cell::unreadable(why, "A17"));
}

#[test]
fn what_is_computed_from_something_unknown_is_unknown_even_where_it_would_not_be_reached() {
    for unknown in [Cell::Absent, Cell::unreadable("#REF!", "C17")] {
        let row = || [Cell::text("R1"), Cell::Null, unknown.clone(), Cell::Null];
        check_computed("row.PHONE", row(), &unknown);
        check_computed("row.KEY == 'R1' || row.PHONE == null ? 'yes' : 'no'", row(), &unknown);
        check_computed("row.KEY", row(), &Cell::text("R1"));
    }
}

#[test]
fn an_expression_sees_a_cell_as_what_it_holds_and_every_kind_of_nothing_as_null() {
    use crate::expr::Operand;
    let text = |text: &str| Operand::Text(text.to_owned());
    for (cell, want) in [
        (Cell::Absent, Operand::Null),
        (Cell::unreadable("#REF!", ""), Operand::Null),
        (Cell::Null, Operand::Null),
        (Cell::Empty, Operand::Null),
        (Cell::text("a"), text("a")),
        (Cell::Value(Value::Number(15.into())), Operand::Number(15.into())),
        (Cell::Value(Value::Bool(true)), Operand::Bool(true)),
        (Cell::list(["a", "b"]), Operand::List(vec!["a".into(), "b".into()])),
        (Cell::Value(Value::Date("2026-11-21".parse().unwrap())), text("2026-11-21")),
        (Cell::Value(Value::Time(fixture::time(0))), text("1970-01-01T00:00:00Z")),
    ] {
        assert!(to_operand(&cell) == want, "{cell:?}");
    }
}
