//! The program as a stranger runs it: a file or the standard input, violations, and an exit code.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

/// A record that a person made and that we changed; all of it is in order.
const GOOD: &str = r#"
{"line":"terms","format":"trueup.audit/v1","truth":"book","caps":{"updates_percent":30.0,"creates_percent":20.0,"free":10}}
{"line":"system","system":"crm","scope":null,"key":null,"history":true}
{"line":"change","seq":1,"at_ms":1,"system":"crm","record":"1","by":"Ada","ours":false,"request":null,"verb":"create","fields":{"city":{"before":null,"after":"Granby"}}}
{"line":"intent","seq":2,"intent":"i1","run":"r1","system":"crm","entity":"R1","verb":"update","record":"1","carried":null,"edits":[{"field":"city","column":"city","before":"Granby","after":"Loveland"}]}
{"line":"sending","seq":3,"intent":"i1","run":"r1","system":"crm","entity":"R1","verb":"update","record":"1","carried":null,"edits":[{"field":"city","column":"city","before":"Granby","after":"Loveland"}]}
{"line":"request","seq":4,"at_ms":4,"system":"crm","by":"engine-0","request":"i1","verb":"update","record":"1","fields":{"city":"Loveland"},"refused":null}
{"line":"open","intent":"i1"}
{"line":"failure","seq":5,"at_ms":5,"system":"crm","request":"i1","why":"busy"}
{"line":"state","system":"crm","record":"1","away":false,"fields":{"city":"Granby"}}
"#;

fn audited(args: &[&str], text: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueup-audit"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn check(args: &[&str], text: &str, code: i32, expected: &str) {
    let output = audited(args, text);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!((output.status.code(), said.as_str()), (Some(code), expected));
}

#[test]
fn evidence_that_is_in_order_exits_with_nought() {
    check(&[], GOOD, 0, "9 lines, nothing that must not be\n");
    check(&["--json"], GOOD, 0, "{\"lines\":9,\"violations\":[]}\n");
}

#[test]
fn what_must_not_be_is_told_by_judgement_and_exits_with_one() {
    let forged = GOOD.replace("\"away\":false", "\"away\":true");
    check(
        &["-"],
        &forged,
        1,
        "A5: crm/1 is there or away, and its log says otherwise\n9 lines, 1 violation\n",
    );
    let told = audited(&["--json"], &forged).stdout;
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["violations"][0]["judgement"], "A5");
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let cut = GOOD.replace("\"seq\":5,", "");
    check(&[], &cut, 1, "-: line 9 cannot be read: missing field `seq`\n");
    let other = GOOD.replace("trueup.audit/v1", "trueup.audit/v0");
    check(&[], &other, 1, "-: the first line must be the terms, with the format trueup.audit/v1\n");
    let unknown = GOOD.replace("\"why\":\"busy\"", "\"why\":\"busy\",\"more\":1");
    assert_eq!(audited(&[], &unknown).status.code(), Some(1));
}
