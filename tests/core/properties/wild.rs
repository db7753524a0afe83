//! Objects that the API server could take and that make no sense: nothing panics, and what cannot be meant is a fault
//! with a path. A pass over such an object writes as over any other, and never to what others own.

use std::path::Path;

use jichitai_api::{FileLinkBucket, Municipality, OsakaBackupPolicy, ResolverEndpoint};
use jichitai_core_tests::backup::Vault;
use jichitai_core_tests::cluster::{Cluster, owner_of};
use jichitai_core_tests::linkage::Linkage;
use jichitai_core_tests::resolution::Resolution;
use jichitai_core_tests::{drive, golden_cases};
use jichitai_plan::osaka_backup_policy::source::Medium;
use jichitai_plan::spec_fault::SpecFault;
use jiff::Timestamp;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::rig::{Rig, check};

/// Objects of each kind that are tried, ten thousand in all: those that are quickly planned more often.
const MUNICIPALITIES: u32 = 2_500;
const BUCKETS: u32 = 800;
const POLICIES: u32 = 2_500;
const ENDPOINTS: u32 = 4_200;

/// A change somewhere in a document: where, counted over its leaves, and what comes there.
#[derive(Clone, Debug)]
struct Change {
    place: prop::sample::Index,
    with: Wild,
}

#[derive(Clone, Debug)]
enum Wild {
    Value(Value),
    Nothing,
    /// A list gets its elements once more.
    Twice,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let words = [
        "",
        " ",
        "\u{0}",
        "🏯",
        "千代田区",
        "-",
        "..",
        "*",
        "?",
        "0",
        "-1",
        "9999-12-31",
        "0000-00-00",
        "2027-02-30",
        "0.0.0.0/0",
        "10.20.0.0/33",
        "::/0",
        "255.255.255.255",
        "999.1.1.1/8",
        "* * * * *",
        "0 0 31 2 *",
        "61 25 * * *",
        "99999999999h",
        "-5m",
        "ap-northeast-1a",
        "us-east-1",
        "arn:aws:iam::111122223333:role/x",
        "arn:aws:kms:us-east-1:999999999999:key/x",
        "arn:",
        "::::::",
        "Asia/Tokyo",
        "Mars/Olympus",
        "131016",
        "000000",
        "{{\"a\": 1}}",
        "%s%n",
        "a@20270401T000000Z",
        "@",
        "jichitai:owner",
        "aws:cloudformation:stack-name",
    ];
    let text = prop::sample::select(words.to_vec()).prop_map(|word| json!(word));
    let long = (0_usize..5_000).prop_map(|length| json!("長".repeat(length)));
    let number = prop_oneof![
        any::<i64>().prop_map(|one| json!(one)),
        any::<u64>().prop_map(|one| json!(one))
    ];
    let shape = prop::sample::select(vec![
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!(0),
        json!(1),
        json!(65_536),
        json!(u32::MAX),
    ]);
    let value = prop_oneof![6 => text, 1 => long, 2 => number, 2 => shape].prop_map(Wild::Value);
    let with = prop_oneof![8 => value, 1 => Just(Wild::Nothing), 1 => Just(Wild::Twice)];
    let change = (any::<prop::sample::Index>(), with).prop_map(|(place, with)| Change { place, with });
    prop::collection::vec(change, 1..9)
}

/// The JSON pointers of everything below `/spec`.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, child)| (key.clone(), child)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, child)| (index.to_string(), child))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(child, &path, found);
        found.push(path);
    }
}

/// The object with these changes, but for those that its type does not take; none when it takes none of them.
fn changed<K: DeserializeOwned>(base: &Value, changes: &[Change]) -> Option<K> {
    let mut object = base.clone();
    let mut taken = None;
    for Change { place, with } in changes {
        let mut all = Vec::new();
        places(&object["spec"], "/spec", &mut all);
        let path = all.get(place.index(all.len().max(1)))?;
        let before = object.clone();
        let target = object.pointer_mut(path)?;
        match with {
            Wild::Value(value) => *target = value.clone(),
            Wild::Nothing => *target = Value::Null,
            Wild::Twice => {
                if let Value::Array(items) = target {
                    items.extend(items.clone());
                }
            }
        }
        match serde_json::from_value(object.clone()) {
            Ok(one) if object != before => taken = Some(one),
            _ => object = before,
        }
    }
    taken
}

fn base(folder: &str, name: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = format!("{name}.yaml");
    // The fullest objects there are; those of the golden plans stand for what is beside them.
    let mut object = match folder {
        "api" => golden_cases::base(&root.join("../api/good"), &name),
        _ => golden_cases::base(&root.join("plan").join(folder), &name),
    };
    // Fields that are in the API and not acted on yet would hide all others behind one fault.
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.retain(|field, _| field != "adopt" && field != "adoptFrom");
    }
    object
}

/// Without an exception for a tenant that is not there.
fn full_bucket() -> Value {
    let mut object = base("api", "file-link-bucket-full");
    object["metadata"]["namespace"] = json!("tenants");
    object["spec"]["access"]["crossMunicipality"] = json!([]);
    object
}

