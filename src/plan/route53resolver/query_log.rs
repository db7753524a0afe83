//! Where queries are logged: a configuration for a destination, and the VPC that it is associated
//! with. AWS cannot change a destination, so another one is another configuration first, and the removal
//! of the old one afterwards: no gap in the record.
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_CreateResolverQueryLogConfig.html>

use std::fmt;

use jichitai_api::{Reason, Region};

use crate::context::Context;
use crate::identity::{Part, short_hash};
use crate::observation::Listing;
use crate::plan::{Plan, Text};
use crate::resolve::{Found, owned, resolve};
use crate::route53resolver::{made_for, name, tags};
use crate::step::{Created, Difference, Step};
use crate::tags::Tags;

/// A configuration in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLog {
    /// `rqlc-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// What its creation carried.
    pub request_id: String,
    /// ARN of the bucket, log group or stream.
    pub destination: String,
    /// `CREATED`, `CREATING`, `DELETING` or `FAILED`.
    pub state: String,
    /// Its tags.
    pub tags: Tags,
    /// Whether the tags were read; else they are what its request id says of its owner.
    pub tags_read: bool,
}

requested!(QueryLog);

/// A VPC whose queries are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedVpc {
    /// The configuration.
    pub config_id: String,
    /// The VPC.
    pub vpc_id: String,
    /// `ACTIVE`, `CREATING`, `ACTION_NEEDED`, `DELETING` or `FAILED`.
    pub state: String,
    /// What AWS says about a failure.
    pub message: String,
}

/// Writes to query logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `CreateResolverQueryLogConfig` with tags.
    Create {
        /// What lists show of its owner.
        request_id: String,
        /// Its name in AWS.
        name: String,
        /// ARN of the destination.
        destination: String,
        /// Tags.
        tags: Tags,
    },
    /// `AssociateResolverQueryLogConfig`.
    Associate {
        /// The configuration.
        id: String,
        /// The VPC.
        vpc_id: String,
    },
    /// `DisassociateResolverQueryLogConfig`.
    Disassociate {
        /// The configuration.
        id: String,
        /// The VPC.
        vpc_id: String,
    },
    /// `DeleteResolverQueryLogConfig`.
    Delete {
        /// The configuration.
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
            Self::Create { destination, .. } => write!(f, "prepare the log of queries to {destination}"),
            Self::Associate { id, vpc_id } => write!(f, "log the queries of {vpc_id} with {id}"),
            Self::Disassociate { id, vpc_id } => write!(f, "stop logging the queries of {vpc_id} with {id}"),
            Self::Delete { id } => write!(f, "delete query log {id}"),
        }
    }
}

/// The part of the log with this destination: another destination is another part.
#[must_use]
pub fn part(region: Region, destination: &str) -> Part {
    Part::new(region, format!("query-log.{}", short_hash(destination, 8)))
}

/// Has the queries of a VPC logged; returns the configuration once they are.
pub fn plan<'a>(
    destination: &str,
    vpc_id: &str,
    logs: &'a Listing<QueryLog>,
    vpcs: &Listing<LoggedVpc>,
    part: &Part,
    ctx: &Context,
    plan: &mut Plan,
) -> Option<&'a QueryLog> {
    let wanted_tags = ctx.tags(&part.role);
    let made = made_for(logs, part, &ctx.identity);
    let log = match resolve(logs, part, made, "", ctx, plan) {
        Found::Halted => return None,
        Found::Absent(creation) => {
            let action = Action::Create {
                request_id: ctx.identity.request_id(&part.role, creation.incarnation),
                name: name(part),
                destination: destination.to_owned(),
                tags: wanted_tags,
            };
            plan.step(Step::create(part, action, creation));
            return None;
        }
        Found::Adoptable(log) | Found::Ours(log) => log,
    };
    tags::plan(log, &wanted_tags, part, plan);
    let vpcs = match vpcs {
        Ok(vpcs) => vpcs,
        Err(fault) => {
            plan.unreadable(part, fault);
            return None;
        }
    };
    let there = vpcs.iter().find(|one| one.config_id == log.id && one.vpc_id == vpc_id);
    match (log.state.as_str(), there) {
        ("CREATED", None) => {
            let (id, vpc_id) = (log.id.clone(), vpc_id.to_owned());
            let difference = Difference::new("vpc", &vpc_id, "absent");
            plan.step(Step::change(part, Action::Associate { id, vpc_id }, difference));
            None
        }
        (_, Some(one)) if one.state == "ACTIVE" => Some(log),
        ("FAILED", _) => failed(&log.id, "FAILED", part, plan),
        (_, Some(one)) if ["FAILED", "ACTION_NEEDED"].contains(&one.state.as_str()) => {
            failed(&log.id, &one.message, part, plan)
        }
        (state, one) => {
            let state = one.map_or(state, |one| one.state.as_str());
            let text = Text::new(format!("{} is {state}", log.id), format!("{} は {state} です", log.id));
            plan.wait(part, Reason::WaitingForAws, text);
            None
        }
    }
}

