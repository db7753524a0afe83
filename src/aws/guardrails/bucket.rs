//! The account's buckets in Tokyo and Osaka.

use aws_sdk_s3::types::ObjectOwnership;
use jichitai_api::Region;
use jichitai_plan::guardrails::refuses_plain_http;
use jichitai_plan::guardrails::survey::{Bucket, Encryption, Read};
use jichitai_plan::observation::{Fault, FaultKind, Listing, Observation};
use jichitai_plan::s3::public_access_block::PublicAccessBlock;

use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::error::fault;
use crate::s3::{self, Address};
use crate::session::Session;

/// Buckets that are asked at the same time.
const AT_ONCE: usize = 8;
/// Whom an ACL names when it names everybody, or everybody with an account of AWS.
const EVERYBODY: [&str; 2] = [
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
];

pub(super) async fn buckets(session: &Session) -> Read<Bucket> {
    super::both(async |region| of_region(session, region).await).await
}

async fn of_region(session: &Session, region: Region) -> Listing<Bucket> {
    let names = s3::store::names(session, region).await?;
    let s3 = session.s3(region, Purpose::Read);
    let owner = session.account().as_str();
    let read = async |name: &String| {
        let at = Address { s3: &s3, owner, name };
        one(session, at, region).await
    };
    let all = concurrently(AT_ONCE, names.iter().map(read).collect()).await;
    Ok(all.into_iter().flatten().collect())
}

/// One bucket; none where it has gone meanwhile.
async fn one(session: &Session, at: Address<'_>, region: Region) -> Option<Bucket> {
    let settings = session
        .buckets
        .get(at.name, None, || Box::pin(s3::bucket::settings(at)));
    let (settings, block, policy) =
        futures::join!(settings, s3::public_access_block::read(at), s3::bucket_policy::read(at),);
    let (tags, encryption, owned) = match settings {
        Ok(None) => return None,
        Ok(Some(settings)) => {
            let owned =
                settings.ownership.present().map(String::as_str) == Some(ObjectOwnership::BucketOwnerEnforced.as_str());
            (
                Observation::Present(settings.tags),
                settings.encryption.map(kept_by),
                owned,
            )
        }
        Err(fault) => (
            Observation::Unreadable(fault.clone()),
            Observation::Unreadable(fault),
            false,
        ),
    };
    Some(Bucket {
        public: public(at, &block, owned).await,
        name: at.name.to_owned(),
        region,
        encryption,
        block,
        refuses_plain_http: policy.map(|policy| refuses_plain_http(&policy, at.name)),
        tags,
    })
}

fn kept_by(encryption: jichitai_plan::s3::encryption::Encryption) -> Encryption {
    match encryption.key {
        Some(key) => Encryption::Key(key),
        None => Encryption::ByAws,
    }
}

/// Whether everybody may read it. A closed public-access block leaves nothing to ask.
async fn public(at: Address<'_>, block: &Observation<PublicAccessBlock>, owned: bool) -> Observation<bool> {
    let block = match block {
        Observation::Present(block) => *block,
        Observation::Absent => PublicAccessBlock::OPEN,
        Observation::Unreadable(fault) => return Observation::Unreadable(fault.clone()),
    };
    let answer = async {
        let by_policy = !block.restrict_buckets && by_policy(at).await?;
        Ok(by_policy || !block.ignore_acls && !owned && by_acl(at).await?)
    };
    match answer.await {
        Ok(public) => Observation::Present(public),
        Err(fault) => Observation::Unreadable(fault),
    }
}

async fn by_policy(at: Address<'_>) -> Result<bool, Fault> {
    let call = at
        .s3
        .get_bucket_policy_status()
        .bucket(at.name)
        .expected_bucket_owner(at.owner);
    match call.send().await.map_err(fault) {
        Ok(answer) => Ok(answer.policy_status.and_then(|status| status.is_public) == Some(true)),
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(false),
        Err(fault) => Err(fault),
    }
}

async fn by_acl(at: Address<'_>) -> Result<bool, Fault> {
    let call = at.s3.get_bucket_acl().bucket(at.name).expected_bucket_owner(at.owner);
    let grants = call.send().await.map_err(fault)?.grants.unwrap_or_default();
    let mut groups = grants.into_iter().filter_map(|grant| grant.grantee?.uri);
    Ok(groups.any(|group| EVERYBODY.contains(&group.as_str())))
}
