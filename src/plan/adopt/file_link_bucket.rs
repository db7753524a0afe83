//! A bucket, with whom its policy admits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Proposal, Refusal, stack_remark, watch};
use crate::observation::{Fault, Listing, Observation};
use crate::plan::Text;
use crate::policy::document::{Document, Effect, Scope, Statement};
use crate::policy::key_policy::RoleArn;
use crate::s3::bucket::Bucket;
use crate::s3::object_lock::ObjectLock;

/// What only a person knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The Municipality in the same namespace.
    pub municipality: String,
    /// The zone.
    pub zone: String,
    /// The 業務ID.
    pub business_id: String,
}

/// The object for a bucket.
///
/// # Errors
/// What is missing.
pub fn propose(buckets: &Listing<Bucket>, name: &str, given: &Given) -> Result<Proposal, Refusal> {
    let buckets = buckets.as_ref().map_err(Fault::clone)?;
    let bucket = buckets.iter().find(|one| one.name == name).ok_or(Refusal::Missing)?;
    let mut remarks: Vec<Text> = stack_remark(&bucket.name, &bucket.tags).into_iter().collect();
    let none = Document::default();
    let policy = match &bucket.policy {
        Observation::Present(policy) => policy,
        Observation::Absent => &none,
        Observation::Unreadable(fault) => return Err(Refusal::Unreadable(fault.clone())),
    };
    let writers = admitted(policy, &["s3:PutObject", "s3:Put*", "s3:*"]);
    let readers = admitted(policy, &["s3:GetObject", "s3:Get*", "s3:*"]);
    let providers: Vec<Value> = writers.iter().map(|role| json!({"roleArn": role})).collect();
    let consumers: Vec<Value> = readers
        .iter()
        .map(|role| json!({"roleArn": role, "businessId": given.business_id}))
        .collect();
    let mut access = json!({"providers": providers});
    if !consumers.is_empty() {
        access["consumers"] = json!(consumers);
        remarks.push(Text::new(
            "consumers[].businessId: the bucket policy does not tell whose role it is; the own 業務ID stands there",
            "consumers[].businessId: バケットポリシーからは分からないため、このバケットの業務ID としています",
        ));
    }
    if writers.is_empty() && readers.is_empty() {
        remarks.push(Text::new(
            "access: the bucket policy admits no role by its ARN; whoever comes in by another way would be shut out",
            "access: バケットポリシーは ARN でロールを許可していません。ほかの方法で使う人は、適用すると使えなくなります",
        ));
    }
    let mut spec = json!({
        "municipalityRef": {"name": given.municipality}, "zone": given.zone, "businessId": given.business_id,
        "bucketName": bucket.name, "access": access,
    });
    if let Observation::Present(ObjectLock { default: Some(lock) }) = &bucket.object_lock {
        spec["objectLock"] = json!({"mode": lock.mode, "days": lock.period.days().1});
    }
    watch(&mut spec, &BTreeMap::from([("bucket".to_owned(), bucket.name.clone())]));
    remarks.push(Text::new(
        "mode: Plan shows what becomes of encryption, versioning, lifecycle and policy; objects that are there keep their key",
        "mode: Plan で、暗号化、バージョニング、ライフサイクル、ポリシーの変化を確かめてください。既存のオブジェクトの鍵は変わりません",
    ));
    Ok(Proposal { spec, remarks })
}

/// Roles that the policy names and allows one of these actions.
fn admitted(policy: &Document, actions: &[&str]) -> BTreeSet<String> {
    let allows = |statement: &&Statement| {
        let named = match &statement.actions {
            Scope::Only(words) => actions.iter().any(|action| words.contains(action)),
            Scope::Except(_) => false,
        };
        statement.effect == Effect::Allow && named
    };
    let named = policy.statements.iter().filter(allows).flat_map(|one| {
        let principals: Vec<&str> = match &one.principals {
            Some(Scope::Only(words)) => words.iter().filter_map(|word| word.strip_prefix("AWS:")).collect(),
            _ => Vec::new(),
        };
        // Whoever it is open to, a condition may name those who are meant.
        let conditions = one.conditions.iter().filter(|(operator, _)| !operator.contains("Not"));
        let keys = conditions.filter_map(|(_, keys)| keys.get("aws:PrincipalArn"));
        principals
            .into_iter()
            .chain(keys.flatten().map(String::as_str))
            .collect::<Vec<_>>()
    });
    named.filter_map(RoleArn::new).map(|role| role.arn).collect()
}
