//! A cycle that did not come to its end: it is no sign of life, its plan was not applied, and what one pipeline
//! fails at keeps no other from its work.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::net::TcpListener as AsyncListener;
use trueup_core::name::PipelineName;
use trueup_ports::{Holder, Store, StoreError};
use trueup_sandbox::{
    faults::{Failure, FaultKind, HoldPoint, Occurrence, Policy, Release, When},
    ntfy,
};

use crate::{
    support::{Lead, OWNER, Ran, contact, lead},
    sweep::stage::{OTHER, RUNTIME, Scenery, Stage, Timing},
    sweep_alerts::age_good_runs,
};

/// Twelve leads, of which eleven have another phone in the portal: a canary of five, then six.
fn stage() -> Stage {
    let leads: Vec<Lead> = (1..=12).map(lead).collect();
    let mut contacts: Vec<_> = leads.iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    for (at, one) in contacts.iter_mut().enumerate().skip(1) {
        one["properties"]["phone"] = json!(format!("+1970555{:04}", 2_000 + at));
    }
    Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 })
}

/// The day's limit is reached with the second write.
fn strike(stage: &Stage) {
    stage.install(
        When { path: Some("batch/update".into()), occurrence: Occurrence::Nth(2), ..When::default() },
        FaultKind::FailBefore(Failure::RateLimited { policy: Policy::Daily, retry_after_s: None }),
    );
}

fn good(stage: &Stage, limit: &str) -> (i32, Value) {
    let ran = stage.run(&["status", "--max-age", limit, "--json"]);
    (ran.code, ran.json()["pipelines"][0]["last_good"]["command"].clone())
}

#[test]
fn a_plan_that_was_cut_short_was_not_applied_and_says_so() {
    let stage = stage();
    let plan = stage.run(&["plan", "--json"]).json()["plans"][0]["id"].as_str().unwrap().to_owned();
    strike(&stage);
    let cut = stage.run(&["apply", &plan, "--yes", "--json"]).expect(4).json();
    assert_eq!((&cut["run"]["changes"]["update"], &cut["run"]["not_done"]), (&json!(5), &json!(6)), "{cut}");
    let again = stage.run(&["apply", &plan, "--yes"]).expect(3);
    assert!(again.out.contains("the plan is void") && !again.out.contains("was applied"), "{}", again.out);
    assert_eq!(again.last_line(), "help: trueup plan");
}

#[test]
fn a_cycle_that_was_cut_short_is_no_sign_of_life_and_neither_is_what_a_person_applies() {
    let stage = stage();
    let pulse = Pulse::new();
    let heartbeat = format!("heartbeat: {{ url: {} }}\n", pulse.url);
    stage.configured(true, Timing::Short, |text| text + &heartbeat);
    strike(&stage);
    let (code, run) = stage.cycle();
    assert_eq!((code, &run["not_done"]), (4, &json!(6)), "{run}");
    assert_eq!(good(&stage, "30m"), (1, Value::Null));
    stage.calm();
    stage.run(&["apply", "--yes"]).expect(0);
    assert_eq!(good(&stage, "30m"), (1, Value::Null), "a person applied something, and no scheduler lives");
    assert_eq!(pulse.beats(), 0);
    assert_eq!(stage.cycle().0, 0);
    assert_eq!(good(&stage, "30m"), (0, json!("run")));
    assert_eq!(pulse.beats(), 1);
    age_good_runs(&stage, 31);
    stage.run(&["undo", "--yes"]).expect(0);
    assert_eq!(good(&stage, "30m"), (1, json!("run")));
    let status = stage.run(&["status"]).expect(0);
    assert!(
        status.out.contains("AGREES and PENDING are as of") && status.out.contains("the undo of"),
        "{status:?}"
    );
}

/// Counts the calls of a heartbeat.
struct Pulse {
    url: String,
    count: Arc<AtomicUsize>,
}

