//! The bucket policies, composed of whom the spec admits and of what only AWS can tell: the key and the
//! ways in.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::file_link_bucket::GrantedAccess;
use jichitai_api::{Reason, Region};

use crate::file_link_bucket::access::{Admitted, Way};
use crate::file_link_bucket::observed::Observed;
use crate::file_link_bucket::target::Target;
use crate::identity::AccountId;
use crate::observation::Fault;
use crate::plan::Text;
use crate::policy::bucket_policy::{self, BucketAccess, From};
use crate::policy::document::Document;
use crate::policy::evaluate;
use crate::policy::key_policy::RoleArn;
use crate::resolve::is_part_of;
use crate::s3::bucket_policy::{Want, proof};
use crate::spec_fault::SpecFault;

/// What goes into a policy is not there yet, or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The municipality makes it.
    NotYet,
    /// A read failed.
    Unreadable(Fault),
}

/// By which way those come who are named without endpoints: the municipality's endpoint for S3, or else
/// whatever endpoint of its VPC.
pub(super) fn municipality_way(target: &Target, observed: &Observed) -> Result<From, Missing> {
    let tenant = &target.tenant;
    if tenant.has_endpoint {
        let endpoints = observed
            .endpoints
            .as_ref()
            .map_err(|fault| Missing::Unreadable(fault.clone()))?;
        let mine = endpoints
            .iter()
            .find(|one| is_part_of(*one, &tenant.identity, "endpoint.s3"));
        return match mine {
            Some(endpoint) => Ok(From::Endpoints(BTreeSet::from([endpoint.id.clone()]))),
            None => Err(Missing::NotYet),
        };
    }
    vpc(target, observed).map(From::Vpc)
}

/// The municipality's VPC.
pub(super) fn vpc(target: &Target, observed: &Observed) -> Result<String, Missing> {
    if let Some(id) = &target.tenant.vpc_id {
        return Ok(id.clone());
    }
    let vpcs = observed
        .vpcs
        .as_ref()
        .map_err(|fault| Missing::Unreadable(fault.clone()))?;
    let mine = vpcs.iter().find(|vpc| is_part_of(*vpc, &target.tenant.identity, "vpc"));
    mine.map(|vpc| vpc.id.clone()).ok_or(Missing::NotYet)
}

/// The bucket policy in Tokyo, or in Osaka that of the replica, to which nobody but the replication
/// has access: it is there to be copied back.
pub(super) fn want(target: &Target, region: Region, key_arn: &str, way: &From) -> Want {
    let document = bucket_policy::compose(&access(target, region, &target.admitted, key_arn, way));
    let mut before = access(target, region, &target.before_expiry, key_arn, way);
    before.break_glass.extend(target.break_glass_before.iter().cloned());
    Want {
        before_expiry: bucket_policy::compose(&before),
        proof: proof(&document, &target.operator, bucket(target, region)),
        document,
    }
}

/// The policy of a bucket from which all access is taken.
pub(super) fn closed(
    bucket: &str,
    account: &AccountId,
    key_arn: &str,
    operator: &RoleArn,
    break_glass: &BTreeSet<RoleArn>,
) -> Document {
    bucket_policy::compose(&BucketAccess {
        bucket: bucket.to_owned(),
        account: account.clone(),
        key_arn: key_arn.to_owned(),
        readers: BTreeSet::new(),
        writers: BTreeSet::new(),
        replicator: None,
        receives_from: None,
        operator: operator.clone(),
        break_glass: break_glass.clone(),
        paths: BTreeMap::new(),
    })
}

fn bucket(target: &Target, region: Region) -> &str {
    match region {
        Region::Tokyo => &target.bucket,
        Region::Osaka => target.replica.as_deref().unwrap_or_default(),
    }
}

fn access(target: &Target, region: Region, admitted: &Admitted, key_arn: &str, way: &From) -> BucketAccess {
    let source = region == Region::Tokyo;
    let by = |role: &RoleArn, own: &Way| {
        let from = match own {
            Way::Municipality => way.clone(),
            Way::Endpoints(ids) => From::Endpoints(ids.clone()),
        };
        (role.clone(), from)
    };
    let only = |roles: &BTreeSet<RoleArn>| if source { roles.clone() } else { BTreeSet::new() };
    BucketAccess {
        bucket: bucket(target, region).to_owned(),
        account: target.account.clone(),
        key_arn: key_arn.to_owned(),
        readers: only(&admitted.readers),
        writers: only(&admitted.writers),
        replicator: admitted.replicator.clone().filter(|_| source),
        receives_from: admitted.replicator.clone().filter(|_| !source),
        operator: target.operator.clone(),
        break_glass: target.break_glass.clone(),
        paths: match source {
            true => admitted.ways.iter().map(|(role, own)| by(role, own)).collect(),
            false => BTreeMap::new(),
        },
    }
}

