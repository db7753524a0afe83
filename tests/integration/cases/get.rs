//! `jichitai get` and `jichitai describe`: what objects say, beyond kubectl.

use std::process::Output;

use serde_json::{Value, json};

use super::TOKYO;
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
