//! The four kinds of `jichitai.dev/v1alpha1`: what a person writes and what the operator reports.
//!
//! Types, their schema and the rules the API server can check alone. There is no client here, no
//! async, and no decision about AWS: validation that needs other objects or AWS is a condition, made
//! by the layers above. Strings in a spec stay strings, because an object that is already stored
//! must always be readable; they are parsed into domain types where a plan is made.

pub mod code;
pub mod common;
pub mod condition;
pub mod crd;
pub mod file_link_bucket;
pub mod grant;
pub mod guide;
pub mod inventory;
pub mod municipality;
pub mod object;
pub mod osaka_backup_policy;
pub mod quoted;
pub mod region;
pub mod resolver_endpoint;
mod schema;
pub mod status;

pub use code::MunicipalityCode;
pub use common::CommonSpec;
pub use condition::{ConditionType, Reason};
pub use file_link_bucket::{FileLinkBucket, FileLinkBucketSpec, FileLinkBucketStatus};
pub use inventory::{InventoryEntry, InventoryState};
pub use municipality::{Municipality, MunicipalitySpec, MunicipalityStatus};
pub use object::{KINDS, Object};
pub use osaka_backup_policy::{OsakaBackupPolicy, OsakaBackupPolicySpec, OsakaBackupPolicyStatus};
pub use region::Region;
pub use resolver_endpoint::{ResolverEndpoint, ResolverEndpointSpec, ResolverEndpointStatus};
pub use status::CommonStatus;

/// The API group of all kinds.
pub const GROUP: &str = "jichitai.dev";

/// The served and stored version.
pub const VERSION: &str = "v1alpha1";
