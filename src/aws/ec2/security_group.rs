//! Security groups and their rules.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, UserIdGroupPair};
use jichitai_plan::ec2::security_group::{Action, Rule, SecurityGroup};
use jichitai_plan::identity::Identity;
use jichitai_plan::observation::{Fault, FaultKind, Listing};
use jichitai_plan::step::Created;

use super::{PAGE, Search, created, done, filter, gone, tags};
use crate::error::{fault, incomplete};

/// How security groups are found.
pub(super) const SEARCH: Search = Search {
    in_vpc: "vpc-id",
    by_id: "group-id",
    prefix: "sg-",
    by_tags: false,
};

/// EC2's sign for any port, or any ICMP type.
const ANY: i32 = -1;

/// The security groups of an owner by tags, and those with these ids whatever their tags.
pub(crate) async fn owned_or_known(ec2: &Client, owner: &Identity, known: &BTreeSet<String>) -> Listing<SecurityGroup> {
    let mut all = list(ec2, tags::filters(owner)).await?;
    let found: BTreeSet<String> = all.iter().map(|group| group.id.clone()).collect();
    let missing: Vec<&String> = known.difference(&found).collect();
    if !missing.is_empty() {
        all.extend(list(ec2, vec![filter("group-id", missing)]).await?);
    }
    Ok(all)
}

/// The security groups that the filters select.
pub(crate) async fn list(ec2: &Client, filters: Vec<Filter>) -> Listing<SecurityGroup> {
    let pages = ec2
        .describe_security_groups()
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(found.into_iter().filter_map(read).collect())
}

fn read(group: aws_sdk_ec2::types::SecurityGroup) -> Option<SecurityGroup> {
    let id = group.group_id?;
    let (inbound, outbound) = (
        group.ip_permissions.unwrap_or_default(),
        group.ip_permissions_egress.unwrap_or_default(),
    );
    let inbound = inbound.into_iter().flat_map(|permission| rules(&id, false, permission));
    let rules = inbound
        .chain(outbound.into_iter().flat_map(|permission| rules(&id, true, permission)))
        .collect();
    Some(SecurityGroup {
        rules,
        vpc_id: group.vpc_id?,
        name: group.group_name.unwrap_or_default(),
        tags: tags::read(group.tags),
        id,
    })
}

/// One rule per peer: EC2 puts peers with the same ports together.
fn rules(own_id: &str, egress: bool, permission: IpPermission) -> Vec<Rule> {
    let protocol = permission.ip_protocol.unwrap_or_default();
    let ports = permission
        .from_port
        .zip(permission.to_port)
        .filter(|ports| *ports != (ANY, ANY));
    let ipv4 = permission
        .ip_ranges
        .unwrap_or_default()
        .into_iter()
        .filter_map(|range| range.cidr_ip);
    let ipv6 = permission
        .ipv6_ranges
        .unwrap_or_default()
        .into_iter()
        .filter_map(|range| range.cidr_ipv6);
    let lists = permission
        .prefix_list_ids
        .unwrap_or_default()
        .into_iter()
        .filter_map(|list| list.prefix_list_id);
    let groups = permission
        .user_id_group_pairs
        .unwrap_or_default()
        .into_iter()
        .filter_map(|pair| pair.group_id);
    let groups = groups.map(|id| if id == own_id { Rule::SELF.to_owned() } else { id });
    let peers = ipv4.chain(ipv6).chain(lists).chain(groups);
    peers
        .map(|peer| Rule {
            egress,
            peer,
            protocol: protocol.clone(),
            ports,
        })
        .collect()
}

