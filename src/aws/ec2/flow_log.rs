//! Flow logs of VPCs.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType};
use jichitai_plan::ec2::flow_log::{Action, FlowLog};
use jichitai_plan::observation::{Fault, FaultKind, Listing};
use jichitai_plan::step::Created;

use super::{PAGE, Search, created, gone, tags};
use crate::error::{self, fault, incomplete};

/// How flow logs are found.
pub(super) const SEARCH: Search = Search {
    in_vpc: "resource-id",
    by_id: "flow-log-id",
    prefix: "fl-",
    by_tags: true,
};

/// Seconds that records are gathered: 60 or 600. Ten minutes are a tenth of the records.
const AGGREGATION_INTERVAL: i32 = 600;

/// The flow logs that the filters select.
pub(crate) async fn list(ec2: &Client, filters: Vec<Filter>) -> Listing<FlowLog> {
    let pages = ec2
        .describe_flow_logs()
        .set_filter(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(found.into_iter().filter_map(read).collect())
}

fn read(log: aws_sdk_ec2::types::FlowLog) -> Option<FlowLog> {
    Some(FlowLog {
        id: log.flow_log_id?,
        resource_id: log.resource_id.unwrap_or_default(),
        destination: log.log_destination.or(log.log_group_name).unwrap_or_default(),
        tags: tags::read(log.tags),
    })
}

/// Performs one write; `token` makes a creation repeatable.
pub(crate) async fn execute(ec2: &Client, action: &Action, token: Option<&str>) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create {
            vpc_id,
            destination,
            tags,
        } => {
            let call = ec2
                .create_flow_logs()
                .resource_ids(vpc_id)
                .resource_type(FlowLogsResourceType::Vpc)
                .traffic_type(TrafficType::All);
            let call = call
                .log_destination(destination)
                .log_destination_type(destination_type(destination)?);
            let call = call
                .max_aggregation_interval(AGGREGATION_INTERVAL)
                .set_client_token(token.map(str::to_owned));
            let call = call.tag_specifications(tags::at_creation(ResourceType::VpcFlowLog, tags));
            let answer = call.send().await.map_err(fault)?;
            error::unsuccessful("ec2:CreateFlowLogs", answer.unsuccessful.unwrap_or_default())?;
            let id = answer.flow_log_ids.into_iter().flatten().next();
            Ok(Some(created(
                id.ok_or_else(|| incomplete("ec2:CreateFlowLogs", "FlowLogIds"))?,
                None,
            )))
        }
        Action::Delete { id } => gone(delete(ec2, id).await),
    }
}

async fn delete(ec2: &Client, id: &str) -> Result<(), Fault> {
    let answer = ec2.delete_flow_logs().flow_log_ids(id).send().await.map_err(fault)?;
    error::unsuccessful("ec2:DeleteFlowLogs", answer.unsuccessful.unwrap_or_default())
}

/// The kind of destination behind the ARN. A log group also needs a role that the flow log service
/// assumes (`DeliverLogsPermissionArn`), which the step does not carry: AWS would refuse it.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>
fn destination_type(destination: &str) -> Result<LogDestinationType, Fault> {
    if destination.starts_with("arn:aws:s3:::") {
        return Ok(LogDestinationType::S3);
    }
    Err(Fault {
        kind: FaultKind::Invalid,
        operation: "ec2:CreateFlowLogs".to_owned(),
        code: "UnsupportedDestination".to_owned(),
        message: format!(
            "{destination} is not the ARN of a bucket (arn:aws:s3:::…); a log group would also need an IAM role for delivery"
        ),
        request_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_buckets_are_destinations() {
        assert_eq!(
            destination_type("arn:aws:s3:::logs/vpc").ok(),
            Some(LogDestinationType::S3)
        );
        let fault = destination_type("arn:aws:logs:ap-northeast-1:111122223333:log-group:x").err();
        assert_eq!(fault.map(|fault| fault.kind), Some(FaultKind::Invalid));
    }
}
