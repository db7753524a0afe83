use std::sync::Arc;

use jichitai_api::{FileLinkBucket, FileLinkBucketSpec, FileLinkBucketStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde_json::json;

use super::*;
use crate::roll::Roll;

/// A bucket, `namespace/name`, that takes the place of another, if it does.
fn bucket(name: &str, former: Option<&str>) -> FileLinkBucket {
    let spec = json!({
        "municipalityRef": {"name": "chiyoda"}, "businessId": "001", "zone": "mynumber", "access": {},
        "adoptFrom": former.map(|former| format!("FileLinkBucket/{former}")),
    });
    let spec: FileLinkBucketSpec = serde_json::from_value(spec).expect("a spec");
    let (namespace, name) = name.split_once('/').expect("a namespace");
    let mut object = FileLinkBucket::new(name, spec);
    object.metadata = ObjectMeta {
        namespace: Some(namespace.into()),
        name: Some(name.into()),
        creation_timestamp: Some(Time(Timestamp::UNIX_EPOCH)),
        ..ObjectMeta::default()
    };
    object
}

/// It has something in AWS.
fn with_things(mut object: FileLinkBucket) -> FileLinkBucket {
    let entry = json!({"role": "bucket", "service": "s3", "region": "ap-northeast-1", "account": "111122223333",
                       "id": "a-bucket", "state": "Present"});
    let status = json!({"inventory": [entry]});
    let status: FileLinkBucketStatus = serde_json::from_value(status).expect("a status");
    object.status = Some(status);
    object
}

fn going(mut object: FileLinkBucket) -> FileLinkBucket {
    object.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
    object
}

fn later(mut object: FileLinkBucket) -> FileLinkBucket {
    object.metadata.creation_timestamp = Some(Time(Timestamp::MAX));
    object
}

/// What is said of the first of these objects, and whether it would leave AWS as it is.
fn said(all: &[FileLinkBucket]) -> (Option<String>, bool) {
    let mine = &all[0];
    let place = Owner::of(mine);
    let all: Vec<Arc<FileLinkBucket>> = all.iter().cloned().map(Arc::new).collect();
    let roll = Roll::of(all);
    let heirs = roll.heirs(&place);
    let others = Others {
        named: roll.named(&place.namespace, &place.name),
        heirs: &heirs,
        may_move: |from: &str, to: &str| (from, to) == ("a", "b"),
        status: |one: &FileLinkBucket| one.status.as_ref().map(|status| &status.common),
    };
    let fault = others.fault(mine);
    let fault = fault.map(|fault| format!("{} {}: {}", fault.reason, fault.path, fault.message.en));
    (fault, others.is_succeeded(mine))
}

fn is_held_by(all: &[FileLinkBucket], words: &str) {
    let (fault, _) = said(all);
    let fault = fault.expect("a fault");
    assert!(fault.contains(words), "{fault}");
}

#[test]
fn who_stands_alone_has_its_place() {
    assert_eq!(said(&[bucket("a/tax", None)]), (None, false));
    assert_eq!(said(&[bucket("a/files", Some("a/tax"))]), (None, false));
    assert_eq!(said(&[bucket("b/files", Some("a/tax"))]), (None, false));
    // Its own name changes nothing.
    assert_eq!(said(&[bucket("a/tax", Some("a/tax"))]), (None, false));
}

#[test]
fn the_former_object_goes_first_and_leaves_aws_as_it_is() {
    let (former, heir) = (with_things(bucket("a/tax", None)), bucket("b/tax", Some("a/tax")));
    is_held_by(
        &[heir.clone(), former.clone()],
        "ReferenceNotReady spec.adoptFrom: FileLinkBucket/a/tax is still there",
    );
    assert_eq!(said(&[former.clone(), heir.clone()]), (None, true));
    // While it goes it has the place still, and then nobody is before the new one.
    is_held_by(&[heir.clone(), going(former.clone())], "is still there");
    assert!(said(&[going(former), heir]).1);
}

#[test]
fn a_name_that_comes_back_gets_nothing() {
    let (heir, again) = (with_things(bucket("b/tax", Some("a/tax"))), bucket("a/tax", None));
    assert_eq!(said(&[heir.clone(), again.clone()]).0, None);
    is_held_by(
        &[again.clone(), heir.clone()],
        "Conflict metadata.name: an object in another namespace has",
    );
    // It goes without what is another's, even when both go at once.
    assert!(said(&[going(again.clone()), heir.clone()]).1);
    assert!(said(&[going(again.clone()), going(heir.clone())]).1);
    assert!(!said(&[going(heir.clone()), going(again.clone())]).1);
    // The heir leaves it to whoever stays.
    assert!(said(&[going(heir), again]).1);
}

#[test]
fn of_several_heirs_one_has_the_place() {
    let (first, second) = (bucket("a/one", Some("a/tax")), bucket("a/two", Some("a/tax")));
    assert_eq!(said(&[first.clone(), second.clone()]).0, None);
    is_held_by(
        &[second.clone(), first.clone()],
        "Conflict spec.adoptFrom: FileLinkBucket/a/one has the AWS resources",
    );
    is_held_by(&[later(first.clone()), second.clone()], "FileLinkBucket/a/two has");
    is_held_by(&[first, with_things(second)], "FileLinkBucket/a/two has");
}

#[test]
fn what_is_not_allowed_takes_and_deletes_nothing() {
    let former = with_things(bucket("a/tax", None));
    let thief = bucket("c/tax", Some("a/tax"));
    is_held_by(
        &[thief.clone(), former.clone()],
        "ReferenceNotAccepted spec.adoptFrom: objects of namespace c may not",
    );
    assert!(said(&[going(thief.clone())]).1);
    // Nor does it keep the former one from going as its deletion policy says.
    assert_eq!(said(&[going(former), with_things(thief)]), (None, false));
}

#[test]
fn a_chain_names_its_beginning() {
    let (second, third) = (bucket("a/two", Some("a/one")), bucket("a/three", Some("a/two")));
    is_held_by(&[third.clone(), second.clone()], "write FileLinkBucket/a/one");
    assert_eq!(said(&[second, third.clone()]), (None, false));
    assert!(said(&[going(third), bucket("a/two", Some("a/one"))]).1);
    let mut other = bucket("a/x", None);
    other.spec.common.adopt_from = Some("Municipality/a/tax".into());
    is_held_by(&[other], "write an object of the same kind");
}
