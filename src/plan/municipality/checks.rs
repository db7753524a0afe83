//! What is wrong with a spec, by path and with what to do; and what in it ends soon.

use ipnet::Ipv4Net;
use jichitai_api::Reason;
use jichitai_api::municipality::{MunicipalitySpec, Network, OverlapResolution, Subnet};
use jiff::civil::Date;

use crate::grant::soon;
use crate::municipality::target::SERVICE;
use crate::plan::Text;
use crate::spec_fault::SpecFault;

/// All subnets with their paths.
pub(super) fn subnets(network: &Network) -> Vec<(String, &Subnet)> {
    let of = |path: String, list: &'_ [Subnet]| -> Vec<(String, usize)> {
        (0..list.len()).map(|i| (format!("{path}[{i}]"), i)).collect()
    };
    let mut all = Vec::new();
    for (path, i) in of("spec.network.serviceSubnets".into(), &network.service_subnets) {
        all.push((path, &network.service_subnets[i]));
    }
    for (z, zone) in network.zones.iter().enumerate() {
        for (path, i) in of(format!("spec.network.zones[{z}].subnets"), &zone.subnets) {
            all.push((path, &zone.subnets[i]));
        }
    }
    all
}

pub(super) fn parse(text: &str, path: String, faults: &mut Vec<SpecFault>) -> Option<Ipv4Net> {
    match text.parse::<Ipv4Net>() {
        Ok(net) if net == net.trunc() => Some(net),
        Ok(net) => {
            let right = net.trunc();
            faults.push(SpecFault::invalid(
                path,
                format!("{text} has host bits set; write {right}"),
                format!("{text} はホスト部が 0 ではありません。{right} と書いてください"),
            ));
            None
        }
        Err(_) => {
            let (en, ja) = (
                format!("{text:?} is not an IPv4 CIDR such as 10.20.0.0/16"),
                format!("{text:?} は 10.20.0.0/16 のような IPv4 CIDR ではありません"),
            );
            faults.push(SpecFault::invalid(path, en, ja));
            None
        }
    }
}

/// Whether two ranges share an address.
#[must_use]
pub fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

/// Ranges within the object: subnets inside the VPC and apart from one another, the VPC apart from
/// the office, peers' texts valid.
pub(super) fn ranges(network: &Network, faults: &mut Vec<SpecFault>) {
    let own: Vec<Ipv4Net> = std::iter::once(&network.vpc_cidr)
        .chain(&network.additional_cidrs)
        .filter_map(|text| text.parse().ok())
        .collect();
    for (index, text) in network.on_premises_cidrs.iter().enumerate() {
        let path = format!("spec.network.onPremisesCidrs[{index}]");
        let Some(office) = parse(text, path.clone(), faults) else {
            continue;
        };
        if network.overlap_resolution == OverlapResolution::None
            && let Some(own) = own.iter().find(|own| overlap(own, &office))
        {
            faults.push(SpecFault {
                path,
                reason: Reason::CidrOverlap,
                message: Text::new(
                    format!("{office} of the office overlaps with {own} of the VPC: choose another range for the VPC, or declare spec.network.overlapResolution"),
                    format!("庁内の {office} が VPC の {own} と重複しています。VPC の範囲を変えるか、spec.network.overlapResolution を宣言してください"),
                ),
            });
        }
    }
    let mut seen: Vec<(Ipv4Net, String)> = Vec::new();
    for (path, subnet) in subnets(network) {
        let Some(cidr) = parse(&subnet.cidr, format!("{path}.cidr"), faults) else {
            continue;
        };
        if !own.iter().any(|own| own.contains(&cidr)) {
            let (en, ja) = (
                format!("{cidr} is outside the VPC: take a range within {}", network.vpc_cidr),
                format!(
                    "{cidr} は VPC の範囲外です。{} の中から選んでください",
                    network.vpc_cidr
                ),
            );
            faults.push(SpecFault::invalid(format!("{path}.cidr"), en, ja));
        }
        if let Some((other, where_)) = seen.iter().find(|(other, _)| overlap(other, &cidr)) {
            faults.push(SpecFault {
                path: format!("{path}.cidr"),
                reason: Reason::CidrOverlap,
                message: Text::new(
                    format!("{cidr} overlaps with {other} of {where_}"),
                    format!("{cidr} が {where_} の {other} と重複しています"),
                ),
            });
        }
        seen.push((cidr, path));
    }
    for (z, zone) in network.zones.iter().enumerate() {
        for (p, peer) in zone.peers.iter().enumerate() {
            let path = format!("spec.network.zones[{z}].peers[{p}].cidr");
            let Some(cidr) = parse(&peer.cidr, path.clone(), faults) else {
                continue;
            };
            if let Some(own) = own.iter().find(|own| overlap(own, &cidr)) {
                let (en, ja) = (
                    format!(
                        "{cidr} lies in the VPC ({own}): a peer is outside; zones are connected by allowedCrossZone"
                    ),
                    format!(
                        "{cidr} は VPC({own})の中です。通信先は VPC の外を指定し、領域間は allowedCrossZone を使ってください"
                    ),
                );
                faults.push(SpecFault::invalid(path, en, ja));
            }
        }
    }
}

