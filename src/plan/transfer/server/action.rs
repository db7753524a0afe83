//! Writes to a server, and what they change.

use std::collections::BTreeSet;
use std::fmt;

use super::{Endpoint, SERVICE_MANAGED, SFTP, Server, VPC};
use crate::observation::{Listing, Observation};
use crate::step::Created;
use crate::tags::{self, Tags};
use crate::transfer::host_key::{self, HostKey, HostKeySource};

/// Writes to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateServer` in the VPC, with tags and its host key.
    Create {
        /// Its VPC.
        vpc_id: String,
        /// Its subnets.
        subnets: BTreeSet<String>,
        /// Its security group.
        security_group: String,
        /// Security policy.
        security_policy: String,
        /// Its host key.
        host_key: Option<HostKeySource>,
        /// Tags.
        tags: Tags,
    },
    /// `StartServer`.
    Start {
        /// The server.
        id: String,
    },
    /// `StopServer`.
    Stop {
        /// The server.
        id: String,
    },
    /// `UpdateServer`: into the VPC, away from the internet. Offline.
    MoveIntoVpc {
        /// The server.
        id: String,
        /// Its VPC.
        vpc_id: String,
        /// Its subnets.
        subnets: BTreeSet<String>,
        /// Its security group.
        security_group: String,
    },
    /// `UpdateServer`: no Elastic IPs. Offline.
    ReleaseAddresses {
        /// The server.
        id: String,
        /// What is released, for people.
        addresses: BTreeSet<String>,
    },
    /// `UpdateServer`: other subnets. Offline.
    Place {
        /// The server.
        id: String,
        /// All its subnets.
        subnets: BTreeSet<String>,
    },
    /// `UpdateServer`: SFTP with keys alone, under this security policy, without workflows.
    Secure {
        /// The server.
        id: String,
        /// Security policy.
        security_policy: String,
    },
    /// `ImportHostKey` with its tag.
    ImportHostKey {
        /// The server.
        server_id: String,
        /// Where it is kept.
        source: HostKeySource,
    },
    /// `TagResource` of the host key that the server was created with.
    MarkHostKey {
        /// The server.
        server_id: String,
        /// The host key.
        arn: String,
        /// Where it came from.
        source: String,
    },
    /// `UntagResource` of the server: the host key has the tag itself.
    ForgetHostKeySource {
        /// The server.
        server_id: String,
        /// Its ARN.
        arn: String,
    },
    /// `DeleteHostKey`.
    DeleteHostKey {
        /// The server.
        server_id: String,
        /// The host key.
        id: String,
        /// Its fingerprint, for people.
        fingerprint: String,
    },
    /// `TagResource`.
    Tag {
        /// The server.
        id: String,
        /// Its ARN.
        arn: String,
        /// Tags to add or change.
        tags: Tags,
    },
    /// `DeleteServer`, with its users.
    Delete {
        /// The server.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>().join(", ");
        match self {
            Self::Create {
                vpc_id,
                subnets,
                security_group,
                security_policy,
                host_key,
                tags: _,
            } => {
                let subnets = list(subnets);
                write!(
                    f,
                    "create SFTP server in {vpc_id} ({subnets}) behind {security_group} under {security_policy}"
                )?;
                host_key
                    .as_ref()
                    .map_or(Ok(()), |key| write!(f, " with the host key in {key}"))
            }
            Self::Start { id } => write!(f, "start SFTP server {id}"),
            Self::Stop { id } => write!(f, "stop SFTP server {id}"),
            Self::MoveIntoVpc {
                id,
                vpc_id,
                subnets,
                security_group,
            } => {
                let subnets = list(subnets);
                write!(
                    f,
                    "move SFTP server {id} into {vpc_id} ({subnets}) behind {security_group}"
                )
            }
            Self::ReleaseAddresses { id, addresses } => {
                write!(f, "take {} off SFTP server {id}", list(addresses))
            }
            Self::Place { id, subnets } => write!(f, "place SFTP server {id} in {}", list(subnets)),
            Self::Secure { id, security_policy } => write!(
                f,
                "let SFTP server {id} take SFTP with keys alone under {security_policy}"
            ),
            Self::ImportHostKey { server_id, source } => write!(f, "give {server_id} the host key in {source}"),
            Self::MarkHostKey { server_id, .. } => {
                write!(f, "note on the host key of {server_id} where it came from")
            }
            Self::ForgetHostKeySource { server_id, arn: _ } => {
                write!(f, "take the note about its host key off {server_id}")
            }
            Self::DeleteHostKey {
                server_id, fingerprint, ..
            } => write!(f, "delete host key {fingerprint} of {server_id}"),
            Self::Tag { id, tags, .. } => write!(f, "tag SFTP server {id} with {}", tags::list(tags)),
            Self::Delete { id } => write!(f, "delete SFTP server {id}"),
        }
    }
}

