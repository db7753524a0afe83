//! Roles.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client;
use aws_sdk_iam::error::BuildError;
use aws_sdk_iam::types::Tag;
use jichitai_plan::iam::role::{Action, PATH, POLICY, Role};
use jichitai_plan::observation::{Fault, FaultKind, Listing, Observation};
use jichitai_plan::orphans::Tagged;
use jichitai_plan::policy::document::Document;
use jichitai_plan::policy::key_policy::RoleArn;
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::{document, name_in};
use crate::answer::{done, gone};
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::depth::Depth;
use crate::error::{fault, incomplete};
use crate::kept::Turns;
use crate::session::Session;

/// Roles that are read at the same time.
const AT_ONCE: usize = 4;

/// What is known of an account's roles, by their names.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Those that the operator makes.
    own: Turns<Role>,
    /// Those that specs give, with all that they permit.
    given: Turns<Role>,
    /// ARNs of those that specs name.
    named: Turns<String>,
}

impl Known {
    /// A role is about to be changed, or was.
    pub(crate) fn forget(&self, name: &str) {
        self.own.forget(name);
        self.given.forget(name);
        self.named.forget(name);
    }
}

/// The roles with these names; those that do not exist are left out. What managed policies say is
/// not read.
pub async fn roles(session: &Session, names: &BTreeSet<String>) -> Listing<Role> {
    roles_at(session, names, Depth::fresh()).await
}

/// The same, as new as they have to be.
pub(crate) async fn roles_at(session: &Session, names: &BTreeSet<String>, depth: Depth) -> Listing<Role> {
    let iam = &session.iam(Purpose::Read);
    let known = &session.roles.own;
    let reads = names
        .iter()
        .map(|name| known.get(name, depth.details(), move || Box::pin(read(iam, name, false))))
        .collect();
    let mut roles = Vec::new();
    for role in concurrently(AT_ONCE, reads).await {
        roles.extend(role?);
    }
    Ok(roles)
}

/// Roles that people name, with all that they permit. Roles of other accounts cannot be read and are
/// left out.
pub async fn given(session: &Session, roles: &BTreeSet<RoleArn>) -> BTreeMap<RoleArn, Observation<Role>> {
    given_at(session, roles, Depth::fresh()).await
}

/// The same, as new as they have to be.
pub(crate) async fn given_at(
    session: &Session,
    roles: &BTreeSet<RoleArn>,
    depth: Depth,
) -> BTreeMap<RoleArn, Observation<Role>> {
    let iam = &session.iam(Purpose::Read);
    let known = &session.roles.given;
    let reads = here(session, roles).map(async |role| {
        let name = name_in(&role.arn);
        let observed = match known
            .get(name, depth.details(), || Box::pin(read(iam, name, true)))
            .await
        {
            Ok(Some(found)) if found.arn == role.arn => Observation::Present(found),
            Ok(_) => Observation::Absent,
            Err(fault) => Observation::Unreadable(fault),
        };
        (role.clone(), observed)
    });
    concurrently(AT_ONCE, reads.collect()).await.into_iter().collect()
}

/// Roles under the operator's path, with their tags: the list itself has none.
pub(crate) async fn made(session: &Session) -> Listing<Tagged> {
    let iam = session.iam(Purpose::Read);
    let pages = iam.list_roles().path_prefix(PATH).into_paginator().items().send();
    let listed: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let reads = listed.iter().map(|role| get(&iam, &role.role_name)).collect();
    let mut all = Vec::new();
    for role in concurrently(AT_ONCE, reads).await {
        all.extend(role?.map(|role| Tagged {
            arn: role.arn,
            region: None,
            tags: tags(role.tags),
        }));
    }
    Ok(all)
}

/// Whether the roles that people name exist. Roles of other accounts cannot be asked for and are left
/// out.
pub async fn exist(session: &Session, roles: &BTreeSet<RoleArn>) -> BTreeMap<RoleArn, Observation<()>> {
    exist_at(session, roles, Depth::fresh()).await
}

/// The same, as new as it has to be.
pub(crate) async fn exist_at(
    session: &Session,
    roles: &BTreeSet<RoleArn>,
    depth: Depth,
) -> BTreeMap<RoleArn, Observation<()>> {
    let iam = &session.iam(Purpose::Read);
    let known = &session.roles.named;
    let reads = here(session, roles).map(async |role| {
        let name = name_in(&role.arn);
        let arn = || async { Ok(get(iam, name).await?.map(|found| found.arn)) };
        let observed = match known.get(name, depth.details(), arn).await {
            Ok(Some(found)) if found == role.arn => Observation::Present(()),
            Ok(_) => Observation::Absent,
            Err(fault) => Observation::Unreadable(fault),
        };
        (role.clone(), observed)
    });
    concurrently(AT_ONCE, reads.collect()).await.into_iter().collect()
}

fn here<'a>(session: &Session, roles: &'a BTreeSet<RoleArn>) -> impl Iterator<Item = &'a RoleArn> {
    let account = session.account().clone();
    roles.iter().filter(move |role| role.account == account)
}

