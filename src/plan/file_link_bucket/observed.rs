//! What AWS has for one bucket, and how executed steps change it.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::{InventoryEntry, Region};

use crate::context::Context;
use crate::ec2::security_group::SecurityGroup;
use crate::ec2::subnet::Subnet;
use crate::ec2::vpc::Vpc;
use crate::ec2::vpc_endpoint::VpcEndpoint;
use crate::file_link_bucket::inventory;
use crate::iam::oidc_provider::OidcProvider;
use crate::iam::role::Role;
use crate::identity::{AccountId, Part};
use crate::kms::key::Key;
use crate::observation::{Listing, Observation};
use crate::policy::key_policy::RoleArn;
use crate::s3::bucket::Bucket;
use crate::step::{Action, Effect};
use crate::transfer::server::Server;
use crate::transfer::user::User;
use crate::{ec2, goal, iam, s3, transfer};

/// Everything that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The municipality's key for objects, by Region.
    pub keys: BTreeMap<Region, Observation<Key>>,
    /// The municipality's VPC.
    pub vpcs: Listing<Vpc>,
    /// The municipality's subnets.
    pub subnets: Listing<Subnet>,
    /// The municipality's endpoints.
    pub endpoints: Listing<VpcEndpoint>,
    /// The security group of our SFTP server.
    pub security_groups: Listing<SecurityGroup>,
    /// Our buckets, by Region.
    pub buckets: BTreeMap<Region, Listing<Bucket>>,
    /// Our roles.
    pub roles: Listing<Role>,
    /// Roles that somebody else made for us.
    pub given: BTreeMap<RoleArn, Observation<Role>>,
    /// Whether the roles that the spec names exist; without those whose account cannot be read.
    pub named: BTreeMap<RoleArn, Observation<()>>,
    /// The account's trust in issuers, by part.
    pub providers: BTreeMap<String, Observation<OidcProvider>>,
    /// The SFTP server.
    pub servers: Listing<Server>,
    /// Our users on it.
    pub users: Listing<User>,
    /// Names of users of other owners on it; absent when they were not asked for.
    pub other_users: Observation<BTreeSet<String>>,
    /// The current version of the secret with the host key.
    pub secret_version: Observation<String>,
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            keys: BTreeMap::new(),
            vpcs: Ok(Vec::new()),
            subnets: Ok(Vec::new()),
            endpoints: Ok(Vec::new()),
            security_groups: Ok(Vec::new()),
            buckets: BTreeMap::new(),
            roles: Ok(Vec::new()),
            given: BTreeMap::new(),
            named: BTreeMap::new(),
            providers: BTreeMap::new(),
            servers: Ok(Vec::new()),
            users: Ok(Vec::new()),
            other_users: Observation::Absent,
            secret_version: Observation::Absent,
        }
    }
}

impl goal::Observed for Observed {
    fn absorb(&mut self, effect: &Effect) {
        let Effect { step, created } = effect;
        let created = created.as_ref();
        match &step.action {
            Action::Bucket(action) => {
                let buckets = self.buckets.entry(step.part.region).or_insert_with(|| Ok(Vec::new()));
                s3::bucket::absorb(buckets, action, created);
            }
            Action::IamRole(action) => {
                iam::role::absorb(&mut self.roles, action, created);
                if let iam::role::Action::Delete { name } = action {
                    self.forget_trust(name);
                }
            }
            Action::OidcProvider(action) => {
                let role = step.part.role.to_string();
                let provider = self.providers.entry(role).or_insert(Observation::Absent);
                iam::oidc_provider::absorb(provider, action, created);
            }
            Action::SftpServer(action) => transfer::server::absorb(&mut self.servers, action, created),
            Action::SftpUser(action) => transfer::user::absorb(&mut self.users, action, created),
            Action::SecurityGroup(action) => {
                ec2::security_group::absorb(&mut self.security_groups, action, created);
            }
            // The server's endpoint, which Transfer made and only EC2 changes.
            Action::VpcEndpoint(action) => transfer::server::absorb_endpoint(&mut self.servers, action),
            Action::Ec2Tags(ec2::tags::Action { id, tags }) => {
                let groups = self.security_groups.iter_mut().flatten();
                groups
                    .filter(|group| group.id == *id)
                    .for_each(|group| group.tags.extend(tags));
            }
            // Other kinds' things, which this one never writes.
            Action::ResolverEndpoint(_)
            | Action::ResolverRule(_)
            | Action::RuleAssociation(_)
            | Action::QueryLog(_)
            | Action::ResolverTags(_)
            | Action::ZoneAssociation(_)
            | Action::RuleShare(_)
            | Action::KmsKey(_)
            | Action::KmsAlias(_)
            | Action::EbsDefaults(_)
            | Action::Vpc(_)
            | Action::Subnet(_)
            | Action::RouteTable(_)
            | Action::NetworkAcl(_)
            | Action::FlowLog(_)
            | Action::Snapshot(_)
            | Action::Image(_)
            | Action::DatabaseSnapshot(_)
            | Action::Volume(_)
            | Action::Instance(_)
            | Action::Database(_)
            | Action::Template(_)
            | Action::Stack(_)
            | Action::TransitGatewayAttachment(_) => {}
        }
    }

    fn finish_pending(&mut self) {
        transfer::server::finish_pending(&mut self.servers);
    }

    fn find(&self, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
        inventory::find(self, account, ctx)
    }

    fn shows(&self, id: &str) -> bool {
        inventory::shows(self, id)
    }

    fn is_readable(&self, part: &Part) -> bool {
        inventory::is_readable(self, part)
    }
}

impl Observed {
    /// A role that is gone trusts nobody.
    fn forget_trust(&mut self, role: &str) {
        for provider in self.providers.values_mut().filter_map(Observation::present_mut) {
            if let Some(Observation::Present(roles)) = &mut provider.trusted_by {
                roles.remove(role);
            }
        }
    }
}
