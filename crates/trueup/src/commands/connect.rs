//! The links of a connection, tried one by one: name, TLS, key, scope, columns, permission.
//!
//! Only reads are sent. What cannot be told without the link before it is not tried; every other system
//! is tried all the same.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde_json::{Value, json};
use tokio::net::{TcpStream, lookup_host};
use trueup_config::{Config, Endpoint, SystemConfig};
use trueup_core::setup::{MirrorSide, Side};
use trueup_engine::Engine;
use trueup_ports::{Ask, Fault, FieldInfo, Inspection, Reach, Source, View};

use crate::{host, output::shown};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// One link of a connection.
pub(super) struct Link {
    system: String,
    name: &'static str,
    pub(super) verdict: Verdict,
}

/// What became of it.
pub(super) enum Verdict {
    /// It holds.
    Ok(String),
    /// It does not.
    Bad(String),
    /// A link before it failed.
    NotTried,
}

impl Verdict {
    pub(super) const fn is_bad(&self) -> bool {
        matches!(self, Self::Bad(_))
    }
}

impl Link {
    pub(super) fn json(&self) -> Value {
        let (verdict, why) = match &self.verdict {
            Verdict::Ok(what) => ("ok", Some(what)),
            Verdict::Bad(why) => ("failed", Some(why)),
            Verdict::NotTried => ("not_tried", None),
        };
        json!({ "system": self.system, "link": self.name, "verdict": verdict, "what": why })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<12} {:<10} ", self.system, self.name)?;
        match &self.verdict {
            Verdict::Ok(what) => write!(f, "OK  {}", shown(what)),
            Verdict::Bad(why) => write!(f, "FAILED  {}", shown(why)),
            Verdict::NotTried => f.write_str("not tried"),
        }
    }
}

/// Tries every link of every system of a pipeline.
pub(super) async fn check(config: &Config, engine: &Engine) -> Vec<Link> {
    let canonical = engine.setup.canonical();
    let mut links = system(config, canonical, None, engine.systems.canonical.source()).await;
    for side in engine.setup.mirrors() {
        if let Some(target) = engine.systems.mirrors.get(&side.side.system) {
            links.extend(system(config, &side.side, Some(side), target.as_ref()).await);
        }
    }
    links
}

async fn system(config: &Config, side: &Side, mirror: Option<&MirrorSide>, source: &dyn Source) -> Vec<Link> {
    let mut chain = Chain { system: side.system.to_string(), links: Vec::new(), broken: false };
    if let Some(SystemConfig::Hubspot(hubspot)) = config.systems.get(&side.system) {
        reach(&mut chain, &hubspot.url).await;
    }
    let inspection = chain.step("key", inspect(source)).await;
    let Some(inspection) = inspection else {
        let permission = mirror.map(|_| "permission");
        for name in ["scope", "schema"].into_iter().chain(permission) {
            chain.skip(name);
        }
        return chain.links;
    };
    chain.step("scope", scope(&inspection, side, mirror, source)).await;
    let columns = inspection.columns.iter().map(|column| (column.name.as_str(), column)).collect();
    chain.add("schema", schema(side, &columns));
    if let Some(mirror) = mirror {
        chain.add("permission", permission(mirror, &columns));
    }
    chain.links
}

struct Chain {
    system: String,
    links: Vec<Link>,
    broken: bool,
}

impl Chain {
    fn push(&mut self, name: &'static str, verdict: Verdict) {
        self.links.push(Link { system: self.system.clone(), name, verdict });
    }

    fn skip(&mut self, name: &'static str) {
        self.push(name, Verdict::NotTried);
    }

    fn add(&mut self, name: &'static str, result: Result<String, String>) {
        self.push(name, result.map_or_else(Verdict::Bad, Verdict::Ok));
    }

    /// Tries a link that those after it need; it is not tried when one before it failed.
    async fn step<T: Told>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<T, String>>,
    ) -> Option<T> {
        if self.broken {
            self.skip(name);
            return None;
        }
        match work.await {
            Ok(value) => {
                self.push(name, Verdict::Ok(value.told()));
                Some(value)
            }
            Err(why) => {
                self.broken = true;
                self.push(name, Verdict::Bad(why));
                None
            }
        }
    }
}

/// What a link that holds says of itself.
trait Told {
    fn told(&self) -> String;
}

impl Told for String {
    fn told(&self) -> String {
        self.clone()
    }
}

