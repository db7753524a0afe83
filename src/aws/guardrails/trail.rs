//! Trails of CloudTrail. A trail of all Regions, or of the organization, is listed in each of them.

use aws_sdk_cloudtrail::Client;
use jichitai_api::Region;
use jichitai_plan::guardrails::survey::{Read, Trail};
use jichitai_plan::observation::{Listing, Observation};

use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

pub(super) async fn trails(session: &Session) -> Read<Trail> {
    let client = session.cloudtrail(Region::Tokyo, Purpose::Read);
    [of(&client).await].into_iter().collect()
}

async fn of(client: &Client) -> Listing<Trail> {
    let listed = client
        .describe_trails()
        .include_shadow_trails(true)
        .send()
        .await
        .map_err(fault)?;
    let one = async |trail: aws_sdk_cloudtrail::types::Trail| {
        let arn = trail.trail_arn.unwrap_or_default();
        Trail {
            all_regions: trail.is_multi_region_trail == Some(true),
            validated: trail.log_file_validation_enabled == Some(true),
            logging: logging(client, &arn).await,
            arn,
        }
    };
    let trails = listed.trail_list.unwrap_or_default();
    Ok(futures::future::join_all(trails.into_iter().map(one)).await)
}

async fn logging(client: &Client, arn: &str) -> Observation<bool> {
    match client.get_trail_status().name(arn).send().await.map_err(fault) {
        Ok(status) => Observation::Present(status.is_logging == Some(true)),
        Err(fault) => Observation::Unreadable(fault),
    }
}
