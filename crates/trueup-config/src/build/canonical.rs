//! The source of truth: its columns, and which field comes out of which.

use trueup_core::{
    merge::Flow,
    name::SystemName,
    setup::{Binding, Lens, Side},
};

use super::{Builder, expression::Over, pipeline::id, systems::Systems};
use crate::{
    config::{SystemConfig, XlsxConfig},
    diagnostic::Code,
    file::{FieldFile, Take},
    report::Fault,
    yaml::{At, Entries},
};

impl Builder<'_> {
    /// Finds the source of truth among the systems.
    pub(super) fn source<'s>(self, name: &At<String>, systems: &'s Systems) -> Option<&'s XlsxConfig> {
        if !systems.contains(name.get()?) {
            return self.fail(name.span, Fault::unknown("system", name.text(), systems.names()));
        }
        match systems.get(name.text())? {
            SystemConfig::Xlsx(xlsx) => Some(xlsx),
            other @ SystemConfig::Hubspot(_) => {
                let kind = other.kind();
                let not =
                    Fault::new(Code::Contradiction, format!("a {kind} system cannot be the source of truth"));
                self.fail(name.span, not.help("name a system of kind xlsx"))
            }
        }
    }

    pub(super) fn canonical(
        self,
        name: &At<String>,
        xlsx: &XlsxConfig,
        fields: &Entries<FieldFile>,
    ) -> Option<Side> {
        // The key comes first; what expressions name follows what fields are bound to.
        let mut columns = Columns(vec![xlsx.key.clone()]);
        let built: Vec<Option<Binding>> = fields
            .iter()
            .enumerate()
            .map(|(at, (name, field))| self.from(at, name, field.get()?, &mut columns))
            .collect();
        let bindings = built.into_iter().collect::<Option<Vec<Binding>>>()?;
        for expr in
            bindings.iter().filter_map(|b| if let Lens::Expr(expr) = &b.lens { Some(expr) } else { None })
        {
            expr.names().for_each(|name| {
                columns.add(name.strip_prefix("row.").unwrap_or(name));
            });
        }
        Some(Side { system: SystemName::new(name.text()), columns: columns.0, bindings })
    }

    fn from(self, at: usize, name: &At<String>, file: &FieldFile, columns: &mut Columns) -> Option<Binding> {
        let (column, lens) = match (&file.from, &file.expr) {
            (Some(from), None) => (columns.add(&self.filled(from, "the column")?), lens(file.take.as_ref())?),
            (None, Some(expr)) => {
                if let Some(take) = &file.take {
                    let idle =
                        Fault::new(Code::Contradiction, "`take` picks from a column, and there is none");
                    return self.fail(take.span, idle.help("remove `take`, or use `from`"));
                }
                (0, Lens::Expr(self.expression(expr, Over::Row)?))
            }
            (Some(_), Some(expr)) => {
                let both =
                    Fault::new(Code::Contradiction, "a field comes from a column or from an expression");
                return self.fail(expr.span, both.help("remove `from` or `expr`"));
            }
            (None, None) => {
                let none =
                    Fault::new(Code::MissingKey, format!("field '{}' comes from nowhere", name.text()));
                return self.fail(name.span, none.help("add `from: COLUMN` or `expr: …`"));
            }
        };
        Some(Binding { field: id(at), column, lens, flow: Flow::Out, create_only: false })
    }
}

fn lens(take: Option<&At<Take>>) -> Option<Lens> {
    let Some(take) = take else { return Some(Lens::Whole) };
    Some(match take.get()? {
        Take::First => Lens::First,
        Take::Rest => Lens::Rest,
    })
}

/// Columns without repeats.
#[derive(Debug, Default)]
pub(super) struct Columns(pub(super) Vec<String>);

impl Columns {
    /// Gives the position of a column, adding it when it is new.
    pub(super) fn add(&mut self, name: &str) -> usize {
        self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }
}
