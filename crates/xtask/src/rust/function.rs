//! Where functions begin and end.

use super::{block_end, line_at, words};

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`.
    pub line: usize,
    /// How many lines it takes, signature and closing brace included.
    pub lines: usize,
    /// Whether it is run as a test.
    pub test: bool,
}

pub(super) fn functions(masked: &str) -> Vec<Function> {
    words(masked, "fn").filter_map(|at| function(masked, at)).collect()
}

fn function(masked: &str, at: usize) -> Option<Function> {
    let name: String =
        masked.get(at + 2..)?.trim_start().chars().take_while(|c| *c == '_' || c.is_alphanumeric()).collect();
    let open = body(masked, at)?;
    let line = line_at(masked, at);
    let last = line_at(masked, block_end(masked, open)?);
    (!name.is_empty()).then(|| Function { name, line, lines: last - line + 1, test: is_test(masked, at) })
}

/// Where the body opens: the first brace outside of every bracket; none when a semicolon comes first.
fn body(masked: &str, at: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (place, byte) in masked.bytes().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(place),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Whether `#[test]`, `#[tokio::test]` or the like stands between the last item and this one.
fn is_test(masked: &str, at: usize) -> bool {
    let before = masked.get(..at).unwrap_or_default();
    let start = before.rfind(['}', ';', '{']).map_or(0, |end| end + 1);
    let attributes: String = before.get(start..).unwrap_or_default().split_whitespace().collect();
    attributes.contains("#[test]") || attributes.contains("::test]") || attributes.contains("::test(")
}

#[cfg(test)]
mod tests {
    use super::{super::Code, Function};

    #[track_caller]
    fn check(text: &str, want: &[(&str, usize, usize, bool)]) {
        let found = Code::read(text).functions;
        let want: Vec<Function> = want
            .iter()
            .map(|(name, line, lines, test)| Function {
                name: (*name).into(),
                line: *line,
                lines: *lines,
                test: *test,
            })
            .collect();
        assert_eq!(found, want);
    }

    #[test]
    fn a_function_is_as_long_as_from_its_name_to_its_last_brace() {
        check(
            "fn a() {\n    b(\"}\");\n}\n\npub async fn c(x: [u8; 2]) -> u8 { 1 }\n",
            &[("a", 1, 3, false), ("c", 5, 1, false)],
        );
    }

    #[test]
    fn a_signature_without_a_body_and_a_function_type_are_none() {
        check("trait T { fn a(&self); }\ntype F = fn(u8) -> u8;\n", &[]);
    }

    #[test]
    fn a_test_is_known_by_its_attribute() {
        check(
            "#[test]\nfn a() {}\n#[tokio::test]\nasync fn b() {}\nfn c() {}\n",
            &[("a", 2, 1, true), ("b", 4, 1, true), ("c", 5, 1, false)],
        );
    }
}