fn full_policy() -> Value {
    let mut object = base("api", "osaka-backup-policy-full");
    object["metadata"]["namespace"] = json!("tenants");
    object
}

fn municipality(folder: &str) -> Municipality {
    serde_json::from_value(base(folder, "municipality")).expect("a municipality")
}

fn now() -> Timestamp {
    "2027-04-01T00:00:00+09:00".parse().expect("a timestamp")
}

/// A good part of the changed objects is such that their type takes them, or little would be tried.
fn mostly<K: DeserializeOwned>(base: &Value) {
    let taken = std::cell::Cell::new(0_u32);
    check(200, changes(), |changes| {
        taken.set(taken.get() + u32::from(changed::<K>(base, &changes).is_some()));
        Ok(())
    });
    assert!(taken.get() >= 120, "{} of 200 are taken", taken.get());
}

/// A fault tells where, and what to do.
fn told(faults: &[SpecFault]) -> Result<(), TestCaseError> {
    for fault in faults {
        prop_assert!(
            !fault.path.is_empty() && !fault.message.en.is_empty() && !fault.message.ja.is_empty(),
            "{fault:?}"
        );
    }
    Ok(())
}

#[test]
fn municipalities_that_make_no_sense() {
    let full = base("api", "municipality-full");
    mostly::<Municipality>(&full);
    check(MUNICIPALITIES, changes(), |changes| {
        let Some(object) = changed::<Municipality>(&full, &changes) else {
            return Ok(());
        };
        let rig = Rig::new(1);
        let owner = owner_of(&object);
        let cluster = Cluster::new(vec![object], Vec::new());
        cluster
            .plan(&rig.world, &owner)
            .map(drop)
            .or_else(|faults| told(&faults))
    });
}

#[test]
fn buckets_that_make_no_sense() {
    let full = full_bucket();
    let beside = municipality("file-link-bucket");
    mostly::<FileLinkBucket>(&full);
    check(BUCKETS, changes(), |changes| {
        let Some(object) = changed::<FileLinkBucket>(&full, &changes) else {
            return Ok(());
        };
        let mut linkage = Linkage::new(vec![beside.clone()], vec![object], now());
        drive::pass(&mut linkage, None, &mut |_, _| {})
            .map(drop)
            .or_else(|faults| told(&faults))
    });
}

#[test]
fn policies_that_make_no_sense() {
    let full = full_policy();
    let beside = municipality("osaka-backup-policy");
    mostly::<OsakaBackupPolicy>(&full);
    check(POLICIES, changes(), |changes| {
        let Some(object) = changed::<OsakaBackupPolicy>(&full, &changes) else {
            return Ok(());
        };
        let mut vault = Vault::new(beside.clone(), object, now());
        vault.add(Medium::Snapshot, "vol-1", 100);
        drive::pass(&mut vault, None, &mut |_, _| {})
            .map(drop)
            .or_else(|faults| told(&faults))
    });
}

#[test]
fn endpoints_that_make_no_sense() {
    let full = base("resolver-endpoint", "outbound");
    let beside = municipality("resolver-endpoint");
    mostly::<ResolverEndpoint>(&full);
    check(ENDPOINTS, changes(), |changes| {
        let Some(object) = changed::<ResolverEndpoint>(&full, &changes) else {
            return Ok(());
        };
        let mut resolution = Resolution::new(vec![beside.clone()], object, now());
        drive::pass(&mut resolution, None, &mut |_, _| {})
            .map(drop)
            .or_else(|faults| told(&faults))
    });
}

/// Unchanged, the objects that the others begin with make sense: what is refused later is refused for its change.
#[test]
fn what_the_others_begin_with_makes_sense() {
    let bucket = full_bucket();
    let object = serde_json::from_value(bucket).expect("a bucket");
    let faults = Linkage::new(vec![municipality("file-link-bucket")], vec![object], now())
        .target()
        .err();
    assert!(faults.is_none(), "{faults:#?}");
    let policy = full_policy();
    let object = serde_json::from_value(policy).expect("a policy");
    let mut vault = Vault::new(municipality("osaka-backup-policy"), object, now());
    let faults = drive::pass(&mut vault, None, &mut |_, _| {}).err();
    assert!(faults.is_none(), "{faults:#?}");
    let object = serde_json::from_value(base("resolver-endpoint", "outbound")).expect("an endpoint");
    let mut resolution = Resolution::new(vec![municipality("resolver-endpoint")], object, now());
    let faults = drive::pass(&mut resolution, None, &mut |_, _| {}).err();
    assert!(faults.is_none(), "{faults:#?}");
    let object: Municipality = serde_json::from_value(base("api", "municipality-full")).expect("a municipality");
    let owner = owner_of(&object);
    let faults = Cluster::new(vec![object], Vec::new())
        .plan(&Rig::new(1).world, &owner)
        .err();
    assert!(faults.is_none(), "{faults:#?}");
}
