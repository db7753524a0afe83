//! Rows: what stands in the VPC, with what it talks to on the office's side at the same height.

use jichitai_api::municipality::Direction;

use super::ink::Tone;
use super::node::{GAP, Node};
use super::sizes::STRAND;

/// One thing inside, and everything outside that it talks to.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub outside: Vec<Outside>,
    pub inside: Node,
}

/// A box on the office's side, and its connections.
#[derive(Clone, Debug)]
pub(super) struct Outside {
    pub node: Node,
    pub strands: Vec<Strand>,
}

/// A connection, seen from inside: inbound ones are opened by the office.
#[derive(Clone, Debug)]
pub(super) struct Strand {
    pub label: String,
    pub direction: Direction,
    pub tone: Tone,
}

impl Row {
    /// A row that talks to nobody outside.
    pub fn alone(inside: Node) -> Self {
        let outside = Vec::new();
        Self { outside, inside }
    }

    /// Puts the row at a height, and tells where it ends. Everything outside is within the height of what is inside.
    pub fn place(&mut self, left: i32, right: i32, top: i32) -> i32 {
        let mut y = top;
        for Outside { node, strands } in &mut self.outside {
            // Each connection needs its own height; there are at most a few dozen.
            let strands = i32::try_from(strands.len()).unwrap_or(i32::MAX / STRAND);
            node.stretch(strands * STRAND);
            node.shift(left - node.rect.x, y - node.rect.y);
            y = node.rect.bottom() + GAP;
        }
        self.inside.stretch(y - GAP - top);
        let Node { rect, .. } = self.inside;
        self.inside.shift(right - rect.x, top - rect.y);
        self.inside.rect.bottom()
    }
}

impl Outside {
    /// The heights of its connections.
    pub fn heights(&self) -> impl Iterator<Item = (i32, &Strand)> {
        let rect = self.node.rect;
        let count = i32::try_from(self.strands.len()).unwrap_or(1).max(1);
        let step = rect.h / count;
        let middle = step / 2;
        (0..)
            .zip(&self.strands)
            .map(move |(i, strand)| (rect.y + i * step + middle, strand))
    }
}