async fn get(iam: &Client, name: &str) -> Result<Option<aws_sdk_iam::types::Role>, Fault> {
    match iam.get_role().role_name(name).send().await.map_err(fault) {
        Ok(answer) => answer.role.map(Some).ok_or_else(|| incomplete("iam:GetRole", "Role")),
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn read(iam: &Client, name: &str, with_documents: bool) -> Result<Option<Role>, Fault> {
    let Some(role) = get(iam, name).await? else {
        return Ok(None);
    };
    let (inline, attached) = futures::join!(inline(iam, name), attached(iam, name, with_documents));
    let trust = document(
        "iam:GetRole",
        &format!("trust policy of role {name}"),
        &role.assume_role_policy_document.unwrap_or_default(),
    );
    Ok(Some(Role {
        name: role.role_name,
        path: role.path,
        arn: role.arn,
        description: role.description.unwrap_or_default(),
        // One hour is IAM's default.
        max_session_seconds: role
            .max_session_duration
            .and_then(|seconds| u32::try_from(seconds).ok())
            .unwrap_or(3600),
        trust: observation(trust),
        inline: observation(inline),
        attached: observation(attached),
        tags: tags(role.tags),
    }))
}

fn tags(of_role: Option<Vec<Tag>>) -> Tags {
    let all = of_role.into_iter().flatten();
    all.map(|tag| (tag.key, tag.value)).collect()
}

fn observation<T>(result: Result<T, Fault>) -> Observation<T> {
    match result {
        Ok(value) => Observation::Present(value),
        Err(fault) => Observation::Unreadable(fault),
    }
}

async fn inline(iam: &Client, role: &str) -> Result<BTreeMap<String, Document>, Fault> {
    let pages = iam.list_role_policies().role_name(role).into_paginator().items().send();
    let names: Vec<String> = pages.try_collect().await.map_err(fault)?;
    let mut policies = BTreeMap::new();
    for name in names {
        let call = iam.get_role_policy().role_name(role).policy_name(&name);
        let answer = call.send().await.map_err(fault)?;
        let of = format!("policy {name} of role {role}");
        let policy = document("iam:GetRolePolicy", &of, &answer.policy_document)?;
        policies.insert(name, policy);
    }
    Ok(policies)
}

async fn attached(
    iam: &Client,
    role: &str,
    with_documents: bool,
) -> Result<BTreeMap<String, Observation<Document>>, Fault> {
    let pages = iam
        .list_attached_role_policies()
        .role_name(role)
        .into_paginator()
        .items()
        .send();
    let policies: Vec<_> = pages.try_collect().await.map_err(fault)?;
    let mut attached = BTreeMap::new();
    for arn in policies.into_iter().filter_map(|policy| policy.policy_arn) {
        let says = if with_documents {
            observation(managed(iam, &arn).await)
        } else {
            Observation::Absent
        };
        attached.insert(arn, says);
    }
    Ok(attached)
}

/// What a managed policy says at present.
async fn managed(iam: &Client, arn: &str) -> Result<Document, Fault> {
    let answer = iam.get_policy().policy_arn(arn).send().await.map_err(fault)?;
    let version = answer.policy.and_then(|policy| policy.default_version_id);
    let version = version.ok_or_else(|| incomplete("iam:GetPolicy", "DefaultVersionId"))?;
    let call = iam.get_policy_version().policy_arn(arn).version_id(version);
    let answer = call.send().await.map_err(fault)?;
    let text = answer.policy_version.and_then(|version| version.document);
    let text = text.ok_or_else(|| incomplete("iam:GetPolicyVersion", "Document"))?;
    document("iam:GetPolicyVersion", &format!("policy {arn}"), &text)
}

pub(super) fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>, Fault> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    tags.iter()
        .map(tag)
        .collect::<Result<_, BuildError>>()
        .map_err(|_| incomplete("iam:TagRole", "complete tags"))
}

/// Performs one write.
pub(crate) async fn execute(iam: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            name,
            arn: _,
            description,
            trust,
            max_session_seconds,
            tags,
        } => {
            let call = iam
                .create_role()
                .role_name(name)
                .path(PATH)
                .description(description)
                .assume_role_policy_document(trust.to_json())
                .max_session_duration(seconds(*max_session_seconds))
                .set_tags(Some(sdk_tags(tags)?));
            let role = call.send().await.map_err(fault)?.role;
            let role = role.ok_or_else(|| incomplete("iam:CreateRole", "Role"))?;
            Ok(Some(Created {
                id: role.role_name,
                arn: Some(role.arn),
                state: None,
            }))
        }
        Action::Trust { name, trust } => {
            let call = iam.update_assume_role_policy().role_name(name);
            done(call.policy_document(trust.to_json()).send().await.map_err(fault))
        }
        Action::Permit { name, policy } => {
            let call = iam.put_role_policy().role_name(name).policy_name(POLICY);
            done(call.policy_document(policy.to_json()).send().await.map_err(fault))
        }
        Action::Withdraw { name, policy } => {
            let call = iam.delete_role_policy().role_name(name).policy_name(policy);
            gone(call.send().await.map_err(fault))
        }
        Action::Detach { name, policy } => {
            let call = iam.detach_role_policy().role_name(name).policy_arn(policy);
            gone(call.send().await.map_err(fault))
        }
        Action::Describe {
            name,
            description,
            max_session_seconds,
        } => {
            let call = iam.update_role().role_name(name).description(description);
            let call = call.max_session_duration(seconds(*max_session_seconds));
            done(call.send().await.map_err(fault))
        }
        Action::Tag { name, tags } => {
            let call = iam.tag_role().role_name(name).set_tags(Some(sdk_tags(tags)?));
            done(call.send().await.map_err(fault))
        }
        Action::Delete { name } => gone(iam.delete_role().role_name(name).send().await.map_err(fault)),
    }
}

fn seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
