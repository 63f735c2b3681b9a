//! Answers that are not what the service says when it is well: right in status, wrong in what they hold.

use bytes::Bytes;
use http::{Response, header};
use serde_json::Value;

use super::gzip::gzip;
use crate::faults::Alteration;

/// An answer as it arrives under an alteration; one that has nothing to alter stays as it is.
pub(super) fn altered(answer: Response<Bytes>, how: &Alteration) -> Response<Bytes> {
    match how {
        Alteration::HtmlType => {
            let mut answer = answer;
            let html = header::HeaderValue::from_static("text/html; charset=utf-8");
            answer.headers_mut().insert(header::CONTENT_TYPE, html);
            answer
        }
        Alteration::Padded { bytes } => answer.map(|body| padded(&body, *bytes)),
        Alteration::Gzip => {
            let mut answer = answer.map(|body| Bytes::from(gzip(&body)));
            let coding = header::HeaderValue::from_static("gzip");
            answer.headers_mut().insert(header::CONTENT_ENCODING, coding);
            answer
        }
        Alteration::Reordered => in_json(answer, |body| {
            if let Some(results) = results(body) {
                results.reverse();
            }
        }),
        Alteration::Repeated => in_json(answer, |body| {
            if let Some(results) = results(body)
                && let Some(first) = results.first().cloned()
            {
                results.push(first);
            }
        }),
        Alteration::Cursor { after } => in_json(answer, |body| {
            if let Some(next) = body.pointer_mut("/paging/next/after") {
                *next = Value::String(after.clone());
            }
        }),
    }
}

fn padded(body: &Bytes, bytes: usize) -> Bytes {
    let mut long = body.to_vec();
    long.resize(bytes.max(long.len()), b' ');
    long.into()
}

fn results(body: &mut Value) -> Option<&mut Vec<Value>> {
    body.get_mut("results").and_then(Value::as_array_mut)
}

fn in_json(answer: Response<Bytes>, change: impl FnOnce(&mut Value)) -> Response<Bytes> {
    answer.map(|body| match serde_json::from_slice::<Value>(&body) {
        Ok(mut json) => {
            change(&mut json);
            json.to_string().into()
        }
        Err(_) => body,
    })
}
