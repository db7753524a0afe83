//! What keeps a thing of the network from being removed: AWS would refuse, and what is left behind
//! unsaid would count as done.

use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2::security_group::SecurityGroup;
use crate::ec2::subnet::Subnet;
use crate::identity::Part;
use crate::municipality::observed::Network;
use crate::observation::{Fault, Listing};
use crate::plan::{Plan, Text};
use crate::resolve::{Resource, owned};
use crate::tags::{Ownership, ownership};

/// Why something cannot be removed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A thing of this object, which goes or moves first.
    Own(String),
    /// A thing that somebody else has to take away.
    Foreign(String),
    /// What could be in the way cannot be read.
    Unknown(Fault),
}

impl Obstacle {
    fn of<T: Resource>(thing: &T, ctx: &Context) -> Self {
        match ownership(thing.tags(), &ctx.identity) {
            Ownership::Ours(_) => Self::Own(thing.id().to_owned()),
            Ownership::Other { .. } | Ownership::Stack(_) | Ownership::Nobody => Self::Foreign(thing.id().to_owned()),
        }
    }

    /// The first of the things that is in the way.
    fn among<T: Resource>(things: &Listing<T>, ctx: &Context, is_in_the_way: impl Fn(&T) -> bool) -> Option<Self> {
        match things {
            Ok(things) => things
                .iter()
                .find(|thing| is_in_the_way(thing))
                .map(|thing| Self::of(thing, ctx)),
            Err(fault) => Some(Self::Unknown(fault.clone())),
        }
    }

    /// Says so in the plan.
    pub fn report(self, id: &str, part: &Part, plan: &mut Plan) {
        match self {
            Self::Own(other) => {
                let text = Text::new(
                    format!("{id} stays until {other} has left it"),
                    format!("{id} を使用中の {other} が先に離れるのを待っています"),
                );
                plan.wait(part, Reason::WaitingForDependency, text);
            }
            Self::Foreign(other) => {
                let text = Text::new(
                    format!("{id} is used by {other}, which is not this object's: take that away first"),
                    format!("{id} は、このオブジェクトのものではない {other} が使用中です。先に取り除いてください"),
                );
                plan.block(part, Reason::DeletionBlocked, text);
            }
            Self::Unknown(fault) => plan.unreadable(part, &fault),
        }
    }
}

/// An endpoint or an attachment in a subnet.
pub fn in_subnet(subnet: &Subnet, have: &Network, ctx: &Context) -> Option<Obstacle> {
    Obstacle::among(&have.endpoints, ctx, |one| one.subnets.contains(&subnet.id))
        .or_else(|| Obstacle::among(&have.attachments, ctx, |one| one.subnets.contains(&subnet.id)))
}

/// A subnet that uses a route table or a network ACL.
pub fn subnet(subnet_id: &str, have: &Network, ctx: &Context) -> Obstacle {
    Obstacle::among(&have.subnets, ctx, |subnet| subnet.id == subnet_id)
        .unwrap_or_else(|| Obstacle::Foreign(subnet_id.to_owned()))
}

/// An endpoint with a security group, or a subnet of the group's zone, where anything may use it.
pub fn of_group(group: &SecurityGroup, zone: &str, have: &Network, ctx: &Context) -> Option<Obstacle> {
    Obstacle::among(&have.endpoints, ctx, |one| one.security_groups.contains(&group.id)).or_else(|| {
        if let Err(fault) = &have.subnets {
            return Some(Obstacle::Unknown(fault.clone()));
        }
        let prefix = format!("subnet.{zone}.");
        let mut inside = owned(&have.subnets, ctx).filter(|(role, _)| role.as_str().starts_with(&prefix));
        inside.next().map(|(_, subnet)| Obstacle::of(subnet, ctx))
    })
}
