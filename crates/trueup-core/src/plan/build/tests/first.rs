//! What a mirror says first goes to the source of truth first, and to the other mirrors from there.

use crate::{
    fixture::{
        PORTAL, edit,
        hub::{CRM, DESK, Hub, but, draft, person, setup, told},
        key, time,
    },
    journal::Intent,
    link::{How, Link},
    memory::{Conflict, FieldKey, LinkKey, Memory, Note, Parked},
    merge::{Claim, Flow, Party, Survivor},
    plan::{Act, Bucket, Change, Reconciled},
    setup::{Action, Setup, Trigger},
    value::Cell,
};

fn buckets(made: &Reconciled) -> Vec<Bucket> {
    let all = &made.plan.report.buckets;
    all.iter().flat_map(|(bucket, count)| vec![*bucket; *count]).collect()
}

/// What follows from what each of the three says of the city, after all said Granby.
#[track_caller]
fn check(cities: [&str; 3], expected: &[&str], ends: [Bucket; 2]) {
    let hub = [CRM, PORTAL, DESK].into_iter().zip(cities);
    let hub = hub.fold(Hub::known(), |hub, (system, city)| hub.says(system, "city", city));
    let made = hub.cycle(&setup());
    assert_eq!(told(&made.plan.changes), expected);
    assert_eq!(buckets(&made), ends, "{cities:?}");
}

#[test]
fn what_one_mirror_says_is_told_to_the_source_of_truth_and_then_to_the_other() {
    use Bucket::{InSync, Pending};
    check(["Granby", "Granby", "Granby"], &[], [InSync, InSync]);
    let first = "crm update R1 city Granby → Vail first portal";
    check(
        ["Granby", "Vail", "Granby"],
        &[first, "desk update 201 city Granby → Vail second"],
        [Pending, Pending],
    );
    check(
        ["Granby", "Vail", "Vail"],
        &["crm update R1 city Granby → Vail first portal desk"],
        [Pending, Pending],
    );
    check(
        ["Vail", "Granby", "Granby"],
        &["desk update 201 city Granby → Vail alone", "portal update 101 city Granby → Vail alone"],
        [Pending, Pending],
    );
    check(["Vail", "Granby", "Vail"], &["portal update 101 city Granby → Vail alone"], [InSync, Pending]);
}

#[test]
fn a_change_is_named_by_the_person_and_made_on_the_record_of_each_system() {
    let plan = Hub::known().says(PORTAL, "city", "Vail").cycle(&setup()).plan;
    let of = |change: &Change| (change.entity.to_string(), change.label.clone(), change.act.clone());
    let (entity, label) = ("R1".to_owned(), "ada@example.org".to_owned());
    let act = |remote: &str, how| Act::Update { remote: remote.into(), how };
    assert_eq!(of(&plan.changes[0]), (entity.clone(), label.clone(), act("R1", How::Key)));
    assert_eq!(of(&plan.changes[1]), (entity, label, act("201", How::Email)));
    let [first, second] = [0, 1].map(|at| &plan.changes[at].edits[0]);
    for edit in [first, second] {
        assert_eq!((&edit.wanted, &edit.canonical), (&Cell::text("Vail"), &Cell::text("Vail")));
        assert_eq!((edit.class.as_str(), edit.column.as_str()), ("differs", "city"));
    }
}

#[test]
fn two_mirrors_that_say_two_things_contend_and_nobody_is_told() {
    use Bucket::{Conflict, Pending};
    check(["Granby", "Vail", "Aspen"], &[], [Conflict, Conflict]);
    // The desk says nothing new, and waits for what the others come to.
    check(["Fraser", "Vail", "Granby"], &[], [Pending, Conflict]);
    let plan = Hub::known().says(PORTAL, "city", "Vail").says(DESK, "city", "Aspen").cycle(&setup()).plan;
    let conflicts: Vec<String> =
        plan.conflicts.iter().map(|one| format!("{} {} {}", one.system, one.entity, one.field)).collect();
    assert_eq!(conflicts, ["desk R1 city", "portal R1 city"]);
    let claims: Vec<_> = plan.conflicts[0].claims.iter().map(|claim| claim.party).collect();
    assert_eq!(claims, [Party::Mirror(0), Party::Mirror(1)]);
}

