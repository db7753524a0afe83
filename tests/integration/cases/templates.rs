//! Templates of stacks: kept in a bucket in Osaka that is only for the operator, and made into stacks again.

use std::process::Output;

use aws_sdk_cloudformation::types::{Parameter, StackStatus};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use serde_json::{Value, json};

use super::OSAKA;
use crate::backups::{Backups, POLICY};
use crate::rig::{HUB, OPERATOR_ROLE, Outcome, Rig};

/// A log group, and a parameter that nobody is shown.
const SMALL: &str = r#"# as it was handed in
Parameters:
  Retention: {Type: Number}
  Password: {Type: String, NoEcho: true}
Resources:
  Batch:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: {Ref: Retention}}
Outputs:
  Group: {Value: {Ref: Batch}}
"#;
/// The role that CloudFormation acts in for the large one.
const MAKER: &str = "stack-maker";
const PASSWORD: &str = "correct-horse-battery-staple";

struct Templates<'a> {
    rig: &'a Rig,
    backups: &'a Backups<'a>,
    /// Larger than what CloudFormation takes in a request.
    large: String,
}

impl<'a> Templates<'a> {
    /// A small and a large stack, and a run that keeps both.
    async fn of(rig: &'a Rig, backups: &'a Backups<'a>, edit: impl FnOnce(&mut Value)) -> Outcome<Self> {
        let parameter = |key: &str, value: &str| Parameter::builder().parameter_key(key).parameter_value(value).build();
        let cloudformation = &backups.tokyo.cloudformation;
        let tag = aws_sdk_cloudformation::types::Tag::builder()
            .key("system")
            .value("batch")
            .build();
        let call = cloudformation.create_stack().stack_name("batch").template_body(SMALL);
        let call = call.parameters(parameter("Retention", "7")).tags(tag);
        call.parameters(parameter("Password", PASSWORD)).send().await?;
        let group = json!({"Type": "AWS::Logs::LogGroup"});
        let large = json!({"Description": "大".repeat(300), "Resources": {"Batch": group}, "Metadata": {"Note": "x".repeat(60_000)}});
        let (large, bucket) = (large.to_string(), format!("handed-in-{}", backups.tenant.account));
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::ApNortheast1);
        let s3 = &backups.tokyo.s3;
        s3.create_bucket()
            .bucket(&bucket)
            .create_bucket_configuration(place.build())
            .send()
            .await?;
        s3.put_object()
            .bucket(&bucket)
            .key("large")
            .body(large.clone().into_bytes().into())
            .send()
            .await?;
        let url = format!("https://{bucket}.s3.ap-northeast-1.amazonaws.com/large");
        cloudformation
            .create_stack()
            .stack_name("large")
            .template_url(url)
            .role_arn(backups.tenant.role_arn(MAKER))
            .send()
            .await?;
        let policy = backups.policy(|policy| {
            policy["spec"]["sources"] = json!({"stacks": {"names": ["batch", "large"]}});
            edit(policy);
        });
        backups.apply(&policy).await?;
        let object = backups.run_ended().await?;
        let status = object.status.ok_or("a status")?;
        assert_eq!(status.newest_recovery_point.map(|point| point.templates), Some(2));
        assert!(status.last_success.is_some(), "{:?}", status.failures);
        backups.tenant.allow_recovery().await?;
        Ok(Self { rig, backups, large })
    }

    async fn bucket(&self) -> Outcome<String> {
        let found = self
            .backups
            .osaka
            .s3
            .list_buckets()
            .prefix("jichitai-templates-")
            .send()
            .await?;
        let [bucket] = found.buckets() else {
            return Err(format!("one bucket is expected: {:?}", found.buckets()).into());
        };
        Ok(bucket.name().unwrap_or_default().to_owned())
    }

    async fn restore(&self, verb: &str, stacks: &Value, more: &[&str]) -> Outcome<Output> {
        let tenant = self.backups.tenant;
        let order = json!({"environment": "Verification", "region": OSAKA, "stacks": stacks});
        let file = self
            .rig
            .stack
            .folder()
            .join(format!("restore-{}.yaml", tenant.namespace));
        std::fs::write(&file, serde_json::to_vec(&order)?)?;
        let mut command = self.rig.command()?;
        command.args(["restore", verb]).args(tenant.access_by(OPERATOR_ROLE));
        command.args(["-n", &tenant.namespace, "--policy", POLICY, "-f"]);
        Ok(command.arg(&file).args(more).output().await?)
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

pub async fn templates_are_kept_as_they_were_handed_in_and_made_again(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    let templates = Templates::of(rig, &backups, |_| {}).await?;
    let (bucket, s3) = (templates.bucket().await?, &backups.osaka.s3);
    let key = backups.osaka_key().await?;
    let listed = s3.list_objects_v2().bucket(&bucket).send().await?;
    assert_eq!(listed.contents().len(), 4);
    let mut kept = std::collections::BTreeMap::new();
    for object in listed.contents() {
        let name = object.key().ok_or("a key")?;
        let found = s3.get_object().bucket(&bucket).key(name).send().await?;
        assert_eq!(found.ssekms_key_id(), Some(key.as_str()));
        let metadata = found.metadata().ok_or("metadata")?;
        assert!(
            metadata.contains_key("jichitai-run") && metadata.contains_key("jichitai-keep"),
            "{metadata:?}"
        );
        let text = String::from_utf8(found.body.collect().await?.to_vec())?;
        assert!(!text.contains(PASSWORD), "{name} tells a secret");
        let (stack, object) = (name.split('/').next(), name.rsplit('/').next());
        kept.insert(
            format!("{} {}", stack.unwrap_or_default(), object.unwrap_or_default()),
            text,
        );
    }
    assert_eq!(kept["batch template"], SMALL);
    assert_eq!(kept["large template"], templates.large);
    let description: Value = serde_json::from_str(&kept["batch stack.json"])?;
    assert_eq!(description["parameters"], json!({"Retention": "7"}));
    assert_eq!(description["hiddenParameters"], json!(["Password"]));
    assert_eq!(description["tags"], json!({"system": "batch"}));
    assert!(description["outputs"]["Group"].is_string(), "{description}");

    // The hidden value has to be told, and with it both are there: one from the request, one from the bucket.
    let list = rig
        .command()?
        .args(["restore", "list"])
        .args(tenant.access_by(OPERATOR_ROLE))
        .output()
        .await?;
    assert_eq!(list.status.code(), Some(0), "{}", said(&list));
    let templates_of = |list: &Output| {
        let text = String::from_utf8_lossy(&list.stdout).into_owned();
        let cell = |line: &str| line.split_whitespace().nth(5).unwrap_or_default().to_owned();
        text.lines().map(cell).collect::<Vec<_>>()
    };
    assert_eq!(templates_of(&list), ["TEMPLATES", "2"]);
    let stacks = |parameters: Value| {
        json!([
            {"source": "batch", "name": "batch-again", "parameters": parameters, "tags": {"restored": "yes"}},
            {"source": "large", "name": "large-again"},
        ])
    };
    let refused = templates.restore("apply", &stacks(json!({})), &["--yes"]).await?;
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    let untold = "stacks[0].parameters.Password: missing";
    assert!(said(&refused).contains(untold), "{}", said(&refused));
    let whole = stacks(json!({"Password": PASSWORD, "Retention": "30"}));
    let planned = templates.restore("plan", &whole, &[]).await?;
    assert!(
        said(&planned).contains("create stack batch-again"),
        "{}",
        said(&planned)
    );
    let restored = templates.restore("apply", &whole, &["--yes"]).await?;
    assert_eq!(restored.status.code(), Some(0), "{}", said(&restored));
    for output in [&planned, &restored, &refused] {
        assert!(!said(output).contains(PASSWORD), "{}", said(output));
    }
    let found = backups
        .osaka
        .cloudformation
        .describe_stacks()
        .stack_name("batch-again")
        .send()
        .await?;
    let stack = found.stacks().first().ok_or("a stack")?;
    assert_eq!(stack.stack_status(), Some(&StackStatus::CreateComplete));
    let tag = |key: &str| {
        stack
            .tags()
            .iter()
            .find(|tag| tag.key() == Some(key))
            .and_then(|tag| tag.value())
    };
    assert_eq!((tag("system"), tag("restored")), (Some("batch"), Some("yes")));
    let retention = stack
        .parameters()
        .iter()
        .find(|one| one.parameter_key() == Some("Retention"));
    assert_eq!(retention.and_then(Parameter::parameter_value), Some("30"));
    let found = backups.osaka.cloudformation.describe_stacks();
    let found = found.stack_name("large-again").send().await?;
    let role = found.stacks().first().and_then(|stack| stack.role_arn());
    assert_eq!(
        role,
        Some(tenant.role_arn(MAKER).as_str()),
        "the role of the one before"
    );

    let writes = tenant.writes().await?;
    let again = templates.restore("apply", &whole, &["--yes"]).await?;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!(tenant.writes().await?, writes, "what is restored costs no write");
    Ok(())
}

pub async fn who_may_not_read_templates_sees_the_other_recovery_points(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    backups.database("residents").await?;
    let _templates = Templates::of(rig, &backups, |policy| {
        policy["spec"]["sources"]["databases"] = json!({"matchTags": {"backup": "osaka"}});
    })
    .await?;
    tenant.make_role("recovery", HUB).await?;
    let mut command = rig.command()?;
    let list = command
        .args(["restore", "list"])
        .args(tenant.access_by("recovery"))
        .output()
        .await?;
    assert_eq!(list.status.code(), Some(1), "{}", said(&list));
    let text = String::from_utf8(list.stdout.clone())?;
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let [_, row] = rows.as_slice() else {
        return Err(format!("one run is expected: {}", said(&list)).into());
    };
    assert_eq!(row[2..6], ["0", "0", "1", "?"], "{text}");
    let why = String::from_utf8_lossy(&list.stderr);
    assert!(why.contains("template") && why.contains("AccessDenied"), "{why}");
    Ok(())
}

pub async fn a_bucket_of_templates_is_repaired_and_goes_with_its_policy(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    let name = format!("jichitai-templates-{}", tenant.account);
    let templates = Templates::of(rig, &backups, |policy| {
        policy["spec"]["destination"] = json!({"templateBucket": name});
        policy["spec"]["deletionPolicy"] = json!("Delete");
    })
    .await?;
    assert_eq!(templates.bucket().await?, name);
    backups.ready().await?;
    let s3 = &backups.osaka.s3;
    s3.delete_public_access_block().bucket(&name).send().await?;
    backups.poke(POLICY).await?;
    let closed = || async {
        let block = s3.get_public_access_block().bucket(&name).send().await;
        Ok(block.is_ok_and(|block| block.public_access_block_configuration().is_some()))
    };
    backups.eventually(POLICY, "the bucket is closed again", closed).await?;

    backups.delete(POLICY).await?;
    backups.gone(POLICY).await?;
    let left = s3.list_buckets().prefix("jichitai-templates-").send().await?;
    assert!(left.buckets().is_empty(), "{:?}", left.buckets());
    Ok(())
}
