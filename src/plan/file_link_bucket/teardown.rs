//! Taking away: what the spec no longer has, and everything. Planned from what is observed and owned,
//! so it works with a broken spec and without the municipality.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::common::DeletionPolicy;
use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::ec2::security_group;
use crate::file_link_bucket::observed::Observed;
use crate::file_link_bucket::sftp::{GROUP, SERVER, user_part};
use crate::file_link_bucket::target::{ServerTarget, Target, Tenant};
use crate::file_link_bucket::{grants, iam};
use crate::iam::{oidc_provider, role};
use crate::identity::{AccountId, Identity, Part};
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::policy::key_policy::{RoleArn, bucket_sid};
use crate::resolve::owned;
use crate::s3::bucket::{self, Bucket};
use crate::s3::{bucket_policy, replication};
use crate::transfer::{server, user};

/// What a deletion needs to know beside what is observed: computed names, and who keeps control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// The account.
    pub account: AccountId,
    /// The municipality; none when its object is gone.
    pub tenant: Option<Tenant>,
    /// Names of the bucket and of its replica.
    pub buckets: BTreeMap<Region, String>,
    /// The operator's role in the account.
    pub operator: RoleArn,
    /// Who may change policies in an emergency.
    pub break_glass: BTreeSet<RoleArn>,
    /// Names of the roles that the spec has.
    pub roles: BTreeSet<String>,
    /// The issuer that the spec has.
    pub issuer: Option<String>,
    /// Whose SFTP server the users are on, where it is not our own.
    pub shared_server: Option<Identity>,
    /// Names of the users that the spec has.
    pub users: BTreeSet<String>,
}

/// Takes away the parts that the spec no longer has. Data is none of them: a replica stays.
pub(super) fn leftovers(target: &Target, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let users = target.sftp.iter().flat_map(|sftp| sftp.users.keys());
    let users: BTreeSet<String> = users.map(|name| user_part(name).role.to_string()).collect();
    let own_server = target
        .sftp
        .as_ref()
        .is_some_and(|sftp| matches!(sftp.server, ServerTarget::Own(_)));
    let provider = target
        .federation
        .as_ref()
        .and_then(|federation| federation.provider.as_ref());
    let keep = Keep {
        users,
        roles: iam::own_names(target).into_keys().collect(),
        server: own_server,
        providers: provider
            .into_iter()
            .map(|provider| iam::provider_part(&provider.issuer))
            .collect(),
    };
    let before = plan.steps.len();
    take(&keep, observed, ctx, plan);
    for step in plan.steps.iter_mut().skip(before) {
        // An end that the spec itself has set is nobody's loss.
        if target.lapsed.contains(step.part.role.as_str()) {
            step.risk = None;
        }
    }
    if target.replica.is_none() {
        let replicas = observed.buckets.get(&Region::Osaka);
        for (_, bucket) in replicas.into_iter().flat_map(|buckets| owned(buckets, ctx)) {
            let name = &bucket.name;
            let text = Text::new(
                format!("the replica {name} stays with what it holds: delete it yourself if that may go"),
                format!("複製先バケット {name} は内容とともに残ります。不要であれば手動で削除してください"),
            );
            plan.notice(&Target::bucket_part(Region::Tokyo), Reason::Retained, text);
        }
    }
}

/// Parts that stay.
#[derive(Default)]
struct Keep {
    users: BTreeSet<String>,
    roles: BTreeSet<String>,
    server: bool,
    providers: BTreeSet<String>,
}

/// Removes what is owned and not kept, in AWS's order: users, then the server, its group and the roles,
/// then the account's trust in an issuer. Returns whether something is left.
fn take(keep: &Keep, observed: &Observed, ctx: &Context, plan: &mut Plan) -> bool {
    let Keep {
        users,
        roles,
        server: keep_server,
        providers,
    } = keep;
    let mut left = false;
    let mut acting: BTreeSet<&str> = BTreeSet::new();
    for (role, one) in owned(&observed.users, ctx) {
        acting.insert(&one.role_arn);
        if !users.contains(role.as_str()) {
            left = true;
            user::remove(one, &Part::new(Region::Tokyo, role.as_str()), plan);
        }
    }
    for (role, one) in owned(&observed.servers, ctx).filter(|_| !keep_server) {
        left = true;
        let part = Part::new(Region::Tokyo, role.as_str());
        // They are removed one by one, so that each is said and nobody's are overlooked.
        match owned(&observed.users, ctx).any(|(_, user)| user.server_id == one.id) {
            true => wait(&part, &one.id, "its users", "利用者", plan),
            false => server::remove(one, &observed.other_users, &part, plan),
        }
    }
    for (role, one) in owned(&observed.security_groups, ctx).filter(|_| !keep_server) {
        left = true;
        let part = Part::new(Region::Tokyo, role.as_str());
        match owned(&observed.servers, ctx).next() {
            Some((_, server)) => wait(&part, &one.id, &server.id, &server.id, plan),
            None => security_group::remove(one, &part, plan),
        }
    }
    let mut going = BTreeSet::new();
    for (part_role, one) in owned(&observed.roles, ctx).filter(|(role, _)| !roles.contains(role.as_str())) {
        left = true;
        going.insert(one.name.clone());
        let part = Part::new(Region::Tokyo, part_role.as_str());
        match acting.contains(one.arn.as_str()) {
            true => wait(&part, &one.name, "the SFTP user that acts as it", "SFTP 利用者", plan),
            false if is_replicating(&one.arn, observed) => {
                wait(&part, &one.name, "the replication that uses it", "複製設定", plan);
            }
            false => role::remove(one, &part, plan),
        }
    }
    for (name, provider) in observed.providers.iter().filter(|(name, _)| !providers.contains(*name)) {
        let part = Part::new(Region::Tokyo, name.as_str());
        // Roles that are still there trust it: it goes after them.
        if going.is_empty() {
            oidc_provider::remove_if_unused(provider, &BTreeSet::new(), &part, ctx, plan);
        }
    }
    report_unreadable(observed, plan);
    left
}

