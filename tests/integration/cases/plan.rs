//! `jichitai plan`: what files would change, before it happens.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use super::files_sftp::{NEW, server, user};
use crate::backups::Backups;
use crate::endpoints::Endpoints;
use crate::files::Files as Links;
use crate::rig::{Outcome, Rig};
use crate::tenant::Tenant;

const NAME: &str = "chiyoda";

/// A folder of manifests of one tenant.
struct Files<'a> {
    rig: &'a Rig,
    folder: PathBuf,
}

impl<'a> Files<'a> {
    fn of(rig: &'a Rig, tenant: &Tenant<'_>) -> Outcome<Self> {
        let folder = rig.stack.folder().join(format!("manifests-{}", tenant.namespace));
        std::fs::create_dir_all(folder.join("deeper"))?;
        Ok(Self { rig, folder })
    }

    fn write(&self, name: &str, object: &Value) -> Outcome {
        Ok(std::fs::write(
            self.folder.join("deeper").join(name),
            object.to_string(),
        )?)
    }

    async fn plan(&self, more: &[&str]) -> Outcome<Output> {
        self.plan_by(self.rig.config(), more).await
    }

    async fn plan_by(&self, config: &Path, more: &[&str]) -> Outcome<Output> {
        let mut command = self.rig.command()?;
        command.args(["plan", "--lang", "en", "-f"]).arg(&self.folder);
        Ok(command.arg("--config").arg(config).args(more).output().await?)
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn is(output: &Output, code: i32) -> String {
    let text = said(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

pub async fn what_is_planned_is_what_is_done(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant)?;
    let object = tenant.municipality(NAME, |_| {});
    files.write("chiyoda.json", &object)?;
    let planned = files.plan(&["--output", "json"]).await?;
    is(&planned, 2);
    let report: Value = serde_json::from_slice(&planned.stdout)?;
    assert_eq!(tenant.writes().await?, 0, "a plan writes nothing");
    let of = &report["objects"][0];
    assert_eq!(of["object"], format!("Municipality {}/{NAME}", tenant.namespace));
    assert_eq!(of["account"], tenant.account.as_str());
    let changes = of["changes"].as_array().ok_or("changes")?;
    assert!(changes.iter().all(|change| change["verb"] != "delete"), "{report:#}");
    assert_eq!(report["summary"]["billable"]["customer-managed keys"], 2);
    let writes = report["summary"]["writes"].as_object().ok_or("writes")?;
    let foreseen: u64 = writes.values().filter_map(Value::as_u64).sum();

    tenant.apply(&object).await?;
    tenant.ready(NAME).await?;
    assert_eq!(tenant.writes().await?, foreseen, "{:?}", tenant.counts().await?);
    // With what the operator knows and without: nothing is left.
    for more in [&["--cluster"][..], &[]] {
        let text = is(&files.plan(more).await?, 0);
        assert!(
            text.contains("no change") && text.contains("Nothing would change."),
            "{text}"
        );
    }

    let narrowed = tenant.municipality(NAME, |object| {
        let zone = object["spec"]["network"]["zones"][0].take();
        object["spec"]["network"]["zones"] = json!([zone]);
        object["spec"]["environment"] = json!("Production");
    });
    files.write("chiyoda.json", &narrowed)?;
    let text = is(&files.plan(&["--cluster"]).await?, 2);
    for part in ["- delete subnet", "destructive: ", "held (AwaitingApproval)", "plan "] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    let text = is(&files.plan(&["--cluster", "--output", "markdown"]).await?, 2);
    assert!(text.contains("```diff") && text.contains("\n- delete subnet"), "{text}");
    assert_eq!(tenant.writes().await?, foreseen, "a plan writes nothing");
    Ok(())
}

/// Plans files, and returns how many writes would be made.
async fn foreseen(files: &Files<'_>, more: &[&str], code: i32) -> Outcome<(Value, u64)> {
    let planned = files.plan(&[more, &["--output", "json"]].concat()).await?;
    is(&planned, code);
    let report: Value = serde_json::from_slice(&planned.stdout)?;
    let writes = report["summary"]["writes"].as_object().ok_or("writes")?;
    let count = writes.values().filter_map(Value::as_u64).sum();
    Ok((report, count))
}

pub async fn a_bucket_with_all_that_belongs_to_it_is_foreseen(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let links = Links::of(rig, &tenant, |_| {}).await?;
    links.make_role("writer").await?;
    links.make_role("reader").await?;
    let bucket = links.bucket("linkage", |object| {
        object["spec"]["replication"] = json!({"osaka": true});
        object["spec"]["sftp"] = json!({"server": server(), "users": [user("health", NEW)]});
    });
    let files = Files::of(rig, &tenant)?;
    files.write("a.json", &crate::files::municipality(&tenant, |_| {}))?;
    files.write("b.json", &bucket)?;
    let before = tenant.writes().await?;
    let (report, foreseen_writes) = foreseen(&files, &[], 2).await?;
    assert_eq!(report["summary"]["billable"]["SFTP servers"], 1, "{report:#}");
    assert_eq!(tenant.writes().await?, before, "a plan writes nothing");

    links.apply(&bucket).await?;
    links.ready("linkage").await?;
    tenant.ready(NAME).await?;
    // That of the municipality, too: its keys come to know the roles.
    assert_eq!(tenant.writes().await?, before + foreseen_writes, "{report:#}");
    foreseen(&files, &[], 0).await?;
    let narrowed = links.bucket("linkage", |object| {
        object["spec"]["replication"] = json!({"osaka": true});
        object["spec"]["access"]["consumers"] = json!([]);
    });
    files.write("b.json", &narrowed)?;
    let text = is(&files.plan(&["--cluster"]).await?, 2);
    for part in ["- delete SFTP user health", "- delete role", "destructive: "] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    Ok(())
}

pub async fn an_endpoint_with_its_rules_is_foreseen(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let endpoints = Endpoints::of(rig, &tenant, |_| {}).await?;
    let outbound = endpoints.outbound("office", |_| {});
    let files = Files::of(rig, &tenant)?;
    files.write("a.json", &outbound)?;
    let before = tenant.writes().await?;
    let (report, foreseen_writes) = foreseen(&files, &["--cluster"], 2).await?;
    assert_eq!(report["objects"].as_array().map(Vec::len), Some(1), "{report:#}");
    endpoints.apply(&outbound).await?;
    endpoints.ready("office").await?;
    assert_eq!(tenant.writes().await?, before + foreseen_writes, "{report:#}");
    foreseen(&files, &["--cluster"], 0).await?;
    Ok(())
}

pub async fn backups_that_are_due_are_no_change(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let backups = Backups::of(&tenant, &rig.client).await?;
    backups.instance("instance", "backup").await?;
    let policy = backups.policy(|_| {});
    let files = Files::of(rig, &tenant)?;
    files.write("a.json", &policy)?;
    let (report, _) = foreseen(&files, &["--cluster"], 0).await?;
    let changes = report["objects"][0]["changes"].as_array().ok_or("changes")?;
    assert!(!changes.is_empty(), "{report:#}");
    assert!(changes.iter().all(|one| one["verb"] == "routine"), "{report:#}");
    backups.apply(&policy).await?;
    backups.run_ended().await?;
    let (report, writes) = foreseen(&files, &["--cluster"], 0).await?;
    assert_eq!(writes, 0, "{report:#}");
    Ok(())
}

pub async fn what_cannot_be_planned_is_said(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant)?;
    let text = is(&files.plan(&[]).await?, 1);
    assert!(text.contains("no object of jichitai.dev"), "{text}");
    files.write(
        "a.yaml",
        &tenant.municipality(NAME, |object| object["spec"]["accountId"] = json!("999900009999")),
    )?;
    files.write(
        "b.yaml",
        &json!({
            "apiVersion": "jichitai.dev/v1alpha1", "kind": "FileLinkBucket",
            "metadata": {"name": "tax", "namespace": tenant.namespace},
            "spec": {"municipalityRef": {"name": "nobody"}, "businessId": "001", "zone": "mynumber",
                     "access": {"providers": [], "consumers": []}},
        }),
    )?;
    let text = is(&files.plan(&[]).await?, 1);
    assert!(
        text.contains("AccountNotGranted") && text.contains("ReferenceNotFound"),
        "{text}"
    );
    let nowhere = rig.stack.folder().join("no-such-config.yaml");
    let text = is(&files.plan_by(&nowhere, &[]).await?, 1);
    assert!(text.contains("no-such-config.yaml"), "{text}");
    let text = is(&files.plan(&["--output", "poem"]).await?, 1);
    assert!(text.contains("markdown"), "{text}");
    Ok(())
}
