//! File-link buckets: a fixed point, crashes, deletion, and never more access than the old or the new
//! spec gives, whatever the order in which AWS is changed.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_api::{FileLinkBucket, Municipality};
use jichitai_core_tests::drive;
use jichitai_core_tests::linkage::Linkage;
use jichitai_plan::file_link_bucket::target::Target;
use jichitai_plan::observation::Observation;
use jichitai_plan::policy::document::Document;
use jichitai_plan::policy::evaluate::admits;
use jichitai_plan::policy::key_policy::RoleArn;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::rig::check;

const KEYS: [&str; 3] = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDuHIDQpXhkqNTK3nUdhXKv+rvvKMIShDNPkKDTzG8Aj a",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl b",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEhqvWnlXvpmTyJ2YfRcRQkJ6oLrTy5QmzkSxZ4q1QZx c",
];
const PREFIXES: [&str; 3] = ["", "in/", "out/"];

fn role(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

fn roles() -> impl Strategy<Value = BTreeSet<&'static str>> {
    proptest::collection::btree_set(proptest::sample::select(&["a", "b", "c"][..]), 0..3)
}

fn user() -> impl Strategy<Value = Option<(usize, BTreeSet<usize>, &'static str)>> {
    let keys = proptest::collection::btree_set(0..KEYS.len(), 1..3);
    let access = proptest::sample::select(&["Read", "Write", "ReadWrite"][..]);
    proptest::option::of((0..PREFIXES.len(), keys, access))
}

fn client() -> impl Strategy<Value = Option<(bool, &'static str)>> {
    proptest::option::of((any::<bool>(), proptest::sample::select(&["Read", "Write"][..])))
}

/// A spec of a small space, so that old and new often share something.
fn spec() -> impl Strategy<Value = Value> {
    (roles(), roles(), user(), client(), any::<bool>()).prop_map(|(providers, consumers, user, client, osaka)| {
        let providers: Vec<Value> = providers.iter().map(|name| json!({"roleArn": role(name)})).collect();
        let reader = |name: &&str| json!({"roleArn": role(name), "businessId": "010"});
        let consumers: Vec<Value> = consumers.iter().map(reader).collect();
        let mut spec = json!({
            "municipalityRef": {"name": "chiyoda"}, "businessId": "001", "zone": "mynumber",
            "lifecycle": {"expireAfterDays": 400}, "replication": {"osaka": osaka},
            "access": {"providers": providers, "consumers": consumers},
        });
        if let Some((prefix, keys, access)) = user {
            let keys: Vec<&str> = keys.iter().map(|key| KEYS[*key]).collect();
            spec["sftp"] = json!({
                "server": {"subnets": ["app-a"], "allowedCidrs": ["172.16.40.0/24"]},
                "users": [{"name": "health", "access": access, "prefix": PREFIXES[prefix], "publicKeys": keys}],
            });
        }
        if let Some((scoped, access)) = client {
            let scopes = if scoped { json!(["files.read"]) } else { json!([]) };
            spec["federation"] = json!({
                "type": "CredentialBroker", "brokerRoleArn": role("broker"),
                "clients": [{"clientId": "tax", "businessId": "010", "access": access, "scopes": scopes}],
            });
        }
        spec
    })
}

fn linkage(spec: &Value) -> Linkage {
    let municipality: Municipality = serde_json::from_value(json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "Municipality",
        "metadata": {"name": "chiyoda", "namespace": "tenants"},
        "spec": {
            "code": "131016", "displayName": "千代田区", "environment": "Verification", "usageModel": "Shared",
            "isolation": "Network", "accountId": "111122223333",
            "network": {
                "vpcCidr": "10.20.0.0/16",
                "serviceSubnets": [{"name": "svc", "cidr": "10.20.8.0/27", "availabilityZone": "ap-northeast-1a"}],
                "zones": [{"name": "mynumber", "type": "MyNumberAffairs", "subnets": [
                    {"name": "app-a", "cidr": "10.20.0.0/24", "availabilityZone": "ap-northeast-1a"}]}],
                "endpoints": [{"service": "s3"}],
            },
        },
    }))
    .expect("a municipality");
    let now = "2027-04-01T09:00:00+09:00".parse().expect("a timestamp");
    Linkage::new(vec![municipality], vec![bucket(spec)], now)
}

fn bucket(spec: &Value) -> FileLinkBucket {
    serde_json::from_value(json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "FileLinkBucket",
        "metadata": {"name": "linkage", "namespace": "tenants"}, "spec": spec,
    }))
    .expect("a bucket")
}

/// Who (by which key, with which tags) can do what to which object.
type Access = BTreeSet<(String, &'static str, &'static str)>;

