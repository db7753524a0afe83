//! What Argo CD is told of the four kinds, by its own language.

use std::fs;
use std::path::{Path, PathBuf};

use jichitai_api::Reason;
use mlua::{Lua, LuaSerdeExt};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/gitops/argocd")
}

fn script() -> String {
    fs::read_to_string(folder().join("health.lua")).expect("the script")
}

/// What Argo CD would say: the status, and the message.
fn health(object: &Value) -> (String, String) {
    let lua = Lua::new();
    let object = lua.to_value(object).expect("a table");
    lua.globals().set("obj", object).expect("it is set");
    let said: mlua::Table = lua.load(script()).eval().expect("it runs");
    (
        said.get("status").expect("a status"),
        said.get("message").expect("a message"),
    )
}

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": "as it is", "observedGeneration": 2,
           "lastTransitionTime": "2027-04-01T00:00:00Z"})
}

fn object(conditions: &[Value]) -> Value {
    json!({"metadata": {"name": "chiyoda", "generation": 2}, "status": {"conditions": conditions}})
}

/// What people or a time have to end, and nothing is wrong with.
const WAITING: [&str; 12] = [
    "ApprovalExpired",
    "AwaitingApproval",
    "AwaitingNetworkOperator",
    "ConfirmationNeeded",
    "Frozen",
    "InstallationHeldElsewhere",
    "KeyDisabled",
    "ObserveOnly",
    "OnHold",
    "OutsideChangeWindow",
    "PlanSuperseded",
    "Suspended",
];

#[test]
fn every_reason_is_suspended_degraded_or_under_way() {
    for reason in Reason::ALL.iter().map(ToString::to_string) {
        let with = |ready: &str, stalled: &str| {
            let conditions = [
                condition("Stalled", stalled, &reason),
                condition("Ready", ready, &reason),
            ];
            health(&object(&conditions)).0
        };
        assert_eq!(with("True", "False"), "Healthy", "{reason}");
        let waits = WAITING.contains(&reason.as_str());
        let (stuck, moving) = if waits {
            ("Suspended", "Suspended")
        } else {
            ("Degraded", "Progressing")
        };
        assert_eq!(with("False", "True"), stuck, "{reason}");
        assert_eq!(with("False", "False"), moving, "{reason}");
        assert_eq!(with("Unknown", "False"), moving, "{reason}");
    }
    assert!(WAITING.iter().all(|reason| reason.parse::<Reason>().is_ok()));
}

#[test]
fn what_was_not_looked_at_and_what_goes_is_under_way() {
    let (status, message) = health(&json!({"metadata": {"name": "chiyoda", "generation": 1}}));
    assert_eq!(
        (status.as_str(), message.as_str()),
        ("Progressing", "the operator has not looked at it yet")
    );
    let mut changed = object(&[condition("Ready", "True", "Converged")]);
    assert_eq!(health(&changed).1, "Converged: as it is");
    changed["metadata"]["generation"] = json!(3);
    assert_eq!(health(&changed).0, "Progressing");
    let mut going = object(&[condition("Ready", "True", "Converged")]);
    going["metadata"]["deletionTimestamp"] = json!("2027-04-01T00:00:00Z");
    assert_eq!(health(&going).0, "Progressing");
    let mut held = object(&[condition("Ready", "False", "AwaitingApproval")]);
    held["metadata"]["deletionTimestamp"] = json!("2027-04-01T00:00:00Z");
    assert_eq!(health(&held).0, "Suspended");
}

#[test]
fn the_configuration_has_the_script_for_all_four_kinds() {
    let text = fs::read_to_string(folder().join("argocd-cm.yaml")).expect("the patch");
    let patch: Value = serde_saphyr::from_str(&text).expect("YAML");
    let data = patch["data"].as_object().expect("data");
    for kind in [
        "FileLinkBucket",
        "Municipality",
        "OsakaBackupPolicy",
        "ResolverEndpoint",
    ] {
        let key = format!("resource.customizations.health.jichitai.dev_{kind}");
        assert_eq!(data[&key].as_str(), Some(script().as_str()), "{kind}");
    }
    assert_eq!(data.len(), 4);
}
