//! Reading contacts: every trap of it.

use std::collections::{BTreeMap, BTreeSet};

use trueup_core::{name::RemoteId, snapshot::Coverage, value::Cell};
use trueup_ports::{Fault, Outside, Reach, Sought, Source, View};
use trueup_sandbox::{
    faults::{Alteration, Failure, FaultKind, Policy},
    hubspot::{Act, MergedInBatchRead, RateLimits, SearchWildcards, SearchWords},
};

use crate::hubspot_bench::{EXT_ID, OWNER, Rig, STRANGER, all_numbers, numbers, scope};

#[test]
fn nine_hundred_and_thirty_one_contacts_are_five_pages_and_not_one_request_more() {
    let rig = Rig::new();
    rig.add_owned(OWNER, (1..=931).map(|number| number * 3));
    rig.add_owned(STRANGER, (1..=400).map(|number| number * 3 + 1));
    let pages = rig.pages(&scope(), |_| ()).unwrap();
    assert_eq!(all_numbers(&pages), (1..=931).map(|number| number * 3).collect::<Vec<_>>());
    assert!(pages.iter().all(|page| page.coverage == Coverage::Whole));
    assert_eq!((pages.len(), rig.hubspot.requests().read), (5, 5));
}

#[test]
fn a_number_of_contacts_that_fills_its_last_page_needs_no_empty_one() {
    for (count, pages) in [(0, 1), (1, 1), (199, 1), (200, 1), (201, 2), (400, 2)] {
        let rig = Rig::new();
        rig.add_owned(OWNER, 1..=count);
        assert_eq!(rig.pages(&scope(), |_| ()).unwrap().len(), pages, "{count}");
    }
}

#[test]
fn trap_10_more_contacts_than_the_cap_of_search_are_all_listed_once() {
    let rig = Rig::new();
    rig.add_owned(OWNER, 1..=10_450);
    let pages = rig.pages(&scope(), |_| ()).unwrap();
    assert_eq!(all_numbers(&pages), (1..=10_450).collect::<Vec<_>>());
    assert_eq!(rig.arrived("search"), 53);
}

#[test]
fn trap_11_contacts_that_leave_or_enter_while_paging_hide_nobody_and_double_nobody() {
    for moved in [1, 150, 200, 201, 399, 400, 401, 650] {
        let rig = Rig::new();
        rig.add_owned(OWNER, (1..=650).map(|number| number * 2));
        rig.add_owned(STRANGER, (1..=650).map(|number| number * 2 + 1));
        let reassign = |id, owner: &str| rig.people(Act::Reassign { id, owner: Some(owner.into()) });
        let pages = rig.pages(&scope(), |page| {
            if page == 1 {
                reassign(moved * 2, STRANGER);
                reassign(moved * 2 + 1, OWNER);
            }
        });
        let seen = all_numbers(&pages.unwrap());
        let once: BTreeSet<u64> = seen.iter().copied().collect();
        assert_eq!(once.len(), seen.len(), "somebody twice, moved {moved}");
        let stayed = (1..=650).map(|number| number * 2).filter(|id| *id != moved * 2);
        assert_eq!(stayed.filter(|id| !once.contains(id)).count(), 0, "somebody hidden, moved {moved}");
    }
}

#[test]
fn trap_9_search_lags_but_reads_by_id_and_by_unique_value_do_not() {
    let rig = Rig::under(|settings| settings.search_lag_ms = 30_000);
    rig.add_owned(OWNER, [101]);
    let properties =
        BTreeMap::from([("hubspot_owner_id".to_owned(), OWNER.to_owned()), (EXT_ID.into(), "e-1".into())]);
    let made = rig.people(Act::Create { properties }).unwrap();
    rig.people(Act::Set { id: 101, properties: BTreeMap::from([("city".into(), "Grand Lake".into())]) });
    let listed = rig.read(scope(), Reach::All(None), &["city"]).unwrap();
    assert_eq!(numbers(&listed.records), [101]);
    assert!(listed.records[0].cell(0).is_blank());
    let by_id = rig.by_id(&["101"], &["city"]).unwrap();
    assert_eq!(by_id.records[0].cell(0), &Cell::text("Grand Lake"));
    assert_eq!(numbers(&rig.by_unique(EXT_ID, &["e-1"], &[EXT_ID]).unwrap().records), [made]);
}

