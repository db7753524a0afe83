//! What people and other systems do to the account, past the operator.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jichitai_api::Region;
use jichitai_plan::ec2::internet_gateway::Gateway;
use jichitai_plan::ec2::network_acl;
use jichitai_plan::ec2::security_group;
use jichitai_plan::identity::Identity;
use jichitai_plan::kms::alias::Alias;
use jichitai_plan::kms::key::{Key, KeyState};
use jichitai_plan::kms::usage::Use;
use jichitai_plan::observation::Observation;
use jichitai_plan::policy::document::{Document, Statement};
use jichitai_plan::tags::Tags;
use jiff::SignedDuration;
use serde::Deserialize;

use super::{Listed, World};

/// One thing done by hand. A `role` names a thing by the owner's tags, in Osaka after `osaka/`;
/// rules are written as plans print them.
#[expect(missing_docs, reason = "the name of a field says what it is")]
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ByHand {
    /// A rule in a security group.
    AllowRule { role: String, rule: String },
    /// A rule out of a security group.
    RevokeRule { role: String, rule: String },
    /// A rule in a network ACL.
    AddEntry { role: String, number: u16, rule: String },
    /// A rule out of a network ACL.
    RemoveEntry { role: String, egress: bool, number: u16 },
    /// A route, new or to another target.
    Route {
        role: String,
        destination: String,
        target: String,
    },
    /// A route less.
    RemoveRoute { role: String, destination: String },
    /// Public addresses in a subnet.
    PublicAddresses { role: String },
    /// A subnet moved to another route table: of that role, or a new one of nobody.
    MoveRoutes { role: String, to: Option<String> },
    /// A subnet left to the main route table.
    DropRoutes { role: String },
    /// A subnet moved to another network ACL: of that role, or the default one.
    MoveFilter { role: String, to: Option<String> },
    /// A subnet of anybody, by its id, put under a network ACL of the owner's.
    MoveFilterOf { subnet: String, to: String },
    /// No DNS host names in the VPC.
    DnsHostnamesOff,
    /// A tag.
    Tag { role: String, key: String, value: String },
    /// A tag less.
    Untag { role: String, key: String },
    /// All of the operator's tags less.
    StripTags { role: String },
    /// A second thing with the same tags.
    Duplicate { role: String },
    /// A thing deleted, whatever hangs on it.
    Delete { role: String },
    /// No rotation of a key, or in another rhythm.
    Rotate { role: String, days: Option<u32> },
    /// Another text in a key's description.
    Describe { role: String, description: String },
    /// A statement in a key's policy, as JSON.
    AddStatement { role: String, statement: serde_json::Value },
    /// A statement out of a key's policy, by `Sid`.
    RemoveStatement { role: String, sid: String },
    /// A key disabled.
    DisableKey { role: String },
    /// A key enabled.
    EnableKey { role: String },
    /// A key's deletion scheduled, in 30 days.
    ScheduleKeyDeletion { role: String },
    /// The alias of one key pointed to another one.
    PointAlias { role: String, to: String },
    /// The alias of a key deleted.
    DeleteAlias { role: String },
    /// Something encrypted with a key.
    UseKey { role: String, kind: String, id: String },
    /// Nothing encrypted with a key any more.
    DropKeyUses { role: String },
    /// Another default key for EBS, or none of a customer's.
    EbsDefaultKey { region: Region, key: String },
    /// An endpoint without private names.
    PrivateNamesOff { role: String },
    /// A security group on an endpoint: of that role.
    EndpointGroup { role: String, group: String },
    /// A subnet less under an endpoint or an attachment, if it has several.
    LeaveSubnet { role: String },
    /// Another state of an endpoint or an attachment.
    State { role: String, state: String },
    /// An internet gateway on the owner's VPC, or on one by id.
    InternetGateway { vpc: Option<String> },
    /// Machines in a subnet.
    Occupy { role: String },
    /// No machines any more.
    Vacate { role: String },
    /// From now on the network's operator accepts attachments by hand.
    AcceptByHand,
    /// The network's operator accepts.
    Accept,
    /// A VPC of nobody, or of whom its tags name.
    Vpc {
        id: String,
        cidr: Ipv4Net,
        #[serde(default)]
        tags: Tags,
    },
    /// A subnet in a VPC.
    Subnet {
        id: String,
        vpc: String,
        cidr: Ipv4Net,
        zone: String,
        #[serde(default)]
        tags: Tags,
    },
    /// A key.
    Key {
        region: Region,
        id: String,
        #[serde(default)]
        aws_managed: bool,
        #[serde(default)]
        disabled: bool,
        #[serde(default)]
        tags: Tags,
    },
    /// Listings that are refused from now on; none ends it.
    Unreadable(Vec<Listed>),
    /// Roles whose writes are refused from now on; none ends it.
    Denied(Vec<String>),
    /// Time passes.
    PassTime(SignedDuration),
}

