//! The functional core: what AWS should be, what it is, and the steps between the two.
//!
//! Everything here is a value or a pure function. The crate never talks to AWS or Kubernetes, never
//! reads a clock, an environment variable or a random number, and has no `async`: time, settings and
//! the ledger come in through [`context::Context`], and what goes out is a [`plan::Plan`] of
//! [`step::Step`]s that the `aws` crate executes one by one.

pub mod adopt;
pub mod approval;
pub mod calendar;
pub mod certainty;
pub mod cloudformation;
pub mod context;
pub mod dry_run;
pub mod ec2;
pub mod evidence;
pub mod file_link_bucket;
pub mod goal;
pub mod grant;
pub mod guardrails;
pub mod iam;
pub mod identity;
pub mod installation;
pub mod inventory;
pub mod kms;
pub mod ledger;
pub mod municipality;
pub mod observation;
pub mod orphans;
pub mod osaka_backup_policy;
pub mod pass;
pub mod permissions;
pub mod plan;
pub mod policy;
pub mod preview;
pub mod ram;
pub mod rds;
pub mod report;
pub mod reported;
pub mod resolve;
pub mod resolver_endpoint;
pub mod restore;
pub mod roll;
pub mod route53;
pub mod route53resolver;
pub mod s3;
pub mod service_control;
pub mod setup;
pub mod spec_fault;
pub mod step;
pub mod succession;
pub mod tags;
pub mod tenants;
pub mod transfer;