#[test]
fn trap_12_searches_keep_to_their_own_budget_and_never_meet_a_429() {
    let rig =
        Rig::under(|settings| settings.rate_limits = Some(RateLimits { burst: 3, ..RateLimits::default() }));
    rig.add_owned(OWNER, 1..=2_500);
    rig.pages(&scope(), |_| ()).unwrap();
    assert!(rig.office.portal().requests().all(|entry| entry.status == Some(200)));
    assert_eq!(rig.arrived("search"), 13);
}

#[test]
fn trap_13_a_daily_limit_is_denied_at_once_and_others_are_waited_for() {
    for (policy, calls) in [(Policy::Daily, 1), (Policy::TenSecondlyRolling, 2), (Policy::Secondly, 2)] {
        let rig = Rig::new();
        rig.fault("search", 1, FaultKind::FailBefore(Failure::RateLimited { policy, retry_after_s: None }));
        let outcome = rig.read(scope(), Reach::All(None), &[]);
        assert_eq!(
            matches!(outcome, Err(Fault::Denied(_))),
            policy == Policy::Daily,
            "{policy:?} {outcome:?}"
        );
        assert_eq!(rig.hubspot.requests().read, calls);
    }
}

#[test]
fn trap_14_a_survey_finds_what_is_empty_without_sending_a_value() {
    let rig = Rig::new();
    let token = |text: &str| vec![("message", text.to_owned())];
    rig.add([
        (1, token("ID:R00001")),
        (2, token("met in May ID:R00002; calm")),
        (3, token("ID:X1")),
        (4, token("xID:R4")),
        (6, token("BV import (ID:R00006)")),
        (7, token("the ID: of R7")),
    ]);
    rig.add([(5, vec![("message", "ID:R00005".into()), ("hubspot_owner_id", OWNER.into())])]);
    let outside = Outside { column: "hubspot_owner_id".into(), text: OWNER.into() };
    for (outside, expected) in [(Some(outside), &[1, 2, 3, 6][..]), (None, &[1, 2, 3, 5, 6])] {
        let view = View::Carrying { outside, token: "message".into(), sought: any() };
        let page = rig.read(view, Reach::All(None), &["email"]).unwrap();
        assert_eq!(numbers(&page.records), expected);
        assert!(page.records.iter().all(|record| record.cells.len() == 1));
        assert_eq!(page.coverage, Coverage::Whole);
    }
}

fn any() -> Sought {
    Sought { prefix: "ID:".into(), key: None }
}

#[test]
fn a_survey_sees_every_token_that_links_however_the_portal_splits_words() {
    let texts = ["ID:R1", "BV import (ID:R1)", "a,ID:R1|b", "BV;ID:R1", "ID:R12", "idaho", "ID:", "R1"];
    for search_words in [SearchWords::Both, SearchWords::AtSpaces, SearchWords::AtPunctuation] {
        for search_wildcards in [SearchWildcards::Anywhere, SearchWildcards::AtEnd] {
            let rig = Rig::under(|settings| {
                settings.search_words = search_words;
                settings.search_wildcards = search_wildcards;
            });
            rig.add((1..).zip(texts).map(|(id, text)| (id, vec![("message", text.to_owned())])));
            let seen = |key: Option<&str>| {
                let sought = Sought { key: key.map(str::to_owned), ..any() };
                let view = View::Carrying { outside: None, token: "message".into(), sought };
                numbers(&rig.read(view, Reach::All(None), &[]).unwrap().records)
            };
            // Words that end at spaces only hide a token amid punctuation if no wildcard stands in front.
            let hidden = search_words == SearchWords::AtSpaces && search_wildcards == SearchWildcards::AtEnd;
            let expected = if hidden { &[1, 4, 5][..] } else { &[1, 2, 3, 4, 5] };
            assert_eq!(seen(None), expected, "{search_words:?} {search_wildcards:?}");
            assert_eq!(rig.arrived("search"), 1, "one page");
            let expected = if hidden { &[1, 4][..] } else { &[1, 2, 3, 4] };
            assert_eq!(seen(Some("R1")), expected, "{search_words:?} {search_wildcards:?}");
        }
    }
}