impl Pulse {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (url, count) = (format!("http://{}/alive", listener.local_addr().unwrap()), Arc::default());
        let counter: Arc<AtomicUsize> = Arc::clone(&count);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map(Result::unwrap) {
                let _request = stream.read(&mut [0; 1_024]).unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
            }
        });
        Self { url, count }
    }

    fn beats(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// The same pipeline a second time, after the first, under another name and for another owner.
fn twice(text: &str) -> String {
    let begin = text.find("  leads:\n").unwrap();
    let end = text.find("\n# Who hears").unwrap();
    let second = text[begin..end].replacen("  leads:", "  more:", 1).replace(OWNER, OTHER);
    format!("{}{second}{}", &text[..end], &text[end..])
}

#[test]
fn a_pipeline_whose_memory_fails_is_told_and_the_next_one_does_its_work() {
    let (stage, pulse) = (stage(), Pulse::new());
    let board =
        RUNTIME.block_on(async { ntfy::serve(AsyncListener::bind("127.0.0.1:0").await.unwrap()).unwrap() });
    let more = format!(
        "heartbeat: {{ url: {} }}\nalerts:\n  ntfy: {{ url: {}, topic: my-leads }}\n",
        pulse.url,
        board.url()
    );
    stage.configured(true, Timing::Short, |text| twice(&text) + &more);
    stage.strike(2, FaultKind::Hold(HoldPoint::BeforeCommit));
    let program = stage.spawn(&["run", "--first", "--json"]);
    stage.wait_for_held();
    // Somebody else takes the lease of the first pipeline while it reads.
    let (store, leads) = (stage.store(), PipelineName::new("leads"));
    let other = Holder { host: "elsewhere".into(), pid: 7, born: String::new() };
    let ttl = Duration::from_hours(1);
    let Err(StoreError::Held { by, .. }) = RUNTIME.block_on(store.lease(&leads, &other, ttl)) else {
        panic!("nobody holds it");
    };
    RUNTIME.block_on(store.bury(&leads, &by)).unwrap();
    RUNTIME.block_on(store.lease(&leads, &other, ttl)).unwrap();
    stage.release(Release::Answer);
    let ran: Ran = program.wait_with_output().unwrap().into();
    let said = ran.expect(1).json();
    assert_eq!(said["failures"][0]["pipeline"], "leads", "{said}");
    assert_eq!(said["failures"][0]["error"]["code"], "lease_lost", "{said}");
    let looked = &said["runs"][0];
    assert_eq!((&looked["outcome"], &looked["findings"]["ambiguous"]), (&json!("needs_person"), &json!(12)));
    let titles: Vec<String> = board.messages().into_iter().filter_map(|message| message.title).collect();
    assert_eq!(titles, ["trueup leads: error", "trueup more: needs a person"]);
    assert_eq!(pulse.beats(), 0, "not every pipeline came to its end");
    // That another run is at work is no news, and stops no other pipeline either.
    let said = stage.run(&["run", "--json"]).expect(1).json();
    assert_eq!(said["failures"][0]["error"]["code"], "lease_held", "{said}");
    assert_eq!(said["runs"][0]["outcome"], "needs_person", "{said}");
    assert_eq!(board.messages().len(), 2);
}

#[test]
fn an_alert_whose_secret_is_missing_is_found_before_anything_is_written() {
    let stage = stage();
    let alerts = "alerts:\n  ntfy: { url: https://ntfy.invalid, topic: x, token: \"${NO_SUCH_TOKEN}\" }\n";
    stage.configured(true, Timing::Short, |text| text + alerts);
    let ran = stage.run(&["run", "--first"]).expect(2);
    assert!(ran.err.contains("NO_SUCH_TOKEN"), "{}", ran.err);
    assert_eq!(stage.writes(), 0);
}

#[test]
fn an_old_copy_of_the_state_stops_every_write_until_a_person_says_why_it_is_right() {
    let stage = stage();
    stage.configured(true, Timing::Short, |text| text.replace("updates_percent: 100", "updates_percent: 30"));
    assert_eq!(stage.cycle().0, 3);
    stage.store().backup(&stage.path("old.db")).unwrap();
    stage.configured(true, Timing::Short, |text| text);
    assert_eq!(stage.cycle().0, 0);
    for end in ["", "-wal", "-shm"] {
        let _none = fs::remove_file(stage.path(&format!(".trueup/trueup.db{end}")));
    }
    fs::copy(stage.path("old.db"), stage.path(".trueup/trueup.db")).unwrap();
    stage.edit(101, "phone", "+19705550191");
    let writes = stage.writes();
    for args in [&["run", "--first"][..], &["apply", "--yes"], &["undo", "--yes"]] {
        let ran = stage.run(args).expect(3);
        assert!(
            ran.err.contains("the state was rolled back") && ran.err.contains("--accept-rollback"),
            "{ran:?}"
        );
    }
    assert_eq!(stage.writes(), writes);
    stage.run(&["plan"]).expect(0);
    stage.run(&["run", "--accept-rollback", " "]).expect(2);
    stage.run(&["run", "--first", "--accept-rollback", "the disk died"]).expect(0);
    assert_eq!(stage.value(101, "phone"), "+19705550101");
    let told = stage.run(&["history", "state store", "--json"]).expect(0).json();
    let evidence = told["entries"][0]["evidence"].as_str().unwrap();
    assert!(evidence.contains("accepted by ada: the disk died"), "{evidence}");
    stage.run(&["run", "--accept-rollback", "again"]).expect(2);
}
