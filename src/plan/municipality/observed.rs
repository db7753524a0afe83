//! What AWS has for one municipality, and how executed steps change it.

use std::collections::BTreeMap;

use jichitai_api::{InventoryEntry, Region};

use crate::context::Context;
use crate::ec2;
use crate::ec2::ebs_defaults::EbsDefaults;
use crate::ec2::flow_log::FlowLog;
use crate::ec2::internet_gateway::Gateway;
use crate::ec2::network_acl::NetworkAcl;
use crate::ec2::route_table::RouteTable;
use crate::ec2::security_group::SecurityGroup;
use crate::ec2::subnet::Subnet;
use crate::ec2::transit_gateway_attachment::Attachment;
use crate::ec2::vpc::Vpc;
use crate::ec2::vpc_endpoint::VpcEndpoint;
use crate::goal;
use crate::identity::{AccountId, Part};
use crate::kms;
use crate::kms::alias::Alias;
use crate::kms::key::{Key, KeyState};
use crate::kms::usage::KeyUsage;
use crate::municipality::inventory;
use crate::observation::{Listing, Observation};
use crate::resolve::Resource;
use crate::step::{Action, Effect};
use crate::tags::{Ownership, ownership};

/// What one Region has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionKeys {
    /// Keys by tags, by our aliases, and by id.
    pub keys: Listing<Key>,
    /// Our aliases.
    pub aliases: Listing<Alias>,
    /// The account's EBS defaults; absent when they were not asked for.
    pub ebs_defaults: Observation<EbsDefaults>,
    /// What uses the keys, by key id; empty when it was not asked for.
    pub usage: BTreeMap<String, KeyUsage>,
}

/// The network, which is in Tokyo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// VPCs by tags and by id.
    pub vpcs: Listing<Vpc>,
    /// All subnets of those VPCs.
    pub subnets: Listing<Subnet>,
    /// All route tables of those VPCs.
    pub route_tables: Listing<RouteTable>,
    /// All network ACLs of those VPCs.
    pub network_acls: Listing<NetworkAcl>,
    /// All security groups of those VPCs.
    pub security_groups: Listing<SecurityGroup>,
    /// All endpoints of those VPCs that are not deleted.
    pub endpoints: Listing<VpcEndpoint>,
    /// Flow logs of those VPCs, and by tags and by id.
    pub flow_logs: Listing<FlowLog>,
    /// Attachments of those VPCs, and by tags and by id, that are not deleted.
    pub attachments: Listing<Attachment>,
    /// Internet and NAT gateways of those VPCs.
    pub gateways: Listing<Gateway>,
}

/// A key of somebody else that the tenant's data is encrypted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedKey {
    /// Its state.
    pub state: KeyState,
    /// Whether a customer manages it (AWS's own keys cannot be shared or controlled).
    pub customer_managed: bool,
}

/// Everything that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Keys and EBS defaults by Region; both Regions are always there.
    pub regions: BTreeMap<Region, RegionKeys>,
    /// The network.
    pub network: Network,
    /// Keys of others, by ARN.
    pub shared_keys: BTreeMap<String, Observation<SharedKey>>,
}

impl Default for RegionKeys {
    fn default() -> Self {
        Self {
            keys: Ok(Vec::new()),
            aliases: Ok(Vec::new()),
            ebs_defaults: Observation::Absent,
            usage: BTreeMap::new(),
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self {
            vpcs: Ok(Vec::new()),
            subnets: Ok(Vec::new()),
            route_tables: Ok(Vec::new()),
            network_acls: Ok(Vec::new()),
            security_groups: Ok(Vec::new()),
            endpoints: Ok(Vec::new()),
            flow_logs: Ok(Vec::new()),
            attachments: Ok(Vec::new()),
            gateways: Ok(Vec::new()),
        }
    }
}

impl Default for Observed {
    fn default() -> Self {
        let regions = Region::ALL
            .into_iter()
            .map(|region| (region, RegionKeys::default()))
            .collect();
        Self {
            regions,
            network: Network::default(),
            shared_keys: BTreeMap::new(),
        }
    }
}

impl Observed {
    /// What one Region has.
    #[must_use]
    pub fn region(&self, region: Region) -> &RegionKeys {
        &self.regions[&region]
    }