#[test]
fn a_survey_sees_other_owners_and_no_owner_over_every_page_whatever_neq_means() {
    for neq_matches_empty in [false, true] {
        let rig = Rig::under(|settings| settings.neq_matches_empty = neq_matches_empty);
        for number in 1..=500 {
            let owner = [Some(OWNER), Some(STRANGER), None].into_iter().cycle().nth(number % 3).flatten();
            let whose = owner.map(|owner| ("hubspot_owner_id", owner.to_owned()));
            rig.add([(
                number as u64,
                whose.into_iter().chain([("message", format!("ID:R{number}"))]).collect(),
            )]);
        }
        let outside = Some(Outside { column: "hubspot_owner_id".into(), text: OWNER.into() });
        let view = View::Carrying { outside, token: "message".into(), sought: any() };
        let first = rig.read(view.clone(), Reach::All(None), &[]).unwrap();
        let second = rig.read(view, Reach::All(first.next.clone()), &[]).unwrap();
        let seen = [numbers(&first.records), numbers(&second.records)].concat();
        assert_eq!(seen, (1..=500).filter(|number| number % 3 != 0).collect::<Vec<_>>());
        assert_eq!((first.coverage, second.next), (Coverage::Whole, None));
    }
}

#[test]
fn trap_14_more_columns_than_a_search_can_name_are_refused_before_anything_is_sent() {
    let rig = Rig::new();
    let names: Vec<String> = (0..300).map(|number| format!("property_{number}")).collect();
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let Err(Fault::Denied(what)) = rig.read(scope(), Reach::All(None), &columns) else {
        panic!("not denied")
    };
    assert!(what.contains("map fewer"), "{what}");
    assert_eq!(rig.hubspot.requests().read, 0);
}

#[test]
fn trap_15_a_cursor_of_one_kind_of_paging_is_not_taken_by_the_other() {
    let rig = Rig::new();
    rig.add_owned(OWNER, 1..=300);
    let listing = rig.read(View::All, Reach::All(None), &[]).unwrap().next;
    let search = rig.read(scope(), Reach::All(None), &[]).unwrap().next;
    assert!(rig.read(scope(), Reach::All(listing), &[]).is_err());
    assert!(rig.read(View::All, Reach::All(search), &[]).is_err());
}

#[test]
fn trap_2_an_id_that_was_merged_away_leads_to_the_survivor_under_both_behaviours() {
    for behaviour in [MergedInBatchRead::NotFound, MergedInBatchRead::Resolved] {
        let rig = Rig::under(|settings| settings.merged_in_batch_read = behaviour);
        rig.add([
            (101, vec![("email", "a@example.org".into())]),
            (102, vec![("email", "b@example.org".into())]),
        ]);
        let survivor = rig.people(Act::Merge { primary: 101, other: 102 }).unwrap().to_string();
        let page = rig.by_id(&["101", "102"], &["email"]).unwrap();
        let found: Vec<_> = page
            .records
            .iter()
            .map(|record| (record.asked.clone().unwrap(), record.id.to_string()))
            .collect();
        let expected = ["101", "102"].map(|old| (RemoteId::new(old), survivor.clone()));
        assert_eq!(found, expected, "{behaviour:?}");
        assert!(page.missing.is_empty());
        // Asked for by its own id beside an old one, the survivor is there once under each.
        let page = rig.by_id(&[&survivor, "101"], &["email"]).unwrap();
        assert_eq!(page.records.iter().filter(|record| record.asked.is_none()).count(), 1);
        assert_eq!(page.records.len(), 2);
    }
}

#[test]
fn trap_16_archived_contacts_are_in_no_view_and_missing_by_id_and_so_are_unknown_ones() {
    let rig = Rig::new();
    rig.add_owned(OWNER, [101, 102, 103]);
    rig.people(Act::Archive { id: 102 });
    assert_eq!(all_numbers(&rig.pages(&scope(), |_| ()).unwrap()), [101, 103]);
    assert_eq!(all_numbers(&rig.pages(&View::All, |_| ()).unwrap()), [101, 103]);
    let page = rig.by_id(&["101", "102", "999"], &["email"]).unwrap();
    assert_eq!(numbers(&page.records), [101]);
    assert_eq!(page.missing, [RemoteId::new("102"), RemoteId::new("999")]);
}

