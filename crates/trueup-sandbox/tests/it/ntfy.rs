//! Pushes over real HTTP.

use serde_json::json;
use tokio::net::TcpListener;
use trueup_sandbox::ntfy::serve;

use crate::support::send;

#[tokio::test]
async fn pushes_and_webhooks_are_recorded_and_can_be_waited_for() {
    let server = serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
    let address = server.address();
    let waiting =
        tokio::spawn(async move { send(address, "GET", "/_sandbox/messages?at_least=2", &[], "").await });
    let pushed = send(
        address,
        "POST",
        "/alerts",
        &[("Title", "partial"), ("Priority", "5"), ("Tags", "warning")],
        "5 parked",
    )
    .await;
    assert_eq!((pushed.status, &pushed.json()["event"]), (Some(200), &json!("message")));
    assert_eq!(send(address, "POST", "/hook/ops", &[], r#"{"state":"ok"}"#).await.status, Some(200));
    let messages = waiting.await.unwrap().json();
    assert_eq!(
        (&messages[0]["title"], &messages[0]["priority"], &messages[1]["topic"]),
        (&json!("partial"), &json!(5), &json!("/hook/ops"))
    );
    let refuse = [("content-type", "application/json")];
    assert_eq!(
        send(address, "POST", "/_sandbox/refuse", &refuse, r#"{"status":503}"#).await.status,
        Some(204)
    );
    assert_eq!(send(address, "POST", "/alerts", &[], "x").await.status, Some(503));
    assert_eq!(server.messages().len(), 2);
    assert_eq!(send(address, "DELETE", "/_sandbox/messages", &[], "").await.status, Some(204));
    assert!(server.messages().is_empty());
    server.shutdown().await;
}
