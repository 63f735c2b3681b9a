//! One system's part in a pipeline: which columns are read, and which field each one holds.

use super::{Field, Lens};
use crate::{
    expr::{Env, Operand},
    merge::Flow,
    name::{FieldId, SystemName},
    planted::{self, Defect},
    record::Record,
    value::{Cell, Value},
};

/// One system's part in a pipeline.
#[derive(Debug)]
pub struct Side {
    /// The system.
    pub system: SystemName,
    /// The columns read, in the order of a record's cells.
    pub columns: Vec<String>,
    /// Which field comes out of which column.
    pub bindings: Vec<Binding>,
}

/// One field in one system.
#[derive(Debug)]
pub struct Binding {
    /// The field.
    pub field: FieldId,
    /// The position of its column in [`Side::columns`]; unused by expressions.
    pub column: usize,
    /// How the field is read out and put back.
    pub lens: Lens,
    /// Which way values may go.
    pub flow: Flow,
    /// Set when a record is created and never compared afterwards.
    pub create_only: bool,
}

/// A side that is written, within a scope: a mirror, or the source of truth where it can be written.
#[derive(Debug)]
pub struct MirrorSide {
    /// Columns and bindings.
    pub side: Side,
    /// Whose records may be touched.
    pub scope: Option<Scope>,
    /// The column that carries our token, and its prefix, if links can be found by token.
    pub token: Option<FieldId>,
    /// The column that carries our external id, if the system has a unique one.
    pub ext_id_column: Option<String>,
    /// Whether records that people make here are made in the source of truth as well.
    pub feeds: bool,
}

/// Whose records may be touched: those whose column holds this text. Nothing else ever is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The position of the column in [`Side::columns`].
    pub column: usize,
    /// The text it must hold.
    pub equals: String,
}

impl Scope {
    /// Whether a record is inside. An absent or unreadable owner is outside: absence is no proof.
    #[must_use]
    pub fn holds(&self, record: &Record) -> bool {
        record.cell(self.column).to_text().is_some_and(|text| text == self.equals)
    }

    /// Whether a record is nobody's: its owner was read, and is blank.
    #[must_use]
    pub fn is_nobodys(&self, record: &Record) -> bool {
        record.cell(self.column).is_blank()
    }
}

impl Side {
    /// Finds the binding of a field.
    #[must_use]
    pub fn binding(&self, field: FieldId) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.field == field)
    }

    /// The name of a binding's column.
    #[must_use]
    pub fn column(&self, binding: &Binding) -> &str {
        self.columns.get(binding.column).map_or("", String::as_str)
    }

    /// Finds a column by name.
    #[must_use]
    pub fn column_named(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Reads a field strictly: what its kind cannot hold is unreadable. For the source of truth.
    #[must_use]
    pub fn strict(&self, binding: &Binding, field: &Field, record: &Record) -> Cell {
        let cell = self.raw(binding, record);
        match field.kind.normal(&cell) {
            Ok(cell) => cell,
            Err(_) if planted::is(Defect::UnreadableAsNull) => Cell::Null,
            Err(bad) => Cell::unreadable(bad.to_string(), &record.place),
        }
    }

    /// Reads a field leniently: what its kind cannot hold is a different value. For mirrors.
    #[must_use]
    pub fn lenient(&self, binding: &Binding, field: &Field, record: &Record) -> Cell {
        field.kind.lenient(&self.raw(binding, record))
    }

    fn raw(&self, binding: &Binding, record: &Record) -> Cell {
        match &binding.lens {
            Lens::Expr(expr) => self.evaluate(expr, record),
            lens => lens.get(record.cell(binding.column)),
        }
    }

    fn evaluate(&self, expr: &crate::expr::Expr, record: &Record) -> Cell {
        let row = Row { side: self, record };
        if let Some(unknown) = expr.names().find_map(|name| row.trouble(name)) {
            return unknown;
        }
        match expr.eval(&row) {
            Ok(operand) => from_operand(operand),
            Err(error) => Cell::unreadable(error.to_string(), &record.place),
        }
    }
}

struct Row<'a> {
    side: &'a Side,
    record: &'a Record,
}

impl Row<'_> {
    fn cell(&self, name: &str) -> Option<&Cell> {
        let column = self.side.column_named(name.strip_prefix("row.").unwrap_or(name))?;
        Some(self.record.cell(column))
    }

    // A value computed from something unknown is unknown too; it never becomes a default.
    fn trouble(&self, name: &str) -> Option<Cell> {
        self.cell(name).filter(|cell| !cell.is_known()).cloned()
    }
}

impl Env for Row<'_> {
    fn get(&self, name: &str) -> Option<Operand> {
        self.cell(name).map(to_operand)
    }
}

/// A cell as an expression sees it; every kind of nothing is null.
#[must_use]
pub fn to_operand(cell: &Cell) -> Operand {
    match cell.value() {
        None => Operand::Null,
        Some(Value::Text(text)) => Operand::Text(text.to_string()),
        Some(Value::Number(number)) => Operand::Number(*number),
        Some(Value::Bool(flag)) => Operand::Bool(*flag),
        Some(Value::List(items)) => Operand::List(items.iter().map(ToString::to_string).collect()),
        Some(value @ (Value::Date(_) | Value::Time(_))) => Operand::Text(value.to_string()),
    }
}

