//! The shell: watches objects, runs passes of observe, plan and execute, publishes status and
//! Events, and the command line. Every decision about AWS is made in `jichitai-plan`.

pub mod account;
pub mod backoff;
mod backup_command;
pub mod cli;
pub mod conditions;
pub mod config;
mod confirm;
pub mod controller;
pub mod documents;
pub mod events;
pub mod fence;
pub mod file_link_bucket;
pub mod installation;
pub mod kind;
pub mod leader;
pub mod manifests;
pub mod metrics;
pub mod municipality;
pub mod obstacle;
pub mod osaka_backup_policy;
pub mod pass;
pub mod plan_command;
pub mod plan_text;
pub mod policy_command;
pub mod publish;
pub mod reconcile;
pub mod request_command;
pub mod resolver_endpoint;
mod restore_command;
pub mod server;
pub mod shared;
pub mod status;
mod take_over_command;
pub mod telemetry;
mod validate_command;
pub mod world;