#[test]
fn many_archived_contacts_are_proven_archived_in_one_request() {
    let rig = Rig::new();
    rig.add_owned(OWNER, 1..=100);
    for id in 1..=100 {
        rig.people(Act::Archive { id });
    }
    let ids: Vec<String> = (1..=100).map(|id: u64| id.to_string()).collect();
    let page = rig.by_id(&ids.iter().map(String::as_str).collect::<Vec<_>>(), &[]).unwrap();
    assert_eq!((page.missing.len(), rig.hubspot.requests().read), (100, 2));
}

#[test]
fn trap_7_an_id_that_is_asked_for_twice_is_sent_once() {
    let rig = Rig::new();
    rig.add_owned(OWNER, [101]);
    let page = rig.by_id(&["101", "101"], &[]).unwrap();
    assert_eq!(numbers(&page.records), [101]);
    assert_eq!(rig.hubspot.requests().read, 1);
}

#[test]
fn an_id_that_a_batch_refuses_for_its_own_reason_is_read_singly() {
    let rig = Rig::new();
    rig.add_owned(OWNER, [101, 102]);
    rig.fault("batch/read", 1, FaultKind::PartialFailure { ids: vec!["102".into()] });
    let page = rig.by_id(&["101", "102"], &[]).unwrap();
    assert_eq!((numbers(&page.records), page.missing.len()), (vec![101, 102], 0));
}

#[test]
fn trap_17_the_version_is_the_time_of_the_contact_not_the_property_of_nearly_that_name() {
    let rig = Rig::new();
    rig.add_owned(OWNER, [101]);
    rig.people(Act::Recalculate { id: 101 });
    let page = rig.by_id(&["101"], &["lastmodifieddate", "hs_lastmodifieddate"]).unwrap();
    let record = &page.records[0];
    let modified: jiff::Timestamp = record.cell(0).to_text().unwrap().parse().unwrap();
    assert_eq!(record.version, Some(modified));
    assert_eq!(record.cell(1), &Cell::Null);
}

#[test]
fn trap_18_null_is_not_absent_and_everything_is_text() {
    let rig = Rig::new();
    rig.add([(101, vec![("zip", "80447".into())])]);
    let page = rig.by_id(&["101"], &["zip", "city", "no_such_property", "hs_object_id"]).unwrap();
    let wanted = [Cell::text("80447"), Cell::Null, Cell::Absent, Cell::text("101")];
    assert_eq!(page.records[0].cells, wanted);
}

#[test]
fn trap_8_a_contact_is_found_by_an_address_in_any_case_primary_or_additional() {
    let rig = Rig::new();
    let emails =
        |one: &str, more: &str| vec![("email", one.to_owned()), ("hs_additional_emails", more.to_owned())];
    rig.add([
        (101, emails("ada@example.org", "a2@example.org;a3@example.org")),
        (102, emails("bob@example.org", "")),
    ]);
    let page = rig
        .by_unique("email", &["A3@Example.org", "bob@example.org", "nobody@example.org"], &["city"])
        .unwrap();
    assert_eq!(numbers(&page.records).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([101, 102]));
    assert!(page.records.iter().all(|record| record.cells.len() == 1));
}

#[test]
fn a_lookup_by_a_column_that_is_not_unique_is_no_proof_of_absence() {
    let rig = Rig::new();
    assert!(matches!(rig.by_unique("city", &["Granby"], &["city"]), Err(Fault::Unreadable(_))));
}

#[test]
fn trap_32_a_page_of_a_gateway_is_unreadable_whatever_its_status() {
    for (path, status) in [("search", 200), ("batch/read", 200), ("search", 404), ("batch/read", 400)] {
        let rig = Rig::new();
        rig.add_owned(OWNER, [101]);
        rig.fault_always(path, FaultKind::FailBefore(Failure::Html { status }));
        let outcome = match path {
            "search" => rig.read(scope(), Reach::All(None), &[]),
            _ => rig.by_id(&["101"], &[]),
        };
        assert!(matches!(outcome, Err(Fault::Unreadable(_))), "{path} {status} {outcome:?}");
    }
}

#[test]
fn trap_32_a_404_that_is_not_hubspots_own_is_no_proof_that_a_record_is_gone() {
    for failure in [Failure::Html { status: 404 }, Failure::Empty { status: 404 }] {
        let rig = Rig::new();
        rig.fault_always("contacts/999", FaultKind::FailBefore(failure));
        assert!(matches!(rig.by_id(&["999"], &[]), Err(Fault::Unreadable(_))));
    }
}

