//! The way back: what is in Osaka becomes instances, volumes and databases in Tokyo.

use std::process::Output;

use aws_sdk_ec2::types::Instance;
use jichitai_api::Municipality;
use serde_json::{Value, json};

use super::TOKYO;
use crate::backups::{Backups, MUNICIPALITY, POLICY, tags};
use crate::rig::{Outcome, Rig};
use crate::tenant;

/// A tenant with a recovery point of an instance, two volumes of another, and a database.
struct Vault<'a> {
    rig: &'a Rig,
    backups: &'a Backups<'a>,
    municipality: Municipality,
    instance: String,
    volume: String,
    key: String,
}

impl<'a> Vault<'a> {
    async fn of(rig: &'a Rig, backups: &'a Backups<'a>) -> Outcome<Self> {
        let instance = backups.instance("image", "image").await?;
        let other = backups.instance("instance", "backup").await?;
        backups.database("residents").await?;
        backups.apply(&backups.policy(|_| {})).await?;
        let object = backups.run_ended().await?;
        assert!(object.status.is_some_and(|status| status.last_success.is_some()));
        let volumes = backups.tokyo.ec2.describe_volumes().send().await?;
        let mut of_other = volumes.volumes().iter().filter(|volume| {
            volume
                .attachments()
                .iter()
                .any(|one| one.instance_id() == Some(other.as_str()))
        });
        let volume = of_other
            .next()
            .and_then(|volume| volume.volume_id())
            .ok_or("a volume")?
            .to_owned();
        let keys = backups.tokyo.kms.list_keys().send().await?;
        let key = keys
            .keys()
            .iter()
            .find_map(|key| key.key_arn())
            .ok_or("a key")?
            .to_owned();
        let municipality = backups.tenant.get(MUNICIPALITY).await?;
        let group = backups.tokyo.rds.create_db_subnet_group();
        let group = group
            .db_subnet_group_name("mynumber")
            .db_subnet_group_description("tests");
        let subnet = |role| tenant::id(&municipality, role, TOKYO);
        let group = group
            .subnet_ids(subnet("subnet.mynumber.a")?)
            .subnet_ids(subnet("subnet.service.c")?);
        group.send().await?;
        Ok(Self {
            rig,
            backups,
            municipality,
            instance,
            volume,
            key,
        })
    }

    /// An order of everything, as `edit` changes it.
    fn order(&self, edit: impl FnOnce(&mut Value)) -> Outcome<Value> {
        let subnet = tenant::id(&self.municipality, "subnet.mynumber.a", TOKYO)?;
        let mut order = json!({
            "environment": "Verification",
            "kmsKeyArn": self.key,
            "instances": [{
                "source": self.instance, "instanceType": "t3.micro", "subnetId": subnet,
                "privateIpAddress": "10.20.0.40",
            }],
            "volumes": [{"source": self.volume, "availabilityZone": "ap-northeast-1a"}],
            "databases": [{
                "source": "residents", "identifier": "residents-restored", "instanceClass": "db.t3.micro",
                "subnetGroup": "mynumber",
            }],
        });
        edit(&mut order);
        Ok(order)
    }

    async fn restore(&self, verb: &str, order: &Value, more: &[&str]) -> Outcome<Output> {
        let tenant = self.backups.tenant;
        let file = self
            .rig
            .stack
            .folder()
            .join(format!("restore-{}.yaml", tenant.namespace));
        std::fs::write(&file, serde_json::to_vec(order)?)?;
        let mut command = self.rig.command()?;
        command
            .args(["restore", verb])
            .args(tenant.access())
            .args(["-n", &tenant.namespace, "--policy", POLICY, "-f"]);
        Ok(command.arg(&file).args(more).output().await?)
    }

