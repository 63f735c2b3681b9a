//! Every small case of the merge, against the table of the module and the properties of DESIGN.md 4.

use compact_str::CompactString;

use super::*;

const VALUES: [&str; 4] = ["", "a", "b", "c"];
const FLOWS: [Flow; 3] = [Flow::Out, Flow::In, Flow::Both];

fn cell(at: usize) -> Cell {
    if at == 0 { Cell::Null } else { Cell::text(VALUES[at]) }
}

/// One side pair of the model: what both said when they were last accounted for, and what is now.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Model {
    canonical: Cell,
    mirrors: Vec<MirrorModel>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct MirrorModel {
    now: Cell,
    base: Option<(Cell, Cell)>,
    flow: Flow,
}

fn seen(cell: &Cell) -> Seen {
    Seen { now: cell.clone(), at: None, version: None }
}

fn moved(now: &Cell, base: Option<&Cell>) -> Moved {
    match base {
        None => Moved::New,
        Some(base) if base.same(now) => Moved::No,
        Some(_) => Moved::Yes,
    }
}

impl Model {
    fn parts(&self) -> Vec<Mirror> {
        let part = |mirror: &MirrorModel| Mirror {
            seen: seen(&mirror.now),
            moved: moved(&mirror.now, mirror.base.as_ref().map(|base| &base.1)),
            canonical_moved: moved(&self.canonical, mirror.base.as_ref().map(|base| &base.0)),
            flow: mirror.flow,
        };
        self.mirrors.iter().map(part).collect()
    }

    fn cycle(&self, survivor: Survivor) -> (Merged, Writes) {
        let (canonical, parts) = (seen(&self.canonical), self.parts());
        let merged = merge(&canonical, &parts, survivor);
        let writes = writes(&canonical, &parts, &merged);
        (merged, writes)
    }

    /// What the systems hold after the writes landed; each system may respell what it is told.
    fn after(&self, writes: &Writes, respell: impl Fn(&Cell) -> Cell) -> Self {
        let mut next = self.clone();
        if let Step::Write(cell) = &writes.canonical {
            next.canonical = cell.clone();
        }
        for (mirror, step) in next.mirrors.iter_mut().zip(&writes.mirrors) {
            if let Step::Write(cell) = step {
                mirror.now = respell(cell);
            }
            if matches!(step, Step::Write(_) | Step::Account) {
                mirror.base = Some((next.canonical.clone(), mirror.now.clone()));
            }
        }
        next
    }
}

fn is_quiet(writes: &Writes) -> bool {
    !matches!(writes.canonical, Step::Write(_))
        && !writes.mirrors.iter().any(|step| matches!(step, Step::Write(_)))
}

fn one_mirror() -> impl Iterator<Item = Model> {
    let cells = (0..4)
        .flat_map(|a| (0..4).flat_map(move |b| (0..4).flat_map(move |c| (0..5).map(move |d| (a, b, c, d)))));
    cells.flat_map(|(canonical, now, base_c, base_m)| {
        FLOWS.map(|flow| {
            // The fifth value of the mirror's base stands for "never accounted for".
            let base = (base_m < 4).then(|| (cell(base_c), cell(base_m % 4)));
            Model { canonical: cell(canonical), mirrors: vec![MirrorModel { now: cell(now), base, flow }] }
        })
    })
}

fn two_mirrors(mut each: impl FnMut(&Model)) -> usize {
    let mut count = 0;
    for code in 0..4_usize.pow(7) {
        let digit = |at: u32| cell(code / 4_usize.pow(at) % 4);
        for flows in 0..9 {
            let mirror = |now, base_c, base_m, flow: usize| MirrorModel {
                now: digit(now),
                base: Some((digit(base_c), digit(base_m))),
                flow: FLOWS[flow],
            };
            let mirrors = vec![mirror(1, 2, 3, flows % 3), mirror(4, 5, 6, flows / 3)];
            each(&Model { canonical: digit(0), mirrors });
            count += 1;
        }
    }
    count
}

