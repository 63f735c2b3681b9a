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
    let mut list = match changes.get(&emails.additional) {
        None => joined(old_list, ""),
        Some(None) => Vec::new(),
        Some(Some(given)) if settings.additional_emails == AdditionalEmails::Appended => {
            joined(old_list, given)
        }
        Some(Some(given)) => joined("", given),
    };
    if settings.old_primary == OldPrimary::KeptAsAdditional
        && let (Some(old), Some(_)) = (old_primary, &primary)
    {
        push(&mut list, old);
    }
    list.retain(|email| Some(email.as_str()) != primary.as_deref());
    let list = if list.is_empty() { None } else { Some(list.join(";").into()) };
    changes.insert(emails.additional, list);
}

/// The addresses of two lists, each once.
fn joined(kept: &str, added: &str) -> Vec<String> {
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
