//! Who may talk DNS with the endpoint, by which protocols and ports.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use jichitai_api::resolver_endpoint::{DnsProtocol, EndpointDirection, ResolverEndpointSpec};

use crate::ec2::security_group::{self, Rule};
use crate::identity::{Identity, short_hash};

/// DNS with the allowed ranges and nothing else: in for who asks us, out for whom we ask. Answers come back
/// by themselves.
pub(super) fn group(spec: &ResolverEndpointSpec, identity: &Identity) -> security_group::Want {
    let egress = spec.direction == EndpointDirection::Outbound;
    let ports = ports(spec);
    let ranges = spec
        .allowed_cidrs
        .iter()
        .filter_map(|text| text.parse::<Ipv4Net>().ok());
    let rules = ranges.flat_map(|range| {
        let rule = move |(protocol, port): &(&'static str, u16)| Rule {
            egress,
            peer: range.to_string(),
            protocol: (*protocol).to_owned(),
            ports: Some((i32::from(*port), i32::from(*port))),
        };
        ports.iter().map(rule).collect::<Vec<_>>()
    });
    security_group::Want {
        // Names are unique in a VPC, which may have several endpoints.
        name: format!("jichitai.resolver.{}", short_hash(&identity.owner.to_string(), 10)),
        description: "DNS across the closed network".into(),
        rules: rules.collect(),
    }
}

/// Protocols and ports of DNS: those of the name servers for what goes out, the standard ones for what
/// comes in.
pub(super) fn ports(spec: &ResolverEndpointSpec) -> BTreeSet<(&'static str, u16)> {
    let plain = |port| [("udp", port), ("tcp", port)];
    let mut all = BTreeSet::new();
    let targets = || spec.rules.iter().flat_map(|rule| &rule.targets);
    let mut add = |protocol: DnsProtocol, port| match protocol {
        DnsProtocol::Do53 => all.extend(plain(port)),
        DnsProtocol::DoH => all.extend([("tcp", port)]),
    };
    for protocol in &spec.protocols {
        let mut targets = targets().filter(|target| target.protocol == *protocol).peekable();
        if spec.direction == EndpointDirection::Inbound || targets.peek().is_none() {
            add(*protocol, if *protocol == DnsProtocol::Do53 { 53 } else { 443 });
        } else {
            targets.for_each(|target| add(*protocol, target.port));
        }
    }
    all
}
