//! An AWS account in memory: what the plan of a municipality reads and writes, with AWS's refusals
//! that matter to it, states that change by themselves, and lists that lag.
//!
//! It holds the things of any number of owners and of nobody. What the operator sees of it is
//! [`World::view`], what it does goes through [`World::apply`], what people do by hand is in
//! [`by_hand`], and [`portrait`] describes it without its made-up ids.

pub mod by_hand;
mod guard;
mod keys;
mod network;
pub mod portrait;
mod subnets;
mod view;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jichitai_api::Region;
use jichitai_plan::ec2::ebs_defaults::EbsDefaults;
use jichitai_plan::ec2::flow_log::FlowLog;
use jichitai_plan::ec2::internet_gateway::Gateway;
use jichitai_plan::ec2::network_acl::NetworkAcl;
use jichitai_plan::ec2::route_table::RouteTable;
use jichitai_plan::ec2::security_group::SecurityGroup;
use jichitai_plan::ec2::subnet::Subnet;
use jichitai_plan::ec2::transit_gateway_attachment::Attachment;
use jichitai_plan::ec2::vpc::Vpc;
use jichitai_plan::ec2::vpc_endpoint::VpcEndpoint;
use jichitai_plan::identity::{AccountId, Identity, Part, short_hash};
use jichitai_plan::kms::alias::Alias;
use jichitai_plan::kms::key::{Key, KeyState};
use jichitai_plan::kms::usage::Use;
use jichitai_plan::observation::{Fault, FaultKind};
use jichitai_plan::step::{Action, Created, Effect, Step};
use jichitai_plan::tags::{self, Ownership, Tags, ownership};
use jiff::{SignedDuration, Timestamp};

/// What one Region has besides the network.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Keys of everybody.
    pub keys: Vec<Key>,
    /// Aliases of everybody.
    pub aliases: Vec<Alias>,
    /// The account's EBS defaults.
    pub ebs_defaults: Option<EbsDefaults>,
    /// What is encrypted with a key, by key id.
    pub uses: BTreeMap<String, Vec<Use>>,
    /// Keys that AWS manages.
    pub aws_managed: BTreeSet<String>,
}

/// The networks in Tokyo, of everybody.
#[derive(Clone, Debug, Default)]
pub struct Wires {
    /// VPCs.
    pub vpcs: Vec<Vpc>,
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Route tables, the main ones too.
    pub route_tables: Vec<RouteTable>,
    /// Network ACLs, the default ones too.
    pub network_acls: Vec<NetworkAcl>,
    /// Security groups, the default ones too.
    pub security_groups: Vec<SecurityGroup>,
    /// Endpoints.
    pub endpoints: Vec<VpcEndpoint>,
    /// Flow logs.
    pub flow_logs: Vec<FlowLog>,
    /// Attachments to transit gateways.
    pub attachments: Vec<Attachment>,
    /// Internet gateways.
    pub gateways: Vec<Gateway>,
    /// Subnets in which somebody's machines run.
    pub occupied: BTreeSet<String>,
}

/// A listing that AWS can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Listed {
    /// `DescribeVpcs`, and with it all that is found through the VPC.
    Vpcs,
    /// `DescribeVpcAttribute`.
    VpcAttributes,
    /// `DescribeSubnets`.
    Subnets,
    /// `DescribeRouteTables`.
    RouteTables,
    /// `DescribeNetworkAcls`.
    NetworkAcls,
    /// `DescribeSecurityGroups`.
    SecurityGroups,
    /// `DescribeVpcEndpoints`.
    Endpoints,
    /// `DescribeFlowLogs`.
    FlowLogs,
    /// `DescribeTransitGatewayVpcAttachments`.
    Attachments,
    /// `DescribeInternetGateways`.
    Gateways,
    /// `DescribeKey` and `ListKeys`.
    Keys,
    /// `ListAliases`.
    Aliases,
    /// `GetKeyPolicy`.
    KeyPolicies,
    /// `GetKeyRotationStatus`.
    Rotation,
    /// `GetEbsDefaultKmsKeyId`.
    EbsDefaults,
    /// What tells the uses of keys.
    KeyUses,
}

