//! How plans look: every sign, every width, hostile values, and what a redacted plan keeps to itself.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use trueup_core::{
    guard::{Halt, Rule},
    link::How,
    memory::Approval,
    merge::{Claim, Party},
    name::SystemName,
    plan::{Act, Change, FieldConflict, Finding, FindingKey, FindingKind, Held, Plan, Reason, Values},
    render::{self, Detail, Options, Ruling, Style},
    value::Cell,
};

use crate::{
    golden,
    support::{all, change, edit, plan, setup, setup_with_desk},
};

const FOLDED: Options =
    Options { width: Some(100), style: Style::Plain, detail: Detail::Folded, redacted: false };
const SUMMARY: Options = Options { detail: Detail::Summary, ..FOLDED };

fn update(key: &str, label: &str, remote: &str, edits: Vec<trueup_core::plan::Edit>) -> Change {
    change(key, label, Act::Update { remote: remote.into(), how: How::Token }, edits)
}

fn create(key: &str, label: &str) -> Change {
    let act = Act::Create {
        ext_id: "5b1c".into(),
        ext_id_column: Some("lead_id".into()),
        class: "D7".into(),
        origin: None,
    };
    change(
        key,
        label,
        act,
        vec![edit("email", "D7", "", "grace@example.org"), edit("owner", "D7", "", "88361194")],
    )
}

fn archive(key: &str, label: &str, remote: &str) -> Change {
    change(key, label, Act::Archive { remote: remote.into(), version: None }, Vec::new())
}

fn drifted() -> Change {
    let edits = vec![
        edit("city", "D3", "Grand Lake Rd", "Grand Lake"),
        edit("phone", "D6", "970-555-0100", "+19705550199"),
    ];
    update("R00412", "Ada Lovelace", "101", edits)
}

fn finding(class: &str, subject: &str, entity: Option<&str>, remotes: &[&str], what: &str) -> Finding {
    Finding {
        key: FindingKey { class: class.into(), system: "hubspot".into(), subject: subject.into() },
        kind: FindingKind::Finding,
        entity: entity.map(Into::into),
        remotes: remotes.iter().map(|id| (*id).into()).collect(),
        what: what.into(),
        values: Vec::new(),
        place: String::new(),
    }
}

fn claims(cells: [Cell; 2]) -> Vec<Claim> {
    let claim = |(party, cell)| Claim { party, cell, at: None, version: None };
    [Party::Canonical, Party::Mirror(0)].into_iter().zip(cells).map(claim).collect()
}

/// A plan in which every sign stands.
fn every_sign() -> Plan {
    let mut plan =
        plan(vec![archive("R00500", "Charles Babbage", "77"), create("R00977", "Grace Hopper"), drifted()]);
    let suspended = update("R00031", "Alan Turing", "88", vec![edit("phone", "D6", "1", "+19705550123")]);
    let why = "a finding on this record waits for a person".into();
    plan.held = vec![Held { change: suspended, rule: "F1".into(), why }];
    plan.findings = vec![
        finding("F1", "R00031", Some("R00031"), &["88"], "none of its e-mail addresses stands in the ledger"),
        finding("F2", "R00412", Some("R00412"), &["101", "557"], "2 records in scope carry the token R00412"),
        Finding {
            values: vec![Values {
                field: "city".into(),
                canonical: Cell::text("Granby"),
                mirror: Cell::Null,
            }],
            place: "Lead Details!A17".into(),
            ..finding("other", "R00500 city", Some("R00500"), &["77"], "city differs")
        },
    ];
    plan.conflicts = vec![FieldConflict {
        system: "hubspot".into(),
        entity: "R00019".into(),
        field: "email".into(),
        claims: claims([Cell::text("ada@example.org"), Cell::list(["ada@work.example"])]),
    }];
    plan.report.parked = 1;
    plan.report.notes = vec![Reason {
        sort: "extra_kept".into(),
        subject: "R00412".into(),
        what: "1 of emails stand only in the mirror and are kept".into(),
    }];
    plan.named()
}

fn halt(rule: Rule, verb: &str, count: usize, what: &str) -> Halt {
    let system = SystemName::new("hubspot");
    Halt { rule, system, verb: Some(verb.into()), about: None, count, what: what.into(), approved: None }
}

