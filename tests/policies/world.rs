//! Two accounts of service providers, the municipality's account with its bucket and replica, and
//! everybody who might ask.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::file_link_bucket::ClientClaim;
use jichitai_api::{FileLinkBucket, Region};
use jichitai_plan::identity::{AccountId, Owner};
use jichitai_plan::policy::bucket_policy::{self, BucketAccess, From};
use jichitai_plan::policy::document::{Document, Statement};
use jichitai_plan::policy::key_policy::{self, BucketGrant, KeyAccess, RoleArn};
use jichitai_plan::policy::role_policy::{
    self, Access, as_consumer, broker_trust, replication_trust, transfer_trust, web_identity_trust,
};

pub const BUCKET: &str = "fl-files";
pub const REPLICA: &str = "fl-files-osaka";
pub const HOME: &str = "111122223333";
pub const KEY: &str = "arn:aws:kms:ap-northeast-1:111122223333:key/files";
pub const REPLICA_KEY: &str = "arn:aws:kms:ap-northeast-3:111122223333:key/copies";
pub const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/auth.example.jp/realms/files";

/// Somebody with what their own account lets them do.
pub struct Actor {
    /// A role's ARN, a service's name, or nothing.
    pub arn: String,
    pub identity: Vec<Document>,
}

pub fn account(id: &str) -> AccountId {
    AccountId::new(id).expect("an account")
}

pub fn role(path: &str) -> RoleArn {
    let (account, name) = path.split_once('/').expect("account and name");
    RoleArn::new(&format!("arn:aws:iam::{account}:role/{name}")).expect("a role")
}

fn roles<const N: usize>(paths: [&str; N]) -> BTreeSet<RoleArn> {
    paths.into_iter().map(role).collect()
}

/// What the managed policy `AdministratorAccess` says.
fn everything() -> Document {
    Document::new(vec![Statement::permit("", &["*"]).for_resources(["*".to_owned()])])
}

const OPERATOR: &str = "111122223333/jichitai/operator";
const BREAK_GLASS: &str = "111122223333/break-glass";
const REPLICATOR: &str = "111122223333/jichitai/fl-replication";
const CONSUMER: &str = "444455556666/asp/consumer";
const BROAD: &str = "444455556666/asp/broad";
const BROAD_WRITER: &str = "444455556666/asp/broad-writer";
const UNREADY: &str = "444455556666/asp/unready";
const PRODUCER: &str = "444455556666/asp/producer";
const LOCAL_READER: &str = "111122223333/tax/reader";
const LOCAL_WRITER: &str = "111122223333/tax/writer";
const SFTP_READER: &str = "111122223333/jichitai/sftp-reader";
const SFTP_WRITER: &str = "111122223333/jichitai/sftp-writer";
const CLIENT: &str = "111122223333/jichitai/client";
const CLIENT_WRITER: &str = "111122223333/jichitai/client-writer";

/// Everybody, by the name in the tables.
pub fn actors() -> BTreeMap<&'static str, Actor> {
    let files = |access| role_policy::client(BUCKET, KEY, access);
    let consumer = |path, access| as_consumer(&role(path), BUCKET, KEY, access).identity;
    let sftp = |access| role_policy::sftp_user(BUCKET, KEY, "in/", access);
    let known = [
        ("operator", OPERATOR, vec![everything()]),
        ("break-glass", BREAK_GLASS, vec![everything()]),
        ("consumer", CONSUMER, vec![consumer(CONSUMER, Access::Read)]),
        ("greedy", "444455556666/asp/greedy", vec![everything()]),
        ("broad", BROAD, vec![everything()]),
        ("broad-writer", BROAD_WRITER, vec![everything()]),
        ("unready", UNREADY, vec![]),
        ("producer", PRODUCER, vec![consumer(PRODUCER, Access::Write)]),
        ("local-reader", LOCAL_READER, vec![everything()]),
        ("local-writer", LOCAL_WRITER, vec![files(Access::Write)]),
        ("sftp-reader", SFTP_READER, vec![sftp(Access::Read)]),
        ("sftp-writer", SFTP_WRITER, vec![sftp(Access::Write)]),
        ("client", CLIENT, vec![files(Access::Read)]),
        ("client-writer", CLIENT_WRITER, vec![files(Access::Write)]),
        (
            "replication",
            REPLICATOR,
            vec![role_policy::replication(
                BUCKET,
                REPLICA,
                KEY,
                REPLICA_KEY,
                (Region::Tokyo, Region::Osaka),
            )],
        ),
        ("admin", "111122223333/admin", vec![everything()]),
        ("expired", "111122223333/tax/former", vec![files(Access::ReadWrite)]),
        ("other-asp", "777788889999/asp/consumer", vec![everything()]),
        ("lookalike", "444455556666/asp/consumer2", vec![everything()]),
        (
            "security-tool",
            "111122223333/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie",
            vec![everything()],
        ),
        (
            "foreign-tool",
            "777788889999/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie",
            vec![everything()],
        ),
    ];
    let mut actors: BTreeMap<_, _> = known
        .into_iter()
        .map(|(name, path, identity)| {
            (
                name,
                Actor {
                    arn: role(path).arn,
                    identity,
                },
            )
        })
        .collect();
    for (name, arn) in [("service", "delivery.logs.amazonaws.com"), ("anonymous", "")] {
        let (arn, identity) = (arn.to_owned(), vec![]);
        actors.insert(name, Actor { arn, identity });
    }
    actors
}