/// The rule as EC2 takes it; the reverse of [`rules`].
fn permission(own_id: &str, rule: &Rule) -> IpPermission {
    let Rule {
        egress: _,
        peer,
        protocol,
        ports,
    } = rule;
    // EC2 leaves the numbers out in its answers for ICMP of any type, but asks for them.
    let any_icmp = matches!(protocol.as_str(), "icmp" | "icmpv6" | "1" | "58").then_some((ANY, ANY));
    let (from, to) = ports.or(any_icmp).unzip();
    let builder = IpPermission::builder()
        .ip_protocol(protocol)
        .set_from_port(from)
        .set_to_port(to);
    let group = |id: &str| UserIdGroupPair::builder().group_id(id).build();
    let builder = match peer.as_str() {
        Rule::SELF => builder.user_id_group_pairs(group(own_id)),
        id if id.starts_with("sg-") => builder.user_id_group_pairs(group(id)),
        list if list.starts_with("pl-") => {
            builder.prefix_list_ids(PrefixListId::builder().prefix_list_id(list).build())
        }
        ipv6 if ipv6.contains(':') => builder.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(ipv6).build()),
        ipv4 => builder.ip_ranges(IpRange::builder().cidr_ip(ipv4).build()),
    };
    builder.build()
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            vpc_id,
            name,
            description,
            tags,
        } => {
            let call = ec2
                .create_security_group()
                .vpc_id(vpc_id)
                .group_name(name)
                .description(description);
            let call = call.tag_specifications(tags::at_creation(ResourceType::SecurityGroup, tags));
            let answer = call.send().await.map_err(fault)?;
            let id = answer
                .group_id
                .ok_or_else(|| incomplete("ec2:CreateSecurityGroup", "GroupId"))?;
            Ok(Some(created(id, None)))
        }
        Action::Allow { id, rules } => allow(ec2, id, rules).await,
        Action::Revoke { id, rule } => {
            let permission = permission(id, rule);
            if rule.egress {
                gone(
                    ec2.revoke_security_group_egress()
                        .group_id(id)
                        .ip_permissions(permission)
                        .send()
                        .await
                        .map_err(fault),
                )
            } else {
                gone(
                    ec2.revoke_security_group_ingress()
                        .group_id(id)
                        .ip_permissions(permission)
                        .send()
                        .await
                        .map_err(fault),
                )
            }
        }
        Action::Delete { id } => gone(ec2.delete_security_group().group_id(id).send().await.map_err(fault)),
    }
}

/// Lets rules pass. AWS takes none of them where one is there already; then each is asked for by itself.
async fn allow(ec2: &Client, id: &str, rules: &BTreeSet<Rule>) -> Result<Option<Created>, Fault> {
    let rules: Vec<&Rule> = rules.iter().collect();
    match authorize(ec2, id, &rules).await {
        // `InvalidPermission.Duplicate`, the only conflict here.
        Err(fault) if fault.kind == FaultKind::Conflict && rules.len() > 1 => {}
        Err(fault) if fault.kind == FaultKind::Conflict => return Ok(None),
        other => return other,
    }
    for rule in rules {
        match authorize(ec2, id, &[rule]).await {
            Err(fault) if fault.kind == FaultKind::Conflict => {}
            other => drop(other?),
        }
    }
    Ok(None)
}

async fn authorize(ec2: &Client, id: &str, rules: &[&Rule]) -> Result<Option<Created>, Fault> {
    let permissions = Some(rules.iter().map(|rule| permission(id, rule)).collect());
    if rules.iter().any(|rule| rule.egress) {
        let call = ec2.authorize_security_group_egress().group_id(id);
        done(call.set_ip_permissions(permissions).send().await.map_err(fault))
    } else {
        let call = ec2.authorize_security_group_ingress().group_id(id);
        done(call.set_ip_permissions(permissions).send().await.map_err(fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_flattened_and_rebuilt() {
        let all = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").build())
            .ip_ranges(IpRange::builder().cidr_ip("172.16.0.0/12").build())
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build())
            .prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").build())
            .user_id_group_pairs(
                UserIdGroupPair::builder()
                    .group_id("sg-own")
                    .user_id("111122223333")
                    .build(),
            )
            .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-other").build())
            .build();
        let flat = rules("sg-own", true, all);
        let peers: Vec<&str> = flat.iter().map(|rule| rule.peer.as_str()).collect();
        assert_eq!(
            peers,
            ["10.0.0.0/8", "172.16.0.0/12", "::/0", "pl-1", "self", "sg-other"]
        );
        for rule in flat {
            assert_eq!(rules("sg-own", true, permission("sg-own", &rule)), [rule]);
        }
    }

    #[test]
    fn any_port_is_none() {
        let peer = || IpRange::builder().cidr_ip("0.0.0.0/0").build();
        let any = IpPermission::builder().ip_protocol("-1").ip_ranges(peer()).build();
        assert_eq!(
            rules("sg-1", true, any),
            [jichitai_plan::ec2::security_group::default_egress()]
        );
        let icmp = IpPermission::builder()
            .ip_protocol("icmp")
            .from_port(ANY)
            .to_port(ANY)
            .ip_ranges(peer())
            .build();
        let read = rules("sg-1", false, icmp.clone());
        assert_eq!(read.first().map(|rule| rule.ports), Some(None));
        assert_eq!(read.first().map(|rule| permission("sg-1", rule)), Some(icmp));
    }
}
