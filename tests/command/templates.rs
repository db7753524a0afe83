//! `jichitai template`: the samples in `docs/cloudformation` are what it prints for the sample repository of tenants.
//! `make check-templates` has them read by cfn-lint; the operator of the integration tests works with the account's role.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

const HUB: &str = "arn:aws:iam::123456789012:role/jichitai-operator";
const PROVIDER: &str =
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.ap-northeast-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

fn template(arguments: &[&str]) -> String {
    let config = root().join("docs/gitops/config.yaml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
    command.arg("template").args(arguments).arg("--config").arg(config);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn resources(template: &str) -> Value {
    let template: Value = serde_json::from_str(template).expect("JSON");
    template["Resources"].clone()
}

#[test]
fn the_samples_are_what_is_printed() {
    let folder = root().join("docs/cloudformation");
    let samples: [(&str, &[&str]); 5] = [
        ("hub-irsa.json", &["hub", "--oidc-provider", PROVIDER]),
        ("hub-pod-identity.json", &["hub"]),
        ("account.json", &["account", "--trust", HUB]),
        ("event-queue.json", &["event-queue"]),
        ("event-rule.json", &["event-rule"]),
    ];
    for (file, arguments) in samples {
        super::is_up_to_date(&folder.join(file), &template(arguments));
    }
}

/// Each pod of the cluster could have the role, and each of another cluster, if it did not say whose it is.
#[test]
fn only_the_operator_gets_the_hub_role() {
    let by_provider = resources(&template(&[
        "hub",
        "--oidc-provider",
        PROVIDER,
        "--service-account",
        "ops/operator",
    ]));
    let trust = &by_provider["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(trust.as_array().map(Vec::len), Some(1));
    let issuer = "oidc.eks.ap-northeast-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
    let expected = json!({"StringEquals": {
        format!("{issuer}:aud"): "sts.amazonaws.com",
        format!("{issuer}:sub"): "system:serviceaccount:ops:operator",
    }});
    assert_eq!(trust[0]["Condition"], expected);
}

#[test]
fn a_tenants_role_trusts_the_hub_role_and_its_external_id_only() {
    let role = resources(&template(&["account", "--trust", HUB]))["Role"].clone();
    let trust = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"];
    for statement in trust.as_array().expect("statements") {
        assert_eq!(statement["Principal"], json!({"AWS": HUB}), "{statement}");
        if statement["Action"] == "sts:AssumeRole" {
            let external = json!({"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}});
            assert_eq!(statement["Condition"], external);
        }
    }
}

/// A queue that anybody may fill could keep the operator busy for ever.
#[test]
fn only_rules_of_tenants_may_fill_the_queue() {
    let queue = resources(&template(&["event-queue"]));
    let statement = &queue["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"][0];
    let accounts = ["111122223333", "444455556666"];
    let condition = json!({
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/jichitai-events-asp-east-*"},
        "StringEquals": {"aws:PrincipalAccount": accounts},
    });
    assert_eq!(statement["Action"], "sqs:SendMessage");
    assert_eq!(statement["Condition"], condition);
    let rule = resources(&template(&["event-rule"]));
    let name = json!({"Fn::Sub": "jichitai-events-asp-east-${AWS::Region}"});
    assert_eq!(rule["Role"]["Properties"]["RoleName"], name);
    let target = json!({"Fn::Sub": "arn:aws:sqs:${AWS::Region}:123456789012:jichitai-events"});
    assert_eq!(rule["Rule"]["Properties"]["Targets"][0]["Arn"], target);
}

/// What the operator does itself would come back to it as an event of somebody's.
#[test]
fn the_rule_leaves_out_the_operators_own_session() {
    let rule = resources(&template(&["event-rule"]));
    let arns = &rule["Rule"]["Properties"]["EventPattern"]["detail"]["userIdentity"]["arn"];
    assert_eq!(arns[0], json!({"anything-but": {"suffix": "/jichitai-asp-east"}}));
}

#[test]
fn what_is_wrong_is_named() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jichitai-under-test"));
    command.args([
        "template",
        "account",
        "--installation",
        "asp-east",
        "--trust",
        "123456789012",
    ]);
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("--trust") && said.contains("write the ARN of a role"),
        "{said}"
    );
}
