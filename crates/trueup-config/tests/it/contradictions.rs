//! Settings that exclude each other.

use crate::{changed, shown};
use insta::assert_snapshot;

#[test]
fn fields_that_contradict_themselves_are_named() {
    let cases = [
        ("{ from: CITY, kind: name }", "{ from: CITY, expr: row.CITY, kind: name }"),
        ("{ from: CITY, kind: name }", "{ kind: name }"),
        ("{ from: CITY, kind: name }", "{ from: CITY, kind: name, survivor: union }"),
        ("{ from: CITY, kind: name }", "{ from: CITY, kind: name, region: US }"),
        ("kind: phone, region: US", "kind: phone"),
        ("kind: phone, region: US", "kind: phone, region: XX"),
    ];
    let shown: Vec<String> = cases.iter().map(|(from, to)| shown(&changed(from, to))).collect();
    assert_snapshot!(shown.join("\n\n"), @r#"
    error: a field comes from a column or from an expression
      --> conf/trueup.yaml:38:40
       |
    38 |       city:        { from: CITY, expr: row.CITY, kind: name }
       |                                        ^^^^^^^^
    help: remove `from` or `expr`

    error: field 'city' comes from nowhere
      --> conf/trueup.yaml:38:7
       |
    38 |       city:        { kind: name }
       |       ^^^^
    help: add `from: COLUMN` or `expr: …`

    error: only sets can be united, and this kind is a single value
      --> conf/trueup.yaml:38:56
       |
    38 |       city:        { from: CITY, kind: name, survivor: union }
       |                                                        ^^^^^
    help: remove `survivor`, or use a kind such as tags, emails or phones

    error: a region says something about phone numbers only
      --> conf/trueup.yaml:38:54
       |
    38 |       city:        { from: CITY, kind: name, region: US }
       |                                                      ^^
    help: remove `region`, or use `kind: phone`

    error: phone numbers need a region to read national forms
      --> conf/trueup.yaml:37:58
       |
    37 |       phone:       { from: PHONE_ALL, take: first, kind: phone }
       |                                                          ^^^^^
    help: add `region: US`

    error: not a region: it is no ISO 3166 code of two letters, such as US
      --> conf/trueup.yaml:37:73
       |
    37 |       phone:       { from: PHONE_ALL, take: first, kind: phone, region: XX }
       |                                                                         ^^
    help: write a country code such as US or DE
    "#);
}

#[test]
fn classes_and_mirrors_that_contradict_themselves_are_named() {
    let cases = [
        ("F1: { on: stranger, do: flag", "F1: { on: stranger, do: fix"),
        ("F1: { on: stranger,", "F1: { on: stranger, field: email,"),
        ("D8: { field: commission", "D8: { field: email"),
        ("F1: { on: stranger", "gone: { on: stranger"),
        ("          phone: phone", "          phone: city"),
        ("ext_id: trueup_id", "ext_id: phone"),
        ("canonical: workbook", "canonical: portal"),
    ];
    let shown: Vec<String> = cases.iter().map(|(from, to)| shown(&changed(from, to))).collect();
    assert_snapshot!(shown.join("\n\n"), @r#"
    error: 'stranger' needs a person's judgement
      --> conf/trueup.yaml:65:31
       |
    65 |       F1: { on: stranger, do: fix, title: e-mail stands in no ledger }
       |                               ^^^
    help: write `do: flag`

    error: a class is set off by a field or by something else
      --> conf/trueup.yaml:65:17
       |
    65 |       F1: { on: stranger, field: email, do: flag, title: e-mail stands in no ledger }
       |                 ^^^^^^^^
    help: remove `field` or `on`

    error: class 'D8' never fits: 'D4' comes first and takes all of it
      --> conf/trueup.yaml:64:7
       |
    64 |       D8: { field: email, do: fix, title: commission attribution differs }
       |       ^^
    help: remove one of them, or put the one with `when` first

    error: 'gone' is the id of the class a trigger has
      --> conf/trueup.yaml:65:7
       |
    65 |       gone: { on: stranger, do: flag, title: e-mail stands in no ledger }
       |       ^^^^
    help: give this class another id, or write `on: gone`

    error: property 'city' is written by more than one key
      --> conf/trueup.yaml:53:17
       |
    53 |           city: city
       |                 ^^^^
    help: map it once

    error: property 'phone' holds a field already
      --> conf/trueup.yaml:45:17
       |
    45 |         ext_id: phone            # a text property with unique values, made in HubSpot
       |                 ^^^^^
    help: use a property of its own, such as trueup_id

    error: a hubspot system cannot be the source of truth
      --> conf/trueup.yaml:27:16
       |
    27 |     canonical: portal
       |                ^^^^^^
    help: name a system of kind xlsx
    "#);
}
