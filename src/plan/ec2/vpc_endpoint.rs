//! Interface endpoints: the way to AWS's services from a closed network.

use std::collections::BTreeSet;
use std::fmt;

use jichitai_api::Reason;

use crate::context::Context;
use crate::ec2;
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// An endpoint in AWS. Those that are being deleted are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// `vpce-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// `com.amazonaws.<region>.<service>`.
    pub service: String,
    /// `pending`, `available`, `failed` …
    pub state: String,
    /// Its subnets.
    pub subnets: BTreeSet<String>,
    /// Its security groups.
    pub security_groups: BTreeSet<String>,
    /// Whether the service's own name leads to it.
    pub private_dns: bool,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for VpcEndpoint {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    const CLIENT_TOKEN: bool = true;
}

/// What the endpoint shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// `com.amazonaws.<region>.<service>`.
    pub service: String,
    /// Its subnets, one per availability zone.
    pub subnets: BTreeSet<String>,
    /// Its security group.
    pub security_group: String,
}

/// Writes to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateVpcEndpoint` with client token and tags.
    Create {
        /// Its VPC.
        vpc_id: String,
        /// Service name.
        service: String,
        /// Subnets.
        subnets: BTreeSet<String>,
        /// Security group.
        security_group: String,
        /// Tags.
        tags: Tags,
    },
    /// `ModifyVpcEndpoint`: all differences in one call.
    Modify {
        /// The endpoint.
        id: String,
        /// Subnets to add.
        add_subnets: BTreeSet<String>,
        /// Subnets to remove.
        remove_subnets: BTreeSet<String>,
        /// Security groups to add.
        add_groups: BTreeSet<String>,
        /// Security groups to remove.
        remove_groups: BTreeSet<String>,
        /// Whether private DNS has to be switched on.
        enable_private_dns: bool,
    },
    /// `DeleteVpcEndpoints`.
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
            Self::Create { vpc_id, service, .. } => write!(f, "create endpoint for {service} in {vpc_id}"),
            Self::Modify {
                id,
                add_subnets,
                remove_subnets,
                add_groups,
                remove_groups,
                enable_private_dns,
            } => {
                write!(f, "change endpoint {id}:")?;
                let added = add_subnets.iter().chain(add_groups).map(|id| format!(" +{id}"));
                let removed = remove_subnets.iter().chain(remove_groups).map(|id| format!(" -{id}"));
                added.chain(removed).try_for_each(|change| f.write_str(&change))?;
                f.write_str(if *enable_private_dns { " +private DNS" } else { "" })
            }
            Self::Delete { id } => write!(f, "delete endpoint {id}"),
        }
    }
}

/// Brings the endpoint to what is wanted; returns it where it is ours and available.
pub fn plan<'a>(
    want: &Want,
    vpc_id: &str,
    endpoints: &'a Listing<VpcEndpoint>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a VpcEndpoint> {
    let Want {
        service,
        subnets,
        security_group,
    } = want;
    let tags = ctx.tags(&part.role);
    // The service's own name can lead to one endpoint of a VPC only.
    let there = |one: &&VpcEndpoint| one.vpc_id == vpc_id && one.service == *service && one.private_dns;
    let there = endpoints
        .as_ref()
        .ok()
        .and_then(|list| list.iter().find(there))
        .map(|one| one.id.as_str());
    let endpoint = match resolve(endpoints, part, there, &format!("{vpc_id} {service}"), ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            let (service, subnets) = (service.clone(), subnets.clone());
            let (vpc_id, security_group) = (vpc_id.to_owned(), security_group.clone());
            let action = Action::Create {
                vpc_id,
                service,
                subnets,
                security_group,
                tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Adoptable(endpoint) | Found::Ours(endpoint) => endpoint,
    };
    ec2::tags::plan(endpoint, &tags, part, plan);
    match endpoint.state.to_ascii_lowercase().as_str() {
        "available" => {}
        "failed" | "rejected" | "expired" => {
            let text = Text::new(
                format!(
                    "endpoint {} for {service} is {}: delete it and it is made again",
                    endpoint.id, endpoint.state
                ),
                format!(
                    "{service} のエンドポイント {} は {} です。削除すると再作成されます",
                    endpoint.id, endpoint.state
                ),
            );
            plan.block(part, Reason::InvalidRequest, text);
            return None;
        }
        _ => {
            let text = Text::new(
                format!("endpoint {} for {service} is {}", endpoint.id, endpoint.state),
                format!(
                    "{service} のエンドポイント {} は {} の状態です",
                    endpoint.id, endpoint.state
                ),
            );
            plan.wait(part, Reason::WaitingForAws, text);
            return None;
        }
    }
    modify(subnets, security_group, endpoint, part, plan);
    Some(endpoint)
}

