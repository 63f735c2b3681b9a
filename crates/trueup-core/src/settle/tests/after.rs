//! What was seen after a write.

mod sets;
mod spelled;

use jiff::Timestamp;

use crate::{
    fixture::{column_of, contact, edit, memory, setup, time, update, with},
    journal::{Event, Intent},
    plan::{Act, Change, Edit},
    record::{Past, Record},
    settle::{Answer, Audit, Evidence, Refused, audit},
    setup::Setup,
    undo::UNDO,
    value::{Cell, Print},
};

const US: &str = "integration";
const ADA: &str = "ada";
/// Somebody of whom the system does not say whether it is a person.
const SOMEBODY: &str = "somebody";

/// One write and what is seen afterwards.
struct Case {
    setup: fn() -> Setup,
    edits: Vec<Edit>,
    answer: Answer,
    seen: Option<Record>,
    watermark: Option<Timestamp>,
    late: bool,
    /// Whether the write made the record.
    made: bool,
}

impl Case {
    fn new(edits: Vec<Edit>, answer: Answer, seen: Record) -> Self {
        Self { setup, edits, answer, seen: Some(seen), watermark: Some(time(100)), late: false, made: false }
    }

    fn late(self) -> Self {
        Self { late: true, ..self }
    }

    /// It made the record, and its answer was lost.
    fn made(edits: Vec<Edit>, seen: Record) -> Self {
        Self { watermark: None, late: true, made: true, ..Self::new(edits, Answer::Unknown, seen) }
    }

    fn change(&self) -> Change {
        let act = Act::Create { ext_id: "x".into(), ext_id_column: None, class: "D7".into(), origin: None };
        let update = update("R1", "101", self.edits.clone());
        if self.made { Change { act, ..update } } else { update }
    }

    fn audit(&self) -> Audit {
        let setup = (self.setup)();
        let mirror = &setup.mirrors()[0];
        let (mapping, memory) = (setup.mapping(mirror), memory());
        let eyes = Evidence { setup: &setup, mirror, mapping, memory: &memory };
        let intent = Intent {
            id: "i1".into(),
            run: "r1".into(),
            epoch: 1,
            change: self.change(),
            watermark: self.watermark,
            sent: Some(time(150)),
        };
        audit(&eyes, &intent, &self.answer, self.seen.as_ref(), self.late)
    }

    /// `city landed` a line, or `open`; with what was overwritten behind it.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let audit = self.audit();
        let line = |end: &crate::settle::Ending| {
            let over: Vec<String> = end.overwrote.iter().filter_map(|past| past.cell.to_text()).collect();
            let over = if over.is_empty() { String::new() } else { format!(" over {}", over.join(",")) };
            format!("{} {:?}{over}", end.edit.column, end.event)
        };
        let told =
            if audit.open { vec!["open".to_owned()] } else { audit.endings.iter().map(line).collect() };
        assert_eq!(told, expected);
    }
}

fn city(text: &str) -> Record {
    with(contact("101", "ID:R1", "r1@example.org", ""), "city", text)
}

/// The same with past values of one column, newest first.
fn past(mut record: Record, column: &str, values: &[(&str, i64, &str)]) -> Record {
    record.history = vec![Vec::new(); record.cells.len()];
    record.history[column_of(column)] = values
        .iter()
        .map(|(text, at, by)| Past {
            cell: Cell::text(text),
            at: time(*at),
            by: (*by).into(),
            foreign: *by == ADA,
        })
        .collect();
    record
}

fn move_city() -> Vec<Edit> {
    vec![edit("city", "Granby", "Estes Park")]
}

fn refused(column: Option<&str>) -> Answer {
    Answer::Refused(vec![Refused { column: column.map(str::to_owned), reason: "no".into() }])
}

fn print(text: &str) -> Option<Print> {
    memory().print(&Cell::text(text))
}

#[test]
fn what_is_seen_to_hold_landed_whatever_the_answer_was() {
    for answer in [Answer::Written, refused(None)] {
        Case::new(move_city(), answer, city("Estes Park")).check(&["city Landed"]);
    }
    Case::new(move_city(), Answer::Unknown, city("Estes Park")).late().check(&["city Landed"]);
}

