//! Arrows between what was placed, and the labels beside them.

use jichitai_api::municipality::Direction;

use super::compose::{Columns, down};
use super::ink::{Look, Tone};

use super::node::{Arrow, Line, Node, PAD, Rect, SMALL};
use super::rows::{Outside, Strand};
use super::scene::Scene;
use super::sizes::{BAND, GATEWAY, LABEL, LABELS};
use crate::known::Known;
use crate::language::Language;
use crate::measure::fit;
use crate::reach::Reach;
use crate::words;

/// A label of one line.
fn label(text: &str, rect: Rect) -> Node {
    let room = rect.w;
    let line = Line {
        x: rect.x,
        y: rect.bottom() - 3,
        style: SMALL,
        shown: fit(text, SMALL.size, SMALL.is_bold, room),
        full: text.to_owned(),
        room,
    };
    Node {
        rect,
        look: Look::Label,
        is_missing: false,
        lines: vec![line],
        children: Vec::new(),
    }
}

/// The connections of one box outside: each a line through the gateway, with its label before it.
pub(super) fn strands(outside: &Outside, inside: Rect, columns: Columns) -> (Vec<Node>, Vec<Arrow>) {
    let mut labels = Vec::new();
    let mut arrows = Vec::new();
    for (y, strand) in outside.heights() {
        let rect = Rect {
            x: columns.labels + PAD / 2,
            y: y - LABEL - 1,
            w: LABELS - PAD,
            h: LABEL,
        };
        labels.push(label(&strand.label, rect));
        let points = [(outside.node.rect.right(), y), (inside.x, y)];
        arrows.push(line(points, strand));
    }
    (labels, arrows)
}

/// Whether there is a head at the office's side, and at AWS's.
fn heads(direction: Direction) -> (bool, bool) {
    match direction {
        Direction::Inbound => (false, true),
        Direction::Outbound => (true, false),
        Direction::Both => (true, true),
    }
}

fn line(points: [(i32, i32); 2], strand: &Strand) -> Arrow {
    let (head_at_start, head_at_end) = heads(strand.direction);
    Arrow {
        points: points.into(),
        tone: strand.tone,
        is_dashed: false,
        head_at_start,
        head_at_end,
        badge: None,
        title: strand.label.clone(),
    }
}

/// The attachment: from the gateway to the service subnets.
pub(super) fn attachment(scene: &Scene<'_>, service: Rect, columns: Columns) -> Option<Arrow> {
    let network = &scene.municipality.spec.network;
    network.transit_gateway_id.as_ref()?;
    let attached = Known::of(scene.municipality).attachment();
    let y = service.middle();
    Some(Arrow {
        points: vec![(columns.gateway + GATEWAY, y), (service.x, y)],
        tone: Tone::Ink,
        is_dashed: attached.is_none(),
        head_at_start: false,
        head_at_end: false,
        badge: None,
        title: words::DRAW_ATTACHMENT.say(scene.language).to_owned(),
    })
}

fn beside(from: Rect, text: &str, tone: Tone) -> (Node, Arrow) {
    let arrow = down(from, tone, text.to_owned());
    let rect = Rect {
        x: from.x + 5 * PAD,
        y: from.bottom() + PAD,
        w: BAND - 5 * PAD,
        h: LABEL,
    };
    (label(text, rect), arrow)
}

/// That the rules of a shared endpoint hold in the municipality's VPC; of others' only how many.
pub(super) fn association(reach: &Reach<'_>, from: Rect, language: Language) -> (Node, Arrow) {
    let rules = reach.rules().count().to_string();
    let text = words::DRAW_ASSOCIATION.with(language, &[&rules, &reach.others.to_string()]);
    beside(from, &text, Tone::Names)
}

/// That copies go from Tokyo to Osaka.
pub(super) fn copies(tokyo: Rect, language: Language) -> (Node, Arrow) {
    beside(tokyo, words::DRAW_COPYING.say(language), Tone::Ink)
}
