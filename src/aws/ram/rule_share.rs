//! Resource shares of rules, and what another account is asked to accept.

use std::collections::BTreeSet;

use aws_sdk_ram::Client;
use aws_sdk_ram::types::{
    ResourceOwner, ResourceShareAssociation, ResourceShareAssociationStatus, ResourceShareAssociationType,
    ResourceShareStatus, Tag, TagFilter,
};
use jichitai_plan::identity::Identity;
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::ram::rule_share::{Action, Invitation, RuleShare};
use jichitai_plan::step::Created;
use jichitai_plan::tags::{INSTALLATION, OWNER};

use crate::answer::{done, gone};
use crate::error::{fault, incomplete};

/// The shares of an owner, by their tags.
pub(crate) async fn list(ram: &Client, owner: &Identity) -> Listing<RuleShare> {
    let filter = |key: &str, value: String| TagFilter::builder().tag_key(key).tag_values(value).build();
    let pages = ram
        .get_resource_shares()
        .resource_owner(ResourceOwner::SelfValue)
        .tag_filters(filter(INSTALLATION, owner.installation.clone()))
        .tag_filters(filter(OWNER, owner.owner.to_string()))
        .into_paginator()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let shares = found.into_iter().filter_map(|page| page.resource_shares).flatten();
    // RAM goes on listing deleted shares for a while.
    let lives = |status: &Option<ResourceShareStatus>| {
        !matches!(
            status,
            Some(ResourceShareStatus::Deleted | ResourceShareStatus::Deleting)
        )
    };
    let mut all = Vec::new();
    for share in shares.filter(|share| lives(&share.status)) {
        let Some(arn) = share.resource_share_arn else { continue };
        let (rules, principals) = futures::join!(
            associations(ram, &arn, ResourceShareAssociationType::Resource),
            associations(ram, &arn, ResourceShareAssociationType::Principal),
        );
        let tags = share.tags.unwrap_or_default().into_iter();
        all.push(RuleShare {
            arn,
            rules: rules?.into_iter().map(|(entity, _)| entity).collect(),
            principals: principals?,
            tags: tags
                .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
                .collect(),
        });
    }
    Ok(all)
}

/// What is shared, or with whom, and the state of each.
async fn associations(
    ram: &Client,
    arn: &str,
    kind: ResourceShareAssociationType,
) -> Result<Vec<(String, String)>, Fault> {
    let pages = ram
        .get_resource_share_associations()
        .association_type(kind)
        .resource_share_arns(arn)
        .into_paginator()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let all = found
        .into_iter()
        .filter_map(|page| page.resource_share_associations)
        .flatten();
    let ended = |one: &ResourceShareAssociation| {
        matches!(
            one.status,
            Some(ResourceShareAssociationStatus::Disassociated | ResourceShareAssociationStatus::Disassociating)
        )
    };
    let read = |one: ResourceShareAssociation| {
        let state = one.status.map(|status| status.as_str().to_owned());
        Some((one.associated_entity?, state.unwrap_or_default()))
    };
    Ok(all.filter(|one| !ended(one)).filter_map(read).collect())
}

/// What the account was asked to accept.
pub(crate) async fn invitations(ram: &Client) -> Listing<Invitation> {
    let pages = ram.get_resource_share_invitations().into_paginator().send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let all = found
        .into_iter()
        .filter_map(|page| page.resource_share_invitations)
        .flatten();
    let read = |one: aws_sdk_ram::types::ResourceShareInvitation| {
        Some(Invitation {
            arn: one.resource_share_invitation_arn?,
            share_arn: one.resource_share_arn?,
            state: one.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        })
    };
    Ok(all.filter_map(read).collect())
}

/// Performs one write; `token` makes a creation repeatable.
pub(crate) async fn execute(ram: &Client, action: &Action, token: Option<&str>) -> Result<Option<Created>, Fault> {
    let arns = |rules: &BTreeSet<String>| Some(rules.iter().cloned().collect::<Vec<_>>());
    match action {
        Action::Create {
            name,
            account,
            rules,
            tags,
        } => {
            let tags = tags
                .iter()
                .map(|(key, value)| Tag::builder().key(key).value(value).build());
            let call = ram
                .create_resource_share()
                .name(name)
                .principals(account.as_str())
                .allow_external_principals(true)
                .set_resource_arns(arns(rules))
                .set_tags(Some(tags.collect()))
                .set_client_token(token.map(str::to_owned));
            let share = call.send().await.map_err(fault)?.resource_share;
            let arn = share.and_then(|share| share.resource_share_arn);
            let id = arn.ok_or_else(|| incomplete("ram:CreateResourceShare", "resourceShareArn"))?;
            Ok(Some(Created {
                arn: Some(id.clone()),
                id,
                state: None,
            }))
        }
        Action::Add { arn, rules } => {
            let call = ram.associate_resource_share().resource_share_arn(arn);
            done(call.set_resource_arns(arns(rules)).send().await.map_err(fault))
        }
        Action::Remove { arn, rules } => {
            let call = ram.disassociate_resource_share().resource_share_arn(arn);
            gone(call.set_resource_arns(arns(rules)).send().await.map_err(fault))
        }
        Action::Accept { account: _, arn } => {
            let call = ram
                .accept_resource_share_invitation()
                .resource_share_invitation_arn(arn);
            done(call.send().await.map_err(fault))
        }
        Action::Delete { arn } => {
            let call = ram.delete_resource_share().resource_share_arn(arn);
            gone(call.send().await.map_err(fault))
        }
    }
}
