//! Network ACLs, their entries and their subnets.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, NetworkAclEntry, PortRange, ResourceType, RuleAction};
use jichitai_plan::ec2::network_acl::{Action, Entries, NetworkAcl, Rule, UNREAD_ASSOCIATION};
use jichitai_plan::observation::{Fault, FaultKind, Listing};
use jichitai_plan::step::Created;

use super::{PAGE, Search, created, done, filter, gone, tags};
use crate::error::{fault, incomplete};

/// How network ACLs are found.
pub(super) const SEARCH: Search = Search {
    in_vpc: "vpc-id",
    by_id: "network-acl-id",
    prefix: "acl-",
    by_tags: false,
};

/// The last number that a rule can have; AWS's own final denials (`*`) come as 32767 and 32768.
const LAST: u16 = 32_766;

/// The network ACLs that the filters select.
pub(super) async fn list(ec2: &Client, filters: Vec<Filter>) -> Listing<NetworkAcl> {
    let pages = ec2
        .describe_network_acls()
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(found.into_iter().filter_map(read).collect())
}

fn read(acl: aws_sdk_ec2::types::NetworkAcl) -> Option<NetworkAcl> {
    let associations = acl.associations.unwrap_or_default().into_iter();
    Some(NetworkAcl {
        id: acl.network_acl_id?,
        vpc_id: acl.vpc_id?,
        default: acl.is_default.unwrap_or_default(),
        entries: entries(acl.entries.unwrap_or_default()),
        associations: associations
            .filter_map(|one| one.subnet_id.zip(one.network_acl_association_id))
            .collect(),
        tags: tags::read(acl.tags),
    })
}

fn entries(entries: Vec<NetworkAclEntry>) -> Entries {
    let read = |entry: NetworkAclEntry| {
        let number = u16::try_from(entry.rule_number?)
            .ok()
            .filter(|number| *number <= LAST)?;
        let egress = entry.egress.unwrap_or_default();
        let rule = Rule {
            egress,
            allow: entry.rule_action == Some(RuleAction::Allow),
            cidr: entry.cidr_block.or(entry.ipv6_cidr_block).unwrap_or_default(),
            protocol: entry.protocol.unwrap_or_default(),
            ports: entry.port_range.and_then(|range| range.from.zip(range.to)),
        };
        Some(((egress, number), rule))
    };
    entries.into_iter().filter_map(read).collect()
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action, token: Option<&str>) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create { vpc_id, tags } => {
            let call = ec2
                .create_network_acl()
                .vpc_id(vpc_id)
                .set_client_token(token.map(str::to_owned))
                .tag_specifications(tags::at_creation(ResourceType::NetworkAcl, tags));
            let acl = call.send().await.map_err(fault)?.network_acl;
            let id = acl
                .and_then(|acl| acl.network_acl_id)
                .ok_or_else(|| incomplete("ec2:CreateNetworkAcl", "NetworkAclId"))?;
            Ok(Some(created(id, None)))
        }
        // No token, but a number is taken only once: a repetition is refused.
        Action::AddEntry { id, number, rule } => done(add_entry(ec2, id, *number, rule).await),
        Action::RemoveEntry { id, egress, number } => {
            let call = ec2
                .delete_network_acl_entry()
                .network_acl_id(id)
                .egress(*egress)
                .rule_number(i32::from(*number));
            gone(call.send().await.map_err(fault))
        }
        Action::Associate {
            id,
            subnet_id,
            association_id,
        } => {
            let current = match association_id.as_str() {
                UNREAD_ASSOCIATION => association(ec2, subnet_id).await?,
                known => known.to_owned(),
            };
            let call = ec2
                .replace_network_acl_association()
                .network_acl_id(id)
                .association_id(current);
            let answer = call.send().await.map_err(fault)?;
            let missing = || incomplete("ec2:ReplaceNetworkAclAssociation", "NewAssociationId");
            Ok(Some(created(answer.new_association_id.ok_or_else(missing)?, None)))
        }
        Action::Delete { id } => gone(ec2.delete_network_acl().network_acl_id(id).send().await.map_err(fault)),
    }
}

async fn add_entry(ec2: &Client, id: &str, number: u16, rule: &Rule) -> Result<(), Fault> {
    let Rule {
        egress,
        allow,
        cidr,
        protocol,
        ports,
    } = rule;
    let call = ec2
        .create_network_acl_entry()
        .network_acl_id(id)
        .rule_number(i32::from(number))
        .egress(*egress)
        .protocol(protocol);
    let call = call.rule_action(if *allow { RuleAction::Allow } else { RuleAction::Deny });
    let call = if cidr.contains(':') {
        call.ipv6_cidr_block(cidr)
    } else {
        call.cidr_block(cidr)
    };
    let call = call.set_port_range(ports.map(|(from, to)| PortRange::builder().from(from).to(to).build()));
    call.send().await.map_err(fault).map(|_| ())
}

/// The id of the association that a subnet has now: each has exactly one.
async fn association(ec2: &Client, subnet_id: &str) -> Result<String, Fault> {
    let acls = list(ec2, vec![filter("association.subnet-id", [subnet_id])]).await?;
    let association = acls.into_iter().find_map(|mut acl| acl.associations.remove(subnet_id));
    association.ok_or_else(|| Fault {
        kind: FaultKind::NotFound,
        operation: "ec2:DescribeNetworkAcls".to_owned(),
        code: "NoAssociation".to_owned(),
        message: format!("EC2 shows no network ACL for {subnet_id}"),
        request_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_without_the_final_denials() {
        let entry = |number: i32, egress| {
            NetworkAclEntry::builder()
                .rule_number(number)
                .egress(egress)
                .protocol("-1")
                .rule_action(RuleAction::Deny)
        };
        let ports = PortRange::builder().from(443).to(443).build();
        let read = entries(vec![
            NetworkAclEntry::builder()
                .rule_number(100)
                .egress(false)
                .protocol("6")
                .rule_action(RuleAction::Allow)
                .cidr_block("10.0.0.0/8")
                .port_range(ports)
                .build(),
            entry(200, true).ipv6_cidr_block("::/0").build(),
            entry(32_767, true).cidr_block("0.0.0.0/0").build(),
            entry(32_768, false).ipv6_cidr_block("::/0").build(),
        ]);
        let https = Rule {
            egress: false,
            allow: true,
            cidr: "10.0.0.0/8".into(),
            protocol: "6".into(),
            ports: Some((443, 443)),
        };
        let ipv6 = Rule {
            egress: true,
            allow: false,
            cidr: "::/0".into(),
            protocol: "-1".into(),
            ports: None,
        };
        assert_eq!(read, Entries::from([((false, 100), https), ((true, 200), ipv6)]));
    }
}