/// Why something cannot be done by hand: the case is wrong.
pub type Impossible = String;

impl World {
    /// Does it.
    ///
    /// # Errors
    /// What the account does not have.
    pub fn by_hand(&mut self, owner: &Identity, deed: &ByHand) -> Result<(), Impossible> {
        self.wires_by_hand(owner, deed)
    }

    /// The id of the owner's thing with this role.
    ///
    /// # Errors
    /// There is none.
    pub fn id_of(&self, owner: &Identity, role: &str) -> Result<String, Impossible> {
        let mut owned = self.owned(owner);
        let ids = owned.remove(role).ok_or_else(|| format!("there is no {role}"))?;
        ids.into_iter().next().ok_or_else(|| format!("there is no {role}"))
    }

    fn wires_by_hand(&mut self, owner: &Identity, deed: &ByHand) -> Result<(), Impossible> {
        let id = |world: &Self, role: &str| world.id_of(owner, role);
        match deed {
            ByHand::AllowRule { role, rule } => {
                let (id, rule) = (id(self, role)?, group_rule(rule)?);
                let groups = self.wires.security_groups.iter_mut().filter(|group| group.id == id);
                groups.for_each(|group| group.rules.extend([rule.clone()]));
            }
            ByHand::RevokeRule { role, rule } => {
                let (id, rule) = (id(self, role)?, group_rule(rule)?);
                let groups = self.wires.security_groups.iter_mut().filter(|group| group.id == id);
                groups.for_each(|group| group.rules.retain(|one| *one != rule));
            }
            ByHand::AddEntry { role, number, rule } => {
                let (id, rule) = (id(self, role)?, acl_rule(rule)?);
                for acl in self.wires.network_acls.iter_mut().filter(|acl| acl.id == id) {
                    acl.entries.insert((rule.egress, *number), rule.clone());
                }
            }
            ByHand::RemoveEntry { role, egress, number } => {
                let id = id(self, role)?;
                for acl in self.wires.network_acls.iter_mut().filter(|acl| acl.id == id) {
                    acl.entries.remove(&(*egress, *number));
                }
            }
            ByHand::Route {
                role,
                destination,
                target,
            } => {
                let id = id(self, role)?;
                for table in self.wires.route_tables.iter_mut().filter(|table| table.id == id) {
                    table.routes.insert(destination.clone(), target.clone());
                }
            }
            ByHand::RemoveRoute { role, destination } => {
                let id = id(self, role)?;
                for table in self.wires.route_tables.iter_mut().filter(|table| table.id == id) {
                    table.routes.remove(destination);
                }
            }
            ByHand::PublicAddresses { role } => {
                let id = id(self, role)?;
                let subnets = self.wires.subnets.iter_mut().filter(|subnet| subnet.id == id);
                subnets.for_each(|subnet| subnet.public_ip_on_launch = true);
            }
            ByHand::MoveRoutes { role, to } => {
                let subnet = id(self, role)?;
                let vpc = self.vpc_of(&subnet);
                let table = match to {
                    Some(role) => id(self, role)?,
                    None => self.make_route_table(&vpc, Tags::new()),
                };
                self.drop_routes(&subnet);
                self.associate_table(&table, &subnet)
                    .map_err(|fault| fault.to_string())?;
            }
            ByHand::DropRoutes { role } => {
                let subnet = id(self, role)?;
                self.drop_routes(&subnet);
            }
            ByHand::MoveFilter { role, to } => {
                let subnet = id(self, role)?;
                let vpc = self.vpc_of(&subnet);
                let default = self
                    .wires
                    .network_acls
                    .iter()
                    .find(|acl| acl.default && acl.vpc_id == vpc);
                let acl = match (to, default) {
                    (Some(role), _) => id(self, role)?,
                    (None, Some(default)) => default.id.clone(),
                    (None, None) => return Err(format!("{vpc} has no default network ACL")),
                };
                self.move_filter(&subnet, &acl)?;
            }
            ByHand::MoveFilterOf { subnet, to } => {
                let acl = id(self, to)?;
                self.move_filter(subnet, &acl)?;
            }
            ByHand::DnsHostnamesOff => {
                let id = id(self, "vpc")?;
                let vpcs = self.wires.vpcs.iter_mut().filter(|vpc| vpc.id == id);
                vpcs.for_each(|vpc| vpc.dns_hostnames = Observation::Present(false));
            }
            ByHand::PrivateNamesOff { role } => {
                let id = id(self, role)?;
                let endpoints = self.wires.endpoints.iter_mut().filter(|one| one.id == id);
                endpoints.for_each(|endpoint| endpoint.private_dns = false);
            }
            ByHand::EndpointGroup { role, group } => {
                let (id, group) = (id(self, role)?, id(self, group)?);
                let endpoints = self.wires.endpoints.iter_mut().filter(|one| one.id == id);
                endpoints.for_each(|endpoint| endpoint.security_groups.extend([group.clone()]));
            }
            ByHand::LeaveSubnet { role } => {
                let id = id(self, role)?;
                let leave = |subnets: &mut BTreeSet<String>| drop((subnets.len() > 1).then(|| subnets.pop_first()));
                let endpoints = self.wires.endpoints.iter_mut().filter(|one| one.id == id);
                endpoints.for_each(|endpoint| leave(&mut endpoint.subnets));
                let attachments = self.wires.attachments.iter_mut().filter(|one| one.id == id);
                attachments.for_each(|attachment| leave(&mut attachment.subnets));
            }
            ByHand::State { role, state } => {
                let id = id(self, role)?;
                let endpoints = self.wires.endpoints.iter_mut().filter(|one| one.id == id);
                endpoints.for_each(|endpoint| endpoint.state.clone_from(state));
                let attachments = self.wires.attachments.iter_mut().filter(|one| one.id == id);
                attachments.for_each(|attachment| attachment.state.clone_from(state));
            }
            ByHand::InternetGateway { vpc } => {
                let vpc_id = match vpc {
                    Some(id) => id.clone(),
                    None => id(self, "vpc")?,
                };
                let id = self.mint("igw-");
                self.wires.gateways.push(Gateway { id, vpc_id });
            }
            ByHand::Occupy { role } => {
                let id = id(self, role)?;
                self.wires.occupied.insert(id);
            }
            ByHand::Vacate { role } => {
                let id = id(self, role)?;
                self.wires.occupied.remove(&id);
            }
            ByHand::AcceptByHand => self.accepts = false,
            ByHand::Accept => self.accepts = true,
            ByHand::Vpc { id, cidr, tags } => {
                let made = self.make_vpc(*cidr, tags.clone());
                self.rename(&made, id);
            }
            ByHand::Subnet {
                id,
                vpc,
                cidr,
                zone,
                tags,
            } => {
                let made = self
                    .make_subnet(vpc, *cidr, zone, tags.clone())
                    .map_err(|fault| fault.to_string())?;
                self.rename(&made, id);
            }
            ByHand::Unreadable(listings) => self.unreadable = listings.iter().copied().collect(),
            ByHand::Denied(roles) => self.denied = roles.iter().cloned().collect(),
            ByHand::PassTime(time) => {
                let until = self.now.checked_add(*time).map_err(|error| error.to_string())?;
                self.pass_time(until);
            }
            other => return self.things_by_hand(owner, other),
        }
        Ok(())
    }

