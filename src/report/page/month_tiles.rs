//! Numbers of the month, before everything else.

use maud::{Markup, html};

use super::summary::tile;
use crate::month_numbers::tiles;
use crate::reader::Reader;
use crate::tenant::Tenants;

/// The numbers; nothing where there are no records to count, which the parts say.
pub(super) fn month_tiles(tenants: &Tenants<'_>, reader: Reader) -> Markup {
    let tiles = tiles(tenants, reader);
    html! {
        @if !tiles.is_empty() {
            ul class="tiles" { @for one in &tiles { (tile(one, reader)) } }
        }
    }
}
