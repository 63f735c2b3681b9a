//! What was pushed, as a pure state machine.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One push or webhook call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Counts from 1.
    pub sequence: u64,
    /// The topic of a push; the whole path of a webhook, such as `/hook/trueup`.
    pub topic: String,
    /// The title of a push.
    pub title: Option<String>,
    /// 1 (least) to 5 (most); 3 when a push does not say.
    pub priority: Option<u8>,
    /// The tags of a push, in order.
    pub tags: Vec<String>,
    /// The text of a push, or the body of a webhook.
    pub body: String,
}

/// Everything that was pushed, and whether pushes are refused.
#[derive(Debug, Clone, Default)]
pub struct Board {
    messages: Vec<Message>,
    refuse: Option<StatusCode>,
}

/// A push as JSON.
#[derive(Deserialize)]
struct JsonPush {
    topic: String,
    #[serde(default)]
    message: String,
    title: Option<String>,
    priority: Option<u8>,
    #[serde(default)]
    tags: Vec<String>,
}

const PRIORITY_DEFAULT: u8 = 3;

impl Board {
    /// The messages so far, oldest first.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Forgets the messages.
    pub fn clear(&mut self) {
        self.messages.clear();
    }

    /// Refuses everything with this status from now on; none accepts again.
    pub const fn refuse(&mut self, status: Option<StatusCode>) {
        self.refuse = status;
    }

    /// Answers one push at `now_ms`.
    pub fn handle(&mut self, now_ms: i64, request: &Request<Bytes>) -> Response<Bytes> {
        if let Some(status) = self.refuse {
            return answer(status, &json!({"http": status.as_u16(), "error": "refused"}));
        }
        if request.method() != Method::POST && request.method() != Method::PUT {
            return answer(StatusCode::METHOD_NOT_ALLOWED, &json!({"http": 405, "error": "use POST"}));
        }
        let Some(message) = read(request) else {
            return answer(
                StatusCode::BAD_REQUEST,
                &json!({"http": 400, "error": "invalid topic, priority or JSON"}),
            );
        };
        let sequence = self.messages.len() as u64 + 1;
        let message = Message { sequence, ..message };
        let echo = json!({"id": format!("m{sequence}"), "time": now_ms / 1_000, "event": "message",
            "topic": message.topic, "title": message.title, "priority": message.priority, "tags": message.tags,
            "message": message.body});
        self.messages.push(message);
        answer(StatusCode::OK, &echo)
    }
}

fn read(request: &Request<Bytes>) -> Option<Message> {
    let path = request.uri().path();
    let body = String::from_utf8_lossy(request.body()).into_owned();
    if path.starts_with("/hook/") {
        serde_json::from_str::<Value>(&body).ok()?;
        return Some(Message {
            sequence: 0,
            topic: path.into(),
            title: None,
            priority: None,
            tags: Vec::new(),
            body,
        });
    }
    match path.trim_start_matches('/') {
        "" => read_json(&body),
        topic if is_topic(topic) => read_headers(topic, request.headers(), body),
        _ => None,
    }
}

fn read_json(body: &str) -> Option<Message> {
    let push: JsonPush = serde_json::from_str(body).ok()?;
    let priority = push.priority.unwrap_or(PRIORITY_DEFAULT);
    let fits = is_topic(&push.topic) && (1..=5).contains(&priority);
    fits.then_some(Message {
        sequence: 0,
        topic: push.topic,
        title: push.title,
        priority: Some(priority),
        tags: push.tags,
        body: push.message,
    })
}

fn read_headers(topic: &str, headers: &HeaderMap, body: String) -> Option<Message> {
    let tags = header(headers, &["tags", "x-tags", "ta"]).unwrap_or_default();
    let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    let priority = match header(headers, &["priority", "x-priority", "p"]) {
        Some(text) => priority(&text)?,
        None => PRIORITY_DEFAULT,
    };
    let title = header(headers, &["title", "x-title", "t"]);
    Some(Message { sequence: 0, topic: topic.into(), title, priority: Some(priority), tags, body })
}

/// The first of these headers; ntfy reads UTF-8 in them.
fn header(headers: &HeaderMap, names: &[&str]) -> Option<String> {
    let value = names.iter().find_map(|name| headers.get(*name))?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn priority(text: &str) -> Option<u8> {
    match text {
        "1" | "min" => Some(1),
        "2" | "low" => Some(2),
        "3" | "default" => Some(3),
        "4" | "high" => Some(4),
        "5" | "max" | "urgent" => Some(5),
        _ => None,
    }
}

fn is_topic(topic: &str) -> bool {
    (1..=64).contains(&topic.len())
        && topic.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(board: &mut Board, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        board.handle(5_000, &request.body(Bytes::from(body.to_owned())).unwrap()).status().as_u16()
    }

    #[test]
    fn a_push_is_recorded_with_its_headers() {
        let mut board = Board::default();
        let headers = [("Title", "trueup: partial"), ("Priority", "high"), ("Tags", "warning, leads")];
        assert_eq!(push(&mut board, "/alerts", &headers, "5 parked"), 200);
        let message = &board.messages()[0];
        assert_eq!((message.topic.as_str(), message.priority), ("alerts", Some(4)));
        assert_eq!((message.title.as_deref(), message.body.as_str()), (Some("trueup: partial"), "5 parked"));
        assert_eq!(message.tags, ["warning", "leads"]);
    }

    #[test]
    fn a_push_as_json_and_a_webhook_are_recorded() {
        let mut board = Board::default();
        assert_eq!(push(&mut board, "/", &[], r#"{"topic":"alerts","message":"hello"}"#), 200);
        assert_eq!(push(&mut board, "/hook/a/b", &[], r#"{"state":"partial"}"#), 200);
        assert_eq!(board.messages()[1].topic, "/hook/a/b");
        assert_eq!(board.messages()[1].body, r#"{"state":"partial"}"#);
    }

    #[test]
    fn bad_topics_priorities_and_webhooks_are_refused() {
        let mut board = Board::default();
        assert_eq!(push(&mut board, "/a/b", &[], "x"), 400);
        assert_eq!(push(&mut board, "/alerts", &[("Priority", "9")], "x"), 400);
        assert_eq!(push(&mut board, "/hook/a", &[], "no json"), 400);
        assert!(board.messages().is_empty());
    }

    #[test]
    fn a_refusing_board_records_nothing() {
        let mut board = Board::default();
        board.refuse(Some(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(push(&mut board, "/alerts", &[], "x"), 503);
        board.refuse(None);
        assert_eq!(push(&mut board, "/alerts", &[], "x"), 200);
        assert_eq!(board.messages().len(), 1);
    }
}
