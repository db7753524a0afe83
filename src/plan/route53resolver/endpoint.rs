//! A Resolver endpoint: where the office's DNS servers ask, or where the VPC's questions leave it.
//!
//! AWS cannot change its direction, its VPC and its security group; the group's rules it can.
//! Protocols change in two steps, so that nobody who asks by the old one is cut off in between; an outbound
//! one goes only when no rule asks by it any more.
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateResolverEndpoint.html>

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;

use jichitai_api::Reason;
use jichitai_api::resolver_endpoint::EndpointDirection;
use jiff::Timestamp;

use crate::context::Context;
use crate::identity::Part;
use crate::observation::{Listing, Observation};
use crate::plan::{Plan, Text};
use crate::resolve::{Found, owned, resolve};
use crate::route53resolver::address::{self, Address};
use crate::route53resolver::rule::Rule;
use crate::route53resolver::{made_for, name, tags};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// An endpoint in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `rslvr-in-…` or `rslvr-out-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// What its creation carried.
    pub request_id: String,
    /// Who asks; none for a direction that we have no word for.
    pub direction: Option<EndpointDirection>,
    /// Its VPC.
    pub vpc_id: String,
    /// Its security groups.
    pub security_groups: BTreeSet<String>,
    /// `Do53`, `DoH`, `DoH-FIPS`.
    pub protocols: BTreeSet<String>,
    /// `OPERATIONAL`, `CREATING`, `UPDATING`, `AUTO_RECOVERING`, `ACTION_NEEDED` or `DELETING`.
    pub state: String,
    /// What AWS says about the state.
    pub message: String,
    /// Its addresses; absent when they were not asked for.
    pub addresses: Observation<Vec<Address>>,
    /// Its tags.
    pub tags: Tags,
    /// Whether the tags were read; else they are what its request id says of its owner.
    pub tags_read: bool,
}

requested!(Endpoint);

impl Endpoint {
    /// Whether AWS takes a change now.
    #[must_use]
    pub fn takes_changes(&self) -> bool {
        ["OPERATIONAL", "ACTION_NEEDED"].contains(&self.state.as_str())
    }
}

/// What the endpoint shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Who asks.
    pub direction: EndpointDirection,
    /// Its VPC.
    pub vpc_id: String,
    /// Its security group.
    pub security_group: String,
    /// Its addresses and their subnets.
    pub addresses: BTreeMap<Ipv4Addr, String>,
    /// Addresses that may go, and from when.
    pub retire: BTreeMap<Ipv4Addr, Option<Timestamp>>,
    /// Its protocols.
    pub protocols: BTreeSet<String>,
    /// Addresses that an endpoint may have.
    pub address_quota: usize,
}

/// Writes to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateResolverEndpoint` with tags.
    Create {
        /// What lists show of its owner.
        request_id: String,
        /// Its name in AWS.
        name: String,
        /// Who asks.
        direction: EndpointDirection,
        /// Its VPC, which its subnets are in.
        vpc_id: String,
        /// Its security group.
        security_group: String,
        /// Its addresses and their subnets.
        addresses: BTreeMap<Ipv4Addr, String>,
        /// Its protocols.
        protocols: BTreeSet<String>,
        /// Tags.
        tags: Tags,
    },
    /// `AssociateResolverEndpointIpAddress`.
    AddAddress {
        /// The endpoint.
        id: String,
        /// The address.
        ip: Ipv4Addr,
        /// Its subnet.
        subnet_id: String,
    },
    /// `DisassociateResolverEndpointIpAddress`.
    RemoveAddress {
        /// The endpoint.
        id: String,
        /// The address.
        ip: Ipv4Addr,
        /// Its subnet.
        subnet_id: String,
    },
    /// `UpdateResolverEndpoint`: these protocols and no others.
    SetProtocols {
        /// The endpoint.
        id: String,
        /// All its protocols.
        protocols: BTreeSet<String>,
    },
    /// `DeleteResolverEndpoint`.
    Delete {
        /// The endpoint.
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
            Self::Create {
                request_id: _,
                name: _,
                direction,
                vpc_id,
                security_group,
                addresses,
                protocols,
                tags: _,
            } => {
                let (addresses, protocols) = (address::list(addresses), words(protocols));
                let direction = word(*direction);
                write!(
                    f,
                    "create {direction} Resolver endpoint in {vpc_id} at {addresses} behind {security_group} for {protocols}"
                )
            }
            Self::AddAddress { id, ip, subnet_id } => write!(f, "add {ip} in {subnet_id} to Resolver endpoint {id}"),
            Self::RemoveAddress { id, ip, subnet_id: _ } => write!(f, "take {ip} off Resolver endpoint {id}"),
            Self::SetProtocols { id, protocols } => {
                write!(f, "let Resolver endpoint {id} speak {}", words(protocols))
            }
            Self::Delete { id } => write!(f, "delete Resolver endpoint {id}"),
        }
    }
}

