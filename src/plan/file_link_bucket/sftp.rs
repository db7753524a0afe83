//! The SFTP server, own or shared, and the users on it.

use std::collections::BTreeSet;

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::ec2::{security_group, subnet};
use crate::file_link_bucket::grants::{self, Missing};
use crate::file_link_bucket::iam::RoleTarget;
use crate::file_link_bucket::observed::Observed;
use crate::file_link_bucket::target::{OwnServer, ServerTarget, SftpTarget, Target};
use crate::identity::{Identity, Part};
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::resolve::is_part_of;
use crate::transfer::server::{self, Server};
use crate::transfer::user;

/// The part that stands for the server.
pub(super) const SERVER: &str = "sftp-server";
/// The part that stands for its security group.
pub(super) const GROUP: &str = "security-group.sftp";

/// The part that stands for a user.
pub(super) fn user_part(name: &str) -> Part {
    Part::new(Region::Tokyo, format!("sftp-user.{name}"))
}

fn server_part() -> Part {
    Part::new(Region::Tokyo, SERVER)
}

/// Brings the server about; returns it where it is fit for users.
pub(super) fn server<'a>(
    sftp: &SftpTarget,
    target: &Target,
    observed: &'a Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Server> {
    match &sftp.server {
        ServerTarget::Own(own) => own_server(own, target, observed, ctx, plan),
        ServerTarget::Shared(other) => shared_server(other, observed, plan),
    }
}

fn own_server<'a>(
    own: &OwnServer,
    target: &Target,
    observed: &'a Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Server> {
    let part = server_part();
    let vpc_id = match grants::vpc(target, observed) {
        Ok(id) => id,
        Err(missing) => {
            wait_for("VPC", "VPC", missing, &part, plan);
            return None;
        }
    };
    let group_part = Part::new(Region::Tokyo, GROUP);
    let none = BTreeSet::new();
    let groups = &observed.security_groups;
    let group = security_group::plan(&own.group, &none, &vpc_id, groups, &group_part, ctx, plan);
    let subnets = match subnets(own, target, observed) {
        Ok(subnets) => subnets,
        Err(missing) => {
            wait_for("subnets", "サブネット", missing, &part, plan);
            return None;
        }
    };
    let version = match (&own.host_key_arn, &observed.secret_version) {
        (None, _) => None,
        (Some(_), Observation::Present(version)) => Some(version.as_str()),
        (Some(_), Observation::Unreadable(fault)) => {
            plan.unreadable(&part, fault);
            return None;
        }
        (Some(arn), Observation::Absent) => {
            let text = Text::new(
                format!(
                    "the secret {arn} with the host key does not exist or has no current version: make it, or take hostKey out"
                ),
                format!(
                    "ホスト鍵のシークレット {arn} が存在しないか、現行のバージョンがありません。作成するか、hostKey を外してください"
                ),
            );
            plan.block(&part, Reason::ReferenceNotFound, text);
            return None;
        }
    };
    let want = server::Want {
        vpc_id,
        subnets,
        security_group: group?.id.clone(),
        security_policy: own.security_policy.clone(),
        host_key: own.host_key_source(version),
    };
    server::plan(&want, &observed.servers, &part, ctx, plan)
}

/// The server of another bucket: used, never changed.
fn shared_server<'a>(other: &Identity, observed: &'a Observed, plan: &mut Plan) -> Option<&'a Server> {
    let part = server_part();
    let servers = match &observed.servers {
        Ok(servers) => servers,
        Err(fault) => {
            plan.unreadable(&part, fault);
            return None;
        }
    };
    let name = &other.owner.name;
    let Some(server) = servers.iter().find(|server| is_part_of(*server, other, SERVER)) else {
        let text = Text::new(
            format!("FileLinkBucket {name} has no SFTP server yet"),
            format!("FileLinkBucket {name} の SFTP サーバーがまだありません"),
        );
        plan.wait(&part, Reason::ReferenceNotReady, text);
        return None;
    };
    if server.is_public() || server.endpoint_type != server::VPC {
        let text = Text::new(
            format!("the server of FileLinkBucket {name} can be reached from the internet: it gets no users"),
            format!("FileLinkBucket {name} のサーバーがインターネットから到達可能なため、利用者を追加しません"),
        );
        plan.block(&part, Reason::PublicExposure, text);
        return None;
    }
    if server.state != "ONLINE" {
        let text = Text::new(
            format!("the server of FileLinkBucket {name} is {}", server.state),
            format!("FileLinkBucket {name} のサーバーは {} の状態です", server.state),
        );
        plan.wait(&part, Reason::ReferenceNotReady, text);
    }
    Some(server)
}

fn wait_for(what: &str, ja: &str, missing: Missing, part: &Part, plan: &mut Plan) {
    match missing {
        Missing::Unreadable(fault) => plan.unreadable(part, &fault),
        Missing::NotYet => plan.wait(
            part,
            Reason::ReferenceNotReady,
            Text::new(
                format!("the {what} of the Municipality are not there yet"),
                format!("Municipality の{ja}がまだありません"),
            ),
        ),
    }
}

fn subnets(own: &OwnServer, target: &Target, observed: &Observed) -> Result<BTreeSet<String>, Missing> {
    let tenant = &target.tenant.identity;
    let found = observed
        .subnets
        .as_ref()
        .map_err(|fault| Missing::Unreadable(fault.clone()))?;
    let id = |name: &subnet::Name| {
        let known = name.id().map(str::to_owned);
        let found = || {
            found
                .iter()
                .find(|subnet| name.is_of(subnet, tenant))
                .map(|subnet| subnet.id.clone())
        };
        known.or_else(found).ok_or(Missing::NotYet)
    };
    own.subnets.iter().map(id).collect()
}

/// Brings the users about, each once its role is as it shall be.
pub(super) fn users(
    sftp: &SftpTarget,
    target: &Target,
    server: &Server,
    roles: &[(RoleTarget, Standing)],
    observed: &Observed,
    ctx: &Context,
    plan: &mut Plan,
) {
    for (name, one) in &sftp.users {
        let want = user::Want {
            name: name.clone(),
            server_id: server.id.clone(),
            role_arn: one.role.arn.clone(),
            bucket: target.bucket.clone(),
            prefix: one.prefix.clone(),
            keys: one.keys.clone(),
        };
        let standing = roles.iter().find(|(role, _)| role.role == one.role);
        let standing = standing.map_or(Standing::Missing, |(_, standing)| *standing);
        let rights = user::Rights {
            withdraw_first: standing == Standing::Changing,
            role_ready: standing == Standing::Ready,
        };
        user::plan(&want, rights, &observed.users, &user_part(name), ctx, plan);
    }
}

/// Whether what a role permits may change now. The keys of its user that go have to go before that:
/// while they cannot be read, or are still there, the role stays as it is.
pub(super) fn may_change(one: &RoleTarget, target: &Target, observed: &Observed) -> bool {
    let users = target.sftp.iter().flat_map(|sftp| &sftp.users);
    let Some((_, user)) = users.into_iter().find(|(_, user)| user.role == one.role) else {
        return true;
    };
    let have = observed.roles.iter().flatten().find(|role| role.arn == one.role.arn);
    if have.is_none_or(|role| one.want.is_met_by(role)) {
        return true;
    }
    let stale =
        |known: &user::User| known.role_arn == one.role.arn && known.keys.values().any(|key| !user.keys.contains(key));
    observed.users.as_ref().is_ok_and(|known| !known.iter().any(stale))
}

/// How a role stands to what it shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is none.
    Missing,
    /// What it trusts or permits is going to change.
    Changing,
    /// It is as it shall be.
    Ready,
}
