//! AWS, as far as the operator needs it: reads that become observations, and one write per step.
//!
//! This is the only crate that names an AWS SDK. [`accounts::Accounts`] opens a
//! [`session::Session`] in a tenant's account; the session observes what a query asks for and
//! executes the steps of a plan. Every refusal becomes a `Fault` through the one table in
//! [`error`]. Nothing here decides what should be: that is the plan's business.
//!
//! One file per AWS thing, named like the plan's file for the same thing, reads it and writes it.

pub mod accounts;
mod adopt;
mod answer;
mod calls;
mod cloudformation;
mod concurrently;
mod config;
mod credentials;
mod depth;
mod ec2;
mod efs;
mod errand;
pub mod error;
mod events;
mod execute;
mod file_link_bucket;
mod guard;
mod guardrails;
pub mod iam;
mod kept;
mod kms;
mod lane;
mod limits;
mod observe;
mod osaka_backup_policy;
mod ram;
mod rds;
mod receipt;
mod resolver_endpoint;
mod restore;
mod route53;
mod route53resolver;
mod s3;
pub mod secrets;
pub mod session;
mod stores;
mod tagged;
mod tally;
mod trace;
pub mod transfer;

pub use calls::{Call, Calls};
pub use depth::{Depth, Known};
pub use errand::Errand;
pub use events::Received;
pub use guard::Guard;
pub use kept::WINDOW;
pub use lane::{Desk, Lane, Place};
pub use limits::{Family, Rate, Rates};
pub use osaka_backup_policy::Claim;
pub use restore::{RecoveryPoints, RestoreQuery};
pub use s3::evidence::EvidencePlace;
pub use s3::installation_lock::{FoundLock, LockPlace};
pub use tally::Tally;
