//! Recovery points in Osaka: made, verified, and never twice.

use serde_json::json;

use super::crash::Cluster;
use crate::aws::Person;
use crate::backups::{Backups, POLICY, tags};
use crate::rig::{Outcome, Rig};

pub async fn a_run_is_copied_verified_and_counted(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    backups.instance("image", "image").await?;
    backups.instance("instance", "backup").await?;
    backups.database("residents").await?;
    backups.apply(&backups.policy(|_| {})).await?;
    let object = backups.run_ended().await?;

    let status = object.status.ok_or("a status")?;
    let point = status.newest_recovery_point.ok_or("a recovery point")?;
    assert_eq!((point.images, point.snapshots, point.databases), (1, 2, 1));
    assert_eq!(status.last_success.as_ref(), Some(&point.time));
    assert!(status.failures.is_empty(), "{:?}", status.failures);

    let labels = format!(r#"{{namespace="{}",name="{POLICY}""#, tenant.namespace);
    // Of the instance, two volumes and the database; they are measured after status is written.
    let measured = || async {
        let metrics = rig.metrics().await?;
        let ages = metrics
            .lines()
            .filter(|line| line.starts_with(&format!("jichitai_recovery_point_age_seconds{labels}")));
        Ok(ages.count() == 4)
    };
    backups.eventually(POLICY, "the ages of four sources", measured).await?;
    let metrics = rig.metrics().await?;
    assert!(
        metrics.contains(&format!("jichitai_recovery_point_objective_seconds{labels}}} 93600")),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"operation="CopySnapshot",region="ap-northeast-3",outcome="success""#),
        "{metrics}"
    );

    let key = backups.osaka_key().await?;
    let images = backups.images(&backups.osaka).await?;
    assert_eq!(images.len(), 1);
    let snapshots = backups.snapshots(&backups.osaka).await?;
    assert_eq!(snapshots.len(), 4, "two of volumes and two of the image");
    for snapshot in &snapshots {
        assert_eq!(snapshot.encrypted(), Some(true));
        assert_eq!(snapshot.kms_key_id(), Some(key.as_str()));
        let tags = tags(snapshot.tags());
        assert_eq!(
            tags["jichitai:owner"],
            format!("OsakaBackupPolicy/{}/{POLICY}", tenant.namespace)
        );
    }
    let databases = backups.db_snapshots(&backups.osaka).await?;
    assert_eq!(databases.len(), 1);
    assert_eq!(databases[0].kms_key_id(), Some(key.as_str()));

    // The bucketless, single tenant has nothing that is left out, and a settled policy costs no write.
    let object = backups.ready().await?;
    let version = object.metadata.resource_version.clone();
    let writes = tenant.writes().await?;
    backups.poke(POLICY).await?;
    let seen = |object: Option<&jichitai_api::OsakaBackupPolicy>| {
        object.is_some_and(|object| object.metadata.resource_version != version)
    };
    backups.until(POLICY, "is looked at", seen).await?;
    backups.ready().await?;
    assert_eq!(tenant.writes().await?, writes, "a settled policy costs no write");
    Ok(())
}

pub async fn a_job_scheduler_asks_for_a_run_and_waits(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    backups.instance("instance", "backup").await?;
    let policy = backups.policy(|object| object["metadata"]["annotations"] = json!({}));
    backups.apply(&policy).await?;
    let ask = |policy: &str| {
        let arguments = ["backup", "run", "--policy", policy, "--label", "年度末", "--wait"];
        let command = rig
            .command()
            .map(|mut command| command.args(arguments).args(["-n", &tenant.namespace]).output());
        async move { Ok::<_, crate::rig::Fault>(command?.await?) }
    };
    let asked = ask(POLICY).await?;
    let said = String::from_utf8(asked.stderr)?;
    assert_eq!(asked.status.code(), Some(0), "{said}");
    let run = String::from_utf8(asked.stdout)?;
    let snapshots = backups.snapshots(&backups.osaka).await?;
    assert_eq!(snapshots.len(), 2);
    assert!(
        snapshots
            .iter()
            .all(|one| tags(one.tags())["jichitai:run"] == run.trim_end()),
        "{run}"
    );
    let missing = ask("weekly").await?;
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8(missing.stderr)?.contains("there is no OsakaBackupPolicy"));
    backups.merge(POLICY, json!({"spec": {"suspend": true}})).await?;
    let suspended = ask(POLICY).await?;
    assert_eq!(suspended.status.code(), Some(1));
    assert!(String::from_utf8(suspended.stderr)?.contains("is suspended"));
    Ok(())
}

pub async fn a_copy_that_fails_is_reported(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    backups.instance("instance", "backup").await?;
    backups.copies_fail(rig, "Given key ID is not accessible").await?;
    backups.apply(&backups.policy(|_| {})).await?;
    let object = backups
        .condition(POLICY, "CopiesReady", "False", "BackupFailed")
        .await?;
    let status = object.status.ok_or("a status")?;
    let failures: Vec<(&str, &str)> = status
        .failures
        .iter()
        .map(|one| (one.state.as_str(), one.message.as_str()))
        .collect();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].0, "error");
    assert!(failures[0].1.contains("Given key ID is not accessible"), "{failures:?}");
    // The second volume's copy came through; nothing else is in Osaka but the one that failed.
    assert_eq!(backups.snapshots(&backups.osaka).await?.len(), 2);
    Ok(())
}