fn base() -> BTreeMap<SystemName, usize> {
    BTreeMap::from([("hubspot".into(), 931)])
}

#[track_caller]
fn check(name: &str, plan: &Plan, ruling: Option<&Ruling<'_>>, options: &Options) -> String {
    let shown = render::text(plan, ruling, &setup(), options);
    golden::check(name, &shown);
    shown
}

#[test]
fn a_plan_looks_as_designed() {
    let mut plan = plan(vec![create("R00977", "Grace Hopper"), drifted()]);
    plan.findings = vec![finding("F1", "R00031", Some("R00031"), &["88"], "e-mail stands in no ledger")];
    let base = base();
    let ruling = Ruling { held: &[], halts: &[], base: &base };
    let shown = check("look", &plan.named(), Some(&ruling), &FOLDED);
    assert!(
        shown.contains("    city    \"Grand Lake Rd\" → \"Grand Lake\"            D3 city holds a street\n"),
        "{shown}"
    );
    assert!(shown.contains("~ R00412 Ada Lovelace          hubspot 101\n"), "{shown}");
    assert!(
        shown.ends_with("guard: scope ok · updates 1 of 931 (0.1 %, limit 30 %) ok · creates 1 ok\n"),
        "{shown}"
    );
}

#[test]
fn every_sign_has_its_place() {
    check("every_sign", &every_sign(), None, &FOLDED);
    check("every_sign_all", &every_sign(), None, &all());
}

#[test]
fn each_claim_is_told_under_the_name_of_who_claims() {
    let mut plan = plan(Vec::new());
    let claim =
        |at, text| Claim { party: Party::Mirror(at), cell: Cell::text(text), at: None, version: None };
    plan.conflicts = vec![FieldConflict {
        system: "hubspot".into(),
        entity: "R00019".into(),
        field: "city".into(),
        claims: vec![claim(0, "Vail"), claim(1, "Fraser")],
    }];
    let shown = render::text(&plan.named(), None, &setup_with_desk(), &FOLDED);
    assert!(shown.contains("hubspot  \"Vail\"\n") && shown.contains("desk     \"Fraser\"\n"), "{shown}");
}

#[test]
fn lines_fit_narrow_and_wide_terminals() {
    for (width, name) in [(40, "columns_40"), (80, "columns_80"), (200, "columns_200")] {
        let shown = check(name, &every_sign(), None, &Options { width: Some(width), ..FOLDED });
        let longest = shown.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap();
        assert!(longest <= width, "{longest} of {width}\n{shown}");
        for id in ["R00412", "101", "557", "R00031", "88", "R00500", "77", "R00977", "R00019"] {
            assert!(shown.contains(id), "{id} is cut at {width}\n{shown}");
        }
    }
}

#[test]
fn a_pipe_gets_everything() {
    let long = "Grand Lake ".repeat(100);
    let plan = plan(vec![update("R1", "Ada", "101", vec![edit("city", "D3", &long, "Grand Lake")])]);
    let shown = render::text(&plan, None, &setup(), &Options { width: None, ..FOLDED });
    assert!(shown.contains(&long) && !shown.contains('…'));
}

#[test]
fn nothing_to_do_is_exactly_one_line_at_every_width_and_detail() {
    check("nothing_to_do", &plan(Vec::new()), None, &FOLDED);
    for width in [Some(40), Some(80), Some(200), None] {
        for detail in [Detail::Summary, Detail::Folded, Detail::All] {
            let shown = render::text(&plan(Vec::new()), None, &setup(), &Options { width, detail, ..FOLDED });
            assert_eq!(shown.lines().count(), 1, "{shown}");
            assert!(shown.lines().all(|line| line.chars().count() <= width.unwrap_or(usize::MAX)), "{shown}");
        }
    }
}

#[test]
fn what_somebody_must_know_is_never_nothing_to_do() {
    let (base, halts) = (base(), [halt(Rule::EmptiedSource, "update", 800, "the source lost 800 of 866")]);
    let ruling = Ruling { held: &[], halts: &halts, base: &base };
    let mut parked = plan(Vec::new());
    parked.report.parked = 1;
    for (plan, ruling) in [(plan(Vec::new()), Some(&ruling)), (parked, None)] {
        assert!(render::text(&plan, ruling, &setup(), &SUMMARY).lines().count() > 1);
    }
}