pub(super) fn zones(network: &Network, faults: &mut Vec<SpecFault>) {
    let needs = |path: &str, what: &str, ja: &str| {
        SpecFault::invalid(
            path,
            format!("{what} need spec.network.serviceSubnets, one per availability zone"),
            format!("{ja}には spec.network.serviceSubnets(AZ ごとに 1 つ)が必要です"),
        )
    };
    if network.service_subnets.is_empty() && !network.endpoints.is_empty() {
        faults.push(needs("spec.network.endpoints", "endpoints", "エンドポイント"));
    }
    if network.service_subnets.is_empty() && network.transit_gateway_id.is_some() {
        faults.push(needs("spec.network.transitGatewayId", "attachments", "アタッチメント"));
    }
    for (z, zone) in network.zones.iter().enumerate() {
        if zone.name == SERVICE {
            let (en, ja) = (
                "the name `service` stands for the service subnets: choose another",
                "名前 `service` は共通サブネット用です。別の名前にしてください",
            );
            faults.push(SpecFault::invalid(format!("spec.network.zones[{z}].name"), en, ja));
        }
    }
    let known = |name: &String| network.zones.iter().any(|zone| zone.name == *name);
    for (i, exception) in network.allowed_cross_zone.iter().enumerate() {
        for (field, name) in [("from", &exception.from), ("to", &exception.to)] {
            if !known(name) {
                let (en, ja) = (
                    format!("there is no zone {name:?}"),
                    format!("領域 {name:?} がありません"),
                );
                faults.push(SpecFault::invalid(
                    format!("spec.network.allowedCrossZone[{i}].{field}"),
                    en,
                    ja,
                ));
            }
        }
    }
}

/// Grants and exceptions that end within 30 days.
pub(super) fn ending(spec: &MunicipalitySpec, today: Date) -> Vec<(String, Date)> {
    let encryption = &spec.encryption;
    let administrators = encryption
        .administrators
        .iter()
        .map(|one| one.grant.valid_until.as_ref())
        .enumerate();
    let users = encryption
        .users
        .iter()
        .map(|one| one.grant.valid_until.as_ref())
        .enumerate();
    let exceptions = spec
        .network
        .allowed_cross_zone
        .iter()
        .map(|one| Some(&one.exception.until))
        .enumerate();
    let exemptions = spec.guardrails.iter().flat_map(|one| &one.exempt);
    let exemptions = exemptions.map(|one| Some(&one.exception.until)).enumerate();
    let mut all = Vec::new();
    let mut add = |path: String, day: Option<&String>| {
        all.extend(soon(day.map(String::as_str), today).map(|last| (path, last)));
    };
    administrators.for_each(|(i, day)| add(format!("spec.encryption.administrators[{i}]"), day));
    users.for_each(|(i, day)| add(format!("spec.encryption.users[{i}]"), day));
    exceptions.for_each(|(i, day)| add(format!("spec.network.allowedCrossZone[{i}]"), day));
    exemptions.for_each(|(i, day)| add(format!("spec.guardrails.exempt[{i}]"), day));
    all
}
