//! What the operator reads of the account: by tags, by names, by ids, and everything in the VPCs
//! found that way, as the `aws` crate asks for it.

use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_plan::ec2::vpc::Vpc;
use jichitai_plan::kms::alias::Alias;
use jichitai_plan::kms::key::{Key, KeyState};
use jichitai_plan::kms::usage::{KeyUsage, Use};
use jichitai_plan::municipality::observed::{Network, Observed, RegionKeys, SharedKey};
use jichitai_plan::municipality::query::{NetworkQuery, Query};
use jichitai_plan::observation::{Fault, FaultKind, Listing, Observation};
use jichitai_plan::resolve::Resource;

use super::{Keys, Listed, Wires, World, belongs};

/// What ids of EC2 begin with; every other id is a key's.
const EC2: [&str; 8] = ["vpc-", "subnet-", "rtb-", "acl-", "sg-", "vpce-", "fl-", "tgw-attach-"];

impl World {
    /// Reads what the query asks for.
    pub fn view(&self, query: &Query) -> Observed {
        let seen = Observed {
            regions: Region::ALL
                .into_iter()
                .map(|region| (region, self.view_keys(region, query)))
                .collect(),
            network: self.view_network(query),
            shared_keys: query
                .shared_keys
                .iter()
                .map(|arn| (arn.clone(), self.view_shared(arn)))
                .collect(),
        };
        self.overlooked.borrow_mut().clear();
        seen
    }

    fn listed<T>(&self, what: Listed, list: impl FnOnce() -> Vec<T>) -> Listing<T> {
        match self.unreadable.contains(&what) {
            true => Err(unreadable(what)),
            false => Ok(list()),
        }
    }

    fn is_listed(&self, id: &str) -> bool {
        !self.unlisted.contains_key(id) && !self.overlooked.borrow().contains(id)
    }

    fn view_network(&self, query: &Query) -> Network {
        let Wires {
            vpcs: _,
            subnets,
            route_tables,
            network_acls,
            security_groups,
            endpoints,
            flow_logs,
            attachments,
            gateways,
            occupied: _,
        } = &self.wires;
        let vpcs = match self.listed(Listed::Vpcs, || self.view_vpcs(query)) {
            Ok(vpcs) => vpcs,
            Err(fault) => return nothing(&fault),
        };
        let ids: BTreeSet<&str> = vpcs.iter().map(|vpc| vpc.id.as_str()).collect();
        let named = |id: &str| query.ids.get(&Region::Tokyo).is_some_and(|ids| ids.contains(id));
        macro_rules! search {
            ($what:ident, $list:ident, $inside:expr) => {
                self.listed(Listed::$what, || {
                    let mut found = $list.clone();
                    found.retain(|one| self.is_listed(&one.id) && ($inside(one) || named(&one.id)));
                    found
                })
            };
        }
        macro_rules! in_vpc {
            ($what:ident, $list:ident) => {
                search!($what, $list, |one: &_| in_one_of(&ids, one))
            };
        }
        Network {
            subnets: in_vpc!(Subnets, subnets),
            route_tables: in_vpc!(RouteTables, route_tables),
            network_acls: in_vpc!(NetworkAcls, network_acls),
            security_groups: in_vpc!(SecurityGroups, security_groups),
            endpoints: in_vpc!(Endpoints, endpoints),
            flow_logs: search!(FlowLogs, flow_logs, |one: &jichitai_plan::ec2::flow_log::FlowLog| {
                ids.contains(one.resource_id.as_str()) || belongs(&one.tags, &query.identity)
            }),
            attachments: in_vpc!(Attachments, attachments),
            gateways: self.listed(Listed::Gateways, || {
                let attached = gateways.iter().filter(|one| ids.contains(one.vpc_id.as_str()));
                attached.cloned().collect()
            }),
            vpcs: Ok(vpcs),
        }
    }

