//! What the file of the template means.

use std::{path::Path, time::Duration};

use crate::{changed, look, read, template};
use trueup_config::{Code, HubspotObject, HubspotVersion, SecretRef, SystemConfig, Template, load};
use trueup_core::{
    merge::{Flow, Survivor},
    name::SystemName,
    setup::{Action, Lens, Setup, Trigger},
    value::Kind,
};

fn setup() -> std::sync::Arc<Setup> {
    std::sync::Arc::clone(&read(template()).unwrap().pipelines[0].setup)
}

#[test]
fn every_template_is_a_right_configuration() {
    for template in Template::all() {
        let config =
            trueup_config::parse(template.text, "trueup.yaml", &look).unwrap_or_else(|e| panic!("{}", e[0]));
        assert!(!config.pipelines.is_empty());
        assert_eq!(Template::by_name(template.slug), Some(template));
        assert!(template.text.lines().all(|line| line.len() <= 110 && line.trim_end() == line));
    }
    assert_eq!(Template::by_name("z"), None);
}

#[test]
fn columns_of_the_source_start_with_the_key_and_never_repeat() {
    let setup = setup();
    let columns = &setup.canonical().columns;
    assert_eq!(columns, &["LEAD_ID", "FIRST_NAME", "LAST_NAME", "EMAIL_ALL", "PHONE_ALL", "CITY", "NIGHTS"]);
}

#[test]
fn columns_of_a_mirror_are_its_properties_then_scope_then_ext_id() {
    let setup = setup();
    let mirror = &setup.mirrors()[0];
    let want = [
        "trackingsource",
        "firstname",
        "lastname",
        "email",
        "hs_additional_emails",
        "phone",
        "city",
        "commission_tier",
        "hubspot_owner_id",
        "trueup_id",
    ];
    assert_eq!(mirror.side.columns, want);
    let scope = mirror.scope.as_ref().unwrap();
    assert_eq!((scope.column, scope.equals.as_str()), (8, "88361194"));
    assert_eq!(mirror.ext_id_column.as_deref(), Some("trueup_id"));
    assert_eq!(mirror.token, setup.field_named("token"));
}

#[test]
fn lenses_kinds_and_flows_are_as_written() {
    let setup = setup();
    let lens = |name: &str| setup.canonical().binding(setup.field_named(name).unwrap()).unwrap().lens.clone();
    assert!(matches!(lens("email"), Lens::First));
    assert!(matches!(lens("more_emails"), Lens::Rest));
    assert!(matches!(lens("commission"), Lens::Expr(_)));
    let mirror = &setup.mirrors()[0].side;
    let bound = |name: &str| mirror.binding(setup.field_named(name).unwrap()).unwrap();
    assert!(matches!(&bound("token").lens, Lens::Tokens { prefix } if prefix == "ID:"));
    assert!(matches!(bound("more_emails").lens, Lens::List { delimiter: ';' }));
    assert_eq!(bound("city").flow, Flow::Out);
    assert!(!bound("city").create_only);
    let owner = bound("hubspot_owner_id");
    assert!(owner.create_only && matches!(&owner.lens, Lens::Constant(text) if text == "88361194"));
    assert_eq!(mirror.column(owner), "hubspot_owner_id");
    let phone = setup.field(setup.field_named("phone").unwrap());
    assert!(matches!(phone.kind, Kind::Phone(_)));
    assert_eq!(setup.field(setup.field_named("token").unwrap()).survivor, Survivor::Union);
}

#[test]
fn classes_keep_their_order_and_every_trigger_has_one() {
    let setup = setup();
    let ids: Vec<&str> = setup.classes().iter().map(|class| class.id.as_str()).collect();
    let want = [
        "D2",
        "D3",
        "D4",
        "D5",
        "D6",
        "D7",
        "D8",
        "F1",
        "F2",
        "F3",
        "other",
        "gone",
        "deleted",
        "ambiguous",
        "key_changed",
        "unreadable",
    ];
    assert_eq!(ids, want);
    let gone = setup.class_for(&Trigger::Gone).unwrap();
    assert_eq!((gone.action, gone.title.as_str()), (Action::Flag, "gone from the source of truth"));
    let bare = template()
        .lines()
        .filter(|line| !line.trim_start().starts_with(['D', 'F']) && !line.contains("on: other"));
    let text = bare.collect::<Vec<_>>().join("\n");
    let all = read(&text).unwrap_or_else(|e| panic!("{}", e[0]));
    assert_eq!(all.pipelines[0].setup.classes().len(), 10);
    assert!(all.pipelines[0].setup.classes().iter().all(|class| class.action == Action::Flag));
}

