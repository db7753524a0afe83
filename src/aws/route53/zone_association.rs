//! Private hosted zones and the VPCs they answer in.

use aws_sdk_route53::Client;
use aws_sdk_route53::types::{Vpc, VpcRegion};
use jichitai_api::Region;
use jichitai_plan::observation::{Fault, FaultKind, Listing};
use jichitai_plan::route53::zone_association::{Action, ZoneAssociation};
use jichitai_plan::step::Created;

use crate::answer::{done, gone};
use crate::error::fault;

/// Zones in one answer.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByVPC.html>
const PAGE: i32 = 100;

/// The zones that answer in a VPC.
pub(crate) async fn list(route53: &Client, region: Region, vpc_id: &str) -> Listing<ZoneAssociation> {
    let mut all = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let call = route53
            .list_hosted_zones_by_vpc()
            .vpc_id(vpc_id)
            .vpc_region(VpcRegion::from(region.as_str()))
            .max_items(PAGE)
            .set_next_token(next);
        let answer = call.send().await.map_err(fault)?;
        all.extend(answer.hosted_zone_summaries.into_iter().map(|zone| ZoneAssociation {
            zone_id: zone.hosted_zone_id,
            domain: zone.name.trim_end_matches('.').to_owned(),
        }));
        match answer.next_token {
            Some(token) => next = Some(token),
            None => return Ok(all),
        }
    }
}

/// Performs one write.
pub(crate) async fn execute(route53: &Client, region: Region, action: &Action) -> Result<Option<Created>, Fault> {
    let vpc = |id: &str| {
        let region = VpcRegion::from(region.as_str());
        Vpc::builder().vpc_region(region).vpc_id(id).build()
    };
    match action {
        Action::Associate { zone_id, vpc_id } => {
            let call = route53.associate_vpc_with_hosted_zone();
            match call
                .hosted_zone_id(zone_id)
                .vpc(vpc(vpc_id))
                .send()
                .await
                .map_err(fault)
            {
                // Route 53 may call a VPC in conflict with the very zone that already answers there.
                Err(refused) if refused.kind == FaultKind::Conflict => {
                    let zones = list(route53, region, vpc_id).await?;
                    let there = zones.iter().any(|zone| zone.zone_id == *zone_id);
                    if there { Ok(None) } else { Err(refused) }
                }
                answer => done(answer),
            }
        }
        Action::Disassociate { zone_id, vpc_id } => {
            let call = route53.disassociate_vpc_from_hosted_zone();
            gone(
                call.hosted_zone_id(zone_id)
                    .vpc(vpc(vpc_id))
                    .send()
                    .await
                    .map_err(fault),
            )
        }
    }
}