fn modify(subnets: &BTreeSet<String>, security_group: &str, endpoint: &VpcEndpoint, part: &Part, plan: &mut Plan) {
    let groups = BTreeSet::from([security_group.to_owned()]);
    let less = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<BTreeSet<_>>();
    if endpoint.subnets == *subnets && endpoint.security_groups == groups && endpoint.private_dns {
        return;
    }
    let show = |subnets: &BTreeSet<String>, groups: &BTreeSet<String>, dns: bool| {
        let join = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join("+");
        format!("{} {} private DNS {dns}", join(subnets), join(groups))
    };
    let difference = Difference::new(
        "subnets, securityGroups, privateDns",
        show(subnets, &groups, true),
        show(&endpoint.subnets, &endpoint.security_groups, endpoint.private_dns),
    );
    let remove_subnets = less(&endpoint.subnets, subnets);
    let detaches = !remove_subnets.is_empty();
    let action = Action::Modify {
        id: endpoint.id.clone(),
        add_subnets: less(subnets, &endpoint.subnets),
        remove_subnets,
        add_groups: less(&groups, &endpoint.security_groups),
        remove_groups: less(&endpoint.security_groups, &groups),
        enable_private_dns: !endpoint.private_dns,
    };
    let step = Step::change(part, action, difference);
    plan.step(if detaches {
        step.risking("the endpoint's addresses in the removed subnets")
    } else {
        step
    });
}

/// Takes an endpoint of ours away.
pub fn remove(endpoint: &VpcEndpoint, part: &Part, plan: &mut Plan) {
    if endpoint.state.eq_ignore_ascii_case("deleting") {
        let text = Text::new(
            format!("{} is being deleted", endpoint.id),
            format!("{} を削除中です", endpoint.id),
        );
        return plan.wait(part, Reason::WaitingForAws, text);
    }
    let risk = format!("the way to {} for everything in {}", endpoint.service, endpoint.vpc_id);
    plan.step(Step::delete(
        part,
        Action::Delete {
            id: endpoint.id.clone(),
        },
        risk,
    ));
}

/// Folds an executed write into what is known.
pub fn absorb(endpoints: &mut Listing<VpcEndpoint>, action: &Action, created: Option<&Created>) {
    let Ok(endpoints) = endpoints else { return };
    match action {
        Action::Create {
            vpc_id,
            service,
            subnets,
            security_group,
            tags,
        } => {
            endpoints.extend(created.map(|created| VpcEndpoint {
                id: created.id.clone(),
                vpc_id: vpc_id.clone(),
                service: service.clone(),
                state: created.state.clone().unwrap_or_else(|| "available".into()),
                subnets: subnets.clone(),
                security_groups: BTreeSet::from([security_group.clone()]),
                private_dns: true,
                tags: tags.clone(),
            }));
        }
        Action::Modify {
            id,
            add_subnets,
            remove_subnets,
            add_groups,
            remove_groups,
            enable_private_dns,
        } => {
            for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.id == *id) {
                endpoint.subnets = &(&endpoint.subnets - remove_subnets) | add_subnets;
                endpoint.security_groups = &(&endpoint.security_groups - remove_groups) | add_groups;
                endpoint.private_dns |= *enable_private_dns;
            }
        }
        // AWS lists it as `deleting` until its interfaces are gone.
        Action::Delete { id } => {
            endpoints
                .iter_mut()
                .filter(|endpoint| endpoint.id == *id)
                .for_each(|endpoint| "deleting".clone_into(&mut endpoint.state));
        }
    }
}
