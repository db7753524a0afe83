//! Instances that are started from images.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{IamInstanceProfileSpecification, Instance, InstanceStateName, ResourceType};
use jichitai_plan::ec2::instance::Action;
use jichitai_plan::observation::Fault;
use jichitai_plan::osaka_backup_policy::copy::State;
use jichitai_plan::step::Created;
use jichitai_plan::tags::Tags;

use super::{created, tags};
use crate::error::{fault, incomplete};

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action, token: Option<&str>) -> Result<Option<Created>, Fault> {
    let Action::Run {
        image_id,
        instance_type,
        subnet_id,
        private_ip_address,
        security_group_ids,
        instance_profile,
        tags,
    } = action;
    let profile = instance_profile
        .as_ref()
        .map(|name| IamInstanceProfileSpecification::builder().name(name).build());
    let groups = (!security_group_ids.is_empty()).then(|| security_group_ids.clone());
    let call = ec2
        .run_instances()
        .image_id(image_id)
        .instance_type(instance_type.as_str().into())
        .min_count(1)
        .max_count(1)
        .subnet_id(subnet_id)
        .set_private_ip_address(private_ip_address.map(|address| address.to_string()))
        .set_security_group_ids(groups)
        .set_iam_instance_profile(profile)
        .set_client_token(token.map(str::to_owned));
    let call = call
        .tag_specifications(tags::at_creation(ResourceType::Instance, tags))
        .tag_specifications(tags::at_creation(ResourceType::Volume, &volume_tags(tags)));
    let made = call.send().await.map_err(fault)?.instances.unwrap_or_default();
    let id = made.into_iter().find_map(|one| one.instance_id);
    let id = id.ok_or_else(|| incomplete("ec2:RunInstances", "InstanceId"))?;
    Ok(Some(created(id, Some("pending".to_owned()))))
}

/// The tags of the volumes of an instance: they are no volumes of their own.
fn volume_tags(instance: &Tags) -> Tags {
    let mut all = instance.clone();
    all.insert(jichitai_plan::tags::ROLE, "instance-volume");
    all
}

/// What AWS says of an instance that a person has ended.
const BY_A_PERSON: &str = "Client.UserInitiatedShutdown";

/// How far AWS is with an instance; none for one that a person has ended. One that AWS ended by itself, for example
/// because its key cannot be used, came to nothing.
pub(crate) fn state(instance: &Instance) -> Option<State> {
    match instance.state.as_ref().and_then(|state| state.name.as_ref()) {
        Some(InstanceStateName::Terminated | InstanceStateName::ShuttingDown) => {
            let reason = instance.state_reason.as_ref();
            let by_aws = reason.filter(|reason| reason.code().is_some_and(|code| code != BY_A_PERSON));
            by_aws.map(|reason| State::Failed(reason.message().unwrap_or("terminated").to_owned()))
        }
        Some(InstanceStateName::Running | InstanceStateName::Stopped | InstanceStateName::Stopping) => {
            Some(State::Complete)
        }
        _ => Some(State::Pending),
    }
}

/// The tags of an instance.
pub(crate) fn tags_of(instance: &Instance) -> Tags {
    tags::read(instance.tags.clone())
}
