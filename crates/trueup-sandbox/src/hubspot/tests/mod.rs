//! Behaviour of the portal, one test per trap of the fact sheet that concerns contacts, and what stands beside them.

#![expect(clippy::needless_pass_by_value, reason = "`json!` reads better without a reference at each call")]

mod faults;
mod reads;
mod scale;
mod searches;
mod state;
mod writes;

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use super::*;

/// 1 March 2026.
pub(super) const NOW: i64 = 1_772_323_200_000;
pub(super) const ROOT: &str = "/crm/objects/2026-03/contacts";

/// A portal, a clock and short words for requests.
pub(super) struct Bench {
    pub(super) portal: Portal,
    pub(super) now_ms: i64,
}

/// An answer taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) headers: http::HeaderMap,
}

pub(super) fn request(method: &str, path: &str, body: Option<&Value>) -> Request<Bytes> {
    let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = Request::builder().method(method).uri(format!("https://api.hubapi.com{path}"));
    request.header("authorization", "Bearer sandbox-token").body(body).unwrap()
}

impl Bench {
    pub(super) fn new(settings: Settings) -> Self {
        let mut portal = Portal::default();
        portal.add_owner(Owner { id: "88".into(), user_id: Some(501), ..Owner::default() }).unwrap();
        portal
            .add_owner(Owner { id: "99".into(), archived: true, user_id: Some(502), ..Owner::default() })
            .unwrap();
        portal
            .define_property("contacts", PropertyDefinition::choice("tags", &["A", "B", "C"], true))
            .unwrap();
        portal.define_property("contacts", PropertyDefinition::of("score", PropertyType::Number)).unwrap();
        portal.define_property("contacts", PropertyDefinition::of("born", PropertyType::Date)).unwrap();
        let unique = PropertyDefinition { has_unique_value: true, ..PropertyDefinition::text("ext_id") };
        portal.define_property("contacts", unique).unwrap();
        portal.set_settings(settings, NOW);
        Self { portal, now_ms: NOW }
    }

    /// Three contacts: 101 ada, 102 grace, 103 without an e-mail.
    pub(super) fn filled(settings: Settings) -> Self {
        let mut bench = Self::new(settings);
        let ada = RecordSeed::new(101).value("email", "ada@example.com").value("firstname", "Ada");
        let grace = RecordSeed::new(102).value("email", "grace@example.com").value("firstname", "Grace");
        let ada = ada
            .value("hs_additional_emails", "ada@old.example;ada@home.example")
            .value("hubspot_owner_id", "88");
        let nobody = RecordSeed::new(103).value("firstname", "Nobody");
        bench.portal.add_records("contacts", vec![ada, grace, nobody]).unwrap();
        bench
    }

    pub(super) fn reply(&mut self, request: &Request<Bytes>) -> Reply {
        self.portal.handle(self.now_ms, request)
    }

    #[track_caller]
    pub(super) fn ask(&mut self, request: &Request<Bytes>) -> Got {
        let Reply::Answer(answer) = self.reply(request) else { panic!("no answer") };
        let (parts, body) = answer.into_parts();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Got { status: parts.status.as_u16(), body, headers: parts.headers }
    }

    #[track_caller]
    pub(super) fn get(&mut self, path: &str) -> Got {
        self.ask(&request("GET", path, None))
    }

    #[track_caller]
    pub(super) fn send(&mut self, method: &str, path: &str, body: Value) -> Got {
        self.ask(&request(method, path, Some(&body)))
    }

    /// A `POST` below the contacts.
    #[track_caller]
    pub(super) fn post(&mut self, path: &str, body: Value) -> Got {
        self.send("POST", &format!("{ROOT}{path}"), body)
    }

    #[track_caller]
    pub(super) fn patch(&mut self, id: u64, properties: Value) -> Got {
        self.send("PATCH", &format!("{ROOT}/{id}"), json!({"properties": properties}))
    }

    /// The current value of a property, read by a single get.
    #[track_caller]
    pub(super) fn value(&mut self, id: u64, property: &str) -> Value {
        let got = self.get(&format!("{ROOT}/{id}?properties={property}"));
        assert_eq!(got.status, 200, "{}", got.body);
        got.body["properties"][property].clone()
    }
}

impl Got {
    /// The ids of the results, in order.
    pub(super) fn ids(&self) -> Vec<&str> {
        self.body["results"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
    }

    pub(super) fn category(&self) -> &str {
        self.body["category"].as_str().unwrap_or("")
    }

    pub(super) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or("")
    }
}

/// An input of a batch update.
pub(super) fn input(id: &str, properties: Value) -> Value {
    json!({"id": id, "properties": properties})
}

/// The same with a trace id.
pub(super) fn traced(id: &str, trace: &str, properties: Value) -> Value {
    json!({"id": id, "objectWriteTraceId": trace, "properties": properties})
}
