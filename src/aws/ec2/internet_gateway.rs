//! Ways to the internet: internet gateways and public NAT gateways. Only ever read.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ConnectivityType, Filter, NatGateway, NatGatewayState};
use jichitai_plan::ec2::internet_gateway::Gateway;
use jichitai_plan::observation::Listing;

use super::{PAGE, filter};
use crate::error::fault;

/// The gateways of the VPCs.
pub(super) async fn list(ec2: &Client, vpcs: &[String]) -> Listing<Gateway> {
    if vpcs.is_empty() {
        return Ok(Vec::new());
    }
    let (of_internet, of_nat) = (filter("attachment.vpc-id", vpcs), filter("vpc-id", vpcs));
    selected(ec2, vec![of_internet], vec![of_nat]).await
}

/// The gateways of all VPCs.
pub(crate) async fn all(ec2: &Client) -> Listing<Gateway> {
    selected(ec2, Vec::new(), Vec::new()).await
}

async fn selected(ec2: &Client, of_internet: Vec<Filter>, of_nat: Vec<Filter>) -> Listing<Gateway> {
    let (internet, nat) = futures::join!(internet_gateways(ec2, of_internet), nat_gateways(ec2, of_nat));
    let mut gateways = internet?;
    gateways.extend(nat?);
    Ok(gateways)
}

async fn internet_gateways(ec2: &Client, filters: Vec<Filter>) -> Listing<Gateway> {
    let call = ec2.describe_internet_gateways().set_filters(Some(filters));
    let found: Vec<_> = call
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send()
        .try_collect()
        .await
        .map_err(fault)?;
    let attached = |gateway: aws_sdk_ec2::types::InternetGateway| {
        let vpcs = gateway
            .attachments
            .unwrap_or_default()
            .into_iter()
            .filter_map(|attachment| attachment.vpc_id);
        let id = gateway.internet_gateway_id.unwrap_or_default();
        vpcs.map(move |vpc_id| Gateway { id: id.clone(), vpc_id })
    };
    Ok(found.into_iter().flat_map(attached).collect())
}

async fn nat_gateways(ec2: &Client, filters: Vec<Filter>) -> Listing<Gateway> {
    let call = ec2.describe_nat_gateways().set_filter(Some(filters));
    let found: Vec<_> = call
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send()
        .try_collect()
        .await
        .map_err(fault)?;
    let found = found.into_iter().filter(leads_out);
    Ok(found
        .filter_map(|gateway| {
            Some(Gateway {
                id: gateway.nat_gateway_id?,
                vpc_id: gateway.vpc_id?,
            })
        })
        .collect())
}

/// A private NAT gateway translates between closed networks whose ranges overlap; it has no way out.
fn leads_out(gateway: &NatGateway) -> bool {
    let over = matches!(gateway.state, Some(NatGatewayState::Deleted | NatGatewayState::Failed));
    !over && gateway.connectivity_type != Some(ConnectivityType::Private)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_deleted_nat_gateways_do_not_lead_out() {
        let gateway = NatGateway::builder().state(NatGatewayState::Available);
        assert!(leads_out(&gateway.clone().build()));
        assert!(leads_out(
            &gateway.clone().connectivity_type(ConnectivityType::Public).build()
        ));
        assert!(!leads_out(
            &gateway.connectivity_type(ConnectivityType::Private).build()
        ));
        assert!(!leads_out(
            &NatGateway::builder().state(NatGatewayState::Deleted).build()
        ));
    }
}