impl Listed {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Vpcs,
        Self::VpcAttributes,
        Self::Subnets,
        Self::RouteTables,
        Self::NetworkAcls,
        Self::SecurityGroups,
        Self::Endpoints,
        Self::FlowLogs,
        Self::Attachments,
        Self::Gateways,
        Self::Keys,
        Self::Aliases,
        Self::KeyPolicies,
        Self::Rotation,
        Self::EbsDefaults,
        Self::KeyUses,
    ];
}

/// An AWS account.
#[derive(Clone, Debug)]
pub struct World {
    /// The time there.
    pub now: Timestamp,
    /// The account.
    pub account: AccountId,
    /// Keys by Region.
    pub keys: BTreeMap<Region, Keys>,
    /// Networks.
    pub wires: Wires,
    /// Whether attachments are accepted without the network's operator.
    pub accepts: bool,
    /// Rules per direction of a network ACL.
    pub acl_quota: usize,
    /// How long new things are missing from every list.
    pub lag: SignedDuration,
    /// Listings that AWS refuses.
    pub unreadable: BTreeSet<Listed>,
    /// Roles whose writes AWS refuses.
    pub denied: BTreeSet<String>,
    /// Writes to what belongs to somebody else; there must never be one.
    pub trespasses: Vec<String>,
    /// Everything that was ever created by a step, by id.
    pub created: BTreeMap<String, Part>,
    /// Things that the next look leaves out, and only that one.
    pub overlooked: RefCell<BTreeSet<String>>,
    unlisted: BTreeMap<String, Timestamp>,
    tokens: BTreeMap<String, String>,
    minted: BTreeMap<String, u32>,
    seed: Option<u64>,
}

/// What an apply answers, but for the step itself.
type Answer = Result<Option<Created>, Fault>;

impl World {
    /// An account in which nothing was made yet. Without a seed ids are counted; with one they come
    /// in no order, as AWS's do.
    pub fn new(account: AccountId, now: Timestamp, seed: Option<u64>) -> Self {
        let region = || Keys {
            ebs_defaults: Some(EbsDefaults {
                encrypted: false,
                key: "alias/aws/ebs".into(),
            }),
            ..Keys::default()
        };
        Self {
            now,
            account,
            keys: Region::ALL.into_iter().map(|one| (one, region())).collect(),
            wires: Wires::default(),
            accepts: true,
            acl_quota: 20,
            lag: SignedDuration::ZERO,
            unreadable: BTreeSet::new(),
            denied: BTreeSet::new(),
            trespasses: Vec::new(),
            created: BTreeMap::new(),
            overlooked: RefCell::default(),
            unlisted: BTreeMap::new(),
            tokens: BTreeMap::new(),
            minted: BTreeMap::new(),
            seed,
        }
    }

    /// Performs a step's write for an owner, as the `aws` crate does: what finds its goal reached is
    /// a success.
    ///
    /// # Errors
    /// AWS's refusal.
    pub fn apply(&mut self, step: &Step, actor: &Identity) -> Result<Effect, Fault> {
        if self.denied.contains(step.part.role.as_str()) {
            return Err(refusal(FaultKind::Denied, "UnauthorizedOperation", "not allowed here"));
        }
        self.guard(step, actor);
        let token = step.creation.as_ref().map(|creation| creation.token.as_str());
        let region = step.part.region;
        let created = match &step.action {
            Action::KmsKey(action) => self.kms_key(region, action),
            Action::KmsAlias(action) => self.kms_alias(region, action),
            Action::EbsDefaults(action) => self.ebs_defaults(region, action),
            Action::Ec2Tags(action) => self.tag(action),
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
            | Action::DatabaseSnapshot(_) => Err(refusal(
                FaultKind::Denied,
                "AccessDenied",
                "this world has municipalities only",
            )),
            Action::Vpc(action) => self.vpc(action),
            Action::Subnet(action) => self.subnet(action),
            Action::RouteTable(action) => self.route_table(action, token),
            Action::NetworkAcl(action) => self.network_acl(action, token),
            Action::SecurityGroup(action) => self.security_group(action),
            Action::VpcEndpoint(action) => self.vpc_endpoint(action, token),
            Action::FlowLog(action) => self.flow_log(action, token),
            Action::TransitGatewayAttachment(action) => self.attachment(action),
        }?;
        if let (Some(created), Some(_)) = (&created, &step.creation) {
            self.created.insert(created.id.clone(), step.part.clone());
        }
        Ok(Effect {
            step: step.clone(),
            created,
        })
    }

