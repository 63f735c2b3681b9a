//! The wire against scripted answers, on a clock that moves only by sleeping.

mod outcomes;
mod pacing;
mod repeats;

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use secrecy::SecretString;
use trueup_core::card::Rate;

use super::*;
use crate::Holder;

/// Runs a future that waits for nothing but the clock below.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// A host whose time passes by sleeping only.
#[derive(Default)]
struct Still {
    now_ms: Mutex<i64>,
    said: Mutex<Vec<String>>,
    /// Sleeping never ends.
    stuck: Mutex<bool>,
}

impl Still {
    fn now_ms(&self) -> i64 {
        *self.now_ms.lock().unwrap()
    }
}

#[async_trait]
impl World for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap()
    }

    async fn sleep(&self, time: Duration) {
        let stuck = *self.stuck.lock().unwrap();
        if stuck {
            std::future::pending::<()>().await;
        }
        *self.now_ms.lock().unwrap() += i64::try_from(time.as_millis()).unwrap().max(1);
    }

    fn random(&self) -> u64 {
        u64::MAX
    }

    fn holder(&self) -> Holder {
        Holder { host: "test".into(), pid: 1, born: String::new() }
    }

    fn is_alive(&self, _: &Holder) -> Option<bool> {
        None
    }

    fn log(&self, event: LogEvent) {
        self.said.lock().unwrap().push(format!("{event:?}"));
    }
}

type Scripted = Result<Response<Bytes>, Lost>;

/// Gives the scripted answers in turn, the last one for ever, and remembers when each request came.
struct Script {
    world: Arc<Still>,
    answers: Mutex<VecDeque<Scripted>>,
    seen: Mutex<Vec<(i64, String)>>,
}

#[async_trait]
impl Transport for Script {
    async fn call(&self, request: Request<Bytes>) -> Scripted {
        let headers: Vec<String> =
            request.headers().iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        let shown = format!("{} {} {}", request.method(), request.uri(), headers.join(" "));
        self.seen.lock().unwrap().push((self.world.now_ms(), shown));
        let mut answers = self.answers.lock().unwrap();
        let next = answers.pop_front().expect("the script holds another answer");
        if answers.is_empty() {
            answers.push_back(next.clone());
        }
        next
    }
}

/// A wire, its clock and its script.
struct Rig {
    wire: Wire,
    world: Arc<Still>,
    script: Arc<Script>,
}

impl Rig {
    fn new(answers: impl IntoIterator<Item = Scripted>) -> Self {
        let world = Arc::new(Still::default());
        let answers = Mutex::new(answers.into_iter().collect());
        let script = Arc::new(Script { world: Arc::clone(&world), answers, seen: Mutex::default() });
        let wire = Wire::new(Wiring {
            transport: Arc::<Script>::clone(&script),
            world: Arc::<Still>::clone(&world),
            pace: Arc::new(Pace::new(&[rate("burst", 100, 10)])),
            base: BaseUrl::parse("https://api.example.com").unwrap(),
            auth: Auth::bearer(&SecretString::from("pat-canary")).unwrap(),
            reads: vec![ReadRow::get("/things/{}".into(), "burst")],
            policy: Policy::default(),
            dialect: Dialect { words: |_| Some("its own words".into()), is_final: |body| body == b"DAILY" },
        });
        Self { wire, world, script }
    }

    fn read(&self) -> Result<Answer, Fault> {
        run(self.wire.query(Call::get(["things", "1"]).with("key", "a@b.co")))
    }

    fn write(&self) -> Result<Answer, Fault> {
        run(self.wire.send(&[permit()], Call::post(["things", "update"], &serde_json::json!({})).unwrap()))
    }

    fn seen(&self) -> Vec<(i64, String)> {
        self.script.seen.lock().unwrap().clone()
    }
}

fn rate(bucket: &str, requests: u32, seconds: u64) -> Rate {
    Rate { bucket: bucket.into(), requests, window: Duration::from_secs(seconds) }
}

#[expect(clippy::unnecessary_wraps, reason = "a script holds answers and silences alike")]
fn answer(status: u16, body: &str) -> Scripted {
    Ok(Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap())
}

#[expect(clippy::unnecessary_wraps, reason = "a script holds answers and silences alike")]
fn later(status: u16, seconds: u32) -> Scripted {
    Ok(Response::builder().status(status).header("retry-after", seconds).body(Bytes::new()).unwrap())
}

fn unanswered() -> Scripted {
    Err(Lost::Unanswered("connection reset".into()))
}

fn not_sent() -> Scripted {
    Err(Lost::NotSent("no route".into()))
}

fn permit() -> Permit {
    use trueup_core::{
        journal::Intent,
        link::How,
        name::{EntityKey, IntentId, RemoteId, RunId, SystemName},
        plan::{Act, Change},
    };
    let change = Change {
        system: SystemName::new("portal"),
        entity: EntityKey::new("R1"),
        label: String::new(),
        act: Act::Update { remote: RemoteId::new("1"), how: How::Token },
        edits: Vec::new(),
    };
    let (id, run) = (IntentId::new("i-1"), RunId::new("run-1"));
    Permit::issue(Intent { id, run, epoch: 1, change, watermark: None, sent: None })
}