    fn view_vpcs(&self, query: &Query) -> Vec<Vpc> {
        let named = |id: &String| query.ids.get(&Region::Tokyo).is_some_and(|ids| ids.contains(id));
        let wanted = |vpc: &Vpc| match &query.network {
            NetworkQuery::Managed => belongs(&vpc.tags, &query.identity) || named(&vpc.id),
            NetworkQuery::Existing { vpc_id } => vpc.id == *vpc_id || named(&vpc.id),
        };
        let vpcs = self.wires.vpcs.iter().filter(|vpc| self.is_listed(&vpc.id));
        let mut found: Vec<Vpc> = vpcs.clone().filter(|vpc| wanted(vpc)).cloned().collect();
        if found.is_empty() && query.network == NetworkQuery::Managed {
            let subnets = self.wires.subnets.iter().filter(|one| self.is_listed(&one.id));
            let around: BTreeSet<&String> = subnets
                .filter(|one| belongs(&one.tags, &query.identity))
                .map(|one| &one.vpc_id)
                .collect();
            found = vpcs.filter(|vpc| around.contains(&vpc.id)).cloned().collect();
        }
        if self.unreadable.contains(&Listed::VpcAttributes) {
            for vpc in &mut found {
                vpc.dns_support = Observation::Unreadable(unreadable(Listed::VpcAttributes));
                vpc.dns_hostnames = Observation::Unreadable(unreadable(Listed::VpcAttributes));
            }
        }
        found
    }

    fn view_keys(&self, region: Region, query: &Query) -> RegionKeys {
        let Some(all) = self.keys.get(&region) else {
            return RegionKeys::default();
        };
        let ebs_defaults = match &all.ebs_defaults {
            _ if !query.ebs_defaults => Observation::Absent,
            _ if self.unreadable.contains(&Listed::EbsDefaults) => {
                Observation::Unreadable(unreadable(Listed::EbsDefaults))
            }
            Some(defaults) => Observation::Present(defaults.clone()),
            None => Observation::Absent,
        };
        if self.unreadable.contains(&Listed::Aliases) {
            let fault = unreadable(Listed::Aliases);
            return RegionKeys {
                keys: Err(fault.clone()),
                aliases: Err(fault),
                ebs_defaults,
                usage: BTreeMap::new(),
            };
        }
        let aliases: Vec<Alias> = all
            .aliases
            .iter()
            .filter(|one| query.aliases.contains(&one.name))
            .cloned()
            .collect();
        let keys = self.listed(Listed::Keys, || self.find_keys(region, all, &aliases, query));
        let usage = match &keys {
            Ok(keys) if query.key_usage => keys.iter().map(|key| (key.id.clone(), self.usage(all, key))).collect(),
            Ok(_) | Err(_) => BTreeMap::new(),
        };
        RegionKeys {
            keys,
            aliases: Ok(aliases),
            ebs_defaults,
            usage,
        }
    }

    /// Keys behind the names and with the ids; and where a name has no key, those that carry the
    /// owner's tags and have no name.
    fn find_keys(&self, region: Region, all: &Keys, aliases: &[Alias], query: &Query) -> Vec<Key> {
        let ids = query.ids.get(&region).into_iter().flatten();
        let ids: BTreeSet<&String> = ids
            .filter(|id| !EC2.iter().any(|prefix| id.starts_with(prefix)))
            .collect();
        let named = |key: &Key| aliases.iter().any(|alias| alias.key_id == key.id);
        let keys = all.keys.iter().filter(|key| self.is_listed(&key.id));
        let mut found: Vec<Key> = keys
            .clone()
            .filter(|key| named(key) || ids.contains(&key.id))
            .cloned()
            .collect();
        let explains = |key: &&Key| {
            let going = matches!(key.state, KeyState::PendingDeletion { .. });
            !named(key) && belongs(&key.tags, &query.identity) && !going
        };
        let missing = query.aliases.len().saturating_sub(aliases.len());
        if missing > found.iter().filter(explains).count() {
            let settled = |id: &str| {
                all.aliases
                    .iter()
                    .any(|one| one.key_id == id && one.name.starts_with("alias/jichitai/"))
            };
            let known: BTreeSet<String> = found.iter().map(|key| key.id.clone()).collect();
            let orphans = keys.filter(|key| !settled(&key.id) && !known.contains(&key.id));
            found.extend(orphans.filter(|key| belongs(&key.tags, &query.identity)).cloned());
        }
        for key in &mut found {
            if self.unreadable.contains(&Listed::KeyPolicies) {
                key.policy = Observation::Unreadable(unreadable(Listed::KeyPolicies));
            }
            if self.unreadable.contains(&Listed::Rotation) {
                key.rotation_days = Observation::Unreadable(unreadable(Listed::Rotation));
            }
        }
        found
    }