/// The source bucket's access.
pub fn source() -> BucketAccess {
    let endpoints = From::Endpoints(BTreeSet::from(["vpce-asp".to_owned()]));
    BucketAccess {
        bucket: BUCKET.into(),
        account: account(HOME),
        key_arn: KEY.into(),
        readers: roles([CONSUMER, BROAD, UNREADY, LOCAL_READER, SFTP_READER, CLIENT]),
        writers: roles([PRODUCER, BROAD_WRITER, LOCAL_WRITER, SFTP_WRITER, CLIENT_WRITER]),
        replicator: Some(role(REPLICATOR)),
        receives_from: None,
        operator: role(OPERATOR),
        break_glass: roles([BREAK_GLASS]),
        paths: BTreeMap::from([
            (role(CONSUMER), endpoints.clone()),
            (role(BROAD), endpoints.clone()),
            (role(UNREADY), endpoints.clone()),
            (role(PRODUCER), endpoints),
            (role(LOCAL_READER), From::Vpc("vpc-home".into())),
        ]),
    }
}

/// The replica's access.
pub fn replica() -> BucketAccess {
    BucketAccess {
        bucket: REPLICA.into(),
        key_arn: REPLICA_KEY.into(),
        readers: BTreeSet::new(),
        writers: BTreeSet::new(),
        replicator: None,
        receives_from: Some(role(REPLICATOR)),
        paths: BTreeMap::new(),
        ..source()
    }
}

/// The policy of a bucket: `source`, `replica`, or `closed`.
pub fn bucket(state: &str) -> Document {
    match state {
        "source" => bucket_policy::compose(&source()),
        "replica" => bucket_policy::compose(&replica()),
        "closed" => bucket_policy::closed(&source()),
        other => unreachable!("no bucket is {other}"),
    }
}

/// The access to a key: the bucket's roles in Tokyo, the replication role in Osaka.
pub fn key_access(region: Region) -> KeyAccess {
    let owner = Owner::new::<FileLinkBucket>("files", "tax");
    let BucketAccess { readers, writers, .. } = source();
    let (bucket, roles) = match region {
        Region::Tokyo => {
            let all = readers.union(&writers).cloned().chain([role(REPLICATOR)]);
            (BUCKET, all.collect())
        }
        Region::Osaka => (REPLICA, vec![role(REPLICATOR)]),
    };
    KeyAccess {
        buckets: vec![BucketGrant {
            owner,
            bucket: bucket.into(),
            roles,
        }],
        ..KeyAccess::default()
    }
}

/// The policy of a Region's key.
pub fn key(region: Region) -> Document {
    key_policy::compose(&account(HOME), region, &key_access(region))
}

/// The trust policy of a role by the name in the tables.
pub fn trust(name: &str) -> Document {
    let (audiences, scopes) = (["files-api".to_owned()], ["files.read".to_owned()]);
    let web = |claim, scopes: &[String]| {
        let issuer = "https://auth.example.jp/realms/files";
        web_identity_trust(PROVIDER, issuer, &audiences, claim, "client-7", scopes)
    };
    match name {
        "sftp" => transfer_trust(&account(HOME)),
        "replication" => replication_trust(),
        "aud" => web(ClientClaim::Aud, &[]),
        "azp" => web(ClientClaim::Azp, &[]),
        "sub" => web(ClientClaim::Sub, &[]),
        "scoped" => web(ClientClaim::Azp, &scopes),
        "broker" => broker_trust(&role("111122223333/broker"), "client-7", &scopes),
        other => unreachable!("no role is {other}"),
    }
}

/// Every document that is composed, for what has to be true of all of them.
pub fn documents() -> Vec<(String, Document)> {
    let mut all: Vec<(String, Document)> = Vec::new();
    for state in ["source", "replica", "closed"] {
        all.push((format!("bucket policy, {state}"), bucket(state)));
    }
    for region in Region::ALL {
        all.push((format!("key policy, {region}"), key(region)));
    }
    for name in ["sftp", "replication", "aud", "azp", "sub", "scoped", "broker"] {
        all.push((format!("trust policy, {name}"), trust(name)));
    }
    for (name, actor) in actors() {
        let identity = actor.identity.into_iter();
        all.extend(identity.map(|document| (format!("policy of {name}"), document)));
    }
    let endpoint = as_consumer(&role(CONSUMER), BUCKET, KEY, Access::ReadWrite).endpoint;
    all.push(("endpoint policy".into(), endpoint));
    all
}
