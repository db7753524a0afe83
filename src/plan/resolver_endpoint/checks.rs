//! What is wrong with a spec by itself and together with its municipality, and what in it should be known.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jichitai_api::municipality::{Direction, NetworkManagement, Protocol};
use jichitai_api::resolver_endpoint::{EndpointDirection, ForwardRuleType, ResolverEndpointSpec};
use jichitai_api::{Municipality, Reason, Region};

use crate::identity::Part;
use crate::municipality::place;
use crate::plan::{Halt, Text};
use crate::resolver_endpoint::ports::ports;
use crate::resolver_endpoint::target::ENDPOINT;
use crate::route53resolver::rule::is_below;
use crate::spec_fault::SpecFault;

/// Domains that AWS answers itself, closed networks by private names of VPC endpoints. Forwarded to the
/// office, S3, KMS and the operator's own way in would be lost.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-DSN-queries-to-vpc.html>
const RESERVED: [&str; 7] = [
    "amazonaws.com",
    "api.aws",
    "on.aws",
    "compute.internal",
    "ec2.internal",
    "localhost",
    "254.169.in-addr.arpa",
];

/// The municipality's account id makes no sense.
pub(super) fn no_account() -> SpecFault {
    SpecFault {
        path: "spec.placement".into(),
        reason: Reason::ReferenceNotReady,
        message: Text::new(
            "the accountId of the placement has not twelve digits: mend it there",
            "設置先の accountId が 12 桁ではありません。そちらを修正してください",
        ),
    }
}

/// Faults of the spec, by itself and together with the municipality.
pub(super) fn spec(spec: &ResolverEndpointSpec, municipality: Option<&Municipality>, faults: &mut Vec<SpecFault>) {
    if let (Some(municipality), Some(zone)) = (municipality, spec.placement.zone.as_deref()) {
        placement(spec, zone, municipality, faults);
    }
    rules(spec, municipality, faults);
    associations(spec, faults);
}

