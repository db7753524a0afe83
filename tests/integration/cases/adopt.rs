//! `jichitai adopt`: what exists already is taken into objects, and applying these changes nothing.

use std::io::Write as _;
use std::process::Output;

use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use serde_json::{Value, json};

use super::{OSAKA, TOKYO};
use crate::backups::Backups;
use crate::endpoints::{self, Endpoints};
use crate::files::{self, Files};
use crate::objects::{Kind, Objects};
use crate::rig::{OPERATOR_ROLE, Outcome, Rig};
use crate::strip;
use crate::tenant::{Tenant, id};

const OLD: &str = "chiyoda";

async fn adopt(rig: &Rig, tenant: &Tenant<'_>, arguments: &[&str]) -> Outcome<Output> {
    let mut command = rig.command()?;
    command
        .arg("adopt")
        .args(arguments)
        .args(tenant.access_by(OPERATOR_ROLE));
    Ok(command.args(["--lang", "en", "-n", &tenant.namespace]).output().await?)
}

/// The objects that are printed; they are valid all together.
async fn adopted(rig: &Rig, tenant: &Tenant<'_>, calls: &[&[&str]]) -> Outcome<Vec<Value>> {
    let mut stream = Vec::new();
    for arguments in calls {
        let output = adopt(rig, tenant, arguments).await?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        stream.extend(output.stdout);
    }
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml")?;
    file.write_all(&stream)?;
    let mut command = rig.command()?;
    let checked = command
        .args(["validate", "--lang", "en", "-f"])
        .arg(file.path())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    let text = String::from_utf8(stream)?;
    assert!(checked.status.success(), "{said}\n{text}");
    let objects: Vec<Value> = serde_saphyr::from_multiple(&text)?;
    for object in &objects {
        assert_eq!(
            (&object["spec"]["mode"], &object["spec"]["deletionPolicy"]),
            (&json!("Observe"), &json!("Retain"))
        );
    }
    Ok(objects)
}

/// Applies an object, and waits until the operator has looked at it.
async fn applied<K: Kind>(rig: &Rig, tenant: &Tenant<'_>, object: &Value) -> Outcome {
    let objects = Objects::<K>::new(&rig.client, &tenant.namespace);
    let name = object["metadata"]["name"].as_str().ok_or("a name")?;
    objects.apply(object).await?;
    let looked_at = |found: Option<&K>| {
        let value = found
            .and_then(|found| serde_json::to_value(found).ok())
            .unwrap_or_default();
        value["status"]["observedGeneration"] == value["metadata"]["generation"]
            && value["status"]["conditions"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one["type"] == "Ready"))
    };
    objects.until(name, "it was looked at", looked_at).await?;
    Ok(())
}

/// What enforcing would make, by part.
async fn would_make(rig: &Rig, objects: &[Value]) -> Outcome<Vec<String>> {
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml")?;
    for object in objects {
        let mut object = object.clone();
        object["spec"]["mode"] = json!("Enforce");
        writeln!(file, "---\n{object}")?;
    }
    let mut command = rig.command()?;
    command
        .args(["plan", "--lang", "en", "--output", "json", "-f"])
        .arg(file.path());
    let output = command.arg("--config").arg(rig.config()).output().await?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
    let changes = report["objects"].as_array().into_iter().flatten();
    let changes = changes.flat_map(|object| object["changes"].as_array().into_iter().flatten());
    let made = changes.filter(|change| change["verb"] == "create");
    Ok(made
        .filter_map(|change| change["part"].as_str().map(str::to_owned))
        .collect())
}

