//! What the file could say and trueup would not keep is refused by name, with its place and a way out.

use crate::{changed, read, shown};

/// The one error of the template after a change, with its line and column.
#[track_caller]
fn check(from: &str, to: &str, at: &str, message: &str, help: &str) {
    let text = changed(from, to);
    let errors = read(&text).expect_err("refused");
    let said: Vec<(&str, Option<&str>)> =
        errors.iter().map(|error| (error.message.as_str(), error.help.as_deref())).collect();
    assert_eq!(said, [(message, Some(help))]);
    let (line, col) = (errors[0].line, errors[0].col);
    let marked: String = text.lines().nth(line - 1).unwrap().chars().skip(col - 1).collect();
    assert!(marked.starts_with(at), "{marked}");
}

#[test]
fn values_do_not_flow_to_a_workbook() {
    for flow in ["in", "both"] {
        check(
            "city: city",
            &format!("city: {{ property: city, flow: {flow} }}"),
            flow,
            "values cannot flow to the source of truth, which is only read",
            "write `flow: out`, or leave the field to the mirror",
        );
    }
    assert!(read(&changed("city: city", "city: { property: city, flow: out }")).is_ok());
}

#[test]
fn a_survivor_that_could_never_win_is_no_choice() {
    for word in ["latest", "version", "ask", "portal"] {
        check(
            "{ from: CITY, kind: name }",
            &format!("{{ from: CITY, kind: name, survivor: {word} }}"),
            word,
            &format!("'{word}' would never win, since the source of truth is only read"),
            "write `survivor: canonical`, or `union` for a set",
        );
    }
    assert!(
        read(&changed("{ from: CITY, kind: name }", "{ from: CITY, kind: name, survivor: canonical }"))
            .is_ok()
    );
}

#[test]
fn tokens_are_united_since_those_of_others_are_kept() {
    for survivor in ["", ", survivor: canonical"] {
        check(
            "kind: tags, survivor: union",
            &format!("kind: tags{survivor}"),
            "token, property",
            "other tokens in the property are kept, so this is a union",
            "give 'token' `survivor: union`",
        );
    }
}

#[test]
fn a_list_is_written_with_what_it_is_read_by() {
    check(
        "list: \";\"",
        "list: \"/\"",
        "\"/\"",
        "lists are not parted at '/' when they are read",
        "write `;`, `,`, `|` or a line break, in quotes",
    );
    for good in [",", "|", "\\n"] {
        assert!(read(&changed("list: \";\"", &format!("list: \"{good}\""))).is_ok(), "{good}");
    }
}

#[test]
fn a_link_is_found_by_addresses_only() {
    check(
        "kind: phone, region: US",
        "kind: phone, region: US, identity: true",
        "true",
        "links are found by e-mail addresses only",
        "remove `identity`, or use `kind: email` or `emails`",
    );
}

#[test]
fn objects_and_versions_that_are_not_known_are_not_taken_for_others() {
    check(
        "    kind: hubspot\n",
        "    kind: hubspot\n    object: companies\n",
        "companies",
        "'companies' is not a value this key can have",
        "use one of: contacts",
    );
    let bad = shown(&changed("    kind: hubspot\n", "    kind: hubspot\n    version: 2026-13\n"));
    assert!(bad.contains("a version is `v3`, or a year and a month such as `2026-03`"), "{bad}");
    assert!(read(&changed("    kind: hubspot\n", "    kind: hubspot\n    version: 2026-09\n")).is_ok());
}

#[test]
fn a_name_that_a_terminal_would_obey_is_refused_and_shown_by_its_numbers() {
    for name in ["\u{1b}[31mred", "\u{202e}der"] {
        let quoted = format!(
            "\"{}\":",
            name.escape_default().to_string().replace("\\u{1b}", "\\e").replace("\\u{202e}", "\\u202e")
        );
        let text = changed("  leads:", &format!("  {quoted}"));
        let said = shown(&text);
        assert!(said.contains("the name holds a character that nobody would see"), "{said}");
        let unknown =
            shown(&changed("    sheet: Lead Details", &format!("    sheet: Lead Details\n    {quoted} x")));
        assert!(unknown.contains("unknown key '\\u{"), "{unknown}");
        assert!(!(said + &unknown).contains(['\u{1b}', '\u{202e}']));
    }
}

#[test]
fn a_secret_on_a_line_of_its_own_is_not_shown_by_another_error() {
    let said = shown(&changed("token: ${HUBSPOT_TOKEN}", "token:\n      s3cr3t-canary-999:"));
    assert!(said.contains("expected text, found a mapping") && !said.contains("s3cr3t"), "{said}");
}
