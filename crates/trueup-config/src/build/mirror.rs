//! The mirrors: whose records, which property holds which field, and what a new record starts with.

use trueup_core::{
    merge::Flow,
    name::SystemName,
    setup::{Action, Binding, Class, Field, Lens, MirrorSide, Scope, Side, Trigger},
    text::list,
    value::Kind,
};

use super::{
    Builder,
    canonical::Columns,
    pipeline::{find, id},
    systems::Systems,
};
use crate::{
    config::SystemConfig,
    diagnostic::Code,
    file::{FieldFile, FlowWord, KindWord, MappedFile, MirrorFile, ScopeFile, TokenFile},
    report::{Fault, Span},
    yaml::{At, Entries, Short},
};

/// The mirrors, and the fields with those added that only hold a constant of a mirror.
pub(super) struct Mirrors {
    pub(super) sides: Vec<MirrorSide>,
    pub(super) fields: Vec<Field>,
}

/// One mirror under construction.
struct Work<'a> {
    names: &'a Entries<FieldFile>,
    columns: Columns,
    bindings: Vec<Binding>,
    written: Vec<(String, Span)>,
}

impl Builder<'_> {
    pub(super) fn mirrors(
        self,
        file: &At<Entries<MirrorFile>>,
        systems: &Systems,
        names: &Entries<FieldFile>,
        fields: Option<Vec<Field>>,
        classes: Option<&[Class]>,
    ) -> Option<Mirrors> {
        let entries = file.get()?;
        if entries.is_empty() {
            let none = Fault::new(Code::BadValue, "the pipeline has no mirror to keep in agreement");
            return self.fail(file.span, none.help("add a system under `mirrors`"));
        }
        let creates = classes.is_some_and(creates);
        let mut constants: Vec<&str> = Vec::new();
        let built: Vec<Option<MirrorSide>> = entries
            .iter()
            .map(|(name, mirror)| {
                self.system_of(name, systems);
                self.mirror(name, mirror.get()?, names, &mut constants, creates)
            })
            .collect();
        let mut fields = fields?;
        fields.extend(constants.iter().map(|name| Field::new(name, Kind::Text)));
        Some(Mirrors { sides: built.into_iter().collect::<Option<_>>()?, fields })
    }

    fn system_of(self, name: &At<String>, systems: &Systems) {
        if !systems.contains(name.text()) {
            self.report.add(Fault::unknown("system", name.text(), systems.names()).at(name.span));
        }
        if matches!(systems.get(name.text()), Some(SystemConfig::Xlsx(_))) {
            let read_only =
                Fault::new(Code::Contradiction, "an xlsx system is read only and cannot be a mirror");
            self.report.add(read_only.help("make it the `canonical` side").at(name.span));
        }
    }

    fn mirror<'f>(
        self,
        name: &At<String>,
        file: &'f MirrorFile,
        names: &'f Entries<FieldFile>,
        constants: &mut Vec<&'f str>,
        creates: bool,
    ) -> Option<MirrorSide> {
        let before = self.report.len();
        let mut work = Work { names, columns: Columns::default(), bindings: Vec::new(), written: Vec::new() };
        let token = file.token.as_ref().and_then(At::get).and_then(|token| self.token(token, &mut work));
        for (field, mapped) in file.fields.get()?.iter() {
            self.mapped(field, mapped, &mut work);
        }
        for (property, value) in file.create.iter().filter_map(At::get).flat_map(Entries::iter) {
            self.constant(property, value, constants, &mut work);
        }
        let scope = file
            .scope
            .as_ref()
            .and_then(At::get)
            .and_then(|scope| self.scope(scope, file, creates, &mut work));
        let ext_id_column = file.ext_id.as_ref().and_then(|ext_id| self.ext_id(ext_id, &mut work));
        let side =
            Side { system: SystemName::new(name.text()), columns: work.columns.0, bindings: work.bindings };
        (self.report.len() == before).then_some(MirrorSide {
            side,
            scope,
            token,
            ext_id_column,
            feeds: false,
        })
    }

    fn token(self, file: &TokenFile, work: &mut Work<'_>) -> Option<trueup_core::name::FieldId> {
        let field = self.report.keep(find(work.names, &file.field))?;
        let named = work.names.iter().find(|(name, _)| name.text() == file.field.text());
        let named = named.and_then(|(_, field)| field.get());
        let kind = named.and_then(|field| field.kind.get()).copied();
        if kind.is_some_and(|kind| kind != KindWord::Tags) {
            let single = Fault::new(Code::Contradiction, "tokens are a set, and this field is not");
            return self
                .fail(file.field.span, single.help(format!("give '{}' `kind: tags`", file.field.text())));
        }
        let survivor = named.and_then(|field| field.survivor.as_ref()).map(At::text);
        // Any other word is refused where it stands.
        if matches!(survivor, None | Some("canonical")) {
            let kept =
                Fault::new(Code::Contradiction, "other tokens in the property are kept, so this is a union");
            let fix = format!("give '{}' `survivor: union`", file.field.text());
            return self.fail(file.field.span, kept.help(fix));
        }
        let prefix = self.filled(&file.prefix, "the prefix")?;
        self.bind(&file.property, work, |column| Binding {
            field,
            column,
            lens: Lens::Tokens { prefix },
            flow: Flow::Out,
            create_only: false,
        })?;
        Some(field)
    }

    fn mapped(self, name: &At<String>, file: &At<Short<MappedFile>>, work: &mut Work<'_>) -> Option<()> {
        let field = self.report.keep(find(work.names, name));
        let Short(file) = file.get()?;
        let lens = file.list.as_ref().map_or(Some(Lens::Whole), |delimiter| self.list(delimiter));
        let flow = file.flow.as_ref().map_or(Some(()), |flow| self.outward(flow));
        let (field, lens, ()) = (field?, lens?, flow?);
        if work.bindings.iter().any(|binding| binding.field == field) {
            let twice =
                Fault::new(Code::Contradiction, format!("'{}' is already the token's field", name.text()));
            return self.fail(name.span, twice.help("map it in `token` or in `fields`"));
        }
        self.bind(&file.property, work, |column| Binding {
            field,
            column,
            lens,
            flow: Flow::Out,
            create_only: false,
        })
    }

    // Otherwise what was written with it would come back as one element.
    fn list(self, delimiter: &At<char>) -> Option<Lens> {
        let c = *delimiter.get()?;
        if list::parts_at(c) {
            return Some(Lens::List { delimiter: c });
        }
        let whole = format!("lists are not parted at '{}' when they are read", c.escape_default());
        let fault = Fault::new(Code::BadValue, whole);
        self.fail(delimiter.span, fault.help("write `;`, `,`, `|` or a line break, in quotes"))
    }

    // Every source of truth is a workbook, which nothing is ever written into.
    fn outward(self, flow: &At<FlowWord>) -> Option<()> {
        match flow.get()? {
            FlowWord::Out => Some(()),
            FlowWord::In | FlowWord::Both => {
                let never = "values cannot flow to the source of truth, which is only read";
                let fault = Fault::new(Code::Contradiction, never);
                self.fail(flow.span, fault.help("write `flow: out`, or leave the field to the mirror"))
            }
        }
    }

    fn constant<'f>(
        self,
        property: &'f At<String>,
        value: &At<String>,
        constants: &mut Vec<&'f str>,
        work: &mut Work<'_>,
    ) -> Option<()> {
        let text = value.get()?.clone();
        let name = property.text();
        if work.names.names().any(|field| field == name) {
            let clash =
                Fault::new(Code::Contradiction, format!("'{name}' is a property here and a field above"));
            return self.fail(property.span, clash.help("give the field another name"));
        }
        let at = constants.iter().position(|known| *known == name).unwrap_or_else(|| {
            constants.push(name);
            constants.len() - 1
        });
        let field = id(work.names.names().count() + at);
        self.bind(property, work, |column| Binding {
            field,
            column,
            lens: Lens::Constant(text),
            flow: Flow::Out,
            create_only: true,
        })
    }

    fn bind(
        self,
        property: &At<String>,
        work: &mut Work<'_>,
        make: impl FnOnce(usize) -> Binding,
    ) -> Option<()> {
        let name = self.filled(property, "the property")?;
        if work.written.iter().any(|(known, _)| *known == name) {
            let twice =
                Fault::new(Code::Contradiction, format!("property '{name}' is written by more than one key"));
            return self.fail(property.span, twice.help("map it once"));
        }
        work.written.push((name.clone(), property.span));
        let column = work.columns.add(&name);
        work.bindings.push(make(column));
        Some(())
    }

    fn scope(
        self,
        file: &ScopeFile,
        mirror: &MirrorFile,
        creates: bool,
        work: &mut Work<'_>,
    ) -> Option<Scope> {
        let property = self.filled(&file.property, "the property")?;
        let equals = self.filled(&file.equals, "the value")?;
        let constants = mirror.create.iter().filter_map(At::get).flat_map(Entries::iter);
        let inside =
            constants.into_iter().find(|(name, _)| name.text() == property).map(|(_, value)| value.text());
        // A record created outside the scope could never be touched again, and would be created anew.
        if creates && inside != Some(equals.as_str()) {
            let outside = Fault::new(Code::Contradiction, "records would be created outside the scope");
            let fix = format!("add `create: {{ {property}: \"{equals}\" }}` to this mirror");
            return self.fail(file.property.span, outside.help(fix));
        }
        Some(Scope { column: work.columns.add(&property), equals })
    }

    fn ext_id(self, property: &At<String>, work: &mut Work<'_>) -> Option<String> {
        let name = self.filled(property, "the property")?;
        if work.written.iter().any(|(known, _)| *known == name) {
            let taken = Fault::new(Code::Contradiction, format!("property '{name}' holds a field already"));
            return self.fail(property.span, taken.help("use a property of its own, such as trueup_id"));
        }
        work.columns.add(&name);
        Some(name)
    }
}

fn creates(classes: &[Class]) -> bool {
    classes.iter().any(|class| matches!(class.trigger, Trigger::Missing) && class.action == Action::Fix)
}