#[test]
fn a_read_that_meets_a_passing_fault_is_repeated_and_a_lasting_one_is_busy() {
    for failure in [
        Failure::Status { status: 502, retry_after_s: None },
        Failure::Status { status: 423, retry_after_s: Some(2) },
        Failure::Html { status: 503 },
        Failure::Dropped,
    ] {
        let rig = Rig::new();
        rig.add_owned(OWNER, [101]);
        rig.fault("search", 1, FaultKind::FailBefore(failure.clone()));
        assert_eq!(all_numbers(&rig.pages(&scope(), |_| ()).unwrap()), [101]);
        rig.fault_always("search", FaultKind::FailBefore(failure.clone()));
        let outcome = rig.read(scope(), Reach::All(None), &[]);
        assert!(matches!(outcome, Err(Fault::Busy { .. })), "{failure:?} {outcome:?}");
        assert!(rig.office.said().contains("POST /crm/objects/2026-03/contacts/search"));
    }
}

#[test]
fn an_altered_answer_to_a_read_is_right_or_unreadable_and_never_shorter() {
    let alterations = [
        Alteration::HtmlType,
        Alteration::Padded { bytes: 100_000 },
        Alteration::Reordered,
        Alteration::Repeated,
        Alteration::Cursor { after: "7".into() },
    ];
    for how in alterations {
        let rig = Rig::new();
        rig.add_owned(OWNER, [101, 102, 103]);
        for (path, view, ids) in [
            ("search", scope(), None),
            ("contacts", View::All, None),
            ("batch/read", View::All, Some(["101", "102", "103"])),
        ] {
            rig.office.portal().clear_faults();
            rig.fault(path, 1, FaultKind::Altered(how.clone()));
            let outcome = match ids {
                Some(ids) => rig.by_id(&ids, &["email"]),
                None => rig.read(view, Reach::All(None), &["email"]),
            };
            match outcome {
                Ok(page) => {
                    let seen: BTreeSet<u64> = numbers(&page.records).into_iter().collect();
                    assert_eq!(Vec::from_iter(seen), [101, 102, 103], "{path} {how:?}");
                    assert_eq!(page.records.len(), 3, "{path} {how:?}");
                }
                Err(fault) => assert!(matches!(fault, Fault::Unreadable(_)), "{path} {how:?} {fault:?}"),
            }
        }
    }
}

#[test]
fn a_listing_that_leads_back_to_the_page_just_read_is_no_end_and_no_loop() {
    let rig = Rig::new();
    rig.add_owned(OWNER, 1..=250);
    let first = rig.read(View::All, Reach::All(None), &[]).unwrap();
    let after = first.next.clone().unwrap();
    rig.fault("contacts", 1, FaultKind::Altered(Alteration::Cursor { after }));
    let outcome = rig.read(View::All, Reach::All(first.next), &[]);
    assert!(matches!(outcome, Err(Fault::Unreadable(_))), "{outcome:?}");
}

#[test]
fn a_retry_after_that_is_a_date_is_not_waited_for_by_our_own_clock() {
    for delay_s in [-90_000, 90_000] {
        let rig = Rig::new();
        rig.add_owned(OWNER, [101]);
        rig.fault("search", 1, FaultKind::FailBefore(Failure::RetryAt { status: 503, delay_s }));
        assert_eq!(all_numbers(&rig.pages(&scope(), |_| ()).unwrap()), [101]);
    }
}

#[test]
fn a_migration_that_takes_a_day_is_not_waited_for() {
    let rig = Rig::new();
    rig.fault_always(
        "search",
        FaultKind::FailBefore(Failure::Status { status: 477, retry_after_s: Some(86_400) }),
    );
    let outcome = rig.read(scope(), Reach::All(None), &[]);
    assert!(matches!(outcome, Err(Fault::Busy { retry_after: Some(_), .. })), "{outcome:?}");
    assert_eq!(rig.hubspot.requests().read, 1);
}

#[test]
fn a_foreign_record_in_the_view_is_passed_on_for_the_guard_to_see() {
    let rig = Rig::under(|settings| settings.search_lag_ms = 30_000);
    rig.add_owned(OWNER, [101]);
    rig.people(Act::Reassign { id: 101, owner: Some(STRANGER.into()) });
    let page = rig.read(scope(), Reach::All(None), &["hubspot_owner_id"]).unwrap();
    assert_eq!(numbers(&page.records), [101]);
}
