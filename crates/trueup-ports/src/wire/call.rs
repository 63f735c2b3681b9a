//! One request as a connector words it.

use bytes::Bytes;
use http::Method;
use serde::Serialize;

use crate::Fault;

/// One request: method, path, query, body. The wire adds where to and who asks.
#[derive(Clone, Debug)]
pub struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: Option<Bytes>,
}

impl Call {
    /// A request for what lies under these path segments; each is escaped on its own.
    #[must_use]
    pub fn get<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self { method: Method::GET, path: path(segments), query: String::new(), body: None }
    }

    /// A request that carries a JSON body.
    ///
    /// # Errors
    /// [`Fault::Denied`] when the body cannot be written as JSON, which no body of ours is.
    pub fn post<S: AsRef<str>>(
        segments: impl IntoIterator<Item = S>,
        body: &impl Serialize,
    ) -> Result<Self, Fault> {
        let path = path(segments);
        let json = serde_json::to_vec(body).map_err(|error| {
            Fault::Denied(format!("POST {path} was not sent: its body is no json: {error}"))
        })?;
        Ok(Self { method: Method::POST, path, query: String::new(), body: Some(Bytes::from(json)) })
    }

    /// Adds a parameter to the query.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        escape(name, &mut self.query);
        self.query.push('=');
        escape(value, &mut self.query);
        self
    }

    /// How many characters the body has.
    #[must_use]
    pub fn body_chars(&self) -> usize {
        self.body.as_deref().map_or(0, |body| String::from_utf8_lossy(body).chars().count())
    }

    /// Method and path, as errors and the journal name the request: no query, no body, no header.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn path<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        escape(segment.as_ref(), &mut path);
    }
    path
}

/// Percent-encodes all but the unreserved characters of RFC 3986, so that no value can leave its place.
fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_segment_or_parameter() {
        let call = Call::get(["crm", "objects", "a/../b?c#d"]).with("x", "1&y=2 +é");
        assert_eq!(call.path, "/crm/objects/a%2F..%2Fb%3Fc%23d");
        assert_eq!(call.query, "x=1%26y%3D2%20%2B%C3%A9");
    }

    #[test]
    fn the_name_of_a_request_leaves_the_query_out() {
        let call = Call::get(["crm", "owners"]).with("email", "ada@example.org");
        assert_eq!(call.name(), "GET /crm/owners");
    }
}