fn from_operand(operand: Operand) -> Cell {
    match operand {
        Operand::Null => Cell::Null,
        Operand::Text(text) => Cell::text(text),
        Operand::Number(number) => Cell::Value(Value::Number(number)),
        Operand::Bool(flag) => Cell::Value(Value::Bool(flag)),
        Operand::List(items) => Cell::list(items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        expr::Expr,
        fixture::{self, OWNER, twin, with},
        setup::Setup,
    };

    const CITY: FieldId = FieldId(4);

    #[test]
    fn a_record_is_in_the_scope_only_where_its_owner_was_read_and_is_the_one() {
        let scope = Scope { column: fixture::column_of("owner"), equals: OWNER.into() };
        let told = |owner: Cell| {
            let mut record = twin("101", "R1");
            record.cells[scope.column] = owner;
            (scope.holds(&record), scope.is_nobodys(&record))
        };
        assert_eq!(told(Cell::text(OWNER)), (true, false));
        assert_eq!(told(Cell::text("1")), (false, false));
        assert_eq!([Cell::Null, Cell::Empty].map(told), [(false, true); 2]);
        assert_eq!([Cell::Absent, Cell::unreadable("?", "")].map(told), [(false, false); 2]);
    }

    #[test]
    fn what_a_kind_cannot_hold_is_unreadable_in_the_source_of_truth_and_another_value_in_a_mirror() {
        let setup = fixture::setup();
        let (side, phone) = (&setup.mirrors()[0].side, FieldId(3));
        let binding = side.binding(phone).unwrap();
        let record = Record { place: "row 7".into(), ..with(twin("101", "R1"), "phone", "call me") };
        let strict = side.strict(binding, setup.field(phone), &record);
        assert_eq!(strict.trouble().map(|trouble| trouble.place.as_str()), Some("row 7"));
        assert_eq!(side.lenient(binding, setup.field(phone), &record), Cell::text("call me"));
    }

    fn computed(source: &str) -> Setup {
        let mut draft = fixture::draft();
        draft.canonical.bindings[4].lens = Lens::Expr(Expr::compile(source).unwrap());
        draft.build().unwrap()
    }

    #[track_caller]
    fn check(source: &str, city: Cell, expected: &Cell) {
        let setup = computed(source);
        let side = setup.canonical();
        let mut lead = fixture::plain("R1");
        lead.cells[3] = city;
        lead.place = "Leads!A2".into();
        let read = side.raw(side.binding(CITY).unwrap(), &lead);
        assert_eq!(read, *expected, "{source}");
    }

    #[test]
    fn a_field_is_computed_from_other_columns_and_unknown_where_one_of_them_is() {
        let granby = || Cell::text("Granby");
        check("lower(row.CITY)", granby(), &Cell::text("granby"));
        check("lower(CITY)", granby(), &Cell::text("granby"));
        check("lower(CITY)", Cell::Empty, &Cell::Null);
        check("blank(CITY)", granby(), &Cell::Value(Value::Bool(false)));
        check("size(CITY)", granby(), &Cell::Value(Value::Number(6.into())));
        check("split(CITY)", Cell::text("a;b"), &Cell::list(["a", "b"]));
        check("lower(CITY)", Cell::Absent, &Cell::Absent);
        check("blank(CITY) ? PHONE : KEY", Cell::unreadable("#REF!", "D2"), &Cell::unreadable("#REF!", "D2"));
        let error = "expression `-CITY`, column 1: cannot negate a text";
        check("-CITY", granby(), &Cell::unreadable(error, "Leads!A2"));
    }

    #[test]
    fn an_expression_sees_every_value_as_what_it_is() {
        assert_eq!(to_operand(&Cell::Null), Operand::Null);
        assert_eq!(to_operand(&Cell::text("a")), Operand::Text("a".into()));
        assert_eq!(to_operand(&Cell::Value(Value::Number(6.into()))), Operand::Number(6.into()));
        assert_eq!(to_operand(&Cell::Value(Value::Bool(true))), Operand::Bool(true));
        assert_eq!(to_operand(&Cell::list(["a", "b"])), Operand::List(vec!["a".into(), "b".into()]));
        let day = Cell::Value(Value::Date(jiff::civil::date(2026, 11, 21)));
        assert_eq!(to_operand(&day), Operand::Text("2026-11-21".into()));
    }

    #[test]
    fn columns_are_named_and_found() {
        let setup = fixture::setup();
        let side = setup.canonical();
        let names: Vec<&str> = side.bindings.iter().map(|binding| side.column(binding)).collect();
        assert_eq!(names, ["KEY", "EMAIL_ALL", "EMAIL_ALL", "PHONE", "CITY"]);
        assert_eq!((side.column_named("CITY"), side.column_named("TOWN")), (Some(3), None));
        assert!(
            side.binding(CITY).is_some_and(|binding| binding.column == 3)
                && side.binding(FieldId(9)).is_none()
        );
    }
}
