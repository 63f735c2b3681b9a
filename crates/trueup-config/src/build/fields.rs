//! The entity's fields.

use trueup_core::{merge::Survivor, name::FieldName, setup::Field, text::phone::Region, value::Kind};

use super::Builder;
use crate::{
    diagnostic::Code,
    file::{FieldFile, KindWord},
    report::Fault,
    yaml::{At, Entries},
};

/// Who can survive while the source of truth is only read: then no mirror's claim can win.
const SURVIVORS: [&str; 2] = ["canonical", "union"];
/// What needs a source of truth that can be written.
const LATER: [&str; 3] = ["latest", "version", "ask"];

impl Builder<'_> {
    /// Builds the fields, in the order of the file. `mirrors` names the mirrors in their order.
    pub(super) fn fields(self, file: &Entries<FieldFile>, mirrors: &[&str]) -> Option<Vec<Field>> {
        let built: Vec<Option<Field>> =
            file.iter().map(|(name, field)| self.field(name, field.get()?, mirrors)).collect();
        built.into_iter().collect()
    }

    fn field(self, name: &At<String>, file: &FieldFile, mirrors: &[&str]) -> Option<Field> {
        let field_name = self.field_name(name);
        let kind = self.kind(file);
        let survivor = self.survivor(file, mirrors);
        let (kind, survivor) = (kind?, survivor?);
        if survivor == Survivor::Union && !kind.is_set() {
            let at = file.survivor.as_ref().map_or(name.span, |survivor| survivor.span);
            let one =
                Fault::new(Code::Contradiction, "only sets can be united, and this kind is a single value");
            return self
                .fail(at, one.help("remove `survivor`, or use a kind such as tags, emails or phones"));
        }
        self.identity(file, &kind)?;
        Some(Field {
            name: field_name?,
            kind,
            survivor,
            immutable: flag(file.immutable.as_ref()),
            identity: flag(file.identity.as_ref()),
            label: flag(file.label.as_ref()),
        })
    }

    fn field_name(self, name: &At<String>) -> Option<FieldName> {
        let text = name.text();
        let plain = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let bad = || Fault::new(Code::BadValue, format!("'{text}' is no field name"));
        if plain {
            Some(FieldName::new(text))
        } else {
            self.fail(name.span, bad().help("use lower case letters, digits and _, such as first_name"))
        }
    }

    fn kind(self, file: &FieldFile) -> Option<Kind> {
        let word = *file.kind.get()?;
        let region = file.region.as_ref();
        Some(match word {
            KindWord::Phone => Kind::Phone(self.region(&file.kind, region)?),
            KindWord::Phones => Kind::Phones(self.region(&file.kind, region)?),
            plain => {
                if let Some(region) = region {
                    let idle =
                        Fault::new(Code::Contradiction, "a region says something about phone numbers only");
                    return self.fail(region.span, idle.help("remove `region`, or use `kind: phone`"));
                }
                plain_kind(plain)
            }
        })
    }

    fn region(self, kind: &At<KindWord>, region: Option<&At<String>>) -> Option<Region> {
        let Some(region) = region else {
            let missing = Fault::new(Code::MissingKey, "phone numbers need a region to read national forms");
            return self.fail(kind.span, missing.help("add `region: US`"));
        };
        let parsed = region.get()?.parse::<Region>();
        self.report.keep(parsed.map_err(|bad| {
            Fault::new(Code::BadValue, bad.to_string())
                .help("write a country code such as US or DE")
                .at(region.span)
        }))
    }

    fn survivor(self, file: &FieldFile, mirrors: &[&str]) -> Option<Survivor> {
        let Some(survivor) = &file.survivor else { return Some(Survivor::Canonical) };
        match survivor.get()?.as_str() {
            "canonical" => Some(Survivor::Canonical),
            "union" => Some(Survivor::Union),
            word if LATER.contains(&word) || mirrors.contains(&word) => {
                let never = format!("'{word}' would never win, since the source of truth is only read");
                let fault = Fault::new(Code::Contradiction, never);
                self.fail(survivor.span, fault.help("write `survivor: canonical`, or `union` for a set"))
            }
            word => self.fail(survivor.span, Fault::unknown("survivor", word, SURVIVORS)),
        }
    }

    fn identity(self, file: &FieldFile, kind: &Kind) -> Option<()> {
        match &file.identity {
            Some(identity) if flag(Some(identity)) && !kind.is_email() => {
                let other = Fault::new(Code::Contradiction, "links are found by e-mail addresses only");
                self.fail(identity.span, other.help("remove `identity`, or use `kind: email` or `emails`"))
            }
            _ => Some(()),
        }
    }
}

fn flag(flag: Option<&At<bool>>) -> bool {
    flag.and_then(At::get).copied().unwrap_or_default()
}

// The kinds without a region; phones never come here.
const fn plain_kind(word: KindWord) -> Kind {
    match word {
        KindWord::Name => Kind::Name,
        KindWord::Email => Kind::Email,
        KindWord::Emails => Kind::Emails,
        KindWord::Tags => Kind::Tags,
        KindWord::Decimal => Kind::Decimal,
        KindWord::Bool => Kind::Bool,
        KindWord::Date => Kind::Date,
        KindWord::Text | KindWord::Phone | KindWord::Phones => Kind::Text,
    }
}
