//! The inventory of one object: what was found, what is intended, what was lost.

use std::collections::BTreeMap;

use jichitai_api::{InventoryEntry, InventoryState, Reason, Region};

use crate::context::Context;
use crate::identity::{AccountId, Part};
use crate::kms::key::KeyState;
use crate::ledger::Ledger;
use crate::municipality::observed::Observed;
use crate::observation::Fault;
use crate::plan::Plan;
use crate::resolve::Resource;
use crate::step::Step;
use crate::tags;

/// Everything of this object that was found, for the inventory.
#[must_use]
pub fn find(observed: &Observed, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
    let mut all = Vec::new();
    let mut add = |region: Region, service: &str, role: &tags::Ownership, id: &str, arn: Option<String>, state| {
        let tags::Ownership::Ours(role) = role else { return };
        let entry = InventoryEntry {
            role: role.to_string(),
            service: service.into(),
            region,
            account: account.to_string(),
            id: id.into(),
            arn,
            state,
            token: None,
            incarnation: 0,
            since: None,
        };
        all.push((Part::new(region, role.as_str()), entry));
    };
    for (region, have) in &observed.regions {
        for key in have.keys.iter().flatten() {
            let state = match key.state {
                KeyState::PendingDeletion { .. } => InventoryState::PendingDeletion,
                KeyState::Enabled | KeyState::Disabled | KeyState::Other(_) => InventoryState::Present,
            };
            add(
                *region,
                "kms",
                &tags::ownership(&key.tags, &ctx.identity),
                &key.id,
                Some(key.arn.clone()),
                state,
            );
        }
    }
    let network = &observed.network;
    macro_rules! ec2 {
        ($($list:ident),*) => {
            $(for thing in network.$list.iter().flatten() {
                let ownership = tags::ownership(thing.tags(), &ctx.identity);
                add(Region::Tokyo, "ec2", &ownership, thing.id(), None, InventoryState::Present);
            })*
        };
    }
    ec2!(
        vpcs,
        subnets,
        route_tables,
        network_acls,
        security_groups,
        endpoints,
        flow_logs,
        attachments
    );
    all
}

/// The ledger after a pass: what was found, what is intended still, what was lost, what is gone.
#[must_use]
pub fn settle(
    observed: &Observed,
    account: &AccountId,
    plan: &Plan,
    failed: &[(Step, Fault)],
    ctx: &Context,
) -> Ledger {
    let mut ledger = ctx.ledger.clone();
    let found = find(observed, account, ctx);
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
            (None, _) if pending || !is_readable(observed, part) => {}
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
pub fn names(observed: &Observed, account: &AccountId, ctx: &Context) -> BTreeMap<String, Part> {
    let found = find(observed, account, ctx).into_iter();
    let both = |(part, entry): (Part, InventoryEntry)| {
        let arn = entry.arn.map(|arn| (arn, part.clone()));
        std::iter::once((entry.id, part)).chain(arn)
    };
    found.flat_map(both).collect()
}

/// Whether AWS shows anything of this object.
#[must_use]
pub fn owns_anything(observed: &Observed, account: &AccountId, ctx: &Context) -> bool {
    !find(observed, account, ctx).is_empty()
}

/// Whether what a part is found in could be read: only then is it certainly gone.
#[must_use]
pub fn is_readable(observed: &Observed, part: &Part) -> bool {
    let network = &observed.network;
    match part.role.as_str().split('.').next().unwrap_or_default() {
        "key" => observed.region(part.region).keys.is_ok(),
        "vpc" => network.vpcs.is_ok(),
        "subnet" => network.subnets.is_ok(),
        "route-table" => network.route_tables.is_ok(),
        "network-acl" => network.network_acls.is_ok(),
        "security-group" => network.security_groups.is_ok(),
        "endpoint" => network.endpoints.is_ok(),
        "flow-log" => network.flow_logs.is_ok(),
        "tgw-attachment" => network.attachments.is_ok(),
        _ => false,
    }
}
