//! An SFTP server of Transfer Family: an endpoint in the VPC with private addresses, SFTP alone,
//! users with keys alone. Whoever opens it to the internet, adds a protocol, another way to log in or
//! a workflow that handles the files finds it repaired.
//!
//! What AWS changes only while the server is offline goes stop → change → start, one step at a time
//! by what is observed. To stop it is also the quickest way to close it.
//! <https://docs.aws.amazon.com/transfer/latest/APIReference/API_UpdateServer.html>

mod action;
mod adjust;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2::vpc_endpoint;
use crate::identity::Part;
use crate::observation::{Listing, Observation};
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::Step;
use crate::tags::Tags;
use crate::transfer::host_key::{self, HostKey, HostKeySource};

pub use action::{Action, absorb};

/// The only endpoint type: inside a VPC.
pub const VPC: &str = "VPC";
/// The only protocol.
pub const SFTP: &str = "SFTP";
/// The only way to log in: with keys that Transfer Family keeps.
pub const SERVICE_MANAGED: &str = "SERVICE_MANAGED";

/// A server in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `s-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `ONLINE`, `OFFLINE`, `STARTING`, `STOPPING`, `START_FAILED` or `STOP_FAILED`.
    pub state: String,
    /// `S3` or `EFS`.
    pub domain: String,
    /// `PUBLIC`, `VPC` or `VPC_ENDPOINT`.
    pub endpoint_type: String,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// The endpoint that Transfer Family made in the VPC; absent where there is none (yet).
    pub endpoint: Observation<Endpoint>,
    /// Its subnets.
    pub subnets: BTreeSet<String>,
    /// Elastic IPs: with any it is open to the internet.
    pub address_allocations: BTreeSet<String>,
    /// `SFTP`, `FTPS`, `FTP`, `AS2`.
    pub protocols: BTreeSet<String>,
    /// `SERVICE_MANAGED`, or who else lets people in.
    pub identity_provider: String,
    /// The security policy.
    pub security_policy: String,
    /// Workflows that handle uploaded files, in another role's name.
    pub workflows: BTreeSet<String>,
    /// The fingerprint that AWS shows for the server.
    pub host_key_fingerprint: Option<String>,
    /// All its host keys.
    pub host_keys: Observation<Vec<HostKey>>,
    /// How many users it has.
    pub users: u32,
    /// Its tags.
    pub tags: Tags,
}

/// The server's endpoint in the VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `vpce-…`.
    pub id: String,
    /// `available`, or on its way there.
    pub state: String,
    /// Its security groups; Transfer Family does not show them.
    pub security_groups: BTreeSet<String>,
    /// Its private addresses.
    pub ips: Vec<String>,
    /// Its name.
    pub dns_name: Option<String>,
}

impl Resource for Server {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
}

impl Server {
    /// Whether it can be reached from the internet.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.endpoint_type == "PUBLIC" || !self.address_allocations.is_empty()
    }

    /// The fingerprint to hand over to those who connect: that of the wanted key, else what AWS shows.
    #[must_use]
    pub fn fingerprint(&self, want: Option<&HostKeySource>) -> Option<&str> {
        let Some(want) = want else {
            return self.host_key_fingerprint.as_deref();
        };
        let source = want.source_id();
        let key = self
            .host_keys
            .present()?
            .iter()
            .find(|key| key.source.as_ref() == Some(&source))?;
        Some(&key.fingerprint)
    }
}

/// What the server shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnets, at most one per availability zone.
    pub subnets: BTreeSet<String>,
    /// Its security group.
    pub security_group: String,
    /// The security policy.
    pub security_policy: String,
    /// Its host key; AWS's own where there is none.
    pub host_key: Option<HostKeySource>,
}

/// Brings the server to what is wanted; returns it where it is ours and fit for users: in the VPC,
/// closed to the internet, with SFTP and keys alone.
///
/// `CreateServer` has no client token: one that was not answered is found by its tags within the
/// consistency window.
pub fn plan<'a>(
    want: &Want,
    servers: &'a Listing<Server>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Server> {
    let Want {
        vpc_id,
        subnets,
        security_group,
        security_policy,
        host_key,
    } = want;
    let tags = ctx.tags(&part.role);
    let server = match resolve(servers, part, None, vpc_id, ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            let source = host_key.iter().map(|key| (host_key::SOURCE, key.source_id()));
            let mut tags = tags;
            tags.extend(source);
            let action = Action::Create {
                vpc_id: vpc_id.clone(),
                subnets: subnets.clone(),
                security_group: security_group.clone(),
                security_policy: security_policy.clone(),
                host_key: host_key.clone(),
                tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Adoptable(server) | Found::Ours(server) => server,
    };
    if server.is_public() {
        let text = Text::new(
            format!(
                "{} can be reached from the internet: it is closed first of all",
                server.id
            ),
            format!("{} がインターネットから到達可能です。最優先で閉じます", server.id),
        );
        plan.notice(part, Reason::PublicExposure, text);
    }
    if adjust::is_in_transition(server, part, plan) || !adjust::plan(want, server, &tags, part, plan) {
        return None;
    }
    (server.endpoint_type == VPC && !server.is_public() && adjust::takes_keys_alone(server)).then_some(server)
}

/// Takes a server of ours away, and with it its users; not while others' users are on it.
pub fn remove(server: &Server, others_users: &Observation<BTreeSet<String>>, part: &Part, plan: &mut Plan) {
    match others_users {
        Observation::Unreadable(fault) => return plan.unreadable(part, fault),
        Observation::Present(users) if !users.is_empty() => {
            let list = users.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            let (id, n) = (&server.id, users.len());
            let text = Text::new(
                format!("{n} users of others are on {id}: {list}; have them moved or removed first"),
                format!("{id} に他の所有者の利用者が {n} 名います: {list}。先に移行または削除してください"),
            );
            return plan.block(part, Reason::DeletionBlocked, text);
        }
        Observation::Present(_) | Observation::Absent => {}
    }
    let id = server.id.clone();
    let risk = "its address, its host key and all logins";
    plan.step(Step::delete(part, Action::Delete { id }, risk));
}

/// Folds a change of the server's endpoint in the VPC into what is known.
pub fn absorb_endpoint(servers: &mut Listing<Server>, action: &vpc_endpoint::Action) {
    let vpc_endpoint::Action::Modify {
        id,
        add_subnets: _,
        remove_subnets: _,
        add_groups,
        remove_groups,
        enable_private_dns: _,
    } = action
    else {
        return;
    };
    let endpoints = servers.iter_mut().flatten();
    for endpoint in endpoints.filter_map(|server| server.endpoint.present_mut()) {
        if endpoint.id == *id {
            endpoint.security_groups = &(&endpoint.security_groups - remove_groups) | add_groups;
        }
    }
}

/// What AWS does by itself after a step: for predictions, where nothing is waited for.
pub fn finish_pending(servers: &mut Listing<Server>) {
    for server in servers.iter_mut().flatten() {
        match server.state.as_str() {
            "STARTING" => "ONLINE".clone_into(&mut server.state),
            "STOPPING" => "OFFLINE".clone_into(&mut server.state),
            _ => {}
        }
        if let Some(endpoint) = server.endpoint.present_mut() {
            "available".clone_into(&mut endpoint.state);
        }
    }
}
