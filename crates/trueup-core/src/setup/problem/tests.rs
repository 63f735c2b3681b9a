use super::*;
use crate::{
    fixture,
    merge::{Flow, Survivor},
    name::FieldId,
    setup::{Action, Binding, Caps, Class, Field, Lens, Scope, Trigger},
    value::Kind,
};

/// What is said of the fixture after a change.
#[track_caller]
fn check(change: impl FnOnce(&mut Draft), want: &[&str]) {
    let mut draft = fixture::draft();
    change(&mut draft);
    let said: Vec<String> = match draft.build() {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(said, want);
}

fn portal(draft: &mut Draft, at: usize) -> &mut Binding {
    &mut draft.mirrors[0].side.bindings[at]
}

/// How the fixture binds the city in the portal.
fn of_city() -> Binding {
    fixture::draft().mirrors.remove(0).side.bindings.remove(4)
}

fn second_mirror(draft: &mut Draft) {
    let other = fixture::draft().mirrors.remove(0);
    draft.mirrors.push(other);
    draft.mirrors[1].side.system = "other".into();
}

#[test]
fn a_draft_without_mistakes_is_built() {
    check(|_| {}, &[]);
}

#[test]
fn names_are_there_once_and_a_column_is_written_by_one_field() {
    check(
        |draft| {
            let city = draft.fields[4].clone();
            draft.fields.push(city);
        },
        &["field 'city' is there twice"],
    );
    check(|draft| draft.classes[1].id = draft.classes[0].id.clone(), &["class 'D2' is there twice"]);
    check(
        |draft| {
            second_mirror(draft);
            draft.mirrors[1].side.system = draft.mirrors[0].side.system.clone();
        },
        &["mirror 'portal' is there twice"],
    );
    check(
        |draft| portal(draft, 4).column = 3,
        &["column 'phone' of 'portal' is written by more than one field"],
    );
}

#[test]
fn a_pipeline_has_a_mirror_and_a_mirror_has_fields() {
    check(|draft| draft.mirrors.clear(), &["the pipeline has no mirror to keep in agreement"]);
    check(
        |draft| {
            draft.mirrors[0].side.bindings.clear();
            draft.mirrors[0].token = None;
        },
        &["mirror 'portal' maps no field"],
    );
}

#[test]
fn a_cap_is_a_share_of_the_whole() {
    let said = |name: &str| format!("cap '{name}' must lie between 0 and 100 percent");
    let of = |name: &str, share: f64| {
        let mut caps = serde_json::to_value(Caps::default()).unwrap();
        caps[name] = share.into();
        serde_json::from_value::<Caps>(caps).unwrap()
    };
    for name in [
        "updates_percent",
        "creates_percent",
        "archives_percent",
        "blanking_percent",
        "conflicts_percent",
        "source_loss_percent",
    ] {
        for share in [0.0, 100.0] {
            check(|draft| draft.caps = of(name, share), &[]);
        }
        for share in [-0.1, 100.1] {
            check(|draft| draft.caps = of(name, share), &[&said(name)]);
        }
    }
}

#[test]
fn what_is_derived_is_never_written() {
    let derived = "field 'city' of 'portal' is derived there and cannot be written: use `flow: in`";
    for flow in [Flow::Out, Flow::Both] {
        check(
            |draft| {
                draft.canonical_writes = true;
                *portal(draft, 4) = Binding { flow, lens: Lens::First, ..of_city() };
            },
            &[derived],
        );
    }
    check(
        |draft| {
            draft.canonical_writes = true;
            *portal(draft, 4) = Binding { flow: Flow::In, lens: Lens::First, ..of_city() };
        },
        &[],
    );
    let of_truth = "field 'city' of 'workbook' is derived there and cannot be written: use `flow: in`";
    for (flow, want) in [(Flow::Out, &[][..]), (Flow::In, &[of_truth]), (Flow::Both, &[of_truth])] {
        check(
            |draft| {
                draft.canonical_writes = true;
                draft.canonical.bindings[4].lens = Lens::First;
                portal(draft, 4).flow = flow;
            },
            want,
        );
    }
}

#[test]
fn only_a_constant_needs_no_source() {
    let unfounded = "field 'city' is mapped to 'portal' but the source of truth does not give it";
    check(|draft| _ = draft.canonical.bindings.remove(4), &[unfounded]);
    check(
        |draft| {
            draft.canonical.bindings.remove(4);
            portal(draft, 4).lens = Lens::Constant("Granby".into());
        },
        &[],
    );
}

#[test]
fn values_never_flow_to_a_source_that_is_only_read() {
    let read_only = "field 'city' flows from 'portal' to the source of truth, which is only read";
    for flow in [Flow::In, Flow::Both] {
        check(|draft| portal(draft, 4).flow = flow, &[read_only]);
        check(
            |draft| {
                portal(draft, 4).flow = flow;
                draft.canonical_writes = true;
            },
            &[],
        );
    }
}

#[test]
fn a_survivor_that_would_never_be_asked_or_could_never_answer_is_refused() {
    let said = |why: &str| format!("field 'city' of 'portal' cannot be decided by this survivor: {why}");
    let silent = said("a mirror that only receives claims nothing, so the source of truth always wins");
    let unversioned = said("no system keeps a version of its records yet");
    for (survivor, want) in [
        (Survivor::Ask, &silent),
        (Survivor::Mirror(0), &silent),
        (Survivor::Latest { skew_ms: 0 }, &silent),
        (Survivor::VersionThenLatest { skew_ms: 0 }, &unversioned),
    ] {
        check(|draft| draft.fields[4].survivor = survivor, &[want]);
    }
    for survivor in [Survivor::Ask, Survivor::Mirror(0), Survivor::Latest { skew_ms: 0 }] {
        let both = |draft: &mut Draft| {
            draft.canonical_writes = true;
            draft.fields[4].survivor = survivor;
            portal(draft, 4).flow = Flow::Both;
        };
        check(both, &[]);
    }
    // What is set when a record is made is never merged afterwards.
    check(
        |draft| {
            draft.fields[4].survivor = Survivor::Ask;
            portal(draft, 4).create_only = true;
        },
        &[],
    );
}

#[test]
fn a_set_is_never_decided_by_time() {
    let timeless = "field 'more' of 'portal' cannot be decided by this survivor: a set is merged element by element, and elements have no times";
    for (survivor, want) in [(Survivor::Latest { skew_ms: 0 }, &[timeless][..]), (Survivor::Ask, &[])] {
        check(
            |draft| {
                draft.canonical_writes = true;
                draft.canonical.bindings[2].lens = Lens::List { delimiter: ';' };
                draft.fields[2].survivor = survivor;
                portal(draft, 2).flow = Flow::Both;
            },
            want,
        );
    }
}

#[test]
fn one_of_several_mirrors_may_survive_and_one_that_is_not_there_may_not() {
    check(
        |draft| {
            second_mirror(draft);
            draft.canonical_writes = true;
            draft.fields[4].survivor = Survivor::Mirror(1);
            portal(draft, 4).flow = Flow::Both;
        },
        &[],
    );
    check(
        |draft| {
            draft.canonical_writes = true;
            draft.fields[4].survivor = Survivor::Mirror(1);
            portal(draft, 4).flow = Flow::Both;
        },
        &["field 'city' is decided by mirror 1, and there is none"],
    );
}

#[test]
fn fields_that_do_not_fit_their_kind_are_refused() {
    let tokens = "field 'token' is a set of tokens amid other text of 'portal' and must be united";
    check(|draft| draft.fields[0].survivor = Survivor::Canonical, &[tokens]);
    check(
        |draft| draft.fields[4].survivor = Survivor::Union,
        &["field 'city' is a single value and cannot be united"],
    );
    check(
        |draft| draft.fields[3].identity = true,
        &["field 'phone' says who somebody is and must hold e-mail addresses"],
    );
    check(
        |draft| portal(draft, 2).lens = Lens::List { delimiter: '/' },
        &["field 'more' of 'portal' would not be parted at '/' when read"],
    );
}

#[test]
fn whatever_refers_to_nothing_is_refused() {
    let nothing = FieldId(9);
    check(
        |draft| draft.canonical.bindings[4].field = nothing,
        &[
            "a binding of 'workbook' refers to field 9, and there is none",
            "field 'city' is mapped to 'portal' but the source of truth does not give it",
        ],
    );
    check(
        |draft| portal(draft, 4).field = nothing,
        &["a binding of 'portal' refers to field 9, and there is none"],
    );
    check(
        |draft| {
            let trigger = Trigger::Differs { field: nothing, when: None };
            let (id, title) = ("D9".into(), String::new());
            draft.classes.push(Class { id, trigger, action: Action::Fix, title });
        },
        &["class 'D9' refers to field 9, and there is none"],
    );
    check(
        |draft| draft.canonical.bindings[4].column = 9,
        &["field 'city' of 'workbook' refers to column 9, and there is none"],
    );
    check(
        |draft| portal(draft, 4).column = 9,
        &["field 'city' of 'portal' refers to column 9, and there is none"],
    );
    check(
        |draft| draft.mirrors[0].scope = Some(Scope { column: 9, equals: "1".into() }),
        &["the scope of 'portal' refers to column 9, and there is none"],
    );
    check(
        |draft| {
            draft.fields.push(Field { survivor: Survivor::Union, ..Field::new("unbound", Kind::Tags) });
            draft.mirrors[0].token = Some(FieldId(6));
        },
        &["the token of 'portal' is bound to no column"],
    );
}
