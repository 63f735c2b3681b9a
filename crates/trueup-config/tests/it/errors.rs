//! The words of every error, as people see them.

use crate::{changed, shown};
use insta::assert_snapshot;

#[test]
fn an_unknown_key_names_the_nearest() {
    assert_snapshot!(shown(&changed("canonical: workbook", "cannonical: workbook")), @r#"
    error: the key 'canonical' is missing here
      --> conf/trueup.yaml:26:5
       |
    26 |     entity: lead
       |     ^
    help: add `canonical: …`

    error: unknown key 'cannonical'
      --> conf/trueup.yaml:27:5
       |
    27 |     cannonical: workbook
       |     ^^^^^^^^^^
    help: did you mean 'canonical'?
    "#);
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let text = changed("sheet: Lead Details", "sheat: Lead Details")
        .replace("kind: phone, region", "kind: fone, region")
        .replace("updates_percent: 30", "updates_percent: many")
        .replace("entity: lead", "entity: [lead]");
    assert_snapshot!(shown(&text), @r#"
    error: the key 'sheet' is missing here
      --> conf/trueup.yaml:14:5
       |
    14 |     kind: xlsx
       |     ^
    help: add `sheet: …`

    error: unknown key 'sheat'
      --> conf/trueup.yaml:16:5
       |
    16 |     sheat: Lead Details
       |     ^^^^^
    help: did you mean 'sheet'?

    error: expected text, found a list
      --> conf/trueup.yaml:26:13
       |
    26 |     entity: [lead]
       |             ^
    help: write a single value

    error: 'fone' is not a value this key can have
      --> conf/trueup.yaml:37:58
       |
    37 |       phone:       { from: PHONE_ALL, take: first, kind: fone, region: US }
       |                                                          ^^^^
    help: use one of: text, name, email, phone, emails, phones, tags, decimal, bool, date

    error: expected a number, found text
      --> conf/trueup.yaml:72:24
       |
    72 |       updates_percent: many
       |                        ^^^^
    help: write digits without quotes, such as 30
    "#);
}

#[test]
fn a_wrong_type_says_what_was_expected_and_what_was_found() {
    assert_snapshot!(shown(&changed("updates_percent: 30", "updates_percent: \"30\"")), @r#"
    error: expected a number, found text
      --> conf/trueup.yaml:72:24
       |
    72 |       updates_percent: "30"
       |                        ^^^^
    help: write digits without quotes, such as 30
    "#);
    assert_snapshot!(shown(&changed("updates_percent: 30", "updates_percent: 130")), @r#"
    error: 130 is not a share between 0 and 100 percent
      --> conf/trueup.yaml:72:24
       |
    72 |       updates_percent: 130
       |                        ^^^
    "#);
    assert_snapshot!(shown(&changed("every: 15m", "every: 15 minutes")), @r#"
    error: '15 minutes' is not a length of time such as 15m, 60s or 120ms
      --> conf/trueup.yaml:28:12
       |
    28 |     every: 15 minutes
       |            ^^^^^^^^^^
    "#);
    assert_snapshot!(shown(&changed("phone: phone", "phone: [phone]")), @r#"
    error: expected text or a mapping, found a list
      --> conf/trueup.yaml:52:18
       |
    52 |           phone: [phone]
       |                  ^
    help: write `key: value` pairs
    "#);
    assert_snapshot!(shown(&changed("label: true", "label: yes")), @r#"
    error: expected true or false, found text
      --> conf/trueup.yaml:33:59
       |
    33 |       first_name:  { from: FIRST_NAME, kind: name, label: yes }
       |                                                           ^^^
    help: write `true` or `false`
    "#);
}

#[test]
fn an_unknown_kind_of_system_names_the_nearest() {
    assert_snapshot!(shown(&changed("kind: xlsx", "kind: xslx")), @r#"
    error: 'xslx' is not a value this key can have
      --> conf/trueup.yaml:14:11
       |
    14 |     kind: xslx
       |           ^^^^
    help: did you mean 'xlsx'?
    "#);
    assert_snapshot!(shown(&changed("    kind: xlsx\n", "")), @r#"
    error: the key 'kind' is missing here
      --> conf/trueup.yaml:14:5
       |
    14 |     path: leads.xlsx                 # relative to this file
       |     ^
    help: add `kind: xlsx` or `kind: hubspot`
    "#);
}

#[test]
fn a_missing_environment_variable_is_named_with_its_place() {
    assert_snapshot!(shown(&changed("${HUBSPOT_TOKEN}", "${HUBSPOT_TOKEM}")), @r#"
    error: the environment variable HUBSPOT_TOKEM is not set
      --> conf/trueup.yaml:21:12
       |
    21 |     token: ${HUBSPOT_TOKEM}          # or file:hubspot.token; never the token itself
       |            ^^^^^^^^^^^^^^^^
    help: run `export HUBSPOT_TOKEM=…` in the shell that starts trueup
    "#);
    assert_snapshot!(shown(&changed("${HUBSPOT_TOKEN}", "${HUB-SPOT}")), @r#"
    error: this is no name of an environment variable
      --> conf/trueup.yaml:21:12
       |
    21 |     token: ${HUB-SPOT}          # or file:hubspot.token; never the token itself
       |            ^^^^^^^^^^^
    help: write `${HUBSPOT_TOKEN}`
    "#);
}

#[test]
fn a_secret_file_that_is_missing_is_named_with_its_place_and_the_way_to_make_it() {
    assert_snapshot!(shown(&changed("${HUBSPOT_TOKEN}", "file:no such.token")), @r#"
    error: the secret file conf/no such.token is empty
      --> conf/trueup.yaml:21:12
       |
    21 |     token: file:no such.token          # or file:hubspot.token; never the token itself
       |            ^^^^^^^^^^^^^^^^^^
    help: run `(umask 077; cat > 'conf/no such.token')`, paste the secret, then press Enter and Ctrl-D
    "#);
}

#[test]
fn a_literal_secret_is_refused_and_never_shown() {
    let text = changed("${HUBSPOT_TOKEN} ", "pat-na1-0000-1111 ");
    let shown = shown(&text);
    assert!(!shown.contains("0000"));
    assert_snapshot!(shown, @r#"
    error: a secret must not stand in the file itself
      --> conf/trueup.yaml:21:12
       |
    21 |     token: **************************** ** ******************* ***** *** ***** ******
       |            ^^^^^^^^^^^^^^^^^
    help: write `${HUBSPOT_TOKEN}`, then run `export HUBSPOT_TOKEN=…`; or write `file:PATH`
    "#);
}

#[test]
fn a_secret_is_not_shown_by_an_error_beside_it() {
    let text = changed("sheet: Lead Details", "sheet: Lead Details\n    extra: { tokn: hush-5ecret, x: 1 }");
    let shown = shown(&text);
    assert!(!shown.contains("hush"));
    assert_snapshot!(shown, @r#"
    error: unknown key 'extra'
      --> conf/trueup.yaml:17:5
       |
    17 |     extra: { tokn: ***********, x: 1 }
       |     ^^^^^
    help: use one of: path, sheet, key, header_row
    "#);
    let block = changed("${HUBSPOT_TOKEN} ", "|\n      hush-5ecret\n");
    assert!(!crate::shown(&block).contains("hush"));
}

#[test]
fn unknown_names_of_fields_and_systems_name_the_nearest() {
    assert_snapshot!(shown(&changed("          city: city", "          citty: city")), @r#"
    error: there is no field 'citty'
      --> conf/trueup.yaml:53:11
       |
    53 |           citty: city
       |           ^^^^^
    help: did you mean 'city'?
    "#);
    assert_snapshot!(shown(&changed("D4: { field: email,", "D4: { field: emial,")), @r#"
    error: there is no field 'emial'
      --> conf/trueup.yaml:60:20
       |
    60 |       D4: { field: emial, do: fix, title: primary e-mail differs }
       |                    ^^^^^
    help: did you mean 'email'?
    "#);
    assert_snapshot!(shown(&changed("canonical: workbook", "canonical: workbok")), @r#"
    error: there is no system 'workbok'
      --> conf/trueup.yaml:27:16
       |
    27 |     canonical: workbok
       |                ^^^^^^^
    help: did you mean 'workbook'?
    "#);
    assert_snapshot!(shown(&changed("      portal:\n        scope", "      portel:\n        scope")), @r#"
    error: there is no system 'portel'
      --> conf/trueup.yaml:42:7
       |
    42 |       portel:
       |       ^^^^^^
    help: did you mean 'portal'?
    "#);
    assert_snapshot!(shown(&changed("token:  { field: token", "token:  { field: tokens")), @r#"
    error: there is no field 'tokens'
      --> conf/trueup.yaml:44:26
       |
    44 |         token:  { field: tokens, property: trackingsource, prefix: "ID:" }
       |                          ^^^^^^
    help: did you mean 'token'?
    "#);
    assert_snapshot!(shown(&changed("survivor: union }", "survivor: onion }")), @r#"
    error: there is no survivor 'onion'
      --> conf/trueup.yaml:32:59
       |
    32 |       token:       { from: LEAD_ID, kind: tags, survivor: onion }
       |                                                           ^^^^^
    help: did you mean 'union'?
    "#);
}

#[test]
fn a_bad_expression_is_shown_at_its_place_inside_the_file() {
    assert_snapshot!(shown(&changed("row.NIGHTS >= 100.0 ?", "row.NIGHTS >= ?")), @r#"
    error: the expression cannot be read: unexpected '?'
      --> conf/trueup.yaml:39:43
       |
    39 |       commission:  { expr: 'row.NIGHTS >= ? "premium" : "standard"', kind: text }
       |                                           ^
    help: write CEL over the row, such as `row.NIGHTS >= 100.0 ? "premium" : "standard"`
    "#);
    assert_snapshot!(shown(&changed("row.NIGHTS >= 100.0 ?", "mirror >= 100.0 ?")), @r#"
    error: the expression must not use 'mirror'
      --> conf/trueup.yaml:39:29
       |
    39 |       commission:  { expr: 'mirror >= 100.0 ? "premium" : "standard"', kind: text }
       |                             ^^^^^^
    help: use a column of the source of truth, such as `row.mirror`
    "#);
    assert_snapshot!(shown(&changed("street_suffix(mirror)", "street_suffix(row.CITY)")), @r#"
    error: the expression must not use 'row.CITY'
      --> conf/trueup.yaml:59:46
       |
    59 |       D3: { field: city, when: street_suffix(row.CITY), do: fix, title: city holds a street }
       |                                              ^^^^^^^^
    help: use one of: canonical, mirror
    "#);
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let url = |url: &str| {
        changed("    token: ${HUBSPOT_TOKEN}", &format!("    url: {url}\n    token: ${{HUBSPOT_TOKEN}}"))
    };
    assert_snapshot!(shown(&url("http://api.hubapi.com")), @r#"
    error: plain http would send data in the open
      --> conf/trueup.yaml:21:10
       |
    21 |     url: http://api.hubapi.com
       |          ^^^^^^^^^^^^^^^^^^^^^
    help: write `https://api.hubapi.com`
    "#);
    assert_snapshot!(shown(&url("https://169.254.169.254/latest")), @r#"
    error: '169.254.169.254' is not a public address
      --> conf/trueup.yaml:21:10
       |
    21 |     url: https://169.254.169.254/latest
       |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: use the host's name, or `http://127.0.0.1:PORT` for a rehearsal on this machine
    "#);
    assert_snapshot!(shown(&url("hubspot")), @r#"
    error: this is not a URL
      --> conf/trueup.yaml:21:10
       |
    21 |     url: hubspot
       |          ^^^^^^^
    help: write `https://HOST/PATH`
    "#);
    assert_snapshot!(shown(&url("https://me:hush@api.hubapi.com")), @r#"
    error: a URL must not hold a user name or password
      --> conf/trueup.yaml:21:10
       |
    21 |     url: ******************************
       |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: remove the part before `@` and give the secret as a token
    "#);
}

#[test]
fn unsafe_durations_are_for_this_machine_only() {
    let timing = |timing: &str| changed("    caps:\n", &format!("    timing: {{ {timing} }}\n    caps:\n"));
    assert_snapshot!(shown(&timing("max_in_flight: 100ms")), @r#"
    error: less than 2m is unsafe outside this machine
      --> conf/trueup.yaml:71:30
       |
    71 |     timing: { max_in_flight: 100ms }
       |                              ^^^^^
    help: write `2m` or more; shorter times are for systems on loopback only
    "#);
    assert_snapshot!(shown(&timing("guard_age: 10m")), @r#"
    error: a guard read may be at most 1m old
      --> conf/trueup.yaml:71:26
       |
    71 |     timing: { guard_age: 10m }
       |                          ^^^
    help: write `1m` or less
    "#);
    assert_snapshot!(shown(&timing("lease: 50s")), @r#"
    error: a lease must outlast one call and the margin, or a call may end after it
      --> conf/trueup.yaml:71:22
       |
    71 |     timing: { lease: 50s }
       |                      ^^^
    help: write a longer `lease` or a shorter `call_timeout`
    "#);
    assert_snapshot!(shown(&timing("lease: soon")), @r#"
    error: 'soon' is not a length of time such as 15m, 60s or 120ms
      --> conf/trueup.yaml:71:22
       |
    71 |     timing: { lease: soon }
       |                      ^^^^
    "#);
}

#[test]
fn creates_outside_the_scope_are_refused() {
    assert_snapshot!(shown(&changed("create: { hubspot_owner_id: \"88361194\" }", "create: {}")), @r#"
    error: records would be created outside the scope
      --> conf/trueup.yaml:43:29
       |
    43 |         scope:  { property: hubspot_owner_id, equals: "88361194" }    # nothing else is ever touched
       |                             ^^^^^^^^^^^^^^^^
    help: add `create: { hubspot_owner_id: "88361194" }` to this mirror
    "#);
}

#[test]
fn text_that_is_not_yaml_is_shown_at_its_place() {
    assert_snapshot!(shown(&changed("canonical: workbook", "canonical: workbook\n    canonical: portal")), @r#"
    error: the key 'canonical' is there twice
      --> conf/trueup.yaml:28:5
       |
    28 |     canonical: portal
       |     ^
    help: keep one of them
    "#);
    assert_snapshot!(shown(&changed("{ requests: 100, per: 10s }", "{ requests: 100, per: 10s")), @r#"
    error: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'
      --> conf/trueup.yaml:24:10
       |
    24 | pipelines:
       |          ^
    help: check indentation, quotes and brackets here
    "#);
    assert_snapshot!(shown(&changed("version: 1\n", "\tversion: 1\n")), @r#"
    error: this is not YAML: did not find expected <document start>
      --> conf/trueup.yaml:10:1
       |
    10 | state: .trueup                       # what trueup remembers; keep it, and back it up
       | ^
    help: check indentation, quotes and brackets here
    "#);
    assert_snapshot!(shown(""), @r#"
    error: the file is empty
      --> conf/trueup.yaml:1:1
    help: start one with `trueup init --template a`
    "#);
    assert_snapshot!(shown("# only a comment\n"), @r#"
    error: the file is empty
      --> conf/trueup.yaml:1:1
      |
    1 | # only a comment
      | ^
    help: start one with `trueup init --template a`
    "#);
    assert_snapshot!(shown("leads.xlsx"), @r#"
    error: expected a mapping, found text
      --> conf/trueup.yaml:1:1
      |
    1 | leads.xlsx
      | ^^^^^^^^^^
    help: write `key: value` pairs
    "#);
    assert_snapshot!(shown(&changed("version: 1\n", "version: 2\n")), @r#"
    error: version 2 of the format is not known
      --> conf/trueup.yaml:9:10
      |
    9 | version: 2
      |          ^
    help: write `version: 1`
    "#);
    assert_snapshot!(shown(&format!("{}\n---\nversion: 1\n", crate::template())), @r#"
    error: the file holds more than one document
      --> conf/trueup.yaml:83:1
       |
    83 | version: 1
       | ^
    help: keep one document and remove the line `---` before the next
    "#);
}
