//! Buckets from their creation to their deletion.

use jichitai_api::FileLinkBucket;
use std::collections::BTreeMap;

use jichitai_api::file_link_bucket::ObjectLockMode;
use jiff::Timestamp;

use super::*;
use crate::context::Settings;
use crate::identity::{Identity, Owner};
use crate::ledger::Ledger;
use crate::observation::FaultKind;
use crate::policy::document::Statement;
use crate::tags;

pub(in crate::s3) const KEY: &str = "arn:aws:kms:ap-northeast-1:111122223333:key/k";
const NAME: &str = "fl-131016";

pub(in crate::s3) fn part() -> Part {
    Part::new(Region::Tokyo, "bucket")
}

/// A bucket as it is after its creation: empty, and nothing set.
pub(in crate::s3) fn new() -> Bucket {
    let mut buckets = Ok(Vec::new());
    let create = Action::Create {
        name: NAME.into(),
        region: Region::Tokyo,
        tags: ctx().tags(&part().role),
        object_lock: false,
    };
    let created = Created {
        id: NAME.into(),
        arn: Some(arn(NAME)),
        state: None,
    };
    absorb(&mut buckets, &create, Some(&created));
    buckets.unwrap().remove(0)
}

/// The same with an object in it.
pub(in crate::s3) fn filled() -> Bucket {
    Bucket {
        contents: Some(Ok(Contents {
            versions: 1,
            ..Contents::default()
        })),
        ..new()
    }
}

fn ctx() -> Context {
    Context {
        identity: Identity {
            installation: "test".into(),
            owner: Owner::new::<FileLinkBucket>("tenants", "tax"),
        },
        now: Timestamp::UNIX_EPOCH,
        settings: Settings::default(),
        ledger: Ledger::default(),
        adopt: BTreeMap::new(),
        common_tags: Tags::new(),
    }
}

fn document() -> Document {
    Document::new(vec![Statement::allow(
        "Read",
        &["arn:aws:iam::1:root".into()],
        &["s3:GetObject"],
    )])
}

fn want() -> Want {
    Want {
        name: NAME.into(),
        key_arn: Some(KEY.into()),
        versioning: true,
        object_lock: Some(ObjectLock::new(ObjectLockMode::Governance, 7)),
        policy: Some(bucket_policy::Want {
            document: document(),
            before_expiry: document(),
            proof: Ok(()),
        }),
        lifecycle: lifecycle::Want {
            expire_after_days: None,
            noncurrent_days: 30,
            abort_multipart_days: 7,
        },
        replication: replication::Want::On(Replication::to("role", "arn:aws:s3:::replica", "key")),
        logging: Some(Logging {
            bucket: "logs".into(),
            prefix: "fl/".into(),
        }),
    }
}

fn planned(want: &Want, buckets: &Listing<Bucket>, ctx: &Context) -> Plan {
    let mut made = Plan::default();
    plan(want, buckets, &part(), ctx, &mut made);
    made
}

/// Runs plan after plan until nothing is left; the sentences of the steps.
fn converge(want: &Want, buckets: &mut Listing<Bucket>) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let made = planned(want, buckets, &ctx());
        assert!(made.steps.len() <= 1, "one write at a time: {made:?}");
        let Some(step) = made.steps.first() else {
            assert!(made.is_settled(), "{made:?}");
            return lines;
        };
        assert!(lines.len() < 20, "{lines:?}");
        lines.push(step.action.to_string());
        let crate::step::Action::Bucket(action) = &step.action else {
            panic!("{step}");
        };
        absorb(buckets, action, step.predict().created.as_ref());
    }
}

/// A bucket that is as it is wanted.
fn settled(want: &Want) -> Bucket {
    let mut buckets = Ok(vec![new()]);
    converge(want, &mut buckets);
    buckets.unwrap().remove(0)
}

