//! Buckets: planned, written and read back; drifted by others and put right; kept while they hold
//! anything; and those of other accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jichitai_api::file_link_bucket::ObjectLockMode;
use jichitai_api::{FileLinkBucket, Region};
use jichitai_aws::session::Session;
use jichitai_plan::context::{Context, Settings};
use jichitai_plan::identity::{Identity, Owner, Part};
use jichitai_plan::ledger::Ledger;
use jichitai_plan::observation::{Fault, FaultKind, Listing, Observation};
use jichitai_plan::plan::Plan;
use jichitai_plan::policy::document::{Conditions, Document, Effect, Scope, Statement};
use jichitai_plan::s3::bucket::{self, Action, Bucket, Want};
use jichitai_plan::s3::contents::Contents;
use jichitai_plan::s3::encryption::Encryption;
use jichitai_plan::s3::logging::Logging;
use jichitai_plan::s3::object_lock::ObjectLock;
use jichitai_plan::s3::replication::{self, Replication};
use jichitai_plan::s3::setting::Setting;
use jichitai_plan::s3::versioning::Versioning;
use jichitai_plan::s3::{bucket_policy, lifecycle};
use jichitai_plan::tags::{self, Tags};

use crate::tenant::{Tenant, others, step};

const ROLE: &str = "bucket";

/// One bucket of a name in a tenant's account.
struct Case {
    account: &'static str,
    session: Arc<Session>,
    name: &'static str,
    region: Region,
    buckets: Listing<Bucket>,
}

impl Case {
    fn new(tenant: &Tenant, name: &'static str, region: Region) -> Self {
        Self {
            account: tenant.id,
            session: Arc::clone(&tenant.session),
            name,
            region,
            buckets: Ok(Vec::new()),
        }
    }

    fn want(&self) -> Want {
        let account = self.account;
        Want {
            name: self.name.into(),
            key_arn: Some(format!("arn:aws:kms:{}:{account}:key/one", self.region)),
            versioning: true,
            object_lock: None,
            policy: Some(bucket_policy::Want {
                document: policy(self.name),
                before_expiry: policy(self.name),
                proof: Ok(()),
            }),
            lifecycle: lifecycle::Want {
                expire_after_days: Some(90),
                noncurrent_days: 30,
                abort_multipart_days: 7,
            },
            replication: replication::Want::Off,
            logging: None,
        }
    }

    async fn observe(&self) -> Listing<Bucket> {
        self.session.observe_bucket(self.region, self.name, true).await
    }

    fn plan(&self, want: &Want) -> Plan {
        let mut made = Plan::default();
        let part = Part::new(self.region, ROLE);
        bucket::plan(want, &self.buckets, &part, &context(), &mut made);
        made
    }

    /// From what is there to what is wanted; the sentences of the steps.
    async fn converge(&mut self, want: &Want) -> Vec<String> {
        self.buckets = self.observe().await;
        let mut lines = Vec::new();
        loop {
            let made = self.plan(want);
            let Some(step) = made.steps.first() else {
                assert!(made.is_settled(), "{made:?}");
                break;
            };
            assert!(lines.len() < 20, "{lines:?}");
            lines.push(step.action.to_string());
            let jichitai_plan::step::Action::Bucket(action) = &step.action else {
                unreachable!("{step}");
            };
            let effect = self.session.execute(step).await.unwrap();
            bucket::absorb(&mut self.buckets, action, effect.created.as_ref());
        }
        assert_eq!(self.observe().await, self.buckets, "{lines:?}");
        lines
    }

    async fn run(&self, action: Action) -> Result<(), Fault> {
        self.session.execute(&step(self.region, action)).await.map(drop)
    }

    fn create(&self) -> Action {
        Action::Create {
            name: self.name.into(),
            region: self.region,
            tags: context().tags(&Part::new(self.region, ROLE).role),
            object_lock: false,
        }
    }