#[test]
fn only_what_stands_there_as_it_was_wanted_is_told_to_be_exact() {
    let check = |now: &str, exact: bool| {
        let case = Case::new(move_city(), Answer::Written, city(now));
        assert_eq!(case.audit().endings[0].exact, exact, "{now}");
    };
    check("Estes Park", true);
    check("ESTES PK", false);
    check("Granby", false);
}

#[test]
fn a_value_that_somebody_changed_right_after_has_ours_for_its_base() {
    let seen = past(
        city("Loveland"),
        "city",
        &[("Loveland", 180, ADA), ("Estes Park", 160, US), ("Granby", 90, ADA)],
    );
    for answer in [Answer::Written, Answer::Unknown] {
        let case = Case::new(move_city(), answer, seen.clone());
        case.check(&["city Landed"]);
        let audit = case.audit();
        assert!(audit.endings[0].after == Cell::text("Estes Park"));
        assert_eq!(Some(audit.bases[0].mirror.print), print("Estes Park"), "their edit must show as moved");
    }
}

#[test]
fn foreign_values_between_our_look_and_our_write_are_kept() {
    let seen = past(
        city("Estes Park"),
        "city",
        &[("Estes Park", 160, US), ("Loveland", 130, ADA), ("Berthoud", 120, ADA), ("Granby", 90, ADA)],
    );
    Case::new(move_city(), Answer::Written, seen).check(&["city Landed over Loveland,Berthoud"]);
}

#[test]
fn a_foreign_value_of_the_very_millisecond_of_our_look_is_kept_too() {
    let check = |at, expected: &[&str]| {
        let values = [("Estes Park", 160, US), ("Loveland", at, ADA), ("Granby", 90, ADA)];
        Case::new(move_city(), Answer::Written, past(city("Estes Park"), "city", &values)).check(expected);
    };
    check(100, &["city Landed over Loveland"]);
    check(101, &["city Landed over Loveland"]);
    check(99, &["city Landed"]);
}

#[test]
fn a_foreign_value_that_was_taken_back_before_our_write_is_kept_too() {
    let values = [("Estes Park", 160, US), ("Granby", 130, ADA), ("Loveland", 120, ADA), ("Granby", 90, ADA)];
    let seen = past(city("Estes Park"), "city", &values);
    Case::new(move_city(), Answer::Written, seen).check(&["city Landed over Loveland"]);
}

#[test]
fn what_we_saw_ourselves_was_not_written_behind_our_back() {
    let seen = past(city("Estes Park"), "city", &[("Estes Park", 160, US), ("Granby", 100, ADA)]);
    Case::new(move_city(), Answer::Written, seen).check(&["city Landed"]);
}

#[test]
fn a_yes_without_an_effect_is_a_refusal() {
    Case::new(move_city(), Answer::Written, city("Granby")).check(&["city Refused"]);
    let both = vec![edit("city", "Granby", "Estes Park"), edit("phone", "+19705550100", "+19705550199")];
    let half = with(city("Estes Park"), "phone", "+19705550100");
    Case::new(both, Answer::Written, half).check(&["city Landed", "phone Refused"]);
}

#[test]
fn a_respelled_value_landed_and_the_base_is_what_was_observed() {
    let seen = past(city("ESTES PARK"), "city", &[("ESTES PARK", 150, US), ("Granby", 50, ADA)]);
    let case = Case::new(move_city(), Answer::Written, seen);
    case.check(&["city Landed"]);
    let base = &case.audit().bases[0];
    assert_eq!(base.mapping, setup().mapping(&setup().mirrors()[0]).tag(column_of("city")));
    assert_eq!(Some(base.mirror.print), print("ESTES PARK"));
    assert_eq!(Some(base.canonical.print), print("Estes Park"));
}

#[test]
fn where_no_history_tells_another_value_is_no_base_since_it_may_be_somebodys() {
    let case = Case::new(move_city(), Answer::Written, city("Fraser"));
    case.check(&["city Landed"]);
    assert!(case.audit().bases.is_empty());
}

