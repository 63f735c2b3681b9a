//! Exact decimal numbers.

use compact_str::CompactString;
use rust_decimal::Decimal;

use super::{BadText, clean::bare};

const WHAT: &str = "a number";

const MAX_BYTES: usize = 64;

/// Reads an exact decimal number: `-1234.56`, and in the American spelling `$1,234.56`.
///
/// A comma is taken for a thousands separator only where nothing else is possible, that is beside a
/// decimal point or another comma: `1,234` is refused, since half the world reads it as 1.234. A `$` is
/// left out; other currency signs are refused, since without them unlike amounts would compare equal.
///
/// # Errors
/// For every other form (per cent, exponents, amounts in parentheses), and for more digits than 28.
pub fn normalise(text: &str) -> Result<Decimal, BadText> {
    if text.trim().len() > MAX_BYTES {
        return Err(bad("it is too long"));
    }
    let text = bare(text);
    let (negative, digits) = unsigned(&text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let whole = ungrouped(whole, fraction.is_some())?;
    if !is_digits(&whole) || !fraction.is_none_or(is_digits) {
        return Err(bad("it is not written in plain digits, such as -1234.56"));
    }
    exact(negative, &whole, fraction.unwrap_or_default())
}

// The sign may stand on either side of the currency, once.
fn unsigned(text: &str) -> (bool, &str) {
    let (outer, rest) = sign(text);
    match rest.strip_prefix('$') {
        None => (outer.unwrap_or(false), rest),
        Some(amount) if outer.is_some() => (outer.unwrap_or(false), amount.trim_start()),
        Some(amount) => {
            let (inner, rest) = sign(amount.trim_start());
            (inner.unwrap_or(false), rest)
        }
    }
}

fn sign(text: &str) -> (Option<bool>, &str) {
    match (text.strip_prefix('-').or_else(|| text.strip_prefix('\u{2212}')), text.strip_prefix('+')) {
        (Some(rest), _) => (Some(true), rest),
        (None, Some(rest)) => (Some(false), rest),
        (None, None) => (None, text),
    }
}

fn ungrouped(whole: &str, has_point: bool) -> Result<CompactString, BadText> {
    let groups = whole.split(',').count();
    if groups == 1 {
        return Ok(CompactString::new(whole));
    }
    let fits =
        |(at, group): (usize, &str)| if at == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
    if !whole.split(',').enumerate().all(fits) {
        return Err(bad("its commas do not stand every three digits"));
    }
    if groups == 2 && !has_point {
        return Err(bad("its comma may separate thousands or decimals"));
    }
    Ok(whole.split(',').collect())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn exact(negative: bool, whole: &str, fraction: &str) -> Result<Decimal, BadText> {
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let number = Decimal::from_str_exact(&format!("{whole}{point}{fraction}"));
    let mut number = number.map_err(|_| bad("it has more than 28 digits"))?.normalize();
    number.set_sign_negative(negative && !number.is_zero());
    Ok(number)
}

const fn bad(why: &'static str) -> BadText {
    BadText::new(WHAT, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, want: &str) {
        let got = normalise(raw).unwrap_or_else(|bad| panic!("{raw}: {bad}"));
        assert_eq!(got.to_string(), want, "{raw}");
        assert_eq!(normalise(want), Ok(got));
    }

    #[track_caller]
    fn refused(raw: &str, why: &str) {
        let shown = normalise(raw).unwrap_err().why;
        assert!(shown.contains(why), "{raw}: {shown}");
    }

    #[test]
    fn plain_numbers_are_read_exactly() {
        check("12", "12");
        check(" -0012.500 ", "-12.5");
        check("+3", "3");
        check("\u{2212}3", "-3");
        check("-0.00", "0");
        check("0.1", "0.1");
        check("9999999999999999999999999999", "9999999999999999999999999999");
        check("1.00000000000000000000000000000000", "1");
    }

    #[test]
    fn a_text_is_read_up_to_its_longest_length() {
        let zeros = |length: usize| format!("{:0<length$}", "1.");
        assert_eq!(normalise(&zeros(MAX_BYTES)), Ok(Decimal::ONE));
        refused(&zeros(MAX_BYTES + 1), "too long");
    }

    #[test]
    fn american_amounts_are_read() {
        check("$1,234.56", "1234.56");
        check("-$5", "-5");
        check("$-5.00", "-5");
        check("$ 12", "12");
        check("1,234,567", "1234567");
        check("1,234.0", "1234");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        refused("1,234", "thousands or decimals");
        refused("1,5", "every three");
        refused("1.234,56", "plain digits");
        refused("12,34,567.00", "every three");
        refused(",123.00", "every three");
    }

    #[test]
    fn other_forms_are_refused() {
        for raw in [
            "",
            "-",
            "$",
            ".5",
            "5.",
            "1e5",
            "5%",
            "(5.00)",
            "\u{20ac}5",
            "5 USD",
            "--5",
            "-$-5",
            "NaN",
            "\u{664}",
        ] {
            refused(raw, "plain digits");
        }
        refused(&"9".repeat(30), "28 digits");
        refused("0.00000000000000000000000000001", "28 digits");
        refused(&"9".repeat(1 << 20), "too long");
    }
}
