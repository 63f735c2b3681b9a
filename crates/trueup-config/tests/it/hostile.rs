//! Files made to hurt: the reader stays small and quick, and says why it refuses.

use crate::{changed, look, read, shown};
use insta::assert_snapshot;
use trueup_config::Code;

#[track_caller]
fn refused(text: &str, code: Code) {
    let errors = read(text).expect_err("refused");
    assert_eq!(errors.first().map(|error| error.code), Some(code), "{errors:?}");
}

#[test]
fn an_alias_bomb_is_refused() {
    let level = |level: usize| {
        let inner = if level == 0 { "x".to_owned() } else { format!("*a{}", level - 1) };
        format!("a{level}: &a{level} [{}]", [inner.as_str(); 10].join(", "))
    };
    let bomb = (0..8).map(level).collect::<Vec<_>>().join("\n");
    refused(&bomb, Code::Budget);
    assert_snapshot!(shown(&bomb), @r#"
    error: the file is larger, deeper or more repetitive than any honest one
      --> conf/trueup.yaml:5:10
      |
    5 | a4: &a4 [*a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3]
      |          ^
    help: write repeated parts out instead of using `&name` and `*name`, and nest less
    "#);
}

#[test]
fn a_file_of_a_megabyte_is_refused_unread() {
    let text = format!("{}# {}\n", crate::template(), "x".repeat(1 << 20));
    refused(&text, Code::Budget);
    let shown = shown(&text);
    assert!(shown.contains("the limit is 1048576"), "{shown}");
}

#[test]
fn deep_nesting_is_refused() {
    refused(&format!("version: {}{}", "[".repeat(500), "]".repeat(500)), Code::Budget);
    let blocks = (0..200).map(|depth| format!("{}a:", " ".repeat(depth))).collect::<Vec<_>>().join("\n");
    assert!(read(&blocks).is_err());
}

#[test]
fn an_alias_may_be_used_and_a_mistake_in_it_is_shown_where_it_is_defined() {
    let text = changed(
        "{ from: FIRST_NAME, kind: name, label: true }",
        "&label { from: FIRST_NAME, kind: name, label: true }",
    )
    .replace("{ from: LAST_NAME, kind: name, label: true }", "*label");
    assert!(read(&text).is_ok());
    let error = read(&text.replace("FIRST_NAME, kind: name", "FIRST_NAME, kind: nam")).expect_err("refused");
    assert_eq!(error.iter().map(|e| e.line).collect::<Vec<_>>(), vec![33, 33], "{error:?}");
}

#[test]
fn merge_keys_and_foreign_variables_are_not_followed() {
    refused(&changed("version: 1", "version: 1\n<<: { state: x }"), Code::Syntax);
    let config = read(&changed("state: .trueup", "state: ${NTFY_TOKEN}")).unwrap();
    assert!(config.state.ends_with("${NTFY_TOKEN}"));
}

#[test]
fn strange_bytes_never_panic() {
    for text in [
        "\u{feff}version: 1",
        "\0",
        "version: \u{7}",
        "? [a, b]\n: c",
        "{}",
        "[]",
        "~",
        "- 1",
        "&a *a",
        "é: ü",
    ] {
        assert!(read(text).is_err(), "{text:?}");
    }
    let template = crate::template();
    for cut in (0..template.len()).step_by(7) {
        let _ = trueup_config::parse(template.get(..cut).unwrap_or_default(), "t.yaml", &look);
    }
}
