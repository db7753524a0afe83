//! The network ACL of a zone: the filter at the subnet's edge, answers included, within the quota.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::Ipv4Net;
use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2;
use crate::ec2::traffic::{self, Flow, Ports, Protocol};
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// A rule without its number: as all of ours allow, their order means nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Whether it filters what leaves the subnet.
    pub egress: bool,
    /// Whether it allows.
    pub allow: bool,
    /// The other side as AWS writes it (IPv4 or IPv6 CIDR).
    pub cidr: String,
    /// IANA protocol number, `-1` for any.
    pub protocol: String,
    /// First and last port; none for protocols without ports.
    pub ports: Option<(i32, i32)>,
}

impl Rule {
    /// Whether it lets everything pass that another rule does.
    fn admits(&self, other: &Self) -> bool {
        fn terms(rule: &Rule) -> traffic::Terms<'_> {
            (&rule.cidr, &rule.protocol, rule.ports)
        }
        self.egress == other.egress && self.allow && other.allow && traffic::includes(terms(self), terms(other))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (way, verb) = (
            if self.egress { "to" } else { "from" },
            if self.allow { "allow" } else { "deny" },
        );
        write!(f, "{verb} {way} {} protocol {}", self.cidr, self.protocol)?;
        self.ports
            .map_or(Ok(()), |(first, last)| write!(f, " ports {first}-{last}"))
    }
}

/// A rule in its place: direction and number, 1 to 32766. AWS's own final deny is left out.
pub type Entries = BTreeMap<(bool, u16), Rule>;

/// A network ACL in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Whether it is the VPC's default one.
    pub default: bool,
    /// Its rules by direction (true: outbound) and number.
    pub entries: Entries,
    /// Subnet id → association id. Every subnet has exactly one network ACL.
    pub associations: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// The id of an association that AWS made by itself and that was not read yet: the executor reads
/// it before it replaces the association.
pub const UNREAD_ASSOCIATION: &str = "";

impl NetworkAcl {
    /// The default network ACL that comes with a VPC, before it was read.
    #[must_use]
    pub fn default_of(vpc_id: &str) -> Self {
        Self {
            id: format!("(default network ACL of {vpc_id})"),
            vpc_id: vpc_id.to_owned(),
            default: true,
            entries: Entries::new(),
            associations: BTreeMap::new(),
            tags: Tags::new(),
        }
    }
}

impl Resource for NetworkAcl {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    const CLIENT_TOKEN: bool = true;
}

/// What the network ACL shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Its rules.
    pub rules: BTreeSet<Rule>,
    /// Rules that end by their date: taking them away is no narrowing.
    pub lapsed: BTreeSet<Rule>,
    /// Subnets that shall use it.
    pub subnets: BTreeSet<String>,
}

/// Writes to a network ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateNetworkAcl` with client token and tags; it denies everything at first.
    Create {
        /// Its VPC.
        vpc_id: String,
        /// Tags.
        tags: Tags,
    },
    /// `CreateNetworkAclEntry`.
    AddEntry {
        /// The ACL.
        id: String,
        /// A free number.
        number: u16,
        /// The rule.
        rule: Rule,
    },
    /// `DeleteNetworkAclEntry`.
    RemoveEntry {
        /// The ACL.
        id: String,
        /// Direction.
        egress: bool,
        /// Number.
        number: u16,
    },
    /// `ReplaceNetworkAclAssociation`.
    Associate {
        /// The ACL.
        id: String,
        /// The subnet.
        subnet_id: String,
        /// The association to replace; [`UNREAD_ASSOCIATION`] when it has to be read first.
        association_id: String,
    },
    /// `DeleteNetworkAcl`.
    Delete {
        /// The ACL.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Associate { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { vpc_id, .. } => write!(f, "create network ACL in {vpc_id}"),
            Self::AddEntry { id, number, rule } => write!(f, "add rule {number} to {id}: {rule}"),
            Self::RemoveEntry { id, egress, number } => {
                write!(
                    f,
                    "remove {} rule {number} from {id}",
                    if *egress { "outbound" } else { "inbound" }
                )
            }
            Self::Associate { id, subnet_id, .. } => write!(f, "filter {subnet_id} by {id}"),
            Self::Delete { id } => write!(f, "delete network ACL {id}"),
        }
    }
}