#[test]
fn a_copy_waits_for_the_source_of_truth_alone_unless_it_is_written_or_contends() {
    let waiting = |hub: Hub| {
        let made = hub.cycle(&setup());
        made.plan.report.telling.into_iter().map(|link| link.system.to_string()).collect::<Vec<_>>()
    };
    let told = || Hub::known().says(PORTAL, "tags", "lead");
    assert_eq!(waiting(told()), [PORTAL]);
    assert_eq!(waiting(told().says(DESK, "tags", "lead")), [DESK, PORTAL]);
    let written = told().says(CRM, "city", "Vail");
    assert_eq!(waiting(written.clone()), [""; 0]);
    assert_eq!(waiting(written.says(PORTAL, "city", "Fraser")), [""; 0]);
    // The others contend for another field of it.
    let contended = Hub::known().says(CRM, "city", "Fraser").says(PORTAL, "city", "Vail");
    assert_eq!(waiting(contended.says(DESK, "tags", "lead")), [""; 0]);
}

fn field(system: &str) -> FieldKey {
    let link = LinkKey { system: system.into(), ..key("R1") };
    FieldKey { link, field: "city".into() }
}

fn disputed(memory: &mut Memory, system: &str, party: Party) {
    let claims = vec![Claim { party, cell: Cell::text("Aspen"), at: None, version: None }];
    let row = Conflict { claims, why: "both moved".into(), opened: "r1".into(), closed: None };
    memory.commit(&[Note::Conflict(field(system), row)]);
}

#[test]
fn a_conflict_is_over_for_a_mirror_that_others_contend_beside() {
    // The source of truth and the portal contend; the desk took back what it once claimed.
    for (party, over) in [(Party::Mirror(1), true), (Party::Journal, false)] {
        let mut hub = Hub::known().says(CRM, "city", "Fraser").says(PORTAL, "city", "Vail");
        disputed(&mut hub.memory, DESK, party);
        let made = hub.cycle(&setup());
        assert_eq!(made.rested.contains(&field(DESK)), over);
        assert!(!made.rested.contains(&field(PORTAL)));
    }
}

/// A portal that says Vail while something keeps the source of truth from being told: nobody else is either.
#[track_caller]
fn stuck(setup: &Setup, memory: impl FnOnce(&mut Memory), ends: [Bucket; 2], sorts: &[&str]) {
    let mut hub = Hub::known().says(PORTAL, "city", "Vail");
    memory(&mut hub.memory);
    let made = hub.cycle(setup);
    assert!(made.plan.is_empty(), "{:?}", told(&made.plan.changes));
    assert_eq!(buckets(&made), ends);
    let notes = made.plan.report.notes.iter().map(|note| note.sort.as_str());
    let findings = made.plan.findings.iter().map(|finding| finding.what.as_str());
    assert_eq!(notes.chain(findings).collect::<Vec<_>>(), sorts);
}

#[test]
fn what_the_source_of_truth_is_not_told_nobody_is_told() {
    let both = [Bucket::Excluded, Bucket::Excluded];
    let hold = |memory: &mut Memory| {
        let hold = crate::memory::Hold { canonical: memory.print(&Cell::text("Vail")), by: "r2".into() };
        memory.commit(&[Note::Hold(field(CRM), hold)]);
    };
    stuck(&setup(), hold, both, &["held_after_undo"]);
    let park = |memory: &mut Memory| {
        let parked = Parked {
            class: "differs".into(),
            reason: "refused".into(),
            canonical: memory.print(&Cell::text("Vail")),
            mirror: memory.print(&Cell::text("Granby")),
            kept: None,
            since: "r1".into(),
        };
        memory.commit(&[Note::Park(field(CRM), parked)]);
    };
    stuck(&setup(), park, both, &[]);
    let mut flagged = draft();
    flagged.classes[0].action = Action::Flag;
    let flagged = flagged.build().unwrap();
    stuck(&flagged, |_| {}, both, &["city differs"]);
    let mut unknown = draft();
    unknown.classes.retain(|class| !matches!(class.trigger, Trigger::Other));
    stuck(&unknown.build().unwrap(), |_| {}, both, &["city differs"]);
}

#[test]
fn a_difference_is_told_of_the_record_that_would_be_written() {
    let mut flagged = draft();
    flagged.classes[0].action = Action::Flag;
    let flagged = flagged.build().unwrap();
    let asked = |system: &str| {
        let finding = Hub::known().says(system, "city", "Vail").cycle(&flagged).plan.findings.remove(0);
        let values = finding.values[0].clone();
        let texts = [values.canonical, values.mirror].map(|cell| cell.to_text().unwrap());
        (finding.key.handle(), finding.remotes[0].to_string(), texts.join(" "))
    };
    let owned = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(asked(PORTAL), owned("differs/crm/R1.city", "R1", "Granby Vail"));
    assert_eq!(asked(CRM), owned("differs/desk/R1.city", "201", "Vail Granby"));
}

