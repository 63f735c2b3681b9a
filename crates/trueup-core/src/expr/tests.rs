use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

/// An invented lead.
struct Row;

impl Env for Row {
    fn get(&self, name: &str) -> Option<Operand> {
        let text = |text: &str| Some(Operand::Text(text.to_owned()));
        match name {
            "row.NAME" => text("Ada Lovelace"),
            "row.CITY" => text("Grand Lake Rd"),
            "row.EMAIL_ALL" => text("B@x.org; a@x.org"),
            "row.PHONE" => text("(970) 555-0100"),
            "row.A column" => text("odd"),
            "row.EMPTY" => text(""),
            "row.NOTHING" => Some(Operand::Null),
            "row.PAID" => Some(Operand::Bool(true)),
            "amount" => Some(Operand::Number(Decimal::new(123_456, 2))),
            "tags" => Some(Operand::List(vec!["vip".to_owned(), "west".to_owned()])),
            _ => None,
        }
    }
}

fn run(source: &str) -> Result<Operand, ExprError> {
    Expr::compile(source)?.eval(&Row)
}

#[track_caller]
fn check(source: &str, want: &Operand) {
    match run(source) {
        Ok(got) => assert!(got == *want, "{source}: {got:?} is not {want:?}"),
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn truth(sources: &[&str]) {
    for source in sources {
        check(source, &Operand::Bool(true));
    }
}

#[track_caller]
fn text(source: &str, want: &str) {
    check(source, &Operand::Text(want.to_owned()));
}

#[track_caller]
fn number(source: &str, want: &str) {
    check(source, &Operand::Number(want.parse().unwrap()));
}

#[track_caller]
fn list(source: &str, want: &[&str]) {
    check(source, &Operand::List(want.iter().map(|&item| item.to_owned()).collect()));
}

#[track_caller]
fn fails(source: &str, offset: usize, why: &str) {
    let error = run(source).map(|got| format!("{got:?}")).unwrap_err();
    assert!(error.why().contains(why), "{error}");
    assert_eq!(error.offset(), offset, "{error}");
}

#[test]
fn names_are_listed_once_in_order_and_loop_variables_are_not() {
    let expr = Expr::compile("b + row.X + row['Y Z'] + a[0] + b + tags.map(t, t + other)[0]").unwrap();
    assert_eq!(expr.names().collect::<Vec<_>>(), ["b", "row.X", "row.Y Z", "a", "tags", "other"]);
    let expr = Expr::compile("[1].all(row, row > 0)").unwrap();
    assert_eq!(expr.names().count(), 0);
}

#[test]
fn an_expression_gives_back_its_source() {
    assert_eq!(Expr::compile("row.NAME + 'x'").unwrap().source(), "row.NAME + 'x'");
}

#[test]
fn columns_are_reached_by_dot_and_in_quotes() {
    text("row.NAME", "Ada Lovelace");
    text("row[\"A column\"]", "odd");
    truth(&["has(row.NAME)", "!has(row.NOTHING)", "row.NOTHING == null", "row.EMPTY != null"]);
}

#[test]
fn a_name_is_asked_for_once_and_only_when_it_is_reached() {
    struct Once(std::cell::RefCell<Vec<String>>);
    impl Env for Once {
        fn get(&self, name: &str) -> Option<Operand> {
            self.0.borrow_mut().push(name.to_owned());
            Some(Operand::Bool(true))
        }
    }
    let env = Once(std::cell::RefCell::default());
    Expr::compile("a && a && (a || b)").unwrap().eval(&env).unwrap();
    assert_eq!(*env.0.borrow(), ["a"]);
}

#[test]
fn numbers_are_one_sort_and_exact() {
    number("0.1 + 0.2", "0.3");
    number("amount * 0.15", "185.184");
    number("1 - 0.05", "0.95");
    number("2 * amount / 4", "617.28");
    number("7 % 4 + -1", "2");
    number("-(3u + 0x10)", "-19");
    truth(&["1 == 1.0", "amount > 1234", "size(tags) + 0.5 == 2.5", "tags[size(tags) - 1] == 'west'"]);
    truth(&["2 in [1, 2.0]", "'vip' in tags", "'a' < 'b'", "'1' != 1", "3 >= 3 && 3 <= 3"]);
}

#[test]
fn the_variable_of_a_loop_stands_for_its_item_wherever_it_is_named() {
    truth(&[
        "[1, 2].all(n, n + n == n * 2 && n - n == 0 && n in [n])",
        "tags.exists(t, t == 'west' || t == 'vip')",
        "tags.map(t, t + t) == ['vipvip', 'westwest']",
        "[1, 2].map(n, [3, 4].map(m, n * m + n)).all(row, size(row) == 2)",
    ]);
}

#[test]
fn a_rule_reads_as_it_is_meant() {
    text("amount >= 1000 ? 'A' : 'B'", "A");
    text("{'Ada Lovelace': 'desk 1'}[row.NAME]", "desk 1");
    text("row.NAME + ', ' + lower(row.CITY)", "Ada Lovelace, grand lake rd");
    list("split(row.EMAIL_ALL).map(e, email(e)).filter(e, e.startsWith('a'))", &["a@x.org"]);
    truth(&[
        "tags.exists(t, t == 'vip') && tags.all(t, size(t) > 2) && tags.exists_one(t, t.endsWith('st'))",
        "row.NOTHING == null || row.NOTHING.startsWith('x')",
        "!(row.PAID && row.NAME.contains('Grace'))",
        "has({'a': 1}.a) && {'a': {'b': 2}}.a.b == 2 && 'a' in {'a': 1}",
    ]);
}

#[test]
fn each_function_does_what_it_says() {
    truth(&["street_suffix(row.CITY)", "!street_suffix('Grand Lake')", "row.CITY.street_suffix()"]);
    truth(&["blank(row.EMPTY)", "blank('  ')", "blank([])", "blank(null)", "!blank('a')", "!blank(0)"]);
    truth(&["row.NAME.matches('^A.*e$')", "!matches('ab', 'b$c')", "contains('abc', 'b')"]);
    text("email(' Ada@X.org ')", "ada@x.org");
    text("phone(row.PHONE)", "+19705550100");
    text("phone('020 7946 0958', 'GB')", "+442079460958");
    text("trim('\u{a0} Ada \u{200b}')", "Ada");
    text("lower('ÉA')", "éa");
    text("digits('R-00412 (b)')", "00412");
    text("first(split(row.EMAIL_ALL))", "B@x.org");
    text("string(1.50) + string(true) + string('x')", "1.5truex");
    number("number('$1,234.56')", "1234.56");
    number("number(5)", "5");
    number("size('Zoë')", "3");
    list("rest(split('a;b;c'))", &["b", "c"]);
    list("split('a, b|a')", &["a", "b"]);
}

#[test]
fn nothing_in_gives_nothing_out() {
    for source in ["lower", "trim", "digits", "email", "phone", "number", "first", "string"] {
        check(&format!("{source}(row.NOTHING)"), &Operand::Null);
    }
    list("split(null)", &[]);
    list("rest(null)", &[]);
    check("first([])", &Operand::Null);
    check("street_suffix(null)", &Operand::Bool(false));
}

#[test]
fn syntax_errors_tell_where_and_what() {
    fails("", 0, "it is empty");
    fails("1 +", 3, "unexpected end");
    fails("1 2", 2, "unexpected '2'");
    fails("'é' + (", 8, "unexpected end");
    fails("1 +\n  §", 6, "unexpected '§'");
    fails("'abc", 0, "unexpected");
    fails("99999999999999999999", 0, "invalid int literal");
    fails("x = 1", 2, "unexpected");
}

#[test]
fn what_we_lack_is_refused_when_compiled() {
    fails("1 + 'é' + nope(1)", 11, "there is no function nope(); there are blank, contains");
    fails("contains('a')", 0, "contains() takes two arguments, not 1");
    fails("lower(1, 2)", 0, "lower() takes one argument, not 2");
    fails("'a'.contains()", 4, "contains() takes two arguments, not 1");
    fails("'a'.phone('b', 'c')", 4, "phone() takes one or two arguments, not 3");
    fails("row", 0, "row is followed by a column");
    fails("row[amount]", 3, "must be named in quotes");
    fails("b'x'", 0, "bytes are not supported");
    fails("[?1]", 1, "unsupported syntax '?'");
    fails("{?'a': 1}", 1, "unsupported syntax '?'");
    fails("tags.all(at, tag, true)", 5, "there is no function all()");
    fails("Foo{a: 1}", 3, "structures are not supported");
    fails("'a'.matches('(')", 12, "the regular expression cannot be read: unclosed group");
    fails("'a'.matches('a{1000}{1000}')", 12, "exceeds size limit");
    fails("'a'.matches(row.NAME)", 15, "in quotes");
    fails("timestamp('2026-11-21T00:00:00Z')", 0, "there is no function timestamp()");
}

#[test]
fn type_errors_name_the_expression_the_place_and_the_types() {
    fails("1 + 'a'", 2, "cannot add a number and a text");
    fails("row.NOTHING + 'a'", 12, "cannot add null and a text");
    fails("tags * 2", 5, "cannot multiply a list and a number");
    fails("1 < 'a'", 2, "cannot compare a number with a text");
    fails("amount && true", 0, "it must be true or false, but is a number");
    fails("-row.NAME", 0, "cannot negate a text");
    fails("1 / 0", 2, "divides by zero");
    fails("1 % 0.0", 2, "divides by zero");
    fails("9000000000000000000 * 9000000000000000000", 20, "too large");
    fails("tags[2]", 4, "no such item");
    fails("tags[-1]", 4, "no such item");
    fails("tags[0.5]", 4, "cannot index a list with a fraction");
    fails("{'a': 1}.b", 8, "the map has no entry b");
    fails("amount.x", 6, "a number has no entries");
    fails("1 in 'a'", 2, "cannot look for a number in a text");
    fails("'a'.map(x, x)", 0, "cannot loop over a text");
    fails("{1: 2}", 1, "must be a text");
    fails("{'a': 1}", 0, "its result is a map");
    fails("[[1]]", 0, "a list that holds a list");
    fails("row.MISSING", 3, "there is no row.MISSING here");
    fails("size(1)", 0, "size(): it takes a text, a list or a map, not a number");
    fails("email(row.NAME)", 0, "email(): not an e-mail address: it has no @");
    fails("phone('1', 'Mars')", 0, "phone(): not a region");
    assert_eq!(
        run("row.PAID || 1 + 'a' == 2 || row.NAME > 1").map_err(|error| error.to_string()),
        Ok(Operand::Bool(true))
    );
    assert_eq!(
        run("row.NAME > 1").unwrap_err().to_string(),
        "expression `row.NAME > 1`, column 10: cannot compare a text with a number"
    );
}

#[test]
fn no_error_holds_a_value_of_the_row() {
    for source in [
        "row.NAME + 1",
        "number(row.NAME)",
        "email(row.NAME)",
        "-row.NAME",
        "{row.NAME: 1}[row.CITY]",
        "row.NAME.x",
    ] {
        let error = format!("{0} {0:?}", run(source).unwrap_err());
        assert!(!error.contains("Ada") && !error.contains("Grand"), "{error}");
    }
    assert!(!format!("{:?}", run("row.NAME").unwrap()).contains("Ada"));
}

#[test]
fn long_and_deep_sources_are_refused_and_those_just_within_bounds_fit_the_stack() {
    fails(&" ".repeat(4097), 0, "longer than 4 KiB");
    fails(&" ".repeat(4096), 0, "it is empty");
    fails(&"(".repeat(25), 24, "nested more than 24 deep");
    fails(&"-".repeat(257), 256, "more than 256 operators");
    fails(&format!("{}1", "true ? 1 : ".repeat(110)), 0, "nested too deeply");
    for (start, middle, end, count) in [
        ("1", "+1", "", 255),
        ("a", ".a", "", 255),
        ("a", "[0]", "", 127),
        ("", "-", "1", 256),
        ("", "!", "true", 256),
    ] {
        let expr = Expr::compile(&format!("{start}{}{end}", middle.repeat(count))).unwrap();
        assert_eq!(expr.eval(&Row).is_ok(), expr.names().count() == 0);
    }
    number(&format!("{}1{}", "(".repeat(24), ")".repeat(24)), "1");
    number(&format!("{:>4096}", 1), "1");
    fails(&format!("{:>4097}", 1), 0, "longer than 4 KiB");
    let pattern = |length: usize| format!("'a'.matches('{}')", "a".repeat(length));
    assert!(run(&pattern(256)).is_ok());
    fails(&pattern(257), 12, "longer than 256 bytes");
}

#[test]
fn brackets_in_a_text_are_text_and_those_behind_it_are_not() {
    let many = "(".repeat(30);
    text(&format!("'{many}'"), &many);
    text(&format!("'\\'{many}'"), &format!("'{many}"));
    text(&format!("\"'{many}\""), &format!("'{many}"));
    fails(&format!("'a' + {many}"), 30, "nested more than 24 deep");
    fails(&format!("'\\'' + {many}"), 31, "nested more than 24 deep");
}

#[test]
fn no_expression_gets_more_than_its_budget() {
    let doubling = format!("['aaaaaaaa']{}", ".map(x,x+x)".repeat(40));
    assert!(run(&doubling).unwrap_err().why().contains("takes too long"));
    let ten = "[1,2,3,4,5,6,7,8,9,0]";
    let nested = format!("{ten}.all(a,{ten}.all(b,{ten}.all(c,{ten}.all(d,{ten}.all(e,true)))))");
    assert!(run(&nested).unwrap_err().why().contains("takes too long"));
    // What a call costs is paid whatever it reads: 250 regular expressions, a thousand phone numbers.
    let names: Vec<String> = (0..100).map(|at| format!("a{at}")).collect();
    let hundred = format!("split('{}')", names.join(";"));
    for (calls, call) in [(1, "!a.matches('b')"), (5, "phone('+19705550100') != ''")] {
        let some = |count: usize| format!("{hundred}.all(a, {})", vec![call; count].join(" && "));
        assert_eq!(run(&some(calls)), Ok(Operand::Bool(true)), "{call}");
        assert!(run(&some(calls * 4)).unwrap_err().why().contains("takes too long"), "{call}");
    }
}

/// Whether an expression is within its budget when this is asked ten times over for each power of ten.
#[track_caller]
fn check_budget(asked: &str, powers: u32, within: bool) {
    let wrap = |inner: String, at: u32| format!("[1,2,3,4,5,6,7,8,9,0].all(n{at}, {inner})");
    match run(&(0..powers).fold(asked.to_owned(), wrap)) {
        Ok(got) => assert!(within && got == Operand::Bool(true), "{asked}"),
        Err(error) => assert!(!within && error.why().contains("takes too long"), "{error}"),
    }
}

#[test]
fn what_takes_long_costs_more_than_what_does_not() {
    for (asked, within, beyond) in
        [("'a'.matches('a')", 2, 3), ("phone('970-555-0100') != null", 2, 4), ("lower('A') == 'a'", 3, 5)]
    {
        check_budget(asked, within, true);
        check_budget(asked, beyond, false);
    }
}

#[test]
fn whatever_is_read_or_made_is_paid_for_by_its_length() {
    let with = |made: &str, doubled: usize, asked: &str| {
        format!("[{made}]{}.all(x, {asked})", ".map(x, x + x)".repeat(doubled))
    };
    // 64 KiB of text, and 2,048 items.
    for (made, doubled, asked) in [
        ("'aaaaaaaa'", 13, "size(x) > 9"),
        ("'aaaaaaaa'", 13, "x + 'b' != 'b'"),
        ("[1]", 11, "size(x) > 9"),
        ("[1]", 11, "x + [0] != [0]"),
        ("[1]", 11, "[0] + x != [0]"),
        ("[1]", 11, "!(0 in x)"),
    ] {
        check_budget(&with(made, doubled, asked), 0, true);
        let often = format!("[1,2,3,4,5,6,7,8,9,0].all(a, [1,2,3,4,5,6,7,8,9,0].all(b, {asked}))");
        check_budget(&with(made, doubled, &often), 0, false);
    }
}

#[test]
fn a_long_ledger_is_well_within_the_budget() {
    struct Ledger;
    impl Env for Ledger {
        fn get(&self, _: &str) -> Option<Operand> {
            let entries: Vec<_> = (0..2_000).map(|at| format!("lead{at}@example.org")).collect();
            Some(Operand::Text(entries.join(";")))
        }
    }
    let expr = Expr::compile("size(split(row.EMAIL_ALL).map(e, email(e)).filter(e, e.contains('9'))) > 100")
        .unwrap();
    assert!(expr.eval(&Ledger).unwrap() == Operand::Bool(true));
}

#[test]
fn a_compiled_expression_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&Expr::compile("1").unwrap());
}