/// What AWS lets happen now: bucket policy, key policy and role policy all have to agree, and somebody
/// has to get into the role.
fn access(linkage: &Linkage) -> Access {
    let aws = &linkage.aws;
    let mut all = Access::new();
    let Some(bucket) = aws.buckets[&Region::Tokyo].iter().flatten().next() else {
        return all;
    };
    let (Some(policy), Some(key)) = (bucket.policy.present(), aws.keys[&Region::Tokyo].present()) else {
        return all;
    };
    let Some(key) = key.policy.present() else { return all };
    let context = |pairs: &[(&str, &str)]| -> BTreeMap<String, Vec<String>> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
            .collect()
    };
    let way = context(&[
        ("aws:SecureTransport", "true"),
        ("s3:TlsVersion", "1.3"),
        ("aws:SourceVpce", "vpce-s3"),
    ]);
    let arn = format!("arn:aws:s3:::{}", bucket.name);
    let via = context(&[
        ("kms:ViaService", "s3.ap-northeast-1.amazonaws.com"),
        ("kms:EncryptionContext:aws:s3:arn", &arn),
    ]);
    let mut add = |who: &str, role: &RoleArn, own: Option<&Document>| {
        for prefix in PREFIXES {
            let object = format!("{arn}/{prefix}file");
            for action in ["s3:GetObject", "s3:PutObject"] {
                let permitted = own.is_none_or(|own| admits(own, role, action, &object, &way));
                let used = admits(key, role, "kms:Decrypt", "*", &via);
                if permitted && used && admits(policy, role, action, &object, &way) {
                    all.insert((who.to_owned(), action, prefix));
                }
            }
        }
    };
    for name in ["a", "b", "c"] {
        let role = RoleArn::new(&role(name)).expect("a role");
        add(name, &role, None);
    }
    for role in aws.roles.iter().flatten() {
        let Some(arn) = RoleArn::new(&role.arn) else { continue };
        let none = Document::default();
        let own = role
            .inline
            .present()
            .and_then(|inline| inline.values().next())
            .unwrap_or(&none);
        for user in aws.users.iter().flatten().filter(|user| user.role_arn == role.arn) {
            for key in user.keys.values() {
                add(&key.fingerprint(), &arn, Some(own));
            }
        }
        if let Observation::Present(trust) = &role.trust {
            // Whom the role trusts, in words: another trust is another somebody.
            add(&trust.to_json(), &arn, Some(own));
        }
    }
    all
}

fn target(linkage: &Linkage) -> Target {
    linkage.target().expect("the spec makes sense")
}

#[test]
fn a_settled_bucket_is_a_fixed_point_and_a_lost_cluster_finds_it_again() {
    check(48, spec(), |spec| {
        let mut linkage = linkage(&spec);
        drive::settle(&mut linkage, &mut |_, _| {}).map_err(TestCaseError::fail)?;
        let (before, parts) = (linkage.aws.clone(), linkage.parts());
        linkage.forget();
        let done = drive::pass(&mut linkage, None, &mut |_, _| {}).expect("no fault");
        prop_assert!(done.rounds.is_empty(), "{:?}", done.rounds);
        prop_assert_eq!(&linkage.aws, &before);
        prop_assert_eq!(linkage.parts(), parts);
        Ok(())
    });
}

#[test]
fn changing_a_spec_never_allows_more_than_the_old_or_the_new_one() {
    check(40, (spec(), spec()), |(old, new)| {
        let mut linkage = linkage(&old);
        drive::settle(&mut linkage, &mut |_, _| {}).map_err(TestCaseError::fail)?;
        let mut may = access(&linkage);
        let mut fresh = self::linkage(&new);
        drive::settle(&mut fresh, &mut |_, _| {}).map_err(TestCaseError::fail)?;
        may.extend(access(&fresh));
        let status = linkage.buckets[0].status.take();
        linkage.buckets[0] = bucket(&new);
        linkage.buckets[0].status = status;
        let mut more = Vec::new();
        drive::settle(&mut linkage, &mut |now, step| {
            more.extend(
                access(now)
                    .difference(&may)
                    .map(|extra| format!("{extra:?} after {step}")),
            );
        })
        .map_err(TestCaseError::fail)?;
        prop_assert!(more.is_empty(), "{more:#?}");
        prop_assert_eq!(access(&linkage), access(&fresh), "the end is as if it had begun so");
        prop_assert_eq!(target(&linkage).hash(), target(&fresh).hash());
        Ok(())
    });
}

#[test]
fn a_crash_after_any_write_leaves_no_duplicate_and_ends_the_same() {
    check(24, (spec(), 0_usize..40), |(spec, after)| {
        let mut whole = linkage(&spec);
        drive::settle(&mut whole, &mut |_, _| {}).map_err(TestCaseError::fail)?;
        let mut linkage = linkage(&spec);
        drive::pass(&mut linkage, Some(after), &mut |_, _| {}).expect("no fault");
        drive::settle(&mut linkage, &mut |_, _| {}).map_err(TestCaseError::fail)?;
        let roles = |linkage: &Linkage| {
            linkage
                .parts()
                .into_iter()
                .map(|(part, _)| part.to_string())
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(roles(&linkage), roles(&whole));
        prop_assert_eq!(access(&linkage), access(&whole));
        Ok(())
    });
}

#[test]
fn deletion_leaves_nothing_but_what_holds_data() {
    check(24, (spec(), any::<bool>()), |(spec, keep)| {
        let mut linkage = linkage(&spec);
        drive::settle(&mut linkage, &mut |_, _| {}).map_err(TestCaseError::fail)?;
        let policy = if keep { "RetainDataRevokeAccess" } else { "Delete" };
        linkage.buckets[0].spec.common.deletion_policy = serde_json::from_value(json!(policy)).expect("a policy");
        linkage.delete();
        let done = drive::settle(&mut linkage, &mut |_, _| {}).map_err(TestCaseError::fail)?;
        let left: Vec<String> = linkage
            .parts()
            .into_iter()
            .map(|(part, _)| part.role.to_string())
            .collect();
        prop_assert!(done.ending.is_some_and(|ending| ending.released));
        prop_assert!(access(&linkage).is_empty());
        match keep {
            true => prop_assert!(left.iter().all(|role| role == "bucket") && !left.is_empty(), "{left:?}"),
            false => prop_assert!(left.is_empty(), "{left:?}"),
        }
        Ok(())
    });
}
