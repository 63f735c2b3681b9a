//! Configurations to start from.

/// A configuration to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The short name, as in `trueup init --template a`.
    pub name: &'static str,
    /// The long name, such as `a-workbook-to-hubspot`.
    pub slug: &'static str,
    /// What it is for, in one line.
    pub title: &'static str,
    /// The file itself, with comments.
    pub text: &'static str,
}

const TEMPLATES: [Template; 1] = [Template {
    name: "a",
    slug: "a-workbook-to-hubspot",
    title: "an Excel workbook is the source of truth, HubSpot contacts of one owner follow it",
    text: include_str!("../templates/a-workbook-to-hubspot.yaml"),
}];

impl Template {
    /// Every template.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        &TEMPLATES
    }

    /// Finds a template by its short or its long name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.name == name || template.slug == name)
    }
}
