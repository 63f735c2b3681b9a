//! Several pipelines in one file.

use crate::{read, shown, template};

/// The template with a second pipeline like the first but for a change.
fn two(from: &str, to: &str) -> String {
    let (head, pipeline) = template().split_once("  leads:\n").unwrap();
    let (pipeline, foot) = pipeline.split_once("# Who hears").unwrap();
    assert!(pipeline.contains(from), "{from}");
    let second = pipeline.replace(from, to);
    format!("{head}  leads:\n{pipeline}  others:\n{second}# Who hears{foot}")
}

#[track_caller]
fn check(from: &str, to: &str, property: &str) {
    let text = two(from, to);
    let errors = read(&text).expect_err("refused");
    let want = format!("pipeline 'leads' writes '{property}' of 'portal' too, in the same records");
    assert_eq!(errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>(), [want]);
    let line = text.lines().nth(errors[0].line - 1).unwrap();
    assert!(
        line.contains(property) && errors[0].line > text[..text.find("  others:").unwrap()].lines().count()
    );
}

#[test]
fn two_pipelines_never_write_one_property_of_the_same_records() {
    check("entity: lead", "entity: guest", "trackingsource");
    check("prefix: \"ID:\"", "prefix: \"GUEST:\"", "firstname");
    let other_property = ("property: hubspot_owner_id, equals", "property: lifecyclestage, equals");
    let text = two(other_property.0, other_property.1).replace(
        "create: { hubspot_owner_id: \"88361194\" }",
        "create: { hubspot_owner_id: \"88361194\", lifecyclestage: \"88361194\" }",
    );
    assert!(shown(&text).contains("too, in the same records"));
}

#[test]
fn pipelines_of_other_records_or_other_properties_stand_side_by_side() {
    let apart = two("88361194", "88361195");
    assert!(read(&apart).is_ok(), "{}", shown(&apart));
    let renamed = [
        ("\"ID:\"", "\"GUEST:\""),
        (": firstname", ": guest_first"),
        (": lastname", ": guest_last"),
        (": email\n", ": guest_email\n"),
        ("hs_additional_emails", "guest_emails"),
        ("phone: phone", "phone: guest_phone"),
        ("city: city", "city: guest_city"),
        ("commission_tier", "guest_tier"),
        ("trueup_id", "guest_id"),
    ];
    let (first, second) = template()
        .split_once("  leads:\n")
        .map(|_| two("entity: lead", "entity: guest"))
        .unwrap()
        .split_once("  others:\n")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let second = renamed.iter().fold(second, |text, (from, to)| text.replace(from, to));
    let text = format!("{first}  others:\n{second}");
    assert!(read(&text).is_ok(), "{}", shown(&text));
}
