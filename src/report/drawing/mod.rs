//! The drawing of one municipality's network: computed here, drawn as plain SVG.
//!
//! The same objects always give the same drawing. It shows what the specification asks for; what AWS does not have
//! yet is drawn in outline. It never reads a font: see [`crate::measure`] for how texts are made to fit.

mod compose;
mod exceptions;
mod frames;
mod ink;
mod legend;
mod links;
mod node;
mod osaka;
mod render;
mod resolver;
mod rows;
mod scene;
mod service;
mod sizes;
#[cfg(test)]
mod tests;
mod zone;

use maud::Markup;

pub(crate) use scene::Scene;

/// A drawing, and whether it is wider than it is high.
pub(crate) struct Picture {
    pub svg: Markup,
    pub is_wide: bool,
}

/// Draws a municipality's network.
pub(crate) fn draw(scene: &Scene<'_>) -> Picture {
    let drawing = compose::compose(scene);
    Picture {
        svg: render::render(&drawing, &scene.id(), &scene.heading(), &scene.description()),
        is_wide: drawing.width > drawing.height,
    }
}
