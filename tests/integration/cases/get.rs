//! `jichitai get` and `jichitai describe`: what objects say, beyond kubectl.

use std::process::Output;

use serde_json::{Value, json};

use super::TOKYO;
use crate::files::{self, Files};
use crate::rig::{Outcome, Rig};
use crate::tenant::id;

fn said(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}{error}");
    text + &error
}

pub async fn objects_are_listed_and_told(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    tenant.apply(&tenant.municipality("chiyoda", |_| {})).await?;
    let vpc = id(&tenant.ready("chiyoda").await?, "vpc", TOKYO)?;
    let run = async |arguments: &[&str]| -> Outcome<Output> {
        let mut command = rig.command()?;
        command.args(arguments).args(["-n", &tenant.namespace]);
        Ok(command.output().await?)
    };
    let list = said(&run(&["get", "--fail-on-problem"]).await?, 0);
    let row = list.lines().nth(1).ok_or("a row")?;
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        cells[..5],
        [
            "Municipality",
            tenant.namespace.as_str(),
            "chiyoda",
            "True",
            "Converged"
        ]
    );
    assert_eq!(cells[6], tenant.account);
    assert_eq!(list.lines().count(), 2, "{list}");
    assert_eq!(said(&run(&["get", "--problems"]).await?, 0).lines().count(), 1);
    let parts = said(&run(&["get", "muni", "--inventory"]).await?, 0);
    assert!(
        parts.lines().any(|line| line.contains(" vpc ") && line.contains(&vpc)),
        "{parts}"
    );

    let series = r#"jichitai_objects{kind="Municipality",ready="True",reason="Converged"} "#;
    let counted = || async { Ok(rig.metrics().await?.contains(series)) };
    tenant.eventually("chiyoda", "it is counted", counted).await?;

    let stuck = tenant.municipality("stuck", |object| object["spec"]["accountId"] = json!("999900009999"));
    tenant.apply(&stuck).await?;
    tenant.condition("stuck", "Ready", "False", "AccountNotGranted").await?;
    let json = said(
        &run(&[
            "get",
            "municipality",
            "--problems",
            "--fail-on-problem",
            "--output",
            "json",
        ])
        .await?,
        1,
    );
    let listed: Value = serde_json::from_str(&json)?;
    assert_eq!(
        (&listed[0]["name"], &listed[0]["ready"]),
        (&json!("stuck"), &json!("False"))
    );
    let told = said(&run(&["describe", "municipality", "stuck", "--lang", "en"]).await?, 0);
    let explained = jichitai_api::Reason::AccountNotGranted.explain_en();
    assert!(
        told.contains("Ready False (AccountNotGranted)") && told.contains(explained),
        "{told}"
    );
    let told = said(&run(&["describe", "muni", "chiyoda"]).await?, 0);
    assert!(told.contains(&vpc), "{told}");
    let none = said(&run(&["describe", "flb", "chiyoda"]).await?, 1);
    assert!(none.contains("there is no FileLinkBucket chiyoda"), "{none}");
    Ok(())
}

pub async fn what_belongs_to_no_object_is_listed_and_stays(rig: &Rig) -> Outcome {
    let tenant = rig.tenant()?;
    let files = Files::of(rig, &tenant, |_| {}).await?;
    files.make_role("writer").await?;
    files.make_role("reader").await?;
    let replicated = files.bucket("tax", |object| object["spec"]["replication"] = json!({"osaka": true}));
    files.apply(&replicated).await?;
    let bucket = files::name(&files.ready("tax").await?)?;
    let run = async |more: &[&str]| -> Outcome<Output> {
        let mut command = rig.command()?;
        command.args(["orphans", "--lang", "en", "--account", &tenant.account]);
        Ok(command.arg("--config").arg(rig.config()).args(more).output().await?)
    };
    let none = said(&run(&["--fail-on-orphan"]).await?, 0);
    assert!(none.contains("everything belongs to an object"), "{none}");

    files.delete("tax").await?;
    files.gone("tax").await?;
    let writes = tenant.writes().await?;
    let listed = said(&run(&["--fail-on-orphan"]).await?, 1);
    let owner = format!("FileLinkBucket/{}/tax", tenant.namespace);
    let rows: Vec<&str> = listed.lines().filter(|line| line.starts_with(&owner)).collect();
    // The bucket, its replica, and the role that copies between them.
    assert_eq!(rows.len(), 3, "{listed}");
    let row = rows.iter().find(|row| row.contains(&bucket)).ok_or("the bucket")?;
    assert!(row.contains(" yes ") && row.contains("NoObject"), "{row}");
    assert!(rows.iter().any(|row| row.contains(":role/jichitai/")), "{listed}");

    // What the files have counts, whatever the cluster has.
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("municipality.yaml"),
        files::municipality(&tenant, |_| {}).to_string(),
    )?;
    std::fs::write(folder.path().join("bucket.yaml"), replicated.to_string())?;
    let path = folder.path().to_str().ok_or("a path")?;
    said(&run(&["--fail-on-orphan", "-f", path]).await?, 0);
    std::fs::remove_file(folder.path().join("municipality.yaml"))?;
    let json: Value = serde_json::from_str(&said(&run(&["-f", path, "--output", "json"]).await?, 0))?;
    let orphans = json["orphans"].as_array().ok_or("orphans")?;
    let of_municipality = format!("Municipality/{}/{}", tenant.namespace, files::MUNICIPALITY);
    assert!(
        orphans.iter().all(|one| one["owner"] == of_municipality.as_str()),
        "{json:#}"
    );
    let parts: Vec<&str> = orphans.iter().filter_map(|one| one["part"].as_str()).collect();
    for part in ["vpc", "key.all", "endpoint.s3", "route-table.mynumber"] {
        assert!(parts.contains(&part), "{parts:?}");
    }

    // Taken up again, it is nobody's no more; and nothing was written for a list.
    files.apply(&replicated).await?;
    files.ready("tax").await?;
    assert_eq!(tenant.writes().await?, writes);
    said(&run(&["--fail-on-orphan"]).await?, 0);
    Ok(())
}

pub async fn an_account_that_cannot_be_read_is_said(rig: &Rig) -> Outcome {
    let stranger = rig.stranger();
    let run = async |account: &str| -> Outcome<Output> {
        let mut command = rig.command()?;
        command.args(["orphans", "--lang", "en", "--account", account]);
        Ok(command.arg("--config").arg(rig.config()).output().await?)
    };
    let refused = said(&run(&stranger.account).await?, 1);
    assert!(refused.contains("check the role's trust policy"), "{refused}");
    let unknown = said(&run("999900009999").await?, 1);
    assert!(
        unknown.contains("account 999900009999 is not in the configuration"),
        "{unknown}"
    );
    Ok(())
}
