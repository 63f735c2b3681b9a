//! What each outcome means, by class.

use super::*;

/// The kind of a fault, in one word.
fn kind(outcome: &Result<Answer, Fault>) -> &'static str {
    match outcome {
        Ok(_) => "answer",
        Err(Fault::Busy { .. }) => "busy",
        Err(Fault::Denied(_)) => "denied",
        Err(Fault::Unreadable(_)) => "unreadable",
        Err(Fault::Expired(_)) => "expired",
        Err(Fault::Unknown(_)) => "unknown",
        Err(Fault::Rejected(_) | Fault::BatchRefused(_) | Fault::Missing) => "refused",
    }
}

#[test]
fn every_status_has_one_meaning_for_a_read_and_one_for_a_write() {
    for (status, read, write) in [
        (200, "answer", "answer"),
        (204, "answer", "answer"),
        (207, "answer", "answer"),
        (302, "unreadable", "unknown"),
        (400, "answer", "answer"),
        (401, "denied", "denied"),
        (403, "denied", "denied"),
        (404, "answer", "answer"),
        (408, "busy", "unknown"),
        (409, "answer", "answer"),
        (423, "busy", "unknown"),
        (429, "busy", "busy"),
        (477, "busy", "unknown"),
        (500, "busy", "unknown"),
        (501, "busy", "unknown"),
        (503, "busy", "unknown"),
        (524, "busy", "unknown"),
    ] {
        let rig = || Rig::new([answer(status, "{}")]);
        assert_eq!((kind(&rig().read()), kind(&rig().write())), (read, write), "{status}");
    }
}

#[test]
fn silence_is_busy_for_a_read_and_unknown_for_a_write_unless_nothing_left() {
    assert_eq!(kind(&Rig::new([unanswered()]).read()), "busy");
    assert_eq!(kind(&Rig::new([unanswered()]).write()), "unknown");
    assert_eq!(kind(&Rig::new([not_sent()]).write()), "busy");
}

#[test]
fn an_answer_that_is_no_json_is_unreadable_or_unknown_but_never_empty() {
    for body in ["", "<html>log in</html>", "{\"results\":[{\"id\":", "null"] {
        let rig = Rig::new([answer(200, body)]);
        let parsed = rig.read().unwrap().json::<Vec<u8>>();
        assert!(matches!(parsed, Err(Fault::Unreadable(_))), "{parsed:?}");
        let parsed = rig.write().unwrap().json::<Vec<u8>>();
        assert!(matches!(parsed, Err(Fault::Unknown(_))), "{parsed:?}");
    }
}

#[test]
fn an_answer_beyond_the_size_cap_is_not_taken_in() {
    let large = || answer(200, &" ".repeat(ANSWER_BYTES_MAX + 1));
    assert_eq!(kind(&Rig::new([large()]).read()), "unreadable");
    assert_eq!(kind(&Rig::new([large()]).write()), "unknown");
}

#[test]
fn a_request_that_is_not_in_the_list_of_reads_is_refused_and_nothing_is_sent() {
    let rig = Rig::new([answer(200, "{}")]);
    let outcome = run(rig.wire.query(Call::post(["things", "update"], &1).unwrap()));
    assert_eq!(kind(&outcome), "denied");
    assert!(rig.seen().is_empty());
}

#[test]
fn a_write_without_a_permit_is_refused_and_nothing_is_sent() {
    let rig = Rig::new([answer(200, "{}")]);
    let outcome = run(rig.wire.send(&[], Call::post(["things", "update"], &1).unwrap()));
    assert_eq!(kind(&outcome), "denied");
    assert!(rig.seen().is_empty());
    assert_eq!(rig.wire.requests(), Requests::default());
}

#[test]
fn neither_errors_nor_the_log_nor_debug_output_hold_the_credential_or_the_query() {
    let rig = Rig::new([answer(503, "{}")]);
    let error = rig.read().unwrap_err().to_string();
    assert_eq!(error, "GET /things/1 answered 503: its own words");
    let shown = format!("{error} {:?} {:?} {:?}", rig.world.said.lock().unwrap(), rig.wire, rig.seen());
    assert!(!shown.contains("canary"), "{shown}");
    assert!(!rig.world.said.lock().unwrap().concat().contains("b.co"));
}
