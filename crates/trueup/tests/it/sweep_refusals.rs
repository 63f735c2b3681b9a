//! A batch that is refused as a whole: the row to blame is found, and only that one waits.

use serde_json::json;

use crate::{
    support::{Lead, contact, lead},
    sweep::{
        proxy::{Proxy, Way},
        stage::{Scenery, Stage, Timing},
    },
};

/// The portal refuses two dots in a row; the workbook's grammar allows them within quotes.
const REFUSED: &str = "\"ada..7\"@example.org; ada7b@example.org";
const HANDLE: &str = "parked/portal/R00007/email";

/// Twelve leads: eleven phones to be written, and one address that the portal will refuse.
fn stage() -> (Stage, Vec<Lead>) {
    let mut leads: Vec<Lead> = (1..=12).map(lead).collect();
    let mut contacts: Vec<_> = leads.iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    for (at, one) in contacts.iter_mut().enumerate().filter(|(at, _)| *at != 6) {
        one["properties"]["phone"] = json!(format!("+1970555{:04}", 2_000 + at));
    }
    leads[6][3] = REFUSED.into();
    (Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 }), leads)
}

fn refusals(stage: &Stage) -> usize {
    stage
        .requests()
        .iter()
        .filter(|entry| entry.path.ends_with("batch/update") && entry.status == Some(400))
        .count()
}

#[test]
fn a_batch_refused_as_a_whole_is_halved_until_the_row_to_blame_stands_alone() {
    let (stage, leads) = stage();
    // Without trace ids the portal answers for the batch, not row by row.
    let proxy = Proxy::new(&stage.url, |way, _, body| {
        if way == Way::There { body.replace("objectWriteTraceId", "unknownToThePortal") } else { body }
    });
    stage.configured(true, Timing::Short, |text| text.replace(&stage.url, &proxy.url));
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["changes"]["update"], &run["parked"]), (4, &json!(11), &json!(1)), "{run}");
    // Seven rows: all of them, the half with the bad row, its half, the row alone.
    assert!((3..=4).contains(&refusals(&stage)), "{}", refusals(&stage));
    for (lead, id) in leads.iter().zip(101..) {
        assert_eq!(stage.value(id, "phone"), format!("+1{}", lead[4].replace('-', "")));
    }
    assert_eq!(stage.value(107, "email"), "ada7@example.org");
    let items = stage.run(&["review", "--json"]).expect(0).json();
    assert_eq!(
        (items["items"].as_array().unwrap().len(), &items["items"][0]["handle"]),
        (1, &json!(HANDLE)),
        "{items}"
    );
    assert!(items["items"][0]["what"].as_str().unwrap().contains("invalid"), "{items}");
    assert!(stage.run(&["why", "R00007", "email"]).expect(0).out.contains("parked"));
    stage.verify();
}

#[test]
fn a_parked_field_is_tried_again_when_its_value_changes_or_a_person_says_so_and_not_before() {
    let (stage, mut leads) = stage();
    stage.cycle();
    let check = |what: &str, tried: usize, parked: usize| {
        let before = stage.writes();
        let (code, run) = stage.cycle();
        assert_eq!(
            (code, &run["parked"]),
            (if parked == 0 { 0 } else { 4 }, &json!(parked)),
            "{what}: {run}"
        );
        assert_eq!(stage.writes() - before, tried, "{what}");
    };
    check("nothing happened", 0, 1);
    stage.run(&["review", "decide", HANDLE, "--retry"]).expect(0);
    check("a person said so", 1, 1);
    check("nothing happened again", 0, 1);
    leads[6][3] = REFUSED.replace("..7", "..77");
    crate::support::save(&stage.path("leads.xlsx"), &leads);
    check("another bad value", 1, 1);
    leads[6][3] = "ada7new@example.org; ada7b@example.org".into();
    crate::support::save(&stage.path("leads.xlsx"), &leads);
    check("a good value", 1, 0);
    assert_eq!(stage.value(107, "email"), "ada7new@example.org");
    check("all is well", 0, 0);
}
