//! Where a system lives, and the credential that opens it.

use std::{fmt, net::IpAddr};

use http::{HeaderName, HeaderValue, Uri, header::AUTHORIZATION, uri::Scheme};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// The address in front of every path: `https`, or plain `http` on loopback only (T-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// Why an address or a credential cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadWiring {
    /// It is no absolute `https` address.
    #[error("base url {0:?} is not an https address; write it like https://api.example.com")]
    NotHttps(String),
    /// A query, a fragment or a user name would end up in every request.
    #[error("base url {0:?} has more than scheme, host, port and path; remove the rest")]
    Surplus(String),
    /// The credential is empty or holds characters that no header may carry.
    #[error("the credential is empty or holds a line break or another control character; check its source")]
    Credential,
}

impl BaseUrl {
    /// Reads an address such as `https://api.hubapi.com`.
    ///
    /// # Errors
    /// [`BadWiring`], which never shows a credential.
    pub fn parse(text: &str) -> Result<Self, BadWiring> {
        let refused = || BadWiring::NotHttps(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| refused())?;
        let host = uri.host().ok_or_else(refused)?;
        let plain_loopback = uri.scheme() == Some(&Scheme::HTTP) && is_loopback(host);
        if uri.scheme() != Some(&Scheme::HTTPS) && !plain_loopback {
            return Err(refused());
        }
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err(BadWiring::Surplus(host.to_owned()));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(BadWiring::Surplus(text.to_owned()));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// The address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is on this host.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.0.parse::<Uri>().ok().is_some_and(|uri| uri.host().is_some_and(is_loopback))
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The header that opens a system.
#[derive(Clone)]
pub struct Auth {
    name: HeaderName,
    value: SecretString,
}

impl Auth {
    /// `Authorization: Bearer …`.
    ///
    /// # Errors
    /// [`BadWiring::Credential`] when no header can carry the token.
    pub fn bearer(token: &SecretString) -> Result<Self, BadWiring> {
        let text = token.expose_secret();
        if text.is_empty() || text.trim() != text || HeaderValue::from_str(text).is_err() {
            return Err(BadWiring::Credential);
        }
        Ok(Self { name: AUTHORIZATION, value: SecretString::from(format!("Bearer {text}")) })
    }

    /// The header, marked so that nothing prints it.
    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let mut value = HeaderValue::from_str(self.value.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some((self.name.clone(), value))
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Auth({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in
            ["https://api.hubapi.com", "https://api.hubapi.com/", "http://127.0.0.1:8080", "http://[::1]:1"]
        {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["http://api.hubapi.com", "ftp://127.0.0.1", "api.hubapi.com", "", "http://127.0.0.1.evil.test"]
        {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_with_a_user_or_a_query_is_refused_without_showing_it() {
        let error = BaseUrl::parse("https://user:hunter2@api.hubapi.com").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(BaseUrl::parse("https://api.hubapi.com?hapikey=1").is_err());
    }

    #[test]
    fn a_slash_at_the_end_does_not_double() {
        assert_eq!(BaseUrl::parse("https://api.hubapi.com/").unwrap().as_str(), "https://api.hubapi.com");
    }

    #[test]
    fn a_credential_with_a_line_break_is_refused_and_none_is_ever_printed() {
        for bad in ["", "pat-1\n", " pat-1", "pat\r\nx: y"] {
            assert!(Auth::bearer(&SecretString::from(bad)).is_err(), "{bad:?}");
        }
        let auth = Auth::bearer(&SecretString::from("pat-na1-secret")).unwrap();
        let (_, value) = auth.header().unwrap();
        assert_eq!(value, "Bearer pat-na1-secret");
        assert!(!format!("{auth:?} {value:?}").contains("secret"));
    }
}
