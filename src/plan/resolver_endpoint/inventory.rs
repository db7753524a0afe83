//! What of an endpoint's object goes into its inventory, and where each part is looked for.

use jichitai_api::{InventoryEntry, Region};

use crate::context::Context;
use crate::identity::{AccountId, Part};
use crate::inventory::entry;
use crate::observation::Listing;
use crate::resolve::{Resource, owned};
use crate::resolver_endpoint::observed::Observed;
use crate::route53::zone_association;

/// Everything of this object that was found. An association with a private zone is among it while the
/// ledger says that we made it.
pub(super) fn find(observed: &Observed, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
    let mut all = Vec::new();
    let mut add = |service: &str, role: &str, id: &str, arn: Option<&str>| {
        let part = Part::new(Region::Tokyo, role);
        let entry = entry(&part, service, account, id, arn);
        all.push((part, entry));
    };
    for (role, one) in owned(&observed.endpoints, ctx) {
        add("route53resolver", role.as_str(), &one.id, Some(&one.arn));
    }
    for (role, one) in owned(observed.rules(), ctx) {
        add("route53resolver", role.as_str(), &one.id, Some(&one.arn));
    }
    for (role, one) in owned(&observed.query_logs, ctx) {
        add("route53resolver", role.as_str(), &one.id, Some(&one.arn));
    }
    for (role, one) in owned(&observed.security_groups, ctx) {
        add("ec2", role.as_str(), &one.id, None);
    }
    for (role, one) in owned(&observed.shares, ctx) {
        add("ram", role.as_str(), &one.arn, Some(&one.arn));
    }
    for zone in observed.zones.iter().flatten() {
        if zone_association::is_ours(&zone.zone_id, ctx) {
            add(
                "route53",
                zone_association::part(&zone.zone_id).role.as_str(),
                &zone.zone_id,
                None,
            );
        }
    }
    all
}

pub(super) fn shows(observed: &Observed, id: &str) -> bool {
    fn any<T: Resource>(list: &Listing<T>, id: &str) -> bool {
        list.iter().flatten().any(|thing| thing.id() == id)
    }
    let Observed {
        endpoints,
        subnets: _,
        security_groups,
        accounts: _,
        home: _,
        query_logs,
        logged_vpcs: _,
        zones: _,
        shares,
    } = observed;
    any(endpoints, id)
        || any(observed.rules(), id)
        || any(query_logs, id)
        || any(security_groups, id)
        || any(shares, id)
}

pub(super) fn is_readable(observed: &Observed, part: &Part) -> bool {
    match part.role.as_str().split('.').next().unwrap_or_default() {
        "resolver-endpoint" => observed.endpoints.is_ok(),
        "resolver-rule" => observed.rules().is_ok(),
        "query-log" => observed.query_logs.is_ok(),
        "private-zone" => observed.zones.is_ok(),
        "rule-share" => observed.shares.is_ok(),
        "security-group" => observed.security_groups.is_ok(),
        _ => false,
    }
}
