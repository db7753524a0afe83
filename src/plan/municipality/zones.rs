//! What zones may talk to, derived from the spec: nothing but what it names, and never one another
//! unless an exception says so.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use jichitai_api::municipality::{CrossZone, Direction, Network, Port, Protocol, Zone};
use jiff::civil::Date;

use crate::ec2::network_acl;
use crate::ec2::security_group::Rule;
use crate::ec2::traffic::{self, Flow, Ports, merged};

/// Flows as the spec has them today, and those of exceptions that have run out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// In force.
    pub open: BTreeSet<Flow>,
    /// Ended by their date: taking them away is planned, not a narrowing.
    pub lapsed: BTreeSet<Flow>,
}

/// The ranges of subnets, merged where they touch. Texts that are no CIDR were refused before.
#[must_use]
pub fn ranges(subnets: &[jichitai_api::municipality::Subnet]) -> BTreeSet<Ipv4Net> {
    merged(subnets.iter().filter_map(|subnet| subnet.cidr.parse().ok()))
}

fn ports(port: &Port) -> Ports {
    let Port {
        protocol,
        port,
        end_port,
        direction: _,
    } = *port;
    let protocol = match protocol {
        Protocol::Tcp => traffic::Protocol::Tcp,
        Protocol::Udp => traffic::Protocol::Udp,
    };
    Ports {
        protocol,
        from: port,
        to: end_port.unwrap_or(port),
    }
}

fn ways(direction: Direction) -> &'static [bool] {
    match direction {
        Direction::Inbound => &[true],
        Direction::Outbound => &[false],
        Direction::Both => &[true, false],
    }
}

/// What leads out of the VPC, seen from the zone: its peers.
fn peers(zone: &Zone) -> impl Iterator<Item = Flow> + '_ {
    zone.peers.iter().flat_map(|peer| {
        let cidr = peer.cidr.parse::<Ipv4Net>().ok();
        peer.ports.iter().flat_map(move |port| {
            let flow = move |&inbound: &bool| {
                cidr.map(|peer| Flow {
                    inbound,
                    peer,
                    ports: ports(port),
                })
            };
            ways(port.direction).iter().filter_map(flow)
        })
    })
}

/// Everything a zone may talk to beside itself.
#[must_use]
pub fn of_zone(zone: &Zone, network: &Network, today: Date) -> Flows {
    let mut flows = Flows::default();
    let to_services = ranges(&network.service_subnets).into_iter();
    flows.open.extend(to_services.map(|peer| Flow {
        inbound: false,
        peer,
        ports: Ports::HTTPS,
    }));
    flows.open.extend(peers(zone));
    for exception in &network.allowed_cross_zone {
        let CrossZone {
            from,
            to,
            ports: opened,
            exception,
        } = exception;
        let Some((inbound, other)) = (match &zone.name {
            name if name == from => Some((false, to)),
            name if name == to => Some((true, from)),
            _ => None,
        }) else {
            continue;
        };
        let ended = exception.until.parse::<Date>().is_ok_and(|last| last < today);
        let list = if ended { &mut flows.lapsed } else { &mut flows.open };
        let other = network.zones.iter().find(|zone| zone.name == *other);
        for peer in other.map(|zone| ranges(&zone.subnets)).unwrap_or_default() {
            list.extend(opened.iter().map(|port| Flow {
                inbound,
                peer,
                ports: ports(port),
            }));
        }
    }
    flows.lapsed = &flows.lapsed - &flows.open;
    flows
}

/// What passes the service subnets: calls of the zones to endpoints, and what the transit gateway
/// attachment there carries for them.
/// <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html>
#[must_use]
pub fn of_services(network: &Network) -> BTreeSet<Flow> {
    let mut flows = BTreeSet::new();
    for zone in &network.zones {
        for range in ranges(&zone.subnets) {
            flows.insert(Flow {
                inbound: true,
                peer: range,
                ports: Ports::HTTPS,
            });
            if network.transit_gateway_id.is_some() {
                flows.extend(peers(zone).map(|flow| Flow {
                    inbound: !flow.inbound,
                    peer: range,
                    ports: flow.ports,
                }));
            }
        }
    }
    flows
}

/// Rules of a network ACL: the flows, and free traffic within the zone's own subnets.
#[must_use]
pub fn acl_rules(own: &BTreeSet<Ipv4Net>, flows: &BTreeSet<Flow>) -> BTreeSet<network_acl::Rule> {
    let within = own.iter().map(|&peer| Flow {
        inbound: true,
        peer,
        ports: Ports::ALL,
    });
    network_acl::rules(within.chain(flows.iter().copied()))
}

/// Rules of a zone's security group: the flows, and free traffic within the group.
#[must_use]
pub fn group_rules(within: bool, flows: &BTreeSet<Flow>) -> BTreeSet<Rule> {
    let own = |egress| Rule {
        egress,
        peer: Rule::SELF.into(),
        protocol: Ports::ALL.protocol.name().into(),
        ports: None,
    };
    let mut rules: BTreeSet<Rule> = flows.iter().map(group_rule).collect();
    if within {
        rules.extend([own(false), own(true)]);
    }
    rules
}

fn group_rule(flow: &Flow) -> Rule {
    let Flow { inbound, peer, ports } = *flow;
    Rule {
        egress: !inbound,
        peer: peer.to_string(),
        protocol: ports.protocol.name().to_owned(),
        ports: (ports.protocol != traffic::Protocol::All).then_some((i32::from(ports.from), i32::from(ports.to))),
    }
}
