//! Who is told, and how often: once when something is wrong, once when it is over.

use std::{
    fs,
    io::{BufRead, BufReader},
};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use trueup_core::{memory::Note, name::PipelineName};
use trueup_ports::Store;
use trueup_sandbox::{
    hubspot::Act,
    ntfy::{self, Server},
};

use crate::{
    support::{Lead, contact, lead, save},
    sweep::stage::{RUNTIME, Scenery, Stage, Timing},
};

fn board() -> Server {
    RUNTIME.block_on(async { ntfy::serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap() })
}

fn stage(board: &Server) -> (Stage, Vec<Lead>) {
    let leads: Vec<Lead> = (1..=12).map(lead).collect();
    let contacts = leads.iter().zip(101..).map(|(lead, id)| contact(lead, id)).collect();
    let stage = Stage::new(&leads, &Scenery { contacts, unique: true, lag_ms: 0 });
    let alerts = format!(
        "alerts:\n  ntfy: {{ url: {0}, topic: my-leads }}\n  webhook: {{ url: {0}/hook/trueup }}\n",
        board.url()
    );
    stage.configured(true, Timing::Short, |text| text + &alerts);
    (stage, leads)
}

/// What was pushed since the last look: the titles on the topic, the levels at the webhook.
fn told(board: &Server, seen: &mut usize) -> (Vec<String>, Vec<String>) {
    let messages = board.messages().split_off(*seen);
    *seen += messages.len();
    let (hooks, pushes): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| message.topic.starts_with("/hook/"));
    let level =
        |body: &str| serde_json::from_str::<Value>(body).unwrap()["level"].as_str().unwrap().to_owned();
    (
        pushes.into_iter().map(|push| push.title.unwrap()).collect(),
        hooks.iter().map(|hook| level(&hook.body)).collect(),
    )
}

#[test]
fn people_are_told_once_per_change_of_state_by_push_and_by_webhook() {
    let board = board();
    let ((stage, leads), mut seen) = (stage(&board), 0);
    let mut check = |what: &str, code: i32, title: &[&str], level: &[&str]| {
        assert_eq!(stage.cycle().0, code, "{what}");
        let (titles, levels) = told(&board, &mut seen);
        assert_eq!(
            (titles, levels),
            (title.iter().map(|&t| t.to_owned()).collect(), level.iter().map(|&l| l.to_owned()).collect()),
            "{what}"
        );
    };
    check("all is well", 0, &[], &[]);
    stage.edit(102, "city", "Fraser");
    check("a finding", 4, &["trueup leads: needs a person"], &["partial"]);
    check("the same finding", 4, &[], &[]);
    fs::remove_file(stage.path("leads.xlsx")).unwrap();
    check("no workbook", 1, &["trueup leads: error"], &["error"]);
    check("still no workbook", 1, &[], &[]);
    save(&stage.path("leads.xlsx"), &leads);
    stage.edit(102, "city", "Grand Lake");
    check("over", 0, &["trueup leads: recovered"], &["recovered"]);
    check("still well", 0, &[], &[]);
    let texts: Vec<String> = board.messages().into_iter().map(|message| message.body).collect();
    assert!(texts.iter().all(|text| !text.contains("Fraser") && !text.contains("ada2@")), "{texts:?}");
}

#[test]
fn an_alert_that_nobody_took_is_sent_again() {
    let board = board();
    let (stage, _) = stage(&board);
    stage.person(Act::Set { id: 102, properties: [("city".to_owned(), "Fraser".to_owned())].into() });
    stage.configured(true, Timing::Short, |text| {
        text + "alerts:\n  ntfy: { url: http://127.0.0.1:1, topic: my-leads }\n"
    });
    assert_eq!(stage.cycle().0, 4);
    let alerts = format!("alerts:\n  ntfy: {{ url: {}, topic: my-leads }}\n", board.url());
    stage.configured(true, Timing::Short, |text| text + &alerts);
    assert_eq!(stage.cycle().0, 4);
    assert_eq!(board.messages().len(), 1);
}

/// What went well happened so much earlier; what failed stays as fresh as it is.
pub(crate) fn age_good_runs(stage: &Stage, minutes: i64) {
    let (store, pipeline) = (stage.store(), PipelineName::new("leads"));
    for mut beat in RUNTIME.block_on(store.beats(&pipeline, 100)).unwrap() {
        if beat.outcome.is_good() {
            beat.ended = beat.ended.map(|ended| ended - SignedDuration::from_mins(minutes));
            let notes = vec![Note::Beat(Box::new(beat))];
            RUNTIME.block_on(store.commit(&pipeline, None, notes)).unwrap();
        }
    }
}

#[test]
fn a_scheduler_that_stopped_is_seen_by_its_silence() {
    let board = board();
    let (stage, _) = stage(&board);
    stage.run(&["status", "--max-age", "30m"]).expect(1);
    assert_eq!(stage.cycle().0, 0);
    stage.run(&["status", "--max-age", "30m"]).expect(0);
    fs::remove_file(stage.path("leads.xlsx")).unwrap();
    let mut scheduler = stage.spawn(&["run", "--every", "1h", "--json"]);
    let mut first = String::new();
    BufReader::new(scheduler.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("leads.xlsx"), "{first}");
    scheduler.kill().unwrap();
    scheduler.wait().unwrap();
    // Runs that fail are no sign of life: what counts is the last that went well.
    stage.run(&["status", "--max-age", "30m"]).expect(0);
    age_good_runs(&stage, 31);
    stage.run(&["status", "--max-age", "32m"]).expect(0);
    let silent = stage.run(&["status", "--max-age", "30m", "--json"]).expect(1).json();
    assert_eq!(silent["pipelines"][0]["last_run"]["outcome"], json!("failed"));
    assert_eq!(silent["pipelines"][0]["last_good"]["outcome"], json!("done"));
}
