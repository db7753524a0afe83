//! The VPC of a tenant.

use std::collections::BTreeSet;
use std::fmt;

use ipnet::Ipv4Net;
use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2;
use crate::identity::Part;
use crate::observation::{Listing, Observation};
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// A VPC in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// The primary CIDR, fixed for life.
    pub cidr: Ipv4Net,
    /// Further CIDRs.
    pub additional: BTreeSet<Ipv4Net>,
    /// Whether instances can ask the VPC's resolver.
    pub dns_support: Observation<bool>,
    /// Whether private DNS names of endpoints work.
    pub dns_hostnames: Observation<bool>,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for Vpc {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
}

impl Vpc {
    /// Whether endpoints in it may have private names, as far as is known.
    #[must_use]
    pub fn may_have_private_names(&self) -> bool {
        [&self.dns_support, &self.dns_hostnames]
            .into_iter()
            .all(|attribute| matches!(attribute, Observation::Present(true) | Observation::Unreadable(_)))
    }
}

/// A VPC that something of another object is to be in, or is said to hold in: without its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `vpc-…`.
    pub id: String,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for Site {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
}

/// What the VPC shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The primary CIDR.
    pub cidr: Ipv4Net,
    /// Further CIDRs.
    pub additional: BTreeSet<Ipv4Net>,
}

/// Writes to a VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateVpc` with tags.
    Create {
        /// Primary CIDR.
        cidr: Ipv4Net,
        /// Tags.
        tags: Tags,
    },
    /// `ModifyVpcAttribute` EnableDnsSupport.
    EnableDnsSupport {
        /// The VPC.
        id: String,
    },
    /// `ModifyVpcAttribute` EnableDnsHostnames.
    EnableDnsHostnames {
        /// The VPC.
        id: String,
    },
    /// `AssociateVpcCidrBlock`.
    AddCidr {
        /// The VPC.
        id: String,
        /// The further CIDR.
        cidr: Ipv4Net,
    },
    /// `DeleteVpc`.
    Delete {
        /// The VPC.
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
            Self::Create { cidr, .. } => write!(f, "create VPC {cidr}"),
            Self::EnableDnsSupport { id } => write!(f, "let {id} use the VPC's resolver"),
            Self::EnableDnsHostnames { id } => write!(f, "enable DNS host names in {id}"),
            Self::AddCidr { id, cidr } => write!(f, "add {cidr} to {id}"),
            Self::Delete { id } => write!(f, "delete VPC {id}"),
        }
    }
}

/// Brings the VPC to what is wanted; returns it where it is ours already. `holds` is the VPC in
/// which parts of ours were found: should it carry no tags, it has lost them.
pub fn plan<'a>(
    want: &Want,
    vpcs: &'a Listing<Vpc>,
    holds: Option<&str>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Vpc> {
    let Want { cidr, additional } = want;
    let tags = ctx.tags(&part.role);
    let vpc = match resolve(vpcs, part, holds, &cidr.to_string(), ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            plan.step(Step::create(part, Action::Create { cidr: *cidr, tags }, creation));
            return None;
        }
        Found::Adoptable(vpc) | Found::Ours(vpc) => vpc,
    };
    if vpc.cidr != *cidr {
        let id = &vpc.id;
        let text = Text::new(
            format!(
                "{id} has {}, spec.network.vpcCidr says {cidr}: AWS cannot change the primary CIDR of a VPC",
                vpc.cidr
            ),
            format!(
                "{id} の CIDR は {} ですが spec.network.vpcCidr は {cidr} です。VPC の主 CIDR は変更できません",
                vpc.cidr
            ),
        );
        plan.block(part, Reason::ImmutableInAws, text);
        return None;
    }
    ec2::tags::plan(vpc, &tags, part, plan);
    let id = || vpc.id.clone();
    attribute(
        &vpc.dns_support,
        Action::EnableDnsSupport { id: id() },
        "enableDnsSupport",
        part,
        plan,
    );
    attribute(
        &vpc.dns_hostnames,
        Action::EnableDnsHostnames { id: id() },
        "enableDnsHostnames",
        part,
        plan,
    );
    for &cidr in additional.difference(&vpc.additional) {
        let difference = Difference::new("additionalCidrs", cidr, "absent");
        plan.step(Step::change(part, Action::AddCidr { id: id(), cidr }, difference));
    }
    Some(vpc)
}

fn attribute(have: &Observation<bool>, enable: Action, path: &str, part: &Part, plan: &mut Plan) {
    match have {
        Observation::Present(true) => {}
        Observation::Present(false) | Observation::Absent => {
            plan.step(Step::change(part, enable, Difference::new(path, true, false)));
        }
        Observation::Unreadable(fault) => plan.unreadable(part, fault),
    }
}

/// Deletes our VPC once nothing of ours is left in it.
pub fn teardown(vpcs: &Listing<Vpc>, emptied: bool, part: &Part, ctx: &Context, plan: &mut Plan) {
    if let Found::Ours(vpc) = resolve(vpcs, part, None, "", ctx, plan)
        && emptied
    {
        plan.step(Step::delete(
            part,
            Action::Delete { id: vpc.id.clone() },
            "the tenant's network",
        ));
    }
}

/// Folds an executed write into what is known.
pub fn absorb(vpcs: &mut Listing<Vpc>, action: &Action, created: Option<&Created>) {
    let Ok(vpcs) = vpcs else { return };
    let mut with = |id: &String, change: &dyn Fn(&mut Vpc)| {
        if let Some(vpc) = vpcs.iter_mut().find(|vpc| vpc.id == *id) {
            change(vpc);
        }
    };
    match action {
        Action::Create { cidr, tags } => vpcs.extend(created.map(|created| Vpc {
            id: created.id.clone(),
            cidr: *cidr,
            additional: BTreeSet::new(),
            // AWS's defaults for a VPC that is made through the API.
            dns_support: Observation::Present(true),
            dns_hostnames: Observation::Present(false),
            tags: tags.clone(),
        })),
        Action::EnableDnsSupport { id } => with(id, &|vpc| vpc.dns_support = Observation::Present(true)),
        Action::EnableDnsHostnames { id } => with(id, &|vpc| vpc.dns_hostnames = Observation::Present(true)),
        Action::AddCidr { id, cidr } => with(id, &|vpc| {
            vpc.additional.insert(*cidr);
        }),
        Action::Delete { id } => vpcs.retain(|vpc| vpc.id != *id),
    }
}
