//! Boxes, lines of text and arrows, before anything is drawn: whether boxes overlap and texts fit is decided here.

use super::ink::{Look, Tone};
use crate::measure::fit;
#[cfg(test)]
use crate::measure::width;

/// Room between the border of a box and its text.
pub(super) const PAD: i32 = 8;
/// What a line takes beyond the size of its letters.
const LEADING: i32 = 5;

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Rect {
    pub x: i32,
    pub y: i32,
    pub w: i32,
    pub h: i32,
}

/// A box with its text and the boxes within.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub rect: Rect,
    pub look: Look,
    /// Whether what it stands for does not exist yet: it is drawn in outline.
    pub is_missing: bool,
    pub lines: Vec<Line>,
    pub children: Vec<Node>,
}

/// A line of text, at its baseline.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub x: i32,
    pub y: i32,
    pub style: Style,
    /// What is shown, which fits.
    pub shown: String,
    /// The whole text.
    pub full: String,
    /// Room that it has, which a test holds against its width.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "whether texts fit is asked of the layout, in tests")
    )]
    pub room: i32,
}

/// How a line is set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Style {
    pub size: i32,
    pub is_bold: bool,
    pub tone: Tone,
}

pub(super) const HEAD: Style = style(13, true, Tone::Ink);
pub(super) const NAME: Style = style(11, true, Tone::Ink);
pub(super) const BODY: Style = style(11, false, Tone::Ink);
pub(super) const SMALL: Style = style(10, false, Tone::Muted);
pub(super) const ALARM: Style = style(10, true, Tone::Red);

const fn style(size: i32, is_bold: bool, tone: Tone) -> Style {
    Style { size, is_bold, tone }
}

/// A text and how it is set.
#[derive(Clone, Debug)]
pub(super) struct Say(pub Style, pub String);

/// An arrow along points that are joined at right angles.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    pub points: Vec<(i32, i32)>,
    pub tone: Tone,
    pub is_dashed: bool,
    pub head_at_start: bool,
    pub head_at_end: bool,
    /// A number on it, and where.
    pub badge: Option<(i32, i32, String)>,
    pub title: String,
}

/// Everything in its place.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    pub width: i32,
    pub height: i32,
    pub nodes: Vec<Node>,
    pub arrows: Vec<Arrow>,
}

impl Rect {
    pub fn right(self) -> i32 {
        self.x + self.w
    }

    pub fn bottom(self) -> i32 {
        self.y + self.h
    }

    pub fn middle(self) -> i32 {
        self.y + self.h / 2
    }
}

impl Node {
    /// A box of a width, as high as its lines; `inset` keeps text off the left side.
    pub fn card(look: Look, w: i32, inset: i32, says: &[Say]) -> Self {
        let room = w - inset - 2 * PAD;
        let mut node = Self {
            rect: Rect { x: 0, y: 0, w, h: PAD },
            look,
            is_missing: false,
            lines: Vec::new(),
            children: Vec::new(),
        };
        for Say(style, text) in says {
            node.say(inset + PAD, room, *style, text);
        }
        node.rect.h += PAD - 2;
        node
    }

    fn say(&mut self, x: i32, room: i32, style: Style, text: &str) {
        self.rect.h += style.size + LEADING;
        self.lines.push(Line {
            x,
            y: self.rect.h - LEADING,
            style,
            shown: fit(text, style.size, style.is_bold, room),
            full: text.to_owned(),
            room,
        });
    }

    /// The same, drawn in outline where it does not exist yet.
    pub fn missing(mut self, is_missing: bool) -> Self {
        self.is_missing = is_missing;
        self
    }

    /// Moves it with everything in it.
    pub fn shift(&mut self, x: i32, y: i32) {
        self.rect.x += x;
        self.rect.y += y;
        for line in &mut self.lines {
            line.x += x;
            line.y += y;
        }
        for child in &mut self.children {
            child.shift(x, y);
        }
    }

    /// The same at another place.
    pub fn at(mut self, x: i32, y: i32) -> Self {
        self.shift(x - self.rect.x, y - self.rect.y);
        self
    }

    /// Puts boxes into it in columns, and makes it high enough.
    pub fn hold(&mut self, children: Vec<Self>, left: i32, top: i32, columns: usize) {
        let mut y = top;
        let mut all = children.into_iter().peekable();
        while all.peek().is_some() {
            let row: Vec<Self> = all.by_ref().take(columns).collect();
            let tallest = row.iter().map(|one| one.rect.h).max().unwrap_or_default();
            let mut x = left;
            for mut child in row {
                child.stretch(tallest);
                let w = child.rect.w;
                self.children.push(child.at(self.rect.x + x, self.rect.y + y));
                x += w + GAP;
            }
            y += tallest + GAP;
        }
        self.rect.h = self.rect.h.max(y - GAP + PAD);
    }

    /// Makes it at least that high; a stripe along its side grows with it.
    pub fn stretch(&mut self, h: i32) {
        let grown = self.rect.h.max(h);
        self.rect.h = grown;
        for child in &mut self.children {
            if matches!(child.look, Look::Stripe(_)) {
                child.rect.h = grown;
            }
        }
    }
}

/// Room between boxes.
pub(super) const GAP: i32 = 6;

#[cfg(test)]
impl Line {
    pub fn width(&self) -> i32 {
        width(&self.shown, self.style.size, self.style.is_bold)
    }
}
