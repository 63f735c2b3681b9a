//! The entity's fields.

use trueup_core::{merge::Survivor, name::FieldName, setup::Field, text::phone::Region, value::Kind};

use super::Builder;
use crate::{
    diagnostic::Code,
    file::{FieldFile, KindWord},
    report::Fault,
    yaml::{At, Entries},
};

/// Clocks of two systems rarely agree better than this.
const SKEW_MS: i64 = 2_000;

const SURVIVORS: [&str; 5] = ["canonical", "latest", "version", "ask", "union"];

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
            return self.fail(at, one.help("use `survivor: ask`, or a kind such as tags, emails or phones"));
        }
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
        let skew_ms = match &file.skew {
            Some(skew) => i64::try_from(skew.get()?.0.as_millis()).unwrap_or(i64::MAX),
            None => SKEW_MS,
        };
        let word = file.survivor.as_ref().map_or("canonical", At::text);
        let survivor = match word {
            "canonical" => Survivor::Canonical,
            "latest" => Survivor::Latest { skew_ms },
            "version" => Survivor::VersionThenLatest { skew_ms },
            "ask" => Survivor::Ask,
            "union" => Survivor::Union,
            system => {
                let Some(position) = mirrors.iter().position(|mirror| *mirror == system) else {
                    let choice = SURVIVORS.iter().chain(mirrors).copied();
                    let at = file.survivor.as_ref()?.span;
                    return self.fail(at, Fault::unknown("survivor", system, choice));
                };
                Survivor::Mirror(position)
            }
        };
        let timed = matches!(survivor, Survivor::Latest { .. } | Survivor::VersionThenLatest { .. });
        if let Some(skew) = file.skew.as_ref().filter(|_| !timed) {
            let idle = Fault::new(Code::Contradiction, "this survivor does not look at times");
            return self.fail(skew.span, idle.help("remove `skew`, or use `survivor: latest`"));
        }
        Some(survivor)
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
