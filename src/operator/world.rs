//! What a plan is made from besides the object: the accounts, the configuration, and the objects around it. A process
//! of the operator has it from watches, a command from files.

use std::sync::Arc;

use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy};
use jichitai_aws::accounts::Accounts;
use kube::Client;
use kube::runtime::reflector::Store;

use crate::config::Live;

/// What a plan is made from besides the object.
pub struct World {
    /// AWS, by account.
    pub accounts: Accounts,
    /// The configuration in force.
    pub config: Arc<Live>,
    /// All municipalities.
    pub municipalities: Store<Municipality>,
    /// All file-link buckets.
    pub buckets: Store<FileLinkBucket>,
    /// All policies.
    pub policies: Store<OsakaBackupPolicy>,
    /// Where Secrets are read that a spec refers to; nowhere without a cluster.
    pub secrets: Option<Client>,
}
