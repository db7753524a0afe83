//! The network and the EBS defaults: one file per EC2 thing, each with what is wanted, what is
//! there, the plan between them, the teardown, and how a write changes what is known.

pub mod ebs_defaults;
pub mod flow_log;
pub mod image;
pub mod instance;
pub mod internet_gateway;
pub mod network_acl;
pub mod route_table;
pub mod security_group;
pub mod snapshot;
pub mod subnet;
pub mod tags;
pub mod traffic;
pub mod transit_gateway_attachment;
pub mod volume;
pub mod vpc;
pub mod vpc_endpoint;
