//! Taking away: parts that the spec no longer has, and the whole environment. Planned from what is
//! observed and owned, so it works with a broken spec.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::common::DeletionPolicy;
use jichitai_api::{InventoryState, Reason};

use crate::context::Context;
use crate::ec2::{
    ebs_defaults, flow_log, network_acl, route_table, security_group, subnet, transit_gateway_attachment, vpc,
    vpc_endpoint,
};
use crate::identity::{Part, Role};
use crate::kms::usage::KeyUsage;
use crate::kms::{alias, key};
use crate::municipality::keys::ebs_part;
use crate::municipality::network::part;
use crate::municipality::observed::{Network, Observed, RegionKeys};
use crate::municipality::obstacle;
use crate::municipality::target::{ManagedNetwork, ZoneTarget};
use crate::plan::{Plan, Text};
use crate::policy::document::Document;
use crate::policy::key_policy;
use crate::resolve::owned;
use crate::step::{Difference, Step};

/// What deletion needs to know beside what is observed: computed names, and whether the account's
/// EBS defaults were ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// Alias names by key role (`key.all` → `alias/…`).
    pub aliases: BTreeMap<String, String>,
    /// The account that the keys' policies belong to.
    pub account: Option<crate::identity::AccountId>,
}

/// Takes away the parts of a managed network that the spec no longer has.
pub fn leftovers(want: &ManagedNetwork, have: &Network, ctx: &Context, plan: &mut Plan) {
    let ManagedNetwork {
        vpc: _,
        zones,
        transit_gateway,
        endpoints,
        flow_logs,
    } = want;
    let zone_roles = |prefix: &str| {
        zones
            .iter()
            .map(|zone| format!("{prefix}.{}", zone.name))
            .collect::<BTreeSet<_>>()
    };
    let subnet_roles = |zone: &ZoneTarget| {
        zone.subnets
            .keys()
            .map(|name| format!("subnet.{}.{name}", zone.name))
            .collect::<Vec<_>>()
    };
    let wanted = Wanted {
        subnets: zones.iter().flat_map(subnet_roles).collect(),
        route_tables: zone_roles("route-table"),
        network_acls: zone_roles("network-acl"),
        security_groups: zone_roles("security-group"),
        endpoints: endpoints.iter().map(|service| format!("endpoint.{service}")).collect(),
        attachments: transit_gateway.iter().map(|_| "tgw-attachment".to_owned()).collect(),
        keep_flow_logs: flow_logs.is_some(),
    };
    remove(&wanted, have, ctx, plan);
    report_unreadable(have, plan);
}

/// Roles that stay.
#[derive(Default)]
struct Wanted {
    subnets: BTreeSet<String>,
    route_tables: BTreeSet<String>,
    network_acls: BTreeSet<String>,
    security_groups: BTreeSet<String>,
    endpoints: BTreeSet<String>,
    attachments: BTreeSet<String>,
    keep_flow_logs: bool,
}

/// Removes what is owned and not wanted, in AWS's order: what stands in subnets, the subnets, what
/// filtered them. Returns whether nothing unwanted is left.
fn remove(wanted: &Wanted, have: &Network, ctx: &Context, plan: &mut Plan) -> bool {
    let Wanted {
        subnets,
        route_tables,
        network_acls,
        security_groups,
        endpoints,
        attachments,
        keep_flow_logs,
    } = wanted;
    let mut left = false;
    let mut each = |role: Role, keep: &BTreeSet<String>, take: &mut dyn FnMut(&Part)| {
        if !keep.contains(role.as_str()) {
            left = true;
            take(&part(role.as_str()));
        }
    };
    for (role, log) in owned(&have.flow_logs, ctx).filter(|_| !keep_flow_logs) {
        each(role, &BTreeSet::new(), &mut |part| flow_log::remove(log, part, plan));
    }
    for (role, endpoint) in owned(&have.endpoints, ctx) {
        each(role, endpoints, &mut |part| vpc_endpoint::remove(endpoint, part, plan));
    }
    for (role, attachment) in owned(&have.attachments, ctx) {
        each(role, attachments, &mut |part| {
            transit_gateway_attachment::remove(attachment, part, plan)
        });
    }
    // Endpoints and attachments leave before subnets, and subnets before what filters them.
    for (role, subnet) in owned(&have.subnets, ctx) {
        each(
            role,
            subnets,
            &mut |part| match obstacle::in_subnet(subnet, have, ctx) {
                None => subnet::remove(subnet, part, plan),
                Some(obstacle) => obstacle.report(&subnet.id, part, plan),
            },
        );
    }
    for (role, table) in owned(&have.route_tables, ctx) {
        each(role, route_tables, &mut |part| match table.associations.keys().next() {
            None => route_table::remove(table, part, plan),
            Some(subnet) => obstacle::subnet(subnet, have, ctx).report(&table.id, part, plan),
        });
    }
    for (role, acl) in owned(&have.network_acls, ctx) {
        each(role, network_acls, &mut |part| match acl.associations.keys().next() {
            None => network_acl::remove(acl, part, plan),
            Some(subnet) => obstacle::subnet(subnet, have, ctx).report(&acl.id, part, plan),
        });
    }
    for (role, group) in owned(&have.security_groups, ctx) {
        let zone = role.as_str().trim_start_matches("security-group.").to_owned();
        each(
            role,
            security_groups,
            &mut |part| match obstacle::of_group(group, &zone, have, ctx) {
                None => security_group::remove(group, part, plan),
                Some(obstacle) => obstacle.report(&group.id, part, plan),
            },
        );
    }
    !left
}

