//! The plan for a bucket that shall exist.

use std::collections::BTreeSet;

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::file_link_bucket::access::{self, Way};
use crate::file_link_bucket::grants::{self, Missing};
use crate::file_link_bucket::iam::RoleTarget;
use crate::file_link_bucket::observed::Observed;
use crate::file_link_bucket::sftp::{self, Standing};
use crate::file_link_bucket::target::Target;
use crate::file_link_bucket::{describe, iam, teardown};
use crate::iam::{oidc_provider, role};
use crate::identity::Part;
use crate::kms::key::{Key, KeyState};
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::policy::bucket_policy::From;
use crate::resolve::is_part_of;
use crate::s3::bucket::{self, Bucket};
use crate::s3::encryption;
use crate::s3::replication::{self, Replication};
use crate::s3::versioning::Versioning;

/// What to do now, and what has to wait.
#[must_use]
pub fn plan(target: &Target, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    plan.notices.extend(target.warnings.iter().cloned());
    let tokyo = key(target, observed, Region::Tokyo, &mut plan);
    let osaka = target
        .replica
        .as_ref()
        .and_then(|_| key(target, observed, Region::Osaka, &mut plan));
    let roles = tokyo.map(|tokyo| roles(target, tokyo, osaka, observed, ctx, &mut plan));
    let roles = roles.unwrap_or_default();
    let replica = replica(target, osaka, observed, ctx, &mut plan);
    source(target, tokyo, osaka, replica, &roles, observed, ctx, &mut plan);
    if let Some(sftp) = &target.sftp
        && let Some(server) = sftp::server(sftp, target, observed, ctx, &mut plan)
    {
        sftp::users(sftp, target, server, &roles, observed, ctx, &mut plan);
    }
    provider(target, observed, ctx, &mut plan);
    principals(target, observed, &mut plan);
    teardown::leftovers(target, observed, ctx, &mut plan);
    plan
}

/// The municipality's key, where it can be used.
fn key<'a>(target: &Target, observed: &'a Observed, region: Region, plan: &mut Plan) -> Option<&'a Key> {
    let part = Target::bucket_part(region);
    let name = &target.tenant.name;
    match observed.keys.get(&region) {
        Some(Observation::Unreadable(fault)) => {
            plan.unreadable(&part, fault);
            None
        }
        None | Some(Observation::Absent) => {
            let text = Text::new(
                format!("the key of Municipality {name} in {region} is not there yet"),
                format!("Municipality {name} の {region} のキーがまだありません"),
            );
            plan.wait(&part, Reason::ReferenceNotReady, text);
            None
        }
        Some(Observation::Present(key)) => {
            if key.state != KeyState::Enabled {
                let (id, state) = (&key.id, describe::state(&key.state));
                let text = Text::new(
                    format!("key {id} of Municipality {name} is {state}: objects can neither be written nor read"),
                    format!("Municipality {name} のキー {id} は {state} のため、オブジェクトを読み書きできません"),
                );
                plan.block(&part, Reason::KeyDisabled, text);
            }
            Some(key)
        }
    }
}

