//! Wrong use and help: what needs no system.

use std::fs;

use tempfile::TempDir;

use crate::support::{Ran, run_in};

fn run(args: &[&str]) -> Ran {
    run_in(TempDir::new().unwrap().path(), args)
}

#[test]
fn a_new_configuration_passes_the_check_and_is_never_overwritten() {
    let folder = TempDir::new().unwrap();
    run_in(folder.path(), &["init", "--template", "a"]).expect(0);
    run_in(folder.path(), &["check"]).expect(0);
    fs::write(folder.path().join("trueup.yaml"), "mine").unwrap();
    run_in(folder.path(), &["init"]).expect(2);
    assert_eq!(fs::read_to_string(folder.path().join("trueup.yaml")).unwrap(), "mine");
    run_in(folder.path(), &["init", "--force"]).expect(0);
    run_in(folder.path(), &["check"]).expect(0);
}

#[test]
fn a_missing_secret_file_is_named_where_it_is_referred_to_and_nothing_is_left_behind() {
    let folder = TempDir::new().unwrap();
    run_in(folder.path(), &["init"]).expect(0);
    let path = folder.path().join("trueup.yaml");
    let text = fs::read_to_string(&path).unwrap().replace("${HUBSPOT_TOKEN}", "file:my sandbox.token");
    fs::write(&path, text).unwrap();
    let hint = "run `(umask 077; cat > 'my sandbox.token')`, paste the secret, then press Enter and Ctrl-D";
    for args in [&["check"][..], &["check", "--connect"], &["plan"], &["verify"], &["run", "--first"]] {
        let ran = run_in(folder.path(), &[args, &["--json"]].concat()).expect(2);
        let json = ran.json();
        assert_eq!(json["code"], "config_missing_secret", "{args:?}");
        assert_eq!((&json["place"], &json["hint"]), (&"trueup.yaml:21:12".into(), &hint.into()), "{args:?}");
        assert!(ran.err.ends_with(&format!("\nhelp: {hint}\n")), "{args:?}: {}", ran.err);
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["trueup.yaml"]);
    let secret = folder.path().join("my sandbox.token");
    fs::write(&secret, " \n").unwrap();
    assert!(run_in(folder.path(), &["check"]).expect(2).err.contains("my sandbox.token is empty"));
    fs::write(secret, "hush\n").unwrap();
    run_in(folder.path(), &["check"]).expect(0);
}

#[test]
fn an_unknown_command_or_flag_names_the_nearest_and_does_nothing() {
    let ran = run(&["plna"]).expect(2);
    assert!(ran.err.contains("did you mean `trueup plan`?") && ran.out.is_empty(), "{ran:?}");
    let ran = run(&["plan", "--sumary"]).expect(2);
    assert!(ran.err.contains("did you mean `--summary`?"), "{ran:?}");
    assert!(run(&[]).expect(2).err.contains("trueup --help"));
}

#[test]
fn a_word_before_commands_alone_names_them() {
    let ran = run(&["sandbox", "--json"]).expect(2);
    assert_eq!(ran.json()["code"], "no_command");
    assert_eq!(
        ran.err,
        "error: no command was given after `trueup sandbox`\n\
         help: use `trueup sandbox hubspot` or `trueup sandbox ntfy`\n"
    );
}

#[test]
fn a_value_that_is_wrong_is_told_in_plain_words_with_the_page_of_its_command() {
    for (args, word, help) in [
        (&["undo", "--since", "2026-11-22"][..], "such as 2026-05-04T12:00:00Z", "trueup undo --help"),
        (&["run", "--every", "0s"], "longer than nothing", "trueup run --help"),
        (&["run", "--every", "soon"], "such as 30s, 15m or 2h", "trueup run --help"),
        (&["history", "--limit", "0"], "from 1 on", "trueup history --help"),
        (&["-c", "plan", "sandbox", "ntfy", "--port", "x"], "port", "trueup sandbox ntfy --help"),
        (&["--color", "blue"], "blue", "trueup --help"),
    ] {
        let ran = run(args).expect(2);
        assert!(ran.err.contains(word), "{args:?}: {}", ran.err);
        assert!(ran.err.ends_with(&format!("\nhelp: {help}\n")), "{args:?}: {}", ran.err);
    }
}

#[test]
fn a_configuration_that_is_there_is_replaced_by_the_call_that_is_named() {
    let folder = TempDir::new().unwrap();
    run_in(folder.path(), &["init", "my leads"]).expect(0);
    let ran = run_in(folder.path(), &["init", "my leads"]).expect(2);
    assert!(ran.err.contains("`trueup init --template a --force 'my leads'`"), "{}", ran.err);
}

