//! Finds the addresses of a name, and lets only those through that the endpoint may stand for.
//!
//! Whoever owns a name decides what it resolves to, at every moment anew: a check before the call would be
//! about another answer (RELIABILITY.md T-07). So this stands where the connection is made.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use trueup_config::Endpoint;

/// The addresses that an endpoint admits.
#[derive(Debug)]
pub(super) struct Admitted {
    endpoint: Endpoint,
}

impl Admitted {
    /// Of this endpoint.
    pub(super) const fn of(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    // Any other name is that of a proxy, which the person who runs this chose, and which may well stand
    // inside the network.
    fn is_guarded(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.endpoint.host())
    }
}

impl Resolve for Admitted {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.is_guarded(name.as_str()).then(|| self.endpoint.clone());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let admitted = match &guard {
                Some(endpoint) => admitted(found, |address| endpoint.admits(address))?,
                None => found,
            };
            let addresses: Addrs = Box::new(admitted.into_iter());
            Ok(addresses)
        })
    }
}

fn admitted(
    found: Vec<SocketAddr>,
    admits: impl Fn(IpAddr) -> bool,
) -> Result<Vec<SocketAddr>, std::io::Error> {
    let (good, bad): (Vec<_>, Vec<_>) = found.into_iter().partition(|address| admits(address.ip()));
    match bad.first() {
        Some(inside) if good.is_empty() => {
            let why = format!("the name leads to {}, which is not a public address", inside.ip());
            Err(std::io::Error::other(why))
        }
        _ => Ok(good),
    }
}

#[cfg(test)]
mod tests {
    use trueup_config::Template;

    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        let template = Template::by_name("a").unwrap().text;
        let text = format!("{template}\nheartbeat: {{ url: \"{url}\" }}\n");
        trueup_config::parse(&text, "trueup.yaml", &|_| Ok(())).unwrap().heartbeat.unwrap()
    }

    #[track_caller]
    fn check(url: &str, found: &[&str], want: &[&str]) {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
        };
        let endpoint = endpoint(url);
        let got = admitted(addresses(found), |address| endpoint.admits(address));
        assert_eq!(got.unwrap_or_default(), addresses(want));
    }

    #[test]
    fn a_name_that_leads_inside_reaches_nothing() {
        check("https://hc.example.org", &["10.0.0.5", "127.0.0.1", "::1", "169.254.169.254"], &[]);
        check("https://hc.example.org", &["10.0.0.5", "8.8.8.8"], &["8.8.8.8"]);
        check("http://localhost:9", &["127.0.0.1", "::1"], &["127.0.0.1", "::1"]);
        check("http://localhost:9", &["8.8.8.8"], &[]);
    }

    #[tokio::test]
    async fn the_guarded_name_alone_is_held_to_it() {
        let guard = Admitted::of(endpoint("https://LOCALHOST.example.org"));
        assert!(guard.is_guarded("localhost.example.org") && !guard.is_guarded("localhost"));
        // The name of a proxy, which may lead to this very machine.
        assert!(guard.resolve("localhost".parse().unwrap()).await.is_ok());
        let here = Admitted::of(endpoint("http://localhost:9"));
        assert!(here.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