    /// Whether a thing with the tags of this part was found.
    #[must_use]
    pub fn holds(&self, part: &Part, ctx: &Context) -> bool {
        fn any<T: Resource>(list: &Listing<T>, part: &Part, ctx: &Context) -> bool {
            let ours = Ownership::Ours(part.role.as_str());
            list.iter()
                .flatten()
                .any(|thing| ownership(thing.tags(), &ctx.identity) == ours)
        }
        let Network {
            vpcs,
            subnets,
            route_tables,
            network_acls,
            security_groups,
            endpoints,
            flow_logs,
            attachments,
            gateways: _,
        } = &self.network;
        any(&self.region(part.region).keys, part, ctx)
            || any(vpcs, part, ctx)
            || any(subnets, part, ctx)
            || any(route_tables, part, ctx)
            || any(network_acls, part, ctx)
            || any(security_groups, part, ctx)
            || any(endpoints, part, ctx)
            || any(flow_logs, part, ctx)
            || any(attachments, part, ctx)
    }
}

impl goal::Observed for Observed {
    fn absorb(&mut self, effect: &Effect) {
        let Effect { step, created } = effect;
        let created = created.as_ref();
        let Self {
            regions,
            network,
            shared_keys: _,
        } = self;
        let keys = regions.entry(step.part.region).or_default();
        match &step.action {
            Action::KmsKey(action) => kms::key::absorb(&mut keys.keys, action, created),
            Action::KmsAlias(action) => kms::alias::absorb(&mut keys.aliases, action, created),
            Action::EbsDefaults(action) => {
                ec2::ebs_defaults::absorb(&mut keys.ebs_defaults, action);
                if *action == ec2::ebs_defaults::Action::ResetKey {
                    keys.usage.values_mut().for_each(KeyUsage::forget_ebs_default);
                }
            }
            Action::Ec2Tags(action) => network.tag(action),
            Action::Vpc(action) => ec2::vpc::absorb(&mut network.vpcs, action, created),
            Action::Subnet(action) => {
                ec2::subnet::absorb(&mut network.subnets, action, created);
                network.follow_subnet(action, created.map(|created| created.id.as_str()));
            }
            Action::RouteTable(action) => ec2::route_table::absorb(&mut network.route_tables, action, created),
            Action::NetworkAcl(action) => ec2::network_acl::absorb(&mut network.network_acls, action, created),
            Action::SecurityGroup(action) => ec2::security_group::absorb(&mut network.security_groups, action, created),
            Action::VpcEndpoint(action) => ec2::vpc_endpoint::absorb(&mut network.endpoints, action, created),
            Action::FlowLog(action) => ec2::flow_log::absorb(&mut network.flow_logs, action, created),
            Action::TransitGatewayAttachment(action) => {
                ec2::transit_gateway_attachment::absorb(&mut network.attachments, action, created);
            }
            // A municipality has none of these.
            Action::Bucket(_)
            | Action::IamRole(_)
            | Action::OidcProvider(_)
            | Action::SftpServer(_)
            | Action::Snapshot(_)
            | Action::Image(_)
            | Action::DatabaseSnapshot(_)
            | Action::Volume(_)
            | Action::Instance(_)
            | Action::Database(_)
            | Action::Template(_)
            | Action::Stack(_)
            | Action::SftpUser(_)
            | Action::ResolverEndpoint(_)
            | Action::ResolverRule(_)
            | Action::RuleAssociation(_)
            | Action::QueryLog(_)
            | Action::ResolverTags(_)
            | Action::ZoneAssociation(_)
            | Action::RuleShare(_) => {}
        }
    }

    fn finish_pending(&mut self) {
        let Network {
            endpoints, attachments, ..
        } = &mut self.network;
        let going = |state: &str| state.eq_ignore_ascii_case("deleting");
        let coming = |state: &str| state.to_ascii_lowercase().starts_with("pending");
        if let Ok(endpoints) = endpoints {
            endpoints.retain(|one| !going(&one.state));
            endpoints
                .iter_mut()
                .filter(|one| coming(&one.state))
                .for_each(|one| "available".clone_into(&mut one.state));
        }
        if let Ok(attachments) = attachments {
            attachments.retain(|one| !going(&one.state));
            attachments
                .iter_mut()
                .filter(|one| coming(&one.state))
                .for_each(|one| "available".clone_into(&mut one.state));
        }
    }

    fn find(&self, account: &AccountId, ctx: &Context) -> Vec<(Part, InventoryEntry)> {
        inventory::find(self, account, ctx)
    }

    fn shows(&self, id: &str) -> bool {
        fn any<T: Resource>(list: &Listing<T>, id: &str) -> bool {
            list.iter().flatten().any(|thing| thing.id() == id)
        }
        let Network {
            vpcs,
            subnets,
            route_tables,
            network_acls,
            security_groups,
            endpoints,
            flow_logs,
            attachments,
            gateways: _,
        } = &self.network;
        self.regions.values().any(|region| any(&region.keys, id))
            || any(vpcs, id)
            || any(subnets, id)
            || any(route_tables, id)
            || any(network_acls, id)
            || any(security_groups, id)
            || any(endpoints, id)
            || any(flow_logs, id)
            || any(attachments, id)
    }

    fn is_readable(&self, part: &Part) -> bool {
        inventory::is_readable(self, part)
    }
}

impl Network {
    fn tag(&mut self, action: &ec2::tags::Action) {
        let ec2::tags::Action { id, tags } = action;
        macro_rules! tag {
            ($($list:ident),*) => {
                $(for thing in self.$list.iter_mut().flatten().filter(|thing| thing.id == *id) {
                    thing.tags.extend(tags);
                })*
            };
        }
        tag!(
            vpcs,
            subnets,
            route_tables,
            network_acls,
            security_groups,
            endpoints,
            flow_logs,
            attachments
        );
    }

    /// AWS associates a new subnet with the VPC's default network ACL, and drops associations with
    /// the subnet.
    fn follow_subnet(&mut self, action: &ec2::subnet::Action, created: Option<&str>) {
        let Ok(acls) = &mut self.network_acls else { return };
        match action {
            ec2::subnet::Action::Create { vpc_id, .. } => {
                let Some(subnet) = created else { return };
                if !acls.iter().any(|acl| acl.default && acl.vpc_id == *vpc_id) {
                    acls.push(NetworkAcl::default_of(vpc_id));
                }
                for acl in acls.iter_mut().filter(|acl| acl.default && acl.vpc_id == *vpc_id) {
                    acl.associations
                        .insert(subnet.to_owned(), ec2::network_acl::UNREAD_ASSOCIATION.to_owned());
                }
            }
            ec2::subnet::Action::Delete { id } => {
                acls.iter_mut().for_each(|acl| drop(acl.associations.remove(id)));
                self.route_tables
                    .iter_mut()
                    .flatten()
                    .for_each(|table| drop(table.associations.remove(id)));
            }
            ec2::subnet::Action::NoPublicIp { .. } => {}
        }
    }
}
