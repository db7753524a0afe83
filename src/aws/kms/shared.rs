//! Keys of others, by ARN: whether the tenant's data can be encrypted with them.

use std::collections::BTreeMap;

use aws_sdk_kms::types::KeyManagerType;
use jichitai_api::Region;
use jichitai_plan::municipality::observed::SharedKey;
use jichitai_plan::municipality::query::Query;
use jichitai_plan::observation::{Fault, FaultKind, Observation};

use super::{KEYS_AT_ONCE, key};
use crate::concurrently::concurrently;
use crate::config::Purpose;
use crate::session::Session;

/// Reads the keys of the query, each in the Region that its ARN names.
pub(crate) async fn observe(session: &Session, query: &Query) -> BTreeMap<String, Observation<SharedKey>> {
    let reads = query.shared_keys.iter().map(|arn| read(session, arn)).collect();
    query
        .shared_keys
        .iter()
        .cloned()
        .zip(concurrently(KEYS_AT_ONCE, reads).await)
        .collect()
}

async fn read(session: &Session, arn: &str) -> Observation<SharedKey> {
    let named = arn.split(':').nth(3).unwrap_or_default();
    let Some(region) = Region::ALL.into_iter().find(|region| region.as_str() == named) else {
        return Observation::Unreadable(Fault {
            kind: FaultKind::Invalid,
            operation: "kms:DescribeKey".to_owned(),
            code: "OtherRegion".to_owned(),
            message: format!("{arn} is not the ARN of a key in Tokyo or Osaka"),
            request_id: None,
        });
    };
    match key::metadata(&session.kms(region, Purpose::Read), arn).await {
        Ok(Some(metadata)) => {
            let customer_managed = metadata.key_manager == Some(KeyManagerType::Customer);
            Observation::Present(SharedKey {
                state: key::state(&metadata),
                customer_managed,
            })
        }
        Ok(None) => Observation::Absent,
        Err(fault) => Observation::Unreadable(fault),
    }
}
