//! What holds others: the office, the transit gateway, Regions and VPCs, with their headings.

use jichitai_api::municipality::{GuardrailOutcome, Municipality, NetworkOwner};

use super::ink::Look;
use super::node::{BODY, HEAD, NAME, Node, PAD, SMALL, Say};
use super::scene::Scene;
use super::sizes::{GATEWAY, OUTSIDE};
use crate::known::Known;
use crate::language::Language;
use crate::names::Named;
use crate::reach::Reach;
use crate::tenant::vpc as vpc_id;
use crate::words;

/// How many ranges a heading names one by one.
const RANGES: usize = 4;

fn ranges(all: &[String], language: Language) -> String {
    let shown = all.iter().take(RANGES).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(RANGES) {
        0 => shown,
        left => format!("{shown} {}", words::DRAW_MORE.with(language, &[&left.to_string()])),
    }
}

/// The office's side.
pub(super) fn office(scene: &Scene<'_>) -> Node {
    let network = &scene.municipality.spec.network;
    let language = scene.language;
    let mut says = vec![
        Say(HEAD, words::DRAW_OFFICE.say(language).to_owned()),
        Say(BODY, network.connection.word().say(language).to_owned()),
    ];
    says.extend(
        network
            .on_premises_cidrs
            .iter()
            .take(RANGES)
            .map(|one| Say(NAME, one.clone())),
    );
    if let Some(left) = network
        .on_premises_cidrs
        .len()
        .checked_sub(RANGES)
        .filter(|left| *left > 0)
    {
        says.push(Say(SMALL, words::DRAW_MORE.with(language, &[&left.to_string()])));
    }
    Node::card(Look::Frame, OUTSIDE + 2 * PAD, 0, &says)
}

/// The transit gateway with its attachment.
pub(super) fn gateway(scene: &Scene<'_>) -> Node {
    let network = &scene.municipality.spec.network;
    let language = scene.language;
    let id = network.transit_gateway_id.as_deref();
    let attached = Known::of(scene.municipality).attachment();
    let missing = match id {
        Some(_) => words::DRAW_NOT_ATTACHED,
        None => words::DRAW_NO_ATTACHMENT,
    };
    let missing = missing.say(language);
    let mut says = vec![
        Say(HEAD, words::DRAW_GATEWAY.say(language).to_owned()),
        Say(SMALL, id.unwrap_or(words::DRAW_NO_GATEWAY.say(language)).to_owned()),
        Say(SMALL, attached.map_or(missing, |(id, _)| id).to_owned()),
    ];
    says.extend(attached.map(|(_, state)| Say(NAME, state.to_owned())));
    if let Some(NetworkOwner { organization, .. }) = &network.owner {
        says.push(Say(SMALL, organization.clone()));
    }
    Node::card(Look::Gateway, GATEWAY, 0, &says).missing(id.is_none() || attached.is_none())
}

/// Tokyo, in the municipality's account.
pub(super) fn tokyo(scene: &Scene<'_>, width: i32) -> Node {
    let spec = &scene.municipality.spec;
    let account = words::DRAW_ACCOUNT.with(scene.language, &[&spec.account_id]);
    let isolation = spec.isolation.word().say(scene.language);
    let says = [
        Say(HEAD, words::DRAW_TOKYO.say(scene.language).to_owned()),
        Say(SMALL, format!("{account} · {isolation}")),
    ];
    Node::card(Look::Frame, width, 0, &says)
}

/// Whether the operator published that there is a way to the internet.
fn leads_out(municipality: &Municipality) -> bool {
    let guardrails = municipality
        .status
        .as_ref()
        .and_then(|status| status.guardrails.as_ref());
    let mut results = guardrails.into_iter().flat_map(|status| &status.results);
    results.any(|one| {
        one.id == "no-internet-gateway" && matches!(one.result, GuardrailOutcome::Failed | GuardrailOutcome::NotOurs)
    })
}

/// The VPC: its id, ranges, who makes it, and that nothing leads to the internet.
pub(super) fn vpc(scene: &Scene<'_>, width: i32) -> Node {
    let municipality: &Municipality = scene.municipality;
    let network = &municipality.spec.network;
    let language = scene.language;
    let known = Known::of(municipality);
    let id = vpc_id(municipality);
    let mut all = vec![network.vpc_cidr.clone()];
    all.extend(network.additional_cidrs.iter().cloned());
    let closed = match (leads_out(municipality), known.is_existing()) {
        (true, _) => words::DRAW_OPEN,
        (false, true) => words::DRAW_CLOSED_EXISTING,
        (false, false) => words::DRAW_CLOSED,
    };
    let says = [
        Say(HEAD, format!("VPC {}", id.unwrap_or(words::NOT_CREATED.say(language)))),
        Say(
            BODY,
            format!(
                "{} · {}",
                ranges(&all, language),
                network.management.word().say(language)
            ),
        ),
        Say(NAME, closed.say(language).to_owned()),
    ];
    Node::card(Look::Vpc, width, 0, &says).missing(id.is_none())
}

/// A VPC that many municipalities share.
pub(super) fn shared(reach: &Reach<'_>, width: i32, language: Language) -> Node {
    let shared = reach.endpoint.spec.placement.shared.as_ref();
    let account = shared.map(|one| words::DRAW_ACCOUNT.with(language, &[&one.account_id]));
    let place = shared.map(|one| one.vpc_id.as_str());
    let says = [
        Say(
            HEAD,
            format!("{} {}", words::SHARED_VPC.say(language), place.unwrap_or_default()),
        ),
        Say(SMALL, account.unwrap_or_default()),
    ];
    Node::card(Look::Frame, width, 0, &says)
}
