//! Stands between the program and a portal and changes what passes: a filter that fails, for one.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Changes a body on its way, given the path of the request.
type Change = dyn Fn(Way, &str, String) -> String + Send + Sync;

/// Which way a body goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the portal.
    There,
    /// To the program.
    Back,
}

/// A proxy on loopback. It ends with the process.
pub(crate) struct Proxy {
    pub(crate) url: String,
    changed: Arc<AtomicBool>,
}

/// The head of a message, line by line, and its body.
struct Message {
    head: Vec<String>,
    body: String,
}

impl Proxy {
    pub(crate) fn new(
        target: &str,
        change: impl Fn(Way, &str, String) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let host = target.strip_prefix("http://").unwrap().to_owned();
        let (change, changed): (Arc<Change>, _) = (Arc::new(change), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&changed);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (host, change, seen) = (host.clone(), Arc::clone(&change), Arc::clone(&seen));
                thread::spawn(move || serve(client, &host, &*change, &seen));
            }
        });
        Self { url, changed }
    }

    /// Whether anything was changed.
    pub(crate) fn changed(&self) -> bool {
        self.changed.load(Ordering::SeqCst)
    }
}

/// Passes one request and its answer on, and closes.
fn serve(mut client: TcpStream, host: &str, change: &Change, seen: &AtomicBool) {
    let request = read(&mut client);
    let path = request.head[0].split(' ').nth(1).unwrap().split('?').next().unwrap().to_owned();
    let pass = |way: Way, message: Message| {
        let body = change(way, &path, message.body.clone());
        seen.fetch_or(body != message.body, Ordering::SeqCst);
        Message { head: message.head, body }
    };
    let mut server = TcpStream::connect(host).unwrap();
    send(&mut server, &pass(Way::There, request));
    let answer = read(&mut server);
    send(&mut client, &pass(Way::Back, answer));
}

fn read(stream: &mut TcpStream) -> Message {
    let mut reader = BufReader::new(stream);
    let lines = reader.by_ref().lines().map(Result::unwrap);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length =
        head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    Message { head, body: String::from_utf8(body).unwrap() }
}

fn send(stream: &mut TcpStream, message: &Message) {
    let named = |line: &&String| {
        !["content-length", "connection"]
            .contains(&line.split(':').next().unwrap().to_ascii_lowercase().as_str())
    };
    let head: Vec<&str> = message.head.iter().filter(named).map(String::as_str).collect();
    let length = message.body.len();
    write!(
        stream,
        "{}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{}",
        head.join("\r\n"),
        message.body
    )
    .unwrap();
}