pub async fn a_network_with_keys_and_a_bucket_is_adopted(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    files.make_role("writer").await?;
    files.make_role("reader").await?;
    files.apply(&files.bucket("linked", |_| {})).await?;
    let bucket = files::name(&files.ready("linked").await?)?;
    let object = tenant.get(OLD).await?;
    let (vpc, key) = (id(&object, "vpc", TOKYO)?, id(&object, "key.all", TOKYO)?);
    let osaka_key = id(&object, "key.all", OSAKA)?;
    // The objects go; what they made stays, and nothing tells any more whose it is.
    files.delete("linked").await?;
    files.gone("linked").await?;
    tenant.delete(OLD).await?;
    tenant.gone(OLD).await?;
    strip::everything(&tenant).await?;

    let writes = tenant.writes().await?;
    let network = [
        "vpc",
        &vpc,
        "--code",
        "131016",
        "--display-name",
        "千代田区",
        "--environment",
        "Verification",
        "--name",
        "adopted",
        "--key",
        &key,
        "--osaka-key",
        &osaka_key,
        "--zone",
        "lgwan=LgwanConnected",
    ];
    let linked = [
        "bucket",
        &bucket,
        "--municipality",
        "adopted",
        "--zone",
        "mynumber",
        "--business-id",
        "001",
    ];
    let objects = adopted(rig, &tenant, &[&network, &linked]).await?;
    let [municipality, link] = objects.as_slice() else {
        return Err(format!("{objects:?}").into());
    };
    assert_eq!(municipality["spec"]["adopt"]["vpc"], vpc.as_str());
    assert_eq!(
        municipality["spec"]["network"]["zones"].as_array().map(Vec::len),
        Some(2),
        "{municipality:#}"
    );
    assert_eq!(
        link["spec"]["access"]["providers"][0]["roleArn"],
        files.role("writer").as_str()
    );
    assert_eq!(
        link["spec"]["access"]["consumers"][0]["roleArn"],
        files.role("reader").as_str()
    );
    applied::<Municipality>(rig, &tenant, municipality).await?;
    applied::<FileLinkBucket>(rig, &tenant, link).await?;
    assert_eq!(tenant.writes().await?, writes, "{:?}", tenant.counts().await?);

    let made = would_make(rig, &objects[..1]).await?;
    let again = ["vpc", "subnet.", "route-table.", "network-acl.", "endpoint.", "key."];
    let doubled = made.iter().filter(|part| again.iter().any(|one| part.starts_with(one)));
    assert_eq!(doubled.count(), 0, "{made:?}");
    assert_eq!(tenant.writes().await?, writes, "a plan writes nothing");
    Ok(())
}

pub async fn an_endpoint_with_its_rules_is_adopted(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    endpoints.apply(&endpoints.outbound("old", |_| {})).await?;
    let endpoint = endpoints::id(&endpoints.ready("old").await?)?;
    endpoints.delete("old").await?;
    endpoints.gone("old").await?;
    strip::everything(&tenant).await?;

    let writes = tenant.writes().await?;
    let objects = adopted(rig, &tenant, &[&["resolver-endpoint", &endpoint]]).await?;
    let [object] = objects.as_slice() else {
        return Err(format!("{objects:?}").into());
    };
    assert_eq!(object["spec"]["adopt"]["resolver-endpoint"], endpoint.as_str());
    assert_eq!(object["spec"]["rules"][0]["domain"], "city.chiyoda.lg.jp", "{object:#}");
    assert_eq!(object["spec"]["ipAddresses"].as_array().map(Vec::len), Some(2));
    applied::<ResolverEndpoint>(rig, &tenant, object).await?;
    assert_eq!(tenant.writes().await?, writes, "{:?}", tenant.counts().await?);
    Ok(())
}

pub async fn what_is_tagged_for_backups_and_vpcs_by_tag_are_adopted(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    backups.instance("image", "backup").await?;
    backups.database("residents").await?;
    let vpc = id(&tenant.get(OLD).await?, "vpc", TOKYO)?;
    let tag = aws_sdk_ec2::types::Tag::builder().key("code").value("131016").build();
    backups.tokyo.ec2.create_tags().resources(&vpc).tags(tag).send().await?;

    let writes = tenant.writes().await?;
    let objects = adopted(
        rig,
        &tenant,
        &[
            &["vpc", "--tag", "code", "--environment", "Verification"],
            &["backup", "--tag", "backup=osaka", "--municipality", "m131016"],
        ],
    )
    .await?;
    assert_eq!(objects[0]["metadata"]["name"], "m131016");
    let sources = objects[1]["spec"]["sources"].as_object().ok_or("sources")?;
    let kinds: Vec<&str> = sources.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["databases", "volumes"], "{sources:?}");
    applied::<OsakaBackupPolicy>(rig, &tenant, &objects[1]).await?;
    assert_eq!(tenant.writes().await?, writes, "{:?}", tenant.counts().await?);

    let nothing = adopt(
        rig,
        &tenant,
        &["backup", "--tag", "backup=never", "--municipality", OLD],
    )
    .await?;
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("nothing in Tokyo carries the tag backup=never"));
    let missing = [
        "vpc",
        "vpc-0123456789abcdef0",
        "--code",
        "131016",
        "--display-name",
        "千代田区",
    ];
    let missing = adopt(rig, &tenant, &missing).await?;
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("there is no vpc-0123456789abcdef0"),
        "{missing:?}"
    );
    Ok(())
}