const SURVIVORS: [Survivor; 4] =
    [Survivor::Canonical, Survivor::Mirror(0), Survivor::Ask, Survivor::Latest { skew_ms: 0 }];

#[track_caller]
fn check_properties(model: &Model, survivor: Survivor) {
    let (merged, writes) = model.cycle(survivor);
    let held: Vec<&Cell> =
        std::iter::once(&model.canonical).chain(model.mirrors.iter().map(|m| &m.now)).collect();
    match &merged {
        Merged::Agreed(cell) => assert!(held.iter().any(|h| h.same(cell)), "invented {model:?}"),
        Merged::Conflicted(claims) => {
            assert!(claims.len() > 1 && is_quiet(&writes), "a conflict touches nobody {model:?}");
        }
        Merged::Suspended => panic!("all cells are known {model:?}"),
    }
    if model.mirrors.iter().all(|m| m.flow == Flow::Out) {
        assert!(!matches!(writes.canonical, Step::Write(_)), "one-way wrote the canonical side {model:?}");
    }
    for (mirror, step) in model.mirrors.iter().zip(&writes.mirrors) {
        assert!(
            mirror.flow != Flow::In || !matches!(step, Step::Write(_)),
            "an in-flow was written {model:?}"
        );
    }
    let next = model.after(&writes, Clone::clone);
    let (_, again) = next.cycle(survivor);
    assert!(is_quiet(&again), "a second cycle writes: {model:?} then {next:?} then {again:?}");
}

#[test]
fn one_mirror_every_case_keeps_the_properties() {
    let mut count = 0;
    for model in one_mirror() {
        for survivor in SURVIVORS {
            check_properties(&model, survivor);
            count += 1;
        }
    }
    assert_eq!(count, 320 * 3 * 4);
}

#[test]
fn two_mirrors_every_case_keeps_the_properties() {
    let count = two_mirrors(|model| {
        for survivor in [Survivor::Canonical, Survivor::Mirror(1), Survivor::Ask] {
            check_properties(model, survivor);
        }
    });
    assert_eq!(count, 147_456);
}

#[test]
fn a_mirror_that_respells_what_it_is_told_stays_quiet() {
    let respell = |cell: &Cell| cell.to_text().map_or(Cell::Null, |text| Cell::text(text.to_uppercase()));
    for model in one_mirror() {
        for survivor in SURVIVORS {
            let (_, writes) = model.cycle(survivor);
            let next = model.after(&writes, respell);
            let (_, again) = next.cycle(survivor);
            assert!(is_quiet(&again), "{model:?} then {next:?} then {again:?}");
        }
    }
}

#[test]
fn the_order_of_mirrors_is_irrelevant() {
    two_mirrors(|model| {
        let mut swapped = model.clone();
        swapped.mirrors.reverse();
        for survivor in [Survivor::Canonical, Survivor::Ask] {
            let (merged, mut writes) = model.cycle(survivor);
            let (merged_swapped, writes_swapped) = swapped.cycle(survivor);
            writes.mirrors.reverse();
            match (merged, merged_swapped) {
                (Merged::Agreed(a), Merged::Agreed(b)) => {
                    assert!(a.same(&b), "{model:?}");
                    assert_eq!(writes, writes_swapped, "{model:?}");
                }
                (Merged::Conflicted(a), Merged::Conflicted(b)) => assert_eq!(a.len(), b.len(), "{model:?}"),
                (a, b) => panic!("{model:?}: {a:?} {b:?}"),
            }
        }
    });
}

