//! URLs that trueup may call (RELIABILITY.md T-07, T-25).
//!
//! What can be told without I/O is told here: plain http leaves this machine never, an address that is
//! spelled out must be public or loopback, and spellings that only some parsers read as addresses are
//! refused. What a name resolves to is asked of [`Endpoint::admits`] by whoever calls it, each time.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use http::{Uri, uri::Scheme};

use crate::{diagnostic::Code, report::Fault};

/// An absolute http or https URL without credentials; plain http only on loopback.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    text: String,
    host: String,
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
        let host = uri.host().unwrap_or_default().to_owned();
        let loopback = is_loopback(&host)?;
        if *scheme == Scheme::HTTP && !loopback {
            let plain = Fault::new(Code::UnsafeUrl, "plain http would send data in the open");
            return Err(plain.help(format!("write `{}`", text.replacen("http:", "https:", 1))));
        }
        Ok(Self { text: text.trim_end_matches('/').to_owned(), host, loopback })
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host as the URL names it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host may stand for this address: one of this machine only where the URL itself says so,
    /// and a public one otherwise. A name whose owner lets it resolve into our network reaches nothing.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if self.loopback { address.is_loopback() } else { is_public(address) }
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

// The special-purpose registries of IANA: only what is for everybody to reach is public.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    // This network, this machine, multicast and what is reserved, with broadcast; addresses shared with the
    // provider; protocol assignments; the former relays of 6to4; measuring devices.
    let special = matches!(
        v4.octets(),
        [0 | 127 | 224.., ..] | [100, 64..128, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..]
    );
    !(special || v4.is_private() || v4.is_link_local() || v4.is_documentation())
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    match v6.segments() {
        // An address behind a translator is what it is translated to (RFC 6052, RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Protocol assignments with Teredo; documentation.
        [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        // Global unicast; everything else is local, special or not given out.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))
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

    #[test]
    fn only_what_everybody_can_reach_is_public() {
        for public in [
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::8.8.8.8",
            "::10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    #[test]
    fn a_name_stands_for_public_addresses_and_localhost_for_this_machine() {
        let admits =
            |url: &str, address: &str| Endpoint::parse(url).unwrap().admits(address.parse().unwrap());
        assert!(admits("https://hc.example.org/x", "8.8.8.8"));
        for inside in ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254"] {
            assert!(!admits("https://hc.example.org/x", inside), "{inside}");
        }
        assert!(admits("http://localhost:9", "127.0.0.1") && admits("http://localhost:9", "::1"));
        assert!(!admits("http://localhost:9", "8.8.8.8"));
    }
}