fn open(system: &str, remote: &str) -> Intent {
    let change = Change {
        system: system.into(),
        entity: "R1".into(),
        label: String::new(),
        act: Act::Update { remote: remote.into(), how: How::Key },
        edits: vec![edit("city", "Granby", "Vail")],
    };
    Intent { id: "i".into(), run: "r".into(), epoch: 1, change, watermark: None, sent: None }
}

#[test]
fn a_write_that_may_still_land_keeps_its_own_copy_alone_and_one_to_the_source_of_truth_keeps_all() {
    for (system, remote, left) in [(CRM, "R1", 2), (PORTAL, "101", 1), (DESK, "201", 1)] {
        let mut hub = Hub::known().says(CRM, "city", "Vail");
        let intent = open(system, remote);
        hub.memory.intents.insert(intent.id.clone(), intent);
        let made = hub.cycle(&setup());
        let notes = made.plan.report.notes.iter().filter(|note| note.sort == "open_intent").count();
        assert_eq!((made.plan.changes.len(), notes), (2 - left, left), "{system}");
        assert_eq!(buckets(&made), [Bucket::Pending, Bucket::Pending]);
    }
}

#[test]
fn what_may_never_change_and_was_changed_is_told_for_each_copy_and_sent_to_none() {
    let changed = |system: &str, cell: Cell| Hub::known().shows(system, "source", cell).cycle(&setup());
    for system in [CRM, PORTAL] {
        let made = changed(system, Cell::text("visit"));
        assert!(made.plan.is_empty());
        let told: Vec<String> = made.plan.findings.iter().map(|one| one.key.handle()).collect();
        assert_eq!(told, ["immutable/desk/R1.source", "immutable/portal/R1.source"]);
        assert_eq!(buckets(&made), [Bucket::Excluded, Bucket::Excluded]);
        let finding = &made.plan.findings[1];
        assert_eq!((finding.remotes[0].as_str(), finding.values.len()), ("101", 1));
    }
    // A value that was taken away was changed as well; one that cannot be read was not.
    assert_eq!(changed(PORTAL, Cell::Null).plan.findings.len(), 2);
    assert_eq!(changed(PORTAL, Cell::Absent).plan.findings[0].key.class.as_str(), "unreadable");
}

#[test]
fn what_may_never_change_is_filled_once() {
    let hub =
        [CRM, PORTAL, DESK].into_iter().fold(Hub::new(), |hub, one| hub.shows(one, "source", Cell::Null));
    let plan = hub.after().says(PORTAL, "source", "visit").cycle(&setup()).plan;
    let lines = [
        "crm update R1 source nothing → visit first portal",
        "desk update 201 source nothing → visit second",
    ];
    assert_eq!((told(&plan.changes), plan.findings.len()), (lines.map(str::to_owned).into(), 0));
}

#[test]
fn elements_of_a_set_come_and_go_by_themselves() {
    let hub = Hub::known().says(PORTAL, "tags", "customer;vip").says(CRM, "tags", "");
    let plan = hub.cycle(&setup()).plan;
    assert_eq!(
        told(&plan.changes),
        [
            "crm update R1 tags nothing → vip first partly portal",
            "desk update 201 tags customer → vip second",
            "portal update 101 tags customer;vip → vip second",
        ]
    );
}

#[test]
fn what_two_agree_on_that_were_never_accounted_for_goes_where_a_third_takes_it_away() {
    let mut hub = Hub::known().says(DESK, "tags", "");
    let link = LinkKey { system: PORTAL.into(), entity: "R1".into() };
    hub.memory.links.get_mut(&link).unwrap().forget_base(&"tags".into());
    assert_eq!(
        told(&hub.cycle(&setup()).plan.changes),
        [
            "crm update R1 tags customer → nothing first desk",
            "portal update 101 tags customer → nothing second"
        ]
    );
}

#[test]
fn a_union_is_completed_everywhere_and_takes_nothing_away() {
    let mut draft = draft();
    draft.fields[2].survivor = Survivor::Union;
    let setup = draft.build().unwrap();
    let plan = Hub::known().says(PORTAL, "tags", "vip").cycle(&setup).plan;
    assert_eq!(
        told(&plan.changes),
        [
            "crm update R1 tags customer → customer;vip first",
            "desk update 201 tags customer → customer;vip second",
            "portal update 101 tags vip → customer;vip second",
        ]
    );
}

