//! VPCs and what hangs on them: how EC2 answers to writes.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_plan::ec2::flow_log::{self, FlowLog};
use jichitai_plan::ec2::network_acl::{self, NetworkAcl};
use jichitai_plan::ec2::route_table::RouteTable;
use jichitai_plan::ec2::security_group::{SecurityGroup, default_egress};
use jichitai_plan::ec2::transit_gateway_attachment::{self, Attachment};
use jichitai_plan::ec2::vpc::{Action, Vpc};
use jichitai_plan::ec2::vpc_endpoint::{self, VpcEndpoint};
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::tags::Tags;

use super::{Answer, Wires, World, conflict, created, refusal, unknown};

impl World {
    pub(super) fn vpc(&mut self, action: &Action) -> Answer {
        match action {
            Action::Create { cidr, tags } => {
                let id = self.make_vpc(*cidr, tags.clone());
                Ok(created(&id, Some("pending")))
            }
            Action::EnableDnsSupport { id } => {
                self.find_vpc(id)?.dns_support = Observation::Present(true);
                Ok(None)
            }
            Action::EnableDnsHostnames { id } => {
                self.find_vpc(id)?.dns_hostnames = Observation::Present(true);
                Ok(None)
            }
            Action::AddCidr { id, cidr } => {
                let vpc = self.find_vpc(id)?;
                let overlap = |have: &ipnet::Ipv4Net| have.contains(cidr) || cidr.contains(have);
                if overlap(&vpc.cidr) || vpc.additional.iter().any(overlap) {
                    return Err(refusal(FaultKind::Invalid, "InvalidVpc.Range", "the ranges overlap"));
                }
                vpc.additional.insert(*cidr);
                Ok(None)
            }
            Action::Delete { id } => {
                self.delete_vpc(id)?;
                Ok(None)
            }
        }
    }

    /// A VPC with what AWS gives to each one: a main route table, a default network ACL that lets
    /// everything pass, a default security group.
    pub fn make_vpc(&mut self, cidr: ipnet::Ipv4Net, tags: Tags) -> String {
        let id = self.mint("vpc-");
        let (table, acl, group) = (self.mint("rtb-"), self.mint("acl-"), self.mint("sg-"));
        let all = |egress| network_acl::Rule {
            egress,
            allow: true,
            cidr: "0.0.0.0/0".into(),
            protocol: "-1".into(),
            ports: None,
        };
        let wires = &mut self.wires;
        wires.vpcs.push(Vpc {
            id: id.clone(),
            cidr,
            additional: BTreeSet::new(),
            dns_support: Observation::Present(true),
            dns_hostnames: Observation::Present(false),
            tags,
        });
        wires.route_tables.push(RouteTable {
            id: table,
            vpc_id: id.clone(),
            routes: BTreeMap::new(),
            associations: BTreeMap::new(),
            main: true,
            tags: Tags::new(),
        });
        wires.network_acls.push(NetworkAcl {
            id: acl,
            vpc_id: id.clone(),
            default: true,
            entries: [false, true].map(|egress| ((egress, 100), all(egress))).into(),
            associations: BTreeMap::new(),
            tags: Tags::new(),
        });
        wires.security_groups.push(SecurityGroup {
            id: group,
            vpc_id: id.clone(),
            name: "default".into(),
            rules: BTreeSet::from([default_egress()]),
            tags: Tags::new(),
        });
        id
    }

    fn find_vpc(&mut self, id: &str) -> Result<&mut Vpc, Fault> {
        self.wires
            .vpcs
            .iter_mut()
            .find(|vpc| vpc.id == id)
            .ok_or_else(|| unknown(id))
    }

