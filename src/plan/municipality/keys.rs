//! Keys, aliases and EBS defaults in both Regions.

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::ec2::ebs_defaults;
use crate::identity::Part;
use crate::kms::alias;
use crate::kms::key::{self, Key, KeyState};
use crate::municipality::observed::{Observed, RegionKeys};
use crate::municipality::target::{KeyTarget, Target};
use crate::observation::Observation;
use crate::plan::{Plan, Text};
use crate::policy::key_policy;

/// The part that stands for a Region's EBS defaults.
#[must_use]
pub fn ebs_part(region: Region) -> Part {
    Part::new(region, "ebs-defaults")
}

/// Brings keys, aliases and defaults to what is wanted.
pub fn plan(target: &Target, observed: &Observed, ctx: &Context, plan: &mut Plan) {
    for one in &target.keys {
        let have = observed.region(one.part.region);
        if let Some(key) = plan_key(one, target, have, ctx, plan) {
            let alias_part = Part::new(one.part.region, format!("alias.{}", suffix(&one.part)));
            alias::plan(&one.alias, key, &have.aliases, &alias_part, plan);
            let is_default = matches!(suffix(&one.part), "all" | "ebs");
            if target.ebs_defaults && is_default && key.state == KeyState::Enabled && !one.want.disabled {
                ebs_defaults::plan(&key.arn, &have.ebs_defaults, &ebs_part(one.part.region), plan);
            }
        }
    }
    check_shared(target, observed, plan);
}

fn suffix(part: &Part) -> &str {
    part.role.as_str().rsplit('.').next().unwrap_or_default()
}

fn plan_key<'a>(
    one: &KeyTarget,
    target: &Target,
    have: &'a RegionKeys,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Key> {
    let named = alias::target(&have.aliases, &one.alias);
    if let Err(fault) = &have.aliases {
        // Without the aliases a key could be missed, and made twice.
        plan.unreadable(&one.part, fault);
        return None;
    }
    let mut want = one.want.clone();
    let ours = |key: &&Key| {
        crate::tags::ownership(&key.tags, &ctx.identity) == crate::tags::Ownership::Ours(one.part.role.as_str())
    };
    if let Some(Observation::Present(live)) = have
        .keys
        .as_ref()
        .ok()
        .and_then(|keys| keys.iter().find(ours))
        .map(|key| &key.policy)
    {
        let unseen = key_policy::keep_unseen(&mut want.policy, live, &target.bucket_owners, one.part.region);
        key_policy::keep_unseen(
            &mut want.policy_before_expiry,
            live,
            &target.bucket_owners,
            one.part.region,
        );
        if !unseen.is_empty() {
            let list = unseen.join(", ");
            plan.notice(
                &one.part,
                Reason::OrphanGrant,
                Text::new(
                    format!("{list}: these statements belong to FileLinkBuckets that are not seen; they stay until their owner is applied again or deleted with revocation"),
                    format!("{list}: 所有する FileLinkBucket が見つからないステートメントです。所有者が再適用されるか、権限取り消しで削除されるまで残します"),
                ),
            );
        }
    }
    key::plan(&want, &have.keys, named, &one.part, ctx, plan)
}

/// Keys that others manage: they have to exist, be a customer's, and be enabled.
fn check_shared(target: &Target, observed: &Observed, plan: &mut Plan) {
    for (path, arn) in &target.shared_keys {
        let part = Part::new(
            Region::Tokyo,
            format!("shared-key.{}", path.rsplit('.').next().unwrap_or_default()),
        );
        let (en, ja) = match observed.shared_keys.get(arn) {
            None | Some(Observation::Absent) => (
                "does not exist or is in another Region",
                "が存在しないか、別のリージョンにあります",
            ),
            Some(Observation::Unreadable(fault)) => {
                plan.unreadable(&part, fault);
                continue;
            }
            Some(Observation::Present(key)) if !key.customer_managed => {
                ("is managed by AWS, not by a customer", "は AWS 管理キーです")
            }
            Some(Observation::Present(key)) if key.state != KeyState::Enabled => {
                ("is not enabled", "は有効ではありません")
            }
            Some(Observation::Present(_)) => continue,
        };
        let text = Text::new(
            format!("{path}: {arn} {en}; name an enabled customer-managed key"),
            format!("{path}: {arn} {ja}。有効なカスタマー管理キーを指定してください"),
        );
        plan.block(&part, Reason::ReferenceNotReady, text);
    }
}