    fn usage(&self, all: &Keys, key: &Key) -> KeyUsage {
        let checked = [
            "volume",
            "snapshot",
            "image",
            "database",
            "bucket",
            "grant",
            "ebs-default",
        ];
        let mut uses = all.uses.get(&key.id).cloned().unwrap_or_default();
        if all
            .ebs_defaults
            .as_ref()
            .is_some_and(|defaults| defaults.key == key.arn)
        {
            uses.push(Use {
                kind: "ebs-default".into(),
                id: "the account".into(),
            });
        }
        KeyUsage {
            checked: checked.map(str::to_owned).to_vec(),
            uses,
            unreadable: match self.unreadable.contains(&Listed::KeyUses) {
                true => vec![unreadable(Listed::KeyUses)],
                false => Vec::new(),
            },
        }
    }

    fn view_shared(&self, arn: &str) -> Observation<SharedKey> {
        if self.unreadable.contains(&Listed::Keys) {
            return Observation::Unreadable(unreadable(Listed::Keys));
        }
        let Some(all) = self.keys.get(&Region::Tokyo) else {
            return Observation::Absent;
        };
        match all.keys.iter().find(|key| key.arn == arn) {
            Some(key) => Observation::Present(SharedKey {
                state: key.state.clone(),
                customer_managed: !all.aws_managed.contains(&key.id),
            }),
            None => Observation::Absent,
        }
    }
}

/// A thing in a VPC.
trait InVpc: Resource {
    fn vpc_id(&self) -> &str;
}

macro_rules! in_vpc {
    ($($type:path),*) => {
        $(impl InVpc for $type {
            fn vpc_id(&self) -> &str {
                &self.vpc_id
            }
        })*
    };
}

in_vpc!(
    jichitai_plan::ec2::subnet::Subnet,
    jichitai_plan::ec2::route_table::RouteTable,
    jichitai_plan::ec2::network_acl::NetworkAcl,
    jichitai_plan::ec2::security_group::SecurityGroup,
    jichitai_plan::ec2::vpc_endpoint::VpcEndpoint,
    jichitai_plan::ec2::transit_gateway_attachment::Attachment
);

fn in_one_of(vpcs: &BTreeSet<&str>, thing: &impl InVpc) -> bool {
    vpcs.contains(thing.vpc_id())
}

fn unreadable(what: Listed) -> Fault {
    Fault {
        kind: FaultKind::Denied,
        operation: format!("aws:Read{what:?}"),
        code: "UnauthorizedOperation".into(),
        message: String::new(),
        request_id: None,
    }
}

/// Without the VPC nothing in it can be said to be there or not.
fn nothing(fault: &Fault) -> Network {
    Network {
        vpcs: Err(fault.clone()),
        subnets: Err(fault.clone()),
        route_tables: Err(fault.clone()),
        network_acls: Err(fault.clone()),
        security_groups: Err(fault.clone()),
        endpoints: Err(fault.clone()),
        flow_logs: Err(fault.clone()),
        attachments: Err(fault.clone()),
        gateways: Err(fault.clone()),
    }
}
