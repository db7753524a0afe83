//! Route 53, as far as private hosted zones are asked in a VPC.

pub mod zone_association;
