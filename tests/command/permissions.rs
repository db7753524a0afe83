//! `jichitai iam-policy` and `jichitai scp`, and that the tables of the documentation say the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jichitai_plan::permissions::Purpose;
use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
    command
        .env_remove("JICHITAI_CONFIG")
        .args(arguments)
        .output()
        .expect("it runs")
}

fn printed(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().expect("statements");
    let all = statements
        .iter()
        .flat_map(|one| one["Action"].as_array().expect("actions"));
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What the tables of a section name as actions: `service:Operation` in backticks.
fn documented(page: &str, section: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("docs").join(page)).expect("the page");
    let begin = text.find(&format!("\n## {section}\n")).expect("the section");
    let body = &text[begin + 4..];
    let body = &body[..body.find("\n## ").unwrap_or(body.len())];
    let rows = body.lines().filter(|line| line.starts_with("| "));
    let words = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let is_action = |word: &&str| {
        word.split_once(':').is_some_and(|(service, operation)| {
            service
                .chars()
                .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
                && operation.starts_with(|one: char| one.is_ascii_uppercase())
        })
    };
    words.filter(is_action).map(str::to_owned).collect()
}

#[test]
fn the_tables_of_the_documentation_are_what_is_printed() {
    let pages = [
        (
            Purpose::Municipality,
            "municipality.md",
            "IAM in the tenant's account",
            "テナントアカウントの IAM",
        ),
        (
            Purpose::FileLinkBucket,
            "file-link-bucket.md",
            "IAM in the tenant's account",
            "テナントアカウントの IAM",
        ),
        (
            Purpose::OsakaBackupPolicy,
            "osaka-backup-policy.md",
            "IAM in the tenant's account",
            "テナントアカウントの IAM",
        ),
        (
            Purpose::ResolverEndpoint,
            "resolver-endpoint.md",
            "IAM in the accounts",
            "アカウントの IAM",
        ),
        (
            Purpose::Guardrails,
            "guardrails.md",
            "IAM in the accounts",
            "アカウントの IAM",
        ),
        (Purpose::Recovery, "recovery.md", "Who may run it", "実行できる人"),
    ];
    let mut wrong = Vec::new();
    for (purpose, page, english, japanese) in pages {
        let all = purpose.permissions().iter();
        let needed: BTreeSet<String> = all
            .flat_map(|one| one.actions.iter().chain(one.besides))
            .map(ToString::to_string)
            .collect();
        for (language, section) in [("en", english), ("ja", japanese)] {
            let page = format!("{language}/{page}");
            let written = documented(&page, section);
            let missing: Vec<_> = needed.difference(&written).collect();
            let more: Vec<_> = written.difference(&needed).collect();
            if !missing.is_empty() || !more.is_empty() {
                wrong.push(format!("{page}: not written {missing:?}, not needed {more:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_what_objects_use_is_printed() {
    let examples = root().join("examples");
    let examples = examples.to_str().expect("a path");
    let all = printed(&["iam-policy", "--installation", "local"]);
    let of = printed(&[
        "iam-policy",
        "--installation",
        "local",
        "-f",
        examples,
        "--account",
        "111122223333",
    ]);
    let names = |value: &Value| {
        value
            .as_object()
            .expect("policies")
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    assert!(names(&of).is_subset(&names(&all)) && !names(&of).is_empty());
    for (name, policy) in of.as_object().expect("policies") {
        assert!(actions(policy).is_subset(&actions(&all[name])), "{name}");
    }
    let network = "jichitai-local-municipality";
    assert!(actions(&of[network]).contains("ec2:CreateVpc"));
    let reading = printed(&[
        "iam-policy",
        "--installation",
        "local",
        "--access",
        "read",
        "--only",
        network,
    ]);
    assert!(!actions(&reading).contains("ec2:CreateVpc") && actions(&reading).contains("ec2:DescribeVpcs"));
    let own = printed(&[
        "iam-policy",
        "--installation",
        "local",
        "--for",
        "file-link-bucket",
        "--bucket",
        "given",
    ]);
    assert!(own.to_string().contains("arn:aws:s3:::given"));
}

#[test]
fn what_nobody_may_do_is_printed_and_spares_whom_it_names() {
    let role = "arn:aws:iam::*:role/break-glass";
    let all = printed(&["scp", "--installation", "asp-east", "--spare", role]);
    let names: Vec<&String> = all.as_object().expect("policies").keys().collect();
    assert_eq!(names, ["jichitai-closed", "jichitai-data", "jichitai-identity"]);
    assert!(all["jichitai-data"].to_string().contains(role));
    let one = printed(&["scp", "--installation", "asp-east", "--only", "jichitai-closed"]);
    assert_eq!(one, all["jichitai-closed"]);
}

#[test]
fn a_wrong_name_is_told() {
    for (arguments, words) in [
        (&["iam-policy", "--installation", "Asp_East"][..], "installation"),
        (
            &["iam-policy", "--installation", "asp", "--only", "other"],
            "there is no policy other; there are jichitai-asp-",
        ),
        (
            &["scp", "--installation", "asp", "--only", "other"],
            "there is no policy other; there are jichitai-closed",
        ),
    ] {
        let output = run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(run(&["iam-policy"]).status.code(), Some(2));
}
