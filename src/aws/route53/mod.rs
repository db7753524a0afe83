//! Route 53: where private hosted zones answer.

pub(crate) mod zone_association;
