//! Puts everything in its place: the office on the left, the transit gateway in the middle, AWS on the right.
//!
//! What talks to one another stands at the same height, so every arrow is straight and none crosses another.

use jichitai_api::Region;

use super::ink::{Look, Tone};
use super::links;
use super::node::{Arrow, Drawing, GAP, HEAD, NAME, Node, PAD, Rect, Say};
use super::rows::{Outside, Row};
use super::scene::Scene;
use super::sizes::{BAND, ENTRY, GATEWAY, LABELS, MARGIN, OUTSIDE};
use super::{exceptions, frames, legend, osaka, resolver, service, zone};
use crate::known::Known;
use crate::reach::Reach;
use crate::words;

/// Room for an arrow between two frames, with its label beside it.
const BETWEEN: i32 = 30;

/// Where the columns begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub office: i32,
    pub labels: i32,
    pub gateway: i32,
    pub aws: i32,
    pub band: i32,
    /// Width of a frame on the right.
    pub frame: i32,
}

impl Columns {
    fn of(scene: &Scene<'_>) -> Self {
        let office = MARGIN;
        let labels = office + OUTSIDE + 2 * PAD;
        let gateway = labels + LABELS;
        let aws = gateway + GATEWAY + ENTRY;
        let lanes = exceptions::lanes(&scene.municipality.spec.network);
        Self {
            office,
            labels,
            gateway,
            aws,
            band: aws + 2 * PAD,
            frame: BAND + lanes + 4 * PAD,
        }
    }
}

/// A drawing while it grows from top to bottom.
struct Page<'a> {
    scene: &'a Scene<'a>,
    columns: Columns,
    nodes: Vec<Node>,
    arrows: Vec<Arrow>,
    outside: Vec<Outside>,
    /// Below the headings of office and gateway: rows begin here at the earliest.
    floor: i32,
}

/// The whole drawing.
pub(super) fn compose(scene: &Scene<'_>) -> Drawing {
    let columns = Columns::of(scene);
    let width = columns.aws + columns.frame + MARGIN;
    let heading = Say(HEAD, scene.heading());
    let heading = Node::card(Look::Heading, width - 2 * MARGIN, 0, &[heading]).at(MARGIN, MARGIN / 2);
    let top = heading.rect.bottom();
    let office = frames::office(scene).at(columns.office, top);
    let gateway = frames::gateway(scene).at(columns.gateway, top);
    let mut page = Page {
        scene,
        columns,
        nodes: vec![heading],
        arrows: Vec::new(),
        outside: Vec::new(),
        floor: office.rect.bottom().max(gateway.rect.bottom()),
    };
    let tokyo_top = page.shared(top);
    let (tokyo, vpc) = page.tokyo(tokyo_top);
    let left_bottom = page.close(office, gateway, vpc);
    let osaka = page.osaka(tokyo);
    page.finish(width, left_bottom, osaka)
}

