//! Watches that nobody writes to what belongs to another owner.

use jichitai_plan::identity::Identity;
use jichitai_plan::step::{Action, Step};
use jichitai_plan::tags::{Ownership, ownership};
use jichitai_plan::{ec2, kms};

use super::World;

impl World {
    /// Notes a write to what carries the tags of another owner.
    pub(super) fn guard(&mut self, step: &Step, actor: &Identity) {
        let Some(id) = target(&step.action) else { return };
        let Some(tags) = self.tags_of(id) else { return };
        if let Ownership::Other { owner, .. } = ownership(&tags, actor) {
            self.trespasses.push(format!("{} of {owner}: {step}", actor.owner));
        }
    }
}

/// The existing thing that a write changes, or puts something into.
fn target(action: &Action) -> Option<&str> {
    match action {
        Action::KmsKey(action) => match action {
            kms::key::Action::Create { .. } => None,
            kms::key::Action::PutPolicy { id, .. }
            | kms::key::Action::Rotate { id, .. }
            | kms::key::Action::Describe { id, .. }
            | kms::key::Action::Tag { id, .. }
            | kms::key::Action::Quarantine { id, .. }
            | kms::key::Action::Untag { id, .. }
            | kms::key::Action::Enable { id }
            | kms::key::Action::Disable { id }
            | kms::key::Action::CancelDeletion { id }
            | kms::key::Action::ScheduleDeletion { id, .. } => Some(id),
        },
        Action::KmsAlias(action) => match action {
            kms::alias::Action::Create { key_id, .. } | kms::alias::Action::Retarget { key_id, .. } => Some(key_id),
        },
        Action::Bucket(_)
        | Action::IamRole(_)
        | Action::OidcProvider(_)
        | Action::SftpServer(_)
        | Action::SftpUser(_)
        | Action::ResolverEndpoint(_)
        | Action::ResolverRule(_)
        | Action::RuleAssociation(_)
        | Action::QueryLog(_)
        | Action::ResolverTags(_)
        | Action::ZoneAssociation(_)
        | Action::RuleShare(_)
        | Action::Volume(_)
        | Action::Instance(_)
        | Action::Database(_)
        | Action::Template(_)
        | Action::Stack(_)
        | Action::Snapshot(_)
        | Action::Image(_)
        | Action::DatabaseSnapshot(_) => None,
        Action::EbsDefaults(_) => None,
        Action::Ec2Tags(ec2::tags::Action { id, .. }) => Some(id),
        Action::Vpc(action) => match action {
            ec2::vpc::Action::Create { .. } => None,
            ec2::vpc::Action::EnableDnsSupport { id }
            | ec2::vpc::Action::EnableDnsHostnames { id }
            | ec2::vpc::Action::AddCidr { id, .. }
            | ec2::vpc::Action::Delete { id } => Some(id),
        },
        Action::Subnet(action) => match action {
            ec2::subnet::Action::Create { vpc_id, .. } => Some(vpc_id),
            ec2::subnet::Action::NoPublicIp { id } | ec2::subnet::Action::Delete { id } => Some(id),
        },
        Action::RouteTable(action) => match action {
            ec2::route_table::Action::Create { vpc_id, .. } => Some(vpc_id),
            ec2::route_table::Action::AddRoute { id, .. }
            | ec2::route_table::Action::ReplaceRoute { id, .. }
            | ec2::route_table::Action::RemoveRoute { id, .. }
            | ec2::route_table::Action::Associate { id, .. }
            | ec2::route_table::Action::Reassociate { id, .. }
            | ec2::route_table::Action::Delete { id } => Some(id),
        },
        Action::NetworkAcl(action) => match action {
            ec2::network_acl::Action::Create { vpc_id, .. } => Some(vpc_id),
            ec2::network_acl::Action::AddEntry { id, .. }
            | ec2::network_acl::Action::RemoveEntry { id, .. }
            | ec2::network_acl::Action::Associate { id, .. }
            | ec2::network_acl::Action::Delete { id } => Some(id),
        },
        Action::SecurityGroup(action) => match action {
            ec2::security_group::Action::Create { vpc_id, .. } => Some(vpc_id),
            ec2::security_group::Action::Allow { id, .. }
            | ec2::security_group::Action::Revoke { id, .. }
            | ec2::security_group::Action::Delete { id } => Some(id),
        },
        Action::VpcEndpoint(action) => match action {
            ec2::vpc_endpoint::Action::Create { vpc_id, .. } => Some(vpc_id),
            ec2::vpc_endpoint::Action::Modify { id, .. } | ec2::vpc_endpoint::Action::Delete { id } => Some(id),
        },
        Action::FlowLog(action) => match action {
            ec2::flow_log::Action::Create { vpc_id, .. } => Some(vpc_id),
            ec2::flow_log::Action::Delete { id } => Some(id),
        },
        Action::TransitGatewayAttachment(action) => match action {
            ec2::transit_gateway_attachment::Action::Create { vpc_id, .. } => Some(vpc_id),
            ec2::transit_gateway_attachment::Action::Modify { id, .. }
            | ec2::transit_gateway_attachment::Action::Delete { id } => Some(id),
        },
    }
}