    fn delete_vpc(&mut self, id: &str) -> Result<(), Fault> {
        let Wires {
            vpcs,
            subnets,
            route_tables,
            network_acls,
            security_groups,
            endpoints,
            flow_logs: _,
            attachments,
            gateways,
            occupied: _,
        } = &mut self.wires;
        let inside = subnets.iter().any(|one| one.vpc_id == id)
            || route_tables.iter().any(|one| one.vpc_id == id && !one.main)
            || network_acls.iter().any(|one| one.vpc_id == id && !one.default)
            || security_groups
                .iter()
                .any(|one| one.vpc_id == id && one.name != "default")
            || endpoints.iter().any(|one| one.vpc_id == id)
            || attachments.iter().any(|one| one.vpc_id == id)
            || gateways.iter().any(|one| one.vpc_id == id);
        if inside {
            return Err(conflict(
                "DependencyViolation",
                &format!("{id} has dependencies and cannot be deleted"),
            ));
        }
        vpcs.retain(|one| one.id != id);
        route_tables.retain(|one| one.vpc_id != id);
        network_acls.retain(|one| one.vpc_id != id);
        security_groups.retain(|one| one.vpc_id != id);
        Ok(())
    }

    pub(super) fn vpc_endpoint(&mut self, action: &vpc_endpoint::Action, token: Option<&str>) -> Answer {
        match action {
            vpc_endpoint::Action::Create {
                vpc_id,
                service,
                subnets,
                security_group,
                tags,
            } => {
                if let Some(first) = self.repeated(token) {
                    return Ok(Some(first));
                }
                self.one_per_zone(subnets)?;
                let vpc = self.find_vpc(vpc_id)?;
                if [&vpc.dns_support, &vpc.dns_hostnames] != [&Observation::Present(true); 2] {
                    let message = format!("enabling private DNS requires DNS support and host names in {vpc_id}");
                    return Err(refusal(FaultKind::Invalid, "InvalidParameter", &message));
                }
                let taken = |one: &VpcEndpoint| one.vpc_id == *vpc_id && one.service == *service && one.private_dns;
                if self.wires.endpoints.iter().any(taken) {
                    let message = format!(
                        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {service}"
                    );
                    return Err(refusal(FaultKind::Invalid, "InvalidParameter", &message));
                }
                self.find_group(security_group)?;
                let id = self.mint("vpce-");
                self.remember(token, &id);
                self.wires.endpoints.push(VpcEndpoint {
                    id: id.clone(),
                    vpc_id: vpc_id.clone(),
                    service: service.clone(),
                    state: "pending".into(),
                    subnets: subnets.clone(),
                    security_groups: BTreeSet::from([security_group.clone()]),
                    private_dns: true,
                    tags: tags.clone(),
                });
                Ok(created(&id, Some("pending")))
            }
            vpc_endpoint::Action::Modify {
                id,
                add_subnets,
                remove_subnets,
                add_groups,
                remove_groups,
                enable_private_dns,
            } => {
                let endpoint = self.wires.endpoints.iter().find(|one| one.id == *id);
                let mut endpoint = endpoint.ok_or_else(|| unknown(id))?.clone();
                if endpoint.state != "available" {
                    return Err(conflict("IncorrectState", &format!("{id} is {}", endpoint.state)));
                }
                endpoint.subnets = &(&endpoint.subnets - remove_subnets) | add_subnets;
                endpoint.security_groups = &(&endpoint.security_groups - remove_groups) | add_groups;
                endpoint.private_dns |= enable_private_dns;
                self.one_per_zone(&endpoint.subnets)?;
                for group in &endpoint.security_groups {
                    self.find_group(group)?;
                }
                self.wires.endpoints.retain(|one| one.id != *id);
                self.wires.endpoints.push(endpoint);
                Ok(None)
            }
            vpc_endpoint::Action::Delete { id } => {
                let mut endpoints = self.wires.endpoints.iter_mut();
                if let Some(endpoint) = endpoints.find(|one| one.id == *id) {
                    "deleting".clone_into(&mut endpoint.state);
                }
                Ok(None)
            }
        }
    }

