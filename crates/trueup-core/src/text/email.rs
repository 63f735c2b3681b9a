//! E-mail addresses.

use compact_str::CompactString;
use email_address::{EmailAddress, Error, Options};
use unicode_normalization::UnicodeNormalization;

use super::{BadText, clean::bare};

const WHAT: &str = "an e-mail address";

// 64 octets, an @, 255 octets: RFC 5321, 4.5.3.1.
const MAX_BYTES: usize = 320;

const SYNTAX: Options =
    Options { minimum_sub_domains: 2, allow_domain_literal: false, allow_display_text: false };

/// Brings an e-mail address into the form in which it is compared and written: trimmed, nothing
/// hidden, composed, lower case (HubSpot stores them so).
///
/// Dots and `+` suffixes stay: whether they matter is the receiving host's business.
///
/// # Errors
/// When the text is not one plain address whose domain has a dot.
pub fn normalise(text: &str) -> Result<CompactString, BadText> {
    // The untrimmed text may be somewhat longer, but no megabyte is worth composing.
    if text.trim().len() > 4 * MAX_BYTES {
        return Err(bad("it is too long"));
    }
    let address = lower(bare(text));
    if address.len() > MAX_BYTES {
        return Err(bad("it is too long"));
    }
    if address.is_empty() {
        return Err(bad("it is empty"));
    }
    EmailAddress::parse_with_options(&address, SYNTAX).map_err(|error| bad(why(&error)))?;
    Ok(address)
}

fn lower(mut text: CompactString) -> CompactString {
    // Nearly every address takes this way: it is composed already.
    if text.is_ascii() {
        text.make_ascii_lowercase();
        return text;
    }
    text.to_lowercase().nfc().collect()
}

const fn bad(why: &'static str) -> BadText {
    BadText::new(WHAT, why)
}

const fn why(error: &Error) -> &'static str {
    match error {
        Error::MissingSeparator => "it has no @",
        Error::LocalPartEmpty => "nothing stands before the @",
        Error::LocalPartTooLong => "more than 64 bytes stand before the @",
        Error::DomainEmpty => "nothing stands after the @",
        Error::DomainTooLong | Error::SubDomainTooLong => "its domain is too long",
        Error::DomainTooFew => "its domain has no dot",
        Error::SubDomainEmpty | Error::DomainInvalidSeparator => "its domain has a misplaced dot",
        Error::UnbalancedQuotes => "its quotes are unbalanced",
        Error::UnsupportedDomainLiteral | Error::InvalidIPAddress => "its domain is an IP address",
        Error::UnsupportedDisplayName | Error::MissingDisplayName | Error::MissingEndBracket => {
            "a name stands beside the address"
        }
        Error::InvalidCharacter | Error::InvalidComment => "it holds a character that no address can hold",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, want: &str) {
        assert_eq!(normalise(raw).as_deref(), Ok(want));
    }

    #[track_caller]
    fn refused(raw: &str, why: &str) {
        assert_eq!(normalise(raw).unwrap_err().why, why, "{raw}");
    }

    #[test]
    fn spellings_of_one_address_come_together() {
        check(" Ada@Example.ORG\u{a0}", "ada@example.org");
        check("a\u{200b}da@example.org\u{feff}", "ada@example.org");
        check("a\u{200d}da@example.org\r\n", "ada@example.org");
        check("RENE\u{301}@example.org", "ren\u{e9}@example.org");
    }

    #[test]
    fn dots_and_plus_suffixes_are_part_of_the_address() {
        check("a.d.a+crm@gmail.com", "a.d.a+crm@gmail.com");
        check("o'neil_1@sub.example.co.uk", "o'neil_1@sub.example.co.uk");
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        refused("", "it is empty");
        refused("\u{200b}", "it is empty");
        refused("ada", "it has no @");
        refused("@example.org", "nothing stands before the @");
        refused("ada@", "nothing stands after the @");
        refused("ada@localhost", "its domain has no dot");
        refused("ada@example..org", "its domain has a misplaced dot");
        refused("ada@[127.0.0.1]", "its domain is an IP address");
        refused("Ada <ada@example.org>", "a name stands beside the address");
        refused("ada lovelace@example.org", "it holds a character that no address can hold");
        refused("ada@example.org; b@example.org", "it holds a character that no address can hold");
        refused(&format!("{}@example.org", "a".repeat(65)), "more than 64 bytes stand before the @");
        refused(&"a".repeat(1 << 20), "it is too long");
    }

    #[test]
    fn an_address_is_measured_without_what_nobody_sees() {
        let hidden = |count: usize| format!("ab@example.org{}", "\u{200b}".repeat(count));
        assert_eq!(hidden(422).len(), 4 * MAX_BYTES);
        check(&hidden(422), "ab@example.org");
        refused(&hidden(423), "it is too long");
        let of = |length: usize| format!("{}@{:x<2$}", "a".repeat(64), "", length - 65);
        refused(&of(MAX_BYTES), "its domain is too long");
        refused(&of(MAX_BYTES + 1), "it is too long");
    }

    #[test]
    fn the_reason_never_holds_the_value() {
        let shown = normalise("ada lovelace@example.org").unwrap_err().to_string();
        assert_eq!(shown, "not an e-mail address: it holds a character that no address can hold");
    }
}
