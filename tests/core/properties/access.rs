//! Who may do what: never more than before and after on the way, and never less because somebody is
//! not seen.

use std::collections::BTreeSet;

use jichitai_api::FileLinkBucket;
use jichitai_core_tests::cluster::Circumstances;
use jichitai_core_tests::world::World;
use jichitai_core_tests::world::by_hand::ByHand;
use jichitai_plan::ec2::security_group::default_egress;
use jichitai_plan::identity::Identity;
use jichitai_plan::observation::Observation;
use jichitai_plan::policy::document::Statement;
use jichitai_plan::step::Step;
use jichitai_plan::tags::{Ownership, ownership};
use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use proptest::prelude::*;

use crate::drafts::drafts;
use crate::rig::{Rig, check};

/// On the way from one spec to another, in any order of writes, each security group, network ACL,
/// route table and key policy admits only what it admitted before or will admit afterwards.
#[test]
fn permissions_on_the_way_are_old_or_new() {
    check(30, (drafts(3), drafts(3), any::<u64>()), |(first, second, seed)| {
        let second = second.after(&first);
        let mut rig = Rig::with(&first, seed);
        on_the_way(&mut rig, seed)?;
        rig.apply(0, &second, "Verification");
        on_the_way(&mut rig, seed)
    });
}

fn on_the_way(rig: &mut Rig, seed: u64) -> Result<(), TestCaseError> {
    let identity = rig.identity(0);
    let mut allowed = permissions(&rig.world, &identity);
    let mut seen: Vec<(String, BTreeSet<Permission>)> = Vec::new();
    let mut witness = |world: &World, step: &Step| seen.push((step.to_string(), permissions(world, &identity)));
    for _ in 0..6 {
        let mut around = Circumstances {
            order: Some(seed),
            witness: Some(&mut witness),
            ..Circumstances::default()
        };
        rig.pass(0, &mut around);
        rig.world.tick();
    }
    rig.converge()?;
    allowed.extend(permissions(&rig.world, &identity));
    for (step, permissions) in seen {
        let wider: Vec<_> = permissions.difference(&allowed).collect();
        prop_assert!(wider.is_empty(), "after {step}: {wider:#?}");
    }
    Ok(())
}

/// Where, and what it admits.
type Permission = (String, String);

/// Everything that an owner's filters, routes and policies admit. The rule that EC2 gives a new
/// security group is left out: nothing uses the group before it is gone, or right after.
fn permissions(world: &World, identity: &Identity) -> BTreeSet<Permission> {
    let role = |tags| match ownership(tags, identity) {
        Ownership::Ours(role) => Some(role.to_string()),
        _ => None,
    };
    let mut all = BTreeSet::new();
    for group in &world.wires.security_groups {
        let rules = group.rules.iter().filter(|rule| **rule != default_egress());
        all.extend(
            role(&group.tags)
                .into_iter()
                .flat_map(|role| rules.clone().map(move |rule| (role.clone(), rule.to_string()))),
        );
    }
    for acl in &world.wires.network_acls {
        let rules = acl.entries.values().filter(|rule| rule.allow);
        all.extend(
            role(&acl.tags)
                .into_iter()
                .flat_map(|role| rules.clone().map(move |rule| (role.clone(), rule.to_string()))),
        );
    }
    for table in &world.wires.route_tables {
        let routes = table.routes.keys();
        all.extend(
            role(&table.tags)
                .into_iter()
                .flat_map(|role| routes.clone().map(move |to| (role.clone(), to.clone()))),
        );
    }
    for (region, keys) in &world.keys {
        for key in &keys.keys {
            let Some(role) = role(&key.tags) else { continue };
            let statements = key.policy.present().into_iter().flat_map(|policy| &policy.statements);
            all.extend(statements.map(|statement| (format!("{region} {role}"), format!("{statement:?}"))));
        }
    }
    all
}

/// The statements of buckets in a tenant's keys in Tokyo.
fn bucket_statements(rig: &Rig) -> BTreeSet<Statement> {
    let keys = rig.world.keys.values().flat_map(|region| &region.keys);
    let policies = keys.filter_map(|key| match &key.policy {
        Observation::Present(policy) => Some(policy),
        Observation::Absent | Observation::Unreadable(_) => None,
    });
    let statements = policies.flat_map(|policy| policy.statements.iter());
    statements
        .filter(|one| one.sid.starts_with("FileLinkBucket"))
        .cloned()
        .collect()
}

/// A bucket's object that is not there takes nothing away: not when it was removed from the store,
/// not when the cluster is lost and it comes late, and not while other access changes.
#[test]
fn access_never_shrinks_by_absence() {
    let strategy = (
        drafts(1),
        drafts(1),
        proptest::collection::vec(any::<bool>(), 3),
        any::<bool>(),
        any::<u64>(),
    );
    check(40, strategy, |(first, second, missing, forgotten, seed)| {
        let mut second = second.after(&first);
        second.buckets.clone_from(&first.buckets);
        let mut rig = Rig::with(&first, seed);
        rig.converge()?;
        let before = bucket_statements(&rig);
        rig.apply(0, &second, "Verification");
        let all = rig.cluster.buckets.clone();
        let mut missing = missing.into_iter().cycle();
        rig.cluster.buckets.retain(|_| !missing.next().unwrap_or_default());
        if forgotten {
            rig.cluster.forget();
        }
        let endings = rig.converge()?;
        prop_assert_eq!(&before, &bucket_statements(&rig));
        if rig.cluster.buckets.len() < all.len() && !before.is_empty() {
            let noticed = endings.iter().flat_map(|ending| &ending.plan.notices).count() > 0;
            let silent = all
                .iter()
                .filter(|bucket| !rig.cluster.buckets.contains(bucket))
                .all(lists_nobody);
            prop_assert!(noticed || silent, "nobody is told of the orphans");
        }
        rig.cluster.buckets = all;
        rig.converge()?;
        prop_assert_eq!(before, bucket_statements(&rig), "all are back");
        Ok(())
    });
}

