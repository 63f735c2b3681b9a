//! What a link row remembers of a record, and what a look at some records tells of the others.

use super::*;
use crate::{
    fixture::{link_to, memory, plain},
    link::{BaseCell, FieldBase, Link, Unseen, Written},
    snapshot::Coverage,
    value::Cell,
};

fn base(field: &str, mapping: u32, city: &str) -> FieldBase {
    let said = |text: &str| BaseCell { print: memory().print(&Cell::text(text)).unwrap(), cell: None };
    FieldBase { field: field.into(), mapping, canonical: said("Granby"), mirror: said(city) }
}

#[test]
fn a_record_is_followed_through_merges_and_known_by_all_its_ids() {
    let mut link = link_to("R1", "101");
    for now in ["101", "909", "910"] {
        link.follow(&now.into());
    }
    assert_eq!((link.remote.as_str(), link.aliases.clone()), ("910", vec!["101".into(), "909".into()]));
    let known = ["101", "909", "910", "911"].map(|id| link.is_to(&id.into()));
    assert_eq!(known, [true, true, true, false]);
}

#[test]
fn a_base_is_believed_under_its_own_mapping_only_and_replaced_by_the_next() {
    let mut link = link_to("R1", "101");
    let found = |link: &Link, field: &str, mapping| link.base(&field.into(), mapping).cloned();
    for one in [base("city", 1, "Granby"), base("phone", 1, "Granby"), base("city", 2, "Vail")] {
        link.set_base(one);
    }
    assert_eq!(link.bases.len(), 2);
    assert_eq!((found(&link, "city", 1), found(&link, "city", 2)), (None, Some(base("city", 2, "Vail"))));
    assert_eq!(found(&link, "phone", 1), Some(base("phone", 1, "Granby")));
    link.forget_base(&"city".into());
    assert_eq!((found(&link, "city", 2), found(&link, "city", 1)), (None, None));
    assert_eq!(found(&link, "phone", 1), Some(base("phone", 1, "Granby")));
}

#[test]
fn of_what_was_written_and_never_seen_the_last_write_of_a_field_counts() {
    let mut link = link_to("R1", "101");
    let unseen = |written, field: &str, city: &str| Unseen { written, base: base(field, 1, city) };
    let (first, phone) = (unseen(Written::Mirror, "city", "Vail"), unseen(Written::Mirror, "phone", "1"));
    let last = unseen(Written::Canonical, "city", "Aspen");
    assert_eq!((first.told(), last.told()), (&first.base.mirror, &last.base.canonical));
    for one in [&first, &phone, &last] {
        link.doubt(one.clone());
    }
    assert_eq!(link.unseen, [phone.clone(), last]);
    link.set_base(base("city", 1, "Granby"));
    assert_eq!(link.unseen, std::slice::from_ref(&phone));
    link.forget_base(&"phone".into());
    assert!(link.unseen.is_empty());
}

/// Whether anybody looked for `R9`, and whether it is neither there nor gone.
#[track_caller]
fn check(change: impl FnOnce(&mut Snapshot), looked: bool, doubt: bool) {
    let setup = setup();
    let mut seen = Snapshot { coverage: Coverage::Since, ..workbook(vec![plain("R1")]) };
    change(&mut seen);
    let canon = Canon::new(&setup, &seen);
    let key = "R9".into();
    assert_eq!((canon.is_looked_at(&key), canon.is_in_doubt(&key)), (looked, doubt), "{seen:?}");
}

#[test]
fn a_look_at_some_records_says_nothing_of_the_others() {
    check(|_| {}, false, true);
    check(|seen| seen.coverage = Coverage::Whole, true, false);
    check(|seen| seen.records.push(plain("R9")), true, false);
    check(|seen| seen.missing.push("R9".into()), true, false);
    check(|seen| drop(seen.aliases.insert("R9".into(), "R1".into())), true, true);
    check(|seen| seen.silent.push("R9".into()), false, true);
}