/// The endpoint before AWS tells of it.
fn endpoint_to_come(security_group: &str, state: &str) -> Observation<Endpoint> {
    Observation::Present(Endpoint {
        id: String::new(),
        state: state.to_owned(),
        security_groups: BTreeSet::from([security_group.to_owned()]),
        ips: Vec::new(),
        dns_name: None,
    })
}

/// A host key before AWS tells of it.
fn key_to_come(source: Option<String>) -> HostKey {
    HostKey {
        id: String::new(),
        arn: String::new(),
        fingerprint: String::new(),
        kind: String::new(),
        source,
        imported: None,
    }
}

/// Folds an executed write into what is known.
pub fn absorb(servers: &mut Listing<Server>, action: &Action, created: Option<&Created>) {
    let Ok(servers) = servers else { return };
    let mut with = |id: &String, change: &dyn Fn(&mut Server)| {
        if let Some(server) = servers.iter_mut().find(|server| server.id == *id) {
            change(server);
        }
    };
    match action {
        Action::Create { .. } => servers.extend(created.and_then(|created| new(action, created))),
        Action::Start { id } => with(id, &|server| "STARTING".clone_into(&mut server.state)),
        Action::Stop { id } => with(id, &|server| "STOPPING".clone_into(&mut server.state)),
        Action::MoveIntoVpc {
            id,
            vpc_id,
            subnets,
            security_group,
        } => with(id, &|server| {
            VPC.clone_into(&mut server.endpoint_type);
            server.vpc_id = Some(vpc_id.clone());
            server.subnets.clone_from(subnets);
            server.endpoint = endpoint_to_come(security_group, "pending");
        }),
        Action::ReleaseAddresses { id, .. } => with(id, &|server| server.address_allocations.clear()),
        Action::Place { id, subnets } => with(id, &|server| server.subnets.clone_from(subnets)),
        Action::Secure { id, security_policy } => with(id, &|server| {
            server.protocols = BTreeSet::from([SFTP.to_owned()]);
            SERVICE_MANAGED.clone_into(&mut server.identity_provider);
            server.security_policy.clone_from(security_policy);
            server.workflows.clear();
        }),
        Action::ImportHostKey { server_id, source } => with(server_id, &|server| {
            if let Some(keys) = server.host_keys.present_mut() {
                keys.push(key_to_come(Some(source.source_id())));
            }
        }),
        Action::MarkHostKey { server_id, arn, source } => with(server_id, &|server| {
            let keys = server.host_keys.present_mut().into_iter().flatten();
            keys.filter(|key| key.arn == *arn)
                .for_each(|key| key.source = Some(source.clone()));
        }),
        Action::ForgetHostKeySource { server_id, arn: _ } => with(server_id, &|server| {
            server.tags.remove(host_key::SOURCE);
        }),
        Action::DeleteHostKey { server_id, id, .. } => with(server_id, &|server| {
            if let Some(keys) = server.host_keys.present_mut() {
                keys.retain(|key| key.id != *id);
            }
        }),
        Action::Tag { id, tags, .. } => with(id, &|server| server.tags.extend(tags)),
        Action::Delete { id } => servers.retain(|server| server.id != *id),
    }
}

fn new(action: &Action, created: &Created) -> Option<Server> {
    let Action::Create {
        vpc_id,
        subnets,
        security_group,
        security_policy,
        host_key,
        tags,
    } = action
    else {
        return None;
    };
    Some(Server {
        id: created.id.clone(),
        arn: created.arn.clone().unwrap_or_default(),
        state: created.state.clone().unwrap_or_else(|| "ONLINE".into()),
        domain: "S3".into(),
        endpoint_type: VPC.into(),
        vpc_id: Some(vpc_id.clone()),
        endpoint: endpoint_to_come(
            security_group,
            if created.state.is_some() {
                "pending"
            } else {
                "available"
            },
        ),
        subnets: subnets.clone(),
        address_allocations: BTreeSet::new(),
        protocols: BTreeSet::from([SFTP.to_owned()]),
        identity_provider: SERVICE_MANAGED.into(),
        security_policy: security_policy.clone(),
        workflows: BTreeSet::new(),
        host_key_fingerprint: None,
        host_keys: Observation::Present(host_key.iter().map(|_| key_to_come(None)).collect()),
        users: 0,
        tags: tags.clone(),
    })
}