fn many(count: usize) -> Plan {
    let one = |at: usize| {
        update(&format!("R{at:05}"), "Ada Lovelace", &at.to_string(), vec![edit("phone", "D6", "1", "2")])
    };
    plan((0..count).map(one).collect())
}

#[test]
fn more_than_twenty_alike_are_folded() {
    let mut plan = many(58);
    plan.changes.insert(30, update("R99999", "Grace Hopper", "900", vec![edit("city", "D3", "a", "b")]));
    let shown = check("folded", &plan.named(), None, &FOLDED);
    assert!(shown.contains("… and 38 more like this: trueup show "), "{shown}");
    let shown = render::text(&many(20), None, &setup(), &FOLDED);
    assert!(!shown.contains("more like this"), "{shown}");
    let shown = render::text(&many(58), None, &setup(), &all());
    assert!(!shown.contains("more like this") && shown.contains("R00057"), "{shown}");
}

#[test]
fn a_summary_fits_a_small_screen_whatever_the_plan_holds() {
    check("summary", &every_sign(), None, &SUMMARY);
    let mut plan = many(100_000);
    let classes = (0..100).map(|at| finding(&format!("X{at:03}"), "s", None, &["1"], "odd"));
    plan.findings = classes.collect();
    plan.report.scopes =
        (0..30).map(|at| (SystemName::new(format!("s{at}")), format!("owner={at}"))).collect();
    plan.report.route = "workbook → ".to_owned() + &vec!["hubspot"; 30].join(", ");
    let (base, why) = (base(), "far too many of them ".repeat(20));
    let halts = vec![halt(Rule::TooManyUpdates, "update", 100_000, &why); 30];
    let ruling = Ruling { held: &[], halts: &halts, base: &base };
    for width in [Some(40), Some(80), Some(200), None] {
        let shown = render::text(&plan, Some(&ruling), &setup(), &Options { width, ..SUMMARY });
        assert!(shown.lines().count() <= 24, "{shown}");
        assert!(shown.lines().last().unwrap().contains("too_many_updates"), "{shown}");
    }
}

#[test]
fn what_the_guard_holds_and_halts_is_told_last() {
    let plan =
        plan(vec![archive("R00500", "Charles Babbage", "77"), create("R00977", "Grace Hopper"), drifted()]);
    let held =
        [Held { change: drifted(), rule: "scope".into(), why: "101 was not seen inside the scope".into() }];
    let approval = Approval {
        plan: plan.id.clone(),
        halt: "too_many_archives".into(),
        system: "hubspot".into(),
        about: None,
        max: 2,
        reason: "he asked us to forget him".into(),
        by: "Ada".into(),
        at: Timestamp::UNIX_EPOCH,
    };
    let archives = halt(Rule::TooManyArchives, "archive", 1, "1 of 10 (10.0 %, limit 5 %) would be archived");
    let halts = [
        Halt { approved: Some(approval), ..archives },
        halt(Rule::TooManyCreates, "create", 1, "1 of 2 (50.0 %, limit 20 %) would be created"),
        halt(
            Rule::IncompleteListing,
            "create",
            1,
            "hubspot was not listed whole, so nothing in it proves absence",
        ),
    ];
    let base = base();
    let ruling = Ruling { held: &held, halts: &halts, base: &base };
    check("guarded", &plan, Some(&ruling), &FOLDED);
    check("guarded_40", &plan, Some(&ruling), &Options { width: Some(40), ..FOLDED });
    golden::check("guarded_markdown", &render::markdown(&plan, Some(&ruling), &setup(), false));
    golden::check("guarded_json", &json(&plan, Some(&ruling), false));
}

fn hostile() -> Plan {
    plan(vec![
        update(
            "R00001",
            "東京 太郎",
            "101",
            vec![
                edit("city", "D3", "東京都港区六本木一丁目二番三号", "東京"),
                edit("phone", "D6", "☎️ 970", "+1"),
            ],
        ),
        update("R00002", "ليلى أحمد", "102", vec![edit("city", "D3", "شارع النيل", "القاهرة")]),
        update("R00003", "👩‍👩‍👧 Ada 🇨🇭", "103", vec![edit("city", "D3", "🏔️ Grand Lake", "Grand Lake")]),
        update(
            "R00004",
            "\u{1b}[2J\u{1b}]0;owned\u{7}",
            "104",
            vec![edit("city", "D3", "a\r\nguard: scope ok", "\u{202e}ekaL dnarG\u{2066}")],
        ),
        update(
            "R00005",
            "a|b `c` <script> @ada \"",
            "105",
            vec![edit("city", "D3", "say \"hi\"", "``` | [x](http://x.example)")],
        ),
    ])
}