/// The rules for a set of connections: each one and its answers.
#[must_use]
pub fn rules(flows: impl IntoIterator<Item = Flow>) -> BTreeSet<Rule> {
    let rule = |egress, peer: Ipv4Net, ports: Ports| Rule {
        egress,
        allow: true,
        cidr: peer.to_string(),
        protocol: ports.protocol.number().to_owned(),
        ports: (ports.protocol != Protocol::All).then_some((i32::from(ports.from), i32::from(ports.to))),
    };
    let both = |Flow { inbound, peer, ports }| [rule(!inbound, peer, ports), rule(inbound, peer, ports.answers())];
    flows.into_iter().flat_map(both).collect()
}

/// Brings the network ACL to what is wanted; returns it where it is ours already.
pub fn plan<'a>(
    want: &Want,
    vpc_id: &str,
    acls: &'a Listing<NetworkAcl>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a NetworkAcl> {
    let Want { rules, lapsed, subnets } = want;
    let quota = ctx.settings.network_acl_rule_quota;
    for egress in [false, true] {
        let count = rules.iter().filter(|rule| rule.egress == egress).count();
        if count > quota {
            let way = if egress { "outbound" } else { "inbound" };
            let text = Text::new(
                format!(
                    "{count} {way} rules are needed and the quota is {quota}: give the zone adjacent subnets, merge peers, or have the quota raised and set networkAclRuleQuota"
                ),
                format!(
                    "{way} ルールが {count} 件必要ですが上限は {quota} 件です。サブネットを隣接させる、通信先をまとめる、または上限を引き上げて networkAclRuleQuota を設定してください"
                ),
            );
            plan.block(part, Reason::CapacityExceeded, text);
            return None;
        }
    }
    let tags = ctx.tags(&part.role);
    let acl = match resolve(acls, part, None, vpc_id, ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            plan.step(Step::create(
                part,
                Action::Create {
                    vpc_id: vpc_id.to_owned(),
                    tags,
                },
                creation,
            ));
            return None;
        }
        Found::Adoptable(acl) | Found::Ours(acl) => acl,
    };
    ec2::tags::plan(acl, &tags, part, plan);
    let complete = plan_entries(rules, lapsed, acl, quota, part, plan);
    // A subnet gets the filter only when it is whole: until then it would be cut off.
    if complete {
        associate(subnets, acl, acls, part, plan);
    }
    Some(acl)
}

/// Returns whether every wanted rule is in place.
fn plan_entries(
    want: &BTreeSet<Rule>,
    lapsed: &BTreeSet<Rule>,
    acl: &NetworkAcl,
    quota: usize,
    part: &Part,
    plan: &mut Plan,
) -> bool {
    let have: BTreeSet<&Rule> = acl.entries.values().collect();
    let missing: Vec<&Rule> = want.iter().filter(|rule| !have.contains(rule)).collect();
    let mut taken: BTreeSet<(bool, u16)> = acl.entries.keys().copied().collect();
    let mut added: BTreeSet<&Rule> = BTreeSet::new();
    for &rule in &missing {
        // A full ACL takes the rest once others were removed.
        if taken.iter().filter(|(egress, _)| *egress == rule.egress).count() >= quota {
            continue;
        }
        let Some(number) = (100..32_766)
            .step_by(10)
            .find(|number| !taken.contains(&(rule.egress, *number)))
        else {
            continue;
        };
        taken.insert((rule.egress, number));
        added.insert(rule);
        let difference = Difference::new("rules", rule, "absent");
        let action = Action::AddEntry {
            id: acl.id.clone(),
            number,
            rule: rule.clone(),
        };
        plan.step(Step::change(part, action, difference));
    }
    let mut kept: BTreeSet<&Rule> = BTreeSet::new();
    for (&(egress, number), rule) in &acl.entries {
        // A second rule of the same content takes room for nothing.
        let wanted = want.contains(rule);
        if wanted && kept.insert(rule) {
            continue;
        }
        let stands_in = |other: &Rule| want.contains(other) && other.admits(rule);
        let replaced = have.iter().any(|other| stands_in(other));
        // A wider rule comes first: then nothing is lost in between, nor afterwards.
        if !replaced && added.iter().any(|other| stands_in(other)) {
            continue;
        }
        let action = Action::RemoveEntry {
            id: acl.id.clone(),
            egress,
            number,
        };
        let step = Step::change(part, action, Difference::new("rules", "absent", rule));
        let narrows = rule.allow && !wanted && !replaced && !lapsed.contains(rule);
        plan.step(if narrows {
            step.risking(format!("what “{rule}” lets pass"))
        } else {
            step
        });
    }
    missing.is_empty()
}

