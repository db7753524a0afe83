//! Service subnets and the interface endpoints in them: the one path that zones share.

use jichitai_api::municipality::{Endpoint, Network};

use super::ink::Look;
use super::node::{BODY, GAP, HEAD, NAME, Node, PAD, SMALL, Say};
use super::sizes::QUARTER;
use super::zone::{beside, subnet};
use crate::known::Known;
use crate::language::Language;
use crate::words;

/// The band, where there is anything in it.
pub(super) fn band(network: &Network, known: Known<'_>, language: Language) -> Option<Node> {
    if network.service_subnets.is_empty() && network.endpoints.is_empty() {
        return None;
    }
    let says = [
        Say(HEAD, words::SERVICE_SUBNETS.say(language).to_owned()),
        Say(BODY, words::DRAW_ONLY_443.say(language).to_owned()),
    ];
    let subnets = network.service_subnets.iter();
    let subnets = subnets.map(|one| subnet(None, one, known, language)).collect();
    let mut node = beside(Look::Frame, 0, &says, subnets);
    let top = node.rect.h - PAD + GAP;
    let endpoints = network.endpoints.iter().map(|one| endpoint(one, known, language));
    node.hold(endpoints.collect(), PAD, top, 4);
    Some(node)
}

fn endpoint(endpoint: &Endpoint, known: Known<'_>, language: Language) -> Node {
    let Endpoint { service } = endpoint;
    let found = known.endpoint(service);
    let state = found.map_or(known.unknown().say(language), |one| one.state.as_str());
    let says = [Say(NAME, service.clone()), Say(SMALL, state.to_owned())];
    Node::card(Look::Card, QUARTER, 0, &says).missing(found.is_none())
}