fn soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "row",
        ".",
        "NAME",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "'a'",
        "\"",
        "'",
        "\\",
        "1",
        "0.5",
        "-",
        "!",
        "&&",
        "||",
        "?",
        ":",
        ",",
        "+",
        "==",
        " ",
        "in",
        "tags",
        "map",
        "filter",
        "all",
        "has",
        "x",
        "size",
        "null",
        "true",
        "é",
        "`",
        "@",
        "b'",
        "r\"",
        "'''",
        "\n",
        "//",
        "matches",
        "1u",
        "0x",
        "1e9",
        "\\u",
        "$",
        "\0",
        "exists_one",
        "%",
        "<",
    ];
    proptest::collection::vec(proptest::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_source_compiles_or_is_refused_with_a_place_inside_it(source in prop_oneof![soup(), any::<String>()]) {
        match Expr::compile(&source) {
            Ok(expr) => _ = expr.eval(&Row),
            Err(error) => {
                prop_assert!(source.is_char_boundary(error.offset()), "{}", error);
                prop_assert!(!error.to_string().contains(char::is_control));
            }
        }
    }

    #[test]
    fn sums_are_exact(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, scale in 0_u32..6) {
        let (a, b) = (Decimal::new(a, scale), Decimal::new(b, scale));
        let got = run(&format!("{a} + {b}")).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(got == Operand::Number((a + b).normalize()));
    }
}
