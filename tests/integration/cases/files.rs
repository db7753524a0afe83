//! Buckets of file linkage: what one becomes, and who gets in.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, ServerSideEncryption};
use jichitai_api::FileLinkBucket;
use serde_json::{Value, json};

use super::TOKYO;
use crate::aws::Person;
use crate::files::{Files, MUNICIPALITY, access, id, name};
use crate::rig::{Outcome, Rig};
use crate::tenant::Tenant;

const OSAKA: &str = "ap-northeast-3";

pub async fn a_bucket_with_every_setting_and_a_settled_one_costs_no_write(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    files.make_role("writer").await?;
    files.make_role("reader").await?;
    files.apply(&files.bucket("linkage", |_| {})).await?;
    let object = files.ready("linkage").await?;
    let bucket = name(&object)?;
    assert!(!bucket.contains(MUNICIPALITY) && bucket.len() <= 63, "{bucket}");

    let s3 = tenant.person(TOKYO)?.s3;
    let key = crate::tenant::id(&tenant.get(MUNICIPALITY).await?, "key.all", TOKYO)?;
    let arn = format!("arn:aws:kms:{TOKYO}:{}:key/{key}", tenant.account);
    let encryption = s3.get_bucket_encryption().bucket(&bucket).send().await?;
    let rules = encryption
        .server_side_encryption_configuration
        .ok_or("a configuration")?
        .rules;
    let default = rules[0]
        .apply_server_side_encryption_by_default
        .as_ref()
        .ok_or("a default")?;
    assert_eq!(default.kms_master_key_id(), Some(arn.as_str()));
    assert_eq!(rules[0].bucket_key_enabled, Some(true));
    let block = s3.get_public_access_block().bucket(&bucket).send().await?;
    let block = block.public_access_block_configuration.ok_or("a block")?;
    let all = [
        block.block_public_acls,
        block.block_public_policy,
        block.ignore_public_acls,
        block.restrict_public_buckets,
    ];
    assert_eq!(all, [Some(true); 4]);
    let ownership = s3.get_bucket_ownership_controls().bucket(&bucket).send().await?;
    let ownership = format!("{:?}", ownership.ownership_controls);
    assert!(ownership.contains("BucketOwnerEnforced"), "{ownership}");
    let versioning = s3.get_bucket_versioning().bucket(&bucket).send().await?;
    assert_eq!(versioning.status, Some(BucketVersioningStatus::Enabled));
    let lifecycle = s3.get_bucket_lifecycle_configuration().bucket(&bucket).send().await?;
    let lifecycle = lifecycle.rules();
    assert!(
        lifecycle
            .iter()
            .any(|rule| rule.abort_incomplete_multipart_upload.is_some())
    );
    assert!(
        lifecycle
            .iter()
            .any(|rule| rule.expiration.as_ref().and_then(|one| one.days) == Some(400))
    );
    let tags = s3.get_bucket_tagging().bucket(&bucket).send().await?;
    let owner = format!("FileLinkBucket/{}/linkage", tenant.namespace);
    assert!(
        tags.tag_set()
            .iter()
            .any(|tag| tag.key() == "jichitai:owner" && tag.value() == owner)
    );
    assert_eq!(access(&object, "writer"), Some((true, true, None)));
    assert_eq!(access(&object, "reader"), Some((true, true, None)));

    let (writes, written) = (tenant.writes().await?, status_written(&object));
    // One pass over an object begins after the other has ended: with the second one's reads, the first
    // has written what it had to.
    for pass in 1..=2 {
        let before = policy_reads(&tenant).await?;
        files.poke("linkage").await?;
        let what = format!("pass {pass}");
        files
            .eventually("linkage", &what, || async { Ok(policy_reads(&tenant).await? > before) })
            .await?;
    }
    let object = files.ready("linkage").await?;
    assert_eq!(tenant.writes().await?, writes, "a settled object costs no write");
    assert_eq!(status_written(&object), written, "and no status write");
    files.delete("linkage").await?;
    files.gone("linkage").await?;
    assert_eq!(tenant.writes().await?, writes, "Retain is the default");
    Ok(())
}