#[test]
fn a_record_that_nobody_knew_before_contends_with_what_stands() {
    let mut hub = Hub::known();
    hub.memory.links.retain(|key, _| key.system.as_str() != DESK);
    let made = hub.clone().says(DESK, "city", "Aspen").cycle(&setup());
    assert_eq!((made.plan.is_empty(), made.plan.conflicts.len()), (true, 1));
    // A system that cannot be read for now says nothing, and the others go on.
    let made = hub.shows(DESK, "city", Cell::Absent).says(PORTAL, "city", "Vail").cycle(&setup());
    assert_eq!(told(&made.plan.changes), ["crm update R1 city Granby → Vail first portal"]);
    assert_eq!(
        made.plan.findings[0].what,
        "city cannot be read: the field was not delivered; the field is left alone"
    );
    assert_eq!(made.plan.findings[0].remotes[0].as_str(), "201");
}

#[test]
fn what_the_source_of_truth_cannot_say_is_told_once_and_compared_nowhere() {
    let hub = Hub::known().shows(CRM, "city", Cell::Absent).says(PORTAL, "city", "Vail");
    let made = hub.cycle(&setup());
    assert!(made.plan.is_empty());
    assert_eq!(buckets(&made), [Bucket::Excluded, Bucket::Excluded]);
    let told: Vec<String> = made.plan.findings.iter().map(|one| one.key.handle()).collect();
    assert_eq!(told, ["unreadable/crm/R1.city"]);
}

#[test]
fn records_of_another_person_have_no_part_in_it() {
    let mut hub = Hub::known();
    for (system, id) in [(CRM, "R2"), (PORTAL, "102"), (DESK, "202")] {
        hub.of(system).records.push(person(id, "grace@example.org"));
    }
    hub.desk.records[1] = but(hub.desk.records[1].clone(), "city", Cell::text("Vail"));
    let plan = hub.after().says(PORTAL, "city", "Aspen").cycle(&setup()).plan;
    assert_eq!(
        told(&plan.changes),
        ["crm update R1 city Granby → Aspen first portal", "desk update 201 city Granby → Aspen second",]
    );
    let conflicts: Vec<&str> = plan.conflicts.iter().map(|one| one.entity.as_str()).collect();
    assert_eq!(conflicts, ["R2"]);
}

/// What is told of tags that a desk holds, once what is known of the field there is changed.
fn tags_of(how: How, know: impl FnOnce(&mut Link)) -> Vec<String> {
    let mut hub = Hub::known().says(DESK, "tags", "customer;vip");
    let desk = LinkKey { system: DESK.into(), ..key("R1") };
    let link = hub.memory.links.get_mut(&desk).unwrap();
    link.how = how;
    know(link);
    told(&hub.cycle(&setup()).plan.changes)
}

#[test]
fn what_a_record_that_we_made_holds_besides_was_added_since() {
    let added = [
        "crm update R1 tags customer → customer;vip first desk",
        "portal update 101 tags customer → customer;vip second",
    ];
    for how in [How::Created, How::Adopted, How::Origin] {
        assert_eq!(tags_of(how, never_accounted("tags")), added);
    }
    // In one that was there before, the source of truth rules from the first meeting on.
    let ruled = ["desk update 201 tags customer;vip → customer alone"];
    assert_eq!(tags_of(How::Email, never_accounted("tags")), ruled);
    // In one of ours nothing is lost where a person let go of what was accounted for.
    assert_eq!(tags_of(How::Created, |link| link.forget_base(&"tags".into())), added);
}

fn never_accounted(field: &str) -> impl FnOnce(&mut Link) {
    move |link| link.bases.retain(|base| base.field.as_str() != field)
}

/// What is told where a system shows a city of its own, or none, and the desk's was never accounted for. Whoever rules by
/// the time of an edit takes that system's for the last word.
fn first_look(how: How, (system, city): (&str, Cell), flow: Flow) -> Vec<String> {
    let mut draft = draft();
    draft.fields[1].survivor = Survivor::Latest { skew_ms: 0 };
    draft.mirrors[1].side.bindings[1].flow = flow;
    let mut hub = Hub::known().shows(system, "city", city);
    hub.of(system).records[0].version = Some(time(200));
    hub.memory.links.retain(|key, _| key.system.as_str() != PORTAL);
    hub.portal.records.clear();
    let link = hub.memory.links.get_mut(&LinkKey { system: DESK.into(), ..key("R1") }).unwrap();
    link.how = how;
    never_accounted("city")(link);
    let mut told = told(&hub.cycle(&draft.build().unwrap()).plan.changes);
    told.retain(|line| !line.starts_with("portal create"));
    told
}

