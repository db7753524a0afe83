//! What patterns, dashes and arrows mean.

use jichitai_api::municipality::ZoneType;

use super::ink::{Look, ZONES};
use super::node::{GAP, NAME, Node, PAD, Rect, SMALL, Say};
use super::sizes::{GATEWAY, LABELS, OUTSIDE};
use crate::language::Language;
use crate::names::Named;
use crate::words;

/// As wide as the office's side up to the transit gateway.
const WIDTH: i32 = OUTSIDE + 2 * PAD + LABELS + GATEWAY;
const ENTRY: i32 = (WIDTH - 2 * PAD - GAP) / 2;
const SWATCH: i32 = 20;

/// The legend.
pub(super) fn legend(language: Language) -> Node {
    let heading = words::DRAW_LEGEND.say(language).to_owned();
    let mut node = Node::card(Look::Frame, WIDTH, 0, &[Say(NAME, heading)]);
    let mut entries: Vec<Node> = ZONES.map(|kind| zone(kind, language)).into();
    let missing = entry(words::DRAW_OUTLINE.say(language), Look::Card);
    entries.push(missing.missing(true));
    entries.push(entry(words::DRAW_EXCEPTION_ARROW.say(language), Look::Exception));
    entries.push(entry(words::DRAW_ARROW.say(language), Look::Card));
    let top = node.rect.h;
    node.hold(entries, PAD, top, 2);
    node
}

fn entry(text: &str, look: Look) -> Node {
    Node::card(look, ENTRY, 0, &[Say(SMALL, text.to_owned())])
}

fn zone(kind: ZoneType, language: Language) -> Node {
    let mut node = Node::card(
        Look::Zone(kind),
        ENTRY,
        SWATCH,
        &[Say(SMALL, kind.word().say(language).to_owned())],
    );
    let rect = Rect { w: SWATCH, ..node.rect };
    node.children.push(Node {
        rect,
        look: Look::Stripe(kind),
        is_missing: false,
        lines: Vec::new(),
        children: Vec::new(),
    });
    node
}