impl Told for Inspection {
    fn told(&self) -> String {
        self.tenant.clone()
    }
}

async fn reach(chain: &mut Chain, url: &Endpoint) {
    let Some((host, port)) = authority(url) else { return };
    chain.step("name", resolve(&host, port)).await;
    chain.step("port", knock(&host, port)).await;
    let secure = async {
        if url.as_str().starts_with("http:") { Ok("not used".to_owned()) } else { tls(&host, port).await }
    };
    chain.step("tls", secure).await;
}

fn authority(url: &Endpoint) -> Option<(String, u16)> {
    let uri: http::Uri = url.as_str().parse().ok()?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
    Some((uri.host()?.trim_matches(['[', ']']).to_owned(), port))
}

async fn resolve(host: &str, port: u16) -> Result<String, String> {
    let found =
        lookup_host((host, port)).await.map_err(|error| format!("{host} does not resolve: {error}"))?;
    let addresses: Vec<String> = found.map(|address| address.ip().to_string()).take(1).collect();
    addresses
        .first()
        .map(|address| format!("{host} is {address}"))
        .ok_or_else(|| format!("{host} has no address"))
}

async fn knock(host: &str, port: u16) -> Result<String, String> {
    match tokio::time::timeout(CONNECT, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(format!("{host}:{port} answers")),
        Ok(Err(error)) => Err(format!("{host}:{port}: {error}")),
        Err(_) => Err(format!("{host}:{port} does not answer within {} s", CONNECT.as_secs())),
    }
}

/// Shakes hands as the client does, with nothing sent after it.
async fn tls(host: &str, port: u16) -> Result<String, String> {
    match tokio::time::timeout(CONNECT, host::handshake(host, port)).await {
        Ok(Ok(version)) => Ok(version),
        Ok(Err(error)) => Err(format!("{host}:{port}: {error}")),
        Err(_) => Err(format!("{host}:{port} does not answer within {} s", CONNECT.as_secs())),
    }
}

async fn inspect(source: &dyn Source) -> Result<Inspection, String> {
    source.inspect().await.map_err(|fault: Fault| fault.to_string())
}

/// What the system itself says is missing, and whether a record of the scope can be listed.
async fn scope(
    inspection: &Inspection,
    side: &Side,
    mirror: Option<&MirrorSide>,
    source: &dyn Source,
) -> Result<String, String> {
    if !inspection.problems.is_empty() {
        return Err(inspection.problems.join("; "));
    }
    let Some(scope) = mirror.and_then(|mirror| mirror.scope.as_ref()) else {
        return Ok("everything".to_owned());
    };
    let column = side.columns.get(scope.column).cloned().unwrap_or_default();
    let name = format!("{column}={}", scope.equals);
    let view = View::Equals { column, text: scope.equals.clone() };
    let ask = Ask { view, reach: Reach::All(None), columns: side.columns.clone(), history: false };
    let page = source.read(ask).await.map_err(|fault| fault.to_string())?;
    let outside = page.records.iter().filter(|record| !scope.holds(record)).count();
    if outside > 0 {
        return Err(format!("{outside} records from outside {name} were listed: the filter is not kept"));
    }
    let more = if page.next.is_some() { "at least " } else { "" };
    Ok(format!("{name}: {more}{} records", page.records.len()))
}

fn schema(side: &Side, columns: &BTreeMap<&str, &FieldInfo>) -> Result<String, String> {
    let gone: Vec<&str> =
        side.columns.iter().map(String::as_str).filter(|name| !columns.contains_key(name)).collect();
    if gone.is_empty() {
        Ok(format!("{} columns are there", side.columns.len()))
    } else {
        Err(format!("no such column: {}", gone.join(", ")))
    }
}

fn permission(mirror: &MirrorSide, columns: &BTreeMap<&str, &FieldInfo>) -> Result<String, String> {
    let written = mirror.side.bindings.iter().filter(|binding| binding.flow != trueup_core::merge::Flow::In);
    let names: Vec<&str> = written.map(|binding| mirror.side.column(binding)).collect();
    let refused = |name: &&str| columns.get(*name).is_some_and(|column| !column.writable);
    let read_only: Vec<&str> = names.iter().copied().filter(refused).collect();
    if read_only.is_empty() {
        Ok(format!("{} columns can be written", names.len()))
    } else {
        Err(format!("cannot be written: {}", read_only.join(", ")))
    }
}
