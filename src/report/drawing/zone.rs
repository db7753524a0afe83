//! A zone with its subnets, and what it talks to outside.

use jichitai_api::municipality::{Direction, Peer, Subnet, Zone};

use super::ink::{Look, Tone};
use super::node::{BODY, HEAD, NAME, Node, PAD, Rect, SMALL, Say};
use super::rows::{Outside, Row, Strand};
use super::sizes::{ABOUT, BAND, MOST, OUTSIDE, STRIPE, SUBNET};
use crate::known::{Filter, Known};
use crate::language::{Language, Word};
use crate::names::Named;
use crate::ports;
use crate::words;

const DIRECTIONS: [Direction; 3] = [Direction::Inbound, Direction::Outbound, Direction::Both];

/// The row of a zone.
pub(super) fn row(zone: &Zone, known: Known<'_>, language: Language) -> Row {
    let shown = zone.peers.iter().take(MOST);
    let mut outside: Vec<Outside> = shown.map(|peer| self::peer(zone, peer, language)).collect();
    outside.extend(more(zone.peers.len(), language));
    let inside = inside(zone, known, language);
    Row { outside, inside }
}

/// A box that says how many are not drawn.
pub(super) fn more(count: usize, language: Language) -> Option<Outside> {
    let left = count.checked_sub(MOST).filter(|left| *left > 0)?;
    let text = words::DRAW_MORE.with(language, &[&left.to_string()]);
    Some(Outside {
        node: Node::card(Look::Card, OUTSIDE, 0, &[Say(SMALL, text)]),
        strands: Vec::new(),
    })
}

fn peer(zone: &Zone, peer: &Peer, language: Language) -> Outside {
    let Peer { cidr, kind, ports } = peer;
    let says = [
        Say(NAME, cidr.clone()),
        Say(SMALL, kind.word().say(language).to_owned()),
    ];
    let strands = DIRECTIONS.into_iter().filter_map(|direction| {
        let ports = ports::of_direction(ports, direction);
        (!ports.is_empty()).then(|| Strand {
            label: ports::list(ports, language),
            direction,
            tone: Tone::Zone(zone.zone_type),
        })
    });
    Outside {
        node: Node::card(Look::Card, OUTSIDE, 0, &says),
        strands: strands.collect(),
    }
}

fn inside(zone: &Zone, known: Known<'_>, language: Language) -> Node {
    let unknown = known.unknown().say(language);
    let part = |word: Word, filter| {
        let id = known.filter(Some(&zone.name), filter).unwrap_or(unknown);
        Say(SMALL, format!("{} {id}", word.say(language)))
    };
    let says = [
        Say(HEAD, zone.zone_type.word().say(language).to_owned()),
        Say(BODY, zone.name.clone()),
        part(words::DRAW_ROUTE_TABLE, Filter::RouteTable),
        part(words::DRAW_NETWORK_ACL, Filter::NetworkAcl),
        part(words::DRAW_SECURITY_GROUP, Filter::SecurityGroup),
    ];
    let name = Some(zone.name.as_str());
    let subnets = zone.subnets.iter();
    let subnets = subnets.map(|one| subnet(name, one, known, language)).collect();
    let mut node = beside(Look::Zone(zone.zone_type), STRIPE, &says, subnets);
    let stripe = Rect { w: STRIPE, ..node.rect };
    node.children.push(Node {
        rect: stripe,
        look: Look::Stripe(zone.zone_type),
        is_missing: false,
        lines: Vec::new(),
        children: Vec::new(),
    });
    let is_made = known.filter(name, Filter::RouteTable).is_some() || known.is_existing();
    node.missing(!is_made)
}

/// A band with text on the left and boxes in two columns on the right.
pub(super) fn beside(look: Look, inset: i32, says: &[Say], boxes: Vec<Node>) -> Node {
    let mut node = Node::card(look, STRIPE + ABOUT, inset, says);
    node.rect.w = BAND;
    node.hold(boxes, STRIPE + ABOUT, PAD, 2);
    node
}

/// A subnet as it is, or as it is asked for.
pub(super) fn subnet(zone: Option<&str>, subnet: &Subnet, known: Known<'_>, language: Language) -> Node {
    let Subnet {
        name,
        cidr,
        availability_zone,
        subnet_id: _,
    } = subnet;
    let id = known.subnet(zone, subnet);
    let says = [
        Say(NAME, name.clone()),
        Say(BODY, cidr.clone()),
        Say(SMALL, availability_zone.clone()),
        Say(SMALL, id.unwrap_or(known.unknown().say(language)).to_owned()),
    ];
    Node::card(Look::Card, SUBNET, 0, &says).missing(id.is_none())
}
