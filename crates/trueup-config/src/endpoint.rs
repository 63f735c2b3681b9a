//! URLs that trueup may call (RELIABILITY.md T-07, T-25).
//!
//! What can be told without I/O is told here: plain http leaves this machine never, an address that is
//! spelled out must be public or loopback, and spellings that only some parsers read as addresses are
//! refused. What a name resolves to is checked when it is called.

use std::{fmt, net::IpAddr};

use http::{Uri, uri::Scheme};

use crate::{diagnostic::Code, report::Fault};

/// An absolute http or https URL without credentials; plain http only on loopback.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    text: String,
    loopback: bool,
}

impl Endpoint {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is no absolute http(s) URL, or leads where nothing may be sent.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let uri: Uri = text.parse().map_err(|_| no_url())?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return Err(no_url()) };
        if authority.as_str().contains('@') {
            return Err(Fault::new(Code::LiteralSecret, "a URL must not hold a user name or password")
                .help("remove the part before `@` and give the secret as a token"));
        }
        if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
            return Err(no_url());
        }
        let loopback = is_loopback(uri.host().unwrap_or_default())?;
        if *scheme == Scheme::HTTP && !loopback {
            let plain = Fault::new(Code::UnsafeUrl, "plain http would send data in the open");
            return Err(plain.help(format!("write `{}`", text.replacen("http:", "https:", 1))));
        }
        Ok(Self { text: text.trim_end_matches('/').to_owned(), loopback })
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it leads to this machine.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn no_url() -> Fault {
    Fault::new(Code::BadValue, "this is not a URL").help("write `https://HOST/PATH`")
}

fn is_loopback(host: &str) -> Result<bool, Fault> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        let mapped = address.to_canonical() != address;
        if address.is_loopback() {
            return Ok(true);
        }
        return if mapped || !is_public(address) { Err(private(host)) } else { Ok(false) };
    }
    // `127.1`, `0x7f000001` and `2130706433` are addresses to some parsers and names to others.
    let last = bare.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let numeric = last.starts_with("0x") || last.chars().all(|c| c.is_ascii_digit());
    if numeric { Err(private(host)) } else { Ok(bare.eq_ignore_ascii_case("localhost")) }
}

fn private(host: &str) -> Fault {
    Fault::new(Code::UnsafeUrl, format!("'{host}' is not a public address"))
        .help("use the host's name, or `http://127.0.0.1:PORT` for a rehearsal on this machine")
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_multicast()
                || a == 0
                || shared)
        }
        IpAddr::V6(v6) => {
            !(v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local() || v6.is_unicast_link_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Result<bool, Code>) {
        assert_eq!(Endpoint::parse(text).map(|e| e.is_loopback()).map_err(|f| f.code), want, "{text}");
    }

    #[test]
    fn public_names_need_tls_and_loopback_does_not() {
        check("https://api.hubapi.com", Ok(false));
        check("https://8.8.8.8/x", Ok(false));
        check("http://127.0.0.1:8080", Ok(true));
        check("http://localhost:1/x", Ok(true));
        check("http://[::1]:9", Ok(true));
        check("http://api.hubapi.com", Err(Code::UnsafeUrl));
        check("http://localhost.example.org", Err(Code::UnsafeUrl));
        check("http://127.0.0.1.example.org", Err(Code::UnsafeUrl));
    }

    #[test]
    fn addresses_inside_a_network_and_their_odd_spellings_are_refused() {
        for host in [
            "10.0.0.5",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "127.1",
            "0x7f000001",
            "0x7f.1",
            "2130706433",
            "[::ffff:169.254.169.254]",
            "[::ffff:127.0.0.1]",
            "[::]",
            "[fd00::1]",
            "[fe80::1]",
        ] {
            check(&format!("https://{host}/x"), Err(Code::UnsafeUrl));
        }
    }

    #[test]
    fn what_is_no_url_or_holds_a_password_is_refused() {
        for text in
            ["", "example.org", "/x", "ftp://example.org", "file:///etc/passwd", "https://", "https://a b/"]
        {
            check(text, Err(Code::BadValue));
        }
        check("https://me:pw@example.org/", Err(Code::LiteralSecret));
        check("http://127.0.0.1@example.org/", Err(Code::LiteralSecret));
    }
}
