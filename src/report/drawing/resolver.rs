//! A Resolver endpoint with its addresses, and the name servers that ask it or are asked.

use jichitai_api::municipality::{Direction, Network};
use jichitai_api::resolver_endpoint::{DnsProtocol, EndpointDirection, ForwardRule, ForwardRuleType, ResolverEndpoint};

use super::ink::{Look, Tone};
use super::node::{BODY, HEAD, NAME, Node, SMALL, Say};
use super::rows::{Outside, Row, Strand};
use super::sizes::{MOST, OUTSIDE, SUBNET};
use super::zone::{beside, more};
use crate::language::Language;
use crate::names::Named;
use crate::reach::Reach;
use crate::tables::target;
use crate::tenant::name;
use crate::words;

/// The row of an endpoint.
pub(super) fn row(reach: &Reach<'_>, network: &Network, language: Language) -> Row {
    let inside = inside(reach, language);
    let outside = match reach.endpoint.spec.direction {
        EndpointDirection::Inbound => vec![askers(reach, network, language)],
        EndpointDirection::Outbound => asked(reach, language),
    };
    Row { outside, inside }
}

fn inside(reach: &Reach<'_>, language: Language) -> Node {
    let endpoint = reach.endpoint;
    let status = reach.status();
    let id = status.and_then(|status| status.endpoint_id.as_deref());
    let mut says = vec![
        Say(HEAD, words::DRAW_RESOLVER.say(language).to_owned()),
        Say(BODY, endpoint.spec.direction.word().say(language).to_owned()),
        Say(
            SMALL,
            format!("{}{}", name(&endpoint.metadata), zone(endpoint, language)),
        ),
        Say(SMALL, id.unwrap_or(words::NOT_CREATED.say(language)).to_owned()),
    ];
    let kept = reach.rules().filter(|rule| rule.rule_type == ForwardRuleType::System);
    says.extend(kept.take(MOST).map(|rule| {
        let text = words::DRAW_KEPT.with(language, &[&rule.domain]);
        Say(SMALL, text)
    }));
    beside(Look::Names, 0, &says, addresses(reach, language)).missing(id.is_none())
}

fn zone(endpoint: &ResolverEndpoint, language: Language) -> String {
    let zone = endpoint.spec.placement.zone.as_deref();
    zone.map_or_else(String::new, |zone| {
        format!(" ({})", words::DRAW_IN_ZONE.with(language, &[zone]))
    })
}

/// Addresses as AWS has them, then those that it does not have yet.
fn addresses(reach: &Reach<'_>, language: Language) -> Vec<Node> {
    let known = reach
        .status()
        .map(|status| status.ip_addresses.as_slice())
        .unwrap_or_default();
    let made = known.iter().map(|one| {
        let state = match one.retiring {
            true => format!("{} {}", one.status, words::RETIRING.say(language)),
            false => one.status.clone(),
        };
        address(&one.ip, [&one.az, &state], false)
    });
    let asked = reach.endpoint.spec.ip_addresses.iter();
    let asked = asked.filter(|ip| known.iter().all(|one| one.ip != ip.ip));
    let asked = asked.map(|one| {
        let subnet = if reach.is_home { one.subnet.as_str() } else { "" };
        address(&one.ip, [subnet, words::NOT_CREATED.say(language)], true)
    });
    made.chain(asked).collect()
}

fn address(ip: &str, about: [&str; 2], is_missing: bool) -> Node {
    let about = about.map(|text| Say(SMALL, text.to_owned()));
    let says: Vec<Say> = std::iter::once(Say(NAME, ip.to_owned())).chain(about).collect();
    Node::card(Look::Card, SUBNET, 0, &says).missing(is_missing)
}

/// The office's name servers, which ask. Of a shared endpoint nobody sees which ranges others have.
fn askers(reach: &Reach<'_>, network: &Network, language: Language) -> Outside {
    let ranges = match reach.is_home {
        true => &reach.endpoint.spec.allowed_cidrs,
        false => &network.on_premises_cidrs,
    };
    let mut says = vec![Say(NAME, words::DRAW_OFFICE_DNS.say(language).to_owned())];
    says.extend(ranges.iter().take(MOST).map(|range| Say(SMALL, range.clone())));
    let protocols: Vec<&str> = reach.endpoint.spec.protocols.iter().map(|one| port(*one)).collect();
    Outside {
        node: Node::card(Look::Card, OUTSIDE, 0, &says),
        strands: vec![Strand {
            label: format!("DNS {}", protocols.join(", ")),
            direction: Direction::Inbound,
            tone: Tone::Names,
        }],
    }
}

fn port(protocol: DnsProtocol) -> &'static str {
    match protocol {
        DnsProtocol::Do53 => "53",
        DnsProtocol::DoH => "DoH 443",
    }
}

/// The name servers that are asked, rule by rule.
fn asked(reach: &Reach<'_>, language: Language) -> Vec<Outside> {
    let shown = reach.forwards().take(MOST);
    let mut all: Vec<Outside> = shown.map(|rule| servers(rule, language)).collect();
    all.extend(more(reach.forwards().count(), language));
    all
}

fn servers(rule: &ForwardRule, language: Language) -> Outside {
    let mut says = vec![Say(NAME, words::DRAW_FORWARDERS.say(language).to_owned())];
    says.extend(rule.targets.iter().map(|one| Say(SMALL, target(one))));
    Outside {
        node: Node::card(Look::Card, OUTSIDE, 0, &says),
        strands: vec![Strand {
            label: rule.domain.clone(),
            direction: Direction::Outbound,
            tone: Tone::Names,
        }],
    }
}