/// What stands for an id or ARN of AWS's own length where the real one is not known yet.
fn key_of_usual_length(account: &AccountId) -> String {
    format!("arn:aws:kms:ap-northeast-1:{account}:key/00000000-0000-0000-0000-000000000000")
}

/// Whether the policy fits, and otherwise how many roles would.
pub(super) fn check_sizes(target: &Target, faults: &mut Vec<SpecFault>) {
    let way = From::Endpoints(BTreeSet::from(["vpce-00000000000000000".to_owned()]));
    let key = key_of_usual_length(&target.account);
    let access = access(target, Region::Tokyo, &target.admitted, &key, &way);
    let bytes = bucket_policy::compose(&access).to_json().len();
    if bytes <= bucket_policy::MAX_BYTES {
        return;
    }
    let (limit, named) = (bucket_policy::MAX_BYTES, target.admitted.everybody().len());
    let fit = bucket_policy::fitting(&access);
    faults.push(SpecFault {
        path: "spec.access".into(),
        reason: Reason::CapacityExceeded,
        message: Text::new(
            format!("the bucket policy would have {bytes} bytes and S3 takes {limit}: of the {named} roles, {fit} fit; move the others to another FileLinkBucket (accessGroup)"),
            format!("バケットポリシーが {bytes} バイトになり、S3 の上限 {limit} を超えます。{named} ロールのうち収まるのは {fit} です。残りは別の FileLinkBucket(accessGroup)に分けてください"),
        ),
    });
}

/// Whether the live bucket policy lets a role do what it is granted, by its way.
pub(super) fn bucket_admits(
    policy: &Document,
    role: &RoleArn,
    granted: GrantedAccess,
    target: &Target,
    municipality: Option<&From>,
) -> bool {
    let from = match target.admitted.ways.get(role) {
        Some(Way::Endpoints(ids)) => Some(From::Endpoints(ids.clone())),
        Some(Way::Municipality) => municipality.cloned(),
        None => None,
    };
    let mut context = words([("aws:SecureTransport", "true"), ("s3:TlsVersion", "1.3")]);
    match from {
        Some(From::Endpoints(ids)) => {
            context.extend(ids.first().map(|id| ("aws:SourceVpce".to_owned(), vec![id.clone()])));
        }
        Some(From::Vpc(id)) => {
            context.insert("aws:SourceVpc".into(), vec![id]);
        }
        None => {}
    }
    let object = format!("arn:aws:s3:::{}/object", target.bucket);
    let actions: &[&str] = match granted {
        GrantedAccess::Read => &["s3:GetObject"],
        GrantedAccess::Write => &["s3:PutObject"],
        GrantedAccess::ReadWrite => &["s3:GetObject", "s3:PutObject"],
    };
    actions
        .iter()
        .all(|action| evaluate::admits(policy, role, action, &object, &context))
}

/// Whether the live policy of the key in Tokyo lets a role use it for the bucket.
pub(super) fn key_admits(policy: &Document, role: &RoleArn, target: &Target) -> bool {
    key_lets(policy, role, Region::Tokyo, &target.bucket, "kms:Decrypt")
}

/// Whether the live policy of the key in Osaka lets a role write replicas.
pub(super) fn replica_key_admits(policy: &Document, role: &RoleArn, replica: &str) -> bool {
    key_lets(policy, role, Region::Osaka, replica, "kms:Encrypt")
}

fn key_lets(policy: &Document, role: &RoleArn, region: Region, bucket: &str, action: &str) -> bool {
    let via = format!("s3.{region}.amazonaws.com");
    let bucket = format!("arn:aws:s3:::{bucket}");
    let context = words([
        ("kms:ViaService", via.as_str()),
        ("kms:EncryptionContext:aws:s3:arn", bucket.as_str()),
    ]);
    // In a key policy every resource is the key itself.
    evaluate::admits(policy, role, action, "*", &context)
}

fn words<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, Vec<String>> {
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), vec![value.to_owned()]))
        .collect()
}
