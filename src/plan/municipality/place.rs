//! Where something of another kind stands in a municipality: its subnets, and what its zone lets pass.

use ipnet::Ipv4Net;
use jichitai_api::Municipality;
use jichitai_api::municipality::{Direction, NetworkManagement, Protocol, Subnet};

use crate::ec2::subnet::Name;
use crate::identity::{Identity, Owner};
use crate::municipality::target::SERVICE;

/// Whose the municipality's resources are.
#[must_use]
pub fn identity(municipality: &Municipality, installation: &str) -> Identity {
    Identity {
        installation: installation.to_owned(),
        owner: Owner::of(municipality),
    }
}

/// The subnets of a zone, then the service subnets, and how each is found in AWS.
#[must_use]
pub fn subnets<'a>(zone: &str, municipality: &'a Municipality) -> Vec<(&'a Subnet, Name)> {
    let network = &municipality.spec.network;
    let of_zone = network.zones.iter().filter(|one| one.name == zone);
    let of_zone = of_zone.flat_map(|one| one.subnets.iter().map(|subnet| (one.name.as_str(), subnet)));
    let shared = network.service_subnets.iter().map(|subnet| (SERVICE, subnet));
    let found = |(zone, subnet): (&str, &'a Subnet)| {
        let name = match network.management {
            NetworkManagement::Existing => Name::Id(subnet.subnet_id.clone()?),
            NetworkManagement::Managed => Name::Role(format!("subnet.{zone}.{}", subnet.name)),
        };
        Some((subnet, name))
    };
    of_zone.chain(shared).filter_map(found).collect()
}

/// Ranges with which the zone lets nothing pass by this protocol and port, opened from this side. What is in
/// the VPC itself is among these too: zones are kept apart. Of a network that somebody else makes nothing
/// is known.
#[must_use]
pub fn closed(
    ranges: &[String],
    (protocol, port): (Protocol, u16),
    direction: Direction,
    zone: &str,
    municipality: &Municipality,
) -> Vec<Ipv4Net> {
    let network = &municipality.spec.network;
    if network.management == NetworkManagement::Existing {
        return Vec::new();
    }
    let zones = network.zones.iter().filter(|one| one.name == zone);
    let peers = zones.flat_map(|one| &one.peers).filter(|peer| {
        peer.ports.iter().any(|one| {
            one.protocol == protocol
                && (one.direction == direction || one.direction == Direction::Both)
                && (one.port..=one.end_port.unwrap_or(one.port)).contains(&port)
        })
    });
    let open: Vec<Ipv4Net> = peers.filter_map(|peer| peer.cidr.parse().ok()).collect();
    let ranges = ranges.iter().filter_map(|text| text.parse::<Ipv4Net>().ok());
    ranges
        .filter(|range| !open.iter().any(|open| open.contains(range)))
        .collect()
}
