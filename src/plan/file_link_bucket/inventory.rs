//! What of a bucket's object goes into its inventory, and where each part is looked for.

use jichitai_api::{InventoryEntry, Region};

use crate::context::Context;
use crate::file_link_bucket::observed::Observed;
use crate::iam::oidc_provider;
use crate::identity::{AccountId, Part};
use crate::inventory::entry;
use crate::observation::{Listing, Observation};
use crate::resolve::{Resource, owned};
use crate::tags::{Ownership, ownership};

/// Everything of this object that was found. A provider that others use, too, is among it while this
/// object knows of it: so its end is not forgotten.
pub(super) fn find(observed: &Observed, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
    let mut all = Vec::new();
    let mut add = |region: Region, service: &str, role: &str, id: &str, arn: Option<&str>| {
        let part = Part::new(region, role);
        let entry = entry(&part, service, account, id, arn);
        all.push((part, entry));
    };
    for (region, buckets) in &observed.buckets {
        for (role, bucket) in owned(buckets, ctx) {
            add(*region, "s3", role.as_str(), bucket.id(), Some(&bucket.arn));
        }
    }
    for (role, thing) in owned(&observed.roles, ctx) {
        add(Region::Tokyo, "iam", role.as_str(), thing.id(), Some(&thing.arn));
    }
    for (role, thing) in owned(&observed.servers, ctx) {
        add(Region::Tokyo, "transfer", role.as_str(), thing.id(), Some(&thing.arn));
    }
    for (role, thing) in owned(&observed.users, ctx) {
        add(Region::Tokyo, "transfer", role.as_str(), thing.id(), Some(&thing.arn));
    }
    for (role, thing) in owned(&observed.security_groups, ctx) {
        add(Region::Tokyo, "ec2", role.as_str(), thing.id(), None);
    }
    let shared = oidc_provider::shared(&ctx.identity.installation);
    for (role, provider) in &observed.providers {
        if let Observation::Present(provider) = provider
            && matches!(ownership(&provider.tags, &shared), Ownership::Ours(_))
        {
            add(Region::Tokyo, "iam", role, &provider.arn, Some(&provider.arn));
        }
    }
    all
}

pub(super) fn shows(observed: &Observed, id: &str) -> bool {
    fn any<T: Resource>(list: &Listing<T>, id: &str) -> bool {
        list.iter().flatten().any(|thing| thing.id() == id)
    }
    let Observed {
        keys: _,
        vpcs: _,
        subnets: _,
        endpoints: _,
        security_groups,
        buckets,
        roles,
        given: _,
        named: _,
        providers,
        servers,
        users,
        other_users: _,
        secret_version: _,
    } = observed;
    buckets.values().any(|list| any(list, id))
        || any(roles, id)
        || any(servers, id)
        || any(users, id)
        || any(security_groups, id)
        || providers
            .values()
            .filter_map(Observation::present)
            .any(|one| one.arn == id)
}

pub(super) fn is_readable(observed: &Observed, part: &Part) -> bool {
    match part.role.as_str().split('.').next().unwrap_or_default() {
        "bucket" => observed.buckets.get(&part.region).is_some_and(Result::is_ok),
        "role" => observed.roles.is_ok(),
        "oidc-provider" => observed
            .providers
            .get(part.role.as_str())
            .is_some_and(|provider| provider.fault().is_none()),
        "sftp-server" => observed.servers.is_ok(),
        "sftp-user" => observed.users.is_ok() && observed.servers.is_ok(),
        "security-group" => observed.security_groups.is_ok(),
        _ => false,
    }
}