/// What could not be read may hold leftovers: without this nobody would say so when the spec asks
/// for none of its kind.
fn report_unreadable(have: &Network, plan: &mut Plan) {
    let Network {
        endpoints,
        flow_logs,
        attachments,
        ..
    } = have;
    let listings = [
        ("endpoint", endpoints.as_ref().err()),
        ("flow-log", flow_logs.as_ref().err()),
        ("tgw-attachment", attachments.as_ref().err()),
    ];
    for (kind, fault) in listings {
        let said = plan
            .blocks
            .iter()
            .any(|halt| halt.reason == Reason::Unreadable && halt.part.role.as_str().starts_with(kind));
        if let Some(fault) = fault.filter(|_| !said) {
            plan.unreadable(&part(kind), fault);
        }
    }
}

/// The plan for a municipality that is being deleted.
#[must_use]
pub fn teardown(policy: DeletionPolicy, remains: &Remains, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    // What was to be taken over is ours by now, or it stays: what is gone must not be asked for.
    let ctx = &Context {
        adopt: BTreeMap::new(),
        ..ctx.clone()
    };
    match policy {
        DeletionPolicy::Retain => {}
        DeletionPolicy::RetainDataRevokeAccess => revoke(remains, observed, ctx, &mut plan),
        DeletionPolicy::Delete => {
            delete_network(&observed.network, ctx, &mut plan);
            for (region, have) in &observed.regions {
                delete_keys(remains, have, &ebs_part(*region), ctx, &mut plan);
            }
        }
    }
    if policy != DeletionPolicy::Retain {
        await_intended(observed, ctx, &mut plan);
    }
    plan
}

/// A creation that was asked for and never answered may still show up: the object stays until it
/// does, or until the consistency window is over.
fn await_intended(observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let intended = ctx
        .ledger
        .iter()
        .filter(|(_, entry)| entry.state == InventoryState::Intended && entry.id.is_empty());
    for (part, entry) in intended {
        let Some(until) = ctx.listed_by(entry) else { continue };
        let said = plan.waits.iter().any(|halt| halt.part == *part);
        if ctx.now < until && !said && !observed.holds(part, ctx) {
            let text = Text::new(
                format!("{part} was requested and AWS does not list it yet"),
                format!("{part} は作成を要求しましたが、まだ AWS の一覧に現れていません"),
            );
            plan.wait_until(part, Reason::WaitingForConsistency, text, until);
        }
    }
}

/// Takes every use of the keys away and leaves their administration.
fn revoke(remains: &Remains, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let Some(account) = &remains.account else { return };
    for (region, have) in &observed.regions {
        let only_administration: Document = key_policy::compose(account, *region, &key_policy::KeyAccess::default());
        for (role, key) in owned(&have.keys, ctx) {
            let part = Part::new(*region, role.as_str());
            match &key.policy {
                crate::observation::Observation::Unreadable(fault) => plan.unreadable(&part, fault),
                crate::observation::Observation::Present(live) if live.means_the_same(&only_administration) => {}
                crate::observation::Observation::Present(_) | crate::observation::Observation::Absent => {
                    let action = key::Action::PutPolicy {
                        id: key.id.clone(),
                        policy: only_administration.clone(),
                    };
                    let difference =
                        Difference::new("policy", only_administration.summary(), "access of people and systems");
                    plan.step(
                        Step::change(&part, action, difference)
                            .risking("nobody can read what the key encrypts any more"),
                    );
                }
            }
        }
        if let Err(fault) = &have.keys {
            plan.unreadable(&Part::new(*region, "key"), fault);
        }
    }
}

fn delete_network(have: &Network, ctx: &Context, plan: &mut Plan) {
    let listings = [
        have.flow_logs.as_ref().err(),
        have.endpoints.as_ref().err(),
        have.attachments.as_ref().err(),
        have.subnets.as_ref().err(),
        have.route_tables.as_ref().err(),
        have.network_acls.as_ref().err(),
        have.security_groups.as_ref().err(),
    ];
    // What cannot be read may still stand in the way: nothing is taken apart around it.
    if let Some(fault) = listings.into_iter().flatten().next() {
        return plan.unreadable(&part("network"), fault);
    }
    let emptied = remove(&Wanted::default(), have, ctx, plan);
    vpc::teardown(&have.vpcs, emptied, &part("vpc"), ctx, plan);
}

fn delete_keys(remains: &Remains, have: &RegionKeys, ebs: &Part, ctx: &Context, plan: &mut Plan) {
    if let Err(fault) = &have.keys {
        return plan.unreadable(&Part::new(ebs.region, "key"), fault);
    }
    for (role, key) in owned(&have.keys, ctx) {
        let part = Part::new(ebs.region, role.as_str());
        // Only where the account's default is this very key, whoever set it, and nothing else keeps
        // the key: new volumes would change to AWS's own key for nothing.
        let goes = have.usage.get(&key.id).is_some_and(KeyUsage::is_unused_but_by_default);
        if goes && !ebs_defaults::teardown(&key.arn, &have.ebs_defaults, ebs, plan) {
            let text = Text::new(
                "the EBS default key is being reset first",
                "先に EBS のデフォルトキーを戻しています",
            );
            plan.wait(&part, Reason::Deleting, text);
            continue;
        }
        let named = remains
            .aliases
            .get(role.as_str())
            .and_then(|name| alias::target(&have.aliases, name));
        key::teardown(&have.keys, named, |id| have.usage.get(id).cloned(), &part, ctx, plan);
    }
}