fn lists_nobody(bucket: &FileLinkBucket) -> bool {
    bucket.spec.access.providers.is_empty() && bucket.spec.access.consumers.is_empty()
}

/// What an owner says is done: who is not listed any more goes, and with a deletion that revokes
/// everybody goes; a deletion that retains takes nothing.
#[test]
fn access_goes_when_its_owner_says_so() {
    use jichitai_api::common::DeletionPolicy;
    check(
        30,
        (drafts(1), any::<bool>(), any::<u64>()),
        |(draft, revokes, seed)| {
            let mut rig = Rig::with(&draft, seed);
            rig.converge()?;
            let before = bucket_statements(&rig);
            let now = rig.world.now;
            for bucket in &mut rig.cluster.buckets {
                bucket.metadata.deletion_timestamp = Some(Time(now));
                bucket.spec.common.deletion_policy = if revokes {
                    DeletionPolicy::Delete
                } else {
                    DeletionPolicy::Retain
                };
            }
            rig.converge()?;
            let after = bucket_statements(&rig);
            prop_assert_eq!(after, if revokes { BTreeSet::new() } else { before });
            Ok(())
        },
    );
}

/// A grant that runs out goes with its day in Japan and needs no approval; anything that a person
/// takes out of the spec does, in production.
#[test]
fn expiry_needs_no_approval_and_narrowing_does() {
    check(
        30,
        (drafts(2), any::<bool>(), any::<u64>()),
        |(draft, expires, seed)| {
            let mut rig = Rig::new(seed);
            rig.apply(0, &draft, "Production");
            let users = &mut rig.cluster.municipalities[0].spec.encryption.users;
            if users.is_empty() {
                return Ok(());
            }
            users[0].grant.valid_until = Some("2027-04-01".into());
            rig.converge()?;
            let text = |rig: &Rig| rig.portrait(0).join("\n");
            let role = rig.cluster.municipalities[0].spec.encryption.users[0].role_arn.clone();
            prop_assert!(text(&rig).contains(&role), "the last day counts");
            if expires {
                rig.world.now += SignedDuration::from_hours(24);
            } else {
                rig.cluster.municipalities[0].spec.encryption.users.remove(0);
            }
            let endings = rig.settle()?;
            let held = endings.iter().any(|ending| !ending.held.is_empty());
            prop_assert_eq!(held, !expires, "held");
            prop_assert_eq!(text(&rig).contains(&role), !expires, "still there");
            rig.cluster.approves = true;
            rig.converge()?;
            prop_assert!(!text(&rig).contains(&role));
            Ok(())
        },
    );
}

/// With `RetainDataRevokeAccess` every use of the keys ends, their administration and everything
/// else stays.
#[test]
fn revocation_takes_access_and_nothing_else() {
    use jichitai_api::common::DeletionPolicy;
    check(20, (drafts(2), any::<u64>()), |(draft, seed)| {
        let mut rig = Rig::with(&draft, seed);
        rig.cluster.municipalities[0].spec.common.deletion_policy = DeletionPolicy::RetainDataRevokeAccess;
        rig.converge()?;
        let identity = rig.identity(0);
        let wires = |rig: &Rig| {
            let lines = rig.world.portrait(&identity).into_iter();
            lines.filter(|line| !line.contains(" key.")).collect::<Vec<_>>()
        };
        let before = wires(&rig);
        rig.delete(0)?;
        prop_assert!(rig.cluster.municipalities.is_empty(), "the object is still there");
        prop_assert_eq!(before, wires(&rig));
        let keys = rig.world.keys.values().flat_map(|region| &region.keys);
        for key in keys {
            let statements = key.policy.present().into_iter().flat_map(|policy| &policy.statements);
            let sids: Vec<&str> = statements.map(|statement| statement.sid.as_str()).collect();
            prop_assert_eq!(sids, ["Administration"]);
        }
        Ok(())
    });
}

/// A drift in a policy's favour or disfavour never stays, whatever its `Sid` pretends.
#[test]
fn a_statement_under_our_name_is_still_a_drift() {
    check(20, (drafts(1), any::<u64>()), |(draft, seed)| {
        let mut rig = Rig::with(&draft, seed);
        rig.converge()?;
        let before = rig.portrait(0);
        let identity = rig.identity(0);
        let statement = serde_json::json!({
            "Sid": "UseRds",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "kms:Decrypt",
            "Resource": "*",
        });
        let role = if draft.per_service { "key.rds" } else { "key.all" };
        let deed = ByHand::AddStatement {
            role: role.into(),
            statement,
        };
        rig.world.by_hand(&identity, &deed).map_err(TestCaseError::fail)?;
        rig.converge()?;
        prop_assert_eq!(before, rig.portrait(0));
        Ok(())
    });
}