/// What follows for one mirror, in the words of the table of the module.
#[track_caller]
fn check_row(canonical: (&str, &str), mirror: (&str, &str), want: [&str; 3]) {
    for (flow, want) in FLOWS.into_iter().zip(want) {
        let text = |t: &str| if t.is_empty() { Cell::Null } else { Cell::text(t) };
        let base = Some((text(canonical.0), text(mirror.0)));
        let model = Model {
            canonical: text(canonical.1),
            mirrors: vec![MirrorModel { now: text(mirror.1), base, flow }],
        };
        let (merged, writes) = model.cycle(Survivor::Ask);
        let said = match (&merged, &writes.canonical, &writes.mirrors[0]) {
            (Merged::Conflicted(_), _, _) => "rule decides".to_owned(),
            (_, Step::Write(cell), _) => format!("pull {}", cell.to_text().unwrap_or_default()),
            (_, _, Step::Write(cell)) => format!("push {}", cell.to_text().unwrap_or_default()),
            (_, _, Step::Account) => "account".to_owned(),
            (_, _, Step::Rest) => "rest".to_owned(),
            (_, _, Step::Skip) => "skip".to_owned(),
        };
        assert_eq!(said, want, "{flow:?} {canonical:?} {mirror:?}");
    }
}

#[test]
fn the_table_of_the_design_holds_line_by_line() {
    check_row(("b", "b"), ("b", "b"), ["rest", "rest", "rest"]);
    check_row(("b", "b"), ("b", "x"), ["push b", "pull x", "pull x"]);
    check_row(("b", "x"), ("b", "b"), ["push x", "account", "push x"]);
    check_row(("b", "x"), ("b", "x"), ["account", "account", "account"]);
    check_row(("b", "x"), ("b", "y"), ["push x", "rule decides", "rule decides"]);
}

#[test]
fn without_a_base_equal_is_adopted_and_different_is_for_the_policy() {
    let model = |now: &str| Model {
        canonical: Cell::text("a"),
        mirrors: vec![MirrorModel { now: Cell::text(now), base: None, flow: Flow::Both }],
    };
    assert_eq!(model("a").cycle(Survivor::Ask).1.mirrors[0], Step::Account);
    assert!(matches!(model("b").cycle(Survivor::Ask).0, Merged::Conflicted(claims) if claims.len() == 2));
    assert_eq!(model("b").cycle(Survivor::Canonical).1.mirrors[0], Step::Write(Cell::text("a")));
}

/// Two mirrors made different values of what stands, and a third says another still, of which it was not told what
/// stands.
#[test]
fn who_contends_with_heirs_that_disagree_wins_or_is_a_side_of_the_conflict_unless_it_loses_to_each() {
    let mirror = |now: &str, base: &str| MirrorModel {
        now: Cell::text(now),
        base: Some((Cell::text(base), Cell::text("old"))),
        flow: Flow::Both,
    };
    let model = Model {
        canonical: Cell::text("c"),
        mirrors: vec![mirror("a", "c"), mirror("b", "c"), mirror("x", "before")],
    };
    let sides = |survivor| match model.cycle(survivor).0 {
        Merged::Conflicted(claims) => claims.iter().map(|claim| claim.party).collect::<Vec<Party>>(),
        merged => panic!("{merged:?}"),
    };
    assert_eq!(sides(Survivor::Ask), [0, 1, 2].map(Party::Mirror));
    assert_eq!(sides(Survivor::Canonical), [0, 1].map(Party::Mirror));
    assert_eq!(model.cycle(Survivor::Mirror(2)).0, Merged::Agreed(Cell::text("x")));
}

/// What follows for the source of truth and each mirror, all of which held `b` when they were last accounted for.
#[track_caller]
fn check_all(canonical: &str, mirrors: &[(&str, Flow)], survivor: Survivor, want: &[&str]) {
    let base = || Some((Cell::text("b"), Cell::text("b")));
    let mirror = |(now, flow): &(&str, Flow)| MirrorModel { now: Cell::text(now), base: base(), flow: *flow };
    let model = Model { canonical: Cell::text(canonical), mirrors: mirrors.iter().map(mirror).collect() };
    let writes = model.cycle(survivor).1;
    let said = |step: &Step| match step {
        Step::Write(cell) => format!("write {}", cell.to_text().unwrap_or_default()),
        step => format!("{step:?}").to_lowercase(),
    };
    let said: Vec<String> = std::iter::once(&writes.canonical).chain(&writes.mirrors).map(said).collect();
    assert_eq!(said, want, "{model:?}");
}

