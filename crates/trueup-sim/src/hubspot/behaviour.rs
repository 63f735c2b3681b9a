//! A portal before anybody asked it: who may use it, what it is made of, and how it behaves where nobody has verified
//! how the service does.

use trueup_sandbox::hubspot::{
    Account, AdditionalEmails, BatchArchiveUnknown, DEFAULT_TOKEN, LoadError, MergedInBatchRead, OldPrimary,
    Owner, Portal, PropertyDefinition, RateLimits, SearchCapBody, SearchWildcards, SearchWords, Settings,
    Snapshot, Token, UniqueConflict,
};

use super::{OURS, THEIRS, Words};
use crate::chance::Chance;

/// The property that carries our external id.
const EXT: &str = "ext";

/// The object that is kept in agreement.
pub(super) const OBJECT: &str = "contacts";

/// What differs between portals besides how they behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nature {
    /// Its number: external ids derive from it.
    pub number: u64,
    /// Whether it refuses an external id that another record has.
    pub unique: bool,
    /// How far its search is behind, in milliseconds.
    pub lag_ms: i64,
    /// Requests in ten seconds.
    pub burst: u64,
}

/// A portal that knows these words and holds no record.
///
/// # Errors
/// Never for the words of this crate.
pub fn portal(nature: &Nature, words: &Words) -> Result<Portal, LoadError> {
    let account = Account { portal_id: nature.number, ..Account::default() };
    let mut portal =
        Portal::from_snapshot(Snapshot { account, tokens: tokens(true), ..Snapshot::default() })?;
    for (user, id) in (7..).zip([words.owner().unwrap_or(OURS), THEIRS]) {
        portal.add_owner(Owner { id: id.to_owned(), user_id: Some(user), ..Owner::default() })?;
    }
    let known: Vec<String> = portal.dump().objects.remove(OBJECT).map_or_else(Vec::new, |contacts| {
        contacts.properties.into_iter().map(|definition| definition.name).collect()
    });
    for (column, property) in words.pairs().filter(|(_, property)| !known.iter().any(|name| name == property))
    {
        let definition = PropertyDefinition::text(property);
        let has_unique_value = column == EXT && nature.unique;
        portal.define_property(OBJECT, PropertyDefinition { has_unique_value, ..definition })?;
    }
    Ok(portal)
}

/// The tokens of a portal whose key opens it, or does not.
pub(super) fn tokens(open: bool) -> Vec<Token> {
    vec![Token::with_all_scopes(if open { DEFAULT_TOKEN } else { "another" })]
}

/// How a portal behaves, drawn from all that nobody has verified.
#[must_use]
pub fn settings(nature: &Nature, chance: &Chance) -> Settings {
    let either = || chance.permille(500);
    let burst = usize::try_from(nature.burst).unwrap_or(usize::MAX);
    Settings {
        additional_emails: if either() { AdditionalEmails::Overwritten } else { AdditionalEmails::Appended },
        old_primary: if either() { OldPrimary::KeptAsAdditional } else { OldPrimary::Lost },
        neq_matches_empty: either(),
        search_email_matches_additional: either(),
        search_words: match chance.below(3) {
            0 => SearchWords::Both,
            1 => SearchWords::AtSpaces,
            _ => SearchWords::AtPunctuation,
        },
        search_wildcards: if either() { SearchWildcards::Anywhere } else { SearchWildcards::AtEnd },
        retry_after_on_429: either(),
        search_cap_body: if either() { SearchCapBody::ValidationError } else { SearchCapBody::Bare },
        batch_archive_unknown: if either() {
            BatchArchiveUnknown::NoContent
        } else {
            BatchArchiveUnknown::MultiStatus
        },
        archived_email_reusable: either(),
        merged_in_batch_read: if either() {
            MergedInBatchRead::NotFound
        } else {
            MergedInBatchRead::Resolved
        },
        unique_conflict: if either() { UniqueConflict::Conflict } else { UniqueConflict::Invalid },
        search_lag_ms: nature.lag_ms,
        rate_limits: Some(RateLimits { burst, ..RateLimits::default() }),
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_portal_has_every_property_of_its_words_and_a_unique_one_only_where_it_is_asked_for() {
        let words = Words::of_the_book();
        for unique in [true, false] {
            let nature = Nature { number: 1, unique, lag_ms: 0, burst: 10 };
            let contacts = portal(&nature, &words).unwrap().dump().objects.remove(OBJECT).unwrap();
            let names: BTreeSet<&str> = contacts.properties.iter().map(|one| one.name.as_str()).collect();
            assert!(words.pairs().all(|(_, property)| names.contains(property)));
            let ext = contacts.properties.iter().find(|one| one.name == EXT).unwrap();
            assert_eq!(ext.has_unique_value, unique);
        }
    }

    #[test]
    fn behaviour_differs_from_seed_to_seed_and_not_for_one() {
        let nature = Nature { number: 1, unique: true, lag_ms: 5, burst: 10 };
        let drawn = |seed| settings(&nature, &Chance::new(seed));
        assert_eq!(drawn(1), drawn(1));
        assert!((2..10).any(|seed| drawn(seed) != drawn(1)));
    }
}
