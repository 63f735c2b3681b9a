//! A folder with a workbook and a configuration, a portal on loopback, and the program.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::shapes;

/// The token of the sandbox, as a canary: it must never be seen in any output.
pub(crate) const TOKEN: &str = "canary-token-7d1f";
/// The owner whose contacts are in scope.
pub(crate) const OWNER: &str = "88361194";
const HEADERS: [&str; 7] = ["LEAD_ID", "FIRST_NAME", "LAST_NAME", "EMAIL_ALL", "PHONE_ALL", "CITY", "NIGHTS"];

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Standard output as the one JSON document it must be.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error} in {}\nstderr:\n{}", self.out, self.err))
    }

    #[track_caller]
    pub(crate) fn last_line(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The program with a clean environment.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.current_dir(folder).stdin(Stdio::null());
    for name in ["NO_COLOR", "TERM", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "TRUEUP_CONFIG"] {
        command.env_remove(name);
    }
    command.env("HUBSPOT_TOKEN", TOKEN).env("USER", "ada").env_remove("LOGNAME");
    command
}

/// Runs the program in a folder.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Ran {
    program(folder).args(args).output().unwrap().into()
}

/// A lead of the workbook, in the order of its columns.
pub(crate) type Lead = [String; 7];

/// An invented lead.
pub(crate) fn lead(number: usize) -> Lead {
    [
        format!("R{number:05}"),
        format!("Ada{number}"),
        format!("Lovelace{number}"),
        format!("ada{number}@example.org; ada{number}b@example.org"),
        format!("970-555-01{number:02}"),
        "Grand Lake".to_owned(),
        "120".to_owned(),
    ]
}

/// The contact that agrees with a lead.
pub(crate) fn contact(lead: &Lead, id: usize) -> Value {
    let emails: Vec<&str> = lead[3].split("; ").collect();
    json!({
        "id": id.to_string(),
        "properties": {
            "trackingsource": format!("ID:{}", lead[0]),
            "firstname": lead[1],
            "lastname": lead[2],
            "email": emails[0],
            "hs_additional_emails": emails[1..].join(";"),
            "phone": format!("+1{}", lead[4].replace('-', "")),
            "city": lead[5],
            "commission_tier": "premium",
            "hubspot_owner_id": OWNER,
        }
    })
}

/// A portal on loopback. It ends with the value.
pub(crate) struct Portal {
    child: Child,
    pub(crate) url: String,
}

impl Portal {
    pub(crate) fn with(folder: &Path, contacts: &[Value]) -> Self {
        let state = json!({
            "tokens": [token()],
            "owners": [{ "id": OWNER, "email": "owner@example.org" }, { "id": "77000111", "email": "other@example.org" }],
            "objects": { "contacts": {
                "properties": [
                    { "name": "trackingsource" },
                    { "name": "commission_tier" },
                    { "name": "trueup_id", "hasUniqueValue": true },
                ],
                "records": contacts,
            } },
        });
        let path = folder.join("portal.json");
        fs::write(&path, state.to_string()).unwrap();
        Self::holding(folder, &path)
    }

    /// A portal that begins with the state of a file.
    pub(crate) fn holding(folder: &Path, state: &Path) -> Self {
        let mut command = program(folder);
        command.args(["sandbox", "hubspot", "--json", "--quiet", "--state"]).arg(state);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        shapes::fits(&said, "trueup.sandbox/v1");
        Self { child, url: said["url"].as_str().unwrap().to_owned() }
    }

    /// The requests so far, as the sandbox itself classified them.
    pub(crate) fn requests(&self) -> Vec<Value> {
        serde_json::from_str(&self.get("/_sandbox/requests")).unwrap()
    }

    pub(crate) fn writes(&self) -> usize {
        self.requests().iter().filter(|request| request["class"] == "write").count()
    }

    /// The current value of a contact's property.
    pub(crate) fn value(&self, id: usize, property: &str) -> Value {
        let record: Value =
            serde_json::from_str(&self.get(&format!("/_sandbox/dump/contacts/{id}"))).unwrap();
        record["properties"][property].clone()
    }

    fn get(&self, path: &str) -> String {
        self.call("GET", path, "")
    }

    /// One request to the sandbox's controls.
    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> String {
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.0\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn token() -> Value {
    let scopes = [
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.schemas.contacts.read",
        "crm.schemas.contacts.write",
        "crm.objects.owners.read",
    ];
    json!({ "token": TOKEN, "scopes": scopes, "appId": "1" })
}

/// Seed A in small: a workbook, a portal, a configuration.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) portal: Portal,
}

impl Bench {
    /// A portal with these contacts; the workbook holds these leads.
    pub(crate) fn new(leads: &[Lead], contacts: &[Value]) -> Self {
        let folder = TempDir::new().unwrap();
        let portal = Portal::with(folder.path(), contacts);
        let bench = Self { folder, portal };
        bench.save(leads);
        bench.configure(|text| text);
        bench
    }

    /// Leads and contacts that agree, but for two phones.
    pub(crate) fn two_phones_apart(number: usize) -> Self {
        let leads: Vec<Lead> = (1..=number).map(lead).collect();
        let mut contacts: Vec<Value> =
            leads.iter().enumerate().map(|(at, lead)| contact(lead, 101 + at)).collect();
        contacts[0]["properties"]["phone"] = json!("970 555 0177");
        contacts[1]["properties"]["phone"] = json!("+19705550178");
        Self::new(&leads, &contacts)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn save(&self, leads: &[Lead]) {
        save(&self.path("leads.xlsx"), leads);
    }

    /// Writes the template's configuration, pointed at the portal, after a change of its text.
    pub(crate) fn configure(&self, change: impl FnOnce(String) -> String) {
        let _old = fs::remove_file(self.path("trueup.yaml"));
        run_in(self.folder.path(), &["init"]).expect(0);
        let text = fs::read_to_string(self.path("trueup.yaml")).unwrap();
        let text = text.replace("kind: hubspot\n", &format!("kind: hubspot\n    url: {}\n", self.portal.url));
        fs::write(self.path("trueup.yaml"), change(text)).unwrap();
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run_in(self.folder.path(), args)
    }
}

/// Writes a workbook.
pub(crate) fn save(path: &Path, leads: &[Lead]) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Lead Details").unwrap();
    for (column, header) in (0..).zip(HEADERS) {
        sheet.write(0, column, header).unwrap();
    }
    for (row, lead) in (1..).zip(leads) {
        for (column, cell) in (0..).zip(lead) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write(row, column, number).unwrap(),
                Err(_) => sheet.write(row, column, cell).unwrap(),
            };
        }
    }
    book.save(path).unwrap();
}
