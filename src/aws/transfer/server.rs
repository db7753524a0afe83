//! SFTP servers.

use std::collections::BTreeSet;

use aws_sdk_transfer::Client;
use aws_sdk_transfer::types::{
    DescribedServer, Domain, EndpointDetails, EndpointType, IdentityProviderType, Protocol, WorkflowDetails,
};
use jichitai_api::Region;
use jichitai_plan::identity::Identity;
use jichitai_plan::observation::{Fault, Listing, Observation};
use jichitai_plan::step::Created;
use jichitai_plan::tags::{Ownership, Tags, ownership};
use jichitai_plan::transfer::host_key::SOURCE;
use jichitai_plan::transfer::server::{Action, Server};

use super::{AT_ONCE, done, endpoint, gone, host_key, if_found, sdk_tags, tag, tags};
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::{fault, incomplete};
use crate::session::Session;

/// The servers with these ids; and where an owner is given and an id is missing or unknown, those
/// with its tags, for which every server of the Region is described.
pub async fn servers(
    session: &Session,
    region: Region,
    ids: &BTreeSet<String>,
    owner: Option<&Identity>,
) -> Listing<Server> {
    let transfer = session.transfer(region, Purpose::Read);
    let mut found = describe_all(&transfer, ids.iter()).await?;
    if let Some(owner) = owner
        && (ids.is_empty() || found.len() < ids.len())
    {
        let pages = transfer.list_servers().into_paginator().items().send();
        let all: Vec<_> = pages.try_collect().await.map_err(fault)?;
        let others: Vec<String> = all
            .into_iter()
            .filter_map(|server| server.server_id)
            .filter(|id| !ids.contains(id))
            .collect();
        let others = describe_all(&transfer, others.iter()).await?;
        found.extend(others.into_iter().filter(|server| is_of(server, owner)));
    }
    let reads = found.into_iter().map(|server| read(session, region, server));
    Ok(concurrently(AT_ONCE, reads.collect())
        .await
        .into_iter()
        .flatten()
        .collect())
}

async fn describe_all(transfer: &Client, ids: impl Iterator<Item = &String>) -> Listing<DescribedServer> {
    let reads = ids.map(|id| describe(transfer, id)).collect();
    let mut servers = Vec::new();
    for server in concurrently(AT_ONCE, reads).await {
        servers.extend(server?);
    }
    Ok(servers)
}

async fn describe(transfer: &Client, id: &str) -> Result<Option<DescribedServer>, Fault> {
    let answer = if_found(transfer.describe_server().server_id(id).send().await.map_err(fault))?;
    answer
        .map(|answer| {
            answer
                .server
                .ok_or_else(|| incomplete("transfer:DescribeServer", "Server"))
        })
        .transpose()
}

fn is_of(server: &DescribedServer, owner: &Identity) -> bool {
    matches!(ownership(&tags(server.tags.clone()), owner), Ownership::Ours(_))
}

/// The whole server, with what EC2 knows of its endpoint.
async fn read(session: &Session, region: Region, server: DescribedServer) -> Option<Server> {
    let id = server.server_id?;
    let transfer = session.transfer(region, Purpose::Read);
    let details = server.endpoint_details;
    let endpoint_id = details.as_ref().and_then(|details| details.vpc_endpoint_id.clone());
    let endpoint = async {
        match endpoint_id {
            Some(id) => endpoint::read(&session.ec2(region, Purpose::Read), &id).await,
            None => Observation::Absent,
        }
    };
    let (endpoint, host_keys) = futures::join!(endpoint, host_key::read(&transfer, &id));
    let (vpc_id, subnets, addresses) = match details {
        Some(details) => (details.vpc_id, details.subnet_ids, details.address_allocation_ids),
        None => (None, None, None),
    };
    let workflows = server.workflow_details.into_iter().flat_map(|details| {
        let uploads = details.on_upload.into_iter().flatten();
        uploads.chain(details.on_partial_upload.into_iter().flatten())
    });
    let word = |word: Option<&str>, default: &str| word.unwrap_or(default).to_owned();
    Some(Server {
        arn: server.arn,
        state: word(server.state.as_ref().map(|state| state.as_str()), ""),
        domain: word(server.domain.as_ref().map(|domain| domain.as_str()), "S3"),
        endpoint_type: word(server.endpoint_type.as_ref().map(|kind| kind.as_str()), "PUBLIC"),
        vpc_id,
        endpoint,
        subnets: subnets.into_iter().flatten().collect(),
        address_allocations: addresses.into_iter().flatten().collect(),
        protocols: server
            .protocols
            .into_iter()
            .flatten()
            .map(|one| one.as_str().to_owned())
            .collect(),
        identity_provider: word(server.identity_provider_type.as_ref().map(|kind| kind.as_str()), ""),
        security_policy: server.security_policy_name.unwrap_or_default(),
        workflows: workflows.map(|workflow| workflow.workflow_id).collect(),
        host_key_fingerprint: server.host_key_fingerprint,
        host_keys,
        users: server
            .user_count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default(),
        tags: tags(server.tags),
        id,
    })
}

