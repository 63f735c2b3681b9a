//! `sandbox`: serves an emulator on this machine until somebody stops it.

use std::{fs, path::Path, time::Duration};

use serde_json::json;
use tokio::net::TcpListener;
use trueup_sandbox::{
    clock::Clock,
    http::{Sandbox, ServeError},
    hubspot::{DEFAULT_TOKEN, Portal, Snapshot},
    ntfy,
};

use super::context::Context;
use crate::{
    args::SandboxKind,
    output::{Answer, Exit, Failure},
};

pub(super) async fn run(context: &Context<'_>, kind: SandboxKind) -> Result<Answer, Failure> {
    match kind {
        SandboxKind::Hubspot { port, state, lag } => hubspot(context, port, state.as_deref(), lag).await,
        SandboxKind::Ntfy { port } => board(context, port).await,
    }
}

async fn hubspot(
    context: &Context<'_>,
    port: u16,
    state: Option<&Path>,
    lag: Option<Duration>,
) -> Result<Answer, Failure> {
    let mut portal = state.map_or_else(|| Ok(Portal::default()), read)?;
    if let Some(lag) = lag {
        let mut settings = portal.settings().clone();
        settings.search_lag_ms = i64::try_from(lag.as_millis()).unwrap_or(i64::MAX);
        portal.set_settings(settings, jiff::Timestamp::now().as_millisecond());
    }
    let server =
        trueup_sandbox::http::serve(listener(port).await?, Sandbox { portal, clock: Clock::default() })
            .map_err(unserved)?;
    announce(context, "hubspot", &server.url(), Some(DEFAULT_TOKEN));
    context.stopping.wait().await;
    server.shutdown().await;
    Ok(Answer::Shown(Exit::Done))
}

async fn board(context: &Context<'_>, port: u16) -> Result<Answer, Failure> {
    let server = ntfy::serve(listener(port).await?).map_err(unserved)?;
    announce(context, "ntfy", &server.url(), None);
    context.stopping.wait().await;
    server.shutdown().await;
    Ok(Answer::Shown(Exit::Done))
}

/// The first line is the address, so that a script can take it.
fn announce(context: &Context<'_>, kind: &str, url: &str, token: Option<&str>) {
    if context.terminal.json() {
        let json = json!({ "schema": "trueup.sandbox/v1", "kind": kind, "url": url, "token": token });
        context.terminal.print(&json.to_string());
    } else {
        context.terminal.print(url);
        let token = token.map(|token| format!(" with the token {token}")).unwrap_or_default();
        context
            .terminal
            .say(&format!("{kind} is served{token}; controls are under {url}/_sandbox/; Ctrl-C stops it"));
    }
}

async fn listener(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        Failure::failed("port", format!("port {port} cannot be used: {error}"))
            .help("give another one with `--port`")
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is a function for `map_err`")]
fn unserved(error: ServeError) -> Failure {
    Failure::failed("sandbox", error.to_string())
}

fn read(path: &Path) -> Result<Portal, Failure> {
    let place = path.display().to_string();
    let text = fs::read(path).map_err(|error| {
        Failure::failed("unreadable", format!("the state cannot be read: {error}")).at(&*place)
    })?;
    let snapshot: Snapshot = serde_json::from_slice(&text).map_err(|error| {
        let place = format!("{place}:{}:{}", error.line(), error.column());
        Failure::usage("bad_state", "the file is no state of a portal").at(place)
    })?;
    Portal::from_snapshot(snapshot).map_err(|error| Failure::usage("bad_state", error.to_string()).at(place))
}
