//! The words of every error, as people see them.

use crate::{changed, shown};
use insta::assert_snapshot;

#[test]
fn an_unknown_key_names_the_nearest() {
    assert_snapshot!(shown(&changed("canonical: workbook", "cannonical: workbook")), @"");
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let text = changed("sheet: Lead Details", "sheat: Lead Details")
        .replace("kind: phone, region", "kind: fone, region")
        .replace("updates_percent: 30", "updates_percent: many")
        .replace("entity: lead", "entity: [lead]");
    assert_snapshot!(shown(&text), @"");
}

#[test]
fn a_wrong_type_says_what_was_expected_and_what_was_found() {
    assert_snapshot!(shown(&changed("updates_percent: 30", "updates_percent: \"30\"")), @"");
    assert_snapshot!(shown(&changed("updates_percent: 30", "updates_percent: 130")), @"");
    assert_snapshot!(shown(&changed("every: 15m", "every: 15 minutes")), @"");
    assert_snapshot!(shown(&changed("phone: phone", "phone: [phone]")), @"");
    assert_snapshot!(shown(&changed("label: true", "label: yes")), @"");
}

#[test]
fn an_unknown_kind_of_system_names_the_nearest() {
    assert_snapshot!(shown(&changed("kind: xlsx", "kind: xslx")), @"");
    assert_snapshot!(shown(&changed("    kind: xlsx\n", "")), @"");
}

#[test]
fn a_missing_environment_variable_is_named_with_its_place() {
    assert_snapshot!(shown(&changed("${HUBSPOT_TOKEN}", "${HUBSPOT_TOKEM}")), @"");
    assert_snapshot!(shown(&changed("${HUBSPOT_TOKEN}", "${HUB-SPOT}")), @"");
}

#[test]
fn a_literal_secret_is_refused_and_never_shown() {
    let text = changed("${HUBSPOT_TOKEN} ", "pat-na1-0000-1111 ");
    let shown = shown(&text);
    assert!(!shown.contains("0000"));
    assert_snapshot!(shown, @"");
}

#[test]
fn a_secret_is_not_shown_by_an_error_beside_it() {
    let text = changed("sheet: Lead Details", "sheet: Lead Details\n    extra: { tokn: canary-5ecret, x: 1 }");
    let shown = shown(&text);
    assert!(!shown.contains("canary"));
    assert_snapshot!(shown, @"");
    let block = changed("${HUBSPOT_TOKEN} ", "|\n      canary-5ecret\n");
    assert!(!crate::shown(&block).contains("canary"));
}

#[test]
fn unknown_names_of_fields_and_systems_name_the_nearest() {
    assert_snapshot!(shown(&changed("          city: city", "          citty: city")), @"");
    assert_snapshot!(shown(&changed("D4: { field: email,", "D4: { field: emial,")), @"");
    assert_snapshot!(shown(&changed("canonical: workbook", "canonical: workbok")), @"");
    assert_snapshot!(shown(&changed("      portal:\n        scope", "      portel:\n        scope")), @"");
    assert_snapshot!(shown(&changed("token:  { field: token", "token:  { field: tokens")), @"");
    assert_snapshot!(shown(&changed("survivor: union }", "survivor: onion }")), @"");
}

#[test]
fn a_bad_expression_is_shown_at_its_place_inside_the_file() {
    assert_snapshot!(shown(&changed("row.NIGHTS >= 100.0 ?", "row.NIGHTS >= ?")), @"");
    assert_snapshot!(shown(&changed("row.NIGHTS >= 100.0 ?", "mirror >= 100.0 ?")), @"");
    assert_snapshot!(shown(&changed("street_suffix(mirror)", "street_suffix(row.CITY)")), @"");
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let url = |url: &str| changed("    token: ${HUBSPOT_TOKEN}", &format!("    url: {url}\n    token: ${{HUBSPOT_TOKEN}}"));
    assert_snapshot!(shown(&url("http://api.hubapi.com")), @"");
    assert_snapshot!(shown(&url("https://169.254.169.254/latest")), @"");
    assert_snapshot!(shown(&url("hubspot")), @"");
    assert_snapshot!(shown(&url("https://me:canary@api.hubapi.com")), @"");
}

#[test]
fn unsafe_durations_are_for_this_machine_only() {
    let timing = |timing: &str| changed("    caps:\n", &format!("    timing: {{ {timing} }}\n    caps:\n"));
    assert_snapshot!(shown(&timing("max_in_flight: 100ms")), @"");
    assert_snapshot!(shown(&timing("guard_age: 10m")), @"");
    assert_snapshot!(shown(&timing("lease: soon")), @"");
}

#[test]
fn creates_outside_the_scope_are_refused() {
    assert_snapshot!(shown(&changed("create: { hubspot_owner_id: \"88361194\" }", "create: {}")), @"");
}

#[test]
fn settings_that_exclude_each_other_are_named() {
    let cases = [
        ("{ from: CITY, kind: name }", "{ from: CITY, expr: row.CITY, kind: name }"),
        ("{ from: CITY, kind: name }", "{ kind: name }"),
        ("{ from: CITY, kind: name }", "{ from: CITY, kind: name, survivor: union }"),
        ("{ from: CITY, kind: name }", "{ from: CITY, kind: name, region: US }"),
        ("kind: phone, region: US", "kind: phone"),
        ("kind: phone, region: US", "kind: phone, region: XX"),
        ("F1: { on: stranger, do: flag", "F1: { on: stranger, do: fix"),
        ("F1: { on: stranger,", "F1: { on: stranger, field: email,"),
        ("D8: { field: commission", "D8: { field: email"),
        ("F1: { on: stranger", "gone: { on: stranger"),
        ("          phone: phone", "          phone: city"),
        ("ext_id: trueup_id", "ext_id: phone"),
        ("canonical: workbook", "canonical: portal"),
    ];
    let shown: Vec<String> = cases.iter().map(|(from, to)| shown(&changed(from, to))).collect();
    assert_snapshot!(shown.join("\n\n"), @"");
}

#[test]
fn text_that_is_not_yaml_is_shown_at_its_place() {
    assert_snapshot!(shown(&changed("canonical: workbook", "canonical: workbook\n    canonical: portal")), @"");
    assert_snapshot!(shown(&changed("{ requests: 100, per: 10s }", "{ requests: 100, per: 10s")), @"");
    assert_snapshot!(shown(&changed("version: 1\n", "\tversion: 1\n")), @"");
    assert_snapshot!(shown(""), @"");
    assert_snapshot!(shown("# only a comment\n"), @"");
    assert_snapshot!(shown("leads.xlsx"), @"");
    assert_snapshot!(shown(&changed("version: 1\n", "version: 2\n")), @"");
    assert_snapshot!(shown(&format!("{}\n---\nversion: 1\n", crate::template())), @"");
}
