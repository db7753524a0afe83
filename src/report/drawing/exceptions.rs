//! Exceptions to the separation of zones: dashed red arrows along the zones, explained below them.

use jichitai_api::municipality::{CrossZone, Network};

use super::ink::{Look, Tone};
use super::node::{ALARM, Arrow, NAME, Node, PAD, Rect, SMALL, Say};
use super::sizes::{BAND, HALF, LANE, MOST};
use crate::language::Language;
use crate::ports;
use crate::words;

/// What there is to say of them, with the numbers that the arrows carry.
pub(super) fn band(network: &Network, language: Language) -> Option<Node> {
    let all = &network.allowed_cross_zone;
    if all.is_empty() {
        return None;
    }
    let heading = words::EXCEPTION_BETWEEN_ZONES.say(language).to_owned();
    let mut node = Node::card(Look::Exception, BAND, 0, &[Say(ALARM, heading)]);
    let mut plates: Vec<Node> = (1..)
        .zip(all)
        .take(MOST)
        .map(|(i, one)| plate(i, one, language))
        .collect();
    if let Some(left) = all.len().checked_sub(MOST).filter(|left| *left > 0) {
        let text = words::DRAW_MORE.with(language, &[&left.to_string()]);
        plates.push(Node::card(Look::Card, HALF, 0, &[Say(SMALL, text)]));
    }
    let top = node.rect.h;
    node.hold(plates, PAD, top, 2);
    Some(node)
}

fn plate(number: usize, one: &CrossZone, language: Language) -> Node {
    let CrossZone {
        from,
        to,
        ports,
        exception,
    } = one;
    let ports = ports::list(ports, language);
    let says = [
        Say(NAME, format!("{number}. {from} → {to}  {ports}")),
        Say(SMALL, exception.reason.clone()),
        Say(
            SMALL,
            words::DRAW_EXCEPTION.with(language, &[&exception.approved_by, &exception.until]),
        ),
    ];
    Node::card(Look::Card, HALF, 0, &says)
}

/// Room that the arrows need beside the zones.
pub(super) fn lanes(network: &Network) -> i32 {
    let count = network.allowed_cross_zone.len().min(MOST);
    match i32::try_from(count).unwrap_or_default() {
        0 => 0,
        count => count * LANE + LANE / 2,
    }
}

/// The arrows, given where each zone is.
pub(super) fn arrows(network: &Network, zones: &[(String, Rect)]) -> Vec<Arrow> {
    let place = |name: &str| zones.iter().find(|(zone, _)| zone == name).map(|(_, rect)| *rect);
    let shown = (0..).zip(&network.allowed_cross_zone).take(MOST);
    shown
        .filter_map(|(i, one)| Some(arrow(i, one, place(&one.from)?, place(&one.to)?)))
        .collect()
}

fn arrow(i: i32, one: &CrossZone, from: Rect, to: Rect) -> Arrow {
    // Ends of different exceptions are at different heights, as far as a zone is high.
    let offset = |rect: Rect, way: i32| rect.y + PAD + (2 * i + way) * 7 % (rect.h - 2 * PAD).max(1);
    let (start, end) = (offset(from, 0), offset(to, 1));
    let lane = from.right().max(to.right()) + (i + 1) * LANE;
    Arrow {
        points: vec![(from.right(), start), (lane, start), (lane, end), (to.right(), end)],
        tone: Tone::Red,
        is_dashed: true,
        head_at_start: false,
        head_at_end: true,
        badge: Some((lane, i32::midpoint(start, end), (i + 1).to_string())),
        title: format!("{} → {}: {}", one.from, one.to, one.exception.reason),
    }
}