#[test]
fn what_one_side_says_reaches_every_other_that_may_be_told() {
    let both = Flow::Both;
    check_all("b", &[("x", both), ("b", both)], Survivor::Ask, &["write x", "account", "write x"]);
    check_all("b", &[("x", both), ("b", Flow::In)], Survivor::Ask, &["write x", "account", "account"]);
    check_all("x", &[("b", both), ("b", Flow::Out)], Survivor::Ask, &["rest", "write x", "write x"]);
    check_all("b", &[("x", both), ("x", both)], Survivor::Ask, &["write x", "account", "account"]);
    // What a mirror says that only receives is nobody else's business.
    check_all("b", &[("x", Flow::Out), ("b", both)], Survivor::Ask, &["rest", "write b", "rest"]);
}

#[test]
fn where_a_mirror_survives_its_claim_stands_and_that_of_no_other() {
    let mirrors = [("x", Flow::Both), ("y", Flow::Both)];
    check_all("z", &mirrors, Survivor::Mirror(0), &["write x", "account", "write x"]);
    check_all("z", &mirrors, Survivor::Mirror(1), &["write y", "write y", "account"]);
    check_all("z", &mirrors, Survivor::Canonical, &["rest", "write z", "write z"]);
    // One that claims nothing decides nothing.
    check_all("z", &[("x", Flow::Both), ("b", Flow::Both)], Survivor::Mirror(1), &["skip", "skip", "skip"]);
}

#[test]
fn an_unknown_cell_suspends_and_is_never_taken_for_null() {
    for unknown in [Cell::Absent, Cell::unreadable("#REF!", "A1")] {
        let mirrored = Model {
            canonical: Cell::text("a"),
            mirrors: vec![MirrorModel {
                now: unknown.clone(),
                base: Some((Cell::text("a"), Cell::text("a"))),
                flow: Flow::Both,
            }],
        };
        let (_, writes) = mirrored.cycle(Survivor::Canonical);
        assert_eq!((writes.canonical, &writes.mirrors[0]), (Step::Rest, &Step::Skip));
        let canonical = Model {
            canonical: unknown,
            mirrors: vec![MirrorModel {
                now: Cell::text("b"),
                base: Some((Cell::text("a"), Cell::text("a"))),
                flow: Flow::Both,
            }],
        };
        let (merged, writes) = canonical.cycle(Survivor::Canonical);
        assert_eq!(merged, Merged::Suspended);
        assert!(is_quiet(&writes));
    }
}

fn timed(party: Party, text: &str, at_s: i64, version: Option<u64>) -> (Party, Seen) {
    let at = Some(Timestamp::from_second(at_s).unwrap());
    (party, Seen { now: Cell::text(text), at, version })
}

#[track_caller]
fn check_contest(
    survivor: Survivor,
    ours: (i64, Option<u64>),
    theirs: (i64, Option<u64>),
    want: Option<&str>,
) {
    let (_, canonical) = timed(Party::Canonical, "ours", ours.0, ours.1);
    let (_, mirror) = timed(Party::Mirror(0), "theirs", theirs.0, theirs.1);
    let part = Mirror { seen: mirror, moved: Moved::Yes, canonical_moved: Moved::Yes, flow: Flow::Both };
    match (merge(&canonical, &[part], survivor), want) {
        (Merged::Agreed(cell), Some(want)) => assert_eq!(cell.to_text().as_deref(), Some(want)),
        (Merged::Conflicted(_), None) => {}
        (merged, want) => panic!("{merged:?} is not {want:?}"),
    }
}

#[test]
fn the_latest_wins_only_beyond_the_tolerance() {
    let latest = Survivor::Latest { skew_ms: 5_000 };
    check_contest(latest, (100, None), (110, None), Some("theirs"));
    check_contest(latest, (110, None), (100, None), Some("ours"));
    check_contest(latest, (100, None), (105, None), None);
    check_contest(latest, (100, None), (100, None), None);
}

