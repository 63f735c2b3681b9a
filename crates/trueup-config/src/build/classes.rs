//! The classes of drift and findings.

use trueup_core::{
    name::{ClassId, FieldId},
    setup::{Action, Class, Trigger},
};

use super::{Builder, expression::Over, pipeline::find};
use crate::{
    diagnostic::Code,
    file::{ActionWord, ClassFile, FieldFile, On},
    report::Fault,
    yaml::{At, Entries},
};

impl Builder<'_> {
    /// Builds the classes in the order of the file, and adds a flag for every trigger left out, so that
    /// nothing is without a class.
    pub(super) fn classes(
        self,
        file: Option<&At<Entries<ClassFile>>>,
        fields: &Entries<FieldFile>,
    ) -> Option<Vec<Class>> {
        let mut classes: Vec<Class> = Vec::new();
        let before = self.report.len();
        if let Some(file) = file {
            for (id, class) in file.get()?.iter() {
                self.visible(id);
                let built = class.get().and_then(|class| self.class(id, class, fields));
                if let Some(class) = built {
                    self.push(id, class, &mut classes);
                }
            }
            self.defaults(file.get()?, &mut classes);
        } else {
            classes.extend(On::ALL.map(default));
        }
        (self.report.len() == before).then_some(classes)
    }

    fn class(self, id: &At<String>, file: &ClassFile, fields: &Entries<FieldFile>) -> Option<Class> {
        let trigger = match (&file.field, &file.on) {
            (Some(field), None) => self.difference(field, file.when.as_ref(), fields),
            (None, Some(on)) => self.structural(on, file),
            (Some(_), Some(on)) => {
                let both =
                    Fault::new(Code::Contradiction, "a class is set off by a field or by something else");
                self.fail(on.span, both.help("remove `field` or `on`"))
            }
            (None, None) => {
                let none = Fault::new(Code::MissingKey, format!("nothing sets class '{}' off", id.text()));
                self.fail(id.span, none.help("add `field: NAME` or `on: missing`"))
            }
        };
        let action = match file.action.get()? {
            ActionWord::Fix => Action::Fix,
            ActionWord::Flag => Action::Flag,
        };
        let title = file.title.as_ref().map_or_else(|| title(file), |title| title.text().to_owned());
        Some(Class { id: ClassId::new(id.text()), trigger: trigger?, action, title })
    }

    fn difference(
        self,
        field: &At<String>,
        when: Option<&At<String>>,
        fields: &Entries<FieldFile>,
    ) -> Option<Trigger> {
        let id = self.report.keep(find(fields, field));
        let when = match when {
            Some(when) => Some(self.expression(when, Over::Pair)?),
            None => None,
        };
        Some(Trigger::Differs { field: id?, when })
    }

    fn structural(self, on: &At<On>, file: &ClassFile) -> Option<Trigger> {
        if let Some(when) = &file.when {
            let idle = Fault::new(
                Code::Contradiction,
                "`when` compares the two values of a field, and there is none",
            );
            return self.fail(when.span, idle.help("remove `when`, or use `field`"));
        }
        let word = on.get()?;
        if !word.fixable() && file.action.get() == Some(&ActionWord::Fix) {
            let judge =
                Fault::new(Code::Contradiction, format!("'{}' needs a person's judgement", word.word()));
            return self.fail(file.action.span, judge.help("write `do: flag`"));
        }
        Some(word.trigger())
    }

    // A class behind one that takes everything it could take would never be seen.
    fn push(self, id: &At<String>, class: Class, classes: &mut Vec<Class>) {
        if let Some(first) = classes.iter().find(|first| covers(&first.trigger, &class.trigger)) {
            let never =
                format!("class '{}' never fits: '{}' comes first and takes all of it", class.id, first.id);
            let fault = Fault::new(Code::Contradiction, never);
            self.report.add(fault.help("remove one of them, or put the one with `when` first").at(id.span));
        }
        classes.push(class);
    }

    fn defaults(self, file: &Entries<ClassFile>, classes: &mut Vec<Class>) {
        for on in On::ALL {
            if file
                .iter()
                .any(|(_, class)| class.get().is_some_and(|c| c.on.as_ref().and_then(At::get) == Some(&on)))
            {
                continue;
            }
            if let Some((id, _)) = file.iter().find(|(id, _)| id.text() == on.word()) {
                let taken = Fault::new(
                    Code::Contradiction,
                    format!("'{}' is the id of the class a trigger has", on.word()),
                );
                self.report.add(
                    taken
                        .help(format!("give this class another id, or write `on: {}`", on.word()))
                        .at(id.span),
                );
            }
            classes.push(default(on));
        }
    }
}

fn title(file: &ClassFile) -> String {
    let on = file.on.as_ref().and_then(At::get).map(|on| on.title().to_owned());
    on.unwrap_or_else(|| format!("{} differs", file.field.as_ref().map_or("", At::text)))
}

fn default(on: On) -> Class {
    let title = on.title().to_owned();
    Class { id: ClassId::new(on.word()), trigger: on.trigger(), action: Action::Flag, title }
}

fn covers(first: &Trigger, later: &Trigger) -> bool {
    let always = |trigger: &Trigger| -> Option<FieldId> {
        if let Trigger::Differs { field, when: None } = trigger { Some(*field) } else { None }
    };
    match later {
        Trigger::Differs { field, .. } => always(first) == Some(*field),
        structural => first.is_like(structural),
    }
}