#[test]
fn an_unknown_key_names_its_place_and_the_nearest() {
    let folder = TempDir::new().unwrap();
    run_in(folder.path(), &["init"]).expect(0);
    let path = folder.path().join("trueup.yaml");
    let text =
        fs::read_to_string(&path).unwrap().replace("    sheet: Lead Details", "    shet: Lead Details");
    fs::write(&path, text).unwrap();
    let ran = run_in(folder.path(), &["check"]).expect(2);
    assert!(ran.err.contains("trueup.yaml:16:5") && ran.err.contains("did you mean 'sheet'?"), "{}", ran.err);
}

#[test]
fn a_terminal_obeys_nothing_that_stands_in_the_configuration() {
    let folder = TempDir::new().unwrap();
    run_in(folder.path(), &["init"]).expect(0);
    let path = folder.path().join("trueup.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let red = "\"\\e[31mred\\u202e\"";
    for (from, to) in [("    sheet:", format!("    {red}: x\n    sheet:")), ("  leads:", format!("  {red}:"))]
    {
        fs::write(&path, text.replacen(from, &to, 1)).unwrap();
        let ran = run_in(folder.path(), &["check"]).expect(2);
        assert!(!(ran.err.clone() + &ran.out).contains(['\u{1b}', '\u{202e}']), "{ran:?}");
    }
}

#[test]
fn an_error_is_json_as_well_when_json_was_asked_for() {
    let ran = run(&["plan", "--json"]).expect(2);
    let json = ran.json();
    assert_eq!(json["code"], "config_unreadable");
    assert_eq!(json["exit"], 2);
    assert!(json["place"].as_str().unwrap().starts_with("trueup.yaml"));
    assert!(!json["message"].as_str().unwrap().is_empty() && !json["hint"].as_str().unwrap().is_empty());
    assert_eq!(run(&["plna", "--json"]).expect(2).json()["code"], "unknown_command");
}

#[test]
fn every_error_has_the_same_shape() {
    for args in [
        &["plan"][..],
        &["plna"],
        &["apply", "--yess"],
        &["run", "--every", "soon"],
        &["why", "R1"],
        &["plan", "--token", "x"],
    ] {
        let ran = run(args).expect(2);
        assert!(ran.err.starts_with("error: "), "{args:?}: {}", ran.err);
        let first = ran.err.lines().next().unwrap().trim_start_matches("error: ");
        assert!(!first.ends_with('.') && first.starts_with(|c: char| !c.is_uppercase()), "{args:?}: {first}");
        assert!(ran.err.contains("\nhelp: "), "{args:?}: {}", ran.err);
    }
}

/// The commands under one, as its help lists them.
fn under(help: &str) -> Vec<String> {
    let listed = help.split_once("\nCommands:\n").map_or("", |(_, after)| after);
    let lines = listed.lines().take_while(|line| !line.is_empty());
    let own = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    own.filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
}

/// Checks the help of a command and of all under it; gives how many those are.
#[track_caller]
fn check_help(words: &[String]) -> usize {
    let called = ["trueup".to_owned()].iter().chain(words).cloned().collect::<Vec<_>>().join(" ");
    let help = |flag: &str| {
        let args: Vec<&str> = words.iter().map(String::as_str).chain([flag]).collect();
        let ran = run(&args).expect(0);
        assert!(ran.err.is_empty(), "{called}: {}", ran.err);
        ran.out
    };
    let out = help("--help");
    assert_eq!(out, help("-h"), "{called}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{called}: {out}");
    assert!(!lines[0].is_empty() && !lines[0].starts_with("Usage"), "{called}: {out}");
    let (examples, flags) = (out.find("Examples:").unwrap(), out.find("-c, --config").unwrap());
    let own = out[examples..flags].matches(&format!("\n  {called}")).count();
    assert!(examples < flags && own >= 2, "{called}: {out}");
    assert!(out.contains("Exit codes:") && out.contains("https://"), "{called}");
    let inner = under(&out).into_iter().map(|name| [words, &[name]].concat());
    1 + inner.map(|words| check_help(&words)).sum::<usize>()
}

#[test]
fn help_of_every_command_fits_80_columns_and_has_examples_exit_codes_and_a_link() {
    let checked = check_help(&[]);
    assert!(checked >= 24, "only {checked} commands were found");
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    for args in [
        &["run", "--token", "pat-canary"][..],
        &["run", "--password=canary"],
        &["why", "pat-canary", "phone"],
    ] {
        let ran = run(args).expect(2);
        assert!(ran.err.contains("env or file:"), "{}", ran.err);
        assert!(!ran.err.contains("canary") && !ran.out.contains("canary"), "{ran:?}");
    }
}

#[test]
fn completions_and_the_version_are_told() {
    assert!(run(&["completions", "bash"]).expect(0).out.contains("_trueup"));
    let json = run(&["--version", "--json"]).expect(0).json();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert!(json["features"].is_array());
    let commit = json["commit"].as_str();
    let is_commit = |text: &str| text.len() >= 12 && text.chars().all(|letter| letter.is_ascii_hexdigit());
    assert!(commit.is_none_or(is_commit), "{commit:?}");
    assert!(run(&["--version"]).expect(0).out.starts_with("trueup "));
}
