//! Subnets and their filters: how EC2 answers to writes.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_plan::ec2::network_acl::{self, Entries, NetworkAcl, UNREAD_ASSOCIATION};
use jichitai_plan::ec2::route_table::{self, RouteTable};
use jichitai_plan::ec2::security_group::{self, SecurityGroup, default_egress};
use jichitai_plan::ec2::subnet::{Action, Subnet};
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::tags::Tags;

use super::{Answer, World, conflict, created, refusal, unknown};

impl World {
    pub(super) fn subnet(&mut self, action: &Action) -> Answer {
        match action {
            Action::Create {
                vpc_id,
                cidr,
                zone,
                tags,
            } => {
                let id = self.make_subnet(vpc_id, *cidr, zone, tags.clone())?;
                Ok(created(&id, Some("available")))
            }
            Action::NoPublicIp { id } => {
                let subnet = self.wires.subnets.iter_mut().find(|subnet| subnet.id == *id);
                subnet.ok_or_else(|| unknown(id))?.public_ip_on_launch = false;
                Ok(None)
            }
            Action::Delete { id } => {
                self.delete_subnet(id)?;
                Ok(None)
            }
        }
    }

    /// A subnet; EC2 puts it under the VPC's default network ACL.
    ///
    /// # Errors
    /// The range is taken, or outside the VPC.
    pub fn make_subnet(&mut self, vpc_id: &str, cidr: ipnet::Ipv4Net, zone: &str, tags: Tags) -> Result<String, Fault> {
        let vpc = self
            .wires
            .vpcs
            .iter()
            .find(|vpc| vpc.id == vpc_id)
            .ok_or_else(|| unknown(vpc_id))?;
        if !vpc.cidr.contains(&cidr) && !vpc.additional.iter().any(|range| range.contains(&cidr)) {
            return Err(refusal(
                FaultKind::Invalid,
                "InvalidSubnet.Range",
                &format!("{cidr} is outside {vpc_id}"),
            ));
        }
        let taken = |one: &Subnet| one.vpc_id == vpc_id && (one.cidr.contains(&cidr) || cidr.contains(&one.cidr));
        if self.wires.subnets.iter().any(taken) {
            return Err(conflict(
                "InvalidSubnet.Conflict",
                &format!("{cidr} conflicts with another subnet"),
            ));
        }
        let (id, association) = (self.mint("subnet-"), self.mint("aclassoc-"));
        self.wires.subnets.push(Subnet {
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            cidr,
            zone: zone.to_owned(),
            zone_id: None,
            public_ip_on_launch: false,
            tags,
        });
        let acls = self.wires.network_acls.iter_mut();
        for acl in acls.filter(|acl| acl.default && acl.vpc_id == vpc_id) {
            acl.associations.insert(id.clone(), association.clone());
        }
        Ok(id)
    }

    fn delete_subnet(&mut self, id: &str) -> Result<(), Fault> {
        let wires = &mut self.wires;
        let in_use = wires.occupied.contains(id)
            || wires.endpoints.iter().any(|one| one.subnets.contains(id))
            || wires.attachments.iter().any(|one| one.subnets.contains(id));
        if in_use {
            return Err(conflict(
                "DependencyViolation",
                &format!("{id} has dependencies and cannot be deleted"),
            ));
        }
        wires.subnets.retain(|subnet| subnet.id != id);
        wires
            .network_acls
            .iter_mut()
            .for_each(|acl| drop(acl.associations.remove(id)));
        wires
            .route_tables
            .iter_mut()
            .for_each(|table| drop(table.associations.remove(id)));
        Ok(())
    }