#[test]
fn the_higher_version_wins_then_the_later_time() {
    let rule = Survivor::VersionThenLatest { skew_ms: 0 };
    check_contest(rule, (200, Some(3)), (100, Some(4)), Some("theirs"));
    check_contest(rule, (200, Some(4)), (100, Some(4)), Some("ours"));
    check_contest(rule, (100, Some(4)), (100, Some(4)), None);
    check_contest(rule, (100, None), (200, None), Some("theirs"));
}

/// One side of a set: what it holds now, and what it held when it was last accounted for.
type Held<'a> = (&'a [&'a str], Option<&'a [&'a str]>);

fn items(items: &[&str]) -> Vec<CompactString> {
    Cell::list(items).items()
}

fn set(canonical: Held<'_>, mirror: Held<'_>, flow: Flow) -> SetMirror {
    SetMirror {
        now: Cell::list(mirror.0),
        base: mirror.1.map(items),
        canonical_base: canonical.1.map(items),
        flow,
    }
}

#[track_caller]
fn check_set(canonical: Held<'_>, mirrors: &[(Held<'_>, Flow)], survivor: Survivor, want: &[&str]) {
    check_kept(canonical, mirrors, (survivor, Keeping::Changes), want);
}

#[track_caller]
fn check_kept(
    canonical: Held<'_>,
    mirrors: &[(Held<'_>, Flow)],
    (survivor, keeping): (Survivor, Keeping),
    want: &[&str],
) {
    let sides: Vec<SetMirror> = mirrors.iter().map(|(held, flow)| set(canonical, *held, *flow)).collect();
    match merge_set(&Cell::list(canonical.0), &sides, survivor, keeping) {
        Merged::Agreed(cell) => assert_eq!(cell.items(), want),
        merged => panic!("{merged:?}"),
    }
}

#[test]
fn a_union_keeps_what_every_side_holds_that_may_tell_the_others() {
    let ours: Held<'_> = (&["a", "b"], None);
    check_set(ours, &[((&["b", "x"], None), Flow::Both)], Survivor::Union, &["a", "b", "x"]);
    check_set(ours, &[((&["b", "x"], None), Flow::Out)], Survivor::Union, &["a", "b"]);
    let three =
        [((&["x"][..], None), Flow::Both), ((&["y"][..], None), Flow::Out), ((&["z"][..], None), Flow::In)];
    check_set(ours, &three, Survivor::Union, &["a", "b", "x", "z"]);
    assert_eq!(told(&Cell::list(["a"]), &Cell::list(["x"]), Survivor::Union).items(), ["a", "x"]);
    assert_eq!(told(&Cell::list(["a"]), &Cell::list(["x"]), Survivor::Canonical).items(), ["a"]);
}

#[test]
fn elements_merge_each_with_its_own_base() {
    let base: Option<&[&str]> = Some(&["a", "b"]);
    // The canonical side removed a, the mirror added x: both survive.
    check_set((&["b"], base), &[((&["a", "b", "x"], base), Flow::Both)], Survivor::Canonical, &["b", "x"]);
    // One-way: what only the mirror has goes, since the canonical side decides.
    check_set((&["b"], base), &[((&["a", "b", "x"], base), Flow::Out)], Survivor::Canonical, &["b"]);
    // Three sides, each with an edit of its own.
    let mirrors = [((&["a", "b", "x"][..], base), Flow::Both), ((&["b"][..], base), Flow::Both)];
    check_set((&["a", "b", "y"], base), &mirrors, Survivor::Canonical, &["b", "x", "y"]);
}

#[test]
fn logs_that_meet_for_the_first_time_are_united_and_entries_come_and_go_afterwards() {
    let appends = (Survivor::Canonical, Keeping::Appends);
    for [ours, theirs] in [[None, None], [Some(&["1", "2"][..]), None], [None, Some(&["3"][..])]] {
        check_kept((&["1", "2"], ours), &[((&["3"], theirs), Flow::Both)], appends, &["1", "2", "3"]);
    }
    let base: Option<&[&str]> = Some(&["1"]);
    check_kept((&["1", "2"], base), &[((&["1", "3"], base), Flow::Both)], appends, &["1", "2", "3"]);
    check_kept((&["1"], base), &[((&[], base), Flow::Both)], appends, &[]);
    // Half a base is none.
    check_kept((&[], None), &[((&["1"], base), Flow::Both)], appends, &["1"]);
    check_kept((&["1"], base), &[((&[], None), Flow::Both)], appends, &["1"]);
}

#[test]
fn an_unknown_set_takes_no_part_and_suspends_all_where_it_is_the_canonical_one() {
    let unknown = SetMirror { now: Cell::Absent, base: None, canonical_base: None, flow: Flow::Both };
    let merged =
        |cell: &Cell| merge_set(cell, std::slice::from_ref(&unknown), Survivor::Union, Keeping::Changes);
    assert_eq!(merged(&Cell::list(["a"])), Merged::Agreed(Cell::list(["a"])));
    assert_eq!(merged(&Cell::Absent), Merged::Suspended);
}

#[test]
fn what_an_unknown_set_held_before_is_not_taken_for_taken_away() {
    let base = || Some(items(&["a"]));
    for now in [Cell::Absent, Cell::unreadable("#REF!", "A1")] {
        let mirror = SetMirror { now, base: base(), canonical_base: base(), flow: Flow::Both };
        let merged = merge_set(&Cell::list(["a"]), &[mirror], Survivor::Canonical, Keeping::Changes);
        assert_eq!(merged, Merged::Agreed(Cell::list(["a"])));
    }
}

#[test]
fn a_conflict_about_one_element_is_told_as_what_each_side_holds_in_all() {
    let sides = [set((&["a"], None), (&["b"], None), Flow::Both)];
    let Merged::Conflicted(claims) = merge_set(&Cell::list(["a"]), &sides, Survivor::Ask, Keeping::Changes)
    else {
        panic!("no conflict");
    };
    let cells: Vec<Vec<CompactString>> = claims.iter().map(|claim| claim.cell.items()).collect();
    assert_eq!(cells, [["a"], ["b"]]);
}

#[test]
fn an_edit_of_what_stands_wins_whatever_another_mirror_was_not_told_yet() {
    let mirror = |now, base: Option<(usize, usize)>| MirrorModel {
        now: cell(now),
        base: base.map(|(canonical, mirror)| (cell(canonical), cell(mirror))),
        flow: Flow::Both,
    };
    let check = |others: MirrorModel| {
        // The first mirror knew what stands in the source of truth, and a person made something of it.
        let model = Model { canonical: cell(1), mirrors: vec![mirror(2, Some((1, 1))), others] };
        assert_eq!(model.cycle(Survivor::Canonical).0, Merged::Agreed(cell(2)), "{model:?}");
        check_properties(&model, Survivor::Canonical);
    };
    check(mirror(0, None));
    check(mirror(3, None));
    check(mirror(0, Some((0, 0))));
    check(mirror(3, Some((0, 0))));
}

#[test]
fn everybody_who_says_what_stands_is_named_in_a_conflict_with_who_says_another_thing() {
    let side = |now: &str, base: &str| MirrorModel {
        now: Cell::text(now),
        base: Some((Cell::text(base), Cell::text(base))),
        flow: Flow::Both,
    };
    let mirrors = vec![side("b", "a"), side("b", "a"), side("c", "old")];
    let (merged, _) = Model { canonical: Cell::text("a"), mirrors }.cycle(Survivor::Ask);
    let Merged::Conflicted(claims) = merged else { panic!("{merged:?}") };
    let parties: Vec<Party> = claims.iter().map(|claim| claim.party).collect();
    assert_eq!(parties, [Party::Mirror(0), Party::Mirror(1), Party::Mirror(2)]);
}
