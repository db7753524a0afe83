//! What may talk to what, as one list from which network ACLs and security groups are derived.

use std::collections::BTreeSet;
use std::fmt;

use ipnet::{IpNet, Ipv4Net};

/// Ports from which clients speak and to which answers return.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
pub const EPHEMERAL: (u16, u16) = (1024, 65535);

/// A transport protocol as rules name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Any protocol, all ports.
    All,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// IANA number as EC2 writes it; `-1` is any.
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::All => "-1",
            Self::Tcp => "6",
            Self::Udp => "17",
        }
    }

    /// The name as security group rules write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "-1",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Protocol, first and last port, as rules carry them. Ports are 0–65535 and ignored for `All`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports {
    /// The protocol.
    pub protocol: Protocol,
    /// First port.
    pub from: u16,
    /// Last port.
    pub to: u16,
}

impl Ports {
    /// Everything.
    pub const ALL: Self = Self {
        protocol: Protocol::All,
        from: 0,
        to: 65535,
    };
    /// HTTPS.
    pub const HTTPS: Self = Self {
        protocol: Protocol::Tcp,
        from: 443,
        to: 443,
    };

    /// Where the answers to a connection on these ports go.
    #[must_use]
    pub fn answers(self) -> Self {
        match self.protocol {
            Protocol::All => self,
            Protocol::Tcp | Protocol::Udp => Self {
                protocol: self.protocol,
                from: EPHEMERAL.0,
                to: EPHEMERAL.1,
            },
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.protocol, self.from, self.to) {
            (Protocol::All, _, _) => f.write_str("all"),
            (protocol, from, to) if from == to => write!(f, "{}/{from}", protocol.name()),
            (protocol, from, to) => write!(f, "{}/{from}-{to}", protocol.name()),
        }
    }
}

/// Connections that the owner of a rule set takes part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Whether the other side opens the connection.
    pub inbound: bool,
    /// The other side.
    pub peer: Ipv4Net,
    /// Ports of the side that is called.
    pub ports: Ports,
}

/// Peer, protocol and ports of a rule as EC2 writes them.
pub type Terms<'a> = (&'a str, &'a str, Option<(i32, i32)>);

/// Whether everything that passes by the terms of `narrow` passes by those of `wide`. A peer that is
/// no range (a group, a prefix list) includes only itself.
#[must_use]
pub fn includes(wide: Terms<'_>, narrow: Terms<'_>) -> bool {
    let (wide_peer, wide_protocol, wide_ports) = wide;
    let (narrow_peer, narrow_protocol, narrow_ports) = narrow;
    let ranges = (wide_peer.parse::<IpNet>(), narrow_peer.parse::<IpNet>());
    let peers = wide_peer == narrow_peer || matches!(ranges, (Ok(wide), Ok(narrow)) if wide.contains(&narrow));
    let ports = match (wide_ports, narrow_ports) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => wide.0 <= narrow.0 && narrow.1 <= wide.1,
        (Some(_), None) => false,
    };
    peers && (wide_protocol == Protocol::All.number() || wide_protocol == narrow_protocol && ports)
}

/// Ranges merged where they touch, to save rules.
#[must_use]
pub fn merged(ranges: impl IntoIterator<Item = Ipv4Net>) -> BTreeSet<Ipv4Net> {
    Ipv4Net::aggregate(&ranges.into_iter().collect()).into_iter().collect()
}
