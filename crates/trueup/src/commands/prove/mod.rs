//! `prove`: attacks this configuration and sees every guard hold.
//!
//! Each rule is attacked twice: with all rules the attack must be held by that very rule, and with this
//! one rule left out it must get through, which shows that this rule is what stops it. What can be played
//! end to end is: the real engine, the real connector, real HTTP to a sandbox on loopback, whose request
//! log must hold no write. The systems of the configuration are never asked anything.

mod attacks;
mod copy;
mod played;
mod shape;
mod stage;

use serde_json::json;
#[cfg(feature = "planted-defects")]
use trueup_core::guard::Rule;

use super::context::Context;
use crate::{
    args::Prove,
    output::{
        Answer, Exit, Failure, Report, count,
        table::{Column, Table},
    },
};

/// What became of one attack.
pub(super) struct Proof {
    /// The rule or the promise that is attacked.
    name: String,
    /// How it was attacked.
    attack: &'static str,
    /// Whether it was stopped.
    held: bool,
    /// Whether it gets through without the rule; `None` where no rule was left out.
    through: Option<bool>,
}

impl Proof {
    fn is_proven(&self) -> bool {
        self.held && self.through.unwrap_or(true)
    }
}

pub(super) async fn run(context: &Context<'_>, args: &Prove) -> Result<Answer, Failure> {
    plant(args)?;
    let wired = context.wired()?;
    let mut proofs = Vec::new();
    for line in context.lines(&wired)? {
        for side in line.engine.setup.mirrors() {
            proofs.extend(attacks::all(&line.engine, side)?);
            proofs.extend(played::all(context, &wired, &line.engine.setup, side).await?);
        }
    }
    Ok(report(context, &proofs))
}

fn report(context: &Context<'_>, proofs: &[Proof]) -> Answer {
    let mut table = Table::new(&[
        ("RULE", Column::Keep),
        ("HELD", Column::Keep),
        ("THROUGH", Column::Keep),
        ("ATTACK", Column::Cut),
    ]);
    let word = |yes: bool| if yes { "yes" } else { "NO" };
    for proof in proofs {
        table.row([proof.name.as_str(), word(proof.held), proof.through.map_or("-", word), proof.attack]);
    }
    let failed = proofs.iter().filter(|proof| !proof.is_proven()).count();
    let last = match failed {
        0 => format!("every guard holds: {}", count(proofs.len(), "attack")),
        failed => format!("{failed} of {} not proven", count(proofs.len(), "attack")),
    };
    let exit = if failed == 0 && !proofs.is_empty() { Exit::Done } else { Exit::Halted };
    let all: Vec<_> = proofs
        .iter()
        .map(|one| json!({ "name": one.name, "attack": one.attack, "held": one.held, "through": one.through, "proven": one.is_proven() }))
        .collect();
    let json = json!({ "schema": "trueup.proof/v1", "exit": exit.code(), "proven": exit == Exit::Done, "attacks": all });
    Report::ended(exit, table.told(context.terminal, &last), json)
}

#[cfg(feature = "planted-defects")]
fn plant(args: &Prove) -> Result<(), Failure> {
    let Some(name) = &args.plant else { return Ok(()) };
    let rule = Rule::by_name(name)
        .ok_or_else(|| Failure::usage("unknown_rule", format!("there is no rule '{name}'")))?;
    trueup_core::planted::plant(Some(trueup_core::planted::Defect::Rule(rule)));
    Ok(())
}

#[cfg(not(feature = "planted-defects"))]
#[expect(clippy::unnecessary_wraps, reason = "with planted defects it can fail")]
const fn plant(_args: &Prove) -> Result<(), Failure> {
    Ok(())
}
