//! Users of SFTP servers.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_transfer::Client;
use aws_sdk_transfer::types::{DescribedUser, HomeDirectoryMapEntry, HomeDirectoryType};
use jichitai_api::Region;
use jichitai_plan::identity::Identity;
use jichitai_plan::observation::{Fault, Listing, Observation};
use jichitai_plan::step::Created;
use jichitai_plan::tags::{Ownership, ownership};
use jichitai_plan::transfer::user::{Action, PublicKey, User, id};

use super::{AT_ONCE, done, gone, if_found, sdk_tags, tag, tags};
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::{fault, incomplete};
use crate::session::Session;

/// The users of a server with these names; those that do not exist are left out.
pub async fn users(session: &Session, region: Region, server_id: &str, names: &BTreeSet<String>) -> Listing<User> {
    let transfer = session.transfer(region, Purpose::Read);
    let reads = names.iter().map(|name| describe(&transfer, server_id, name)).collect();
    let mut users = Vec::new();
    for user in concurrently(AT_ONCE, reads).await {
        users.extend(user?.map(|user| read(server_id, user)));
    }
    Ok(users)
}

/// Everybody on the server who is not this owner's, as `name (owner)`: for a deletion, because it
/// takes a description of each.
pub async fn others_users(
    session: &Session,
    region: Region,
    server_id: &str,
    owner: &Identity,
) -> Observation<BTreeSet<String>> {
    let transfer = session.transfer(region, Purpose::Read);
    match others(&transfer, server_id, owner).await {
        Ok(Some(users)) => Observation::Present(users),
        Ok(None) => Observation::Absent,
        Err(fault) => Observation::Unreadable(fault),
    }
}

async fn others(transfer: &Client, server_id: &str, owner: &Identity) -> Result<Option<BTreeSet<String>>, Fault> {
    let pages = transfer
        .list_users()
        .server_id(server_id)
        .into_paginator()
        .items()
        .send();
    let all: Result<Vec<_>, Fault> = pages.try_collect().await.map_err(fault);
    let Some(all) = if_found(all)? else {
        return Ok(None);
    };
    let names: Vec<String> = all.into_iter().filter_map(|user| user.user_name).collect();
    let reads = names.iter().map(|name| describe(transfer, server_id, name)).collect();
    let mut others = BTreeSet::new();
    for user in concurrently(AT_ONCE, reads).await {
        let Some(user) = user?.map(|user| read(server_id, user)) else {
            continue;
        };
        let whose = match ownership(&user.tags, owner) {
            Ownership::Ours(_) => continue,
            Ownership::Other { owner, .. } => owner,
            Ownership::Stack(stack) => stack,
            Ownership::Nobody => "no owner",
        };
        others.insert(format!("{} ({whose})", user.name));
    }
    Ok(Some(others))
}

async fn describe(transfer: &Client, server_id: &str, name: &str) -> Result<Option<DescribedUser>, Fault> {
    let call = transfer.describe_user().server_id(server_id).user_name(name);
    let answer = if_found(call.send().await.map_err(fault))?;
    answer
        .map(|answer| answer.user.ok_or_else(|| incomplete("transfer:DescribeUser", "User")))
        .transpose()
}

fn read(server_id: &str, user: DescribedUser) -> User {
    let name = user.user_name.unwrap_or_default();
    User {
        id: id(server_id, &name),
        name,
        server_id: server_id.to_owned(),
        arn: user.arn,
        role_arn: user.role.unwrap_or_default(),
        // PATH is AWS's default.
        home_type: user
            .home_directory_type
            .map_or_else(|| "PATH".to_owned(), |kind| kind.as_str().to_owned()),
        mappings: user
            .home_directory_mappings
            .into_iter()
            .flatten()
            .map(|mapping| (mapping.entry, mapping.target))
            .collect(),
        policy: user.policy.filter(|policy| !policy.is_empty()),
        keys: user
            .ssh_public_keys
            .into_iter()
            .flatten()
            .map(|key| (key.ssh_public_key_id, PublicKey::new(&key.ssh_public_key_body)))
            .collect(),
        tags: tags(user.tags),
    }
}

/// Performs one write.
pub(crate) async fn execute(transfer: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            server_id,
            name,
            role_arn,
            mappings,
            key,
            tags,
        } => {
            let call = transfer
                .create_user()
                .server_id(server_id)
                .user_name(name)
                .role(role_arn)
                .home_directory_type(HomeDirectoryType::Logical)
                .set_home_directory_mappings(Some(sdk_mappings(mappings)?))
                .set_ssh_public_key_body(key.as_ref().map(PublicKey::line))
                .set_tags(Some(sdk_tags(tags)?));
            call.send().await.map_err(fault)?;
            // The answer has no ARN; the next observation does.
            Ok(Some(Created {
                id: id(server_id, name),
                arn: None,
                state: None,
            }))
        }
        Action::Update {
            server_id,
            name,
            role_arn,
            mappings,
        } => {
            let call = transfer
                .update_user()
                .server_id(server_id)
                .user_name(name)
                .role(role_arn)
                .home_directory_type(HomeDirectoryType::Logical)
                .set_home_directory_mappings(Some(sdk_mappings(mappings)?))
                .policy("");
            done(call.send().await.map_err(fault))
        }
        Action::AddKey { server_id, name, key } => {
            let call = transfer.import_ssh_public_key().server_id(server_id).user_name(name);
            done(call.ssh_public_key_body(key.line()).send().await.map_err(fault))
        }
        Action::RemoveKey {
            server_id,
            name,
            id,
            key: _,
        } => {
            let call = transfer.delete_ssh_public_key().server_id(server_id).user_name(name);
            gone(call.ssh_public_key_id(id).send().await.map_err(fault))
        }
        Action::Tag {
            server_id: _,
            name: _,
            arn,
            tags,
        } => tag(transfer, arn, tags).await,
        Action::Delete { server_id, name } => {
            let call = transfer.delete_user().server_id(server_id).user_name(name);
            gone(call.send().await.map_err(fault))
        }
    }
}

fn sdk_mappings(mappings: &BTreeMap<String, String>) -> Result<Vec<HomeDirectoryMapEntry>, Fault> {
    let mapping = |(entry, target)| HomeDirectoryMapEntry::builder().entry(entry).target(target).build();
    mappings
        .iter()
        .map(mapping)
        .collect::<Result<_, _>>()
        .map_err(|_| incomplete("transfer:CreateUser", "complete mappings"))
}
