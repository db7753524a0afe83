//! The drawing as SVG 1.1: shapes and text alone, so that it reads anywhere.

use jichitai_api::municipality::ZoneType;
use maud::{Markup, html};

use super::ink::{Look, ZONES, pattern};
use super::node::{Arrow, Drawing, Line, Node};

const FONT: &str = "'Hiragino Sans','Noto Sans JP','Noto Sans CJK JP','Yu Gothic',Meiryo,sans-serif";
/// Half the width of an arrow's head, and its length.
const HEAD: (i32, i32) = (4, 8);

/// The drawing, with a title and a description for those who do not see it.
pub(super) fn render(drawing: &Drawing, id: &str, title: &str, description: &str) -> Markup {
    let Drawing {
        width,
        height,
        nodes,
        arrows,
    } = drawing;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height)
            role="img" aria-labelledby=(format!("{id}-title {id}-desc")) font-family=(FONT) {
            title id=(format!("{id}-title")) { (title) }
            desc id=(format!("{id}-desc")) { (description) }
            defs { @for kind in ZONES { (stripes(kind, id)) } }
            rect width=(width) height=(height) fill="#ffffff" {}
            @for one in nodes { (node(one, id)) }
            @for one in arrows { (arrow(one)) }
        }
    }
}

/// Zones differ by pattern as well as by colour: slanted lines, dots, level lines.
fn stripes(kind: ZoneType, id: &str) -> Markup {
    let (_, colour) = Look::Zone(kind).colours();
    let id = format!("{id}-{}", pattern(kind));
    html! {
        pattern id=(id) width="6" height="6" patternUnits="userSpaceOnUse" {
            @match kind {
                ZoneType::MyNumberAffairs => path d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2" stroke=(colour) stroke-width="1.6" {},
                ZoneType::LgwanConnected => circle cx="3" cy="3" r="1.6" fill=(colour) {},
                ZoneType::Maintenance => path d="M0,1 h6 M0,4 h6" stroke=(colour) stroke-width="1.2" {},
            }
        }
    }
}

fn node(node: &Node, id: &str) -> Markup {
    let Node {
        rect,
        look,
        is_missing,
        lines,
        children,
    } = node;
    let (fill, stroke) = match look {
        Look::Stripe(kind) => (format!("url(#{id}-{})", pattern(*kind)), "none"),
        look => {
            let (fill, stroke) = look.colours();
            let fill = if *is_missing { "#ffffff" } else { fill };
            (fill.to_owned(), stroke)
        }
    };
    let is_drawn = !matches!(look, Look::Heading | Look::Label);
    html! {
        @if is_drawn {
            rect x=(rect.x) y=(rect.y) width=(rect.w) height=(rect.h) rx=(look.radius()) fill=(fill) stroke=(stroke)
                stroke-dasharray=[is_missing.then_some("5 3")] {}
        }
        @for one in children { (self::node(one, id)) }
        @for one in lines { (line(one)) }
    }
}

/// What had to be shortened keeps its whole text.
fn line(line: &Line) -> Markup {
    let Line {
        x,
        y,
        style,
        shown,
        full,
        room: _,
    } = line;
    html! {
        text x=(x) y=(y) font-size=(style.size) font-weight=[style.is_bold.then_some("bold")] fill=(style.tone.colour()) {
            (shown)
            @if shown != full { title { (full) } }
        }
    }
}

fn arrow(arrow: &Arrow) -> Markup {
    let Arrow {
        points,
        tone,
        is_dashed,
        head_at_start,
        head_at_end,
        badge,
        title,
    } = arrow;
    let colour = tone.colour();
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let start = points.first().zip(points.get(1)).filter(|_| *head_at_start);
    let end = points.last().zip(points.iter().nth_back(1)).filter(|_| *head_at_end);
    html! {
        g {
            title { (title) }
            polyline points=(path.join(" ")) fill="none" stroke=(colour) stroke-width="1.5"
                stroke-dasharray=[is_dashed.then_some("6 4")] {}
            @if let Some((tip, from)) = start { (head(*tip, *from, colour)) }
            @if let Some((tip, from)) = end { (head(*tip, *from, colour)) }
            @if let Some((x, y, text)) = badge {
                circle cx=(x) cy=(y) r="8" fill="#ffffff" stroke=(colour) {}
                text x=(x) y=(y + 4) font-size="10" font-weight="bold" text-anchor="middle" fill=(colour) { (text) }
            }
        }
    }
}

/// A head at the tip of a line that comes from a point beside, above or below.
fn head(tip: (i32, i32), from: (i32, i32), colour: &str) -> Markup {
    let (half, length) = HEAD;
    let ((x, y), (dx, dy)) = (tip, ((from.0 - tip.0).signum(), (from.1 - tip.1).signum()));
    let (bx, by) = (x + dx * length, y + dy * length);
    let points = format!(
        "{x},{y} {},{} {},{}",
        bx + dy * half,
        by + dx * half,
        bx - dy * half,
        by - dx * half
    );
    html! { polygon points=(points) fill=(colour) {} }
}
