//! Golden plans of file-link buckets: this spec and this AWS give exactly these steps.
//!
//! Each folder under `tests/plan/file-link-bucket` is a case: `case.yaml` holds the spec and what
//! happens, `plan.txt` what the operator does, round by round up to the fixed point. `UPDATE_GOLDEN=1`
//! writes `plan.txt` anew: read the difference before you commit it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jichitai_api::{FileLinkBucket, Region};
use jichitai_core_tests::drive;
use jichitai_core_tests::golden_cases;
use jichitai_core_tests::linkage::Linkage;
use jichitai_plan::observation::{Fault, FaultKind, Observation};
use jichitai_plan::policy::document::{Document, Statement};
use jichitai_plan::s3::contents::Contents;
use jichitai_plan::s3::encryption::Encryption;
use jichitai_plan::s3::versioning::Versioning;
use jichitai_plan::transfer::user::PublicKey;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    /// Merged into the municipality of all cases.
    #[serde(default)]
    municipality: Value,
    /// Further municipalities, each merged into the same one.
    #[serde(default)]
    others: Vec<Value>,
    /// The spec of the bucket, merged into the one of all cases.
    #[serde(default)]
    bucket: Value,
    /// Specs of further buckets.
    #[serde(default)]
    siblings: Vec<Value>,
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
enum Event {
    /// The operator brings AWS to the spec.
    Converge,
    /// The spec changes.
    Apply(Value),
    /// The object is deleted under this policy.
    Delete(String),
    /// The cluster is lost and its status with it.
    LoseLedger,
    /// Somebody does something in AWS.
    Hand(Deed),
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Deed {
    OpenPublicAccess,
    RewritePolicy,
    DropPolicy,
    PlainEncryption,
    SuspendVersioning,
    WidenTrust,
    AddSshKey,
    MakeServerPublic,
    StripTags,
    WriteObjects,
    EmptyBucket,
    HideMunicipality,
    WithdrawKeyGrants,
    HidePolicy,
}

#[test]
fn plans_are_as_they_were() {
    golden_cases::compare(&root(), 30, play);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plan/file-link-bucket")
}

fn bucket(name: &str, spec: &Value) -> Result<FileLinkBucket, String> {
    let mut object = golden_cases::merged(golden_cases::base(&root(), "bucket.yaml"), "/spec", spec);
    object["metadata"]["name"] = json!(name);
    serde_json::from_value(object).map_err(|error| error.to_string())
}

fn play(folder: &Path) -> Result<String, String> {
    let text = fs::read_to_string(folder.join("case.yaml")).map_err(|error| error.to_string())?;
    let case: Case = serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
    let municipalities = std::iter::once(&case.municipality).chain(&case.others);
    let municipalities = golden_cases::municipalities(&root(), municipalities)?;
    let siblings = case
        .siblings
        .iter()
        .enumerate()
        .map(|(i, spec)| bucket(&format!("sibling-{}", i + 1), spec));
    let buckets = std::iter::once(bucket("linkage", &case.bucket)).chain(siblings);
    let now = "2027-04-01T09:00:00+09:00".parse().expect("a timestamp");
    let mut linkage = Linkage::new(municipalities, buckets.collect::<Result<_, _>>()?, now);
    linkage.approves = case.approved;
    for event in &case.before {
        happen(&mut linkage, &case.bucket, event)?;
    }
    let mut shown = String::new();
    golden_cases::operate(&mut linkage, &mut shown);
    for event in &case.then {
        let _ = writeln!(shown, "\nthen {}", told(event));
        happen(&mut linkage, &case.bucket, event)?;
        golden_cases::operate(&mut linkage, &mut shown);
    }
    Ok(shown)
}

fn happen(linkage: &mut Linkage, spec: &Value, event: &Event) -> Result<(), String> {
    match event {
        Event::Converge => {
            let approves = std::mem::replace(&mut linkage.approves, true);
            drive::settle(linkage, &mut |_, _| {})?;
            linkage.approves = approves;
        }
        Event::Apply(change) => {
            let status = linkage.buckets[0].status.take();
            let spec = golden_cases::merged(json!({ "spec": spec }), "/spec", change);
            linkage.buckets[0] = bucket("linkage", &spec["spec"])?;
            linkage.buckets[0].status = status;
        }
        Event::Delete(policy) => {
            linkage.buckets[0].spec.common.deletion_policy =
                serde_json::from_value(json!(policy)).map_err(|error| error.to_string())?;
            linkage.delete();
            if drive::lets_go(linkage) {
                return Err("an object that retains is let go without a plan".into());
            }
        }
        Event::LoseLedger => linkage.forget(),
        Event::Hand(deed) => by_hand(linkage, *deed),
    }
    Ok(())
}

fn by_hand(linkage: &mut Linkage, deed: Deed) {
    let aws = &mut linkage.aws;
    let Ok(buckets) = aws.buckets.entry(Region::Tokyo).or_insert_with(|| Ok(Vec::new())) else {
        return;
    };
    let anybody = || Document::new(vec![Statement::allow("ByHand", &["*".to_owned()], &["s3:GetObject"])]);
    for bucket in buckets.iter_mut() {
        match deed {
            Deed::OpenPublicAccess => bucket.public_access = Observation::Absent,
            Deed::RewritePolicy => bucket.policy = Observation::Present(anybody()),
            Deed::DropPolicy => bucket.policy = Observation::Absent,
            Deed::PlainEncryption => {
                let plain = bucket.encryption.present().cloned();
                bucket.encryption = plain.map_or(Observation::Absent, |plain| {
                    Observation::Present(Encryption {
                        algorithm: "AES256".into(),
                        key: None,
                        ..plain
                    })
                });
            }
            Deed::SuspendVersioning => bucket.versioning = Observation::Present(Versioning::Suspended),
            Deed::StripTags => bucket.tags = jichitai_plan::tags::Tags::new(),
            Deed::WriteObjects => {
                bucket.contents = Some(Ok(Contents {
                    versions: 3,
                    uploads: 1,
                    ..Contents::default()
                }));
            }
            Deed::EmptyBucket => bucket.contents = Some(Ok(Contents::default())),
            Deed::HidePolicy => bucket.policy = Observation::Unreadable(denied()),
            Deed::WidenTrust
            | Deed::AddSshKey
            | Deed::MakeServerPublic
            | Deed::HideMunicipality
            | Deed::WithdrawKeyGrants => {}
        }
    }
    match deed {
        Deed::WidenTrust => {
            for role in aws.roles.iter_mut().flatten() {
                role.trust = Observation::Present(anybody());
            }
        }
        Deed::AddSshKey => {
            for user in aws.users.iter_mut().flatten() {
                user.keys
                    .insert("key-by-hand".into(), PublicKey::new("ssh-ed25519 AAAABYHAND"));
            }
        }
        Deed::MakeServerPublic => {
            for server in aws.servers.iter_mut().flatten() {
                server.endpoint_type = "PUBLIC".into();
            }
        }
        Deed::HideMunicipality => aws.keys.clear(),
        Deed::WithdrawKeyGrants => {
            for key in aws.keys.values_mut().filter_map(Observation::present_mut) {
                key.policy = Observation::Present(Document::default());
            }
        }
        _ => {}
    }
}

fn denied() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "s3:GetBucketPolicy".into(),
        code: "AccessDenied".into(),
        message: String::new(),
        request_id: None,
    }
}

fn told(event: &Event) -> String {
    match event {
        Event::Converge => "converged".into(),
        Event::Apply(change) => format!("the spec changes: {change}"),
        Event::Delete(policy) => format!("deleted with {policy}"),
        Event::LoseLedger => "the cluster is lost".into(),
        Event::Hand(deed) => format!("by hand: {deed:?}"),
    }
}
