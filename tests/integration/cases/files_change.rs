//! Buckets of file linkage: drift, narrowing, endings, deletion.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketVersioningStatus, PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};
use jichitai_api::FileLinkBucket;
use serde_json::{Value, json};

use super::TOKYO;
use crate::files::{Files, MUNICIPALITY, access, id, name};
use crate::rig::{Outcome, Rig};

pub async fn every_setting_is_repaired(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let federation = json!({
        "type": "CredentialBroker", "brokerRoleArn": files.role("broker"),
        "clients": [{"clientId": "tax", "businessId": "010", "access": "Read"}],
    });
    files
        .apply(&files.bucket("linkage", |object| object["spec"]["federation"] = federation))
        .await?;
    let object = files.ready("linkage").await?;
    let (bucket, role) = (name(&object)?, tenant_role(&object)?);
    let person = tenant.person(TOKYO)?;
    let policy = person
        .s3
        .get_bucket_policy()
        .bucket(&bucket)
        .send()
        .await?
        .policy
        .ok_or("a policy")?;
    let trust = person.iam.get_role().role_name(&role).send().await?;
    let trust = trust
        .role
        .and_then(|role| role.assume_role_policy_document)
        .ok_or("a trust policy")?;

    let open = PublicAccessBlockConfiguration::builder()
        .block_public_acls(false)
        .build();
    person
        .s3
        .put_public_access_block()
        .bucket(&bucket)
        .public_access_block_configuration(open)
        .send()
        .await?;
    person.s3.delete_bucket_policy().bucket(&bucket).send().await?;
    let plain = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::Aes256)
        .build()?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(plain)
        .build();
    let plain = ServerSideEncryptionConfiguration::builder().rules(rule).build()?;
    person
        .s3
        .put_bucket_encryption()
        .bucket(&bucket)
        .server_side_encryption_configuration(plain)
        .send()
        .await?;
    let off = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Suspended)
        .build();
    person
        .s3
        .put_bucket_versioning()
        .bucket(&bucket)
        .versioning_configuration(off)
        .send()
        .await?;
    let anybody = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": format!("arn:aws:iam::{}:root", tenant.account)},
    }]});
    person
        .iam
        .update_assume_role_policy()
        .role_name(&role)
        .policy_document(anybody.to_string())
        .send()
        .await?;

    files.poke("linkage").await?;
    let repaired = || async {
        let block = person.s3.get_public_access_block().bucket(&bucket).send().await?;
        let closed = block
            .public_access_block_configuration
            .and_then(|one| one.block_public_acls)
            == Some(true);
        let have = person
            .s3
            .get_bucket_policy()
            .bucket(&bucket)
            .send()
            .await
            .ok()
            .and_then(|one| one.policy);
        let encryption = person.s3.get_bucket_encryption().bucket(&bucket).send().await?;
        let under_key = format!("{encryption:?}").contains("kms");
        let versioned = person.s3.get_bucket_versioning().bucket(&bucket).send().await?.status;
        let have_trust = person.iam.get_role().role_name(&role).send().await?;
        let have_trust = have_trust.role.and_then(|role| role.assume_role_policy_document);
        Ok(closed
            && have.as_ref() == Some(&policy)
            && under_key
            && versioned == Some(BucketVersioningStatus::Enabled)
            && have_trust.as_ref() == Some(&trust))
    };
    files.eventually("linkage", "the way it was", repaired).await?;
    files.ready("linkage").await?;
    Ok(())
}

fn tenant_role(object: &FileLinkBucket) -> Outcome<String> {
    let inventory = object.status.iter().flat_map(|status| &status.common.inventory);
    let mut roles = inventory.filter(|entry| entry.role.starts_with("role.client."));
    roles
        .next()
        .map(|entry| entry.id.clone())
        .ok_or_else(|| "no client's role".into())
}

pub async fn narrowing_in_production_waits_for_its_approval(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |object| {
        object["spec"]["environment"] = json!("Production")
    })
    .await?;
    files.make_role("writer").await?;
    files.make_role("reader").await?;
    files.apply(&files.bucket("linkage", |_| {})).await?;
    let bucket = name(&files.ready("linkage").await?)?;
    let s3 = tenant.person(TOKYO)?.s3;
    let policy = || async {
        Ok::<_, crate::rig::Fault>(
            s3.get_bucket_policy()
                .bucket(&bucket)
                .send()
                .await?
                .policy
                .unwrap_or_default(),
        )
    };
    let nobody = |object: &mut Value| object["spec"]["access"]["consumers"] = json!([]);
    files.apply(&files.bucket("linkage", nobody)).await?;
    let object = files
        .condition("linkage", "BucketReady", "False", "AwaitingApproval")
        .await?;
    assert!(
        policy().await?.contains("role/reader"),
        "nobody loses access before somebody agreed"
    );
    let plan = object.status.and_then(|status| status.common.plan).ok_or("a plan")?;
    let approval = json!([{"planHash": plan.hash, "party": "Municipality", "approver": "課長"}]);
    let approved = |object: &mut Value| {
        nobody(object);
        object["spec"]["approvals"] = approval;
    };
    files.apply(&files.bucket("linkage", approved)).await?;
    let gone = || async { Ok(!policy().await?.contains("role/reader")) };
    files.eventually("linkage", "a policy without the reader", gone).await?;
    let object = files.get("linkage").await?;
    assert_eq!(access(&object, "reader"), None);
    Ok(())
}