/// When the operator last wrote the object's status.
fn status_written(object: &FileLinkBucket) -> Option<String> {
    let managers = object.metadata.managed_fields.iter().flatten();
    let mut status = managers.filter(|one| one.subresource.as_deref() == Some("status"));
    status.next().map(|one| format!("{:?}", one.time))
}

/// How often the tenant's bucket policy was read.
async fn policy_reads(tenant: &Tenant<'_>) -> Outcome<u64> {
    let counts = tenant.counts().await?;
    let reads = counts.iter().filter(|one| one["operation"] == "GetBucketPolicy");
    Ok(reads.filter_map(|one| one["count"].as_u64()).sum())
}

/// Puts an object by an endpoint; says what S3 answered.
async fn put(who: &Person, bucket: &str, endpoint: &str, headers: &[(&'static str, &str)]) -> Result<(), String> {
    let endpoint = endpoint.to_owned();
    let headers: Vec<(&'static str, String)> = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    let call = who.s3.put_object().bucket(bucket).key("001/010/2027-04-01/a.csv");
    let call = call
        .body(ByteStream::from_static(b"1,2,3"))
        .customize()
        .mutate_request(move |request| {
            request
                .headers_mut()
                .insert("x-local-aws-source-vpce", endpoint.clone());
            for (name, value) in &headers {
                request.headers_mut().insert(*name, value.clone());
            }
        });
    let answer = call.send().await.map(drop);
    answer.map_err(|error| error.code().unwrap_or("no code").to_owned())
}

/// Gets the object by an endpoint.
async fn get(who: &Person, bucket: &str, endpoint: &str) -> Result<String, String> {
    let endpoint = endpoint.to_owned();
    let call = who.s3.get_object().bucket(bucket).key("001/010/2027-04-01/a.csv");
    let call = call.customize().mutate_request(move |request| {
        request
            .headers_mut()
            .insert("x-local-aws-source-vpce", endpoint.clone());
    });
    let answer = call
        .send()
        .await
        .map_err(|error| error.code().unwrap_or("no code").to_owned())?;
    let bytes = answer.body.collect().await.map_err(|error| error.to_string())?;
    String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())
}

pub async fn an_object_is_written_and_read_by_those_who_are_named_and_nobody_else(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    for role in ["writer", "reader", "stranger"] {
        files.make_role(role).await?;
    }
    files.apply(&files.bucket("linkage", |_| {})).await?;
    let bucket = name(&files.ready("linkage").await?)?;
    let endpoint = files.endpoint().await?;
    let (writer, reader) = (
        files.session(&files.role("writer")).await?,
        files.session(&files.role("reader")).await?,
    );
    let stranger = files.session(&files.role("stranger")).await?;

    put(&writer, &bucket, &endpoint, &[]).await?;
    let head = tenant.person(TOKYO)?.s3;
    let stored = head
        .head_object()
        .bucket(&bucket)
        .key("001/010/2027-04-01/a.csv")
        .send()
        .await?;
    let key = crate::tenant::id(&tenant.get(MUNICIPALITY).await?, "key.all", TOKYO)?;
    assert_eq!(stored.server_side_encryption, Some(ServerSideEncryption::AwsKms));
    assert!(
        stored.ssekms_key_id().is_some_and(|arn| arn.ends_with(&key)),
        "{stored:?}"
    );
    assert_eq!(get(&reader, &bucket, &endpoint).await?, "1,2,3");

    let denied = Err("AccessDenied".to_owned());
    assert_eq!(get(&stranger, &bucket, &endpoint).await, denied.clone());
    assert_eq!(
        put(&stranger, &bucket, &endpoint, &[]).await,
        Err("AccessDenied".into())
    );
    assert_eq!(
        get(&writer, &bucket, &endpoint).await,
        denied,
        "a provider does not read"
    );
    assert_eq!(
        put(&reader, &bucket, &endpoint, &[]).await,
        Err("AccessDenied".into()),
        "a consumer does not write"
    );
    let astray = get(&reader, &bucket, "vpce-0123456789abcdef0").await;
    assert_eq!(astray, Err("AccessDenied".into()), "by another way");
    let operator = files.operator().await?;
    assert_eq!(
        get(&operator, &bucket, &endpoint).await,
        Err("AccessDenied".into()),
        "the operator reads nothing"
    );
    assert_eq!(
        put(&operator, &bucket, &endpoint, &[]).await,
        Err("AccessDenied".into()),
        "and writes nothing"
    );
    let other = tenant.person(TOKYO)?.kms.create_key().send().await?;
    let other = other.key_metadata.and_then(|key| key.arn).ok_or("another key")?;
    for headers in [
        vec![("x-amz-server-side-encryption", "AES256")],
        vec![("x-amz-server-side-encryption", "aws:kms")],
        vec![
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", other.as_str()),
        ],
    ] {
        let refused = put(&writer, &bucket, &endpoint, &headers).await;
        assert_eq!(refused, Err("AccessDenied".into()), "{headers:?}");
    }
    Ok(())
}

pub async fn a_replica_in_osaka_under_the_osaka_key(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let bucket = files.bucket("linkage", |object| {
        object["spec"]["replication"] = json!({"osaka": true})
    });
    files.apply(&bucket).await?;
    let object = files.condition("linkage", "ReplicationReady", "True", "").await?;
    let bucket = name(&object)?;
    let inventory = object.status.iter().flat_map(|status| &status.common.inventory);
    let replica = inventory
        .filter(|one| one.region.as_str() == OSAKA)
        .map(|one| one.id.clone())
        .next();
    let replica = replica.ok_or("a replica")?;
    let key = crate::tenant::id(&tenant.get(MUNICIPALITY).await?, "key.all", OSAKA)?;
    let osaka = tenant.person(OSAKA)?;
    let encryption = osaka.s3.get_bucket_encryption().bucket(&replica).send().await?;
    let rules = encryption
        .server_side_encryption_configuration
        .ok_or("a configuration")?
        .rules;
    let default = rules[0].apply_server_side_encryption_by_default.as_ref();
    let under = default
        .and_then(|default| default.kms_master_key_id())
        .unwrap_or_default();
    assert!(under.ends_with(&key), "{under}");
    let replication = tenant
        .person(TOKYO)?
        .s3
        .get_bucket_replication()
        .bucket(&bucket)
        .send()
        .await?;
    let configuration = replication.replication_configuration.ok_or("a configuration")?;
    assert!(configuration.role().ends_with(&id(&object, "role.replication")?));
    let destination = configuration.rules()[0].destination().ok_or("a destination")?;
    assert!(destination.bucket().ends_with(&replica), "{destination:?}");
    let encrypts = destination
        .encryption_configuration()
        .and_then(|one| one.replica_kms_key_id());
    assert!(encrypts.is_some_and(|arn| arn.ends_with(&key)), "{encrypts:?}");
    // The key is the municipality's, which takes the bucket in by itself.
    let admits = || async { Ok(osaka.key_policy(&key).await?.contains(&replica)) };
    files
        .eventually("linkage", "the key in Osaka admits the replica", admits)
        .await
}

pub async fn a_missing_role_holds_up_nobody(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    files.make_role("reader").await?;
    files.apply(&files.bucket("linkage", |_| {})).await?;
    let object = files
        .condition("linkage", "AccessReady", "True", "PrincipalNotFound")
        .await?;
    assert_eq!(
        access(&object, "writer"),
        Some((true, true, Some("PrincipalNotFound".into())))
    );
    assert_eq!(access(&object, "reader"), Some((true, true, None)));
    files.make_role("writer").await?;
    files.poke("linkage").await?;
    let object = files.condition("linkage", "AccessReady", "True", "Converged").await?;
    assert_eq!(
        access(&object, "writer"),
        Some((true, true, None)),
        "a role that is made works at once"
    );
    Ok(())
}

pub async fn a_role_of_another_municipality_needs_an_exception(rig: &Rig) -> Outcome {
    let (tenant, other) = (rig.tenant()?, rig.tenant()?);
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let theirs = other.municipality("shibuya", |object| {
        object["spec"]["code"] = json!("131130");
        object["spec"]["network"]["vpcCidr"] = json!("10.20.0.0/16");
    });
    other.apply(&theirs).await?;
    // The operator knows whose the role is.
    other.condition("shibuya", "SpecValid", "True", "").await?;
    let role = other.role_arn("app");
    let consumer = |object: &mut Value| {
        object["spec"]["access"]["consumers"] = json!([{"roleArn": role, "businessId": "010"}]);
    };
    files.apply(&files.bucket("linkage", consumer)).await?;
    let object = files
        .condition("linkage", "SpecValid", "False", "ReferenceNotAccepted")
        .await?;
    let conditions = object.status.map(|status| status.common.conditions).unwrap_or_default();
    let message = conditions
        .iter()
        .find(|one| one.type_ == "SpecValid")
        .map(|one| one.message.clone());
    let message = message.unwrap_or_default();
    assert!(
        message.contains("spec.access.consumers[0].roleArn") && message.contains("crossMunicipality"),
        "{message}"
    );
    assert!(
        !message.contains(&other.namespace),
        "another tenant is not named: {message}"
    );

    let sibling = tenant.municipality("sibling", |object| {
        object["spec"]["code"] = json!("011002");
        object["spec"]["systemName"] = json!("sibling");
        object["spec"]["network"]["vpcCidr"] = json!("10.21.0.0/16");
        object["spec"]["network"]["zones"] = json!([]);
        object["spec"]["network"]["serviceSubnets"] = json!([]);
        object["spec"]["network"]["endpoints"] = json!([]);
        object["spec"]["encryption"]["users"] = json!([{"roleArn": role, "services": ["S3"]}]);
    });
    tenant.apply(&sibling).await?;
    let excepted = |object: &mut Value| {
        consumer(object);
        object["spec"]["access"]["crossMunicipality"] = json!([{
            "roleArn": role, "municipalityRef": {"namespace": tenant.namespace, "name": "sibling"},
            "reason": "広域連合", "approvedBy": "課長", "until": "2199-03-31",
        }]);
    };
    files.apply(&files.bucket("linkage", excepted)).await?;
    let object = files.ready("linkage").await?;
    assert_eq!(
        access(&object, "role/app").map(|one| (one.0, one.1)),
        Some((true, true))
    );
    Ok(())
}

pub async fn a_broker_and_nobody_else_assumes_a_clients_role(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    for role in ["writer", "reader", "broker", "stranger"] {
        files.make_role(role).await?;
    }
    let federation = json!({
        "type": "CredentialBroker", "brokerRoleArn": files.role("broker"),
        "clients": [{"clientId": "tax", "businessId": "010", "access": "Read", "scopes": ["files.read"]}],
    });
    files
        .apply(&files.bucket("linkage", |object| object["spec"]["federation"] = federation))
        .await?;
    let object = files.ready("linkage").await?;
    let status = object.status.and_then(|status| status.federation).ok_or("federation")?;
    let role = status
        .roles
        .iter()
        .find(|one| one.client_id == "tax")
        .ok_or("a role")?
        .arn
        .clone();
    let tag = |key: &str, value: &str| aws_sdk_sts::types::Tag::builder().key(key).value(value).build();
    let assume = async |who: &str, client: &str| -> Outcome<bool> {
        let session = files.session(&files.role(who)).await?;
        let call = session.sts.assume_role().role_arn(&role).role_session_name("tax");
        let call = call
            .tags(tag("client_id", client)?)
            .tags(tag("scope:files.read", "true")?);
        Ok(call.send().await.is_ok())
    };
    assert!(assume("broker", "tax").await?, "the broker, for the client");
    assert!(!assume("broker", "other").await?, "the broker, for another client");
    assert!(!assume("stranger", "tax").await?, "somebody else");
    Ok(())
}

pub async fn roles_of_others_are_compared_and_never_written(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let bucket = files.bucket("linkage", |object| {
        object["spec"]["manageIam"] = json!(false);
        object["spec"]["federation"] = json!({
            "type": "CredentialBroker", "brokerRoleArn": files.role("broker"),
            "clients": [{"clientId": "tax", "businessId": "010", "access": "Read", "roleArn": files.role("tax")}],
        });
    });
    files.apply(&bucket).await?;
    let object = files
        .condition("linkage", "FederationReady", "False", "PrincipalNotFound")
        .await?;
    let needed = object.status.map(|status| status.needed_roles).unwrap_or_default();
    let needed = needed.first().ok_or("what is needed")?;
    assert_eq!(needed.arn, files.role("tax"));
    let iam = tenant.person(TOKYO)?.iam;
    iam.create_role()
        .role_name("tax")
        .assume_role_policy_document(&needed.trust_policy)
        .send()
        .await?;
    files.poke("linkage").await?;
    files
        .condition("linkage", "FederationReady", "False", "ReferenceNotReady")
        .await?;
    iam.put_role_policy()
        .role_name("tax")
        .policy_name("given")
        .policy_document(&needed.policy)
        .send()
        .await?;
    files.poke("linkage").await?;
    files
        .condition("linkage", "FederationReady", "True", "Converged")
        .await?;
    let counts = tenant.counts().await?;
    let by_operator = |one: &&Value| one["service"] == "iam" && one["kind"] == "write";
    let writes: u64 = counts
        .iter()
        .filter(by_operator)
        .filter_map(|one| one["count"].as_u64())
        .sum();
    assert_eq!(writes, 2, "only those of this case: {counts:?}");
    Ok(())
}

pub async fn providers_are_shared_and_go_with_the_last(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    let federation = |audience: &str| {
        json!({
            "type": "WebIdentity", "issuer": "https://auth.example.jp/realms/files", "audiences": [audience],
            "clients": [{"clientId": "tax", "clientClaim": "azp", "businessId": "010", "access": "Read"}],
        })
    };
    for (name, audience) in [("one", "api-one"), ("two", "api-two")] {
        let bucket = files.bucket(name, |object| {
            object["spec"]["deletionPolicy"] = json!("RetainDataRevokeAccess");
            object["spec"]["federation"] = federation(audience);
        });
        files.apply(&bucket).await?;
        files.condition(name, "FederationReady", "True", "Converged").await?;
    }
    let iam = tenant.person(TOKYO)?.iam;
    let arn = format!(
        "arn:aws:iam::{}:oidc-provider/auth.example.jp/realms/files",
        tenant.account
    );
    let provider = iam
        .get_open_id_connect_provider()
        .open_id_connect_provider_arn(&arn)
        .send()
        .await?;
    for audience in ["api-one", "api-two"] {
        assert!(
            provider.client_id_list().iter().any(|one| one == audience),
            "{provider:?}"
        );
    }
    files.delete("one").await?;
    files.gone("one").await?;
    iam.get_open_id_connect_provider()
        .open_id_connect_provider_arn(&arn)
        .send()
        .await?;
    files.delete("two").await?;
    files.gone("two").await?;
    let gone = iam
        .get_open_id_connect_provider()
        .open_id_connect_provider_arn(&arn)
        .send()
        .await;
    assert!(gone.is_err(), "the last one takes it along");
    Ok(())
}