#[test]
fn a_bucket_is_closed_and_encrypted_before_anybody_is_let_in() {
    let mut buckets = Ok(Vec::new());
    let lines = converge(&want(), &mut buckets);
    let verbs: Vec<&str> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(
        verbs,
        ["create", "block", "encrypt", "lock", "put", "put", "replicate", "log"],
        "{lines:#?}"
    );
    assert_eq!(lines[0], "create bucket fl-131016 with object lock");
    assert!(lines[4].contains("the policy of"), "{lines:#?}");
}

#[test]
fn a_creation_carries_its_tags_and_nothing_is_at_risk_until_it_is_set_up() {
    let made = planned(&want(), &Ok(Vec::new()), &ctx());
    let crate::step::Action::Bucket(Action::Create { tags, .. }) = &made.steps[0].action else {
        panic!("{made:?}");
    };
    assert_eq!(tags.get(tags::OWNER).expect("a tag"), "FileLinkBucket/tenants/tax");
    let mut buckets = Ok(vec![new()]);
    for _ in 0..10 {
        let made = planned(&want(), &buckets, &ctx());
        let Some(step) = made.steps.first() else { return };
        assert!(!step.is_destructive(), "{step}");
        let crate::step::Action::Bucket(action) = &step.action else {
            panic!("{step}");
        };
        absorb(&mut buckets, action, None);
    }
    panic!("it does not settle");
}

#[test]
fn each_drift_is_one_step_and_exposure_comes_first() {
    let want = want();
    let drift = |bucket: &mut Bucket, line: &str| match line {
        "turn off the ACLs" => bucket.ownership = Observation::Absent,
        "encrypt" => bucket.encryption = Observation::Absent,
        "put the policy" => bucket.policy = Observation::Present(Document::default()),
        "put the lifecycle" => bucket.lifecycle = Observation::Absent,
        "replicate" => bucket.replication = Observation::Absent,
        "log accesses" => bucket.logging = Observation::Absent,
        other => panic!("{other}"),
    };
    let mut all = settled(&want);
    for line in [
        "turn off the ACLs",
        "encrypt",
        "put the policy",
        "put the lifecycle",
        "replicate",
        "log accesses",
    ] {
        let mut bucket = settled(&want);
        drift(&mut bucket, line);
        drift(&mut all, line);
        let lines = converge(&want, &mut Ok(vec![bucket]));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with(line), "{lines:?}");
    }
    all.public_access = Observation::Present(PublicAccessBlock::OPEN);
    let made = planned(&want, &Ok(vec![all]), &ctx());
    assert_eq!(
        made.steps[0].action.to_string(),
        "block public access to bucket fl-131016"
    );
    assert_eq!(made.notices[0].reason, Reason::PublicExposure);
    assert!(
        made.waits.iter().any(|wait| wait.message.en.contains("policy")),
        "{made:?}"
    );
}

#[test]
fn what_takes_something_away_does_not_hold_up_what_does_not() {
    let mut bucket = settled(&want());
    let want = Want {
        logging: None,
        ..want()
    };
    bucket.tags.remove("Name");
    let made = planned(&want, &Ok(vec![bucket.clone()]), &ctx());
    assert!(made.steps[0].action.to_string().starts_with("tag bucket"), "{made:?}");
    bucket.tags.insert("Name", "tax.bucket");
    let made = planned(&want, &Ok(vec![bucket]), &ctx());
    assert!(made.steps[0].is_destructive(), "{made:?}");
}

#[test]
fn the_policy_waits_until_the_bucket_is_closed_and_encrypted() {
    for open in [
        |bucket: &mut Bucket| bucket.public_access = Observation::Absent,
        |bucket: &mut Bucket| bucket.encryption = Observation::Absent,
    ] {
        let mut bucket = settled(&want());
        bucket.policy = Observation::Absent;
        open(&mut bucket);
        let made = planned(&want(), &Ok(vec![bucket]), &ctx());
        assert!(!made.steps[0].action.to_string().contains("policy"), "{made:?}");
        assert_eq!(made.waits.len(), 1, "{made:?}");
    }
    let mut bucket = settled(&want());
    bucket.public_access = Observation::Unreadable(fault());
    bucket.policy = Observation::Absent;
    let made = planned(&want(), &Ok(vec![bucket]), &ctx());
    assert_eq!((made.steps.len(), made.blocks.len(), made.waits.len()), (0, 1, 1));
}