impl Page<'_> {
    /// Endpoints in VPCs that many share, above the municipality's own; tells where Tokyo begins.
    fn shared(&mut self, top: i32) -> i32 {
        let scene = self.scene;
        let mut y = top;
        let away: Vec<&Reach<'_>> = scene.reaches.iter().filter(|reach| !reach.is_home).collect();
        for reach in &away {
            let mut frame = frames::shared(reach, self.columns.frame, scene.language).at(self.columns.aws, y);
            let row = resolver::row(reach, &scene.municipality.spec.network, scene.language);
            let start = frame.rect.bottom().max(self.floor);
            let inside = self.row(row, start);
            frame.rect.h = inside.rect.bottom() + PAD - frame.rect.y;
            frame.children.push(inside);
            y = frame.rect.bottom() + BETWEEN;
            let held = links::association(reach, frame.rect, scene.language);
            self.link(held);
            self.nodes.push(frame);
        }
        y
    }

    /// Places a row and draws its connections.
    fn row(&mut self, mut row: Row, top: i32) -> Node {
        row.place(self.columns.office + PAD, self.columns.band, top);
        let Row { outside, inside } = row;
        for one in &outside {
            let (labels, arrows) = links::strands(one, inside.rect, self.columns);
            self.nodes.extend(labels);
            self.arrows.extend(arrows);
        }
        self.outside.extend(outside);
        inside
    }

    /// The Region Tokyo with the VPC in it; tells the places of both.
    fn tokyo(&mut self, top: i32) -> (Rect, Rect) {
        let mut tokyo = frames::tokyo(self.scene, self.columns.frame).at(self.columns.aws, top);
        let width = self.columns.frame - 2 * PAD;
        let mut vpc = frames::vpc(self.scene, width).at(self.columns.aws + PAD, tokyo.rect.bottom());
        self.fill(&mut vpc);
        let keys = self.keys(vpc.rect.bottom() + GAP);
        tokyo.rect.h = keys.rect.bottom() + PAD - tokyo.rect.y;
        let places = (tokyo.rect, vpc.rect);
        tokyo.children.extend([vpc, keys]);
        self.nodes.push(tokyo);
        places
    }

    /// Zones, endpoints at home, exceptions, service subnets: from top to bottom.
    fn fill(&mut self, vpc: &mut Node) {
        let scene = self.scene;
        let network = &scene.municipality.spec.network;
        let known = Known::of(scene.municipality);
        let mut y = vpc.rect.bottom().max(self.floor);
        let mut zones: Vec<(String, Rect)> = Vec::new();
        for one in &network.zones {
            let node = self.row(zone::row(one, known, scene.language), y);
            y = node.rect.bottom() + GAP;
            zones.push((one.name.clone(), node.rect));
            vpc.children.push(node);
        }
        self.arrows.extend(exceptions::arrows(network, &zones));
        let home = scene.reaches.iter().filter(|reach| reach.is_home);
        let names = home.map(|reach| resolver::row(reach, network, scene.language));
        let exceptions = exceptions::band(network, scene.language).map(Row::alone);
        for row in names.chain(exceptions) {
            let node = self.row(row, y);
            y = node.rect.bottom() + GAP;
            vpc.children.push(node);
        }
        if let Some(band) = service::band(network, known, scene.language) {
            let node = self.row(Row::alone(band), y);
            self.arrows.extend(links::attachment(scene, node.rect, self.columns));
            y = node.rect.bottom() + GAP;
            vpc.children.push(node);
        }
        vpc.rect.h = vpc.rect.h.max(y - GAP + PAD - vpc.rect.y);
    }

    fn keys(&self, top: i32) -> Node {
        let scene = self.scene;
        let heading = Say(NAME, words::DRAW_TOKYO_KEYS.say(scene.language).to_owned());
        let mut node = Node::card(Look::Label, BAND, 0, &[heading]);
        let keys = osaka::keys(scene.municipality, Region::Tokyo, scene.language);
        let below = node.rect.h;
        node.hold(keys, PAD, below, 2);
        node.at(self.columns.band, top)
    }

    /// Makes office and gateway as high as the rows, and tells where they end.
    fn close(&mut self, mut office: Node, mut gateway: Node, vpc: Rect) -> i32 {
        let bottom = vpc.bottom().max(self.floor + PAD);
        office.rect.h = bottom - office.rect.y;
        gateway.rect.h = bottom - gateway.rect.y;
        office.children = self.outside.drain(..).map(|one| one.node).collect();
        self.nodes.extend([office, gateway]);
        bottom
    }

    fn osaka(&mut self, tokyo: Rect) -> Rect {
        let scene = self.scene;
        let mut osaka = osaka::osaka(scene.municipality, scene.policies, scene.language);
        osaka.rect.w = self.columns.frame;
        let osaka = osaka.at(self.columns.aws, tokyo.bottom() + BETWEEN);
        let rect = osaka.rect;
        if !scene.policies.is_empty() {
            self.link(links::copies(tokyo, scene.language));
        }
        self.nodes.push(osaka);
        rect
    }

    fn link(&mut self, (label, arrow): (Node, Arrow)) {
        self.nodes.push(label);
        self.arrows.push(arrow);
    }

    fn finish(mut self, width: i32, left_bottom: i32, osaka: Rect) -> Drawing {
        let legend = legend::legend(self.scene.language).at(self.columns.office, left_bottom + 2 * GAP);
        let height = legend.rect.bottom().max(osaka.bottom()) + MARGIN;
        self.nodes.push(legend);
        Drawing {
            width,
            height,
            nodes: self.nodes,
            arrows: self.arrows,
        }
    }
}

/// A straight arrow downwards from a frame to the next one.
pub(super) fn down(from: Rect, tone: Tone, title: String) -> Arrow {
    let x = from.x + 4 * PAD;
    Arrow {
        points: vec![(x, from.bottom()), (x, from.bottom() + BETWEEN)],
        tone,
        is_dashed: false,
        head_at_start: false,
        head_at_end: true,
        badge: None,
        title,
    }
}