#[test]
fn wide_and_right_to_left_values_keep_columns_straight_and_no_value_commands_the_terminal() {
    let shown = check("hostile", &hostile(), None, &Options { width: Some(80), ..FOLDED });
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
    assert!(!shown.contains(['\u{202e}', '\u{2066}', '\u{200d}']), "{shown:?}");
    let columns: Vec<usize> = shown
        .lines()
        .filter_map(|line| Some(unicode_width::UnicodeWidthStr::width(line.split_once("  D3 ")?.0)))
        .collect();
    assert!(columns.len() == 5 && columns.windows(2).all(|pair| pair[0] == pair[1]), "{columns:?}\n{shown}");
    golden::check("hostile_markdown", &render::markdown(&hostile(), None, &setup(), false));
}

#[test]
fn a_redacted_plan_names_records_fields_and_classes_and_no_value_and_no_person() {
    let mut plan = every_sign();
    plan.changes.extend(hostile().changes);
    let plan = plan.named();
    let options = Options { redacted: true, ..all() };
    let markdown = render::markdown(&plan, None, &setup(), true);
    golden::check("redacted", &render::text(&plan, None, &setup(), &options));
    golden::check("redacted_markdown", &markdown);
    for shown in [render::text(&plan, None, &setup(), &options), markdown, json(&plan, None, true)] {
        for secret in
            ["Ada", "Grace", "Turing", "Babbage", "Grand Lake", "970", "example", "Granby", "東京", "ليلى"]
        {
            assert!(!shown.contains(secret), "{secret} is told\n{shown}");
        }
        for kept in ["R00412", "101", "city", "D3", "F2"] {
            assert!(shown.contains(kept), "{kept} is missing\n{shown}");
        }
    }
}

fn json(plan: &Plan, ruling: Option<&Ruling<'_>>, redacted: bool) -> String {
    serde_json::to_string_pretty(&render::json(plan, ruling, &setup(), redacted)).unwrap() + "\n"
}

#[test]
fn json_holds_everything_and_empty_lists_are_lists() {
    golden::check("json", &json(&every_sign(), None, false));
    let empty = render::json(&plan(Vec::new()), None, &setup(), false);
    assert_eq!(empty["schema"], "trueup.plan/v1");
    for list in ["changes", "held", "findings", "conflicts"] {
        assert_eq!(empty[list], serde_json::json!([]), "{list}");
    }
    assert_eq!(empty["guard"], serde_json::Value::Null);
}

#[test]
fn the_kinds_of_nothing_are_told_apart() {
    let mut plan = plan(vec![drifted()]);
    for cell in [Cell::Absent, Cell::Null, Cell::Empty, Cell::unreadable("#REF!", "A1")] {
        plan.changes[0]
            .edits
            .push(trueup_core::plan::Edit { before: cell, ..edit("notes", "other", "", "x") });
    }
    check("kinds_of_nothing", &plan.named(), None, &FOLDED);
}

#[test]
fn colour_stands_on_signs_only_and_plain_has_none() {
    let ansi = render::text(&every_sign(), None, &setup(), &Options { style: Style::Ansi, ..FOLDED });
    let plain = render::text(&every_sign(), None, &setup(), &FOLDED);
    assert!(!plain.contains('\u{1b}'));
    let signs = [("31", "-"), ("32", "+"), ("33", "~"), ("36", "?"), ("1;35", "!")];
    let uncoloured = signs.iter().fold(Cow::Borrowed(ansi.as_str()), |text, (code, sign)| {
        let painted = format!("\n\u{1b}[{code}m{sign}\u{1b}[0m ");
        assert!(text.contains(&painted), "{sign}");
        Cow::Owned(text.replace(&painted, &format!("\n{sign} ")))
    });
    assert_eq!(uncoloured, plain);
}
