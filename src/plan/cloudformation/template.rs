//! The template of a stack as it was handed to CloudFormation, with the stack's parameters, tags and outputs:
//! two objects in a bucket in Osaka. The description is written last, so without it a copy is half written.

use std::fmt;

use crate::tags::Tags;

/// How the name of every bucket of templates begins: so a restore finds them, and the keys admit them.
pub const BUCKET_PREFIX: &str = "jichitai-templates-";

/// Where a copy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: String,
    /// What the keys of its objects begin with, without the last slash: the stack, the run, the attempt.
    pub prefix: String,
}

impl Place {
    /// The place that the id of a copy names.
    #[must_use]
    pub fn named(id: &str) -> Self {
        let (bucket, prefix) = id.split_once('/').unwrap_or_default();
        Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    /// The key of the template, as CloudFormation takes it.
    #[must_use]
    pub fn template(&self) -> String {
        format!("{}/{TEMPLATE}", self.prefix)
    }

    /// The key of what else there is to know of the stack, as JSON.
    #[must_use]
    pub fn description(&self) -> String {
        format!("{}/{DESCRIPTION}", self.prefix)
    }
}

impl fmt::Display for Place {
    /// The id of the copy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.prefix)
    }
}

/// The last part of the key of a template.
pub const TEMPLATE: &str = "template";
/// The last part of the key of a description.
pub const DESCRIPTION: &str = "stack.json";

/// Writes to the copies of stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reads a stack in Tokyo and puts its template and its description, encrypted.
    Keep {
        /// The name of the stack.
        stack: String,
        /// Where they are put.
        place: Place,
        /// Full ARN of the key in the Region of the step.
        key_arn: String,
        /// What the objects say about themselves.
        tags: Tags,
    },
    /// `DeleteObjects`: both. The bucket keeps them as old versions for some time.
    Delete {
        /// The copy.
        place: Place,
    },
    /// Every version of every object goes.
    Purge {
        /// The bucket.
        bucket: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Keep { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep {
                stack, place, key_arn, ..
            } => write!(
                f,
                "keep the template of stack {stack} in bucket {} under {key_arn}",
                place.bucket
            ),
            Self::Delete { place } => write!(f, "delete template {place}"),
            Self::Purge { bucket } => write!(f, "delete every version of every template in bucket {bucket}"),
        }
    }
}
