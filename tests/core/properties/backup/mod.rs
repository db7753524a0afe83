//! Recovery points in Osaka through crashes, failures, lost clusters, and a year of runs.

mod drills;
mod runs;
mod templates;
mod years;

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::{Municipality, OsakaBackupPolicy, Region};
use jichitai_core_tests::backup::Vault;
use jichitai_plan::osaka_backup_policy::source::Medium;
use jiff::Timestamp;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn municipality() -> Municipality {
    serde_json::from_value(json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "Municipality",
        "metadata": {"name": "chiyoda", "namespace": "tenants"},
        "spec": {
            "code": "131016", "displayName": "千代田区", "environment": "Production", "usageModel": "Shared",
            "isolation": "Network", "accountId": "111122223333",
            "network": {"vpcCidr": "10.20.0.0/16", "zones": []},
        },
    }))
    .expect("a municipality")
}

fn policy(changes: &Value) -> OsakaBackupPolicy {
    let mut spec = json!({
        "municipalityRef": {"name": "chiyoda"},
        "schedules": [{"name": "after-batch", "cron": "0 5 * * *"}],
        "sources": {
            "instances": {"matchTags": {"backup": "osaka"}},
            "volumes": {"matchTags": {"backup": "osaka"}},
            "databases": {"matchTags": {"backup": "osaka"}},
        },
        "retention": {"copies": 3, "days": 7},
    });
    for (key, value) in changes.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    serde_json::from_value(json!({
        "apiVersion": "jichitai.dev/v1alpha1", "kind": "OsakaBackupPolicy",
        "metadata": {"name": "daily", "namespace": "tenants"},
        "spec": spec,
    }))
    .expect("a policy")
}

fn vault(changes: &Value) -> Vault {
    Vault::new(municipality(), policy(changes), at("2027-04-01T00:00:00+09:00"))
}

/// A machine with three volumes, a loose volume, an instance to be imaged, a database and a cluster.
fn stocked(changes: &Value) -> Vault {
    let mut vault = vault(changes);
    vault.add_machine("i-batch", &["vol-root", "vol-data", "vol-log"]);
    vault.add(Medium::Snapshot, "vol-loose", 100);
    vault.add(Medium::Image, "i-web", 30);
    vault.add(Medium::Database, "residents", 200);
    vault.add(Medium::Cluster, "tax", 0);
    vault
}

/// Passes and time, as the operator asks for them, until a moment. Returns how many passes that took.
fn live(vault: &mut Vault, until: Timestamp) -> Result<usize, TestCaseError> {
    vault.live(until).map_err(TestCaseError::fail)
}

fn good(vault: &Vault, region: Region) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for copy in vault.aws.side(region).filter(|copy| copy.is_good()) {
        let label = copy.label.as_ref().expect("ours");
        all.entry(label.source.to_string())
            .or_default()
            .insert(label.slot.to_string());
    }
    all
}
