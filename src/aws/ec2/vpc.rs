//! VPCs and their DNS attributes.

use std::collections::BTreeSet;
use std::time::Instant;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, VpcAttributeName, VpcCidrBlockStateCode};
use ipnet::Ipv4Net;
use jichitai_plan::ec2::vpc::{Action, Site, Vpc};
use jichitai_plan::observation::{Fault, Listing, Observation};
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::{PAGE, created, done, gone, tags};
use crate::concurrently::concurrently;
use crate::error::{fault, incomplete};
use crate::kept::Turns;

/// What ids of VPCs begin with.
pub(super) const PREFIX: &str = "vpc-";

/// VPCs whose attributes are read at the same time.
const AT_ONCE: usize = 4;

async fn found(ec2: &Client, filters: Vec<Filter>) -> Listing<aws_sdk_ec2::types::Vpc> {
    let pages = ec2
        .describe_vpcs()
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    pages.try_collect().await.map_err(fault)
}

/// A VPC as lists show it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: String,
    cidr: Ipv4Net,
    additional: BTreeSet<Ipv4Net>,
    /// Whether AWS made it with the account.
    pub(crate) default: bool,
    pub(crate) tags: Tags,
}

/// What no list shows of a VPC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes {
    dns_support: bool,
    dns_hostnames: bool,
}

/// What is known of attributes, and since when they have to have been read.
pub(crate) type Known<'a> = (&'a Turns<Attributes>, Option<Instant>);

/// The VPCs that the filters select, with their attributes.
pub(crate) async fn list(ec2: &Client, attributes: Known<'_>, filters: Vec<Filter>) -> Listing<Vpc> {
    let found = listed(ec2, filters).await?;
    let reads = found.into_iter().map(|vpc| complete(ec2, attributes, vpc)).collect();
    Ok(concurrently(AT_ONCE, reads).await)
}

/// The VPCs that the filters select, as the list shows them.
pub(crate) async fn listed(ec2: &Client, filters: Vec<Filter>) -> Listing<Listed> {
    found(ec2, filters).await?.into_iter().map(read).collect()
}

/// A VPC with its attributes.
pub(crate) async fn complete(ec2: &Client, (known, since): Known<'_>, vpc: Listed) -> Vpc {
    let read = || async {
        let (dns_support, dns_hostnames) = futures::join!(dns_support(ec2, &vpc.id), dns_hostnames(ec2, &vpc.id));
        Ok(Some(Attributes {
            dns_support: dns_support?,
            dns_hostnames: dns_hostnames?,
        }))
    };
    let (dns_support, dns_hostnames) = match known.get(&vpc.id, since, read).await {
        Ok(Some(found)) => (
            Observation::Present(found.dns_support),
            Observation::Present(found.dns_hostnames),
        ),
        Ok(None) => (Observation::Absent, Observation::Absent),
        Err(fault) => (Observation::Unreadable(fault.clone()), Observation::Unreadable(fault)),
    };
    let Listed {
        id,
        cidr,
        additional,
        default: _,
        tags,
    } = vpc;
    Vpc {
        id,
        cidr,
        additional,
        dns_support,
        dns_hostnames,
        tags,
    }
}

/// The VPCs that the filters select, without their attributes.
pub(crate) async fn sites(ec2: &Client, filters: Vec<Filter>) -> Listing<Site> {
    let site = |vpc: aws_sdk_ec2::types::Vpc| {
        Some(Site {
            id: vpc.vpc_id?,
            tags: tags::read(vpc.tags),
        })
    };
    Ok(found(ec2, filters).await?.into_iter().filter_map(site).collect())
}

fn read(vpc: aws_sdk_ec2::types::Vpc) -> Result<Listed, Fault> {
    let operation = "ec2:DescribeVpcs";
    let id = vpc.vpc_id.ok_or_else(|| incomplete(operation, "VpcId"))?;
    let cidr: Ipv4Net = vpc
        .cidr_block
        .and_then(|cidr| cidr.parse().ok())
        .ok_or_else(|| incomplete(operation, "CidrBlock"))?;
    let in_use = |state: &VpcCidrBlockStateCode| {
        matches!(
            state,
            VpcCidrBlockStateCode::Associated | VpcCidrBlockStateCode::Associating
        )
    };
    let further = vpc.cidr_block_association_set.unwrap_or_default().into_iter();
    let further = further.filter(|block| {
        block
            .cidr_block_state
            .as_ref()
            .and_then(|state| state.state.as_ref())
            .is_none_or(in_use)
    });
    let further = further.filter_map(|block| block.cidr_block?.parse().ok());
    let additional: BTreeSet<Ipv4Net> = further.filter(|block| *block != cidr).collect();
    Ok(Listed {
        id,
        cidr,
        additional,
        default: vpc.is_default == Some(true),
        tags: tags::read(vpc.tags),
    })
}

async fn dns_support(ec2: &Client, id: &str) -> Result<bool, Fault> {
    let call = ec2
        .describe_vpc_attribute()
        .vpc_id(id)
        .attribute(VpcAttributeName::EnableDnsSupport);
    let answer = call.send().await.map_err(fault)?;
    value(answer.enable_dns_support)
}

async fn dns_hostnames(ec2: &Client, id: &str) -> Result<bool, Fault> {
    let call = ec2
        .describe_vpc_attribute()
        .vpc_id(id)
        .attribute(VpcAttributeName::EnableDnsHostnames);
    let answer = call.send().await.map_err(fault)?;
    value(answer.enable_dns_hostnames)
}

fn value(attribute: Option<AttributeBooleanValue>) -> Result<bool, Fault> {
    let value = attribute.and_then(|attribute| attribute.value);
    value.ok_or_else(|| incomplete("ec2:DescribeVpcAttribute", "value"))
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action) -> Result<Option<Created>, Fault> {
    let on = AttributeBooleanValue::builder().value(true).build();
    match action {
        Action::Create { cidr, tags } => create(ec2, *cidr, tags).await.map(Some),
        Action::EnableDnsSupport { id } => done(
            ec2.modify_vpc_attribute()
                .vpc_id(id)
                .enable_dns_support(on)
                .send()
                .await
                .map_err(fault),
        ),
        Action::EnableDnsHostnames { id } => done(
            ec2.modify_vpc_attribute()
                .vpc_id(id)
                .enable_dns_hostnames(on)
                .send()
                .await
                .map_err(fault),
        ),
        Action::AddCidr { id, cidr } => done(
            ec2.associate_vpc_cidr_block()
                .vpc_id(id)
                .cidr_block(cidr.to_string())
                .send()
                .await
                .map_err(fault),
        ),
        Action::Delete { id } => gone(ec2.delete_vpc().vpc_id(id).send().await.map_err(fault)),
    }
}

async fn create(ec2: &Client, cidr: Ipv4Net, tags: &Tags) -> Result<Created, Fault> {
    let call = ec2
        .create_vpc()
        .cidr_block(cidr.to_string())
        .tag_specifications(tags::at_creation(ResourceType::Vpc, tags));
    let vpc = call
        .send()
        .await
        .map_err(fault)?
        .vpc
        .ok_or_else(|| incomplete("ec2:CreateVpc", "Vpc"))?;
    let id = vpc.vpc_id.ok_or_else(|| incomplete("ec2:CreateVpc", "VpcId"))?;
    Ok(created(id, vpc.state.map(|state| state.as_str().to_owned())))
}