    pub(super) fn route_table(&mut self, action: &route_table::Action, token: Option<&str>) -> Answer {
        use route_table::Action;
        match action {
            Action::Create { vpc_id, tags } => {
                if let Some(first) = self.repeated(token) {
                    return Ok(Some(first));
                }
                let id = self.make_route_table(vpc_id, tags.clone());
                self.remember(token, &id);
                Ok(created(&id, None))
            }
            Action::AddRoute {
                id,
                destination,
                transit_gateway,
            } => {
                self.is_attached(id, transit_gateway)?;
                let table = self.table(id)?;
                if table.routes.contains_key(&destination.to_string()) {
                    return Err(conflict(
                        "RouteAlreadyExists",
                        &format!("{id} has a route to {destination}"),
                    ));
                }
                table.routes.insert(destination.to_string(), transit_gateway.clone());
                Ok(None)
            }
            Action::ReplaceRoute {
                id,
                destination,
                transit_gateway,
            } => {
                self.is_attached(id, transit_gateway)?;
                let table = self.table(id)?;
                let route = table.routes.get_mut(&destination.to_string());
                route
                    .ok_or_else(|| unknown(&destination.to_string()))?
                    .clone_from(transit_gateway);
                Ok(None)
            }
            Action::RemoveRoute { id, destination } => {
                self.table(id)?.routes.remove(destination);
                Ok(None)
            }
            Action::Associate { id, subnet_id } => {
                let tables = &self.wires.route_tables;
                if tables.iter().any(|table| table.associations.contains_key(subnet_id)) {
                    return Err(conflict(
                        "Resource.AlreadyAssociated",
                        &format!("{subnet_id} has a route table"),
                    ));
                }
                self.associate_table(id, subnet_id)
            }
            Action::Reassociate {
                id,
                subnet_id,
                association_id,
            } => {
                let tables = self.wires.route_tables.iter_mut();
                let held = |table: &&mut RouteTable| table.associations.get(subnet_id) == Some(association_id);
                let table = tables.into_iter().find(held).ok_or_else(|| unknown(association_id))?;
                table.associations.remove(subnet_id);
                self.associate_table(id, subnet_id)
            }
            Action::Delete { id } => {
                let tables = &mut self.wires.route_tables;
                if tables
                    .iter()
                    .any(|table| table.id == *id && (table.main || !table.associations.is_empty()))
                {
                    return Err(conflict("DependencyViolation", &format!("{id} is in use")));
                }
                tables.retain(|table| table.id != *id);
                Ok(None)
            }
        }
    }

    /// A route table that no subnet uses.
    pub fn make_route_table(&mut self, vpc_id: &str, tags: Tags) -> String {
        let id = self.mint("rtb-");
        self.wires.route_tables.push(RouteTable {
            id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            routes: BTreeMap::new(),
            associations: BTreeMap::new(),
            main: false,
            tags,
        });
        id
    }

    fn table(&mut self, id: &str) -> Result<&mut RouteTable, Fault> {
        self.wires
            .route_tables
            .iter_mut()
            .find(|table| table.id == id)
            .ok_or_else(|| unknown(id))
    }

    pub(super) fn associate_table(&mut self, id: &str, subnet_id: &str) -> Answer {
        let association = self.mint("rtbassoc-");
        let answer = created(&association, None);
        self.table(id)?.associations.insert(subnet_id.to_owned(), association);
        Ok(answer)
    }

    fn is_attached(&mut self, table_id: &str, transit_gateway: &str) -> Result<(), Fault> {
        let vpc_id = self.table(table_id)?.vpc_id.clone();
        let attachments = &self.wires.attachments;
        let attached = attachments.iter().any(|one| {
            let usable = matches!(one.state.as_str(), "available" | "modifying");
            one.vpc_id == vpc_id && one.transit_gateway_id == transit_gateway && usable
        });
        attached.then_some(()).ok_or_else(|| {
            let message = format!("{transit_gateway} is not attached to {vpc_id}");
            refusal(FaultKind::NotFound, "InvalidTransitGatewayID.NotFound", &message)
        })
    }