fn word(direction: EndpointDirection) -> &'static str {
    match direction {
        EndpointDirection::Inbound => "inbound",
        EndpointDirection::Outbound => "outbound",
    }
}

fn words(protocols: &BTreeSet<String>) -> String {
    protocols.iter().cloned().collect::<Vec<_>>().join("+")
}

/// Brings the endpoint to what is wanted; returns it where it is ours and can be used by rules. `rules` are
/// those of the account.
pub fn plan<'a>(
    want: &Want,
    endpoints: &'a Listing<Endpoint>,
    rules: &Listing<Rule>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a Endpoint> {
    let wanted_tags = ctx.tags(&part.role);
    let made = made_for(endpoints, part, &ctx.identity);
    let endpoint = match resolve(endpoints, part, made, "", ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            let action = Action::Create {
                request_id: ctx.identity.request_id(&part.role, creation.incarnation),
                name: name(part),
                direction: want.direction,
                vpc_id: want.vpc_id.clone(),
                security_group: want.security_group.clone(),
                addresses: want.addresses.clone(),
                protocols: want.protocols.clone(),
                tags: wanted_tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Adoptable(endpoint) | Found::Ours(endpoint) => endpoint,
    };
    if endpoint.state == "DELETING" {
        let text = Text::new(
            format!("{} is being deleted; it is made anew afterwards", endpoint.id),
            format!("{} は削除中です。完了後に作り直します", endpoint.id),
        );
        plan.wait(part, Reason::WaitingForAws, text);
        return None;
    }
    if !is_possible(want, endpoint, part, plan) {
        return None;
    }
    tags::plan(endpoint, &wanted_tags, part, plan);
    if endpoint.state == "ACTION_NEEDED" {
        let text = Text::new(
            format!("{} needs attention: {}", endpoint.id, endpoint.message),
            format!("{} に対応が必要です: {}", endpoint.id, endpoint.message),
        );
        plan.notice(part, Reason::WaitingForAws, text);
    }
    let have = match &endpoint.addresses {
        Observation::Present(have) => have,
        Observation::Absent => return None,
        Observation::Unreadable(fault) => {
            plan.unreadable(part, fault);
            return None;
        }
    };
    // AWS takes one change of an endpoint at a time.
    if !protocols(want, endpoint, &asked(endpoint, rules), part, plan) {
        address::plan(want, endpoint, have, part, ctx.now, plan);
    }
    (endpoint.state != "CREATING").then_some(endpoint)
}

/// The quota, ahead of the first write: whether there is an endpoint for this part, or room for one.
pub fn has_room(endpoints: &Listing<Endpoint>, part: &Part, ctx: &Context, plan: &mut Plan) -> bool {
    let (count, quota) = (endpoints.iter().flatten().count(), ctx.settings.resolver_endpoint_quota);
    let exists = owned(endpoints, ctx).any(|(role, _)| role == part.role)
        || made_for(endpoints, part, &ctx.identity).is_some()
        || ctx.adopted(part).is_some()
        || ctx.ledger.get(part).is_some_and(|entry| !entry.id.is_empty());
    if exists || count < quota {
        return true;
    }
    let text = Text::new(
        format!(
            "the account has {count} Resolver endpoints in {} of {quota}: share one (placement.shared), or have the quota raised and set settings.resolverEndpointQuota; nothing was begun",
            part.region
        ),
        format!(
            "{} の Resolver エンドポイントは {quota} 個中 {count} 個使用中です。共用(placement.shared)にするか、クォータを引き上げて settings.resolverEndpointQuota を設定してください。着手していません",
            part.region
        ),
    );
    plan.block(part, Reason::QuotaInsufficient, text);
    false
}

/// What AWS cannot change.
fn is_possible(want: &Want, endpoint: &Endpoint, part: &Part, plan: &mut Plan) -> bool {
    let Endpoint {
        id,
        direction,
        vpc_id,
        security_groups,
        ..
    } = endpoint;
    let differs = if *direction != Some(want.direction) {
        let have = direction.map_or("of another direction", word);
        Some(("direction", word(want.direction).to_owned(), have.to_owned()))
    } else if *vpc_id != want.vpc_id {
        Some(("VPC", want.vpc_id.clone(), vpc_id.clone()))
    } else if !security_groups.contains(&want.security_group) || security_groups.len() != 1 {
        let have = security_groups.iter().cloned().collect::<Vec<_>>().join(", ");
        Some(("security group", want.security_group.clone(), have))
    } else {
        None
    };
    let Some((what, wanted, have)) = differs else {
        return true;
    };
    let text = Text::new(
        format!(
            "{id} has the {what} {have}, not {wanted}: AWS cannot change it; make another ResolverEndpoint, have the forwarders changed over, then delete this one"
        ),
        format!(
            "{id} の {what} は {wanted} ではなく {have} です。AWS では変更できません。別の ResolverEndpoint を作成し、転送元を切り替えてからこちらを削除してください"
        ),
    );
    plan.block(part, Reason::ImmutableInAws, text);
    false
}

/// Protocols that rules ask by through the endpoint: all that it speaks, where the rules cannot be read.
fn asked(endpoint: &Endpoint, rules: &Listing<Rule>) -> BTreeSet<String> {
    if endpoint.direction != Some(EndpointDirection::Outbound) {
        return BTreeSet::new();
    }
    let Ok(rules) = rules else {
        return endpoint.protocols.clone();
    };
    let through = rules
        .iter()
        .filter(|rule| rule.endpoint_id.as_deref() == Some(&endpoint.id));
    let targets = through.flat_map(|rule| &rule.targets);
    targets.map(|target| target.protocol.as_str().to_owned()).collect()
}

/// Protocols: what is missing first, then what is too many and `asked` by no rule. Returns whether they are
/// still under way.
fn protocols(want: &Want, endpoint: &Endpoint, asked: &BTreeSet<String>, part: &Part, plan: &mut Plan) -> bool {
    let have = &endpoint.protocols;
    if *have == want.protocols || !endpoint.takes_changes() {
        return false;
    }
    let all = have | &want.protocols;
    let too_many = have - &want.protocols;
    let stay = &too_many & asked;
    let widens = all != *have;
    let protocols = if widens { all } else { &want.protocols | &stay };
    if protocols == *have {
        let (id, stay) = (&endpoint.id, words(&stay));
        let text = Text::new(
            format!("{id} speaks {stay} until no rule asks by it"),
            format!("{id} は、{stay} を使うルールがなくなるまで {stay} を残します"),
        );
        plan.wait(part, Reason::WaitingForDependency, text);
        return false;
    }
    let going = have - &protocols;
    let difference = Difference::new("protocols", words(&protocols), words(have));
    let id = endpoint.id.clone();
    let step = Step::change(part, Action::SetProtocols { id, protocols }, difference);
    plan.step(if widens {
        step
    } else {
        step.risking(format!("whoever asks by {}", words(&going)))
    });
    true
}

/// Takes the endpoint away, once nothing leads through it.
pub fn remove(endpoint: &Endpoint, part: &Part, plan: &mut Plan) {
    if endpoint.state == "DELETING" {
        let text = Text::new(
            format!("{} is being deleted", endpoint.id),
            format!("{} は削除中です", endpoint.id),
        );
        return plan.wait(part, Reason::WaitingForAws, text);
    }
    let id = endpoint.id.clone();
    let mut step = Step::delete(part, Action::Delete { id }, "its addresses and whoever asks them");
    // Gone is it only when AWS no longer lists it.
    step.removal = false;
    plan.step(step);
}

/// Folds an executed write into what is known.
pub fn absorb(endpoints: &mut Listing<Endpoint>, action: &Action, created: Option<&Created>) {
    let Ok(endpoints) = endpoints else { return };
    let new = |ip: &Ipv4Addr, subnet_id: &String| Address {
        id: String::new(),
        subnet_id: subnet_id.clone(),
        ip: *ip,
        state: "CREATING".into(),
        message: String::new(),
    };
    let mut with = |id: &String, state: &str, change: &dyn Fn(&mut Endpoint)| {
        if let Some(endpoint) = endpoints.iter_mut().find(|endpoint| endpoint.id == *id) {
            state.clone_into(&mut endpoint.state);
            change(endpoint);
        }
    };
    match action {
        Action::Create {
            request_id,
            name: _,
            direction,
            vpc_id,
            security_group,
            addresses,
            protocols,
            tags,
        } => endpoints.extend(created.map(|created| Endpoint {
            id: created.id.clone(),
            arn: created.arn.clone().unwrap_or_default(),
            request_id: request_id.clone(),
            direction: Some(*direction),
            vpc_id: vpc_id.clone(),
            security_groups: BTreeSet::from([security_group.clone()]),
            protocols: protocols.clone(),
            state: "CREATING".into(),
            message: String::new(),
            addresses: Observation::Present(addresses.iter().map(|(ip, subnet)| new(ip, subnet)).collect()),
            tags: tags.clone(),
            tags_read: true,
        })),
        Action::AddAddress { id, ip, subnet_id } => with(id, "UPDATING", &|endpoint| {
            if let Observation::Present(addresses) = &mut endpoint.addresses {
                addresses.push(new(ip, subnet_id));
            }
        }),
        Action::RemoveAddress { id, ip, subnet_id: _ } => with(id, "UPDATING", &|endpoint| {
            for one in endpoint.addresses.present_mut().into_iter().flatten() {
                if one.ip == *ip {
                    "DELETING".clone_into(&mut one.state);
                }
            }
        }),
        Action::SetProtocols { id, protocols } => with(id, "UPDATING", &|endpoint| {
            endpoint.protocols.clone_from(protocols);
        }),
        Action::Delete { id } => with(id, "DELETING", &|_| {}),
    }
}

/// What AWS does by itself after a step: for predictions, where nothing is waited for.
pub fn finish_pending(endpoints: &mut Listing<Endpoint>) {
    let Ok(endpoints) = endpoints else { return };
    endpoints.retain(|endpoint| endpoint.state != "DELETING");
    for endpoint in endpoints {
        if ["CREATING", "UPDATING", "AUTO_RECOVERING"].contains(&endpoint.state.as_str()) {
            "OPERATIONAL".clone_into(&mut endpoint.state);
        }
        let Observation::Present(addresses) = &mut endpoint.addresses else {
            continue;
        };
        addresses.retain(|one| !["DELETING", "DETACHING"].contains(&one.state.as_str()));
        for one in addresses.iter_mut().filter(|one| !one.is_broken()) {
            "ATTACHED".clone_into(&mut one.state);
        }
    }
}
