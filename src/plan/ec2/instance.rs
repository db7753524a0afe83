//! EC2 instances that are started from images. `RunInstances` takes a client token, so none is started twice.

use std::fmt;
use std::net::Ipv4Addr;

use crate::tags::Tags;

/// Writes to instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `RunInstances`: one of an image.
    Run {
        /// The image.
        image_id: String,
        /// For example `t3.micro`.
        instance_type: String,
        /// The subnet.
        subnet_id: String,
        /// Its address in the subnet; none lets AWS choose one.
        private_ip_address: Option<Ipv4Addr>,
        /// Security groups; none means the VPC's default one.
        security_group_ids: Vec<String>,
        /// The name of an instance profile.
        instance_profile: Option<String>,
        /// Tags of the instance and its volumes.
        tags: Tags,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        true
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Run {
            image_id,
            instance_type,
            subnet_id,
            private_ip_address,
            ..
        } = self;
        write!(f, "start a {instance_type} instance of {image_id} in {subnet_id}")?;
        match private_ip_address {
            Some(address) => write!(f, " at {address}"),
            None => Ok(()),
        }
    }
}
