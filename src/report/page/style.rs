//! How a page looks: on screen, narrow screens and paper. Colours have a contrast of 4.5 to 1 or more on their ground.

pub(super) const STYLE: &str = include_str!("style.css");
