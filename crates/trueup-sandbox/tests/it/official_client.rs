//! HubSpot's own Python client against the sandbox: what it sends must be accepted, what it gets must be understood.

use std::path::Path;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::peer::python_with;
use crate::support::served;

#[tokio::test]
async fn the_official_python_client_is_served() {
    let Some(python) = python_with("hubspot", "hubspot-api-client") else { return };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/official_client.py");
    let server = served(Vec::new()).await;
    let output = Command::new(python).arg(program).arg(server.url()).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({
        "created": 3, "listed": true, "last_page_has_no_paging": true, "get_all": 3,
        "search_total": 1, "search_email": "ada@example.com",
        "read_type": "BatchResponseSimplePublicObjectWithErrors", "read_errors": 1, "read_history": "INTEGRATION",
        "update_type": "BatchResponseSimplePublicObjectWithErrors", "update_trace": ["1"],
        "conflict": [409, "CONFLICT", true],
        "merged_id_is_new": true, "old_id_resolves": true, "patch_of_old_id": true,
        "batch_update_of_old_id": ["BatchResponseSimplePublicObject", 0],
        "archived": true, "owners": ["88"], "property_type": "string",
        "rate_limited": [429, "TEN_SECONDLY_ROLLING", false],
    });
    assert_eq!(seen, expected);
    let writes =
        server.shared().with(|portal, _| portal.requests().filter(|entry| !entry.changed.is_empty()).count());
    assert_eq!(writes, 5, "batch create, batch update, merge, patch, archive");
    server.shutdown().await;
}
