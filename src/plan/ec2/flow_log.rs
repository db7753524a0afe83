//! Flow logs of the VPC. AWS cannot change one, so another destination is a new flow log first and
//! the removal of the old one afterwards: no gap in the record.

use std::fmt;

use crate::context::Context;
use crate::ec2;
use crate::identity::Part;
use crate::observation::Listing;
use crate::plan::Plan;
use crate::resolve::{Found, Resource, resolve};
use crate::step::{Created, Difference, Step};
use crate::tags::{self, Ownership, Tags};

/// A flow log in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLog {
    /// `fl-…`.
    pub id: String,
    /// What is logged (the VPC).
    pub resource_id: String,
    /// ARN of the bucket or log group.
    pub destination: String,
    /// Its tags.
    pub tags: Tags,
}

impl Resource for FlowLog {
    fn id(&self) -> &str {
        &self.id
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    const CLIENT_TOKEN: bool = true;
}

/// Writes to flow logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateFlowLogs` for all traffic, with client token and tags.
    Create {
        /// The VPC.
        vpc_id: String,
        /// ARN of the bucket or log group.
        destination: String,
        /// Tags.
        tags: Tags,
    },
    /// `DeleteFlowLogs`.
    Delete {
        /// The flow log.
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
                vpc_id, destination, ..
            } => write!(f, "log the traffic of {vpc_id} to {destination}"),
            Self::Delete { id } => write!(f, "delete flow log {id}"),
        }
    }
}

/// The part of the flow log with this destination: another destination is another part.
#[must_use]
pub fn part(network: &Part, destination: &str) -> Part {
    Part::new(
        network.region,
        format!("flow-log.{}", crate::identity::short_hash(destination, 8)),
    )
}

/// Brings the flow log to the destination, then removes those with another one.
pub fn plan(destination: &str, vpc_id: &str, logs: &Listing<FlowLog>, part: &Part, ctx: &Context, plan: &mut Plan) {
    let tags = ctx.tags(&part.role);
    // AWS takes no second flow log to the same destination.
    let there = |one: &&FlowLog| one.resource_id == vpc_id && one.destination == destination;
    let there = logs
        .as_ref()
        .ok()
        .and_then(|list| list.iter().find(there))
        .map(|one| one.id.as_str());
    match resolve(logs, part, there, &format!("{vpc_id} {destination}"), ctx, plan) {
        Found::Halted => {}
        Found::Absent(creation) => {
            let action = Action::Create {
                vpc_id: vpc_id.to_owned(),
                destination: destination.to_owned(),
                tags,
            };
            plan.step(Step::create(part, action, creation));
        }
        Found::Adoptable(log) | Found::Ours(log) => {
            ec2::tags::plan(log, &tags, part, plan);
            for old in owned(logs, ctx).filter(|old| old.id != log.id) {
                remove(old, &Part::new(part.region, role(old)), plan);
            }
        }
    }
}

/// The flow logs of this object, whatever their destination.
pub fn owned<'a>(logs: &'a Listing<FlowLog>, ctx: &'a Context) -> impl Iterator<Item = &'a FlowLog> {
    let ours = |log: &&FlowLog| matches!(tags::ownership(&log.tags, &ctx.identity), Ownership::Ours(_));
    logs.as_ref().into_iter().flatten().filter(ours)
}

fn role(log: &FlowLog) -> String {
    log.tags.get(tags::ROLE).unwrap_or_default().to_owned()
}

/// Takes a flow log away; what it wrote stays.
pub fn remove(log: &FlowLog, part: &Part, plan: &mut Plan) {
    let mut step = Step::delete(
        part,
        Action::Delete { id: log.id.clone() },
        "no further traffic records at this destination",
    );
    step.difference = Difference::new("destination", "absent", &log.destination);
    plan.step(step);
}

/// Folds an executed write into what is known.
pub fn absorb(logs: &mut Listing<FlowLog>, action: &Action, created: Option<&Created>) {
    let Ok(logs) = logs else { return };
    match action {
        Action::Create {
            vpc_id,
            destination,
            tags,
        } => logs.extend(created.map(|created| FlowLog {
            id: created.id.clone(),
            resource_id: vpc_id.clone(),
            destination: destination.clone(),
            tags: tags.clone(),
        })),
        Action::Delete { id } => logs.retain(|log| log.id != *id),
    }
}
