//! The policy of a file-link bucket: who may do what with the objects, over which path.
//!
//! Everybody who is not named is denied, whatever an identity policy says; named roles are allowed
//! under their account's root, so that a role in another account needs its own policy as well. Roles
//! are compared by `aws:PrincipalArn`, which is the role's ARN in every session of it. Configuration
//! stays readable to the account's own tools and writable to the operator and the break-glass roles.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::{AccountId, sid_hash};
use crate::policy::document::{Document, Statement};
use crate::policy::role_arn::RoleArn;

/// Largest bucket policy that S3 accepts, in bytes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html>
pub const MAX_BYTES: usize = 20_480;

/// What reads an object or what is known of it. No bucket setting is read by such an action: the
/// object lock's is `s3:GetBucketObjectLockConfiguration`.
const READING: [&str; 3] = [
    "s3:GetObject*",
    "s3:ListObjectAnnotations",
    "s3:ListObjectVersionAnnotations",
];
/// What reads content: the replica's writer needs an object's tags, but not this.
const CONTENT: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObjectAnnotation",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAnnotation*",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTorrent",
];
/// What tells the names of objects, versions and unfinished uploads.
const LISTING: [&str; 4] = [
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
    "s3:ListMultipartUploadParts",
];
/// What changes objects. Settings of a bucket are written by `s3:PutBucket…` and `s3:Put…Configuration`.
const WRITING: [&str; 4] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject*",
    "s3:PutObject*",
    "s3:RestoreObject",
];
/// What writes replicas.
const REPLICATING: [&str; 2] = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:Replicate*"];
/// What goes around a lock, copies everything anew, or puts another key under an existing object.
const EXCEPTIONAL: [&str; 3] = [
    "s3:BypassGovernanceRetention",
    "s3:InitiateReplication",
    "s3:UpdateObjectEncryption",
];
/// What writes the bucket's policy or settings. `s3:Put*Configuration` has no object among its actions.
const CONFIGURATION: [&str; 9] = [
    "s3:AllowVendedLogDeliveryForResource",
    "s3:CreateBucketMetadata*",
    "s3:DeleteBucket*",
    "s3:PauseReplication",
    "s3:Put*Configuration",
    "s3:PutBucket*",
    "s3:TagResource",
    "s3:UntagResource",
    "s3:UpdateBucketMetadata*",
];
/// What readers are allowed: get and list.
pub(super) const READ_OBJECTS: [&str; 6] = [
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionTagging",
];
/// What writers are allowed on objects: put and delete. Old versions are the lifecycle's matter.
pub(super) const WRITE_OBJECTS: [&str; 5] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectTagging",
];
const READ_BUCKET: [&str; 2] = ["s3:GetBucketLocation", "s3:ListBucket"];
const WRITE_BUCKET: [&str; 3] = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"];

const REPLICA_BUCKET: [&str; 2] = ["s3:GetBucketVersioning", "s3:ListBucket"];
const REPLICA_OBJECTS: [&str; 4] = [
    "s3:GetObjectVersionTagging",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:ReplicateTags",
];

/// Over which path a principal has to come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// Through one of these VPC endpoints (`vpce-…`).
    Endpoints(BTreeSet<String>),
    /// Through any endpoint in this VPC (`vpc-…`).
    Vpc(String),
}

/// Who may do what with one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketAccess {
    /// The bucket's name.
    pub bucket: String,
    /// The account that owns it.
    pub account: AccountId,
    /// The whole ARN of the key under which objects are put.
    pub key_arn: String,
    /// Roles that get and list.
    pub readers: BTreeSet<RoleArn>,
    /// Roles that put, list and delete.
    pub writers: BTreeSet<RoleArn>,
    /// On the source of a replication: the role that reads versions for it.
    pub replicator: Option<RoleArn>,
    /// On a replica: the role that writes replicas.
    pub receives_from: Option<RoleArn>,
    /// The operator's role: it counts objects and writes settings, and touches no object.
    pub operator: RoleArn,
    /// Roles for emergencies: they write settings, and go around a governance lock.
    pub break_glass: BTreeSet<RoleArn>,
    /// The path that is asked of a principal; those that are not in it may come over any.
    pub paths: BTreeMap<RoleArn, From>,
}

