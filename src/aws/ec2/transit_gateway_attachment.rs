//! Attachments of VPCs to transit gateways.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, ResourceType};
use jichitai_plan::ec2::transit_gateway_attachment::{Action, Attachment};
use jichitai_plan::observation::{Fault, Listing};
use jichitai_plan::step::Created;

use super::{PAGE, Search, created, done, gone, tags};
use crate::error::{fault, incomplete};

/// How attachments are found. This call takes no tags as filters; an attachment cannot outlive its
/// VPC, so the VPC and the id find it.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTransitGatewayVpcAttachments.html>
pub(super) const SEARCH: Search = Search {
    in_vpc: "vpc-id",
    by_id: "transit-gateway-attachment-id",
    prefix: "tgw-attach-",
    by_tags: false,
};

/// The attachments that the filters select, without the deleted ones that EC2 shows for a while.
pub(super) async fn list(ec2: &Client, filters: Vec<Filter>) -> Listing<Attachment> {
    let call = ec2
        .describe_transit_gateway_vpc_attachments()
        .set_filters(Some(filters));
    let found: Vec<_> = call
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send()
        .try_collect()
        .await
        .map_err(fault)?;
    Ok(found
        .into_iter()
        .filter_map(read)
        .filter(|attachment| attachment.state != "deleted")
        .collect())
}

fn read(attachment: aws_sdk_ec2::types::TransitGatewayVpcAttachment) -> Option<Attachment> {
    Some(Attachment {
        id: attachment.transit_gateway_attachment_id?,
        transit_gateway_id: attachment.transit_gateway_id.unwrap_or_default(),
        vpc_id: attachment.vpc_id.unwrap_or_default(),
        state: attachment
            .state
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        subnets: attachment.subnet_ids.into_iter().flatten().collect(),
        tags: tags::read(attachment.tags),
    })
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            transit_gateway_id,
            vpc_id,
            subnets,
            tags,
        } => {
            let call = ec2
                .create_transit_gateway_vpc_attachment()
                .transit_gateway_id(transit_gateway_id)
                .vpc_id(vpc_id);
            let call = call.set_subnet_ids(list_of(subnets));
            let call = call.tag_specifications(tags::at_creation(ResourceType::TransitGatewayAttachment, tags));
            let attachment = call.send().await.map_err(fault)?.transit_gateway_vpc_attachment;
            let missing = || incomplete("ec2:CreateTransitGatewayVpcAttachment", "TransitGatewayAttachmentId");
            let attachment = attachment.ok_or_else(missing)?;
            let id = attachment.transit_gateway_attachment_id.ok_or_else(missing)?;
            Ok(Some(created(
                id,
                attachment.state.map(|state| state.as_str().to_owned()),
            )))
        }
        Action::Modify { id, add, remove } => {
            let call = ec2
                .modify_transit_gateway_vpc_attachment()
                .transit_gateway_attachment_id(id);
            let call = call
                .set_add_subnet_ids(list_of(add))
                .set_remove_subnet_ids(list_of(remove));
            done(call.send().await.map_err(fault))
        }
        Action::Delete { id } => {
            let call = ec2
                .delete_transit_gateway_vpc_attachment()
                .transit_gateway_attachment_id(id);
            gone(call.send().await.map_err(fault))
        }
    }
}

fn list_of(ids: &BTreeSet<String>) -> Option<Vec<String>> {
    (!ids.is_empty()).then(|| ids.iter().cloned().collect())
}
