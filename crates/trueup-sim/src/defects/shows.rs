//! Which seeds could show a defect at all, by what they switch on.

use trueup_core::{guard::Rule, planted::Defect, setup::Action};

use crate::{
    mishap::Mishap,
    scene::Scene,
    swarm::{Mirror, Options},
    table::FaultName,
};

/// Whether a seed switches on what a defect needs to be seen. Where that is in doubt it does.
#[must_use]
pub fn shows(defect: Defect, options: &Options) -> bool {
    let mutual = options.scene.is_mutual();
    let any = |fits: fn(&Mirror) -> bool| options.mirrors.iter().any(fits);
    match defect {
        Defect::SearchThenCreate | Defect::CreateThenCommit | Defect::RetryBySearch | Defect::QuietZero => {
            !mutual && any(|mirror| !mirror.unique)
        }
        Defect::NewestWins | Defect::NewestWinsUnlogged | Defect::NoBase | Defect::EchoByTime => mutual,
        Defect::NoAudit | Defect::NoReread => options.meddling > 0 && any(|mirror| mirror.history),
        Defect::AuditNotJournaled => options.kills > 0 || late(options),
        Defect::ClosedTooEarly => options.mishap == Some(Mishap::Straggling),
        Defect::UpsertAsCreate => any(|mirror| mirror.unique),
        Defect::CursorFirst => options.deltas_only,
        Defect::CursorFirstHealed => !options.deltas_only,
        Defect::NoScopeRecheck => !mutual && options.mishap == Some(Mishap::Racing),
        Defect::NoLease | Defect::NoLeaseSearchThenCreate => options.instances > 1,
        Defect::AbsenceIsDelete => mutual && options.rules.gone == Action::Fix,
        Defect::CapOffByOne => options.caps,
        // It is planted in the store in memory.
        Defect::ApprovalUnbound => !options.sqlite && (options.caps || options.rules.gone == Action::Fix),
        Defect::ApprovalWithoutCeiling => options.low_ceilings > 0,
        Defect::ConflictOverwritten => !options.sqlite && mutual,
        Defect::AckBeforeStore => mutual && (options.cuts > 0 || options.unanswered > 0),
        Defect::UnreadableAsNull => options.mishap == Some(Mishap::Unreadable),
        Defect::BaseFromSent => options.mishap == Some(Mishap::Respelled),
        Defect::Rule(rule) => by_rule(rule, options),
        Defect::Behind(Rule::TenantChanged) | Defect::Bare(Rule::TenantChanged) => {
            options.mishap == Some(Mishap::KeySwapped)
        }
        Defect::Behind(Rule::Authority) | Defect::Bare(Rule::Authority) => options.scene == Scene::Fields,
        Defect::Behind(_) | Defect::Bare(_) => !mutual,
        Defect::NoPreimage | Defect::TombstoneForgotten | Defect::AliasNotFollowed | Defect::UndoTramples => {
            true
        }
    }
}

fn late(options: &Options) -> bool {
    let lost = |mirror: &Mirror| {
        let names = [FaultName::Late, FaultName::LostAfter, FaultName::LostBefore];
        names.into_iter().any(|name| mirror.faults.share(name) > 0)
    };
    options.mirrors.iter().chain([&options.truth]).any(lost)
}

fn by_rule(rule: Rule, options: &Options) -> bool {
    let needed = match rule {
        Rule::ForeignRecord => Mishap::FilterIgnored,
        Rule::Verbs => Mishap::NoArchive,
        Rule::Required => Mishap::Nameless,
        Rule::Representable => Mishap::TooLong,
        Rule::Blanking => Mishap::Cleared,
        Rule::SameValueEverywhere => Mishap::DraggedDown,
        Rule::EmptiedSource => Mishap::Emptied,
        Rule::IncompleteListing => Mishap::CutShort,
        Rule::SchemaMoved => Mishap::ColumnGone,
        Rule::ConfigChanged => Mishap::ConfigMoved,
        Rule::TooManyConflicts => Mishap::BothEdited,
        Rule::TooManyUpdates | Rule::TooManyCreates => return options.caps,
        Rule::TooManyArchives | Rule::Archives => return options.rules.gone == Action::Fix,
        Rule::Immutable => Mishap::Renumbered,
        Rule::TenantChanged => Mishap::KeySwapped,
        Rule::Authority => return options.scene == Scene::Fields,
        Rule::Scope => return true,
    };
    options.mishap == Some(needed)
}
