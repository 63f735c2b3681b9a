//! What every normaliser must stand: any text at all, twice.

use proptest::prelude::*;

use super::{clean, date, decimal, email, list, name, phone, street, token};

/// Texts that are likelier to hurt than random ones.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[ -~]{0,24}",
        "[0-9+(). x;ext=-]{0,24}",
        "[a-zA-Z.+]{1,9}@[a-zA-Z.]{1,9}\\.(org|com)",
        "[-+$0-9,.]{1,12}",
        proptest::sample::select(vec![
            "\u{200d}",
            "\u{200c}",
            "\u{200b}",
            "\u{feff}",
            "\u{202e}",
            "\u{301}",
            "\u{212a}",
            "\u{130}",
            "\u{37e}",
            "\u{a0}",
            "\u{e9}",
            "\u{1f469}",
            "\0",
            "\r\n",
            "\u{5d0}",
            "\u{1b}[31m",
            "\u{3a3}",
            "\u{df}",
            "\u{1e9e}",
            "ID:",
            "\u{345}",
            "\u{1100}",
            "\u{1161}",
            "\u{ad}",
            "\u{2028}",
            "\u{85}",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_normal_stays_as_it_is(raw in text()) {
        let cleaned = clean::clean(&raw);
        prop_assert_eq!(&clean::clean(&cleaned), &cleaned);
        let bare = clean::bare(&raw);
        prop_assert_eq!(&clean::bare(&bare), &bare);
        let named = name::normalise(&raw);
        prop_assert_eq!(&name::normalise(&named), &named);
        let folded = name::fold(&raw);
        prop_assert_eq!(&name::fold(&folded), &folded);
        prop_assert_eq!(&name::fold(&named), &folded);
    }

    #[test]
    fn what_is_read_once_is_read_the_same_again(raw in text()) {
        if let Ok(address) = email::normalise(&raw) {
            prop_assert_eq!(email::normalise(&address), Ok(address));
        }
        if let Ok(number) = phone::normalise(&raw, phone::Region::US) {
            prop_assert_eq!(phone::normalise(&number, phone::Region::US), Ok(number));
        }
        if let Ok(number) = decimal::normalise(&raw) {
            prop_assert_eq!(decimal::normalise(&number.to_string()), Ok(number));
        }
        if let Ok(day) = date::normalise(&raw) {
            prop_assert_eq!(date::normalise(&day.to_string()), Ok(day));
        }
    }

    #[test]
    fn a_ledger_joined_again_splits_the_same(raw in text()) {
        let entries = list::split(&raw);
        prop_assert_eq!(list::split(&entries.join(";")), entries);
    }

    #[test]
    fn a_token_is_found_after_it_was_added_and_nothing_else_is_lost(raw in text(), key in "[A-Za-z0-9]{1,8}") {
        let before = token::find(&raw, "ID:");
        let added = token::add(&raw, "ID:", &key);
        prop_assert!(added.starts_with(raw.trim_end()));
        let after = token::find(&added, "ID:");
        prop_assert!(after.iter().any(|found| *found == key));
        prop_assert!(before.iter().all(|found| after.contains(found)));
        prop_assert_eq!(token::add(&added, "ID:", &key), added);
    }

    #[test]
    fn what_is_shown_holds_nothing_that_hides(raw in text()) {
        let shown = clean::escape_for_display(&raw);
        prop_assert!(!shown.contains(char::is_control));
        let hidden = ['\u{202e}', '\u{200b}', '\u{200d}', '\u{2028}'];
        prop_assert!(!shown.contains(hidden));
    }

    #[test]
    fn any_decimal_is_read_back_from_its_print(mantissa in any::<i64>(), scale in 0_u32..=18) {
        let number = rust_decimal::Decimal::new(mantissa, scale);
        prop_assert_eq!(decimal::normalise(&number.to_string()), Ok(number));
    }
}

#[test]
fn a_megabyte_of_anything_is_read_or_refused() {
    for piece in ["\u{301}", "e\u{301}", "\u{5d0}\u{200d}", "a;\0ID:b"] {
        let raw = piece.repeat((1 << 20) / piece.len());
        assert!(clean::clean(&raw).len() <= raw.len());
        assert!(clean::escape_for_display(&raw).len() <= raw.len() * 8);
        assert!(name::normalise(&raw).len() <= raw.len());
        assert!(name::fold(&raw).len() <= raw.len() * 3);
        assert!(list::split(&raw).len() <= raw.len());
        assert!(token::find(&raw, "ID:").len() <= 2);
        assert!(!street::has_suffix(&raw));
        assert!(email::normalise(&raw).is_err());
        assert!(phone::normalise(&raw, phone::Region::US).is_err());
        assert!(decimal::normalise(&raw).is_err());
        assert!(date::normalise(&raw).is_err());
    }
}

#[test]
fn no_reason_ever_repeats_the_value() {
    let secret = "zx9secret";
    let reasons = [
        email::normalise(secret).unwrap_err(),
        phone::normalise(secret, phone::Region::US).unwrap_err(),
        decimal::normalise(secret).unwrap_err(),
        date::normalise(secret).unwrap_err(),
    ];
    for reason in reasons {
        let shown = reason.to_string();
        assert!(!shown.contains(secret) && !shown.ends_with('.'), "{shown}");
        assert!(shown.starts_with("not a"), "{shown}");
    }
}