    /// Endpoints and attachments stand in one subnet per availability zone.
    fn one_per_zone(&self, subnets: &BTreeSet<String>) -> Result<(), Fault> {
        let mut zones = BTreeSet::new();
        for id in subnets {
            let subnet = self
                .wires
                .subnets
                .iter()
                .find(|one| one.id == *id)
                .ok_or_else(|| unknown(id))?;
            if !zones.insert(&subnet.zone) {
                let message = format!("two subnets in {}", subnet.zone);
                return Err(refusal(FaultKind::Invalid, "DuplicateSubnetsInSameZone", &message));
            }
        }
        match zones.is_empty() {
            true => Err(refusal(
                FaultKind::Invalid,
                "MissingParameter",
                "at least one subnet is needed",
            )),
            false => Ok(()),
        }
    }

    fn find_group(&self, id: &str) -> Result<(), Fault> {
        let known = self.wires.security_groups.iter().any(|group| group.id == id);
        known.then_some(()).ok_or_else(|| unknown(id))
    }

    pub(super) fn flow_log(&mut self, action: &flow_log::Action, token: Option<&str>) -> Answer {
        match action {
            flow_log::Action::Create {
                vpc_id,
                destination,
                tags,
            } => {
                if let Some(first) = self.repeated(token) {
                    return Ok(Some(first));
                }
                self.find_vpc(vpc_id)?;
                let same = |log: &FlowLog| log.resource_id == *vpc_id && log.destination == *destination;
                if self.wires.flow_logs.iter().any(same) {
                    return Err(conflict(
                        "FlowLogAlreadyExists",
                        "there is a flow log with the same destination",
                    ));
                }
                let id = self.mint("fl-");
                self.remember(token, &id);
                self.wires.flow_logs.push(FlowLog {
                    id: id.clone(),
                    resource_id: vpc_id.clone(),
                    destination: destination.clone(),
                    tags: tags.clone(),
                });
                Ok(created(&id, None))
            }
            flow_log::Action::Delete { id } => {
                self.wires.flow_logs.retain(|log| log.id != *id);
                Ok(None)
            }
        }
    }

    pub(super) fn attachment(&mut self, action: &transit_gateway_attachment::Action) -> Answer {
        use transit_gateway_attachment::Action;
        match action {
            Action::Create {
                transit_gateway_id,
                vpc_id,
                subnets,
                tags,
            } => {
                self.find_vpc(vpc_id)?;
                self.one_per_zone(subnets)?;
                let same = |one: &Attachment| one.vpc_id == *vpc_id && one.transit_gateway_id == *transit_gateway_id;
                if self.wires.attachments.iter().any(same) {
                    let message = format!("{transit_gateway_id} has non-deleted attachments with the same VPC");
                    return Err(conflict("DuplicateTransitGatewayAttachment", &message));
                }
                let id = self.mint("tgw-attach-");
                let state = if self.accepts { "pending" } else { "pendingAcceptance" };
                self.wires.attachments.push(Attachment {
                    id: id.clone(),
                    transit_gateway_id: transit_gateway_id.clone(),
                    vpc_id: vpc_id.clone(),
                    state: state.into(),
                    subnets: subnets.clone(),
                    tags: tags.clone(),
                });
                Ok(created(&id, Some(state)))
            }
            Action::Modify { id, add, remove } => {
                let attachment = self.wires.attachments.iter().find(|one| one.id == *id);
                let mut attachment = attachment.ok_or_else(|| unknown(id))?.clone();
                if attachment.state != "available" {
                    return Err(conflict("IncorrectState", &format!("{id} is {}", attachment.state)));
                }
                attachment.subnets = &(&attachment.subnets - remove) | add;
                self.one_per_zone(&attachment.subnets)?;
                "modifying".clone_into(&mut attachment.state);
                self.wires.attachments.retain(|one| one.id != *id);
                self.wires.attachments.push(attachment);
                Ok(None)
            }
            Action::Delete { id } => {
                let mut attachments = self.wires.attachments.iter_mut();
                let Some(attachment) = attachments.find(|one| one.id == *id) else {
                    return Ok(None);
                };
                if matches!(attachment.state.as_str(), "pending" | "modifying") {
                    return Err(conflict("IncorrectState", &format!("{id} is {}", attachment.state)));
                }
                "deleting".clone_into(&mut attachment.state);
                Ok(None)
            }
        }
    }
}
