//! Widths that the parts of a drawing agree on, in pixels.

use super::node::{GAP, PAD};

/// Around everything.
pub(super) const MARGIN: i32 = 14;
/// A box on the office's side.
pub(super) const OUTSIDE: i32 = 196;
/// Between the office's side and the transit gateway: what the arrows are for stands here.
pub(super) const LABELS: i32 = 158;
/// The transit gateway.
pub(super) const GATEWAY: i32 = 158;
/// Between the transit gateway and the VPC.
pub(super) const ENTRY: i32 = 26;
/// A subnet, an address: as wide as an id of AWS.
pub(super) const SUBNET: i32 = 158;
/// The stripe along a zone.
pub(super) const STRIPE: i32 = 10;
/// What is said of a zone, beside its subnets.
pub(super) const ABOUT: i32 = 196;
/// A zone, and everything else that fills a VPC.
pub(super) const BAND: i32 = STRIPE + ABOUT + 2 * SUBNET + GAP + PAD;
/// Boxes in a row below one another's headings.
pub(super) const QUARTER: i32 = (BAND - 2 * PAD - 3 * GAP) / 4;
/// The same, two in a row.
pub(super) const HALF: i32 = (BAND - 2 * PAD - GAP) / 2;
/// Between two exceptions that run along the zones.
pub(super) const LANE: i32 = 18;
/// Between arrows that are for different things.
pub(super) const STRAND: i32 = 22;
/// Height of a label beside an arrow.
pub(super) const LABEL: i32 = 14;

/// How many peers, rules or exceptions are drawn one by one; the tables have all.
pub(super) const MOST: usize = 12;