#[test]
fn paths_start_from_the_file_and_secrets_stay_references() {
    let config = read(template()).unwrap();
    assert_eq!(config.state, Path::new("conf/.trueup"));
    assert_eq!(config.pipelines[0].every, Duration::from_mins(15));
    let SystemConfig::Xlsx(xlsx) = &config.systems[&SystemName::new("workbook")] else {
        panic!("no workbook")
    };
    assert_eq!((xlsx.path.as_path(), xlsx.header_row), (Path::new("conf/leads.xlsx"), 1));
    let SystemConfig::Hubspot(hubspot) = &config.systems[&SystemName::new("portal")] else {
        panic!("no portal")
    };
    assert_eq!(hubspot.token, SecretRef::Env("HUBSPOT_TOKEN".into()));
    assert_eq!(
        (hubspot.url.as_str(), hubspot.version),
        ("https://api.hubapi.com", HubspotVersion::Dated { year: 2026, month: 3 })
    );
    assert_eq!(hubspot.object, HubspotObject::Contacts);
    assert!(!format!("{config:?}").contains("hush"));
    let config = read(&changed("${HUBSPOT_TOKEN}", "file:hubspot.token")).unwrap();
    let SystemConfig::Hubspot(hubspot) = &config.systems[&SystemName::new("portal")] else {
        panic!("no portal")
    };
    assert_eq!(hubspot.token, SecretRef::File("conf/hubspot.token".into()));
}

#[test]
fn alerts_heartbeat_and_version_are_read() {
    let text = changed("# alerts:\n#   ntfy:", "alerts:\n  ntfy:").replace("# heartbeat", "heartbeat");
    let config = read(&text.replace("    token: ${HUB", "    version: v3\n    token: ${HUB")).unwrap();
    let ntfy = config.alerts.ntfy.unwrap();
    assert_eq!((ntfy.url.as_str(), ntfy.topic.as_str()), ("https://ntfy.sh", "my-leads"));
    assert_eq!(ntfy.token, Some(SecretRef::Env("NTFY_TOKEN".into())));
    assert_eq!(config.heartbeat.unwrap().as_str(), "https://hc.example.org/ping");
    let SystemConfig::Hubspot(hubspot) = &config.systems[&SystemName::new("portal")] else {
        panic!("no portal")
    };
    assert_eq!(hubspot.version, HubspotVersion::V3);
}

#[test]
fn caps_and_durations_left_out_keep_their_defaults() {
    let setup = setup();
    assert_eq!(*setup.caps(), trueup_core::setup::Caps::default());
    assert_eq!(*setup.timing(), trueup_core::setup::Timing::default());
}

#[test]
fn short_durations_are_taken_when_every_target_is_on_this_machine() {
    let text = changed("    token: ${HUB", "    url: http://127.0.0.1:8080\n    token: ${HUB").replace(
        "    caps:\n",
        "    timing: { lease: 300ms, max_in_flight: 120ms, margin: 0ms }\n    caps:\n",
    );
    let timing = *read(&text).unwrap_or_else(|e| panic!("{}", e[0])).pipelines[0].setup.timing();
    assert_eq!((timing.lease_ms, timing.max_in_flight_ms, timing.margin_ms), (300, 120, 0));
    assert_eq!(timing.guard_age_ms, 10_000);
}

#[test]
fn a_file_that_is_not_there_is_named_with_the_way_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trueup.yaml");
    let missing = load(&path, &look).expect_err("nothing is there");
    assert_eq!(missing[0].code, Code::Unreadable);
    assert!(missing[0].to_string().contains("trueup init --template a"));
    std::fs::write(&path, template()).unwrap();
    assert_eq!(load(&path, &look).unwrap().state, folder.path().join(".trueup"));
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(load(&path, &look).expect_err("not text")[0].code, Code::Unreadable);
}