/// Composes the policy.
#[must_use]
pub fn compose(access: &BucketAccess) -> Document {
    let BucketAccess {
        bucket,
        account: _,
        key_arn,
        readers,
        writers,
        replicator: _,
        receives_from,
        operator,
        break_glass,
        paths,
    } = access;
    let whole = arn(bucket);
    let objects = format!("{whole}/*");
    let mut statements = transport(&whole, &objects).to_vec();
    statements.extend(strangers(access, &whole, &objects));
    statements.push(
        unless(
            Statement::deny("DenyExceptional", &EXCEPTIONAL),
            break_glass.iter().map(arn_of),
        )
        .for_resources([objects.clone()]),
    );
    statements.push(
        unless(
            Statement::deny("DenyConfiguration", &CONFIGURATION),
            break_glass.iter().chain([operator]).map(arn_of),
        )
        .for_resources([whole.clone()]),
    );
    statements.extend(encryption(key_arn, &objects));
    statements.extend(elsewhere(paths, &whole, &objects));
    if let Some(role) = receives_from {
        statements.push(
            Statement::deny("DenyReadingReplicas", &CONTENT)
                .for_resources([objects.clone()])
                .when("ArnEquals", "aws:PrincipalArn", [role.arn.clone()]),
        );
    }
    statements.extend(allow("AllowReading", readers, &[&READ_BUCKET, &READ_OBJECTS], &whole));
    statements.extend(allow("AllowWriting", writers, &[&WRITE_BUCKET, &WRITE_OBJECTS], &whole));
    let receivers = receives_from.iter().cloned().collect();
    statements.extend(allow(
        "AllowReplicas",
        &receivers,
        &[&REPLICA_BUCKET, &REPLICA_OBJECTS],
        &whole,
    ));
    Document::new(statements)
}

/// The policy once nobody has access any more: the data stays, and only the operator and the
/// break-glass roles change settings.
#[must_use]
pub fn closed(access: &BucketAccess) -> Document {
    compose(&BucketAccess {
        readers: BTreeSet::new(),
        writers: BTreeSet::new(),
        replicator: None,
        receives_from: None,
        paths: BTreeMap::new(),
        ..access.clone()
    })
}

/// How many of the named readers and writers fit into a bucket policy, for the message that says
/// that not all do.
#[must_use]
pub fn fitting(access: &BucketAccess) -> usize {
    let named: Vec<&RoleArn> = access.readers.union(&access.writers).collect();
    largest(named.len(), |count| {
        let kept = |role: &RoleArn| named.iter().take(count).any(|one| *one == role);
        let mut fewer = access.clone();
        fewer.readers.retain(&kept);
        fewer.writers.retain(&kept);
        fewer.paths.retain(|role, _| kept(role));
        compose(&fewer).to_json().len() <= MAX_BYTES
    })
}

/// The largest count up to `all` that fits, when with every count that fits every smaller one does.
pub(super) fn largest(all: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut fitting, mut too_many) = (0, all + 1);
    while too_many - fitting > 1 {
        let middle = fitting.midpoint(too_many);
        match fits(middle) {
            true => fitting = middle,
            false => too_many = middle,
        }
    }
    fitting
}

/// TLS, 1.2 or later, for everything.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html>
fn transport(whole: &str, objects: &str) -> [Statement; 2] {
    let everything = || [whole.to_owned(), objects.to_owned()];
    [
        Statement::deny("DenyInsecureTransport", &["s3:*"])
            .for_resources(everything())
            .when("Bool", "aws:SecureTransport", ["false".to_owned()]),
        Statement::deny("DenyOldTls", &["s3:*"])
            .for_resources(everything())
            .when("NumericLessThan", "s3:TlsVersion", ["1.2".to_owned()]),
    ]
}

/// Objects are for those who are named. AWS services that come as themselves are spared: nothing
/// here allows them anything, so only what their own rules let in passes. Service-linked roles read
/// and list for the account's security tools.
fn strangers(access: &BucketAccess, whole: &str, objects: &str) -> [Statement; 4] {
    let BucketAccess {
        account,
        readers,
        writers,
        replicator,
        receives_from,
        operator,
        ..
    } = access;
    let tools = [format!("arn:aws:iam::{account}:role/aws-service-role/*")];
    let copying = || replicator.iter().chain(receives_from).map(arn_of);
    let people = |statement| {
        Statement::when(
            statement,
            "BoolIfExists",
            "aws:PrincipalIsAWSService",
            ["false".to_owned()],
        )
    };
    let read = readers.iter().map(arn_of).chain(copying()).chain(tools.clone());
    let list = readers.iter().chain(writers).chain([operator]).map(arn_of);
    [
        people(unless(Statement::deny("DenyReading", &READING), read)).for_resources([objects.to_owned()]),
        people(unless(
            Statement::deny("DenyListing", &LISTING),
            list.chain(copying()).chain(tools),
        ))
        .for_resources([whole.to_owned(), objects.to_owned()]),
        people(unless(
            Statement::deny("DenyWriting", &WRITING),
            writers.iter().map(arn_of),
        ))
        .for_resources([objects.to_owned()]),
        unless(
            Statement::deny("DenyReplicating", &REPLICATING),
            receives_from.iter().map(arn_of),
        )
        .for_resources([objects.to_owned()]),
    ]
}

