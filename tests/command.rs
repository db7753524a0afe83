//! The command line without a cluster: what `jichitai policy` prints for the examples.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const OPERATOR: &str = "arn:aws:iam::111122223333:role/jichitai-operator";

fn policy(files: &[&str], more: &[&str]) -> Output {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut command = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
    command.env_remove("JICHITAI_CONFIG").arg("policy");
    for file in files {
        command.arg("-f").arg(examples.join(file));
    }
    command.args(["--lang", "en"]).args(more).output().expect("it runs")
}

fn of(files: &[&str], more: &[&str]) -> Value {
    let installation = ["--installation", "local", "--operator-role", OPERATOR];
    let output = policy(files, &[&installation, more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn sids(policy: &Value) -> Vec<&str> {
    let statements = policy["Statement"].as_array().expect("statements");
    statements.iter().filter_map(|one| one["Sid"].as_str()).collect()
}

const BOTH: [&str; 2] = ["chiyoda.yaml", "chiyoda-files.yaml"];

#[test]
fn the_policies_of_the_examples_are_printed() {
    let all = of(&BOTH, &["--output", "json"]);
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 2);
    let record = &all[0];
    assert_eq!(record["object"], "FileLinkBucket/chiyoda/resident-record");
    let bucket = sids(&record["bucketPolicy"]);
    for sid in [
        "DenyInsecureTransport",
        "DenyReading",
        "DenyConfiguration",
        "AllowReading",
        "AllowWriting",
    ] {
        assert!(bucket.contains(&sid), "{sid}: {bucket:?}");
    }
    let keys = sids(&record["keyPolicy"]);
    assert_eq!(
        keys.iter().filter(|sid| sid.starts_with("FileLinkBucket")).count(),
        2,
        "{keys:?}"
    );
    assert!(record["replicaBucketPolicy"].is_object() && record["replicaKeyPolicy"].is_object());
    let roles = record["roles"].as_array().expect("roles");
    let name = |role: &Value| role["name"].as_str().unwrap_or_default().to_owned();
    let names: Vec<String> = roles.iter().map(name).collect();
    assert_eq!(names.len(), 2, "an SFTP user and the replication: {names:?}");
    for (role, name) in roles.iter().zip(&names) {
        assert!(
            name.len() <= 64 && !name.contains("health") && !name.contains("chiyoda"),
            "{name}"
        );
        assert!(!sids(&role["trustPolicy"]).is_empty() && !sids(&role["policy"]).is_empty());
    }
    let text = record.to_string();
    assert!(text.contains("(known after apply: endpoint.s3 in ap-northeast-1)"));
}

#[test]
fn a_consumer_is_told_what_to_add() {
    let role = "arn:aws:iam::111122223333:role/chiyoda-tax";
    let all = of(&BOTH, &["--as-consumer", role]);
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 2, "it reads from one bucket and writes to the other");
    assert_eq!(all[0]["role"], role);
    let identity = all[0]["identityPolicy"].to_string();
    assert!(
        identity.contains("s3:GetObject") && identity.contains("kms:Decrypt") && !identity.contains("s3:PutObject")
    );
    assert!(all[1]["identityPolicy"].to_string().contains("s3:PutObject"));
    assert!(all[0]["vpcEndpointPolicy"].to_string().contains(role));
}

#[test]
fn what_is_missing_is_said() {
    let installation = ["--installation", "local", "--operator-role", OPERATOR];
    for (files, more, words) in [
        (
            &BOTH[1..],
            &installation[..],
            "there is no Municipality chiyoda in the files",
        ),
        (&BOTH[..1], &installation[..], "no FileLinkBucket in the files"),
        (&BOTH[..], &[][..], "--installation with --operator-role"),
        (
            &BOTH[..],
            &[
                &installation[..],
                &["--as-consumer", "arn:aws:iam::999999999999:role/nobody"],
            ]
            .concat()[..],
            "no FileLinkBucket in the files admits",
        ),
    ] {
        let output = policy(files, more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(output.stdout.is_empty() && said.contains(words), "{words}: {said}");
    }
}
