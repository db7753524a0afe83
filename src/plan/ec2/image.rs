//! Machine images (AMI) of EC2 instances: made in Tokyo and copied to Osaka.
//!
//! A name stands for one image per account and Region, and a copy takes a client token: neither is made
//! twice. Deregistering an image leaves its snapshots behind; they go by themselves afterwards.

use std::fmt;

use jichitai_api::Region;

use crate::tags::Tags;

/// Writes to images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateImage`.
    Create {
        /// The instance.
        instance_id: String,
        /// The image's name.
        name: String,
        /// Whether the instance is stopped for it, and started again.
        reboot: bool,
        /// Tags of the image.
        tags: Tags,
        /// Tags of its snapshots.
        snapshot_tags: Tags,
    },
    /// `CopyImage` into the Region of the step, encrypted, with a client token.
    Copy {
        /// The Region of the source.
        from: Region,
        /// The image to copy.
        source: String,
        /// The copy's name.
        name: String,
        /// Full ARN of the key in the Region of the step.
        key_arn: String,
        /// Tags of the image.
        tags: Tags,
        /// Tags of its snapshots.
        snapshot_tags: Tags,
    },
    /// `DeregisterImage`.
    Deregister {
        /// The image.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        !matches!(self, Self::Deregister { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create {
                instance_id, reboot, ..
            } => {
                let how = if *reboot { ", stopping it meanwhile" } else { "" };
                write!(f, "make an image of {instance_id}{how}")
            }
            Self::Copy {
                from, source, key_arn, ..
            } => write!(f, "copy image {source} from {from} under {key_arn}"),
            Self::Deregister { id } => write!(f, "deregister image {id}"),
        }
    }
}