/// The roles, and how each stands to what it shall be.
fn roles(
    target: &Target,
    tokyo: &Key,
    osaka: Option<&Key>,
    observed: &Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> Vec<(RoleTarget, Standing)> {
    let wanted = iam::roles(target, &tokyo.arn, osaka.map(|key| key.arn.as_str()));
    let guarded = is_guarded(target, tokyo, observed, ctx);
    let stand = |one: RoleTarget| {
        let RoleTarget { part, role, want } = &one;
        let standing = if target.manage_iam && !guarded {
            let text = Text::new(
                format!("{part} waits until the bucket is this object's, encrypted and under a policy"),
                format!("{part} は、バケットがこのオブジェクトのものとなり、暗号化とポリシーが整うのを待っています"),
            );
            plan.wait(part, Reason::WaitingForDependency, text);
            Standing::Missing
        } else if target.manage_iam && !sftp::may_change(&one, target, observed) {
            // Who logs in with a key that goes must not find what was never meant for them.
            Standing::Changing
        } else if target.manage_iam {
            match role::plan(want, &observed.roles, part, ctx, plan) {
                None => Standing::Missing,
                Some(role) if want.is_met_by(role) => Standing::Ready,
                Some(_) => Standing::Changing,
            }
        } else {
            let absent = Observation::Absent;
            let given = observed.given.get(role).unwrap_or(&absent);
            match role::check(role, want, given, part, plan) {
                true => Standing::Ready,
                false => Standing::Missing,
            }
        };
        (one, standing)
    };
    wanted.into_iter().map(stand).collect()
}

/// Whether the bucket is ours, under the key and under a policy: before that, a role for it would be a
/// role for whatever has its name.
fn is_guarded(target: &Target, key: &Key, observed: &Observed, ctx: &Context) -> bool {
    let buckets = observed.buckets.get(&Region::Tokyo).into_iter().flatten().flatten();
    let mut mine = buckets.filter(|bucket| bucket.name == target.bucket);
    mine.any(|bucket| {
        is_part_of(bucket, &ctx.identity, "bucket")
            && encryption::is_under(Some(&key.arn), bucket)
            && bucket.policy.present().is_some()
    })
}

/// The replica in Osaka.
fn replica<'a>(
    target: &Target,
    osaka: Option<&Key>,
    observed: &'a Observed,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Bucket> {
    let name = target.replica.as_ref()?;
    let part = Target::bucket_part(Region::Osaka);
    // Nobody comes to the replica by a way of the municipality.
    let nowhere = From::Endpoints(BTreeSet::new());
    let want = bucket::Want {
        name: name.clone(),
        key_arn: osaka.map(|key| key.arn.clone()),
        versioning: true,
        object_lock: target.object_lock,
        policy: osaka.map(|key| grants::want(target, Region::Osaka, &key.arn, &nowhere)),
        lifecycle: target.lifecycle,
        replication: replication::Want::Off,
        logging: None,
    };
    bucket::plan(
        &want,
        observed.buckets.get(&Region::Osaka).unwrap_or(&Ok(Vec::new())),
        &part,
        ctx,
        plan,
    )?;
    let buckets = observed.buckets.get(&Region::Osaka)?;
    buckets.iter().flatten().find(|bucket| bucket.name == *name)
}

/// The bucket itself.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one of the things that its settings name"
)]
fn source(
    target: &Target,
    tokyo: Option<&Key>,
    osaka: Option<&Key>,
    replica: Option<&Bucket>,
    roles: &[(RoleTarget, Standing)],
    observed: &Observed,
    ctx: &Context,
    plan: &mut Plan,
) {
    let part = Target::bucket_part(Region::Tokyo);
    let Some(buckets) = observed.buckets.get(&Region::Tokyo) else {
        return;
    };
    let way = way(target, observed, plan);
    let policy = tokyo
        .zip(way)
        .map(|(key, way)| grants::want(target, Region::Tokyo, &key.arn, &way));
    let want = bucket::Want {
        name: target.bucket.clone(),
        key_arn: tokyo.map(|key| key.arn.clone()),
        versioning: target.versioning,
        object_lock: target.object_lock,
        policy,
        lifecycle: target.lifecycle,
        replication: replicates(target, osaka, replica, roles),
        logging: target.logging.clone(),
    };
    bucket::plan(&want, buckets, &part, ctx, plan);
}

/// The municipality's way in, where somebody is to come by it.
fn way(target: &Target, observed: &Observed, plan: &mut Plan) -> Option<From> {
    let admitted = [&target.admitted, &target.before_expiry];
    let mut ways = admitted.into_iter().flat_map(|admitted| admitted.ways.values());
    if !ways.any(|way| *way == Way::Municipality) {
        return Some(From::Endpoints(BTreeSet::new()));
    }
    let part = Part::new(Region::Tokyo, "access");
    match grants::municipality_way(target, observed) {
        Ok(way) => Some(way),
        Err(Missing::Unreadable(fault)) => {
            plan.unreadable(&part, &fault);
            None
        }
        Err(Missing::NotYet) => {
            let name = &target.tenant.name;
            let text = Text::new(
                format!("the endpoint for S3 or the VPC of Municipality {name} is not there yet"),
                format!("Municipality {name} の S3 エンドポイントまたは VPC がまだありません"),
            );
            plan.wait(&part, Reason::ReferenceNotReady, text);
            None
        }
    }
}

