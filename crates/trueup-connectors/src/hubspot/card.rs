//! What HubSpot can do, and which requests change nothing there.

use trueup_core::card::{BatchSizes, Card, Verbs};
use trueup_ports::wire::ReadRow;

use super::{
    config::{BURST, SEARCH, Settings},
    paths::Paths,
};

/// Records per batch (facts 4); 50 when history is read (facts 3).
const BATCH: BatchSizes = BatchSizes { read: 100, read_history: 50, create: 100, update: 100, archive: 100 };

/// The connector's card.
pub(super) fn card(settings: &Settings) -> Card {
    Card {
        system: settings.system.clone(),
        kind: "hubspot".into(),
        batch: BATCH,
        verbs: Verbs { create: true, update: true, archive: true },
        delta: false,
        history: true,
        compare_and_set: false,
        merges: true,
        unique_ext_id: settings.ext_id_column.is_some(),
        max_in_flight: settings.max_in_flight,
        max_index_lag: settings.max_index_lag,
        rates: settings.rates(),
    }
}

/// Every request of ours that changes nothing; the wire refuses to send any other as a read.
pub(super) fn reads(paths: &Paths) -> Vec<ReadRow> {
    let text = |segments: Vec<&str>| format!("/{}", segments.join("/"));
    vec![
        ReadRow::get(text(paths.account()), BURST),
        ReadRow::get(text(paths.properties()), BURST),
        ReadRow::get(text(paths.owner("{}")), BURST),
        ReadRow::get(text(paths.objects(&[])), BURST),
        ReadRow::get(text(paths.objects(&["{}"])), BURST),
        ReadRow::post(text(paths.objects(&["batch", "read"])), BURST),
        ReadRow::post(text(paths.objects(&["search"])), SEARCH),
    ]
}

#[cfg(test)]
mod tests {
    use http::Method;
    use secrecy::SecretString;
    use trueup_ports::wire::BaseUrl;

    use super::*;

    fn settings(version: &str) -> Settings {
        let base = BaseUrl::parse("https://api.hubapi.com").unwrap();
        let token = SecretString::from("t");
        Settings { version: version.parse().unwrap(), ..Settings::new("portal".into(), base, token) }
    }

    #[test]
    fn no_row_of_the_reads_names_a_path_that_writes() {
        for version in ["v3", "2026-03"] {
            for row in reads(&Paths::of(&settings(version))) {
                let verb = row.path.rsplit('/').next().unwrap_or_default();
                assert!(
                    !["create", "update", "upsert", "archive", "merge", "gdpr-delete"].contains(&verb),
                    "{row:?}"
                );
                assert!(row.method == Method::GET || ["read", "search"].contains(&verb), "{row:?}");
            }
        }
    }

    #[test]
    fn both_path_families_are_spelled_as_published() {
        let paths = |version: &str| {
            reads(&Paths::of(&settings(version))).into_iter().map(|row| row.path).collect::<Vec<_>>()
        };
        assert!(paths("v3").contains(&"/crm/v3/objects/contacts/search".to_owned()));
        assert!(paths("v3").contains(&"/crm/v3/owners/{}".to_owned()));
        assert!(paths("2026-03").contains(&"/crm/objects/2026-03/contacts/search".to_owned()));
        assert!(paths("2026-03").contains(&"/account-info/2026-03/details".to_owned()));
    }

    #[test]
    fn external_ids_are_unique_only_where_a_property_for_them_is_configured() {
        assert!(!card(&settings("v3")).unique_ext_id);
        let with = Settings { ext_id_column: Some("trueup_id".into()), ..settings("v3") };
        assert!(card(&with).unique_ext_id);
    }
}