pub async fn an_image_that_a_launch_template_uses_stays(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    backups.instance("image", "image").await?;
    let policy = backups.policy(|object| {
        object["spec"]["sources"] = json!({"instances": {"matchTags": {"image": "osaka"}}});
        object["spec"]["deletionPolicy"] = json!("Delete");
    });
    backups.apply(&policy).await?;
    backups.run_ended().await?;
    let images = backups.images(&backups.osaka).await?;
    let image = images[0].image_id().ok_or("an id")?;
    let data = aws_sdk_ec2::types::RequestLaunchTemplateData::builder()
        .image_id(image)
        .build();
    let template = backups
        .osaka
        .ec2
        .create_launch_template()
        .launch_template_name("standby");
    template.launch_template_data(data).send().await?;
    backups.delete(POLICY).await?;
    backups.gone(POLICY).await?;
    assert_eq!(backups.images(&backups.osaka).await?.len(), 1, "it is in use");
    assert_eq!(backups.images(&backups.tokyo).await?.len(), 0);
    assert_eq!(
        backups.snapshots(&backups.tokyo).await?.len(),
        0,
        "no snapshot is left behind"
    );
    Ok(())
}

pub async fn a_restore_drill_is_measured_and_leaves_nothing(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    backups.instance("image", "image").await?;
    backups.instance("instance", "backup").await?;
    backups.database("residents").await?;
    let policy = backups.policy(|object| {
        object["spec"]["restoreDrill"] = json!({"schedule": "0 4 29 2 *", "deleteAfter": "1h"});
    });
    backups.apply(&policy).await?;
    let object = backups
        .condition(POLICY, "RecoveryTimeObjectiveMet", "True", "")
        .await?;
    let status = object.status.ok_or("a status")?;
    let drill = status.last_drill.ok_or("a drill")?;
    assert!(drill.completed.is_some());
    assert_eq!(Some(drill.run), backups.last_run().await?);
    let took: jiff::SignedDuration = status.measured_restore_time.ok_or("a time")?.parse()?;
    assert!(took.is_positive() && took.as_secs() < 90, "{took:#}");
    let owner = format!("RestoreDrill/{}/{POLICY}", tenant.namespace);
    let left = || async {
        let snapshots = backups.snapshots(&backups.tokyo).await?;
        let images = backups.images(&backups.tokyo).await?;
        let volumes = backups.tokyo.ec2.describe_volumes().send().await?;
        let databases = backups.db_snapshots(&backups.tokyo).await?;
        let of = |tags: std::collections::BTreeMap<&str, &str>| tags.get("jichitai:owner") == Some(&owner.as_str());
        let databases = databases.iter().filter(|one| {
            let tags = one.tag_list().iter();
            tags.clone().any(|tag| tag.value() == Some(owner.as_str()))
        });
        let count = snapshots.iter().filter(|one| of(tags(one.tags()))).count()
            + images.iter().filter(|one| of(tags(one.tags()))).count()
            + volumes.volumes().iter().filter(|one| of(tags(one.tags()))).count()
            + databases.count();
        Ok::<_, crate::rig::Fault>(count == 0)
    };
    assert!(!left().await?, "it stays for an hour");
    backups.merge(POLICY, json!({"spec": {"restoreDrill": null}})).await?;
    backups.eventually(POLICY, "the drill leaves nothing", left).await?;
    assert_eq!(
        backups.snapshots(&backups.osaka).await?.len(),
        4,
        "Osaka keeps what it has"
    );
    Ok(())
}

pub async fn killed_after_any_write_no_copy_is_made_twice(rig: &Rig) -> Outcome {
    let cluster = Cluster::start(rig).await?;
    let mut operator = cluster.operator()?;
    // Snapshots of one instance by one call, an image, a database; and the copy of each.
    for after in 1..=7 {
        let tenant = rig.tenant()?;
        cluster.stack.create_namespace(&tenant.namespace).await?;
        let backups = Backups::of(&tenant, &cluster.client).await?;
        backups.instance("image", "image").await?;
        backups.instance("instance", "backup").await?;
        backups.database("residents").await?;
        let kill = json!({"kind": "write", "account": tenant.account, "after": after - 1});
        cluster.kill(&operator, kill).await?;
        backups.apply(&backups.policy(|_| {})).await?;
        operator = cluster.restart(operator).await?;
        let object = backups.run_ended().await?;
        let status = object.status.ok_or("a status")?;
        assert!(
            status.last_success.is_some(),
            "killed after {after}: {:?}",
            status.failures
        );
        for person in [&backups.tokyo, &backups.osaka] {
            assert_eq!(counts(&backups, person).await?, (4, 1, 1), "killed after {after}");
        }
    }
    drop(operator);
    cluster.stack.stop().await?;
    Ok(())
}

async fn counts(backups: &Backups<'_>, person: &Person) -> Outcome<(usize, usize, usize)> {
    let snapshots = backups.snapshots(person).await?.len();
    let (images, databases) = (
        backups.images(person).await?.len(),
        backups.db_snapshots(person).await?.len(),
    );
    Ok((snapshots, images, databases))
}