#[test]
fn a_blank_in_a_record_that_we_made_is_nobodys_word_however_late_the_record_was_changed() {
    for how in [How::Created, How::Adopted] {
        let told = first_look(how, (DESK, Cell::Null), Flow::Both);
        assert_eq!(told, ["desk update 201 city nothing → Granby alone"]);
    }
    let told = first_look(How::Origin, (CRM, Cell::Null), Flow::Both);
    assert_eq!(told, ["crm update R1 city nothing → Granby first desk"]);
    let told = first_look(How::Email, (DESK, Cell::Null), Flow::Both);
    assert_eq!(told[0], "crm update R1 city Granby → nothing first desk");
}

#[test]
fn a_blank_that_a_record_was_made_after_is_nobodys_word_either() {
    let told = first_look(How::Created, (CRM, Cell::Null), Flow::Both);
    assert_eq!(told, ["crm update R1 city nothing → Granby first desk"]);
    let told = first_look(How::Origin, (DESK, Cell::Null), Flow::Both);
    assert_eq!(told, ["desk update 201 city nothing → Granby alone"]);
}

#[test]
fn what_a_copy_of_ours_says_of_a_field_that_only_flows_in_is_its_own_word_from_the_first_look_on() {
    let vail = || (DESK, Cell::text("Vail"));
    let own = ["crm update R1 city Granby → Vail first desk"];
    assert_eq!(first_look(How::Created, vail(), Flow::In), own);
}

#[test]
fn a_copy_that_is_met_in_agreement_is_accounted_for_also_while_another_moves_both_on() {
    let mut hub = Hub::known();
    hub.memory.links.retain(|key, _| key.system.as_str() != DESK);
    let made = hub.says(PORTAL, "city", "Vail").cycle(&setup());
    assert_eq!(made.plan.changes.len(), 2);
    let desk = made.notes.iter().filter_map(Note::link).find(|link| link.system.as_str() == DESK).unwrap();
    let fields: Vec<&str> = desk.bases.iter().map(|base| base.field.as_str()).collect();
    assert_eq!(fields, ["email", "city", "tags", "source"]);
    assert!(desk.bases.iter().all(|base| base.mirror == base.canonical));
}

#[test]
fn only_a_side_that_others_are_told_from_can_change_what_may_never_change() {
    let plan = |flow: Flow, system: &str| {
        let mut draft = draft();
        draft.mirrors[0].side.bindings[3].flow = flow;
        let plan = Hub::known().says(system, "source", "visit").cycle(&draft.build().unwrap()).plan;
        (told(&plan.changes), plan.findings.len())
    };
    // What a mirror that only receives made of it is mended, as everything else is.
    let mended = vec!["portal update 101 source visit → letter alone".to_owned()];
    assert_eq!(plan(Flow::Out, PORTAL), (mended, 0));
    assert_eq!(plan(Flow::Out, CRM), (Vec::new(), 2));
    assert_eq!(plan(Flow::In, PORTAL), (Vec::new(), 2));
}

#[test]
fn a_mirror_that_only_tells_is_told_nothing_and_one_that_only_receives_tells_nothing() {
    let plan = |flow: Flow, system: &str| {
        let mut draft = draft();
        draft.mirrors[0].side.bindings[1].flow = flow;
        told(&Hub::known().says(system, "city", "Vail").cycle(&draft.build().unwrap()).plan.changes)
    };
    let desk = "desk update 201 city Granby → Vail";
    assert_eq!(plan(Flow::In, CRM), [format!("{desk} alone")]);
    let first = "crm update R1 city Granby → Vail first portal".to_owned();
    assert_eq!(plan(Flow::In, PORTAL), [first, format!("{desk} second")]);
    let portal = "portal update 101 city";
    assert_eq!(plan(Flow::Out, CRM), [format!("{desk} alone"), format!("{portal} Granby → Vail alone")]);
    assert_eq!(plan(Flow::Out, PORTAL), [format!("{portal} Vail → Granby alone")]);
}

#[test]
fn what_the_source_of_truth_cannot_say_is_a_matter_of_those_who_are_told_it() {
    use Bucket::{Excluded, InSync};
    let ends = |only_set_once: &[usize]| {
        let mut draft = draft();
        for at in only_set_once {
            draft.mirrors[*at].side.bindings[1].create_only = true;
        }
        let made = Hub::known().shows(CRM, "city", Cell::Absent).cycle(&draft.build().unwrap());
        (buckets(&made), made.plan.findings.len())
    };
    assert_eq!(ends(&[]), (vec![Excluded, Excluded], 1));
    assert_eq!(ends(&[0]), (vec![InSync, Excluded], 1));
    assert_eq!(ends(&[0, 1]), (vec![InSync, InSync], 0));
}