/// A put without headers takes the bucket's default, our key. `aws:kms` without a key would be AWS's
/// own `aws/s3`, which nobody outside of the account can use.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>
fn encryption(key_arn: &str, objects: &str) -> [Statement; 4] {
    const ALGORITHM: &str = "s3:x-amz-server-side-encryption";
    const KEY: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    const CUSTOMER: &str = "s3:x-amz-server-side-encryption-customer-algorithm";
    let deny = |sid| Statement::deny(sid, &["s3:PutObject"]).for_resources([objects.to_owned()]);
    let [given, missing] = ["false", "true"].map(|word| move || [word.to_owned()]);
    [
        deny("DenyOtherEncryption").when("Null", ALGORITHM, given()).when(
            "StringNotEquals",
            ALGORITHM,
            ["aws:kms".to_owned()],
        ),
        deny("DenyOtherKey")
            .when("Null", KEY, given())
            .when("ArnNotEquals", KEY, [key_arn.to_owned()]),
        deny("DenyUnnamedKey")
            .when("StringEquals", ALGORITHM, ["aws:kms".to_owned()])
            .when("Null", KEY, missing()),
        deny("DenyCustomerKeys").when("Null", CUSTOMER, given()),
    ]
}

/// One statement per path. A negated operator also matches when the key is absent, as it is for
/// requests that come through no endpoint.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html>
fn elsewhere(paths: &BTreeMap<RoleArn, From>, whole: &str, objects: &str) -> Vec<Statement> {
    let mut groups: BTreeMap<&From, Vec<&RoleArn>> = BTreeMap::new();
    for (role, path) in paths {
        groups.entry(path).or_default().push(role);
    }
    let actions: Vec<&str> = READING.iter().chain(&LISTING).chain(&WRITING).copied().collect();
    let group = |(path, roles): (&From, Vec<&RoleArn>)| {
        let (key, places): (&str, BTreeSet<String>) = match path {
            From::Endpoints(endpoints) => ("aws:SourceVpce", endpoints.clone()),
            From::Vpc(vpc) => ("aws:SourceVpc", BTreeSet::from([vpc.clone()])),
        };
        let text: Vec<&str> = places.iter().map(String::as_str).collect();
        let statement = Statement::deny(&format!("DenyElsewhere{}", sid_hash(&text.join(","))), &actions)
            .for_resources([whole.to_owned(), objects.to_owned()])
            .when("ArnEquals", "aws:PrincipalArn", roles.into_iter().map(arn_of));
        match places.is_empty() {
            // No endpoint at all: then there is no way in.
            true => statement,
            false => statement.when("StringNotEquals", key, places),
        }
    };
    groups.into_iter().map(group).collect()
}

fn allow(sid: &str, roles: &BTreeSet<RoleArn>, actions: &[&[&str]], whole: &str) -> Option<Statement> {
    let actions: Vec<&str> = actions.iter().copied().flatten().copied().collect();
    let statement = Statement::permit(sid, &actions)
        .by(roles.iter().map(|role| role.account.root_arn()))
        .for_resources([whole.to_owned(), format!("{whole}/*")])
        .when("ArnEquals", "aws:PrincipalArn", roles.iter().map(arn_of));
    (!roles.is_empty()).then_some(statement)
}

/// The denial for all but these. `ArnNotLike` also matches when there is no principal, so anonymous
/// callers are denied; a list of nobody would be no condition that S3 takes, so there is none then.
fn unless(statement: Statement, spared: impl Iterator<Item = String>) -> Statement {
    let spared: BTreeSet<String> = spared.collect();
    match spared.is_empty() {
        true => statement,
        false => statement.when("ArnNotLike", "aws:PrincipalArn", spared),
    }
}

fn arn_of(role: &RoleArn) -> String {
    role.arn.clone()
}

/// The ARN of a bucket.
pub(super) fn arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}
