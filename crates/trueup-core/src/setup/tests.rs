//! What a setup knows of its parts.

use super::*;
use crate::fixture::{
    self, PORTAL,
    hub::{self, CRM, DESK, but, person},
};

#[test]
fn a_record_is_called_by_its_label_fields_in_order() {
    let mut draft = hub::draft();
    draft.fields[1].label = true;
    let setup = draft.build().unwrap();
    let ada = person("R1", "ada@example.org");
    assert_eq!(setup.label(&ada), "ada@example.org Granby");
    assert_eq!(setup.label(&but(ada, "email", crate::value::Cell::Null)), "Granby");
    assert_eq!(fixture::setup().label(&fixture::plain("R1")), "");
}

#[test]
fn each_party_is_a_system_but_the_journal() {
    let setup = hub::setup();
    let parties = [Party::Canonical, Party::Mirror(0), Party::Mirror(1), Party::Mirror(2), Party::Journal];
    let systems = parties.map(|party| setup.system_of(party).map(SystemName::as_str));
    assert_eq!(systems, [Some(CRM), Some(PORTAL), Some(DESK), None, None]);
}

#[test]
fn a_side_is_written_where_it_is_a_mirror_or_a_source_of_truth_that_can_be() {
    let written =
        |setup: &Setup, system: &str| setup.written(&system.into()).map(|side| side.side.system.to_string());
    let hub = hub::setup();
    for system in [CRM, PORTAL, DESK] {
        assert_eq!(written(&hub, system).as_deref(), Some(system));
        assert_eq!(hub.is_canonical(&system.into()), system == CRM);
        assert_eq!(hub.mirror(&system.into()).is_some(), system != CRM);
    }
    assert_eq!((hub.canonical_writes(), hub.written_canonical().is_some()), (true, true));
    let leads = fixture::setup();
    assert_eq!(written(&leads, PORTAL).as_deref(), Some(PORTAL));
    assert_eq!((written(&leads, "workbook"), written(&leads, "nobody")), (None, None));
    assert_eq!((leads.canonical_writes(), leads.written_canonical().is_some()), (false, false));
}

#[test]
fn the_bindings_of_each_side_have_fingerprints_of_their_own() {
    let mut draft = hub::draft();
    draft.mirrors[1].side.columns[1] = "town".into();
    let setup = draft.build().unwrap();
    let tag = |side: &MirrorSide| setup.mapping(side).tag(1);
    let [portal, desk] = [0, 1].map(|at| tag(&setup.mirrors()[at]));
    let truth = tag(setup.written_canonical().unwrap());
    assert!(portal != desk && desk != truth);
    assert_eq!(setup.mapping(&setup.mirrors()[0]).tag(99), 0);
}

#[test]
fn fields_and_classes_are_found_by_their_names() {
    let setup = fixture::setup();
    for (at, field) in setup.fields().iter().enumerate() {
        let id = setup.field_named(field.name.as_str()).unwrap();
        assert_eq!((id.index(), setup.field_name(id)), (at, &field.name));
    }
    assert_eq!(setup.field_named("nobody"), None);
    for class in setup.classes() {
        assert_eq!(setup.class(&class.id).map(|class| &class.id), Some(&class.id));
    }
    assert!(setup.class(&"nobody".into()).is_none());
    assert_eq!(setup.class_for(&Trigger::Gone).map(|class| class.id.as_str()), Some("gone"));
    assert!(setup.class_for(&Trigger::Other).is_none());
    assert_eq!((setup.pipeline().as_str(), setup.entity(), setup.config_hash()), ("leads", "lead", "c1"));
}

#[test]
fn every_expression_is_listed_with_its_place() {
    let mut draft = fixture::draft();
    draft.canonical.bindings[4].lens = Lens::Expr(Expr::compile("lower(CITY)").unwrap());
    let when = Some(Expr::compile("blank(mirror)").unwrap());
    draft.classes[0].trigger = Trigger::Differs { field: crate::name::FieldId(0), when };
    let setup = draft.build().unwrap();
    let listed: Vec<_> = setup.expressions().map(|(place, expr)| (place, expr.source())).collect();
    assert_eq!(listed, [("city", "lower(CITY)"), ("D2", "blank(mirror)")]);
}