    pub(super) fn network_acl(&mut self, action: &network_acl::Action, token: Option<&str>) -> Answer {
        use network_acl::Action;
        let quota = self.acl_quota;
        match action {
            Action::Create { vpc_id, tags } => {
                if let Some(first) = self.repeated(token) {
                    return Ok(Some(first));
                }
                let id = self.mint("acl-");
                self.remember(token, &id);
                self.wires.network_acls.push(NetworkAcl {
                    id: id.clone(),
                    vpc_id: vpc_id.clone(),
                    default: false,
                    entries: Entries::new(),
                    associations: BTreeMap::new(),
                    tags: tags.clone(),
                });
                Ok(created(&id, None))
            }
            Action::AddEntry { id, number, rule } => {
                let acl = self.acl(id)?;
                if acl.entries.contains_key(&(rule.egress, *number)) {
                    return Err(conflict(
                        "NetworkAclEntryAlreadyExists",
                        &format!("{id} has a rule {number}"),
                    ));
                }
                if acl.entries.keys().filter(|(egress, _)| *egress == rule.egress).count() >= quota {
                    return Err(refusal(
                        FaultKind::Limit,
                        "NetworkAclEntryLimitExceeded",
                        &format!("{id} is full"),
                    ));
                }
                acl.entries.insert((rule.egress, *number), rule.clone());
                Ok(None)
            }
            Action::RemoveEntry { id, egress, number } => {
                self.acl(id)?.entries.remove(&(*egress, *number));
                Ok(None)
            }
            Action::Associate {
                id,
                subnet_id,
                association_id,
            } => {
                self.acl(id)?;
                let held = |acl: &&mut NetworkAcl| match acl.associations.get(subnet_id) {
                    Some(have) => have == association_id || association_id == UNREAD_ASSOCIATION,
                    None => false,
                };
                let acl = self.wires.network_acls.iter_mut().find(held);
                acl.ok_or_else(|| unknown(association_id))?
                    .associations
                    .remove(subnet_id);
                self.associate_acl(id, subnet_id)
            }
            Action::Delete { id } => {
                let acls = &mut self.wires.network_acls;
                if acls
                    .iter()
                    .any(|acl| acl.id == *id && (acl.default || !acl.associations.is_empty()))
                {
                    return Err(conflict("DependencyViolation", &format!("{id} is in use")));
                }
                acls.retain(|acl| acl.id != *id);
                Ok(None)
            }
        }
    }

    fn acl(&mut self, id: &str) -> Result<&mut NetworkAcl, Fault> {
        self.wires
            .network_acls
            .iter_mut()
            .find(|acl| acl.id == id)
            .ok_or_else(|| unknown(id))
    }

    pub(super) fn associate_acl(&mut self, id: &str, subnet_id: &str) -> Answer {
        let association = self.mint("aclassoc-");
        let answer = created(&association, None);
        self.acl(id)?.associations.insert(subnet_id.to_owned(), association);
        Ok(answer)
    }

    pub(super) fn security_group(&mut self, action: &security_group::Action) -> Answer {
        use security_group::Action;
        match action {
            Action::Create {
                vpc_id,
                name,
                description: _,
                tags,
            } => {
                let groups = &self.wires.security_groups;
                if groups
                    .iter()
                    .any(|group| group.vpc_id == *vpc_id && group.name == *name)
                {
                    return Err(conflict(
                        "InvalidGroup.Duplicate",
                        &format!("{vpc_id} has a group {name}"),
                    ));
                }
                let id = self.mint("sg-");
                self.wires.security_groups.push(SecurityGroup {
                    id: id.clone(),
                    vpc_id: vpc_id.clone(),
                    name: name.clone(),
                    rules: BTreeSet::from([default_egress()]),
                    tags: tags.clone(),
                });
                Ok(created(&id, None))
            }
            Action::Allow { id, rules } => {
                self.group(id)?.rules.extend(rules.iter().cloned());
                Ok(None)
            }
            Action::Revoke { id, rule } => {
                self.group(id)?.rules.remove(rule);
                Ok(None)
            }
            Action::Delete { id } => {
                let used = self.wires.endpoints.iter().any(|one| one.security_groups.contains(id));
                let groups = &mut self.wires.security_groups;
                let named = groups
                    .iter()
                    .any(|group| group.id != *id && group.rules.iter().any(|rule| rule.peer == *id));
                if used || named {
                    return Err(conflict("DependencyViolation", &format!("{id} has a dependent object")));
                }
                groups.retain(|group| group.id != *id);
                Ok(None)
            }
        }
    }

    fn group(&mut self, id: &str) -> Result<&mut SecurityGroup, Fault> {
        self.wires
            .security_groups
            .iter_mut()
            .find(|group| group.id == id)
            .ok_or_else(|| unknown(id))
    }
}