fn failed<'a>(id: &str, said: &str, part: &Part, plan: &mut Plan) -> Option<&'a QueryLog> {
    let text = Text::new(
        format!("queries are not logged by {id}: {said}; see that the destination exists and admits Route 53 Resolver"),
        format!(
            "{id} のクエリログが記録されていません: {said}。出力先の存在と、Route 53 Resolver への許可を確認してください"
        ),
    );
    plan.block(part, Reason::InvalidRequest, text);
    None
}

/// Takes away the configurations of this object but `keep`; returns whether any is left.
pub fn remove_others(
    keep: Option<&str>,
    logs: &Listing<QueryLog>,
    vpcs: &Listing<LoggedVpc>,
    region: Region,
    ctx: &Context,
    plan: &mut Plan,
) -> bool {
    let mut left = false;
    for (role, log) in owned(logs, ctx).filter(|(_, log)| Some(log.id.as_str()) != keep) {
        left = true;
        let part = Part::new(region, role.as_str());
        let Ok(vpcs) = vpcs else { continue };
        let mine: Vec<&LoggedVpc> = vpcs.iter().filter(|one| one.config_id == log.id).collect();
        for one in mine.iter().filter(|one| one.state != "DELETING") {
            let (id, vpc_id) = (log.id.clone(), one.vpc_id.clone());
            let difference = Difference::new("vpc", "absent", &vpc_id);
            let step = Step::change(&part, Action::Disassociate { id, vpc_id }, difference);
            plan.step(step.risking("no further records of queries at this destination"));
        }
        if !mine.is_empty() || log.state == "DELETING" {
            let text = Text::new(format!("{} is going", log.id), format!("{} を削除しています", log.id));
            plan.wait(&part, Reason::WaitingForAws, text);
            continue;
        }
        let id = log.id.clone();
        let mut step = Step::delete(
            &part,
            Action::Delete { id },
            "no further records of queries at this destination",
        );
        step.removal = false;
        plan.step(step);
    }
    left
}

/// Folds an executed write into what is known.
pub fn absorb(logs: &mut Listing<QueryLog>, vpcs: &mut Listing<LoggedVpc>, action: &Action, created: Option<&Created>) {
    let (Ok(logs), Ok(vpcs)) = (logs, vpcs) else { return };
    match action {
        Action::Create {
            request_id,
            name: _,
            destination,
            tags,
        } => logs.extend(created.map(|created| QueryLog {
            id: created.id.clone(),
            arn: created.arn.clone().unwrap_or_default(),
            request_id: request_id.clone(),
            destination: destination.clone(),
            state: created.state.clone().unwrap_or_else(|| "CREATED".into()),
            tags: tags.clone(),
            tags_read: true,
        })),
        Action::Associate { id, vpc_id } => vpcs.push(LoggedVpc {
            config_id: id.clone(),
            vpc_id: vpc_id.clone(),
            state: "CREATING".into(),
            message: String::new(),
        }),
        Action::Disassociate { id, vpc_id } => vpcs
            .iter_mut()
            .filter(|one| one.config_id == *id && one.vpc_id == *vpc_id)
            .for_each(|one| "DELETING".clone_into(&mut one.state)),
        Action::Delete { id } => logs
            .iter_mut()
            .filter(|log| log.id == *id)
            .for_each(|log| "DELETING".clone_into(&mut log.state)),
    }
}

/// What AWS does by itself after a step: for predictions, where nothing is waited for.
pub fn finish_pending(logs: &mut Listing<QueryLog>, vpcs: &mut Listing<LoggedVpc>) {
    if let Ok(logs) = logs {
        logs.retain(|log| log.state != "DELETING");
        logs.iter_mut()
            .filter(|log| log.state == "CREATING")
            .for_each(|log| "CREATED".clone_into(&mut log.state));
    }
    if let Ok(vpcs) = vpcs {
        vpcs.retain(|one| one.state != "DELETING");
        vpcs.iter_mut()
            .filter(|one| one.state == "CREATING")
            .for_each(|one| "ACTIVE".clone_into(&mut one.state));
    }
}