    /// Other people's work with `s3` and `name`.
    fn others(&self, script: &str) {
        let (region, name) = (self.region, self.name);
        others(
            self.account,
            &format!("s3, name = client('s3', '{region}'), '{name}'\n{script}"),
        );
    }

    async fn contents(&self) -> Contents {
        self.observe().await.unwrap()[0].contents.clone().unwrap().unwrap()
    }
}

fn context() -> Context {
    Context {
        identity: Identity {
            installation: "test".into(),
            owner: Owner::new::<FileLinkBucket>("tenants", "tax"),
        },
        now: "2026-04-01T00:00:00Z".parse().unwrap(),
        settings: Settings::default(),
        ledger: Ledger::default(),
        adopt: BTreeMap::new(),
        common_tags: [("団体".to_owned(), "千代田区".to_owned())].into(),
    }
}

/// Nobody reads but a role.
fn policy(name: &str) -> Document {
    let statement = Statement {
        sid: "DenyReading".into(),
        effect: Effect::Deny,
        principals: Some(Scope::Only(["AWS:*".to_owned()].into())),
        actions: Scope::Only(["s3:GetObject".to_owned()].into()),
        resources: Some(Scope::Only([format!("{}/*", bucket::arn(name))].into())),
        conditions: Conditions::new(),
    };
    let role = "arn:aws:iam::111111111111:role/consumer".to_owned();
    Document::new(vec![statement.when("ArnNotEquals", "aws:PrincipalArn", [role])])
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_bucket_with_everything() {
    let tenant = Tenant::new("711111111111").await;
    let mut replica = Case::new(&tenant, "fl-everything-osaka", Region::Osaka);
    replica.converge(&replica.want()).await;
    let mut case = Case::new(&tenant, "fl-everything", Region::Tokyo);
    case.others(
        "s3.create_bucket(Bucket='fl-everything-logs', CreateBucketConfiguration={'LocationConstraint': 'ap-northeast-1'})\n\
         trust = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Principal': {'Service': 's3.amazonaws.com'}}]}\n\
         client('iam').create_role(RoleName='replication', AssumeRolePolicyDocument=json.dumps(trust))",
    );
    let mut want = Want {
        replication: replication::Want::On(Replication::to(
            "arn:aws:iam::711111111111:role/replication",
            &bucket::arn(replica.name),
            "arn:aws:kms:ap-northeast-3:711111111111:key/two",
        )),
        logging: Some(Logging {
            bucket: "fl-everything-logs".into(),
            prefix: "fl/".into(),
        }),
        ..case.want()
    };
    let lines = case.converge(&want).await;
    assert_eq!(lines.len(), 8, "{lines:#?}");

    // A bucket that is set up can still be given a lock, and a weaker or another default.
    for days in [7, 0, 3] {
        want.object_lock = Some(ObjectLock::new(ObjectLockMode::Governance, days));
        let lines = case.converge(&want).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
    }
    assert_eq!(
        case.observe().await.unwrap()[0].tags.get("団体").expect("a tag"),
        "千代田区"
    );

    for (drift, line) in [
        (
            "s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={'BlockPublicAcls': True})",
            "block public access",
        ),
        ("s3.delete_public_access_block(Bucket=name)", "block public access"),
        ("s3.delete_bucket_ownership_controls(Bucket=name)", "turn off the ACLs"),
        (
            "s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={'Rules': [{'ObjectOwnership': 'ObjectWriter'}]})",
            "turn off the ACLs",
        ),
        ("s3.delete_bucket_encryption(Bucket=name)", "encrypt"),
        ("s3.delete_bucket_policy(Bucket=name)", "put the policy"),
        ("s3.delete_bucket_lifecycle(Bucket=name)", "put the lifecycle"),
        (
            "s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={'Rules': [{'ID': 'theirs',\n\
             \x20 'Status': 'Enabled', 'Filter': {'And': {'Prefix': 'tmp/', 'Tags': [{'Key': 'a', 'Value': 'b'}]}},\n\
             \x20 'Expiration': {'Days': 1}, 'Transitions': [{'Days': 0, 'StorageClass': 'GLACIER'}]}]})",
            "put the lifecycle",
        ),
        ("s3.delete_bucket_replication(Bucket=name)", "replicate"),
        (
            "s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={})",
            "log accesses",
        ),
    ] {
        case.others(drift);
        let lines = case.converge(&want).await;
        assert_eq!(lines.len(), 1, "{drift}: {lines:?}");
        assert!(lines[0].starts_with(line), "{drift}: {lines:?}");
    }

    // What the spec no longer asks for ends, one after the other.
    want.replication = replication::Want::Off;
    want.logging = None;
    assert_eq!(
        case.converge(&want).await,
        [
            "stop replicating bucket fl-everything",
            "stop logging accesses to bucket fl-everything"
        ]
    );
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_bucket_with_a_lock_from_the_start() {
    let mut case = Case::new(&Tenant::new("722222222222").await, "fl-locked", Region::Osaka);
    let want = Want {
        object_lock: Some(ObjectLock::new(ObjectLockMode::Compliance, 1)),
        ..case.want()
    };
    let lines = case.converge(&want).await;
    assert_eq!(lines[0], "create bucket fl-locked with object lock");
    assert!(!lines.iter().any(|line| line.contains("old versions in")), "{lines:?}");

    // Versioning stays: the plan does not try, and S3 would refuse.
    let suspend = Action::Put {
        name: case.name.into(),
        setting: Setting::Versioning(Versioning::Suspended),
    };
    assert_eq!(case.run(suspend).await.unwrap_err().kind, FaultKind::Conflict);
    case.others("s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={'ObjectLockEnabled': 'Enabled', 'Rule': {'DefaultRetention': {'Mode': 'COMPLIANCE', 'Years': 1}}})");
    let lines = case.converge(&want).await;
    assert_eq!(lines, ["lock objects in bucket fl-locked: Compliance for 1 days"]);
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn tags_of_others_and_unversioned_buckets() {
    let mut case = Case::new(&Tenant::new("733333333333").await, "fl-tags", Region::Tokyo);
    let want = Want {
        versioning: false,
        ..case.want()
    };
    case.converge(&want).await;
    case.others("s3.put_bucket_tagging(Bucket=name, Tagging={'TagSet': s3.get_bucket_tagging(Bucket=name)['TagSet'][1:] + [{'Key': 'cost', 'Value': '7'}]})");
    let lines = case.converge(&want).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let tags = case.observe().await.unwrap()[0].tags.clone();
    assert_eq!(tags.get("cost").expect("a tag"), "7");
    assert_eq!(tags.get(tags::ROLE).expect("a tag"), ROLE);

    let versioned = Want {
        versioning: true,
        ..want.clone()
    };
    case.converge(&versioned).await;
    case.converge(&want).await;
    let have = case.observe().await.unwrap()[0].versioning.clone();
    assert_eq!(have, Observation::Present(Versioning::Suspended));

    // A bucket whose tags are gone is nobody's, and nothing is done to it.
    case.others("s3.delete_bucket_tagging(Bucket=name)");
    case.buckets = case.observe().await;
    assert_eq!(case.buckets.as_ref().unwrap()[0].tags, Tags::new());
    let made = case.plan(&want);
    assert_eq!((made.steps.len(), made.blocks.len()), (0, 1), "{made:?}");
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn only_an_empty_bucket_goes() {
    let mut case = Case::new(&Tenant::new("744444444444").await, "fl-empty", Region::Tokyo);
    case.converge(&case.want()).await;
    case.others("s3.delete_bucket_policy(Bucket=name)");
    let delete = || Action::Delete { name: case.name.into() };
    for (script, held) in [
        (
            "s3.put_object(Bucket=name, Key='a', Body=b'x', ServerSideEncryption='AES256')",
            (1, 0, 0),
        ),
        ("s3.delete_object(Bucket=name, Key='a')", (1, 1, 0)),
        (
            "s3.delete_object(Bucket=name, Key='a', VersionId=s3.list_object_versions(Bucket=name)['Versions'][0]['VersionId'])",
            (0, 1, 0),
        ),
        (
            "s3.delete_object(Bucket=name, Key='a', VersionId=s3.list_object_versions(Bucket=name)['DeleteMarkers'][0]['VersionId'])\n\
             s3.create_multipart_upload(Bucket=name, Key='b', ServerSideEncryption='AES256')",
            (0, 0, 1),
        ),
    ] {
        case.others(script);
        let Contents {
            versions,
            delete_markers,
            uploads,
            more,
        } = case.contents().await;
        assert_eq!(((versions, delete_markers, uploads), more), (held, false), "{script}");
        let refused = case.run(delete()).await.unwrap_err();
        assert_eq!(refused.kind, FaultKind::Conflict, "{refused}");
    }
    case.others(
        "s3.abort_multipart_upload(Bucket=name, Key='b', UploadId=s3.list_multipart_uploads(Bucket=name)['Uploads'][0]['UploadId'])",
    );
    assert!(case.contents().await.is_empty());
    case.run(delete()).await.unwrap();
    assert_eq!(case.observe().await, Ok(Vec::new()));
    case.run(delete()).await.unwrap();
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn a_bucket_of_somebody_else() {
    let tenant = Tenant::new("755555555555").await;
    let theirs = Case::new(&tenant, "fl-taken", Region::Tokyo);
    theirs.run(theirs.create()).await.unwrap();
    let ours = Case::new(&Tenant::new("766666666666").await, "fl-taken", Region::Tokyo);
    assert_eq!(ours.observe().await, Ok(Vec::new()), "it is not in our account");
    for (case, code) in [(&ours, "BucketAlreadyExists"), (&theirs, "BucketAlreadyOwnedByYou")] {
        let refused = case.run(case.create()).await.unwrap_err();
        assert_eq!((refused.kind, refused.code.as_str()), (FaultKind::Conflict, code));
    }
    for setting in [Setting::Ownership, Setting::Policy(policy(ours.name))] {
        let name = ours.name.to_owned();
        let refused = ours.run(Action::Put { name, setting }).await.unwrap_err();
        assert_eq!(refused.kind, FaultKind::Denied, "{refused}");
    }
    let delete = Action::Delete { name: ours.name.into() };
    assert_eq!(ours.run(delete).await.unwrap_err().kind, FaultKind::Denied);
    // A name that begins the same is another bucket.
    let short = Case::new(&tenant, "fl-take", Region::Tokyo);
    assert_eq!(short.observe().await, Ok(Vec::new()));
    let elsewhere = Case::new(&tenant, "fl-taken", Region::Osaka);
    assert_eq!(elsewhere.observe().await, Ok(Vec::new()));
}

#[tokio::test]
#[ignore = "run by against_a_local_aws"]
async fn what_may_not_be_read() {
    let mut case = Case::new(&Tenant::new("777777777777").await, "fl-unread", Region::Tokyo);
    case.converge(&case.want()).await;
    let deny = |operation: &str| {
        others(
            case.account,
            &format!(
                "side('faults', {{'account': '{}', 'service': 's3', 'operation': '{operation}', 'action': 'deny'}})",
                case.account
            ),
        );
    };
    deny("GetBucketPolicy");
    deny("ListObjectVersions");
    let seen = case.observe().await.unwrap().remove(0);
    assert_eq!(seen.policy.fault().unwrap().kind, FaultKind::Denied);
    assert_eq!(seen.contents.unwrap().unwrap_err().kind, FaultKind::Denied);
    let key = case.want().key_arn.unwrap();
    assert_eq!(seen.encryption, Observation::Present(Encryption::under(&key)));
    deny("GetBucketTagging");
    assert_eq!(case.observe().await.unwrap_err().operation, "s3:GetBucketTagging");
    deny("ListBuckets");
    assert_eq!(case.observe().await.unwrap_err().operation, "s3:ListBuckets");
}