#[test]
fn another_value_of_a_record_that_nobody_wrote_since_is_not_ours_respelled() {
    // What a merge left under the id we wrote to: its own value, and a history without us.
    let survivor = past(city("Fraser"), "city", &[("Fraser", 50, ADA)]);
    let answering = Record { asked: Some("100".into()), ..city("Fraser") };
    for left in [survivor, answering] {
        let case = Case::new(move_city(), Answer::Written, left);
        case.check(&["city NotApplied"]);
        assert!(case.audit().bases.is_empty());
    }
}

#[test]
fn the_column_to_blame_is_refused_and_the_others_are_free_to_go_alone() {
    let both = || vec![edit("city", "Granby", "Estes Park"), edit("phone", "+19705550100", "+19705550199")];
    let check = |answer, expected: &[&str]| Case::new(both(), answer, city("Granby")).check(expected);
    check(refused(Some("phone")), &["city NotApplied", "phone Refused"]);
    check(refused(None), &["city Refused", "phone Refused"]);
    check(refused(Some("elsewhere")), &["city NotApplied", "phone NotApplied"]);
    check(Answer::Refused(vec![]), &["city Refused", "phone Refused"]);
}

#[test]
fn what_nobody_knows_stays_open_until_its_deadline_and_was_not_applied_after() {
    let unknown = || Case::new(move_city(), Answer::Unknown, city("Granby"));
    unknown().check(&["open"]);
    unknown().late().check(&["city NotApplied"]);
    Case::new(move_city(), Answer::Unknown, city("Loveland")).check(&["open"]);
    Case { seen: None, ..unknown() }.check(&["open"]);
    Case { seen: None, ..unknown() }.late().check(&["city NotApplied"]);
    // A yes without a look: it stands open as well.
    Case { seen: None, ..Case::new(move_city(), Answer::Written, city("")) }.check(&["open"]);
}

#[test]
fn what_stands_there_does_not_tell_that_our_request_landed_before_its_deadline() {
    let check = |values: &[(&str, i64, &str)], before: &[&str], after: &[&str]| {
        let seen = || match values {
            [] => city("Estes Park"),
            [(now, ..), ..] => past(city(now), "city", values),
        };
        Case::new(move_city(), Answer::Unknown, seen()).check(before);
        Case::new(move_city(), Answer::Unknown, seen()).late().check(after);
    };
    let (open, landed) = (["open"].as_slice(), ["city Landed"].as_slice());
    let (before, ours, typed) = (("Granby", 90, ADA), ("Estes Park", 160, US), ("Estes Park", 160, ADA));
    check(&[ours, before], landed, landed);
    check(&[("Estes Park", 160, SOMEBODY), before], landed, landed);
    // A person typed the same, and ours may still be under way.
    check(&[typed, before], open, landed);
    check(&[("Loveland", 180, ADA), typed, before], open, landed);
    check(&[], open, landed);
    // It landed over what the person wrote next, or before all that.
    let over = ["city Landed over Loveland,Estes Park"].as_slice();
    check(&[("Estes Park", 190, US), ("Loveland", 180, ADA), typed, before], over, over);
    check(&[("Estes Park", 190, ADA), ("Loveland", 180, ADA), ours, before], landed, landed);
}

#[test]
fn one_field_that_a_person_brought_there_does_not_tell_that_our_request_landed() {
    let both = vec![edit("city", "Granby", "Estes Park"), edit("phone", "+19705550100", "+19705550199")];
    let case = || Case::new(both.clone(), Answer::Unknown, city("Estes Park"));
    case().check(&["open"]);
    case().late().check(&["city Landed", "phone NotApplied"]);
}

#[test]
fn a_union_is_content_with_more_than_was_asked_for() {
    let mut more = edit("more", "", "a@x.org;b@x.org");
    more.wanted = Cell::list(["a@x.org", "b@x.org"]);
    let seen = |text| with(city("Granby"), "more", text);
    let check =
        |text, expected: &[&str]| Case::new(vec![more.clone()], Answer::Written, seen(text)).check(expected);
    check("b@x.org;A@X.org", &["more Landed"]);
    check("c@x.org;b@x.org;a@x.org", &["more Landed"]);
    check("", &["more Refused"]);
}