    fn things_by_hand(&mut self, owner: &Identity, deed: &ByHand) -> Result<(), Impossible> {
        match deed {
            ByHand::Tag { role, key, value } => {
                let id = self.id_of(owner, role)?;
                self.retag(&id, |tags| tags.insert(key, value));
            }
            ByHand::Untag { role, key } => {
                let id = self.id_of(owner, role)?;
                self.retag(&id, |tags| drop(tags.remove(key)));
            }
            ByHand::StripTags { role } => {
                let id = self.id_of(owner, role)?;
                self.retag(&id, |tags| tags.retain(|key, _| !key.starts_with("jichitai:")));
            }
            ByHand::Duplicate { role } => {
                let id = self.id_of(owner, role)?;
                self.duplicate(&id);
            }
            ByHand::Delete { role } => {
                let id = self.id_of(owner, role)?;
                self.erase(&id);
            }
            other => return self.keys_by_hand(owner, other),
        }
        Ok(())
    }

    fn keys_by_hand(&mut self, owner: &Identity, deed: &ByHand) -> Result<(), Impossible> {
        match deed {
            ByHand::Rotate { role, days } => {
                self.with_key(owner, role, |key| {
                    key.rotation_days = days.map_or(Observation::Absent, Observation::Present);
                })?;
            }
            ByHand::Describe { role, description } => {
                self.with_key(owner, role, |key| key.description.clone_from(description))?;
            }
            ByHand::AddStatement { role, statement } => {
                let text = serde_json::json!({ "Statement": statement }).to_string();
                let added = Document::parse(&text).map_err(|error| error.to_string())?;
                self.with_policy(owner, role, |statements| statements.extend(added.statements.clone()))?;
            }
            ByHand::RemoveStatement { role, sid } => {
                self.with_policy(owner, role, |statements| statements.retain(|one| one.sid != *sid))?;
            }
            ByHand::EnableKey { role } => self.with_key(owner, role, |key| key.state = KeyState::Enabled)?,
            ByHand::DisableKey { role } => self.with_key(owner, role, |key| key.state = KeyState::Disabled)?,
            ByHand::ScheduleKeyDeletion { role } => {
                let at = self.now.checked_add(SignedDuration::from_hours(24 * 30)).ok();
                self.with_key(owner, role, |key| key.state = KeyState::PendingDeletion { at })?;
            }
            ByHand::PointAlias { role, to } => {
                let (from, to) = (self.id_of(owner, role)?, self.id_of(owner, to)?);
                let aliases = self.keys.values_mut().flat_map(|region| &mut region.aliases);
                aliases
                    .filter(|alias| alias.key_id == from)
                    .for_each(|alias| alias.key_id.clone_from(&to));
            }
            ByHand::DeleteAlias { role } => {
                let id = self.id_of(owner, role)?;
                self.keys
                    .values_mut()
                    .for_each(|region| region.aliases.retain(|alias| alias.key_id != id));
            }
            ByHand::UseKey { role, kind, id } => {
                let key = self.id_of(owner, role)?;
                let (kind, id) = (kind.clone(), id.clone());
                let region = self.region_of(&key);
                self.region(region).uses.entry(key).or_default().push(Use { kind, id });
            }
            ByHand::DropKeyUses { role } => {
                let key = self.id_of(owner, role)?;
                self.keys.values_mut().for_each(|region| drop(region.uses.remove(&key)));
            }
            ByHand::EbsDefaultKey { region, key } => {
                if let Some(defaults) = &mut self.region(*region).ebs_defaults {
                    defaults.key.clone_from(key);
                }
            }
            ByHand::Key {
                region,
                id,
                aws_managed,
                disabled,
                tags,
            } => {
                let arn = format!("arn:aws:kms:{region}:{}:key/{id}", self.account);
                let keys = self.region(*region);
                keys.aws_managed.extend(aws_managed.then(|| id.clone()));
                keys.keys.push(Key {
                    id: id.clone(),
                    arn,
                    state: if *disabled {
                        KeyState::Disabled
                    } else {
                        KeyState::Enabled
                    },
                    description: "made by hand".into(),
                    policy: Observation::Present(Document::default()),
                    rotation_days: Observation::Absent,
                    tags: tags.clone(),
                });
            }
            other => return Err(format!("{other:?} is not done")),
        }
        Ok(())
    }

