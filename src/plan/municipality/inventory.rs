//! What of a municipality goes into its inventory, and where each part is looked for.

use jichitai_api::{InventoryEntry, InventoryState, Region};

use crate::context::Context;
use crate::identity::{AccountId, Part};
use crate::inventory::entry;
use crate::kms::key::KeyState;
use crate::municipality::observed::Observed;
use crate::resolve::{Resource, owned};

/// Everything of this object that was found.
pub(super) fn find(observed: &Observed, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
    let mut all = Vec::new();
    for (region, have) in &observed.regions {
        for (role, key) in owned(&have.keys, ctx) {
            let state = match key.state {
                KeyState::PendingDeletion { .. } => InventoryState::PendingDeletion,
                KeyState::Enabled | KeyState::Disabled | KeyState::Other(_) => InventoryState::Present,
            };
            let part = Part::new(*region, role.as_str());
            all.push(InventoryEntry {
                state,
                ..entry(&part, "kms", account, key.id(), Some(&key.arn))
            });
        }
    }
    let network = &observed.network;
    macro_rules! ec2 {
        ($($list:ident),*) => {
            $(for (role, thing) in owned(&network.$list, ctx) {
                all.push(entry(&Part::new(Region::Tokyo, role.as_str()), "ec2", account, thing.id(), None));
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
    all.into_iter()
        .map(|entry| (Part::new(entry.region, entry.role.as_str()), entry))
        .collect()
}

/// Whether what a part is found in could be read: only then is it certainly gone.
pub(super) fn is_readable(observed: &Observed, part: &Part) -> bool {
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