fn associate(subnets: &BTreeSet<String>, acl: &NetworkAcl, acls: &Listing<NetworkAcl>, part: &Part, plan: &mut Plan) {
    for subnet_id in subnets.iter().filter(|subnet| !acl.associations.contains_key(*subnet)) {
        let others = acls.as_ref().into_iter().flatten().filter(|other| other.id != acl.id);
        let current = others.into_iter().find_map(|other| {
            other
                .associations
                .get(subnet_id)
                .map(|association| (other, association))
        });
        let Some((other, association)) = current else {
            let text = Text::new(
                format!("AWS does not show the network ACL of {subnet_id} yet"),
                format!("{subnet_id} のネットワーク ACL がまだ表示されません"),
            );
            plan.wait(part, Reason::WaitingForAws, text);
            continue;
        };
        let difference = Difference::new(format!("associations[{subnet_id}]"), &acl.id, &other.id);
        let (id, subnet_id, association_id) = (acl.id.clone(), subnet_id.clone(), association.clone());
        let action = Action::Associate {
            id,
            subnet_id,
            association_id,
        };
        let step = Step::change(part, action, difference);
        // A new subnet comes with the default ACL; whoever chose another one had a reason.
        plan.step(match other.default {
            true => step,
            false => step.risking(format!("what {} lets pass", other.id)),
        });
    }
}

/// Takes an ACL of ours away once no subnet uses it.
pub fn remove(acl: &NetworkAcl, part: &Part, plan: &mut Plan) {
    if acl.associations.is_empty() {
        plan.step(Step::delete(
            part,
            Action::Delete { id: acl.id.clone() },
            "the filter of a zone",
        ));
    }
}

/// Folds an executed write into what is known.
pub fn absorb(acls: &mut Listing<NetworkAcl>, action: &Action, created: Option<&Created>) {
    let Ok(acls) = acls else { return };
    if let Action::Associate {
        id: _,
        subnet_id,
        association_id: _,
    } = action
    {
        // By subnet: several associations may be unread at the same time.
        acls.iter_mut().for_each(|acl| drop(acl.associations.remove(subnet_id)));
    }
    let mut with = |id: &String, change: &dyn Fn(&mut NetworkAcl)| {
        if let Some(acl) = acls.iter_mut().find(|acl| acl.id == *id) {
            change(acl);
        }
    };
    match action {
        Action::Create { vpc_id, tags } => acls.extend(created.map(|created| NetworkAcl {
            id: created.id.clone(),
            vpc_id: vpc_id.clone(),
            default: false,
            entries: Entries::new(),
            associations: BTreeMap::new(),
            tags: tags.clone(),
        })),
        Action::AddEntry { id, number, rule } => with(id, &|acl| {
            acl.entries.insert((rule.egress, *number), rule.clone());
        }),
        Action::RemoveEntry { id, egress, number } => with(id, &|acl| {
            acl.entries.remove(&(*egress, *number));
        }),
        Action::Associate { id, subnet_id, .. } => with(id, &|acl| {
            acl.associations.insert(
                subnet_id.clone(),
                created.map(|created| created.id.clone()).unwrap_or_default(),
            );
        }),
        Action::Delete { id } => acls.retain(|acl| acl.id != *id),
    }
}