    fn region_of(&self, key_id: &str) -> Region {
        let holds = |region: &&Region| self.keys[*region].keys.iter().any(|key| key.id == key_id);
        self.keys.keys().find(holds).copied().unwrap_or(Region::Tokyo)
    }

    fn with_key(&mut self, owner: &Identity, role: &str, change: impl Fn(&mut Key)) -> Result<(), Impossible> {
        let id = self.id_of(owner, role)?;
        let keys = self.keys.values_mut().flat_map(|region| &mut region.keys);
        keys.filter(|key| key.id == id).for_each(change);
        Ok(())
    }

    fn with_policy(
        &mut self,
        owner: &Identity,
        role: &str,
        change: impl Fn(&mut Vec<Statement>),
    ) -> Result<(), Impossible> {
        self.with_key(owner, role, |key| {
            if let Observation::Present(policy) = &mut key.policy {
                change(&mut policy.statements);
            }
        })
    }

    fn vpc_of(&self, subnet_id: &str) -> String {
        let subnet = self.wires.subnets.iter().find(|subnet| subnet.id == subnet_id);
        subnet.map(|subnet| subnet.vpc_id.clone()).unwrap_or_default()
    }

    fn move_filter(&mut self, subnet_id: &str, acl_id: &str) -> Result<(), Impossible> {
        let acls = self.wires.network_acls.iter_mut();
        acls.for_each(|acl| drop(acl.associations.remove(subnet_id)));
        let moved = self.associate_acl(acl_id, subnet_id).map_err(|fault| fault.to_string());
        moved.map(|_| ())
    }

