//! Interface endpoints.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{DnsOptionsSpecification, Filter, ResourceType, VpcEndpointType};
use jichitai_plan::ec2::vpc_endpoint::{Action, VpcEndpoint};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::step::Created;

use super::{PAGE, Search, created, done, gone, tags};
use crate::error::{self, fault, incomplete};

/// How endpoints are found.
pub(super) const SEARCH: Search = Search {
    in_vpc: "vpc-id",
    by_id: "vpc-endpoint-id",
    prefix: "vpce-",
    by_tags: false,
};

/// The endpoints that the filters select, without the deleted ones that EC2 shows for a while.
pub(crate) async fn list(ec2: &Client, filters: Vec<Filter>) -> Listing<VpcEndpoint> {
    let pages = ec2
        .describe_vpc_endpoints()
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(found
        .into_iter()
        .filter_map(read)
        .filter(|endpoint| !endpoint.state.eq_ignore_ascii_case("deleted"))
        .collect())
}

fn read(endpoint: aws_sdk_ec2::types::VpcEndpoint) -> Option<VpcEndpoint> {
    Some(VpcEndpoint {
        id: endpoint.vpc_endpoint_id?,
        vpc_id: endpoint.vpc_id?,
        service: endpoint.service_name.unwrap_or_default(),
        state: endpoint
            .state
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        subnets: endpoint.subnet_ids.into_iter().flatten().collect(),
        security_groups: endpoint
            .groups
            .into_iter()
            .flatten()
            .filter_map(|group| group.group_id)
            .collect(),
        private_dns: endpoint.private_dns_enabled.unwrap_or_default(),
        tags: tags::read(endpoint.tags),
    })
}

/// Performs one write; `token` makes a creation repeatable.
pub(crate) async fn execute(ec2: &Client, action: &Action, token: Option<&str>) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            vpc_id,
            service,
            subnets,
            security_group,
            tags,
        } => {
            let call = ec2
                .create_vpc_endpoint()
                .vpc_endpoint_type(VpcEndpointType::Interface)
                .vpc_id(vpc_id)
                .service_name(service);
            let call = call
                .set_subnet_ids(list_of(subnets))
                .security_group_ids(security_group)
                .private_dns_enabled(true);
            let call = call
                .set_dns_options(dns_options(service))
                .set_client_token(token.map(str::to_owned));
            let call = call.tag_specifications(tags::at_creation(ResourceType::VpcEndpoint, tags));
            let endpoint = call.send().await.map_err(fault)?.vpc_endpoint;
            let endpoint = endpoint.ok_or_else(|| incomplete("ec2:CreateVpcEndpoint", "VpcEndpoint"))?;
            let id = endpoint
                .vpc_endpoint_id
                .ok_or_else(|| incomplete("ec2:CreateVpcEndpoint", "VpcEndpointId"))?;
            Ok(Some(created(id, endpoint.state.map(|state| state.as_str().to_owned()))))
        }
        Action::Modify {
            id,
            add_subnets,
            remove_subnets,
            add_groups,
            remove_groups,
            enable_private_dns,
        } => {
            let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(id);
            let call = call
                .set_add_subnet_ids(list_of(add_subnets))
                .set_remove_subnet_ids(list_of(remove_subnets));
            let call = call
                .set_add_security_group_ids(list_of(add_groups))
                .set_remove_security_group_ids(list_of(remove_groups));
            done(
                call.set_private_dns_enabled(enable_private_dns.then_some(true))
                    .send()
                    .await
                    .map_err(fault),
            )
        }
        Action::Delete { id } => gone(delete(ec2, id).await),
    }
}

/// S3 has interface and gateway endpoints; unless told otherwise, EC2 wants a gateway endpoint beside
/// the private names of an interface endpoint.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html>
fn dns_options(service: &str) -> Option<DnsOptionsSpecification> {
    service.ends_with(".s3").then(|| {
        DnsOptionsSpecification::builder()
            .private_dns_only_for_inbound_resolver_endpoint(false)
            .build()
    })
}

async fn delete(ec2: &Client, id: &str) -> Result<(), Fault> {
    let answer = ec2
        .delete_vpc_endpoints()
        .vpc_endpoint_ids(id)
        .send()
        .await
        .map_err(fault)?;
    error::unsuccessful("ec2:DeleteVpcEndpoints", answer.unsuccessful.unwrap_or_default())
}

fn list_of(ids: &BTreeSet<String>) -> Option<Vec<String>> {
    (!ids.is_empty()).then(|| ids.iter().cloned().collect())
}
