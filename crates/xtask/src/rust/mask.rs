//! Blanks comments and literals, so that what is left is code.

/// The text with every byte of a comment, and of the inside of a literal, replaced by a space; line
/// breaks stay.
pub(super) fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let end = skip(bytes, at);
        if end == at {
            out.push(*byte);
            at += 1;
        } else {
            out.extend(bytes.get(at..end).unwrap_or_default().iter().map(|byte| blank(*byte)));
            at = end;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

const fn blank(byte: u8) -> u8 {
    if byte == b'\n' { byte } else { b' ' }
}

/// Where the comment or literal that begins here ends; here, when none does.
fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => at + nested(rest),
        [b'"', ..] => at + quoted(rest, 1),
        [b'b' | b'c', b'"', ..] if !in_word(bytes, at) => at + quoted(rest, 2),
        [b'r' | b'b' | b'c', ..] if !in_word(bytes, at) => at + raw(rest).unwrap_or(0),
        [b'\'', ..] => at + character(rest).unwrap_or(0),
        _ => at,
    }
}

fn in_word(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    before.is_some_and(|byte| *byte == b'_' || byte.is_ascii_alphanumeric())
}

/// The length of a block comment; they nest.
fn nested(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a string whose first character stands at `at`.
fn quoted(rest: &[u8], mut at: usize) -> usize {
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a raw string, if one begins here.
fn raw(rest: &[u8]) -> Option<usize> {
    let prefix = rest.iter().take_while(|byte| matches!(byte, b'r' | b'b' | b'c')).count();
    let hashes = rest.iter().skip(prefix).take_while(|byte| **byte == b'#').count();
    let open = prefix + hashes;
    if prefix > 2 || rest.get(prefix - 1) != Some(&b'r') || rest.get(open) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = [b'"'].into_iter().chain(std::iter::repeat_n(b'#', hashes)).collect();
    let inside = rest.get(open + 1..)?;
    let length = inside.windows(close.len()).position(|window| window == close).unwrap_or(inside.len());
    Some((open + 1 + length + close.len()).min(rest.len()))
}

/// The length of a character literal; a lifetime is none.
fn character(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        let close = rest.iter().skip(3).position(|byte| *byte == b'\'')?;
        return Some(close + 4);
    }
    let text = std::str::from_utf8(rest.get(1..rest.len().min(6))?).unwrap_or_else(|error| {
        std::str::from_utf8(rest.get(1..=error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
    });
    let length = text.chars().next()?.len_utf8();
    (rest.get(1 + length) == Some(&b'\'')).then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let got = mask(text);
        assert_eq!(got.len(), text.len(), "the length must stay: {got:?}");
        assert_eq!(got.split_whitespace().collect::<Vec<_>>().join(" "), want);
    }

    #[test]
    fn comments_and_the_insides_of_literals_are_blanked() {
        check("a // b { c\nd", "a d");
        check("a /* b /* { */ c */ d", "a d");
        check(r#"f("a { \" b") + g"#, "f( ) + g");
        check(r##"f(r#"a " {"#) + br"{" + c"{""##, "f( ) + +");
        check("x('{', '\\'', '\\u{7b}', 'é')", "x( , , , )");
    }

    #[test]
    fn a_lifetime_is_not_the_start_of_a_character() {
        check("fn f<'a>(x: &'a str, y: &'static str) { 'x' }", "fn f<'a>(x: &'a str, y: &'static str) { }");
    }

    #[test]
    fn a_name_that_ends_like_a_prefix_is_no_literal() {
        check("for r in err { b\"x\" }", "for r in err { }");
    }
}