fn placement(spec: &ResolverEndpointSpec, zone: &str, municipality: &Municipality, faults: &mut Vec<SpecFault>) {
    let zones = &municipality.spec.network.zones;
    if !zones.iter().any(|one| one.name == zone) {
        let list = zones.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
        return faults.push(SpecFault::invalid(
            "spec.placement.zone",
            format!("the Municipality has no zone {zone}; it has {list}"),
            format!("Municipality に領域 {zone} がありません。あるのは {list} です"),
        ));
    }
    let subnets = place::subnets(zone, municipality);
    let mut azs = BTreeSet::new();
    for (index, address) in spec.ip_addresses.iter().enumerate() {
        let path = |field: &str| format!("spec.ipAddresses[{index}].{field}");
        let name = &address.subnet;
        let Some((subnet, _)) = subnets.iter().find(|(subnet, _)| subnet.name == *name) else {
            let list = subnets
                .iter()
                .map(|(subnet, _)| subnet.name.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            faults.push(SpecFault::invalid(
                path("subnet"),
                format!("neither zone {zone} nor serviceSubnets have a subnet {name}; there are {list}"),
                format!("領域 {zone} と serviceSubnets にサブネット {name} がありません。あるのは {list} です"),
            ));
            continue;
        };
        let managed = municipality.spec.network.management == NetworkManagement::Managed;
        let of_zone = zones
            .iter()
            .find(|one| one.name == zone)
            .is_some_and(|one| one.subnets.contains(subnet));
        if managed && !of_zone {
            faults.push(SpecFault::invalid(
                path("subnet"),
                format!(
                    "{name} is a service subnet, which reaches nothing outside the VPC: use subnets of zone {zone}"
                ),
                format!(
                    "{name} は共通サブネットで、VPC の外とは通信できません。領域 {zone} のサブネットを使ってください"
                ),
            ));
        }
        azs.insert(subnet.availability_zone.as_str());
        let (Ok(ip), Ok(cidr)) = (address.ip.parse::<Ipv4Addr>(), subnet.cidr.parse::<Ipv4Net>()) else {
            continue;
        };
        if !is_usable(ip, cidr) {
            let message = unusable(ip, name, cidr);
            faults.push(SpecFault::invalid(path("ip"), message.en, message.ja));
        }
    }
    if azs.len() == 1 && faults.is_empty() {
        let message = one_zone();
        faults.push(SpecFault::invalid("spec.ipAddresses", message.en, message.ja));
    }
}

/// Whether an interface may have the address: AWS keeps the first four of a subnet and the last.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>
pub(super) fn is_usable(ip: Ipv4Addr, cidr: Ipv4Net) -> bool {
    let offset = u32::from(ip).wrapping_sub(u32::from(cidr.network()));
    cidr.contains(&ip) && offset >= 4 && ip != cidr.broadcast()
}

pub(super) fn unusable(ip: Ipv4Addr, subnet: &str, cidr: Ipv4Net) -> Text {
    Text::new(
        format!(
            "{ip} is no free address of subnet {subnet} ({cidr}): AWS keeps the first four and the last for itself"
        ),
        format!("{ip} はサブネット {subnet}({cidr})で使えません。先頭の4つと末尾は AWS が使用します"),
    )
}

pub(super) fn one_zone() -> Text {
    Text::new(
        "all addresses are in one Availability Zone: put one into a subnet of another, or one failure silences them all",
        "すべてのアドレスが同じアベイラビリティゾーンにあります。障害に備え、別のゾーンのサブネットにも置いてください",
    )
}

fn rules(spec: &ResolverEndpointSpec, municipality: Option<&Municipality>, faults: &mut Vec<SpecFault>) {
    let parsed = |list: &[String]| -> Vec<Ipv4Net> { list.iter().filter_map(|text| text.parse().ok()).collect() };
    let allowed = parsed(&spec.allowed_cidrs);
    let declared = municipality.map(|one| {
        let network = &one.spec.network;
        let peers = network.zones.iter().flat_map(|zone| &zone.peers);
        let mut all = parsed(&network.on_premises_cidrs);
        all.extend(peers.filter_map(|peer| peer.cidr.parse::<Ipv4Net>().ok()));
        all
    });
    for (index, rule) in spec.rules.iter().enumerate() {
        reserved(rule.rule_type, &rule.domain, index, faults);
        if let Some(other) = spec.rules[..index].iter().find(|other| other.domain == rule.domain) {
            let name = &other.name;
            faults.push(SpecFault::invalid(
                format!("spec.rules[{index}].domain"),
                format!("rule {name} has the same domain: make one of them, AWS takes one per VPC"),
                format!("ルール {name} と同じドメインです。1つの VPC に同じドメインのルールは1つだけのため、まとめてください"),
            ));
        }
        for (number, target) in rule.targets.iter().enumerate() {
            let Ok(ip) = target.ip.parse::<Ipv4Addr>() else {
                continue;
            };
            let path = format!("spec.rules[{index}].targets[{number}].ip");
            if !allowed.iter().any(|range| range.contains(&ip)) {
                faults.push(SpecFault::invalid(
                    path,
                    format!("{ip} is in none of spec.allowedCidrs: the security group would not let the question out"),
                    format!("{ip} は spec.allowedCidrs のどの範囲にもありません。セキュリティグループで遮断されます"),
                ));
            } else if declared
                .as_ref()
                .is_some_and(|ranges| !ranges.iter().any(|range| range.contains(&ip)))
            {
                faults.push(SpecFault::invalid(
                    path,
                    format!("{ip} is in none of the Municipality's declared ranges (spec.network.onPremisesCidrs, peers of its zones): declare the range there, or mend the address"),
                    format!("{ip} は Municipality の宣言済みの範囲(spec.network.onPremisesCidrs、領域の peers)にありません。そちらで宣言するか、アドレスを直してください"),
                ));
            }
        }
    }
}

fn reserved(kind: ForwardRuleType, domain: &str, index: usize, faults: &mut Vec<SpecFault>) {
    let overlaps = |name: &&&str| domain == **name || is_below(domain, name) || is_below(name, domain);
    let found = RESERVED.iter().find(overlaps);
    if let (ForwardRuleType::Forward, Some(name)) = (kind, found) {
        faults.push(SpecFault::invalid(
            format!("spec.rules[{index}].domain"),
            format!("{domain} overlaps with {name}, which AWS answers itself: VPC endpoints would no longer be found; forward a narrower domain"),
            format!("{domain} は AWS が応答する {name} と重なります。VPC エンドポイントの名前解決ができなくなるため、より狭いドメインにしてください"),
        ));
    }
}

fn associations(spec: &ResolverEndpointSpec, faults: &mut Vec<SpecFault>) {
    for (index, one) in spec.associations.iter().enumerate() {
        let same = |other: &&_| {
            let other: &jichitai_api::resolver_endpoint::Association = other;
            other.municipality_ref == one.municipality_ref && other.vpc_id == one.vpc_id
        };
        if spec.associations[..index].iter().any(|other| same(&other)) {
            faults.push(SpecFault::invalid(
                format!("spec.associations[{index}]"),
                "this VPC is listed twice; merge the entries",
                "同じ VPC が2回書かれています。1つにまとめてください",
            ));
        }
        for (number, name) in one.rules.iter().enumerate() {
            if !spec.rules.iter().any(|rule| rule.name == *name) {
                faults.push(SpecFault::invalid(
                    format!("spec.associations[{index}].rules[{number}]"),
                    format!("there is no rule {name} under spec.rules"),
                    format!("spec.rules に {name} というルールがありません"),
                ));
            }
        }
    }
}

/// What should be known although nothing is held up.
pub(super) fn warnings(spec: &ResolverEndpointSpec, municipality: Option<&Municipality>) -> Vec<Halt> {
    let (Some(municipality), Some(zone)) = (municipality, spec.placement.zone.as_deref()) else {
        return Vec::new();
    };
    let direction = match spec.direction {
        EndpointDirection::Inbound => Direction::Inbound,
        EndpointDirection::Outbound => Direction::Outbound,
    };
    let closed = ports(spec).into_iter().flat_map(|(protocol, port)| {
        let by = if protocol == "udp" {
            Protocol::Udp
        } else {
            Protocol::Tcp
        };
        let closed = place::closed(&spec.allowed_cidrs, (by, port), direction, zone, municipality);
        closed
            .into_iter()
            .map(move |range| format!("{range} {protocol}/{port}"))
    });
    let closed: Vec<String> = closed.collect();
    if closed.is_empty() {
        return Vec::new();
    }
    let list = closed.join(", ");
    vec![Halt {
        part: Part::new(Region::Tokyo, ENDPOINT),
        reason: Reason::ReferenceNotAccepted,
        message: Text::new(
            format!("zone {zone} lets no DNS pass with {list}: add it to the peers of that zone of the Municipality"),
            format!(
                "領域 {zone} は {list} との DNS 通信を許可していません。Municipality の該当領域の peers に追加してください"
            ),
        ),
        until: None,
    }]
}