/// Performs one write. A host key's bytes are fetched here, for the one call.
pub(crate) async fn execute(session: &Session, region: Region, action: &Action) -> Result<Option<Created>, Fault> {
    let transfer = session.transfer(region, Purpose::Write);
    let update = |id: &str| transfer.update_server().server_id(id);
    match action {
        Action::Create { .. } => create(session, region, action).await,
        Action::Start { id } => done(transfer.start_server().server_id(id).send().await.map_err(fault)),
        Action::Stop { id } => done(transfer.stop_server().server_id(id).send().await.map_err(fault)),
        Action::MoveIntoVpc {
            id,
            vpc_id,
            subnets,
            security_group,
        } => {
            let call = update(id).endpoint_type(EndpointType::Vpc);
            let call = call.endpoint_details(place(vpc_id, subnets, security_group));
            done(call.send().await.map_err(fault))
        }
        Action::ReleaseAddresses { id, addresses: _ } => {
            let details = EndpointDetails::builder().set_address_allocation_ids(Some(Vec::new()));
            done(update(id).endpoint_details(details.build()).send().await.map_err(fault))
        }
        Action::Place { id, subnets } => {
            let details = EndpointDetails::builder().set_subnet_ids(Some(subnets.iter().cloned().collect()));
            done(update(id).endpoint_details(details.build()).send().await.map_err(fault))
        }
        Action::Secure { id, security_policy } => {
            let none = WorkflowDetails::builder()
                .set_on_upload(Some(Vec::new()))
                .set_on_partial_upload(Some(Vec::new()));
            let call = update(id)
                .protocols(Protocol::Sftp)
                .identity_provider_type(IdentityProviderType::ServiceManaged)
                .security_policy_name(security_policy)
                .workflow_details(none.build());
            done(call.send().await.map_err(fault))
        }
        Action::ImportHostKey { server_id, source } => {
            let tags = Tags::from([(SOURCE, source.source_id())]);
            let secret = host_key::fetch(session, region, source).await?;
            let call = transfer
                .import_host_key()
                .server_id(server_id)
                .host_key_body(secret.reveal())
                .set_tags(Some(sdk_tags(&tags)?));
            done(call.send().await.map_err(fault))
        }
        Action::MarkHostKey {
            server_id: _,
            arn,
            source,
        } => tag(&transfer, arn, &Tags::from([(SOURCE.to_owned(), source.clone())])).await,
        Action::ForgetHostKeySource { server_id: _, arn } => {
            let call = transfer.untag_resource().arn(arn).tag_keys(SOURCE);
            done(call.send().await.map_err(fault))
        }
        Action::DeleteHostKey {
            server_id,
            id,
            fingerprint: _,
        } => {
            let call = transfer.delete_host_key().server_id(server_id).host_key_id(id);
            gone(call.send().await.map_err(fault))
        }
        Action::Tag { id: _, arn, tags } => tag(&transfer, arn, tags).await,
        Action::Delete { id } => gone(transfer.delete_server().server_id(id).send().await.map_err(fault)),
    }
}

fn place(vpc_id: &str, subnets: &BTreeSet<String>, security_group: &str) -> EndpointDetails {
    EndpointDetails::builder()
        .vpc_id(vpc_id)
        .set_subnet_ids(Some(subnets.iter().cloned().collect()))
        .security_group_ids(security_group)
        .build()
}

async fn create(session: &Session, region: Region, action: &Action) -> Result<Option<Created>, Fault> {
    let Action::Create {
        vpc_id,
        subnets,
        security_group,
        security_policy,
        host_key: source,
        tags,
    } = action
    else {
        return Ok(None);
    };
    let secret = match source {
        Some(source) => Some(host_key::fetch(session, region, source).await?),
        None => None,
    };
    let call = session
        .transfer(region, Purpose::Write)
        .create_server()
        .domain(Domain::S3)
        .endpoint_type(EndpointType::Vpc)
        .endpoint_details(place(vpc_id, subnets, security_group))
        .identity_provider_type(IdentityProviderType::ServiceManaged)
        .protocols(Protocol::Sftp)
        .security_policy_name(security_policy)
        .set_host_key(secret.map(|secret| secret.reveal().to_owned()))
        .set_tags(Some(sdk_tags(tags)?));
    let id = call.send().await.map_err(fault)?.server_id;
    let arn = format!("arn:aws:transfer:{}:{}:server/{id}", region.as_str(), session.account());
    Ok(Some(Created {
        id,
        arn: Some(arn),
        // It comes online by itself.
        state: Some("STARTING".to_owned()),
    }))
}