    /// Instances, volumes and databases that were restored.
    async fn restored(&self) -> Outcome<(Vec<Instance>, usize, usize)> {
        let owner = format!("Restore/{}/{POLICY}", self.backups.tenant.namespace);
        let ec2 = &self.backups.tokyo.ec2;
        let instances = ec2.describe_instances().send().await?;
        let instances = instances.reservations().iter().flat_map(|one| one.instances());
        let instances = instances.filter(|one| tags(one.tags()).get("jichitai:owner") == Some(&owner.as_str()));
        let volumes = ec2.describe_volumes().send().await?;
        let is_ours = |tags: std::collections::BTreeMap<&str, &str>| {
            tags.get("jichitai:owner") == Some(&owner.as_str()) && tags.get("jichitai:role") == Some(&"volume")
        };
        let volumes = volumes.volumes().iter().filter(|one| is_ours(tags(one.tags()))).count();
        let databases = self.backups.tokyo.rds.describe_db_instances().send().await?;
        let restored = |id: Option<&str>| id == Some("residents-restored");
        let databases = databases
            .db_instances()
            .iter()
            .filter(|one| restored(one.db_instance_identifier()));
        Ok((instances.cloned().collect(), volumes, databases.count()))
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub async fn a_recovery_point_comes_back_to_tokyo_and_survives_kills(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    let vault = Vault::of(rig, &backups).await?;

    let listed = rig
        .command()?
        .args(["restore", "list"])
        .args(tenant.access())
        .output()
        .await?;
    let list = String::from_utf8(listed.stdout.clone())?;
    assert!(
        list.contains("by-hand@") && list.contains("Verification"),
        "{list}{}",
        said(&listed)
    );

    let order = vault.order(|_| {})?;
    let writes = tenant.writes().await?;
    let planned = vault.restore("plan", &order, &[]).await?;
    let plan = String::from_utf8(planned.stdout.clone())?;
    assert_eq!(planned.status.code(), Some(0), "{}", said(&planned));
    for words in [
        "copy image",
        "copy snapshot",
        "copy database snapshot",
        "at 10.20.0.40",
        "gp3 volume",
    ] {
        assert!(plan.contains(words), "{words}: {plan}");
    }
    let unconfirmed = vault.restore("apply", &order, &[]).await?;
    assert_eq!(unconfirmed.status.code(), Some(4), "{}", said(&unconfirmed));
    assert_eq!(
        tenant.writes().await?,
        writes,
        "nothing is written before it is confirmed"
    );

    // Four copies, three things made of them: killed after each write, and asked again.
    for _ in 0..7 {
        let mut command = rig.command()?;
        let file = rig.stack.folder().join(format!("restore-{}.yaml", tenant.namespace));
        command.args(["restore", "apply"]).args(tenant.access());
        command
            .args(["-n", &tenant.namespace, "--policy", POLICY, "--yes", "-f"])
            .arg(file);
        let mut child = command.stderr(std::process::Stdio::null()).spawn()?;
        let kill = json!({
            "kind": "write", "account": tenant.account, "action": "kill", "times": 1, "after": 0, "pid": child.id(),
        });
        rig.fault(kill).await?;
        child.wait().await?;
    }
    let restored = vault.restore("apply", &order, &["--yes"]).await?;
    assert_eq!(restored.status.code(), Some(0), "{}", said(&restored));
    let (instances, volumes, databases) = vault.restored().await?;
    assert_eq!((instances.len(), volumes, databases), (1, 1, 1));
    assert_eq!(instances[0].private_ip_address(), Some("10.20.0.40"));
    let everything = backups.tokyo.ec2.describe_snapshots().owner_ids("self").send().await?;
    let owner = format!("Restore/{}/{POLICY}", tenant.namespace);
    let back = everything
        .snapshots()
        .iter()
        .filter(|one| tags(one.tags()).get("jichitai:owner") == Some(&owner.as_str()));
    let back: Vec<_> = back.collect();
    assert!(
        back.iter().all(|one| one.kms_key_id() == Some(vault.key.as_str())),
        "under the key in Tokyo"
    );
    let of_volumes = back
        .iter()
        .filter(|one| tags(one.tags()).get("jichitai:role") == Some(&"snapshot"));
    assert_eq!(of_volumes.count(), 2, "no copy is made twice");

    let writes = tenant.writes().await?;
    let again = vault.restore("apply", &order, &["--yes"]).await?;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert_eq!(tenant.writes().await?, writes, "what is restored costs no write");
    Ok(())
}

pub async fn another_environment_needs_an_exception(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    let vault = Vault::of(rig, &backups).await?;
    let into = |exception: Value| {
        vault.order(move |order| {
            order["environment"] = json!("Production");
            order["exception"] = exception;
        })
    };
    let writes = tenant.writes().await?;
    let refused = vault.restore("apply", &into(Value::Null)?, &["--yes"]).await?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("write an exception"), "{}", said(&refused));
    let over = json!({"reason": "rehearsal", "approvedBy": "課長", "until": "2020-03-31"});
    let refused = vault.restore("apply", &into(over)?, &["--yes"]).await?;
    assert!(said(&refused).contains("exception.until"), "{}", said(&refused));
    let wrong = vault.order(|order| order["volumes"][0]["source"] = json!("vol-unknown"))?;
    let refused = vault.restore("apply", &wrong, &["--yes"]).await?;
    assert!(
        said(&refused).contains("no verified copy of vol-unknown"),
        "{}",
        said(&refused)
    );
    assert_eq!(
        tenant.writes().await?,
        writes,
        "nothing is written before all of it makes sense"
    );

    // For checking data, in Osaka: nothing is copied.
    let check = vault.order(|order| {
        let volume = json!([{"source": order["volumes"][0]["source"], "availabilityZone": "ap-northeast-3a"}]);
        *order = json!({"environment": "Verification", "region": "ap-northeast-3", "volumes": volume});
    });
    let checked = vault.restore("apply", &check?, &["--yes"]).await?;
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    let volumes = backups.osaka.ec2.describe_volumes().send().await?;
    assert_eq!(volumes.volumes().len(), 1);
    assert_eq!(
        volumes.volumes()[0].kms_key_id(),
        Some(backups.osaka_key().await?.as_str())
    );
    Ok(())
}
