//! Golden plans of backup policies: this spec, these sources and this time give exactly these steps.
//!
//! Each folder under `tests/plan/osaka-backup-policy` is a case: `case.yaml` holds the spec, the sources and what
//! happens, `plan.txt` what the operator does, round by round up to the fixed point. `UPDATE_GOLDEN=1` writes
//! `plan.txt` anew: read the difference before you commit it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jichitai_api::{OsakaBackupPolicy, Region};
use jichitai_core_tests::backup::Vault;
use jichitai_core_tests::{drive, golden_cases};
use jichitai_plan::osaka_backup_policy::copy::Copy;
use jichitai_plan::osaka_backup_policy::coverage::{Host, Store, StoreKind};
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::osaka_backup_policy::target::RUN_ANNOTATION;
use jichitai_plan::tags::{self, Tags};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// When the object is made: five hours before its first run.
const MADE: &str = "2027-04-01T00:00:00+09:00";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    /// Merged into the municipality of all cases.
    #[serde(default)]
    municipality: Value,
    /// The spec of the policy, merged into the one of all cases.
    #[serde(default)]
    policy: Value,
    /// What there is to copy.
    #[serde(default)]
    has: Vec<Thing>,
    /// What holds data, whoever copies it.
    #[serde(default)]
    stores: Vec<Holder>,
    /// Whether every plan is approved.
    #[serde(default)]
    approved: bool,
    /// What happened before, without being shown.
    #[serde(default)]
    before: Vec<Event>,
    /// What happens afterwards; after each of them the operator is shown again.
    #[serde(default)]
    then: Vec<Event>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Thing {
    /// An instance, as a machine image.
    Instance(String),
    /// A volume.
    Volume(String),
    /// An instance with these volumes.
    Machine(String, Vec<String>),
    /// An RDS instance.
    Database(String),
    /// An Aurora cluster.
    Cluster(String),
    /// A stack.
    Stack(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Holder {
    kind: Kind,
    id: String,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    key_aliases: BTreeSet<String>,
    /// For a volume: the instance that it is attached to, and its tags.
    host: Option<(String, Tags)>,
    #[serde(default)]
    replicated: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Kind {
    Volume,
    Database,
    Cluster,
    FileSystem,
    Bucket,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Event {
    /// Until then, with a pass whenever the operator asks for one.
    Live(Timestamp),
    /// Time passes without the operator.
    Sleep(Timestamp),
    /// The spec changes.
    Apply(Value),
    /// Another policy of the account is applied.
    Beside(Value),
    /// A run is asked for.
    Ask(String),
    /// The object is deleted under this policy.
    Delete(String),
    /// The cluster is lost and its status with it.
    LoseLedger,
    /// Somebody does something in AWS.
    Hand(Deed),
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Deed {
    DisableKey,
    HideVolumes,
    HideStores,
    HideCopiesInOsaka,
    HideTemplates,
    FailCopies,
    MendCopies,
    EncryptUnderAnotherKey,
    HoldEverything,
    DropVolumes,
    OpenBucket,
    FillBucket,
}

#[test]
fn plans_are_as_they_were() {
    golden_cases::compare(&root(), 20, play);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plan/osaka-backup-policy")
}

fn policy(spec: &Value) -> Result<OsakaBackupPolicy, String> {
    let object = golden_cases::merged(golden_cases::base(&root(), "policy.yaml"), "/spec", spec);
    serde_json::from_value(object).map_err(|error| error.to_string())
}

fn play(folder: &Path) -> Result<String, String> {
    let text = fs::read_to_string(folder.join("case.yaml")).map_err(|error| error.to_string())?;
    let case: Case = serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
    let municipality = golden_cases::municipalities(&root(), std::iter::once(&case.municipality))?.remove(0);
    let mut vault = Vault::new(municipality, policy(&case.policy)?, MADE.parse().expect("a timestamp"));
    vault.approves = case.approved;
    for thing in &case.has {
        match thing {
            Thing::Instance(id) => drop(vault.add(Medium::Image, id, 30)),
            Thing::Volume(id) => drop(vault.add(Medium::Snapshot, id, 100)),
            Thing::Machine(id, volumes) => {
                vault.add_machine(id, &volumes.iter().map(String::as_str).collect::<Vec<_>>());
            }
            Thing::Database(id) => drop(vault.add(Medium::Database, id, 200)),
            Thing::Cluster(id) => drop(vault.add(Medium::Cluster, id, 0)),
            Thing::Stack(id) => drop(vault.add(Medium::Template, id, 0)),
        }
    }
    vault.aws.stores = Ok(case.stores.iter().cloned().map(store).collect());
    for event in &case.before {
        happen(&mut vault, &case.policy, event)?;
    }
    let mut shown = String::new();
    golden_cases::operate(&mut vault, &mut shown);
    for event in &case.then {
        let _ = writeln!(shown, "\nthen {}", told(event));
        happen(&mut vault, &case.policy, event)?;
        golden_cases::operate(&mut vault, &mut shown);
    }
    Ok(shown)
}

fn store(holder: Holder) -> Store {
    Store {
        kind: match holder.kind {
            Kind::Volume => StoreKind::Volume,
            Kind::Database => StoreKind::Database,
            Kind::Cluster => StoreKind::Cluster,
            Kind::FileSystem => StoreKind::FileSystem,
            Kind::Bucket => StoreKind::Bucket,
        },
        id: holder.id,
        key_aliases: holder.key_aliases,
        tags: holder.tags,
        host: holder.host.map(|(id, tags)| Host { id, tags }),
        replicated: holder.replicated,
    }
}

fn happen(vault: &mut Vault, spec: &Value, event: &Event) -> Result<(), String> {
    match event {
        Event::Live(until) => drop(vault.live(*until)?),
        Event::Sleep(until) => vault.pass_time(*until),
        Event::Apply(change) => {
            let (status, metadata) = (vault.object.status.take(), vault.object.metadata.clone());
            let spec = golden_cases::merged(json!({ "spec": spec }), "/spec", change);
            vault.object = policy(&spec["spec"])?;
            (vault.object.status, vault.object.metadata) = (status, metadata);
        }
        Event::Beside(spec) => {
            let spec = serde_json::from_value(spec.clone()).map_err(|error| error.to_string())?;
            vault.others.push(spec);
        }
        Event::Ask(slot) => {
            let annotations = vault.object.metadata.annotations.get_or_insert_default();
            annotations.insert(RUN_ANNOTATION.into(), slot.clone());
        }
        Event::Delete(policy) => {
            vault.object.spec.common.deletion_policy =
                serde_json::from_value(json!(policy)).map_err(|error| error.to_string())?;
            vault.delete();
            if drive::lets_go(vault) {
                return Err("an object that retains is let go without a plan".into());
            }
        }
        Event::LoseLedger => vault.forget(),
        Event::Hand(deed) => by_hand(vault, *deed),
    }
    Ok(())
}

fn by_hand(vault: &mut Vault, deed: Deed) {
    let copies = |vault: &mut Vault, change: fn(&mut Copy)| {
        for copies in vault.aws.copies.values_mut().flatten() {
            copies.iter_mut().map(Arc::make_mut).for_each(change);
        }
    };
    match deed {
        Deed::DisableKey => vault.disable_key(),
        Deed::HideVolumes => drop(vault.hide_sources(Medium::Snapshot)),
        Deed::HideStores => vault.aws.stores = Err(jichitai_core_tests::backup::denied()),
        Deed::HideTemplates => drop(vault.unreadable.insert((Medium::Template, Region::Osaka))),
        Deed::HideCopiesInOsaka => drop(vault.unreadable.insert((Medium::Snapshot, Region::Osaka))),
        Deed::FailCopies => {
            vault.fate = |copy, _| (copy.region == Region::Osaka).then(|| "Given key ID is not accessible".to_owned());
        }
        Deed::MendCopies => vault.fate = |_, _| None,
        Deed::EncryptUnderAnotherKey => copies(vault, |copy| {
            copy.keys = ["arn:aws:kms:ap-northeast-3:111122223333:key/another".to_owned()].into();
        }),
        Deed::HoldEverything => copies(vault, |copy| copy.tags.insert(tags::HOLD, "監査")),
        Deed::DropVolumes => drop(vault.aws.sources.insert(Medium::Snapshot, Ok(Vec::new()))),
        Deed::OpenBucket => {
            for bucket in vault.aws.buckets.iter_mut().flatten() {
                bucket.public_access = jichitai_plan::observation::Observation::Absent;
            }
        }
        Deed::FillBucket => {
            for bucket in vault.aws.buckets.iter_mut().flatten() {
                bucket.contents = Some(Ok(jichitai_plan::s3::contents::Contents {
                    versions: 4,
                    ..Default::default()
                }));
            }
        }
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::Live(until) => format!("the operator lives until {until}"),
        Event::Sleep(until) => format!("it is {until}"),
        Event::Apply(change) => format!("the spec changes: {change}"),
        Event::Beside(spec) => format!("another policy of the account: {spec}"),
        Event::Ask(slot) => format!("{slot} is asked for"),
        Event::Delete(policy) => format!("deleted with {policy}"),
        Event::LoseLedger => "the cluster is lost".into(),
        Event::Hand(deed) => format!("by hand: {deed:?}"),
    }
}