    /// Lets AWS finish what it works on; says whether anything changed.
    pub fn tick(&mut self) -> bool {
        let step = SignedDuration::from_secs(30);
        self.now = self.now.checked_add(step).unwrap_or(self.now);
        let now = self.now;
        let unlisted = self.unlisted.len();
        self.unlisted.retain(|_, until| *until > now);
        let mut changed = self.unlisted.len() != unlisted;
        changed |= self.finish_wires();
        changed |= self.finish_keys();
        changed
    }

    /// Lets time pass, and AWS finish what it works on.
    pub fn pass_time(&mut self, until: Timestamp) {
        self.now = self.now.max(until);
        self.tick();
    }

    fn finish_wires(&mut self) -> bool {
        let Wires {
            endpoints, attachments, ..
        } = &mut self.wires;
        let before = (endpoints.clone(), attachments.clone());
        endpoints.retain(|endpoint| endpoint.state != "deleting");
        attachments.retain(|attachment| attachment.state != "deleting");
        for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.state == "pending") {
            "available".clone_into(&mut endpoint.state);
        }
        for attachment in attachments.iter_mut() {
            match attachment.state.as_str() {
                "pending" | "modifying" => "available".clone_into(&mut attachment.state),
                "pendingAcceptance" if self.accepts => "available".clone_into(&mut attachment.state),
                _ => {}
            }
        }
        before != (endpoints.clone(), attachments.clone())
    }

    fn finish_keys(&mut self) -> bool {
        let now = self.now;
        let mut changed = false;
        for Keys { keys, aliases, .. } in self.keys.values_mut() {
            let due = |key: &Key| matches!(key.state, KeyState::PendingDeletion { at: Some(at) } if at <= now);
            let gone: BTreeSet<String> = keys.iter().filter(|key| due(key)).map(|key| key.id.clone()).collect();
            keys.retain(|key| !gone.contains(&key.id));
            aliases.retain(|alias| !gone.contains(&alias.key_id));
            changed |= !gone.is_empty();
        }
        changed
    }

    /// The keys of a Region.
    pub fn region(&mut self, region: Region) -> &mut Keys {
        self.keys.entry(region).or_default()
    }

    /// A new id.
    fn mint(&mut self, prefix: &str) -> String {
        let count = self.minted.entry(prefix.to_owned()).or_default();
        *count += 1;
        let id = match self.seed {
            None => format!("{prefix}{count}"),
            Some(seed) => format!("{prefix}{}", short_hash(&format!("{seed} {prefix} {count}"), 12)),
        };
        if self.lag > SignedDuration::ZERO {
            let listed = self.now.checked_add(self.lag).unwrap_or(self.now);
            self.unlisted.insert(id.clone(), listed);
        }
        id
    }

    /// The answer of an earlier creation with the same token, even when the thing is gone.
    fn repeated(&self, token: Option<&str>) -> Option<Created> {
        let id = self.tokens.get(token?)?.clone();
        Some(Created {
            id,
            arn: None,
            state: None,
        })
    }

    fn remember(&mut self, token: Option<&str>, id: &str) {
        if let Some(token) = token {
            self.tokens.insert(token.to_owned(), id.to_owned());
        }
    }

    /// The tags of a thing.
    pub fn tags_of(&self, id: &str) -> Option<Tags> {
        self.carriers()
            .find(|(carrier, _)| *carrier == id)
            .map(|(_, tags)| tags.clone())
    }

    /// Everything that carries tags: its id and its tags.
    pub fn carriers(&self) -> impl Iterator<Item = (&str, &Tags)> {
        let wires = &self.wires;
        macro_rules! all {
            ($($list:ident),*) => {
                std::iter::empty()$(.chain(wires.$list.iter().map(|one| (one.id.as_str(), &one.tags))))*
            };
        }
        let keys = self.keys.values().flat_map(|region| &region.keys);
        let keys = keys.map(|key| (key.id.as_str(), &key.tags));
        keys.chain(all!(
            vpcs,
            subnets,
            route_tables,
            network_acls,
            security_groups,
            endpoints,
            flow_logs,
            attachments
        ))
    }

    /// Changes the tags of a thing; says whether it exists.
    pub fn retag(&mut self, id: &str, change: impl Fn(&mut Tags)) -> bool {
        let wires = &mut self.wires;
        let keys = self.keys.values_mut().flat_map(|region| &mut region.keys);
        macro_rules! all {
            ($($list:ident),*) => {
                keys.map(|key| (&key.id, &mut key.tags))
                    $(.chain(wires.$list.iter_mut().map(|one| (&one.id, &mut one.tags))))*
            };
        }
        let mut all = all!(
            vpcs,
            subnets,
            route_tables,
            network_acls,
            security_groups,
            endpoints,
            flow_logs,
            attachments
        );
        all.find(|(found, _)| *found == id)
            .map(|(_, tags)| change(tags))
            .is_some()
    }

    /// The ids of an owner's things by Region-less role; a role may have several.
    pub fn owned(&self, identity: &Identity) -> BTreeMap<String, Vec<String>> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, tags) in self.carriers() {
            if let Ownership::Ours(role) = ownership(tags, identity) {
                let osaka = self
                    .keys
                    .get(&Region::Osaka)
                    .is_some_and(|keys| keys.keys.iter().any(|key| key.id == id));
                let prefix = if osaka { "osaka/" } else { "" };
                all.entry(format!("{prefix}{role}")).or_default().push(id.to_owned());
            }
        }
        all
    }

    fn tag(&mut self, action: &jichitai_plan::ec2::tags::Action) -> Answer {
        let jichitai_plan::ec2::tags::Action { id, tags } = action;
        match self.retag(id, |have| have.extend(tags)) {
            true => Ok(None),
            false => Err(refusal(
                FaultKind::NotFound,
                "InvalidID",
                &format!("{id} does not exist"),
            )),
        }
    }
}

/// A refusal of AWS.
fn refusal(kind: FaultKind, code: &str, message: &str) -> Fault {
    Fault {
        kind,
        operation: "aws:Write".into(),
        code: code.into(),
        message: message.into(),
        request_id: None,
    }
}

/// AWS's refusal to work against something that is there or in use.
fn conflict(code: &str, message: &str) -> Fault {
    refusal(FaultKind::Conflict, code, message)
}

/// AWS's refusal to find something.
fn unknown(id: &str) -> Fault {
    refusal(FaultKind::NotFound, "NotFound", &format!("{id} does not exist"))
}

fn created(id: &str, state: Option<&str>) -> Option<Created> {
    Some(Created {
        id: id.to_owned(),
        arn: None,
        state: state.map(str::to_owned),
    })
}

/// Whether tags name an owner of an installation, as EC2's filters select them.
fn belongs(tags: &Tags, identity: &Identity) -> bool {
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|have| have == value);
    has(tags::INSTALLATION, &identity.installation) && has(tags::OWNER, &identity.owner.to_string())
}
