//! `check --connect`: where exactly a connection breaks.

use serde_json::Value;

use crate::support::Bench;

/// The verdicts of one system's links, in order.
fn verdicts(answer: &Value, system: &str) -> Vec<(String, String)> {
    let of = |link: &&Value| link["system"] == system;
    let word = |link: &Value, name: &str| link[name].as_str().unwrap().to_owned();
    answer["links"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of)
        .map(|link| (word(link, "link"), word(link, "verdict")))
        .collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(link, verdict)| ((*link).to_owned(), (*verdict).to_owned())).collect()
}

#[test]
fn plain_http_has_a_link_for_tls_that_says_it_is_not_used() {
    let bench = Bench::two_phones_apart(12);
    let ran = bench.run(&["check", "--connect"]).expect(0);
    let line = ran.out.lines().find(|line| line.split_whitespace().nth(1) == Some("tls")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["portal", "tls", "OK", "not", "used"]);
}

#[test]
fn a_port_that_does_not_speak_tls_fails_there_and_the_other_system_is_tried() {
    let bench = Bench::two_phones_apart(12);
    bench.configure(|text| text.replace("http://", "https://"));
    let answer = bench.run(&["check", "--connect", "--json"]).expect(1).json();
    let (ok, skipped) = ("ok", "not_tried");
    assert_eq!(
        verdicts(&answer, "portal"),
        pairs(&[
            ("name", ok),
            ("port", ok),
            ("tls", "failed"),
            ("key", skipped),
            ("scope", skipped),
            ("schema", skipped),
            ("permission", skipped)
        ])
    );
    assert_eq!(verdicts(&answer, "workbook"), pairs(&[("key", ok), ("scope", ok), ("schema", ok)]));
    let bad = answer["links"].as_array().unwrap().iter().find(|link| link["verdict"] == "failed").unwrap();
    assert!(bad["what"].as_str().unwrap().ends_with("it answers, but not with TLS"), "{bad}");
}

#[test]
fn a_port_that_nobody_listens_at_leaves_tls_untried() {
    let bench = Bench::two_phones_apart(12);
    bench.configure(|text| text.replace(&bench.portal.url, "https://127.0.0.1:1"));
    let answer = bench.run(&["check", "--connect", "--json"]).expect(1).json();
    let portal = verdicts(&answer, "portal");
    assert_eq!(portal[1..3], pairs(&[("port", "failed"), ("tls", "not_tried")]));
}