fn is_replicating(role: &str, observed: &Observed) -> bool {
    let buckets = observed.buckets.values().flatten().flatten();
    buckets
        .filter_map(|bucket| bucket.replication.present())
        .any(|replication| replication.role == role)
}

fn wait(part: &Part, id: &str, what: &str, ja: &str, plan: &mut Plan) {
    let text = Text::new(
        format!("{id} stays until {what} has left it"),
        format!("{id} は、使用中の{ja}がなくなるのを待っています"),
    );
    plan.wait(part, Reason::WaitingForDependency, text);
}

/// What could not be listed may be there.
fn report_unreadable(observed: &Observed, plan: &mut Plan) {
    let faults = [
        ("sftp-user", observed.users.as_ref().err()),
        (SERVER, observed.servers.as_ref().err()),
        (GROUP, observed.security_groups.as_ref().err()),
        ("role", observed.roles.as_ref().err()),
    ];
    for (role, fault) in faults {
        if let Some(fault) = fault {
            plan.unreadable(&Part::new(Region::Tokyo, role), fault);
        }
    }
}

/// Takes everything away, as far as the policy says.
#[must_use]
pub fn teardown(policy: DeletionPolicy, remains: &Remains, observed: &Observed, ctx: &Context) -> Plan {
    let mut plan = Plan::default();
    let buckets: Vec<(Region, &Bucket)> = observed
        .buckets
        .iter()
        .flat_map(|(region, buckets)| owned(buckets, ctx).map(|(_, bucket)| (*region, bucket)))
        .collect();
    for (region, fault) in observed
        .buckets
        .iter()
        .filter_map(|(region, list)| Some((region, list.as_ref().err()?)))
    {
        plan.unreadable(&Target::bucket_part(*region), fault);
    }
    let delete = policy == DeletionPolicy::Delete;
    let full: Vec<_> = buckets
        .iter()
        .filter(|(_, bucket)| !bucket.is_certainly_empty())
        .collect();
    if delete && !full.is_empty() {
        // Nothing of it goes as long as not all of it can: who meant to keep the data can still say so.
        for (region, bucket) in full {
            bucket::remove(bucket, &Target::bucket_part(*region), &mut plan);
        }
        return plan;
    }
    for (region, bucket) in &buckets {
        close(bucket, *region, remains, delete, &mut plan);
    }
    let left = take(&Keep::default(), observed, ctx, &mut plan);
    await_key(remains, observed, ctx, &mut plan);
    if delete && !left && plan.is_settled() {
        for (region, bucket) in &buckets {
            bucket::remove(bucket, &Target::bucket_part(*region), &mut plan);
        }
    }
    plan
}

/// Takes all access from a bucket and ends its replication; the data stays.
fn close(bucket: &Bucket, region: Region, remains: &Remains, delete: bool, plan: &mut Plan) {
    let part = Target::bucket_part(region);
    // S3 takes one change of a bucket at a time.
    if bucket.replication != Observation::Absent {
        return replication::plan(&replication::Want::Off, bucket, &part, plan);
    }
    if delete {
        return;
    }
    let key = match &bucket.encryption {
        Observation::Present(encryption) => encryption.key.clone(),
        Observation::Absent => None,
        Observation::Unreadable(fault) => return plan.unreadable(&part, fault),
    };
    let key = key.unwrap_or_default();
    let Remains {
        account,
        operator,
        break_glass,
        ..
    } = remains;
    let document = grants::closed(&bucket.name, account, &key, operator, break_glass);
    let want = bucket_policy::Want {
        before_expiry: document.clone(),
        proof: bucket_policy::proof(&document, operator, &bucket.name),
        document,
    };
    bucket_policy::plan(&want, bucket, &part, plan);
}

/// The grant in the municipality's key goes because this object says so; once the object is gone, nobody
/// would say it any more.
fn await_key(remains: &Remains, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    let Some(tenant) = &remains.tenant else { return };
    let sid = bucket_sid(&ctx.identity.owner);
    for (region, key) in &observed.keys {
        let part = Part::new(Region::Tokyo, "access");
        let policy = match key {
            Observation::Present(key) => &key.policy,
            Observation::Absent => continue,
            Observation::Unreadable(fault) => {
                plan.unreadable(&part, fault);
                continue;
            }
        };
        match policy {
            Observation::Present(policy) if policy.statements.iter().any(|statement| statement.sid == sid) => {
                let name = &tenant.name;
                let text = Text::new(
                    format!(
                        "the key policy of Municipality {name} in {region} still admits the bucket's roles; see that object's conditions and plan"
                    ),
                    format!(
                        "Municipality {name} の {region} の鍵ポリシーにこのバケットの許可が残っています。そのオブジェクトの状態と計画を確認してください"
                    ),
                );
                plan.wait(&part, Reason::WaitingForDependency, text);
            }
            Observation::Present(_) | Observation::Absent => {}
            Observation::Unreadable(fault) => plan.unreadable(&part, fault),
        }
    }
}
