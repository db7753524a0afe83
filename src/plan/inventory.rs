//! The inventory of one object: what was found, what is intended, what was lost.

use std::collections::BTreeMap;

use jichitai_api::{InventoryEntry, InventoryState, Reason};

use crate::context::Context;
use crate::goal::Observed;
use crate::identity::{AccountId, Part};
use crate::ledger::Ledger;
use crate::observation::Fault;
use crate::plan::Plan;
use crate::step::Step;

/// The entry of a thing that was found.
#[must_use]
pub fn entry(part: &Part, service: &str, account: &AccountId, id: &str, arn: Option<&str>) -> InventoryEntry {
    InventoryEntry {
        role: part.role.to_string(),
        service: service.to_owned(),
        region: part.region,
        account: account.to_string(),
        id: id.to_owned(),
        arn: arn.map(str::to_owned),
        state: InventoryState::Present,
        token: None,
        incarnation: 0,
        since: None,
    }
}

/// The ledger after a pass: what was found, what is intended still, what was lost, what is gone.
#[must_use]
pub fn settle<O: Observed>(
    observed: &O,
    account: &AccountId,
    plan: &Plan,
    failed: &[(Step, Fault)],
    ctx: &Context,
) -> Ledger {
    let mut ledger = ctx.ledger.clone();
    let mut found = observed.find(account, ctx);
    // A thing whose role was taken off is no part: the plan says that it lost its tags.
    found.retain(|(part, _)| !part.role.as_str().is_empty());
    for (part, entry) in &found {
        ledger.settle(part, entry.clone());
    }
    for (part, entry) in ctx
        .ledger
        .iter()
        .filter(|(part, _)| !found.iter().any(|(known, _)| known == *part))
    {
        let blocked = plan
            .blocks
            .iter()
            .find(|halt| halt.part == *part)
            .map(|halt| halt.reason);
        let pending = plan.waits.iter().any(|halt| halt.part == *part)
            || plan.steps.iter().any(|step| step.part == *part)
            || failed.iter().any(|(step, _)| step.part == *part);
        match (blocked, entry.state) {
            (Some(Reason::OwnershipLost), _) => ledger.mark(part, InventoryState::OwnershipLost),
            (Some(Reason::Conflict | Reason::ManagedElsewhere), _) => ledger.mark(part, InventoryState::Conflict),
            (Some(_), _) => {}
            (None, _) if pending || !observed.is_readable(part) => {}
            // It was another part all the time: nobody ever asked for it under this role.
            (None, _) if entry.token.is_none() && found.iter().any(|(_, other)| other.id == entry.id) => {
                ledger.forget(part);
            }
            // It exists without our tags, and nothing was planned that would have said so.
            (None, _) if observed.shows(&entry.id) => ledger.mark(part, InventoryState::OwnershipLost),
            // AWS may not list it yet, whatever this pass planned: without its VPC nothing in it shows.
            (None, _) if ctx.may_lag(entry) => {}
            // A token has to be remembered as long as the object lives.
            (None, InventoryState::Deleting) => {}
            (None, _) => ledger.bury(part),
        }
    }
    ledger
}

/// What a plan's lines call by its part: ids and ARNs of everything that was found.
#[must_use]
pub fn names<O: Observed>(observed: &O, account: &AccountId, ctx: &Context) -> BTreeMap<String, Part> {
    let found = observed.find(account, ctx).into_iter();
    let both = |(part, entry): (Part, InventoryEntry)| {
        let arn = entry.arn.map(|arn| (arn, part.clone()));
        std::iter::once((entry.id, part)).chain(arn)
    };
    found.flat_map(both).collect()
}

/// Whether AWS shows anything of this object.
#[must_use]
pub fn owns_anything<O: Observed>(observed: &O, account: &AccountId, ctx: &Context) -> bool {
    observed.shows_any(account, ctx)
}