/// Replication, once the replica keeps versions and the role is right.
fn replicates(
    target: &Target,
    osaka: Option<&Key>,
    replica: Option<&Bucket>,
    roles: &[(RoleTarget, Standing)],
) -> replication::Want {
    if target.replica.is_none() {
        return replication::Want::Off;
    }
    // S3 wants a lock on both sides, if on the one.
    let is_fit = |bucket: &&Bucket| {
        let locks = target.object_lock.is_none() || bucket.object_lock.present().is_some();
        locks && bucket.versioning == Observation::Present(Versioning::Enabled)
    };
    let replica = replica.filter(is_fit);
    let is_replicator = |(role, standing): &&(RoleTarget, Standing)| {
        role.part.role.as_str() == access::REPLICATION_PART && *standing == Standing::Ready
    };
    match (roles.iter().find(is_replicator), replica, osaka) {
        (Some((role, _)), Some(replica), Some(key)) => {
            replication::Want::On(Replication::to(&role.role.arn, &replica.arn, &key.arn))
        }
        _ => replication::Want::NotYet(Text::new(
            "the replication waits for the replica in Osaka, its key and its role",
            "複製は、大阪の複製先バケット・キー・複製用ロールを待っています",
        )),
    }
}

/// The account's trust in the issuer.
fn provider(target: &Target, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let wanted = target
        .federation
        .as_ref()
        .and_then(|federation| federation.provider.as_ref());
    let Some(iam::Provider { issuer, audiences }) = wanted else {
        return;
    };
    let name = iam::provider_part(issuer);
    let absent = Observation::Absent;
    let have = observed.providers.get(&name).unwrap_or(&absent);
    let part = Part::new(Region::Tokyo, name);
    if target.manage_iam {
        oidc_provider::plan(&target.account, issuer, audiences, have, &part, ctx, plan);
        return;
    }
    match have {
        Observation::Unreadable(fault) => plan.unreadable(&part, fault),
        Observation::Present(provider) if audiences.is_subset(&provider.client_ids) => {}
        Observation::Present(_) | Observation::Absent => {
            let audiences = audiences.iter().cloned().collect::<Vec<_>>().join(", ");
            let text = Text::new(
                format!("the account needs an OIDC provider for {issuer} with the audiences {audiences}: have it made"),
                format!(
                    "アカウントに {issuer} の OIDC プロバイダー(オーディエンス {audiences})が必要です。作成を依頼してください"
                ),
            );
            plan.block(&part, Reason::ReferenceNotReady, text);
        }
    }
}

/// Who is named and does not exist, and whom the key does not admit yet.
fn principals(target: &Target, observed: &Observed, plan: &mut Plan) {
    let part = Part::new(Region::Tokyo, "access");
    for (role, found) in &observed.named {
        if *found == Observation::Absent {
            let arn = &role.arn;
            let text = Text::new(
                format!("{arn} does not exist: create it; the others are not held up"),
                format!("{arn} が存在しません。作成してください。他の付与には影響しません"),
            );
            plan.notice(&part, Reason::PrincipalNotFound, text);
        }
    }
    let keys = observed.keys.values().filter_map(Observation::present);
    for fault in keys.filter_map(|key| key.policy.fault()) {
        plan.unreadable(&part, fault);
    }
    let missing = describe::without_key(target, observed);
    if !missing.is_empty() {
        let (n, name) = (missing.len(), &target.tenant.name);
        let list = missing.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let text = Text::new(
            format!(
                "the key policy of Municipality {name} does not admit {n} roles yet: {list}; see that object's conditions and plan"
            ),
            format!(
                "Municipality {name} の鍵ポリシーが {n} ロールを未許可です: {list}。そのオブジェクトの状態と計画を確認してください"
            ),
        );
        plan.wait(&part, Reason::MissingKeyGrant, text);
    }
}