    fn drop_routes(&mut self, subnet_id: &str) {
        let tables = self.wires.route_tables.iter_mut();
        tables.for_each(|table| drop(table.associations.remove(subnet_id)));
    }

    /// Gives a new VPC or subnet another id.
    fn rename(&mut self, from: &str, to: &str) {
        let wires = &mut self.wires;
        let change = |id: &mut String| {
            if id == from {
                to.clone_into(id);
            }
        };
        wires.vpcs.iter_mut().for_each(|one| change(&mut one.id));
        wires.subnets.iter_mut().for_each(|one| change(&mut one.id));
        wires.route_tables.iter_mut().for_each(|one| change(&mut one.vpc_id));
        wires.security_groups.iter_mut().for_each(|one| change(&mut one.vpc_id));
        for acl in &mut wires.network_acls {
            change(&mut acl.vpc_id);
            let moved: BTreeMap<String, String> = std::mem::take(&mut acl.associations);
            acl.associations = moved
                .into_iter()
                .map(|(id, one)| (if id == from { to.to_owned() } else { id }, one))
                .collect();
        }
    }

    fn duplicate(&mut self, id: &str) {
        macro_rules! copy {
            ($prefix:literal, $($list:tt)*) => {
                if let Some(found) = self.$($list)*.iter().find(|one| one.id == id).cloned() {
                    let id = self.mint($prefix);
                    let mut copy = found;
                    copy.id = id;
                    self.$($list)*.push(copy);
                }
            };
        }
        copy!("vpc-", wires.vpcs);
        copy!("sg-", wires.security_groups);
        copy!("vpce-", wires.endpoints);
        copy!("fl-", wires.flow_logs);
        for region in Region::ALL {
            copy!("cmk-", region(region).keys);
        }
    }

    fn erase(&mut self, id: &str) {
        let wires = &mut self.wires;
        wires.subnets.retain(|one| one.id != id);
        for table in &mut wires.route_tables {
            table.associations.remove(id);
        }
        wires
            .network_acls
            .iter_mut()
            .for_each(|acl| drop(acl.associations.remove(id)));
        wires.route_tables.retain(|one| one.id != id);
        wires.security_groups.retain(|one| one.id != id);
        wires.endpoints.retain(|one| one.id != id);
        wires.flow_logs.retain(|one| one.id != id);
        wires.attachments.retain(|one| one.id != id);
    }

    /// Points the name of somebody's key to a key by its id.
    pub fn name_key(&mut self, region: Region, name: &str, key_id: &str) {
        let aliases = &mut self.region(region).aliases;
        aliases.retain(|alias| alias.name != name);
        aliases.push(Alias {
            name: name.to_owned(),
            key_id: key_id.to_owned(),
        });
    }
}

fn ports(words: &[&str]) -> Result<Option<(i32, i32)>, Impossible> {
    match words {
        [] => Ok(None),
        ["ports", range] => {
            let (first, last) = range.split_once('-').ok_or("ports are written 22-22")?;
            let number = |text: &str| text.parse().map_err(|error| format!("{text}: {error}"));
            Ok(Some((number(first)?, number(last)?)))
        }
        _ => Err(format!("not understood: {}", words.join(" "))),
    }
}

fn way(word: &str) -> Result<bool, Impossible> {
    match word {
        "to" => Ok(true),
        "from" => Ok(false),
        other => Err(format!("{other} is neither to nor from")),
    }
}

/// A rule of a security group as plans print it: `from 10.0.0.0/8 protocol tcp ports 22-22`.
fn group_rule(text: &str) -> Result<security_group::Rule, Impossible> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [direction, peer, "protocol", protocol, rest @ ..] = words.as_slice() else {
        return Err(format!("not a rule: {text}"));
    };
    Ok(security_group::Rule {
        egress: way(direction)?,
        peer: (*peer).to_owned(),
        protocol: (*protocol).to_owned(),
        ports: ports(rest)?,
    })
}

/// A rule of a network ACL as plans print it: `deny from 10.0.0.0/8 protocol 6 ports 22-22`.
fn acl_rule(text: &str) -> Result<network_acl::Rule, Impossible> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [
        verb @ ("allow" | "deny"),
        direction,
        cidr,
        "protocol",
        protocol,
        rest @ ..,
    ] = words.as_slice()
    else {
        return Err(format!("not a rule: {text}"));
    };
    Ok(network_acl::Rule {
        egress: way(direction)?,
        allow: *verb == "allow",
        cidr: (*cidr).to_owned(),
        protocol: (*protocol).to_owned(),
        ports: ports(rest)?,
    })
}
