//! A subnet of a zone, or a service subnet.

use std::fmt;

use ipnet::Ipv4Net;
use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2;
use crate::identity::{Identity, Part};
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, is_part_of, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// A subnet in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its CIDR, fixed for life.
    pub cidr: Ipv4Net,
    /// The availability zone's name in this account.
    pub zone: String,
    /// The availability zone's id, the same in all accounts, once AWS has told it.
    pub zone_id: Option<String>,
    /// Whether new interfaces get a public address; never, in a closed network.
    pub public_ip_on_launch: bool,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for Subnet {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
}

/// How a subnet that somebody else made is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// By its role among those of its owner.
    Role(String),
    /// By its id.
    Id(String),
}

impl Name {
    /// The id, where it is found by that.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id),
            Self::Role(_) => None,
        }
    }

    /// Whether a subnet is the one. Roles are those of `owner`.
    #[must_use]
    pub fn is_of(&self, subnet: &Subnet, owner: &Identity) -> bool {
        match self {
            Self::Id(id) => subnet.id == *id,
            Self::Role(role) => is_part_of(subnet, owner, role),
        }
    }
}

/// What the subnet shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Its CIDR.
    pub cidr: Ipv4Net,
    /// Its availability zone.
    pub zone: String,
}

/// Writes to a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateSubnet` with tags.
    Create {
        /// Its VPC.
        vpc_id: String,
        /// CIDR.
        cidr: Ipv4Net,
        /// Availability zone.
        zone: String,
        /// Tags.
        tags: Tags,
    },
    /// `ModifySubnetAttribute` MapPublicIpOnLaunch=false.
    NoPublicIp {
        /// The subnet.
        id: String,
    },
    /// `DeleteSubnet`.
    Delete {
        /// The subnet.
        id: String,
    },
}

impl Action {
    /// Whether the answer carries a new id.
    #[must_use]
    pub fn brings(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { vpc_id, cidr, zone, .. } => write!(f, "create subnet {cidr} in {vpc_id}, {zone}"),
            Self::NoPublicIp { id } => write!(f, "stop public addresses in {id}"),
            Self::Delete { id } => write!(f, "delete subnet {id}"),
        }
    }
}

/// Brings the subnet to what is wanted; returns it where it is ours already.
pub fn plan<'a>(
    want: &Want,
    vpc_id: &str,
    subnets: &'a Listing<Subnet>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Subnet> {
    let Want { cidr, zone } = want;
    let tags = ctx.tags(&part.role);
    // AWS takes no second subnet in the same range.
    let there = |one: &&Subnet| one.vpc_id == vpc_id && (one.cidr.contains(cidr) || cidr.contains(&one.cidr));
    let there = subnets
        .as_ref()
        .ok()
        .and_then(|list| list.iter().find(there))
        .map(|one| one.id.as_str());
    let subnet = match resolve(subnets, part, there, &format!("{vpc_id} {cidr} {zone}"), ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            let action = Action::Create {
                vpc_id: vpc_id.to_owned(),
                cidr: *cidr,
                zone: zone.clone(),
                tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Adoptable(subnet) | Found::Ours(subnet) => subnet,
    };
    if subnet.cidr != *cidr || subnet.zone != *zone || subnet.vpc_id != vpc_id {
        let have = format!("{} in {}, {}", subnet.cidr, subnet.vpc_id, subnet.zone);
        let text = Text::new(
            format!(
                "{} is {have}, the spec says {cidr} in {vpc_id}, {zone}: AWS cannot change a subnet; add one under a new name, then remove this one",
                subnet.id
            ),
            format!(
                "{} は {have} ですが、spec は {cidr}、{vpc_id}、{zone} です。サブネットは変更できません。新しい名前で追加してから削除してください",
                subnet.id
            ),
        );
        plan.block(part, Reason::ImmutableInAws, text);
        return None;
    }
    ec2::tags::plan(subnet, &tags, part, plan);
    if subnet.public_ip_on_launch {
        let action = Action::NoPublicIp { id: subnet.id.clone() };
        plan.step(Step::change(
            part,
            action,
            Difference::new("mapPublicIpOnLaunch", false, true),
        ));
    }
    Some(subnet)
}

/// Deletes a subnet of ours that is no longer wanted. What runs in it makes AWS refuse.
pub fn remove(subnet: &Subnet, part: &Part, plan: &mut Plan) {
    let risk = format!("what runs in {}", subnet.cidr);
    plan.step(Step::delete(part, Action::Delete { id: subnet.id.clone() }, risk));
}

/// Folds an executed write into what is known.
pub fn absorb(subnets: &mut Listing<Subnet>, action: &Action, created: Option<&Created>) {
    let Ok(subnets) = subnets else { return };
    match action {
        Action::Create {
            vpc_id,
            cidr,
            zone,
            tags,
        } => subnets.extend(created.map(|created| Subnet {
            id: created.id.clone(),
            vpc_id: vpc_id.clone(),
            cidr: *cidr,
            zone: zone.clone(),
            zone_id: None,
            public_ip_on_launch: false,
            tags: tags.clone(),
        })),
        Action::NoPublicIp { id } => {
            subnets
                .iter_mut()
                .filter(|subnet| subnet.id == *id)
                .for_each(|subnet| subnet.public_ip_on_launch = false);
        }
        Action::Delete { id } => subnets.retain(|subnet| subnet.id != *id),
    }
}