#[test]
fn a_yes_of_which_only_a_part_or_nothing_is_there_is_a_refusal() {
    let mut more = edit("more", "", "a@x.org;b@x.org");
    more.wanted = Cell::list(["a@x.org", "b@x.org"]);
    let case = Case::new(vec![more], Answer::Written, with(city("Granby"), "more", "a@x.org"));
    case.check(&["more Refused"]);
    let audit = case.audit();
    assert!(audit.bases.is_empty() && audit.endings[0].reason.contains("kept only a part"));
    let emptied = Case::new(move_city(), Answer::Written, city(""));
    emptied.check(&["city Refused"]);
    assert!(emptied.audit().endings[0].reason.contains("is empty"));
}

#[test]
fn what_the_system_made_of_ours_is_told_from_what_others_wrote() {
    let check = |values: &[(&str, i64, &str)], expected: &[&str], base: Option<&str>| {
        let now = city(values[0].0);
        let case = Case::new(move_city(), Answer::Written, past(now, "city", values));
        case.check(expected);
        let audit = case.audit();
        let bases: Vec<Print> = audit.bases.iter().map(|base| base.mirror.print).collect();
        assert_eq!(bases, base.and_then(print).into_iter().collect::<Vec<_>>());
    };
    let before = ("Granby", 90, ADA);
    // One value since we looked that nobody else wrote: the system's spelling of ours, whatever it replaced.
    check(&[("Estes", 160, US), before], &["city Landed"], Some("Estes"));
    check(
        &[("Estes", 160, US), ("Loveland", 130, ADA), before],
        &["city Landed over Loveland"],
        Some("Estes"),
    );
    check(&[("Loveland", 180, ADA), ("Estes", 160, US), before], &["city Landed"], Some("Estes"));
    // None: the system dropped ours, and what a person wrote is no spelling of it.
    check(&[("Loveland", 160, ADA), before], &["city NotApplied"], None);
    check(&[("Loveland", 160, ADA), ("Berthoud", 130, ADA), before], &["city NotApplied"], None);
    // Several: nobody can tell which is ours, and all that does not stand there any more is kept.
    let several = [("Fraser", 180, SOMEBODY), ("Estes", 160, US), ("Loveland", 130, ADA), before];
    check(&several, &["city Landed over Estes,Loveland"], None);
}

#[test]
fn what_a_write_may_have_replaced_is_kept_also_where_its_answer_was_lost() {
    let seen =
        past(city("Estes"), "city", &[("Estes", 160, US), ("Loveland", 130, ADA), ("Granby", 90, ADA)]);
    let case = || Case::new(move_city(), Answer::Unknown, seen.clone());
    case().check(&["open"]);
    case().late().check(&["city NotApplied over Loveland"]);
    Case::new(move_city(), refused(None), seen.clone()).check(&["city Refused"]);
    // What another record held before it became one with ours was not replaced by us.
    let merged = || Record { asked: Some("100".into()), ..seen.clone() };
    Case::new(move_city(), Answer::Written, merged()).check(&["city NotApplied"]);
    Case::new(move_city(), Answer::Unknown, merged()).late().check(&["city NotApplied"]);
    // Nor where the merge took over what we wrote. Where the history is the record's own it tells of our write.
    for (by, expected) in [(ADA, "city Landed"), (US, "city Landed over Loveland")] {
        let told = [("Estes Park", 160, by), ("Loveland", 130, ADA), ("Granby", 90, ADA)];
        let became = Record { asked: Some("100".into()), ..past(city("Estes Park"), "city", &told) };
        for answer in [Answer::Written, Answer::Unknown] {
            Case::new(move_city(), answer, became.clone()).late().check(&[expected]);
        }
    }
}

