//! A server on a free port and a client that shows everything.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;
use tokio::net::TcpListener;
use trueup_sandbox::http::{Sandbox, Server, serve};
use trueup_sandbox::hubspot::{Owner, Portal, RecordSeed};

/// A served portal with the owner 88 and these contacts.
pub(crate) async fn served(records: Vec<RecordSeed>) -> Server {
    let mut portal = Portal::default();
    portal.add_owner(Owner { id: "88".into(), user_id: Some(501), ..Owner::default() }).unwrap();
    portal.add_records("contacts", records).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, Sandbox { portal, ..Sandbox::default() }).unwrap()
}

/// What a connection carried until it ended.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// None when the connection ended without a status line.
    pub(crate) status: Option<u16>,
    pub(crate) body: String,
}

impl Exchange {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// One request on a connection of its own, from a thread that may block.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Exchange {
    let mut lines =
        vec![format!("{method} {path} HTTP/1.1"), "host: sandbox".into(), "connection: close".into()];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(format!("content-length: {}", body.len()));
    let text = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
    tokio::task::spawn_blocking(move || exchange(address, &text)).await.unwrap()
}

fn exchange(address: SocketAddr, text: &str) -> Exchange {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    // A cut connection may end with an error; what came before it counts.
    let _end = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    Exchange { status, body }
}

/// A request with the default token.
pub(crate) async fn api(server: &Server, method: &str, path: &str, body: &str) -> Exchange {
    send(server.address(), method, path, &[("authorization", "Bearer sandbox-token")], body).await
}

/// A request to the controls.
pub(crate) async fn control(server: &Server, method: &str, path: &str, body: &str) -> Exchange {
    send(server.address(), method, &format!("/_sandbox/{path}"), &[], body).await
}