pub async fn an_expired_grant_ends_by_itself(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |object| {
        object["spec"]["environment"] = json!("Production")
    })
    .await?;
    let until = |day: &'static str| {
        move |object: &mut Value| object["spec"]["access"]["consumers"][0]["validUntil"] = json!(day)
    };
    files.apply(&files.bucket("linkage", until("2199-03-31"))).await?;
    let object = files.ready("linkage").await?;
    let bucket = name(&object)?;
    assert!(access(&object, "reader").is_some());
    files.apply(&files.bucket("linkage", until("2020-03-31"))).await?;
    let s3 = tenant.person(TOKYO)?.s3;
    let gone = || async {
        let policy = s3
            .get_bucket_policy()
            .bucket(&bucket)
            .send()
            .await?
            .policy
            .unwrap_or_default();
        Ok(!policy.contains("role/reader"))
    };
    files
        .eventually("linkage", "a policy without the reader, and no approval", gone)
        .await?;
    let key = crate::tenant::id(&tenant.get(MUNICIPALITY).await?, "key.all", TOKYO)?;
    let person = tenant.person(TOKYO)?;
    let gone = || async { Ok(!person.key_policy(&key).await?.contains("role/reader")) };
    files
        .eventually("linkage", "a key policy without the reader", gone)
        .await?;
    Ok(())
}

pub async fn deletion_keeps_revokes_or_deletes(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let federation = json!({
        "type": "CredentialBroker", "brokerRoleArn": files.role("broker"),
        "clients": [{"clientId": "tax", "businessId": "010", "access": "Read"}],
    });
    let bucket = |policy: &'static str| {
        let federation = federation.clone();
        files.bucket("linkage", move |object| {
            object["spec"]["deletionPolicy"] = json!(policy);
            object["spec"]["federation"] = federation;
        })
    };
    files.apply(&bucket("RetainDataRevokeAccess")).await?;
    let object = files.ready("linkage").await?;
    let (name, role) = (name(&object)?, tenant_role(&object)?);
    let person = tenant.person(TOKYO)?;
    person
        .s3
        .put_object()
        .bucket(&name)
        .key("a.csv")
        .body(ByteStream::from_static(b"1"))
        .send()
        .await?;
    let key = crate::tenant::id(&tenant.get(MUNICIPALITY).await?, "key.all", TOKYO)?;

    files.delete("linkage").await?;
    files.gone("linkage").await?;
    assert!(
        person.iam.get_role().role_name(&role).send().await.is_err(),
        "roles are gone"
    );
    let policy = person
        .s3
        .get_bucket_policy()
        .bucket(&name)
        .send()
        .await?
        .policy
        .unwrap_or_default();
    assert!(
        !policy.contains("role/writer") && !policy.contains("role/reader"),
        "{policy}"
    );
    assert!(
        !person.key_policy(&key).await?.contains(&name),
        "the key admits nobody for the bucket"
    );
    person.s3.head_object().bucket(&name).key("a.csv").send().await?;

    files.apply(&bucket("Delete")).await?;
    let object = files.ready("linkage").await?;
    assert_eq!(id(&object, "bucket")?, name, "the same bucket is taken up again");
    files.delete("linkage").await?;
    let object = files
        .condition("linkage", "BucketReady", "False", "BucketNotEmpty")
        .await?;
    let conditions = object.status.map(|status| status.common.conditions).unwrap_or_default();
    assert!(
        conditions.iter().any(|one| one.message.contains("1 object version")),
        "{conditions:?}"
    );
    person.iam.get_role().role_name(&role).send().await?;
    let versions = person.s3.list_object_versions().bucket(&name).send().await?;
    for version in versions.versions() {
        let call = person.s3.delete_object().bucket(&name).set_key(version.key.clone());
        call.set_version_id(version.version_id.clone()).send().await?;
    }
    files.poke("linkage").await?;
    files.gone("linkage").await?;
    assert!(
        person.s3.head_bucket().bucket(&name).send().await.is_err(),
        "the bucket goes last"
    );
    Ok(())
}