#[test]
fn what_was_put_back_without_an_answer_in_the_spelling_of_the_system_is_known_by_its_letters() {
    let check = |values: &[(&str, i64, &str)], expected: &str, base: Option<&str>| {
        let seen = match values {
            [(now, 0, _)] => city(now),
            _ => past(city(values[0].0), "city", values),
        };
        let back = move_city().into_iter().map(|edit| Edit { class: UNDO.into(), ..edit }).collect();
        let case = Case::new(back, Answer::Unknown, seen).late();
        case.check(&[expected]);
        let bases: Vec<Print> = case.audit().bases.iter().map(|base| base.mirror.print).collect();
        assert_eq!(bases, base.and_then(print).into_iter().collect::<Vec<_>>(), "{values:?}");
    };
    let before = ("Granby", 90, ADA);
    let (ours, theirs) = (("ESTES PARK.", 160, US), ("ESTES PARK.", 160, ADA));
    check(&[ours, before], "city Landed", Some("ESTES PARK."));
    check(&[("Loveland", 180, ADA), ours, before], "city Landed", Some("ESTES PARK."));
    check(&[ours, ("Loveland", 130, ADA), before], "city Landed over Loveland", Some("ESTES PARK."));
    check(&[theirs, before], "city NotApplied", None);
    // What only begins like ours may be anybody's.
    check(&[("Estes Park 2", 160, US), before], "city NotApplied", None);
    check(&[("ESTES PARK.", 0, "")], "city Landed", Some("ESTES PARK."));
    check(&[("Estes Park 2", 0, "")], "city NotApplied", None);
    check(&[("GRANBY", 0, "")], "city NotApplied", None);
}

#[test]
fn what_was_put_back_without_an_answer_is_known_by_what_it_means() {
    let back = || vec![Edit { class: UNDO.into(), ..edit("phone", "+19705550199", "+19705550100") }];
    let seen = with(city("Granby"), "phone", "(970) 555-0100");
    Case::new(back(), Answer::Unknown, seen).late().check(&["phone Landed"]);
    let other = with(city("Granby"), "phone", "(970) 555-0177");
    Case::new(back(), Answer::Unknown, other).late().check(&["phone NotApplied"]);
}

#[test]
fn a_value_that_was_only_to_be_spelled_otherwise_did_not_land_while_it_reads_as_before() {
    let respell = vec![edit("city", "Granby", "Granby.")];
    Case::new(respell, Answer::Unknown, city("Granby")).late().check(&["city NotApplied"]);
}

#[test]
fn where_no_history_tells_the_answer_tells_what_became_of_ours() {
    let check = |shown: &str, now: &str, ends: &str, base: Option<&str>| {
        let shown = Answer::Shown([("city".to_owned(), Cell::text(shown))].into());
        let case = Case::new(move_city(), shown, city(now));
        case.check(&[ends]);
        let bases: Vec<Print> = case.audit().bases.iter().map(|base| base.mirror.print).collect();
        assert_eq!(bases, base.and_then(print).into_iter().collect::<Vec<_>>(), "{now}");
    };
    check("ESTES PARK.", "ESTES PARK.", "city Landed", Some("ESTES PARK."));
    // Somebody changed it a moment later: theirs shows as moved from what became of ours.
    check("ESTES PARK.", "Loveland", "city Landed", Some("ESTES PARK."));
    check("Estes Park", "Loveland", "city Landed", Some("Estes Park"));
    check("Granby", "Loveland", "city Refused", None);
    // It dropped ours, and what it shows is a person's.
    check("Loveland", "Loveland", "city Landed", None);
    // A field that was to be emptied, and was.
    let emptied = Answer::Shown([("city".to_owned(), Cell::Null)].into());
    let case = Case::new(vec![edit("city", "Granby", "")], emptied, city("Loveland"));
    case.check(&["city Landed"]);
    assert!(case.audit().endings[0].after.is_blank());
    let elsewhere = Answer::Shown([("phone".to_owned(), Cell::text("+19705550100"))].into());
    let case = Case::new(move_city(), elsewhere, city("ESTES PK"));
    case.check(&["city Landed"]);
    assert!(case.audit().bases.is_empty(), "nothing was shown of the column");
}

