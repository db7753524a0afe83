//! Keys: their writes, the search for orphans, keys of others, and what uses a key.

use std::collections::BTreeSet;

use jichitai_api::Region;
use jichitai_plan::ec2::ebs_defaults;
use jichitai_plan::identity::AccountId;
use jichitai_plan::kms::alias::Action as Alias;
use jichitai_plan::kms::key::{Action as Key, KeyState};
use jichitai_plan::municipality::query::Query;
use jichitai_plan::observation::{FaultKind, Observation};
use jichitai_plan::policy::document::Statement;

use crate::HUB;
use crate::tenant::{Tenant, others, policy, query, tags};

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn keys() {
    let mut tenant = Tenant::new("111111111111").await;
    let alias = "alias/jichitai/test/131016-all".to_owned();
    let asked = Query {
        aliases: [alias.clone()].into(),
        ebs_defaults: true,
        ..query()
    };
    let before = tenant.observe(&asked).await;
    tenant.observed = before;
    for region in Region::ALL {
        let create = Key::Create {
            description: "131016 all".into(),
            policy: policy(tenant.id),
            tags: tags("key.all"),
        };
        let id = tenant.create(region, create).await;

        // Created and not named: found by its tags.
        let orphan = tenant.observe(&asked).await;
        assert_eq!(
            orphan.region(region).keys.as_ref().unwrap().len(),
            1,
            "{:?}",
            orphan.region(region)
        );

        tenant
            .run(
                region,
                Alias::Create {
                    name: alias.clone(),
                    key_id: id.clone(),
                },
            )
            .await;
        let (name, key_id) = (alias.clone(), id.clone());
        tenant.run(region, Alias::Retarget { name, key_id }).await;
        tenant
            .run(
                region,
                Key::Rotate {
                    id: id.clone(),
                    days: 180,
                },
            )
            .await;
        tenant
            .run(
                region,
                Key::Describe {
                    id: id.clone(),
                    description: "new".into(),
                },
            )
            .await;
        tenant
            .run(
                region,
                Key::Tag {
                    id: id.clone(),
                    tags: [("extra".to_owned(), "値".to_owned())].into(),
                },
            )
            .await;
        tenant
            .run(
                region,
                Key::Untag {
                    id: id.clone(),
                    key: "Name".into(),
                },
            )
            .await;
        tenant.run(region, Key::Disable { id: id.clone() }).await;
        tenant.run(region, Key::Enable { id: id.clone() }).await;
        let since = "2026-04-01T00:00:00Z".parse().unwrap();
        tenant.run(region, Key::Quarantine { id: id.clone(), since }).await;
        let mut narrow = policy(tenant.id);
        narrow.statements.push(Statement::allow(
            "Use",
            &[AccountId::new(HUB).unwrap().root_arn()],
            &["kms:Decrypt"],
        ));
        tenant
            .run(
                region,
                Key::PutPolicy {
                    id: id.clone(),
                    policy: narrow,
                },
            )
            .await;
        let arn = tenant.observed.region(region).keys.as_ref().unwrap()[0].arn.clone();
        tenant.run(region, ebs_defaults::Action::SetKey { arn }).await;
        tenant.run(region, ebs_defaults::Action::Enable).await;
    }
    let seen = tenant.observe(&asked).await;
    assert_eq!(seen, tenant.observed);

    let id = seen.region(Region::Osaka).keys.as_ref().unwrap()[0].id.clone();
    tenant
        .run(
            Region::Osaka,
            Key::ScheduleDeletion {
                id: id.clone(),
                days: 7,
            },
        )
        .await;
    let seen = tenant.observe(&asked).await;
    let state = &seen.region(Region::Osaka).keys.as_ref().unwrap()[0].state;
    assert!(matches!(state, KeyState::PendingDeletion { at: Some(_) }), "{state:?}");
    let refused = tenant
        .try_run(
            Region::Osaka,
            Key::Rotate {
                id: id.clone(),
                days: 90,
            },
        )
        .await
        .unwrap_err();
    assert_eq!(refused.kind, FaultKind::Conflict, "{refused}");
    assert!(refused.request_id.is_some());
    tenant.run(Region::Osaka, Key::CancelDeletion { id }).await;
    let seen = tenant.observe(&asked).await;
    assert_eq!(
        seen.region(Region::Osaka).keys.as_ref().unwrap()[0].state,
        KeyState::Disabled
    );
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn shared_and_unknown_keys() {
    let mut tenant = Tenant::new("222222222222").await;
    let create = Key::Create {
        description: String::new(),
        policy: policy(tenant.id),
        tags: tags("key.all"),
    };
    let key = tenant.run(Region::Osaka, create).await.unwrap();
    let arn = key.arn.unwrap();
    let none = arn.replace(&key.id, "00000000-0000-4000-8000-000000000000");
    let ids = [
        key.id.clone(),
        "00000000-0000-4000-8000-000000000000".into(),
        "vpc-0123456789abcdef0".into(),
    ];
    let asked = Query {
        shared_keys: [arn.clone(), none.clone(), arn.replace("ap-northeast-3", "us-east-1")].into(),
        ids: [(Region::Osaka, ids.into())].into(),
        ..query()
    };
    let seen = tenant.observe(&asked).await;
    assert!(
        matches!(&seen.shared_keys[&arn], Observation::Present(key) if key.customer_managed && key.state == KeyState::Enabled)
    );
    assert_eq!(seen.shared_keys[&none], Observation::Absent);
    assert_eq!(seen.shared_keys.values().filter(|one| one.fault().is_some()).count(), 1);
    assert_eq!(
        seen.region(Region::Osaka)
            .keys
            .as_ref()
            .unwrap()
            .iter()
            .map(|key| &key.id)
            .collect::<Vec<_>>(),
        [&key.id]
    );
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn usage_of_keys() {
    let mut tenant = Tenant::new("333333333333").await;
    let create = |role: &str| Key::Create {
        description: String::new(),
        policy: policy("333333333333"),
        tags: tags(role),
    };
    let used = tenant.run(Region::Tokyo, create("key.used")).await.unwrap();
    let unused = tenant.create(Region::Tokyo, create("key.unused")).await;
    let arn = used.arn.unwrap();
    others(
        tenant.id,
        &format!(
            "ec2, key = client('ec2'), '{arn}'\n\
             volume = ec2.create_volume(AvailabilityZone='ap-northeast-1a', Size=1, Encrypted=True, KmsKeyId=key)['VolumeId']\n\
             ec2.get_waiter('volume_available').wait(VolumeIds=[volume], WaiterConfig={{'Delay': 1}})\n\
             ec2.create_snapshot(VolumeId=volume)\n\
             s3 = client('s3')\n\
             s3.create_bucket(Bucket='usage-of-keys', CreateBucketConfiguration={{'LocationConstraint': 'ap-northeast-1'}})\n\
             rule = {{'ApplyServerSideEncryptionByDefault': {{'SSEAlgorithm': 'aws:kms', 'KMSMasterKeyID': key}}}}\n\
             s3.put_bucket_encryption(Bucket='usage-of-keys', ServerSideEncryptionConfiguration={{'Rules': [rule]}})\n\
             client('kms').create_grant(KeyId=key, GranteePrincipal='arn:aws:iam::{}:root', Operations=['Decrypt'])",
            tenant.id
        ),
    );
    tenant
        .run(Region::Tokyo, ebs_defaults::Action::SetKey { arn: arn.clone() })
        .await;
    tenant.run(Region::Tokyo, ebs_defaults::Action::ResetKey).await;
    tenant.run(Region::Tokyo, ebs_defaults::Action::SetKey { arn }).await;
    let ids = [used.id.clone(), unused.clone()];
    let asked = Query {
        ids: [(Region::Tokyo, ids.into())].into(),
        key_usage: true,
        ..query()
    };
    let seen = tenant.observe(&asked).await;
    let usage = &seen.region(Region::Tokyo).usage;
    assert_eq!(usage[&used.id].unreadable, []);
    assert_eq!(usage[&used.id].checked.len(), 11, "{:?}", usage[&used.id].checked);
    let kinds: BTreeSet<&str> = usage[&used.id].uses.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(
        kinds,
        BTreeSet::from(["bucket", "ebs-default", "grant", "snapshot", "volume"])
    );
    assert!(usage[&unused].is_unused(), "{:?}", usage[&unused]);
}
