//! How primary and additional e-mails act on each other (facts section 8, trap 22).

use super::properties::EmailProperties;
use super::record::Record;
use super::settings::{AdditionalEmails, OldPrimary, Settings};
use super::store::Changes;

/// Completes the changes of a record so that its list of additional e-mails is what the service would hold.
pub(crate) fn settle(
    changes: &mut Changes,
    current: Option<&Record>,
    emails: EmailProperties,
    settings: &Settings,
) {
    if !changes.contains_key(&emails.primary) && !changes.contains_key(&emails.additional) {
        return;
    }
    let old_primary = current.and_then(|record| record.value(emails.primary));
    let old_list = current.and_then(|record| record.value(emails.additional)).unwrap_or("");
    let primary = match changes.get(&emails.primary) {
        Some(given) => given.as_deref().map(str::to_owned),
        None => old_primary.map(str::to_owned),
    };
    let mut list = given_list(changes.get(&emails.additional).map(Option::as_deref), old_list, settings);
    if settings.old_primary == OldPrimary::KeptAsAdditional
        && let (Some(old), Some(_)) = (old_primary, &primary)
    {
        push(&mut list, old);
    }
    list.retain(|email| Some(email.as_str()) != primary.as_deref());
    let list = if list.is_empty() { None } else { Some(list.join(";").into()) };
    changes.insert(emails.additional, list);
}

/// The list after the write of the additional e-mails; the outer option says whether they were written at all.
fn given_list(given: Option<Option<&str>>, old: &str, settings: &Settings) -> Vec<String> {
    let appends = settings.additional_emails == AdditionalEmails::Appended;
    let (kept, added) = match given {
        None => (old, ""),
        Some(None) => ("", ""),
        Some(Some(given)) if appends => (old, given),
        Some(Some(given)) => ("", given),
    };
    let mut list = Vec::new();
    for email in kept.split(';').chain(added.split(';')).filter(|email| !email.is_empty()) {
        push(&mut list, email);
    }
    list
}

fn push(list: &mut Vec<String>, email: &str) {
    if !list.iter().any(|known| known == email) {
        list.push(email.to_owned());
    }
}
