//! Subnets.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType};
use jichitai_plan::ec2::subnet::{Action, Subnet};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::step::Created;

use super::{PAGE, Search, created, done, gone, tags};
use crate::error::{fault, incomplete};

/// How subnets are found.
pub(super) const SEARCH: Search = Search {
    in_vpc: "vpc-id",
    by_id: "subnet-id",
    prefix: "subnet-",
    by_tags: false,
};

/// The subnets that the filters select.
pub(crate) async fn list(ec2: &Client, filters: Vec<Filter>) -> Listing<Subnet> {
    let pages = ec2
        .describe_subnets()
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(found.into_iter().filter_map(read).collect())
}

/// Subnets without an IPv4 range are left out: none of ours is like that.
fn read(subnet: aws_sdk_ec2::types::Subnet) -> Option<Subnet> {
    Some(Subnet {
        id: subnet.subnet_id?,
        vpc_id: subnet.vpc_id?,
        cidr: subnet.cidr_block?.parse().ok()?,
        zone: subnet.availability_zone.unwrap_or_default(),
        zone_id: subnet.availability_zone_id,
        public_ip_on_launch: subnet.map_public_ip_on_launch.unwrap_or_default(),
        tags: tags::read(subnet.tags),
    })
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            vpc_id,
            cidr,
            zone,
            tags,
        } => {
            let call = ec2
                .create_subnet()
                .vpc_id(vpc_id)
                .cidr_block(cidr.to_string())
                .availability_zone(zone);
            let call = call.tag_specifications(tags::at_creation(ResourceType::Subnet, tags));
            let subnet = call
                .send()
                .await
                .map_err(fault)?
                .subnet
                .ok_or_else(|| incomplete("ec2:CreateSubnet", "Subnet"))?;
            let id = subnet
                .subnet_id
                .ok_or_else(|| incomplete("ec2:CreateSubnet", "SubnetId"))?;
            Ok(Some(created(id, subnet.state.map(|state| state.as_str().to_owned()))))
        }
        Action::NoPublicIp { id } => {
            let off = AttributeBooleanValue::builder().value(false).build();
            done(
                ec2.modify_subnet_attribute()
                    .subnet_id(id)
                    .map_public_ip_on_launch(off)
                    .send()
                    .await
                    .map_err(fault),
            )
        }
        Action::Delete { id } => gone(ec2.delete_subnet().subnet_id(id).send().await.map_err(fault)),
    }
}