#[test]
fn what_the_history_tells_stands_against_what_the_answer_showed() {
    let shown = Answer::Shown([("city".to_owned(), Cell::text("Estes Park"))].into());
    let typed = past(city("Loveland"), "city", &[("Loveland", 160, ADA), ("Granby", 90, ADA)]);
    Case::new(move_city(), shown, typed).check(&["city NotApplied"]);
}

#[test]
fn without_a_watermark_what_was_there_before_is_not_taken_for_an_edit_behind_our_back() {
    let seen = past(
        city("Estes Park"),
        "city",
        &[("Estes Park", 160, US), ("Berthoud", 130, ADA), ("Granby", 90, ADA), ("Loveland", 80, ADA)],
    );
    let case = Case { watermark: None, ..Case::new(move_city(), Answer::Written, seen) };
    case.check(&["city Landed over Berthoud"]);
}

#[test]
fn an_undo_puts_back_the_very_spelling() {
    let mut back = edit("phone", "+19705550199", "(970) 555-0100");
    back.wanted = Cell::text("(970) 555-0100");
    let respelled = with(city("Granby"), "phone", "+19705550100");
    // For an ordinary edit any spelling of the phone would do.
    let mut plain = back.clone();
    plain.wanted = Cell::text("+19705550100");
    Case::new(vec![plain], Answer::Unknown, respelled.clone()).late().check(&["phone Landed"]);
    back.class = UNDO.into();
    let case = |seen| Case::new(vec![back.clone()], Answer::Unknown, seen);
    let very = with(city("Granby"), "phone", "(970) 555-0100");
    assert!(case(very).late().audit().endings[0].exact);
    // In another spelling it may have landed, which is known once nothing is under way any more.
    assert!(case(respelled.clone()).audit().open);
    let end = case(respelled).late().audit().endings.remove(0);
    assert_eq!((end.event, end.exact), (Event::Landed, false));
}

#[test]
fn a_write_that_landed_after_the_scope_was_lost_is_told() {
    let foreign = |text| with(city(text), "owner", "4");
    assert!(Case::new(move_city(), Answer::Written, foreign("Estes Park")).audit().scope_raced);
    assert!(!Case::new(move_city(), Answer::Written, foreign("Granby")).audit().scope_raced);
    assert!(!Case::new(move_city(), Answer::Written, city("Estes Park")).audit().scope_raced);
    let late = |answer: Answer, seen: Record| Case::new(move_city(), answer, seen).late().audit().scope_raced;
    assert!(late(Answer::Unknown, foreign("ESTES PK")), "what stands there may be ours in other words");
    assert!(!late(Answer::Unknown, foreign("Granby")));
    assert!(!late(refused(None), foreign("ESTES PK")));
    // What stands there is ours only if nobody else is known to have written it.
    let told = |by| past(foreign("ESTES PK"), "city", &[("ESTES PK", 160, by), ("Granby", 90, ADA)]);
    assert!(late(Answer::Unknown, told(SOMEBODY)));
    assert!(!late(Answer::Unknown, told(ADA)));
}

#[test]
fn only_what_landed_gets_a_base() {
    for (answer, seen) in [(refused(None), "Granby"), (Answer::Written, "Granby")] {
        assert!(Case::new(move_city(), answer, city(seen)).audit().bases.is_empty());
    }
    assert!(Case::new(move_city(), Answer::Unknown, city("Granby")).late().audit().bases.is_empty());
}

#[test]
fn only_what_is_there_as_it_was_wanted_is_exact() {
    let exact = |answer: Answer, seen: Record| {
        let audit = Case::new(move_city(), answer, seen).audit();
        (audit.endings[0].event, audit.endings[0].exact)
    };
    let gone_on = past(city("Vail"), "city", &[("Vail", 300, ADA), ("Estes Park", 200, US)]);
    assert_eq!(exact(Answer::Written, city("Estes Park")), (Event::Landed, true));
    assert_eq!(exact(Answer::Written, gone_on), (Event::Landed, false));
    assert_eq!(exact(Answer::Written, city("ESTES PARK.")), (Event::Landed, false));
    assert_eq!(exact(refused(None), city("Granby")), (Event::Refused, false));
}