#[test]
fn what_is_not_known_yet_is_waited_for_and_changes_nothing() {
    let unknown = Want {
        key_arn: None,
        policy: None,
        replication: replication::Want::NotYet(Text::new("role", "ロール")),
        ..want()
    };
    let made = planned(&unknown, &Ok(vec![settled(&want())]), &ctx());
    assert_eq!((made.steps.len(), made.waits.len()), (0, 3), "{made:?}");
}

#[test]
fn tags_of_others_stay_and_those_of_aws_are_not_put() {
    let mut bucket = settled(&want());
    bucket.tags.insert("cost", "7");
    bucket.tags.insert("aws:createdBy", "x");
    bucket.tags.remove("Name");
    let mut buckets = Ok(vec![bucket]);
    let made = planned(&want(), &buckets, &ctx());
    let crate::step::Action::Bucket(action @ Action::Tag { tags, .. }) = &made.steps[0].action else {
        panic!("{made:?}");
    };
    assert!(tags.contains_key("cost") && tags.contains_key(tags::OWNER) && !tags.contains_key("aws:createdBy"));
    absorb(&mut buckets, action, None);
    let tags = &buckets.as_ref().unwrap()[0].tags;
    assert_eq!((tags.get("cost"), tags.get("aws:createdBy")), (Some("7"), Some("x")));
    assert!(planned(&want(), &buckets, &ctx()).is_settled());
}

#[test]
fn a_bucket_of_our_name_without_our_tags_is_left_alone_until_it_is_adopted() {
    let mut bucket = filled();
    bucket.tags = Tags::new();
    let buckets = Ok(vec![bucket.clone()]);
    let made = planned(&want(), &buckets, &ctx());
    assert_eq!((made.steps.len(), made.blocks[0].reason), (0, Reason::OwnershipLost));

    let adopting = Context {
        adopt: [("bucket".to_owned(), NAME.to_owned())].into(),
        ..ctx()
    };
    let made = planned(&want(), &buckets, &adopting);
    assert!(made.steps[0].action.to_string().starts_with("tag bucket"), "{made:?}");

    bucket.tags = Identity {
        installation: "other".into(),
        ..ctx().identity
    }
    .tags(&part().role, &Tags::new());
    let made = planned(&want(), &Ok(vec![bucket]), &ctx());
    assert_eq!((made.steps.len(), made.blocks[0].reason), (0, Reason::Conflict));
    assert_eq!(
        planned(&want(), &Err(fault()), &ctx()).blocks[0].reason,
        Reason::Unreadable
    );
}

#[test]
fn only_what_certainly_holds_nothing_is_deleted() {
    let removed = |contents| {
        let mut made = Plan::default();
        remove(
            &Bucket {
                contents,
                ..settled(&want())
            },
            &part(),
            &mut made,
        );
        made
    };
    let empty = removed(Some(Ok(Contents::default())));
    assert!(empty.steps[0].is_destructive() && empty.steps[0].removal);
    assert_eq!(removed(None).waits[0].reason, Reason::DeletionBlocked);
    assert_eq!(removed(Some(Err(fault()))).blocks[0].reason, Reason::Unreadable);
    for contents in [
        Contents {
            delete_markers: 1,
            ..Contents::default()
        },
        Contents {
            uploads: 1,
            ..Contents::default()
        },
        Contents {
            more: true,
            ..Contents::default()
        },
    ] {
        let made = removed(Some(Ok(contents)));
        assert_eq!((made.steps.len(), made.blocks[0].reason), (0, Reason::BucketNotEmpty));
    }
}

fn fault() -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: "s3:GetBucketPolicy".into(),
        code: "AccessDenied".into(),
        message: String::new(),
        request_id: None,
    }
}
