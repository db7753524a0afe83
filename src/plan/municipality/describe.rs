//! Keys and network as status shows them.

use jichitai_api::Region;
use jichitai_api::municipality::{
    KeyPurpose, KeyStatus, KeyStatusState, NetworkStatus, SubnetStatus, TransitGatewayAttachmentStatus,
    VpcEndpointStatus, ZoneStatus,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use jichitai_api::ConditionType;

use crate::context::Context;
use crate::kms::key::{Key, KeyState};
use crate::municipality::observed::{Observed, RegionKeys};
use crate::plan::Plan;
use crate::report::aspect_of;
use crate::resolve::{Resource, owned};
use crate::tags;

/// The keys as status shows them.
#[must_use]
pub fn keys(observed: &Observed, plan: &Plan, ctx: &Context) -> Vec<KeyStatus> {
    let mut all = Vec::new();
    for (region, have) in &observed.regions {
        for (role, key) in owned(&have.keys, ctx) {
            let Some(purpose) = purpose(role.as_str()) else {
                continue;
            };
            all.push(key_status(*region, purpose, key, have, plan, ctx));
        }
    }
    all.sort_by_key(|key: &KeyStatus| (key.region, key.purpose));
    all
}

fn purpose(role: &str) -> Option<KeyPurpose> {
    match role {
        "key.all" => Some(KeyPurpose::All),
        "key.ebs" => Some(KeyPurpose::Ebs),
        "key.s3" => Some(KeyPurpose::S3),
        "key.rds" => Some(KeyPurpose::Rds),
        _ => None,
    }
}

fn key_status(
    region: Region,
    purpose: KeyPurpose,
    key: &Key,
    have: &RegionKeys,
    plan: &Plan,
    ctx: &Context,
) -> KeyStatus {
    let usage = have.usage.get(&key.id);
    let (state, deletion_date) = match &key.state {
        KeyState::Enabled => (KeyStatusState::Enabled, None),
        KeyState::Disabled => (KeyStatusState::Disabled, None),
        KeyState::PendingDeletion { at } => (KeyStatusState::PendingDeletion, at.map(Time)),
        KeyState::Other(_) => (KeyStatusState::Unknown, None),
    };
    let since = key
        .tags
        .get(tags::QUARANTINED_SINCE)
        .and_then(|at| at.parse::<Timestamp>().ok());
    let quarantined_until = since
        .and_then(|since| since.checked_add(ctx.settings.key_quarantine).ok())
        .map(Time);
    let blocked = plan
        .blocks
        .iter()
        .any(|halt| halt.part.region == region && aspect_of(&halt.part) == ConditionType::KeysReady);
    let uses = usage.filter(|_| blocked).map(|usage| {
        usage
            .uses
            .iter()
            .take(20)
            .map(|one| format!("{} {}", one.kind, one.id))
            .collect()
    });
    KeyStatus {
        region,
        purpose,
        arn: Some(key.arn.clone()),
        state,
        rotation_period_days: key.rotation_days.present().copied(),
        in_use: usage
            .filter(|usage| usage.unreadable.is_empty())
            .map(|usage| !usage.uses.is_empty()),
        uses_checked: usage.map(|usage| usage.checked.clone()).unwrap_or_default(),
        deletion_date,
        quarantined_until,
        blockers: uses.unwrap_or_default(),
    }
}

/// The network as status shows it.
#[must_use]
pub fn network(observed: &Observed, zones: &[String], ctx: &Context) -> Option<NetworkStatus> {
    let have = &observed.network;
    let vpc_id = owned(&have.vpcs, ctx).next().map(|(_, vpc)| vpc.id.clone())?;
    let of = |prefix: &str, name: &str| format!("{prefix}.{name}");
    fn find<T: Resource>(list: &crate::observation::Listing<T>, role: &str, ctx: &Context) -> Option<String> {
        owned(list, ctx)
            .find(|(found, _)| found.as_str() == role)
            .map(|(_, thing)| thing.id().to_owned())
    }
    let zone = |name: &String| ZoneStatus {
        name: name.clone(),
        route_table_id: find(&have.route_tables, &of("route-table", name), ctx),
        network_acl_id: find(&have.network_acls, &of("network-acl", name), ctx),
        security_group_id: find(&have.security_groups, &of("security-group", name), ctx),
        subnets: owned(&have.subnets, ctx)
            .filter_map(|(role, subnet)| {
                let name = role.as_str().strip_prefix(&format!("subnet.{name}."))?.to_owned();
                Some(SubnetStatus {
                    name,
                    id: subnet.id.clone(),
                    availability_zone: subnet.zone.clone(),
                })
            })
            .collect(),
    };
    Some(NetworkStatus {
        vpc_id: Some(vpc_id),
        zones: zones.iter().map(zone).collect(),
        transit_gateway_attachment: owned(&have.attachments, ctx).next().map(|(_, attachment)| {
            TransitGatewayAttachmentStatus {
                id: attachment.id.clone(),
                state: attachment.state.clone(),
            }
        }),
        endpoints: owned(&have.endpoints, ctx)
            .filter_map(|(role, endpoint)| {
                let service = role.as_str().strip_prefix("endpoint.")?.to_owned();
                Some(VpcEndpointStatus {
                    service,
                    id: endpoint.id.clone(),
                    state: endpoint.state.clone(),
                })
            })
            .collect(),
    })
}
